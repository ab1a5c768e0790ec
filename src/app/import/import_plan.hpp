#pragma once

/// Whom an import of a JupyterHub's people brings into a course, and under which names.
///
/// `plan_import` looks at names alone; `look` asks the store what that means there, and `apply`
/// writes exactly what `look` said. Plain values, on the caller's thread.

#include "app/import/jupyterhub_database.hpp"
#include "base/random.hpp"
#include "store/transaction.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace carrel {

/// What becomes of somebody who is an admin there.
enum class Admins { Participants, Leaders, Administrators };

struct ImportedPerson {
    std::string old_name;  ///< in JupyterHub
    std::string name;      ///< here
    bool admin = false;
    std::optional<Time> created;
    std::optional<Time> last_activity;
};

struct LeftOut {
    std::string old_name;
    std::string why;
};

struct ImportedGroup {
    std::string name;
    std::string properties = "{}";     ///< a JSON object
    std::vector<std::string> members;  ///< names here
};

struct ImportPlan {
    std::vector<ImportedPerson> people;  ///< by name
    std::vector<LeftOut> left_out;
    std::vector<ImportedGroup> groups;
};

/// Names in JupyterHub, and what they become here.
using NewNames = std::map<std::string, std::string>;
/// Lines of "old name,new-name"; the last comma counts. Empty lines and those that begin with "#"
/// say nothing. InvalidArgument names the line.
[[nodiscard]] Result<NewNames> parse_new_names(std::string_view text);

/// Nobody comes under a name that is not allowed or that two would share. InvalidArgument:
/// `names` speaks of somebody who is not there.
[[nodiscard]] Result<ImportPlan> plan_import(JupyterHubContents const& contents,
                                             NewNames const& names);

/// What an import does with one person.
enum class Step {
    MakeAccount,   ///< and let them into the course
    Admit,         ///< an account is there
    LeaveAsIs,     ///< is a participant or leads the course already
    LeaveRejected  ///< a leader has turned them down; that stands
};

struct Decision {
    ImportedPerson person;
    Step step = Step::MakeAccount;
    bool becomes_leader = false;
    bool becomes_administrator = false;
    bool disabled = false;
    bool lacks_password = true;

    /// Leaders need no place among the participants.
    [[nodiscard]] bool is_admitted() const {
        return (step == Step::MakeAccount || step == Step::Admit) && !becomes_leader;
    }
};

struct GroupChange {
    ImportedGroup group;  ///< of its members those who are not in it yet
    bool is_new = false;
};

struct ImportOutcome {
    Course course;
    std::vector<Decision> decisions;
    std::vector<GroupChange> groups;
};

/// NotFound: there is no such course. Conflict: it takes nobody in now, or not so many.
[[nodiscard]] Result<ImportOutcome> look(Transaction& transaction, ImportPlan const& plan,
                                         std::string_view slug, Admins admins);

/// Writes it. `hashes` has the password hash of whoever gets one, by name.
[[nodiscard]] Result<> apply(Transaction& transaction, ImportOutcome const& outcome,
                             std::map<std::string, std::string> const& hashes, Random& random,
                             Time now);

}  // namespace carrel

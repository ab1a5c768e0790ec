#pragma once

/// What can be read and written in one transaction, a part for each kind of row.
/// Valid only inside the function given to `Store::read` or `Store::write`.
///
/// Common to all parts: `find…` gives NotFound when there is no such row; `insert` gives Conflict
/// when a unique value is taken, with `Error::field` naming it; `update` writes every field of the
/// row with that id and gives NotFound when there is none; so do `touch` and the like; removing a
/// missing row succeeds. Lists come in the order that their comment says.

#include "base/clock.hpp"
#include "base/id.hpp"
#include "base/result.hpp"
#include "domain/course.hpp"
#include "domain/event.hpp"
#include "domain/server.hpp"
#include "domain/user.hpp"
#include "store/hub_parts.hpp"
#include "store/login_parts.hpp"
#include "store/login_tables.hpp"
#include "store/people_parts.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace carrel {

/// A page of a list: at most `limit` rows after the row whose key is `after` ("" for the first
/// page).
struct Page {
    int limit = 50;
    std::string after;
};

class Users {
public:
    virtual ~Users() = default;
    virtual Result<> insert(User const& user) = 0;  ///< unique: name ("username")
    virtual Result<> update(User const& user) = 0;
    virtual Result<User> find(UserId const& id) = 0;
    virtual Result<User> find_by_name(std::string_view name) = 0;
    /// By name; the key of a page is the name. Those who are removed are in neither list nor
    /// count.
    virtual Result<std::vector<User>> list(Page const& page) = 0;
    virtual Result<long long> count() = 0;
    /// Names of many users at once.
    virtual Result<std::map<UserId, User>> find_all(std::vector<UserId> const& ids) = 0;
    /// Which part of a course's people: accepted ones and leaders, in this order. `in_course` reads
    /// of each what a list shows: id, name, administrator, created_at, last_login_at.
    struct CoursePage {
        enum class Order { Created, Name } order = Order::Created;  ///< of equal ones, by name
        bool reversed = false;
        long long offset = 0;
        long long limit = 50;
        /// Where the page before ended: what stands in front of it is not looked at again, and
        /// `offset` is not asked for.
        struct Place {
            Time created_at;
            std::string name;
        };
        std::optional<Place> after = {};
    };
    /// What a list of many people needs of each.
    struct Listed {
        UserId id;
        std::string name;
        bool administrator = false;
        Time created_at;
        std::optional<Time> last_login_at;
    };
    virtual Result<std::vector<Listed>> in_course(CourseId const& course,
                                                  CoursePage const& page) = 0;
};

class Sessions {
public:
    virtual ~Sessions() = default;
    virtual Result<> insert(Session const& session) = 0;
    virtual Result<Session> find_by_secret_hash(std::string_view hash) = 0;
    virtual Result<> touch(SessionId const& id, Time used_at, Time expires_at) = 0;
    /// Whoever has it has just proved once more who they are.
    virtual Result<> confirm(SessionId const& id, Time at) = 0;
    virtual Result<> remove(SessionId const& id) = 0;  ///< removing a missing one succeeds
    virtual Result<std::vector<Session>> of_user(UserId const& user) = 0;
    virtual Result<long long> remove_expired(Time now) = 0;
};

class Tokens {
public:
    virtual ~Tokens() = default;
    virtual Result<> insert(Token const& token) = 0;
    virtual Result<Token> find_by_secret_hash(std::string_view hash) = 0;
    virtual Result<Token> find(TokenId const& id) = 0;
    virtual Result<> touch(TokenId const& id, Time used_at) = 0;
    virtual Result<> remove(TokenId const& id) = 0;
    virtual Result<std::vector<Token>> of_user(UserId const& user) = 0;  ///< oldest first
};

class Courses {
public:
    virtual ~Courses() = default;
    virtual Result<> insert(Course const& course) = 0;  ///< unique: slug ("slug"), invitation code
    virtual Result<> update(Course const& course) = 0;  ///< leaders included
    virtual Result<Course> find(CourseId const& id) = 0;
    virtual Result<Course> find_by_slug(std::string_view slug) = 0;
    virtual Result<Course> find_by_invitation(std::string_view code) = 0;

    struct Filter {
        std::optional<CourseState> state;
        /// Only courses that this user leads, asked for, or applied to.
        std::optional<UserId> concerning;
    };
    /// By slug; the key of a page is the slug.
    virtual Result<std::vector<Course>> list(Filter const& filter, Page const& page) = 0;
    virtual Result<std::map<CourseState, long long>> count_by_state() = 0;

    /// Courses in a state that the dispatcher has to look at by `now`: accepted and starting before
    /// `starts_before`, deployed and ended, wanted, or working with a lease or deadline that ran
    /// out.
    virtual Result<std::vector<Course>> due(Time now, Time starts_before, int limit) = 0;
};

class Applications {
public:
    virtual ~Applications() = default;
    virtual Result<> insert(Application const& application) = 0;  ///< unique: course and user
    virtual Result<> update(Application const& application) = 0;
    virtual Result<> remove(CourseId const& course, UserId const& user) = 0;
    virtual Result<Application> find(CourseId const& course, UserId const& user) = 0;
    /// By user id; the key of a page is the user id.
    virtual Result<std::vector<Application>> of_course(CourseId const& course,
                                                       std::optional<ApplicationState> state,
                                                       Page const& page) = 0;
    virtual Result<std::vector<Application>> of_user(UserId const& user) = 0;
    virtual Result<std::map<ApplicationState, long long>> count(CourseId const& course) = 0;
};

class Deployments {
public:
    virtual ~Deployments() = default;
    virtual Result<> insert(Deployment const& deployment) = 0;
    virtual Result<> update(Deployment const& deployment) = 0;
    virtual Result<Deployment> find(DeploymentId const& id) = 0;
    virtual Result<std::vector<Deployment>> of_course(
        CourseId const& course) = 0;  ///< newest first
};

class Servers {
public:
    virtual ~Servers() = default;
    /// Inserts or replaces the row of this course, user and name.
    virtual Result<> put(ServerRecord const& server) = 0;
    virtual Result<ServerRecord> find(CourseId const& course, UserId const& user,
                                      std::string_view name) = 0;
    virtual Result<std::vector<ServerRecord>> of_course(CourseId const& course) = 0;
    /// By name, the default server first.
    virtual Result<std::vector<ServerRecord>> of_user(CourseId const& course,
                                                      UserId const& user) = 0;
    virtual Result<> remove(CourseId const& course, UserId const& user, std::string_view name) = 0;
    /// In all courses, those that are stopped or failed.
    virtual Result<> remove_ended_of(UserId const& user) = 0;
    /// Every server that is neither stopped nor failed: what a restarted hub has to find again.
    virtual Result<std::vector<ServerRecord>> active() = 0;
    /// Those of them that are to run, and whose owners are removed or kept out by a list.
    virtual Result<std::vector<ServerRecord>> of_kept_out() = 0;
    virtual Result<> set_activity(CourseId const& course, UserId const& user, std::string_view name,
                                  Time at) = 0;
    virtual Result<std::map<ServerState, long long>> count_by_state() = 0;
    virtual Result<> remove_course(CourseId const& course) = 0;
};

class Homes {
public:
    virtual ~Homes() = default;
    /// The number that names this person's home in this course on this machine and never anybody
    /// else's: `first`, … (a Unix uid). It stays, unless it is lost with what was written behind.
    virtual Result<long long> number_of(CourseId const& course, UserId const& user,
                                        long long first) = 0;
    virtual Result<std::vector<UserId>> of_course(CourseId const& course) = 0;
    virtual Result<std::vector<CourseId>> of_user(UserId const& user) = 0;
};

class Exports {
public:
    virtual ~Exports() = default;
    /// Inserts or replaces the export of this course and user.
    virtual Result<> put(Export const& row) = 0;
    virtual Result<Export> find(CourseId const& course, UserId const& user) = 0;
    virtual Result<std::vector<Export>> of_course(CourseId const& course) = 0;
    virtual Result<std::vector<Export>> of_user(UserId const& user) = 0;  ///< by course
    virtual Result<> remove(CourseId const& course, UserId const& user) = 0;
    /// Inserts or replaces the export of this course's folder; `row.user` is ignored.
    virtual Result<> put_folder(Export const& row) = 0;
    virtual Result<Export> find_folder(CourseId const& course) = 0;
};

class Events {
public:
    virtual ~Events() = default;
    /// The row's id is given by the store and returned.
    virtual Result<long long> append(Event const& event) = 0;
    /// Of one course, ids above `after`, oldest first.
    virtual Result<std::vector<Event>> of_course(CourseId const& course, long long after,
                                                 int limit) = 0;
    /// Of this kind and done to this user, newest first.
    virtual Result<std::vector<Event>> of_subject(CourseId const& course, std::string_view kind,
                                                  std::string_view subject, int limit) = 0;
    /// Of everything, ids below `before` (0: from the newest), newest first.
    virtual Result<std::vector<Event>> newest(long long before, int limit) = 0;
    /// Removes, among the `limit` oldest, those from before `time`, and returns how many. The
    /// newest event always stays: pages count on from its id.
    virtual Result<long long> remove_before(Time time, int limit) = 0;
};

class Outbox {
public:
    virtual ~Outbox() = default;
    virtual Result<> add(OutboxItem const& item) = 0;
    /// Items due at `now`, oldest first.
    virtual Result<std::vector<OutboxItem>> due(Time now, int limit) = 0;
    virtual Result<> done(long long id) = 0;
    virtual Result<> retry(long long id, Time due_at) = 0;  ///< counts an attempt
};

/// Small facts about the platform itself: "created_at", "schema", …
class StoredSettings {
public:
    virtual ~StoredSettings() = default;
    virtual Result<std::optional<std::string>> get(std::string_view key) = 0;
    virtual Result<> set(std::string_view key, std::string_view value) = 0;
};

class Transaction {
public:
    virtual ~Transaction() = default;
    virtual Users& users() = 0;
    virtual Sessions& sessions() = 0;
    virtual LoginPlaces& login_places() = 0;
    virtual SecondFactors& second_factors() = 0;
    virtual HalfLogins& half_logins() = 0;
    virtual Tokens& tokens() = 0;
    virtual LoginIdentities& login_identities() = 0;
    virtual PendingLogins& pending_logins() = 0;
    virtual ProviderSessions& provider_sessions() = 0;
    virtual HubTokens& hub_tokens() = 0;
    virtual HubCodes& hub_codes() = 0;
    virtual HubShares& hub_shares() = 0;
    virtual HubShareCodes& hub_share_codes() = 0;
    virtual HubGroups& hub_groups() = 0;
    virtual HubServices& hub_services() = 0;
    virtual Courses& courses() = 0;
    virtual Applications& applications() = 0;
    virtual Deployments& deployments() = 0;
    virtual Servers& servers() = 0;
    virtual Homes& homes() = 0;
    virtual Exports& exports() = 0;
    virtual Events& events() = 0;
    virtual Outbox& outbox() = 0;
    virtual StoredSettings& settings() = 0;
    virtual HubGroupShares& hub_group_shares() = 0;
    virtual AccessEntries& access_entries() = 0;
    virtual Removals& removals() = 0;
};

}  // namespace carrel

#pragma once

/// The order to remove a person from the installation, and what becomes of what they leave behind.

#include "base/clock.hpp"
#include "base/id.hpp"
#include "base/result.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace carrel {

/// What is done with somebody's homes and exports. There is no usual choice: whoever removes a
/// person says it.
enum class Leftovers {
    Keep,    ///< "keep": they stay where they are, for the same person alone
    Export,  ///< "export": each home becomes a verified archive and is deleted
    Delete,  ///< "delete": homes and archives are deleted
};
[[nodiscard]] std::string_view name_of(Leftovers leftovers);
[[nodiscard]] Result<Leftovers> parse_leftovers(std::string_view name);

struct Removal {
    UserId user;
    std::string name;  ///< by which they were known; free for others once it is done, unless kept
    Leftovers leftovers = Leftovers::Keep;
    std::string ordered_by;  ///< a user name; empty: on the command line of the machine
    Time ordered_at;
    std::optional<Time> finished_at;
    std::string problem;  ///< why it is not done yet; empty: it is under way, or done
};

}  // namespace carrel

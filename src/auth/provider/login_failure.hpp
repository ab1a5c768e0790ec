#pragma once

/// Why a login with a provider came to nothing, in a word that the pages have a sentence for. The
/// word is the error's `field`; its message is for the log.

#include "base/result.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace carrel {

inline constexpr std::array<std::string_view, 21> login_problems{
    "unavailable",       ///< the provider does not answer, or not in time, or nobody can trust it
    "untrusted",         ///< its answer is not one that can be believed
    "misconfigured",     ///< it does not know us, or we do not understand it
    "refused",           ///< it, or the person there, said no
    "stale",             ///< too old, used already, or begun in another browser
    "not_allowed",       ///< not in a group that is let in
    "sign_up_closed",    ///< nobody here, and new people are not taken in
    "name_missing",      ///< the provider tells no name
    "name_unusable",     ///< no user name can be made of it
    "name_reserved",     ///< one that is kept, as "admin"
    "name_taken",        ///< somebody else here is called so
    "denied",            ///< on a list of those who may not in
    "not_listed",        ///< not on the list of those who may
    "disabled",          ///< the account here is
    "joined_elsewhere",  ///< the provider's account belongs to another account here
    "joined_already",    ///< the account here has another one of that provider
    "not_logged_in",     ///< whoever wanted to join is not logged in any more
    "busy",              ///< too many at once
    "password_expired",  ///< the password at the directory is
    "account_expired",   ///< the account there is
    "failed",            ///< anything else
};

template <class... Arguments>
std::unexpected<Error> login_failure(std::string_view problem, Code code,
                                     fmt::format_string<Arguments...> format,
                                     Arguments&&... arguments) {
    return std::unexpected(Error{code, fmt::format(format, std::forward<Arguments>(arguments)...),
                                 std::string(problem)});
}

/// One of `login_problems`, for every error there is.
[[nodiscard]] inline std::string_view login_problem_of(Error const& error) {
    auto const* const found = std::ranges::find(login_problems, error.field);
    return found == login_problems.end() ? "failed" : *found;
}

}  // namespace carrel

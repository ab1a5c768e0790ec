#include "auth/provider/user_name.hpp"

#include "auth/provider/login_failure.hpp"
#include "base/encoding.hpp"
#include "base/text.hpp"
#include "domain/user.hpp"

#include <utf8proc.h>

#include <array>
#include <cstdlib>

namespace carrel {

namespace {

constexpr size_t longest_claim = 512;

/// Nothing when it is not UTF-8.
std::string folded(std::string_view text) {
    constexpr auto how =
        static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE |
                                       UTF8PROC_CASEFOLD | UTF8PROC_STRIPMARK | UTF8PROC_IGNORE);
    utf8proc_uint8_t* made = nullptr;
    auto const length = utf8proc_map(reinterpret_cast<utf8proc_uint8_t const*>(text.data()),
                                     static_cast<utf8proc_ssize_t>(text.size()), &made, how);
    if (length < 0) return {};
    std::string result(reinterpret_cast<char const*>(made), static_cast<size_t>(length));
    std::free(made);  // utf8proc's own way
    return result;
}

std::string without_domain(std::string name, std::string_view domain) {
    auto const ending = "@" + to_lower(domain);
    if (!domain.empty() && name.ends_with(ending)) name.resize(name.size() - ending.size());
    return name;
}

}  // namespace

Result<std::string> plain_user_name(std::string_view text, std::span<std::string const> domains) {
    if (text.size() > longest_claim || !is_printable_utf8(text))
        return fail_field("username", "this is no user name");
    auto name = folded(trimmed(text));
    for (auto const& domain : domains) name = without_domain(std::move(name), domain);
    for (char& c : name)
        if (c == '@' || c == '+' || c == ' ') c = '-';
    return parse_user_name(name);
}

Result<std::string> user_name_of(std::string_view claim, std::string_view domain) {
    if (trimmed(claim).empty())
        return login_failure("name_missing", Code::InvalidArgument,
                             "the provider has not told a name");
    auto const parsed = plain_user_name(claim, std::array{std::string(domain)});
    if (!parsed)
        return login_failure("name_unusable", Code::InvalidArgument,
                             "the provider's name for them, '{}', cannot be made into a user name",
                             for_log(claim, 100));
    if (auto const kept = check_new_name(*parsed, Chooser::Anybody); !kept)
        return login_failure("name_reserved", Code::Conflict, "{}", kept.error().message);
    return *parsed;
}

}  // namespace carrel

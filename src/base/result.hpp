#pragma once

/// `Result<T>`: a value, or an `Error` that says what was attempted and why it failed.
///
/// Everything that can fail because of a peer, a disk, a person or another program returns a
/// Result. Exceptions are for start-up and for bugs; see CONTRIBUTING.md, "Errors".

#include <fmt/format.h>

#include <cerrno>
#include <expected>
#include <string>
#include <utility>

namespace carrel {

/// The kinds of failure. `http/problem.hpp` maps each to an HTTP status, and nothing else does.
enum class Code {
    InvalidArgument,   ///< the caller sent something that can never be right
    Unauthenticated,   ///< nobody is logged in, or the credentials are wrong
    PermissionDenied,  ///< somebody is, but may not do this
    NotFound,
    Conflict,      ///< right in itself, but not in the present state (taken, changed, running)
    LimitReached,  ///< too many or too much; trying later may help
    Unavailable,   ///< a peer is not there at present
    Timeout,
    Cancelled,
    Internal,  ///< a defect of ours, or of the machine
};

/// Stable name of a code, as it appears in logs: "invalid_argument".
std::string_view name_of(Code code);

struct Error {
    Code code = Code::Internal;
    /// What was attempted and why it failed: lower case, no full stop.
    std::string message;
    /// The input field that was wrong, as the API names it ("starts_at"); empty when none was.
    std::string field = {};

    /// The same error seen from one level up: "start server for ada: image not found".
    [[nodiscard]] Error wrapped(std::string_view attempt) const {
        return {code, fmt::format("{}: {}", attempt, message), field};
    }
};

template <class T = void>
using Result = std::expected<T, Error>;

template <class... Arguments>
std::unexpected<Error> fail(Code code, fmt::format_string<Arguments...> format,
                            Arguments&&... arguments) {
    return std::unexpected(Error{code, fmt::format(format, std::forward<Arguments>(arguments)...)});
}

/// A wrong input field: `fail_field("slug", "a slug has 3 to 63 characters")`.
template <class... Arguments>
std::unexpected<Error> fail_field(std::string_view field, fmt::format_string<Arguments...> format,
                                  Arguments&&... arguments) {
    return std::unexpected(Error{Code::InvalidArgument,
                                 fmt::format(format, std::forward<Arguments>(arguments)...),
                                 std::string(field)});
}

/// The last system error, as `Error`: `fail_errno("open {}", path)`.
template <class... Arguments>
std::unexpected<Error> fail_errno(fmt::format_string<Arguments...> format,
                                  Arguments&&... arguments);

}  // namespace carrel

#define CARREL_CONCAT_INNER(a, b) a##b
#define CARREL_CONCAT(a, b) CARREL_CONCAT_INNER(a, b)

/// Declares a variable from a Result, or returns its error: `TRY(auto course, find_course(slug));`
#define TRY(declaration, ...) \
    CARREL_TRY(CARREL_CONCAT(result_, __COUNTER__), return, declaration, __VA_ARGS__)
/// Returns the error of a Result<void>: `TRY_VOID(store.write(...));`
#define TRY_VOID(...) CARREL_TRY_VOID(CARREL_CONCAT(result_, __COUNTER__), return, __VA_ARGS__)
/// The same inside coroutines: `CO_TRY(auto server, co_await spawner.start(spec));`
#define CO_TRY(declaration, ...) \
    CARREL_TRY(CARREL_CONCAT(result_, __COUNTER__), co_return, declaration, __VA_ARGS__)
#define CO_TRY_VOID(...) \
    CARREL_TRY_VOID(CARREL_CONCAT(result_, __COUNTER__), co_return, __VA_ARGS__)

#define CARREL_TRY(name, leave, declaration, ...)       \
    auto name = __VA_ARGS__;                            \
    if (!name) [[unlikely]]                             \
        leave std::unexpected(std::move(name).error()); \
    declaration = *std::move(name)
#define CARREL_TRY_VOID(name, leave, ...)            \
    if (auto name = __VA_ARGS__; !name) [[unlikely]] \
    leave std::unexpected(std::move(name).error())

namespace carrel {

std::string describe_errno(int number);
Code code_of_errno(int number);

template <class... Arguments>
std::unexpected<Error> fail_errno(fmt::format_string<Arguments...> format,
                                  Arguments&&... arguments) {
    auto const number = errno;  // before formatting can change it
    return std::unexpected(
        Error{code_of_errno(number),
              fmt::format("{}: {}", fmt::format(format, std::forward<Arguments>(arguments)...),
                          describe_errno(number))});
}

}  // namespace carrel

#include "base/result.hpp"

#include <system_error>

namespace carrel {

std::string_view name_of(Code code) {
    switch (code) {
        case Code::InvalidArgument:
            return "invalid_argument";
        case Code::Unauthenticated:
            return "unauthenticated";
        case Code::PermissionDenied:
            return "permission_denied";
        case Code::NotFound:
            return "not_found";
        case Code::Conflict:
            return "conflict";
        case Code::LimitReached:
            return "limit_reached";
        case Code::Unavailable:
            return "unavailable";
        case Code::Timeout:
            return "timeout";
        case Code::Cancelled:
            return "cancelled";
        case Code::Internal:
            return "internal";
    }
    std::unreachable();
}

std::string describe_errno(int number) {
    return std::error_code(number, std::generic_category()).message();
}

Code code_of_errno(int number) {
    switch (number) {
        case ENOENT:
            return Code::NotFound;
        case EACCES:
        case EPERM:
        case EROFS:
            return Code::PermissionDenied;
        case EEXIST:
        case EADDRINUSE:
            return Code::Conflict;
        case ENOSPC:
        case EDQUOT:
        case EMFILE:
        case ENFILE:
        case ENOMEM:
            return Code::LimitReached;
        case ECONNREFUSED:
        case ECONNRESET:
        case EPIPE:
            return Code::Unavailable;
        case ETIMEDOUT:
            return Code::Timeout;
        case ECANCELED:
            return Code::Cancelled;
        default:
            return Code::Internal;
    }
}

}  // namespace carrel

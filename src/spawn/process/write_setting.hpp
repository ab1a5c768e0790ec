#pragma once

/// Writes one value into a file of the kernel's, in one piece.

#include "base/result.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <string_view>

namespace carrel {

[[nodiscard]] inline Result<> write_setting(std::filesystem::path const& file,
                                            std::string_view value) {
    auto const descriptor = ::open(file.c_str(), O_WRONLY | O_CLOEXEC);
    if (descriptor < 0) return fail_errno("open {}", file.string());
    auto const written = ::write(descriptor, value.data(), value.size());
    auto const number = errno;
    ::close(descriptor);
    errno = number;
    if (written != static_cast<ssize_t>(value.size()))
        return fail_errno("write {} to {}", value, file.string());
    return {};
}

}  // namespace carrel

#pragma once

/// The log-ins for image registries that an operator has made with `docker login`: a file of the
/// form of Docker's own config.json, below "auths". One that leaves log-ins to a credential helper
/// is refused.
///
/// The file is read anew for each image, so that one that was renewed counts at once. Any thread.

#include "base/image_reference.hpp"

#include <filesystem>
#include <map>
#include <string>

namespace carrel {

class RegistryLogins {
public:
    /// `file` may be empty: there are none.
    explicit RegistryLogins(std::filesystem::path file = {}) : file_(std::move(file)) {}

    /// InvalidArgument: the file cannot be read, is none of that form, or leaves the log-ins to a
    /// credential helper. The message names it, and never what is in it.
    [[nodiscard]] Result<> check() const;
    /// What the engine needs to know to fetch the image (its API's X-Registry-Auth); empty: no
    /// log-in for its registry is there. InvalidArgument: as above.
    [[nodiscard]] Result<std::string> of(ImageReference const& image) const;

private:
    /// By host and port; "docker.io" for Docker's own.
    [[nodiscard]] Result<std::map<std::string, std::string>> read() const;

    std::filesystem::path file_;
};

}  // namespace carrel

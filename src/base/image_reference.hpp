#pragma once

/// The name of a container image as people write it: "python", "python:3.12-slim",
/// "registry.example.org:5000/team/lab@sha256:…".

#include "base/result.hpp"

#include <string>
#include <string_view>

namespace carrel {

struct ImageReference {
    std::string repository;  ///< "registry.example.org:5000/team/lab"
    std::string tag;         ///< "latest" when neither a tag nor a digest is given
    std::string digest;      ///< "sha256:…", or empty

    /// What names it in one word: with the digest where there is one, else with the tag.
    [[nodiscard]] std::string text() const;
    /// "quay.io/jupyter/lab:v1", "docker.io/library/python:latest@sha256:…": with all that Docker
    /// takes for granted, so that each image has one spelling. Can be parsed again.
    [[nodiscard]] std::string full_text() const;
    /// The same without tag and digest.
    [[nodiscard]] std::string full_repository() const;

    bool operator==(ImageReference const&) const = default;
};

/// InvalidArgument: it is none, and why. Anything a shell or a URL could take for something else is
/// refused.
[[nodiscard]] Result<ImageReference> parse_image_reference(std::string_view text);

}  // namespace carrel

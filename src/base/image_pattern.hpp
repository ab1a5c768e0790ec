#pragma once

/// Which images somebody may name, as an administrator writes it: "quay.io/jupyter/*",
/// "registry.example.org:5000/courses/**:2026-*", "ghcr.io/team/lab@sha256:*".
///
/// Compared with an image's full spelling, so that "jupyter/lab" (which is docker.io/jupyter/lab)
/// cannot pass for "quay.io/jupyter/lab". `*` stands for any characters of one part of the name or
/// of the tag, also none; `**`, alone between slashes, for one or more whole parts. The registry is
/// always written out. Without a tag or a digest any will do; with a tag only images without a
/// digest fit, since a digest decides alone what is fetched; with `@sha256:*` or a digest only
/// those that have one.

#include "base/image_reference.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace carrel {

class ImagePattern {
public:
    /// InvalidArgument: it is none, and why.
    [[nodiscard]] static Result<ImagePattern> parse(std::string_view text);

    [[nodiscard]] bool matches(ImageReference const& image) const;
    /// As it was written.
    [[nodiscard]] std::string const& text() const { return text_; }

private:
    std::string text_;
    std::vector<std::string> parts_;  ///< the registry, then the path
    std::string tag_;
    std::string digest_;
};

[[nodiscard]] bool matches_any(ImageReference const& image, std::span<ImagePattern const> patterns);

}  // namespace carrel

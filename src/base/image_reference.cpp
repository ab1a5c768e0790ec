#include "base/image_reference.hpp"

#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace carrel {

namespace {

constexpr size_t longest_repository = 255;
constexpr size_t longest_tag = 128;

bool is_lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool is_letter_or_digit(char c) { return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z'); }

/// "team", "data-science__lab.v2": runs of letters and digits, joined by one ".", one or two "_",
/// or any number of "-".
bool is_path_part(std::string_view part) {
    if (part.empty() || !is_lower_or_digit(part.front()) || !is_lower_or_digit(part.back()))
        return false;
    for (size_t at = 0; at < part.size();) {
        if (is_lower_or_digit(part[at])) {
            ++at;
            continue;
        }
        auto const end =
            std::min(part.size(),
                     static_cast<size_t>(std::ranges::find_if(part.begin() + static_cast<long>(at),
                                                              part.end(), is_lower_or_digit) -
                                         part.begin()));
        auto const joint = part.substr(at, end - at);
        bool const dashes = joint.find_first_not_of('-') == std::string_view::npos;
        if (!dashes && joint != "." && joint != "_" && joint != "__") return false;
        at = end;
    }
    return true;
}

/// "registry.example.org:5000": what comes before the first slash, when it can be no path.
bool looks_like_host(std::string_view part) {
    return part.contains('.') || part.contains(':') || part == "localhost";
}

bool is_host(std::string_view text) {
    auto const colon = text.find(':');
    if (colon != std::string_view::npos) {
        auto const port = parse_whole(text.substr(colon + 1));
        if (!port || *port < 1 || *port > 65535) return false;
    }
    for (auto const label : split(text.substr(0, colon), '.')) {
        bool const right =
            !label.empty() && is_letter_or_digit(label.front()) &&
            is_letter_or_digit(label.back()) &&
            std::ranges::all_of(label, [](char c) { return is_letter_or_digit(c) || c == '-'; });
        if (!right) return false;
    }
    return true;
}

bool is_tag(std::string_view text) {
    return !text.empty() && text.size() <= longest_tag && text.front() != '.' &&
           text.front() != '-' && std::ranges::all_of(text, [](char c) {
               return is_letter_or_digit(c) || c == '_' || c == '.' || c == '-';
           });
}

/// 64 hexadecimal digits: what Docker takes for an image's own number.
bool is_hash(std::string_view text) {
    return text.size() == 64 && std::ranges::all_of(text, [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
           });
}

bool is_digest(std::string_view text) {
    constexpr std::string_view algorithm = "sha256:";
    return text.starts_with(algorithm) && is_hash(text.substr(algorithm.size()));
}

constexpr std::string_view docker_registry = "docker.io";
/// Its name in old programs.
constexpr std::string_view former_docker_registry = "index.docker.io";

}  // namespace

std::string ImageReference::full_repository() const {
    auto const slash = repository.find('/');
    auto const first = std::string_view(repository).substr(0, slash);
    bool const has_host = slash != std::string::npos && looks_like_host(first);
    auto host = has_host ? to_lower(first) : std::string(docker_registry);
    if (host == former_docker_registry) host = docker_registry;
    auto const path = has_host ? repository.substr(slash + 1) : repository;
    bool const official = host == docker_registry && !path.contains('/');
    return fmt::format("{}/{}{}", host, official ? "library/" : "", path);
}

std::string ImageReference::full_text() const {
    return fmt::format("{}{}{}{}{}", full_repository(), tag.empty() ? "" : ":", tag,
                       digest.empty() ? "" : "@", digest);
}

std::string ImageReference::text() const {
    return digest.empty() ? repository + ":" + tag : repository + "@" + digest;
}

Result<ImageReference> parse_image_reference(std::string_view text) {
    ImageReference image;
    auto rest = text;
    if (auto const at = rest.find('@'); at != std::string_view::npos) {
        image.digest = rest.substr(at + 1);
        rest = rest.substr(0, at);
        if (!is_digest(image.digest))
            return fail(Code::InvalidArgument,
                        "'{}' is no image: after @ comes sha256: and 64 hexadecimal digits",
                        for_log(text));
    }
    // A colon before a slash belongs to the registry's port.
    auto const slash = rest.rfind('/');
    auto const colon = rest.rfind(':');
    if (colon != std::string_view::npos && (slash == std::string_view::npos || colon > slash)) {
        image.tag = rest.substr(colon + 1);
        rest = rest.substr(0, colon);
        if (!is_tag(image.tag))
            return fail(Code::InvalidArgument,
                        "'{}' is no image: a tag has up to 128 letters, digits and _.-",
                        for_log(text));
    }
    if (image.tag.empty() && image.digest.empty()) image.tag = "latest";
    image.repository = rest;
    if (rest.empty() || image.full_repository().size() > longest_repository)
        return fail(Code::InvalidArgument, "'{}' is no image: it has no name, or a too long one",
                    for_log(text));
    auto parts = split(rest, '/');
    if (parts.size() > 1 && looks_like_host(parts.front())) {
        if (!is_host(parts.front()))
            return fail(Code::InvalidArgument, "'{}' is no image: '{}' is no registry",
                        for_log(text), for_log(parts.front()));
        parts.erase(parts.begin());
    }
    if (!std::ranges::all_of(parts, is_path_part))
        return fail(Code::InvalidArgument,
                    "'{}' is no image: its name has small letters, digits and single -, _ or . "
                    "between them",
                    for_log(text));
    if (parts.size() == 1 && is_hash(rest))
        return fail(Code::InvalidArgument,
                    "'{}' is no image: 64 hexadecimal digits alone are no name", for_log(text));
    return image;
}

}  // namespace carrel

#include "base/image_pattern.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <optional>

namespace carrel {

namespace {

constexpr std::string_view any_digest = "sha256:*";
constexpr std::string_view any_parts = "**";

/// "*" stands for any characters, also none. When a letter does not fit, the last star takes one
/// more: no pattern takes longer than its length times the text's.
bool fits(std::string_view pattern, std::string_view text) {
    size_t at = 0;
    std::optional<size_t> behind_star;
    size_t taken_up_to = 0;
    for (size_t i = 0; i < text.size();) {
        if (at < pattern.size() && pattern[at] == '*') {
            behind_star = ++at;
            taken_up_to = i;
        } else if (at < pattern.size() && pattern[at] == text[i]) {
            ++at;
            ++i;
        } else if (behind_star) {
            at = *behind_star;
            i = ++taken_up_to;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of('*', at) == std::string_view::npos;
}

bool fits(std::span<std::string const> pattern, std::span<std::string_view const> parts) {
    if (pattern.empty() || parts.empty()) return pattern.empty() && parts.empty();
    auto const rest = pattern.subspan(1);
    if (pattern.front() != any_parts)
        return fits(pattern.front(), parts.front()) && fits(rest, parts.subspan(1));
    for (size_t taken = 1; taken <= parts.size(); ++taken)
        if (fits(rest, parts.subspan(taken))) return true;
    return false;
}

/// The pattern with a letter for each run of stars: an image that it matches.
std::string example_of(std::string_view pattern) {
    std::string example;
    for (size_t at = 0; at < pattern.size(); ++at) {
        if (pattern[at] != '*')
            example += pattern[at];
        else if (at == 0 || pattern[at - 1] != '*')
            example += 'a';
    }
    return example;
}

}  // namespace

Result<ImagePattern> ImagePattern::parse(std::string_view text) {
    auto const wrong = [&](std::string_view why) {
        return fail(Code::InvalidArgument, "'{}' is no pattern for images: {}", for_log(text), why);
    };
    constexpr size_t most_stars = 8;
    if (std::ranges::count(text, '*') > static_cast<long>(most_stars))
        return wrong("it has more than eight stars");
    ImagePattern pattern;
    pattern.text_ = text;
    auto name = text;
    if (auto const at = name.find('@'); at != std::string_view::npos) {
        pattern.digest_ = name.substr(at + 1);
        name = name.substr(0, at);
        bool const part = pattern.digest_ != any_digest && pattern.digest_.contains('*');
        if (pattern.digest_.empty() || part)
            return wrong("after @ comes sha256:* or a whole digest");
    }
    bool const any = pattern.digest_.empty() || pattern.digest_ == any_digest;
    auto const example =
        parse_image_reference(example_of(name) + (any ? "" : "@" + pattern.digest_));
    if (!example) return wrong(example.error().message);
    if (name.substr(0, name.find('/')).contains('*'))
        return wrong("it begins with one registry, written out, as quay.io/");
    auto const repository =
        name.substr(0, std::min(name.find(':', name.rfind('/') + 1), name.size()));
    if (repository.size() < name.size()) pattern.tag_ = name.substr(repository.size() + 1);
    if (!pattern.tag_.empty() && !pattern.digest_.empty())
        return wrong("it has a tag or a digest, not both, since a digest decides alone");
    // What no full spelling can be equal to would let nobody in, and nobody see why.
    if (example->full_repository() != example->repository)
        return wrong(fmt::format("it is written out in small letters, as {}",
                                 parse_image_reference(example->repository)->full_repository()));
    for (auto const part : split(repository, '/')) {
        if (part != any_parts && part.contains(any_parts))
            return wrong("** stands alone between slashes");
        pattern.parts_.emplace_back(part);
    }
    if (pattern.tag_.contains(any_parts)) return wrong("** stands alone between slashes");
    return pattern;
}

bool ImagePattern::matches(ImageReference const& image) const {
    auto const name = image.full_repository();
    if (!fits(parts_, split(name, '/'))) return false;
    if (!tag_.empty()) return image.digest.empty() && fits(tag_, image.tag);
    if (digest_.empty()) return true;
    return digest_ == any_digest ? !image.digest.empty() : digest_ == image.digest;
}

bool matches_any(ImageReference const& image, std::span<ImagePattern const> patterns) {
    return std::ranges::any_of(patterns,
                               [&](auto const& pattern) { return pattern.matches(image); });
}

}  // namespace carrel

#include "hub/origins.hpp"

#include "auth/secret.hpp"
#include "base/origin_text.hpp"
#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace carrel {

namespace {

/// So that the label with its hash has at most 63 characters.
constexpr size_t longest_kept = 40;
constexpr size_t hash_digits = 16;

bool is_label_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

/// As a hashed label ends.
bool looks_hashed(std::string_view name) {
    if (name.size() <= hash_digits) return false;
    auto const end = name.substr(name.size() - hash_digits - 1);
    return end.front() == '-' && std::ranges::all_of(end.substr(1), [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
           });
}

std::string hashed_label(std::string_view user) {
    std::string label;
    for (char const c : to_lower(user)) {
        if (label.size() == longest_kept) break;
        if (is_label_character(c) && c != '-')
            label += c;
        else if (!label.empty() && label.back() != '-')
            label += '-';
    }
    while (label.ends_with('-')) label.pop_back();
    if (label.empty()) label = "u";
    return fmt::format("{}-{}", label, hash_secret(user).substr(0, hash_digits));
}

}  // namespace

Origins::Origins(std::string portal, std::string user_domain)
    : portal_(std::move(portal)), user_domain_(to_lower(user_domain)) {
    auto const end = portal_.find("://");
    scheme_ = portal_.substr(0, end);
    auto const authority = key(std::string_view(portal_).substr(end + 3));
    auto const colon = authority.rfind(':');
    domain_ = authority.substr(0, colon);
    if (colon != std::string::npos) port_ = authority.substr(colon);
    portal_ = fmt::format("{}://{}", scheme_, authority);
}

std::string Origins::key(std::string_view host) const {
    return to_lower(without_usual_port(host, scheme_));
}

std::string Origins::of(std::string_view user) const {
    if (!per_person()) return {};
    return fmt::format("{}://{}", scheme_, authority_of(user));
}

std::string Origins::authority_of(std::string_view user) const {
    auto host = fmt::format("{}.{}", origin_label(user), user_domain_);
    if (host == domain_) host = fmt::format("{}.{}", hashed_label(user), user_domain_);
    return host + port_;
}

bool Origins::is_portal(std::string_view host) const { return key(host) == domain_ + port_; }

bool Origins::is_persons(std::string_view host) const {
    return per_person() && key(host).ends_with("." + user_domain_ + port_) && !is_portal(host);
}

bool Origins::is_of(std::string_view host, std::string_view user) const {
    return per_person() && key(host) == authority_of(user);
}

std::string Origins::common_domain() const {
    bool const same = user_domain_ == domain_ || user_domain_.ends_with("." + domain_);
    // A browser takes no cookie for a whole top-level name.
    return per_person() && same && domain_.find('.') != std::string::npos ? domain_ : "";
}

std::string origin_label(std::string_view user) {
    bool const kept = !user.empty() && user.size() <= longest_kept &&
                      std::ranges::all_of(user, is_label_character) && !user.starts_with('-') &&
                      !user.ends_with('-') && user.find("--") == std::string_view::npos &&
                      !looks_hashed(user);
    return kept ? std::string(user) : hashed_label(user);
}

}  // namespace carrel

#pragma once

/// Where a browser reaches the platform, and where each person's servers.
///
/// On one origin all pages can act for each other. With a domain below which every person has a
/// name of their own, a browser keeps their servers apart from each other and from Carrel's pages.
/// A constant; any thread.

#include <string>
#include <string_view>

namespace carrel {

class Origins {
public:
    /// Everything is on one origin, wherever that is.
    Origins() = default;
    /// `portal` is "https://hub.example.org" or "http://localhost:8000"; `user_domain` is the name
    /// below which persons have theirs, and may be the portal's own.
    Origins(std::string portal, std::string user_domain);

    [[nodiscard]] bool per_person() const { return !user_domain_.empty(); }
    /// "https://hub.example.org"; empty on one origin.
    [[nodiscard]] std::string const& portal() const { return portal_; }
    /// "https://ada.hub.example.org"; empty on one origin.
    [[nodiscard]] std::string of(std::string_view user) const;

    /// The Host field names Carrel's own origin.
    [[nodiscard]] bool is_portal(std::string_view host) const;
    /// It names one below the persons' domain, whether or not there is such a person.
    [[nodiscard]] bool is_persons(std::string_view host) const;
    /// It names this person's.
    [[nodiscard]] bool is_of(std::string_view host, std::string_view user) const;
    /// The domain of a cookie that the portal and all persons' servers see; empty: there is none.
    [[nodiscard]] std::string common_domain() const;

private:
    /// "ada.hub.example.org:8443". The name that the portal has is nobody's.
    [[nodiscard]] std::string authority_of(std::string_view user) const;
    /// A Host field in lower case, without the port that goes without saying.
    [[nodiscard]] std::string key(std::string_view host) const;

    std::string portal_;
    std::string scheme_;       ///< "https"
    std::string domain_;       ///< the portal's, without a port
    std::string port_;         ///< ":8443", or empty
    std::string user_domain_;  ///< without a port
};

/// A person's name as one label of a host name (RFC 1035: letters, digits, hyphens, at most 63):
/// the name itself where it is one, else what can be kept of it, "-", and 16 digits of its hash.
/// Names that end like that are never kept, so two persons never have the same.
[[nodiscard]] std::string origin_label(std::string_view user);

}  // namespace carrel

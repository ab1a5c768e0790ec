#pragma once

/// Decides whether a request may pass to a route that needs an edge token, and keeps what was
/// revoked. Each worker has its own; nothing is asked over the network.

#include "http/edge_token.hpp"
#include "proxy/message/head.hpp"
#include "proxy/route_table.hpp"

#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace carrel::proxy {

using EdgeTokenPointer = std::shared_ptr<http::EdgeToken const>;

/// One line of `POST /api/revocations`.
struct Revocation {
    std::string session;  ///< "" when it is by route and user
    std::string route;
    std::string user;
    int64_t issued_until = 0;  ///< refuses tokens issued at or before this; 0: all, for good
    int64_t until = 0;         ///< milliseconds since 1970; may be forgotten then

    [[nodiscard]] bool refuses(http::EdgeToken const& token) const;
};

class Revocations {
public:
    void add(Revocation const& revocation);
    [[nodiscard]] bool refuses(http::EdgeToken const& token) const;
    /// Forgets what no token can be valid for any more; at most once a second, as it looks at all.
    void forget_before(int64_t now);
    [[nodiscard]] std::vector<Revocation> const& all() const { return all_; }

private:
    std::vector<Revocation> all_;
    std::unordered_map<std::string, size_t> sessions_;
    int64_t soonest_ = std::numeric_limits<int64_t>::max();  ///< before which nothing is forgotten
    int64_t looked_ = 0;
};

class EdgeAuth {
public:
    /// `key` is 32 bytes; empty when no route may need authorization.
    explicit EdgeAuth(std::string key) : key_(std::move(key)) {}

    /// Elsewhere: the route's origin is another one, and a browser can be sent there.
    enum class Verdict { Pass, Login, Forbid, Elsewhere };
    struct Decision {
        Verdict verdict = Verdict::Forbid;
        EdgeTokenPointer token;
        bool by_bearer = false;  ///< the Authorization field held the token and must not go on
        std::string_view reason;
    };
    /// `now` is the time of day in milliseconds.
    [[nodiscard]] Decision decide(Route const& route, RequestHead const& head, int64_t now);

    /// What is to be said of a request for a route with an origin of its own before anything else:
    /// nothing, when it names that origin, and no page of another one makes it behind its user's
    /// back.
    [[nodiscard]] static std::optional<Decision> check_origin(Route const& route,
                                                              RequestHead const& head);

    Revocations& revocations() { return revocations_; }

private:
    [[nodiscard]] EdgeTokenPointer find_valid(std::string_view text, Route const& route,
                                              int64_t now);
    [[nodiscard]] EdgeTokenPointer verify(std::string_view text, int64_t now);

    struct Hash : std::hash<std::string_view> {
        using is_transparent = void;
    };
    std::string key_;
    Revocations revocations_;
    /// Tokens whose signature has been checked.
    std::unordered_map<std::string, EdgeTokenPointer, Hash, std::equal_to<>> verified_;
};

}  // namespace carrel::proxy

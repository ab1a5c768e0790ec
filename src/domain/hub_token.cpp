#include "domain/hub_token.hpp"

#include "base/encoding.hpp"

#include <array>
#include <utility>

namespace carrel {

namespace {

constexpr std::array<std::pair<HubTokenKind, std::string_view>, 4> kinds{{
    {HubTokenKind::Api, "api"},
    {HubTokenKind::OAuth, "oauth"},
    {HubTokenKind::Server, "server"},
    {HubTokenKind::Service, "service"},
}};

}  // namespace

std::string_view name_of(HubTokenKind kind) {
    for (auto const& [known, name] : kinds)
        if (known == kind) return name;
    std::unreachable();
}

Result<HubTokenKind> parse_hub_token_kind(std::string_view name) {
    for (auto const& [kind, known] : kinds)
        if (known == name) return kind;
    return fail(Code::InvalidArgument, "there is no kind of hub token '{}'", name);
}

std::string server_client(std::string_view user, std::string_view server) {
    auto id = "jupyterhub-user-" + percent_encode(user);
    if (!server.empty()) id += "-" + percent_encode(server);
    return id;
}

}  // namespace carrel

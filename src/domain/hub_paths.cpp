#include "domain/hub_paths.hpp"

#include "base/encoding.hpp"

#include <fmt/format.h>

namespace carrel {

namespace {

/// What a hub has below its base; all else at "/" is the portal's.
bool is_of_hub(std::string_view path) {
    if (path == "/hub") return true;
    for (std::string_view const begin : {"/hub/", "/user/", "/services/"})
        if (path.starts_with(begin)) return true;
    return false;
}

}  // namespace

std::string escape_name(std::string_view name) { return percent_encode(name, "@"); }

std::string HubPaths::base(std::string_view slug) const {
    if (!root_course_.empty() && slug == root_course_) return "/";
    return fmt::format("/c/{}/", slug);
}

std::string HubPaths::hub(std::string_view slug) const { return base(slug) + "hub/"; }

std::string HubPaths::server(std::string_view slug, std::string_view user,
                             std::string_view server) const {
    auto path = fmt::format("{}user/{}/", base(slug), escape_name(user));
    if (!server.empty()) path += escape_name(server) + "/";
    return path;
}

std::string HubPaths::route(std::string_view slug, std::string_view user,
                            std::string_view server) const {
    auto route = fmt::format("{}user/{}", base(slug), user);
    if (!server.empty()) route.append("/").append(server);
    return route;
}

std::string HubPaths::callback(std::string_view slug, std::string_view user,
                               std::string_view server_name) const {
    return server(slug, user, server_name) + "oauth_callback";
}

std::string HubPaths::service(std::string_view slug, std::string_view name) const {
    return fmt::format("{}services/{}/", base(slug), name);
}

std::string HubPaths::by_slug(std::string_view path) const {
    if (root_course_.empty() || !is_of_hub(path)) return std::string(path);
    return fmt::format("/c/{}{}", root_course_, path);
}

std::optional<std::string> HubPaths::at_root(std::string_view target) const {
    if (root_course_.empty()) return {};
    auto const prefix = fmt::format("/c/{}", root_course_);
    if (!target.starts_with(prefix)) return {};
    auto const rest = target.substr(prefix.size());
    if (!is_of_hub(rest.substr(0, rest.find_first_of("?#")))) return {};
    return std::string(rest);
}

}  // namespace carrel

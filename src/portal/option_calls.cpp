/// What can be asked for here: the values of the forms.

#include "portal/calls.hpp"
#include "portal/input.hpp"
#include "portal/views.hpp"

namespace carrel {

namespace {

using nlohmann::json;

json view_of(Range const& range) {
    return {{"min", range.least}, {"max", range.most}, {"default", range.usual}};
}

json view_of(CourseLimits const& limits) {
    json const length = {{"min", shortest_name}, {"max", longest_name}};
    return {{"cpu", view_of(limits.cpu)},
            {"memory_gib", view_of(limits.memory_gib)},
            {"storage_gib", view_of(limits.storage_gib)},
            {"participants",
             {{"min", limits.least_participants},
              {"max", limits.most_participants},
              {"default", limits.usual_participants}}},
            {"name", length},
            {"slug", length},
            {"description", {{"max", longest_description}}},
            {"start_within_days", start_within_days},
            {"password", {{"min", 10}}}};
}

Result<http::Response> show_options(PortalDependencies const& portal, http::Request&) {
    auto environments = json::array();
    for (auto const& each : portal.platform.environments)
        environments.push_back({{"name", each.name},
                                {"title", each.title},
                                {"description", each.description},
                                {"default_url", each.default_url}});
    auto logins = json::array();
    if (portal.logins != nullptr)
        for (auto const* each : portal.logins->offered())
            logins.push_back({{"name", each->name},
                              {"title", each->title},
                              {"sign_up", each->sign_up != SignUp::Nobody},
                              {"kind", "provider"}});
    if (portal.directories != nullptr)
        for (auto const* each : portal.directories->offered())
            logins.push_back({{"name", each->name},
                              {"title", each->title},
                              {"sign_up", each->sign_up != SignUp::Nobody},
                              {"kind", "directory"}});
    return http::Response::json({{"environments", std::move(environments)},
                                 {"logins", std::move(logins)},
                                 {"mail", portal.mail != nullptr},
                                 {"contact", text_or_null(portal.gate.contact())},
                                 {"targets", portal.limits.targets},
                                 {"limits", view_of(portal.limits)},
                                 {"hub",
                                  {{"named_servers", portal.platform.named_servers},
                                   {"root_course", text_or_null(portal.paths.root_course())}}},
                                 {"isolation",
                                  {{"level", portal.platform.isolation.level},
                                   {"notices", portal.platform.isolation.notices}}},
                                 {"version", portal.platform.version}});
}

Result<http::Response> show_slug(PortalDependencies const& portal, Visit const& visit) {
    auto const& slug = visit.request.parameter("slug");
    if (auto const checked = check_slug(slug); !checked)
        return http::Response::json({{"available", false}, {"problem", checked.error().message}});
    auto const found = portal.store.read(
        [&](Transaction& transaction) { return transaction.courses().find_by_slug(slug); });
    if (found)
        return http::Response::json({{"available", false}, {"problem", "this slug is taken"}});
    if (found.error().code != Code::NotFound) return std::unexpected(found.error());
    return http::Response::json({{"available", true}, {"problem", nullptr}});
}

/// Apart from /options, which everybody may read: registries are nobody else's business.
Result<http::Response> show_images(PortalDependencies const& portal, Visit const& visit) {
    auto const& user = visit.who.user;
    if (!user.administrator && !user.leader)
        return fail(Code::PermissionDenied, "only leaders and administrators name images");
    auto items = json::array();
    for (auto const& [environment, allowed] : portal.limits.images) {
        auto patterns = json::array();
        for (auto const& pattern : allowed) patterns.push_back(pattern.text());
        if (!patterns.empty())
            items.push_back({{"environment", environment}, {"allowed", std::move(patterns)}});
    }
    return http::Response::json({{"environments", std::move(items)}});
}

}  // namespace

void add_option_calls(Calls& calls) {
    calls.topic("Options");
    calls.add_public({.method = "GET",
                      .path = "/options",
                      .summary = "What a course may ask for, and what this platform is",
                      .gives = "Options"},
                     show_options);
    calls.add(
        {.method = "GET",
         .path = "/images",
         .summary = "Which images a course may name instead of its environment's; for leaders",
         .scope = Scope::CoursesRead,
         .gives = "AllowedImages"},
        show_images);
    calls.add({.method = "GET",
               .path = "/slugs/{slug}",
               .summary = "Whether a slug is legal and free",
               .scope = Scope::CoursesRead,
               .gives = "SlugAnswer"},
              show_slug);
}

}  // namespace carrel

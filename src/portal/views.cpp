#include "portal/views.hpp"

#include "base/text.hpp"
#include "base/time_text.hpp"

namespace carrel {

using nlohmann::json;

json time_or_null(std::optional<Time> const& time) {
    return time ? json(format_time(*time)) : json();
}

json text_or_null(std::string_view text) { return text.empty() ? json() : json(text); }

namespace {

json roles_of(User const& user) {
    auto roles = json::array();
    if (user.administrator) roles.push_back("administrator");
    if (user.leader) roles.push_back("leader");
    return roles;
}

json scopes_view(Scopes const& scopes) {
    auto names = json::array();
    for (auto const scope : scopes) names.push_back(name_of(scope));
    return names;
}

}  // namespace

json view_of_me(Identity const& who) {
    return {{"username", who.user.name},
            {"display_name", who.user.display_name},
            {"email", who.user.email},
            {"roles", roles_of(who.user)},
            {"language", text_or_null(who.user.language)},
            {"csrf_token", text_or_null(who.csrf_token)},
            {"lacks_second_factor", who.lacks_factor},
            {"has_password", !who.user.password_hash.empty()},
            {"scopes", scopes_view(who.scopes)}};
}

json view_of(User const& user) {
    return {{"username", user.name},
            {"display_name", user.display_name},
            {"email", user.email},
            {"roles", roles_of(user)},
            {"created_at", format_time(user.created_at)},
            {"last_login_at", time_or_null(user.last_login_at)},
            {"disabled", user.disabled},
            {"admission", name_of(user.admission)}};
}

json view_of(Token const& token) {
    auto scopes = json::array();
    for (auto const name : split(token.scopes, ' '))
        if (!name.empty()) scopes.push_back(name);
    return {{"id", token.id.value()},
            {"note", token.note},
            {"scopes", std::move(scopes)},
            {"made_with", token.made_with ? json(token.made_with->value()) : json()},
            {"created_at", format_time(token.created_at)},
            {"expires_at", time_or_null(token.expires_at)},
            {"last_used_at", time_or_null(token.last_used_at)}};
}

json view_of(Event const& event) {
    auto detail = json::parse(event.detail, nullptr, false);
    return {{"id", event.id},
            {"at", format_time(event.at)},
            {"kind", event.kind},
            {"actor", text_or_null(event.actor)},
            {"subject", text_or_null(event.subject)},
            {"message", event.message},
            {"detail", detail.is_object() ? std::move(detail) : json::object()}};
}

json view_of(Resources const& resources) {
    return {{"cpu", resources.cpu},
            {"memory_gib", resources.memory_gib},
            {"storage_gib", resources.storage_gib}};
}

json view_of(Export const& row) {
    return {{"bytes", row.bytes},
            {"files", row.files},
            {"sha256", row.sha256},
            {"created_at", format_time(row.created_at)},
            {"verified_at", time_or_null(row.verified_at)}};
}

json view_of(Export const& row, std::string_view user_name) {
    auto view = view_of(row);
    view["username"] = user_name;
    return view;
}

}  // namespace carrel

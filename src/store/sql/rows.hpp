#pragma once

/// The columns of each table, in one order, with the field that each one keeps: reading, inserting
/// and updating all go by these lists. A new column is a line here and a migration.

#include "domain/course.hpp"
#include "domain/event.hpp"
#include "domain/hub_group.hpp"
#include "domain/hub_share.hpp"
#include "domain/hub_token.hpp"
#include "domain/second_factor.hpp"
#include "domain/server.hpp"
#include "domain/user.hpp"
#include "store/transaction.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace carrel {

template <class Visit>
void visit_columns(User& user, Visit&& visit) {
    visit("id", user.id);
    visit("name", user.name);
    visit("display_name", user.display_name);
    visit("email", user.email);
    visit("password_hash", user.password_hash);
    visit("administrator", user.administrator);
    visit("leader", user.leader);
    visit("disabled", user.disabled);
    visit("language", user.language);
    visit("created_at", user.created_at);
    visit("last_login_at", user.last_login_at);
    visit("admission", user.admission);
    visit("listed_administrator", user.listed_administrator);
    visit("listed_leader", user.listed_leader);
    visit("removed_at", user.removed_at);
}

template <class Visit>
void visit_columns(Users::Listed& user, Visit&& visit) {
    visit("id", user.id);
    visit("name", user.name);
    visit("administrator", user.administrator);
    visit("created_at", user.created_at);
    visit("last_login_at", user.last_login_at);
}

template <class Visit>
void visit_columns(Session& session, Visit&& visit) {
    visit("id", session.id);
    visit("secret_hash", session.secret_hash);
    visit("csrf_token", session.csrf_token);
    visit("user_id", session.user);
    visit("created_at", session.created_at);
    visit("expires_at", session.expires_at);
    visit("last_used_at", session.last_used_at);
    visit("address", session.address);
    visit("user_agent", session.user_agent);
    visit("confirmed_at", session.confirmed_at);
    visit("by_provider", session.by_provider);
}

template <class Visit>
void visit_columns(SecondFactor& factor, Visit&& visit) {
    visit("id", factor.id);
    visit("user_id", factor.user);
    visit("kind", factor.kind);
    visit("name", factor.name);
    visit("credential", factor.credential);
    visit("secret", factor.secret);
    visit("counter", factor.counter);
    visit("created_at", factor.created_at);
    visit("last_used_at", factor.last_used_at);
}

template <class Visit>
void visit_columns(HalfLogin& login, Visit&& visit) {
    visit("hash", login.hash);
    visit("user_id", login.user);
    visit("wrong", login.wrong);
    visit("created_at", login.created_at);
    visit("expires_at", login.expires_at);
    visit("provider_session", login.provider_session);
}

template <class Visit>
void visit_columns(FactorChallenge& challenge, Visit&& visit) {
    visit("id", challenge.id);
    visit("owner", challenge.owner);
    visit("purpose", challenge.purpose);
    visit("payload", challenge.payload);
    visit("expires_at", challenge.expires_at);
}

template <class Visit>
void visit_columns(Token& token, Visit&& visit) {
    visit("id", token.id);
    visit("secret_hash", token.secret_hash);
    visit("user_id", token.user);
    visit("note", token.note);
    visit("scopes", token.scopes);
    visit("created_at", token.created_at);
    visit("expires_at", token.expires_at);
    visit("last_used_at", token.last_used_at);
    visit("made_with", token.made_with);
}

template <class Visit>
void visit_columns(HubToken& token, Visit&& visit) {
    visit("id", token.id);
    visit("secret_hash", token.secret_hash);
    visit("course_id", token.course);
    visit("user_id", token.user);
    visit("service", token.service);
    visit("kind", token.kind);
    visit("client", token.client);
    visit("server", token.server);
    visit("scopes", token.scopes);
    visit("note", token.note);
    visit("login", token.login);
    visit("code", token.code);
    visit("created_at", token.created_at);
    visit("expires_at", token.expires_at);
    visit("last_used_at", token.last_used_at);
}

template <class Visit>
void visit_columns(HubCode& code, Visit&& visit) {
    visit("hash", code.hash);
    visit("course_id", code.course);
    visit("client", code.client);
    visit("user_id", code.user);
    visit("redirect_uri", code.redirect_uri);
    visit("scopes", code.scopes);
    visit("login", code.login);
    visit("challenge", code.challenge);
    visit("created_at", code.created_at);
    visit("expires_at", code.expires_at);
    visit("used_at", code.used_at);
}

template <class Visit>
void visit_columns(HubShare& share, Visit&& visit) {
    visit("course_id", share.course);
    visit("owner_id", share.owner);
    visit("server", share.server);
    visit("user_id", share.user);
    visit("created_at", share.created_at);
}

template <class Visit>
void visit_columns(HubGroupShare& share, Visit&& visit) {
    visit("course_id", share.course);
    visit("owner_id", share.owner);
    visit("server", share.server);
    visit("group_name", share.group);
    visit("created_at", share.created_at);
}

template <class Visit>
void visit_columns(HubShareCode& code, Visit&& visit) {
    visit("id", code.id);
    visit("hash", code.hash);
    visit("course_id", code.course);
    visit("owner_id", code.owner);
    visit("server", code.server);
    visit("exchange_count", code.exchange_count);
    visit("created_at", code.created_at);
    visit("expires_at", code.expires_at);
    visit("exchanged_at", code.exchanged_at);
}

template <class Visit>
void visit_columns(HubGroup& group, Visit&& visit) {
    visit("course_id", group.course);
    visit("name", group.name);
    visit("properties", group.properties);
    visit("roles", group.roles);
    visit("created_at", group.created_at);
}

template <class Visit>
void visit_columns(HubService& service, Visit&& visit) {
    visit("course_id", service.course);
    visit("name", service.name);
    visit("administrator", service.administrator);
    visit("url", service.url);
    visit("redirect_uri", service.redirect_uri);
    visit("no_confirm", service.no_confirm);
    visit("display", service.display);
    visit("info", service.info);
    visit("created_at", service.created_at);
}

/// Leaders are in a table of their own.
template <class Visit>
void visit_columns(Course& course, Visit&& visit) {
    visit("id", course.id);
    visit("slug", course.request.slug);
    visit("name", course.request.name);
    visit("description", course.request.description);
    visit("starts_at", course.request.starts_at);
    visit("ends_at", course.request.ends_at);
    visit("expected_participants", course.request.expected_participants);
    visit("cpu", course.request.resources.cpu);
    visit("memory_gib", course.request.resources.memory_gib);
    visit("storage_gib", course.request.resources.storage_gib);
    visit("environment", course.request.environment);
    visit("target", course.request.target);
    visit("state", course.state);
    visit("state_since", course.state_since);
    visit("reason", course.reason);
    visit("wanted", course.wanted);
    visit("deployment_id", course.deployment);
    visit("lease_until", course.lease_until);
    visit("deadline", course.deadline);
    visit("requested_by", course.requested_by);
    visit("invitation_code", course.invitation_code);
    visit("created_at", course.created_at);
    visit("updated_at", course.updated_at);
    visit("image", course.request.image);
    visit("shared_folder", course.request.shared_folder);
}

template <class Visit>
void visit_columns(Deployment& deployment, Visit&& visit) {
    visit("id", deployment.id);
    visit("course_id", deployment.course);
    visit("kind", deployment.kind);
    visit("state", deployment.state);
    visit("started_at", deployment.started_at);
    visit("deadline", deployment.deadline);
    visit("finished_at", deployment.finished_at);
    visit("message", deployment.message);
    visit("instance", deployment.instance);
}

template <class Visit>
void visit_columns(Application& application, Visit&& visit) {
    visit("course_id", application.course);
    visit("user_id", application.user);
    visit("state", application.state);
    visit("applied_at", application.applied_at);
    visit("decided_at", application.decided_at);
    visit("decided_by", application.decided_by);
}

template <class Visit>
void visit_columns(ServerRecord& server, Visit&& visit) {
    visit("course_id", server.course);
    visit("user_id", server.user);
    visit("name", server.name);
    visit("state", server.state);
    visit("state_since", server.state_since);
    visit("spawner_state", server.spawner_state);
    visit("endpoint", server.endpoint);
    visit("secret", server.secret);
    visit("message", server.message);
    visit("log_tail", server.log_tail);
    visit("user_options", server.user_options);
    visit("display_name", server.display_name);
    visit("started_at", server.started_at);
    visit("last_activity", server.last_activity);
}

template <class Visit>
void visit_content(Export& row, Visit&& visit) {
    visit("deployment_id", row.deployment);
    visit("file", row.file);
    visit("sha256", row.sha256);
    visit("bytes", row.bytes);
    visit("files", row.files);
    visit("created_at", row.created_at);
    visit("verified_at", row.verified_at);
}

template <class Visit>
void visit_columns(Export& row, Visit&& visit) {
    visit("course_id", row.course);
    visit("user_id", row.user);
    visit_content(row, visit);
}

/// The export of a course folder, which is nobody's.
struct FolderExport {
    Export row;
};

template <class Visit>
void visit_columns(FolderExport& folder, Visit&& visit) {
    visit("course_id", folder.row.course);
    visit_content(folder.row, visit);
}

template <class Visit>
void visit_columns(Event& event, Visit&& visit) {
    visit("id", event.id);
    visit("at", event.at);
    visit("kind", event.kind);
    visit("course_id", event.course);
    visit("actor", event.actor);
    visit("subject", event.subject);
    visit("message", event.message);
    visit("detail", event.detail);
}

template <class Visit>
void visit_columns(OutboxItem& item, Visit&& visit) {
    visit("id", item.id);
    visit("kind", item.kind);
    visit("payload", item.payload);
    visit("created_at", item.created_at);
    visit("due_at", item.due_at);
    visit("attempts", item.attempts);
}

template <class Row>
std::vector<std::string> column_names() {
    std::vector<std::string> names;
    Row row{};
    visit_columns(row, [&](std::string_view name, auto&) { names.emplace_back(name); });
    return names;
}

/// "id, name, …"
template <class Row>
std::string const& columns() {
    static std::string const text = fmt::format("{}", fmt::join(column_names<Row>(), ", "));
    return text;
}

/// "insert into users (id, …) values (:id, …)"
template <class Row>
std::string insert_into(std::string_view table) {
    auto const names = column_names<Row>();
    return fmt::format("insert into {} ({}) values (:{})", table, fmt::join(names, ", "),
                       fmt::join(names, ", :"));
}

/// "update users set id = :id, …": bind the row, then what the condition asks for.
template <class Row>
std::string update_of(std::string_view table) {
    std::string assignments;
    for (auto const& name : column_names<Row>())
        assignments += fmt::format("{}{} = :{}", assignments.empty() ? "" : ", ", name, name);
    return fmt::format("update {} set {}", table, assignments);
}

/// Inserts, or replaces the row with the same key: "insert … on conflict (key) do update set …".
template <class Row>
std::string put_into(std::string_view table, std::string_view key) {
    std::string assignments;
    for (auto const& name : column_names<Row>())
        assignments +=
            fmt::format("{}{} = excluded.{}", assignments.empty() ? "" : ", ", name, name);
    return fmt::format("{} on conflict ({}) do update set {}", insert_into<Row>(table), key,
                       assignments);
}

}  // namespace carrel

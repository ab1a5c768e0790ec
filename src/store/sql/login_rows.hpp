#pragma once

/// The columns of the tables of logins; see rows.hpp.

#include "domain/login.hpp"

namespace carrel {

template <class Visit>
void visit_columns(LoginIdentity& identity, Visit&& visit) {
    visit("login", identity.login);
    visit("subject", identity.subject);
    visit("user_id", identity.user);
    visit("shown", identity.shown);
    visit("gave_administrator", identity.gave_administrator);
    visit("gave_leader", identity.gave_leader);
    visit("created_at", identity.created_at);
    visit("used_at", identity.used_at);
    visit("group_names", identity.groups);
}

template <class Visit>
void visit_columns(PendingLogin& pending, Visit&& visit) {
    visit("hash", pending.hash);
    visit("login", pending.login);
    visit("browser", pending.browser);
    visit("nonce", pending.nonce);
    visit("verifier", pending.verifier);
    visit("redirect_uri", pending.redirect_uri);
    visit("next", pending.next);
    visit("user_id", pending.user);
    visit("expires_at", pending.expires_at);
}

template <class Visit>
void visit_columns(ProviderSession& session, Visit&& visit) {
    visit("session_id", session.session);
    visit("login", session.login);
    visit("log_out_at", session.log_out_at);
    visit("id_token", session.id_token);
    visit("subject", session.subject);
    visit("refresh_token", session.refresh_token);
    visit("refreshed_at", session.refreshed_at);
}

}  // namespace carrel

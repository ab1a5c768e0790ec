#pragma once

/// The columns of the tables of mail; see rows.hpp.

#include "base/result.hpp"
#include "domain/mail.hpp"

namespace carrel {

inline auto parse_stored(std::string_view name, MailKind) -> Result<MailKind> {
    auto const kind = parse_mail_kind(name);
    if (!kind) return fail(Code::Internal, "there is no kind of mail '{}'", name);
    return *kind;
}

template <class Visit>
void visit_columns(MailItem& item, Visit&& visit) {
    visit("id", item.id);
    visit("kind", item.kind);
    visit("user_id", item.user);
    visit("address", item.address);
    visit("language", item.language);
    visit("created_at", item.created_at);
    visit("due_at", item.due_at);
    visit("attempts", item.attempts);
}

template <class Visit>
void visit_columns(MailToken& token, Visit&& visit) {
    visit("hash", token.hash);
    visit("kind", token.kind);
    visit("user_id", token.user);
    visit("address", token.address);
    visit("expires_at", token.expires_at);
}

}  // namespace carrel

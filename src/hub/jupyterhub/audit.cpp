#include "hub/jupyterhub/audit.hpp"

namespace carrel::jupyterhub {

Result<> note_change(Transaction& transaction, Caller const& caller, Time now,
                     Change const& change) {
    Event event;
    event.at = now;
    event.kind = change.kind;
    event.course = caller.course.id;
    event.actor = caller.actor();
    event.subject = change.subject;
    event.message = fmt::format("{} {}", event.actor, change.message);
    TRY_VOID(transaction.events().append(event));
    return {};
}

}  // namespace carrel::jupyterhub

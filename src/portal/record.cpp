#include "portal/record.hpp"

namespace carrel {

Result<> record(Transaction& transaction, Time now, Happening const& happening) {
    Event event;
    event.at = now;
    event.kind = happening.kind;
    event.course = happening.course;
    event.actor = happening.actor;
    event.subject = happening.subject;
    event.message = happening.message;
    event.detail = happening.detail.dump();
    TRY_VOID(transaction.events().append(event));
    return {};
}

}  // namespace carrel

#include "store/participant_removal.hpp"

#include <nlohmann/json.hpp>

namespace carrel {

Result<> announce_removal(Transaction& transaction, CourseId const& course, UserId const& user,
                          Time now) {
    OutboxItem item;
    item.kind = removal_announcement;
    item.payload = nlohmann::json{{"course", course.value()}, {"user", user.value()}}.dump();
    item.created_at = now;
    item.due_at = now;
    return transaction.outbox().add(item);
}

}  // namespace carrel

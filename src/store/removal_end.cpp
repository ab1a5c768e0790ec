#include "store/removal_end.hpp"

#include <nlohmann/json.hpp>

namespace carrel {

Result<> note_removal(Transaction& transaction, Removal const& removal, std::string_view kind,
                      std::string const& actor, std::string message, Time now) {
    Event event;
    event.at = now;
    event.kind = kind;
    event.actor = actor;
    event.subject = removal.name;
    event.message = std::move(message);
    event.detail = nlohmann::json{{"leftovers", name_of(removal.leftovers)}}.dump();
    TRY_VOID(transaction.events().append(event));
    return {};
}

Result<> finish_removal(Transaction& transaction, Removal removal, Time now) {
    TRY(auto user, transaction.users().find(removal.user));
    removal.finished_at = now;
    removal.problem.clear();
    TRY_VOID(transaction.removals().update(removal));
    if (removal.leftovers != Leftovers::Keep) {
        // With the last lines that they have written.
        TRY_VOID(transaction.servers().remove_ended_of(user.id));
        constexpr size_t short_id = 8;
        auto const id = user.id.value();
        user.name = fmt::format("{}~{}", removal.name, id.substr(0, short_id));
        if (transaction.users().find_by_name(user.name))
            user.name = fmt::format("{}~{}", removal.name, id);
        TRY_VOID(transaction.users().update(user));
    }
    return note_removal(transaction, removal, "user_removal_finished", "",
                        fmt::format("everything that {} left behind is {}", removal.name,
                                    removal.leftovers == Leftovers::Keep     ? "kept"
                                    : removal.leftovers == Leftovers::Export ? "exported"
                                                                             : "deleted"),
                        now);
}

}  // namespace carrel

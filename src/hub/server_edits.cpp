/// What is done with servers that do not run: one is made without a start, or called something
/// else.

#include "hub/server_lifecycle.hpp"
#include "hub/sharing.hpp"

#include <utility>

namespace carrel {

namespace {

/// For the log: by what a server was known before.
std::string what_is_changed(ServerEdit const& edit, std::string_view name) {
    if (edit.name.empty()) return "Server changed";
    return name.empty() ? "Server renamed, it was the default one"
                        : fmt::format("Server renamed, it was '{}'", name);
}

}  // namespace

Result<> ServerLifecycle::check_name_is_free(Transaction& transaction, ServerOwner const& owner) {
    auto const row = transaction.servers().find(owner.course.id, owner.user.id, owner.name);
    if (row && owner.name.empty())
        return fail(Code::Conflict, "{} already has a default server", owner.user.name);
    if (row) return fail(Code::Conflict, "{} already has server {}", owner.user.name, owner.name);
    if (row.error().code != Code::NotFound) return std::unexpected(row.error());
    return {};
}

Task<ServerRecord> ServerLifecycle::make(ServerOwner owner, std::string actor,
                                         ServerDetails details) {
    ServerRecord const record{.course = owner.course.id,
                              .user = owner.user.id,
                              .name = owner.name,
                              .state_since = use_.clock.now(),
                              .user_options = std::move(details.user_options),
                              .display_name = std::move(details.display_name)};
    auto const made = event_of(owner, "server_made", std::move(actor), "Server made");
    // A start of the same name that is on its way to the store finds this row, and keeps its words.
    CO_TRY_VOID(co_await use_.pool.run([&] {
        return use_.store.write([&](Transaction& transaction) -> Result<> {
            TRY_VOID(check_place(transaction, owner));
            TRY_VOID(check_name_is_free(transaction, owner));
            TRY_VOID(check_number(transaction, record));
            TRY_VOID(transaction.servers().put(record));
            TRY_VOID(transaction.events().append(made));
            return {};
        });
    }));
    co_return record;
}

Task<ServerRecord> ServerLifecycle::edit(ServerOwner owner, std::string actor, ServerEdit edit) {
    auto const is_active =
        fail(Code::InvalidArgument, "the server is active. Please stop it before modifying it.");
    auto const known = find(owner.key());
    if (known && !has_ended(known->record.state)) co_return is_active;
    // What is changed is what the store has, so it must have how the server ended.
    if (known && known->unsaved)
        co_return fail(Code::Unavailable,
                       "how the server ended could not be written yet; try again in a moment");
    auto target = owner;
    if (!edit.name.empty()) target.name = edit.name;
    auto const changed =
        event_of(target, "server_changed", std::move(actor), what_is_changed(edit, owner.name));
    ServerRecord record;
    CO_TRY_VOID(co_await use_.pool.run([&] {
        return use_.store.write([&](Transaction& transaction) -> Result<> {
            TRY(record, transaction.servers().find(owner.course.id, owner.user.id, owner.name));
            if (!has_ended(record.state)) return is_active;
            auto const& [user_options, display_name] = edit.details;
            if (!user_options.empty()) record.user_options = user_options;
            if (!display_name.empty()) record.display_name = display_name;
            if (!edit.name.empty()) {
                TRY_VOID(check_name_is_free(transaction, target));
                record.name = target.name;
                // The others are as many as before.
                if (owner.name.empty() || settings_.named_servers == 0)
                    TRY_VOID(check_number(transaction, record));
                TRY_VOID(transaction.servers().remove(record.course, record.user, owner.name));
                TRY_VOID(move_sharing_of_server(transaction, owner.course, owner.user.id,
                                                owner.name, target.name, use_.clock.now()));
            }
            TRY_VOID(transaction.servers().put(record));
            TRY_VOID(transaction.events().append(changed));
            return {};
        });
    }));
    // Of one that has ended the store remembers all.
    if (known && has_ended(known->record.state)) forget(known);
    co_return record;
}

}  // namespace carrel

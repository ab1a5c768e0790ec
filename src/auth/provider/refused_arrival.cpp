#include "auth/provider/refused_arrival.hpp"

#include "auth/provider/user_name.hpp"
#include "runtime/log.hpp"

namespace carrel {

void note_refused_arrival(Store& store, AccessPolicy const* access,
                          ProviderSettings const& settings, ProviderPerson const& person,
                          Error const& error, Time now) {
    if (access == nullptr || !is_refusal(error)) return;
    auto const name = user_name_of(person.username, settings.username_domain).value_or("");
    auto const noted = store.write([&](Transaction& transaction) {
        return access->note_refusal(transaction, name, error, now);
    });
    if (!noted) log::warn("login_refusal_not_recorded", {{"cause", noted.error().message}});
}

}  // namespace carrel

#include "hub/revocations.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace carrel {

namespace {

constexpr std::string_view settings_key = "revocations";

}  // namespace

std::string format_revocations(std::vector<Revocation> const& revocations) {
    auto list = nlohmann::json::array();
    for (auto const& item : revocations)
        list.push_back({{"login", item.login},
                        {"for_good", item.for_good},
                        {"path", item.path},
                        {"user", item.user},
                        {"made", item.made.time_since_epoch().count()},
                        {"until", item.until.time_since_epoch().count()}});
    return list.dump();
}

std::vector<Revocation> read_revocations(std::string_view text, Time now) {
    std::vector<Revocation> revocations;
    auto const list = nlohmann::json::parse(text, nullptr, false);
    if (!list.is_array()) return revocations;
    for (auto const& item : list) {
        if (!item.is_object()) continue;
        Time const until(Milliseconds(item.value("until", 0LL)));
        if (until <= now) continue;
        auto login = item.value("login", "");
        // Former programs knew logins only that had ended.
        bool const for_good = item.value("for_good", !login.empty());
        revocations.push_back({.login = std::move(login),
                               .for_good = for_good,
                               .path = item.value("path", ""),
                               .user = item.value("user", ""),
                               .made = Time(Milliseconds(item.value("made", 0LL))),
                               .until = until});
    }
    return revocations;
}

Task<> Revocations::send(Revocation const& revocation) {
    if (!revocation.login.empty()) {
        auto const issued_until =
            revocation.for_good ? std::optional<Time>() : std::optional(revocation.made);
        co_return co_await use_.proxy.revoke_login(revocation.login, issued_until,
                                                   revocation.until);
    }
    co_return co_await use_.proxy.revoke_user(revocation.path, revocation.user, revocation.made,
                                              revocation.until);
}

Task<> Revocations::add(Revocation revocation) {
    auto const now = use_.clock.now();
    revocation.made = now;
    revocation.until = now + edge_token_lasts;
    // First, so that a proxy that is down is told as soon as it is there, and not when somebody
    // tries again.
    CO_TRY_VOID(co_await use_.pool.run([&] {
        return use_.store.write([&](Transaction& transaction) -> Result<> {
            TRY(auto const kept, transaction.settings().get(settings_key));
            auto revocations = read_revocations(kept.value_or(""), now);
            auto const same = std::ranges::find_if(revocations, [&](Revocation const& other) {
                return other.login == revocation.login && other.for_good == revocation.for_good &&
                       other.path == revocation.path && other.user == revocation.user;
            });
            if (same != revocations.end())
                *same = revocation;
            else
                revocations.push_back(revocation);
            return transaction.settings().set(settings_key, format_revocations(revocations));
        });
    }));
    co_return co_await send(revocation);
}

Task<> Revocations::send_all() {
    CO_TRY(auto kept, co_await use_.pool.run([&] {
        return use_.store.read(
            [&](Transaction& transaction) { return transaction.settings().get(settings_key); });
    }));
    for (auto const& revocation : read_revocations(kept.value_or(""), use_.clock.now()))
        CO_TRY_VOID(co_await send(revocation));
    co_return Result<>();
}

}  // namespace carrel

/// Codes that let into a server whoever has one: the rows of /share-codes. Accepting one is in
/// share_pages.cpp.

#include "auth/secret.hpp"
#include "base/time_text.hpp"
#include "hub/jupyterhub/answers.hpp"
#include "hub/jupyterhub/audit.hpp"
#include "hub/jupyterhub/bodies.hpp"
#include "hub/jupyterhub/models.hpp"
#include "hub/jupyterhub/names.hpp"
#include "hub/jupyterhub/page.hpp"
#include "hub/jupyterhub/share_calls.hpp"

#include <algorithm>

namespace carrel::jupyterhub {

namespace {

using nlohmann::json;

constexpr Seconds code_usually_lasts{86'400};
constexpr long long code_lasts_at_most = 31LL * 86'400;

json code_model(HubShareCode const& code, User const& owner, json server) {
    return {{"id", fmt::format("sc_{}", code.id)},
            {"server", std::move(server)},
            {"scopes", {share_scope(owner, code.server)}},
            {"created_at", format_time_micro(code.created_at)},
            {"expires_at", format_time_micro(code.expires_at)},
            {"exchange_count", code.exchange_count},
            {"last_exchanged_at", time_or_null(code.exchanged_at)}};
}

Result<Seconds> read_lasting(json const& body) {
    auto const found = body.find("expires_in");
    if (found == body.end() || found->is_null()) return code_usually_lasts;
    if (!found->is_number_integer() || found->get<double>() < 1 ||
        found->get<double>() > static_cast<double>(code_lasts_at_most))
        return fail(Code::InvalidArgument, "'expires_in' is a number of seconds, at most {}",
                    code_lasts_at_most);
    return Seconds(found->get<long long>());
}

}  // namespace

ShareCalls::Answer ShareCalls::codes(http::Request& request) {
    CO_TRY(auto page, read_page(request, use_.api_page_max_limit));
    page.wrapped = true;
    Asked asked;
    CO_TRY(auto found, co_await use_.pool.run([&]() -> Result<std::vector<HubShareCode>> {
        TRY(asked, ask(request, "read:shares"));
        return use_.store.read([&](Transaction& transaction) {
            return transaction.hub_share_codes().of_owner(asked.caller.course.id, asked.owner.id);
        });
    }));
    auto const now = use_.clock.now();
    std::erase_if(found, [&](HubShareCode const& code) {
        return !asked.about(code.server) || code.expires_at <= now;
    });
    json items = json::array();
    auto const count = static_cast<long long>(found.size());
    for (auto i = page.offset; i < std::min(count, page.offset + page.limit); ++i) {
        auto const& code = found[static_cast<size_t>(i)];
        items.push_back(code_model(code, asked.owner,
                                   server_of(asked.caller.course, asked.owner, code.server)));
    }
    co_return page_answer(request, page, std::move(items), count);
}

ShareCalls::Answer ShareCalls::make_code(http::Request& request) {
    Asked asked;
    auto const secret = use_.random.secret();
    CO_TRY(auto const code, co_await use_.pool.run([&]() -> Result<HubShareCode> {
        TRY(asked, ask(request, "shares"));
        TRY(auto const body, object_in(request));
        TRY_VOID(check_share_scopes(body, asked.owner, asked.server));
        TRY(auto const lasts, read_lasting(body));
        return use_.store.write([&](Transaction& transaction) -> Result<HubShareCode> {
            auto const now = use_.clock.now();
            TRY_VOID(check_there(transaction, asked));
            TRY_VOID(transaction.hub_share_codes().remove_expired(now));
            HubShareCode made{.hash = hash_secret(secret),
                              .course = asked.caller.course.id,
                              .owner = asked.owner.id,
                              .server = asked.server,
                              .created_at = now,
                              .expires_at = now + lasts};
            TRY(made.id, transaction.hub_share_codes().insert(made));
            TRY_VOID(note_change(
                transaction, asked.caller, now,
                {.kind = "share_code_made",
                 .subject = asked.owner.name,
                 .message =
                     fmt::format("made a link into {}", server_title(asked.owner, asked.server))}));
            return made;
        });
    }));
    auto answer =
        code_model(code, asked.owner, server_of(asked.caller.course, asked.owner, asked.server));
    answer["code"] = secret;
    answer["accept_url"] =
        use_.paths.hub(asked.caller.course.request.slug) + "accept-share?code=" + secret;
    answer["full_accept_url"] = nullptr;
    auto response = http::Response::json(answer);
    response.headers.set("Cache-Control", "no-store");
    co_return response;
}

ShareCalls::Answer ShareCalls::remove_codes(http::Request& request) {
    co_return co_await use_.pool.run([&]() -> Result<http::Response> {
        TRY(auto const asked, ask(request, "shares"));
        auto const code = request.query("code");
        auto const id = request.query("id");
        return use_.store.write([&](Transaction& transaction) -> Result<http::Response> {
            TRY(auto const all,
                transaction.hub_share_codes().of_owner(asked.caller.course.id, asked.owner.id));
            bool any = false;
            for (auto const& each : all) {
                if (!asked.about(each.server) || (code && each.hash != hash_secret(*code)) ||
                    (id && *id != fmt::format("sc_{}", each.id)))
                    continue;
                any = true;
                TRY_VOID(transaction.hub_share_codes().remove(each.id));
            }
            if (!any && (code || id)) return fail(Code::NotFound, "No such share code");
            return http::Response::empty(204);
        });
    });
}

}  // namespace carrel::jupyterhub

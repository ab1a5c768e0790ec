#include "hub/pages/login_pages.hpp"

#include "auth/access/access_policy.hpp"
#include "auth/directory/directories.hpp"
#include "auth/provider/provider_login.hpp"
#include "base/encoding.hpp"
#include "http/problem.hpp"
#include "hub/jupyterhub/form.hpp"
#include "hub/jupyterhub/names.hpp"
#include "hub/pages/html_page.hpp"
#include "hub/pages/login_words.hpp"
#include "hub/pages/next_path.hpp"

namespace carrel::jupyterhub {

LoginPages::LoginPages(PageDependencies const& pages)
    : pages_(pages), login_(pages.use.store, pages.steps, pages.authenticator, pages.use.clock) {}

void LoginPages::add_routes(http::Router& router) {
    auto const add = [&](std::string_view method, std::string_view path,
                         Answer (LoginPages::*handler)(http::Request&)) {
        router.add(method, "/c/{slug}/hub/" + std::string(path),
                   open_page(pages_, [this, handler](http::Request& request) {
                       return (this->*handler)(request);
                   }));
    };
    add("GET", "login", &LoginPages::show);
    add("POST", "login", &LoginPages::log_in);
    add("GET", "login/factor", &LoginPages::show_second);
    add("POST", "login/factor", &LoginPages::log_in_second);
}

LoginPages::Answer LoginPages::show(http::Request& request) {
    auto const known = co_await pages_.use.pool.run(
        [&] { return pages_.gate.identify(request, Presence::Watches); });
    if (known && known->by_cookie) {
        CO_TRY(auto const place, co_await destination(request, known->user));
        auto answer = http::Response::redirect(place);
        auto const& slug = request.parameter("slug");
        set_xsrf_cookie(answer, request, pages_.use.paths.base(slug),
                        xsrf_token(known->csrf_token, slug));
        co_return answer;
    }
    if (!known && known.error().field == second_factor_field)
        co_return http::Response::redirect(factor_setup_page);
    if (!known && known.error().code != Code::Unauthenticated)
        co_return std::unexpected(known.error());
    co_return form(request, 200, "");
}

Task<> LoginPages::check_form(http::Request const& request) {
    auto const& slug = request.parameter("slug");
    if (pages_.forms.check(request, xsrf_sent(request), slug)) co_return Result<>();
    // Somebody who is logged in may have a page of the hub with the value that came afterwards.
    auto const known = co_await pages_.use.pool.run(
        [&] { return pages_.gate.identify(request, Presence::Watches, check_page(slug)); });
    if (known && known->by_cookie) co_return Result<>();
    co_return fail(Code::PermissionDenied, "the log-in form is not ours or too old");
}

LoginPages::Answer LoginPages::log_in(http::Request& request) {
    auto const& words = login_words_in(language_of(request));
    auto const posted = Form::of_body(request);
    if (!posted) co_return form(request, 403, words.expired);
    if (!check_same_origin(request)) co_return form(request, 403, words.foreign);
    if (!co_await check_form(request)) co_return form(request, 403, words.expired);
    http::Response begun;
    PasswordTyped const typed{.username = posted->get("username"),
                              .password = posted->get("password")};
    auto& pool = pages_.directories == nullptr ? pages_.use.pool : pages_.directories->pool();
    auto const who = co_await pool.run([&] { return login_.log_in(typed, request, begun); });
    if (!who && is_refusal(who.error()))
        co_return form(request, 403, refusal_words(words, who.error(), pages_.gate.contact()));
    auto const titles = pages_.directories == nullptr ? "" : pages_.directories->titles();
    if (!who && !who.error().field.empty())
        if (auto const told = directory_words(who.error().field, titles, language_of(request)))
            co_return form(request, http::status_of(who.error().code), *told);
    if (!who) switch (who.error().code) {
            case Code::Unauthenticated:
                co_return form(request, 403, words.wrong);
            case Code::LimitReached: {
                auto refusal = form(request, 429, words.limited);
                refusal.headers.set("Retry-After", std::to_string(login_retry_after.count()));
                co_return refusal;
            }
            default:
                co_return std::unexpected(who.error());
        }
    if (std::holds_alternative<SecondStep>(*who)) {
        auto answer = http::Response::redirect(with_next(request, "hub/login/factor"));
        for (auto const& [name, value] : begun.headers) answer.headers.add(name, value);
        co_return answer;
    }
    co_return co_await logged_in(request, std::get<Identity>(*who), std::move(begun));
}

LoginPages::Answer LoginPages::logged_in(http::Request& request, Identity who,
                                         http::Response begun) {
    CO_TRY(auto const place, co_await destination(request, who.user));
    auto answer = http::Response::redirect(place);
    for (auto const& [name, value] : begun.headers) answer.headers.add(name, value);
    http::set_cookie(answer, {.name = std::string(hub_session_cookie),
                              .value = session_id_of(who.login),
                              .path = "/",
                              .domain = pages_.use.origins.common_domain(),
                              .secure = request.is_secure()});
    auto const& slug = request.parameter("slug");
    set_xsrf_cookie(answer, request, pages_.use.paths.base(slug), xsrf_token(who.csrf_token, slug));
    co_return answer;
}

std::string LoginPages::with_next(http::Request const& request, std::string_view page) const {
    auto const base = pages_.use.paths.base(request.parameter("slug"));
    auto const next = as_it_is_now(pages_.use.paths, request.query("next").value_or(""));
    if (!is_place_in(next, base)) return base + std::string(page);
    return fmt::format("{}{}?next={}", base, page, percent_encode(next));
}

LoginPages::Answer LoginPages::second_form(http::Request& request, FactorComplaint complaint) {
    auto const step = co_await pages_.use.pool.run([&] { return pages_.steps.waiting(request); });
    auto const start_again = with_next(request, "hub/login");
    if (!step && step.error().code == Code::Unauthenticated)
        co_return http::Response::redirect(start_again);
    if (!step) co_return std::unexpected(step.error());
    auto const& slug = request.parameter("slug");
    auto const token = pages_.forms.token_for(request, slug);
    FactorForm const form{.step = *step,
                          .action = with_next(request, "hub/login/factor"),
                          .token = token,
                          .key_page = "/login?step=factor&next=" + percent_encode(start_again),
                          .start_again = start_again};
    auto answer = factor_page(form, complaint, language_of(request));
    set_xsrf_cookie(answer, request, pages_.use.paths.base(slug), token, anonymous_xsrf_lasts);
    co_return answer;
}

LoginPages::Answer LoginPages::show_second(http::Request& request) {
    return second_form(request, FactorComplaint::None);
}

LoginPages::Answer LoginPages::log_in_second(http::Request& request) {
    auto const posted = Form::of_body(request);
    if (!posted || !check_same_origin(request) || !co_await check_form(request))
        co_return co_await second_form(request, FactorComplaint::Expired);
    http::Response begun;
    auto const who = co_await pages_.use.pool.run(
        [&] { return pages_.steps.finish({.code = posted->get("code")}, request, begun); });
    if (who) co_return co_await logged_in(request, *who, std::move(begun));
    if (who.error().code == Code::LimitReached) {
        auto refusal = co_await second_form(request, FactorComplaint::Limited);
        if (refusal) refusal->headers.set("Retry-After", "60");
        co_return refusal;
    }
    if (who.error().code != Code::Unauthenticated) co_return std::unexpected(who.error());
    // Without a half log-in left it leads back to the first form.
    co_return co_await second_form(request, FactorComplaint::Wrong);
}

Task<std::string> LoginPages::destination(http::Request const& request, User const& user) {
    auto const& slug = request.parameter("slug");
    auto const base = pages_.use.paths.base(slug);
    auto const next = as_it_is_now(pages_.use.paths, request.query("next").value_or(""));
    if (is_place_in(next, base)) co_return place_in(next, base, "");
    auto const course = co_await pages_.use.pool.run([&] {
        return pages_.use.store.read(
            [&](Transaction& transaction) { return transaction.courses().find_by_slug(slug); });
    });
    if (!course && course.error().code != Code::NotFound) co_return std::unexpected(course.error());
    if (course) {
        auto const server = pages_.servers.find({course->id, user.id, ""});
        if (server && server->record.state == ServerState::Running)
            co_return pages_.use.paths.server(slug, user.name, "");
    }
    co_return base + "hub/spawn";
}

/// Buttons that lead to providers, and from there to the form's own address, which knows where to
/// go on to and what else a login at a hub needs.
std::string LoginPages::other_ways(std::string const& action, Language language) const {
    if (pages_.logins == nullptr) return {};
    std::string buttons;
    for (auto const* each : pages_.logins->offered())
        buttons += fmt::format(
            "<a class=\"button login-with\" href=\"/login/{}?next={}\">{}</a>", each->name,
            percent_encode(action),
            html(fmt::format(fmt::runtime(login_words_in(language).with), each->title)));
    if (buttons.empty()) return {};
    return fmt::format("<div class=\"actions\">{}</div>", buttons);
}

http::Response LoginPages::form(http::Request const& request, unsigned status,
                                std::string_view complaint) const {
    auto const language = language_of(request);
    auto const& words = login_words_in(language);
    auto const& slug = request.parameter("slug");
    auto const token = pages_.forms.token_for(request, slug);
    auto const posted = Form::of_body(request);
    auto const action = with_next(request, "hub/login");
    auto const body = fmt::format(
        "<p class=\"dimmed\">{lead}</p><div class=\"card\">{alert}"
        "<form action=\"{action}\" method=\"post\" id=\"login-form\">"
        "<input type=\"hidden\" name=\"_xsrf\" value=\"{token}\">"
        "<label>{username}<input id=\"username_input\" name=\"username\" type=\"text\" "
        "autocomplete=\"username\" autocapitalize=\"off\" autocorrect=\"off\" spellcheck=\"false\" "
        "value=\"{name}\" required{focus_name}></label>"
        "<label>{password}<input id=\"password_input\" name=\"password\" type=\"password\" "
        "autocomplete=\"current-password\" required{focus_password}></label>"
        "<button id=\"login_submit\" class=\"wide\">{submit}</button></form>{others}</div>",
        fmt::arg("lead", words.lead),
        fmt::arg("alert", complaint.empty()
                              ? std::string()
                              : fmt::format("<p class=\"alert login_error\" role=\"alert\">{}</p>",
                                            html(complaint))),
        fmt::arg("action", html(action)), fmt::arg("token", html(token)),
        fmt::arg("username", words.username),
        fmt::arg("name", posted ? html(posted->get("username").substr(0, 100)) : std::string()),
        fmt::arg("focus_name", complaint.empty() ? " autofocus" : ""),
        fmt::arg("password", words.password),
        fmt::arg("focus_password", complaint.empty() ? "" : " autofocus"),
        fmt::arg("submit", words.submit), fmt::arg("others", other_ways(action, language)));
    auto answer = page(words.title, body, status, language);
    // The form's address has no secret, and a browser that says where it comes from is checked.
    answer.headers.set("Referrer-Policy", "same-origin");
    set_xsrf_cookie(answer, request, pages_.use.paths.base(slug), token, anonymous_xsrf_lasts);
    return answer;
}

}  // namespace carrel::jupyterhub

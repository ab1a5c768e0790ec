#include "hub/pages/page_visit.hpp"

#include "base/encoding.hpp"
#include "domain/course_rules.hpp"
#include "hub/pages/html_page.hpp"

namespace carrel::jupyterhub {

http::Response to_login(std::string_view base, http::Request const& request) {
    return http::Response::redirect(
        fmt::format("{}hub/login?next={}", base, percent_encode(request.target)));
}

void set_xsrf_cookie(http::Response& response, http::Request const& request, std::string_view base,
                     std::string const& value, std::optional<Seconds> lasts) {
    if (!lasts && request.cookie(xsrf_cookie) == value) return;
    http::set_cookie(response, {.name = std::string(xsrf_cookie),
                                .value = value,
                                .path = fmt::format("{}hub/", base),
                                .lasts = lasts,
                                .secure = request.is_secure(),
                                .for_scripts = true});
}

http::Response ui_page(PageDependencies const& pages, http::Request const& request) {
    if (auto page = pages.ui("/index.html", request)) return *std::move(page);
    return status_page(503, language_of(request));
}

http::Handler visited(PageDependencies const& pages, PageHandler handler) {
    return open_page(
        pages,
        [&pages, handler = std::move(handler)](http::Request& request) -> Task<http::Response> {
            PageVisit visit{.request = request, .slug = request.parameter("slug")};
            visit.base = pages.use.paths.base(visit.slug);
            auto caller = co_await pages.use.pool.run(
                [&] { return pages.callers.identify(request, Surface::Page); });
            if (!caller) {
                bool const reading = !is_unsafe(request.method);
                if (caller.error().code == Code::Unauthenticated && reading)
                    co_return to_login(visit.base, request);
                if (caller.error().field == second_factor_field && reading)
                    co_return http::Response::redirect(factor_setup_page);
                co_return std::unexpected(std::move(caller).error());
            }
            if (caller->service)
                co_return fail(Code::PermissionDenied, "a service has no pages; call the API");
            visit.caller = *std::move(caller);
            CO_TRY(auto answer, co_await handler(visit));
            if (visit.caller.by_cookie)
                set_xsrf_cookie(answer, request, visit.base,
                                xsrf_token(visit.caller.csrf_token, visit.slug));
            co_return answer;
        });
}

http::Handler open_page(PageDependencies const& pages, http::Handler handler) {
    return [&pages, handler = std::move(handler)](http::Request& request) -> Task<http::Response> {
        auto const& slug = request.parameter("slug");
        // Nothing but a slug gets into a header field.
        if (!check_slug(slug)) co_return status_page(404, language_of(request));
        auto answer = co_await handler(request);
        if (!answer) answer = error_page(answer.error(), request);
        add_page_fields(*answer, pages.use.paths.base(slug));
        co_return answer;
    };
}

}  // namespace carrel::jupyterhub

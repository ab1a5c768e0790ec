#include "hub/jupyterhub/answers.hpp"

#include "http/problem.hpp"
#include "hub/jupyterhub/names.hpp"
#include "runtime/log.hpp"

#include <nlohmann/json.hpp>

namespace carrel::jupyterhub {

void add_usual_fields(http::Response& response, bool api) {
    response.headers.set("X-JupyterHub-Version", version);
    response.headers.set("Access-Control-Allow-Headers", "accept, content-type, authorization");
    response.headers.set(
        "Content-Security-Policy",
        api ? "frame-ancestors 'none'; default-src 'none'" : "frame-ancestors 'none'");
}

http::Response error_answer(Error const& error) {
    // JupyterHub never answers 401, and clients of its API expect that.
    auto const status = error.code == Code::Unauthenticated ? 403U : http::status_of(error.code);
    auto const message = error.code == Code::Internal ? "Internal Server Error" : error.message;
    return http::Response::json({{"status", status}, {"message", message}}, status);
}

void in_hub_form(http::Request const& request, http::Response& response) {
    if (!response.headers.get("Content-Type").starts_with("application/problem+json")) return;
    auto const allow = std::string(response.headers.get("Allow"));
    bool const asks_for_methods = request.method == "OPTIONS" && !allow.empty();
    auto const problem = nlohmann::json::parse(response.body, nullptr, false);
    auto const text = problem.is_object()
                          ? problem.value("detail", problem.value("title", std::string()))
                          : std::string();
    auto const status = response.status;
    response = asks_for_methods
                   ? http::Response::empty(200)
                   : http::Response::json({{"status", status}, {"message", text}}, status);
    if (!allow.empty()) response.headers.set("Allow", allow);
    add_usual_fields(response, true);
}

http::Handler hub_call(http::Handler handler) {
    return [handler = std::move(handler)](http::Request& request) -> Task<http::Response> {
        auto answer = co_await handler(request);
        if (!answer) {
            if (answer.error().code == Code::Internal)
                log::error("hub_api_failed",
                           {{"request", request.id}, {"cause", answer.error().message}});
            answer = error_answer(answer.error());
        }
        add_usual_fields(*answer, true);
        co_return answer;
    };
}

http::Response oauth_error(std::string_view error, std::string_view description, unsigned status) {
    auto answer =
        http::Response::json({{"error", error}, {"error_description", description}}, status);
    answer.headers.set("Cache-Control", "no-store");
    answer.headers.set("Pragma", "no-cache");
    return answer;
}

}  // namespace carrel::jupyterhub

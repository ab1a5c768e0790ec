#include "proxy/message/error_page.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace carrel::proxy {

namespace {

/// `detail` is always one of our own constants and the request id a token, so nothing here needs
/// escaping.
constexpr std::string_view page_text = R"(<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width">{refresh}
<title>{status}: {reason}</title>
<style>
:root {{ color-scheme: light dark }}
body {{ font: 1.1rem/1.6 system-ui, sans-serif; max-width: 34rem; margin: 20vh auto; padding: 0 1rem }}
h1 {{ font-size: 1.5rem }}
small {{ opacity: .7 }}
</style></head>
<body><h1>{status}: {reason}</h1>
<p>{detail}</p>
<p><a href="/">Back to the start</a></p>
<small>Request {id}</small>
</body></html>
)";

}  // namespace

std::string_view reason_phrase(unsigned status) {
    switch (status) {
        case 200:
            return "OK";
        case 201:
            return "Created";
        case 204:
            return "No Content";
        case 301:
            return "Moved Permanently";
        case 302:
            return "Found";
        case 400:
            return "Bad Request";
        case 403:
            return "Forbidden";
        case 404:
            return "Not Found";
        case 405:
            return "Method Not Allowed";
        case 408:
            return "Request Timeout";
        case 413:
            return "Content Too Large";
        case 414:
            return "URI Too Long";
        case 417:
            return "Expectation Failed";
        case 431:
            return "Request Header Fields Too Large";
        case 500:
            return "Internal Server Error";
        case 501:
            return "Not Implemented";
        case 503:
            return "Service Unavailable";
        case 505:
            return "HTTP Version Not Supported";
        default:
            return "Error";
    }
}

std::string_view content_type(bool html) {
    return html ? "text/html; charset=utf-8" : "application/problem+json";
}

std::string render(ErrorPage const& page) {
    auto const reason = reason_phrase(page.status);
    if (page.html)
        return fmt::format(
            page_text, fmt::arg("status", page.status), fmt::arg("reason", reason),
            fmt::arg("detail", page.detail), fmt::arg("id", page.request_id),
            fmt::arg("refresh",
                     page.refresh ? "\n<meta http-equiv=\"refresh\" content=\"2\">" : ""));
    nlohmann::json const problem = {{"type", fmt::format("urn:carrel:proxy:{}", page.status)},
                                    {"title", reason},
                                    {"status", page.status},
                                    {"detail", page.detail},
                                    {"request", page.request_id}};
    return problem.dump() + "\n";
}

}  // namespace carrel::proxy

#include "app/api_client.hpp"

#include "base/encoding.hpp"
#include "base/text.hpp"

namespace carrel {

namespace {

using nlohmann::json;

constexpr Milliseconds patience{60'000};

Code code_of(unsigned status) {
    switch (status) {
        case 401:
            return Code::Unauthenticated;
        case 403:
            return Code::PermissionDenied;
        case 404:
            return Code::NotFound;
        case 409:
            return Code::Conflict;
        case 429:
            return Code::LimitReached;
        default:
            return status >= 400 && status < 500 ? Code::InvalidArgument : Code::Unavailable;
    }
}

std::string text_in(json const& body, char const* key) {
    auto const found = body.find(key);
    return found != body.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

Result<ApiClient> ApiClient::create(std::string url, std::string token) {
    while (url.ends_with('/')) url.pop_back();
    if (!url.starts_with("http://") && !url.starts_with("https://"))
        return fail(Code::InvalidArgument, "--url: '{}' does not begin with http:// or https://",
                    for_log(url));
    return ApiClient(std::move(url), std::move(token));
}

Result<json> ApiClient::get(std::string const& path) { return call("GET", path, {}); }

Result<json> ApiClient::post(std::string const& path, json const& body) {
    return call("POST", path, body.dump(-1, ' ', false, json::error_handler_t::replace));
}

Result<json> ApiClient::remove(std::string const& path) { return call("DELETE", path, {}); }

Result<std::vector<json>> ApiClient::list(std::string const& path, std::string const& query) {
    std::vector<json> items;
    std::string after;
    do {
        auto where = path + "?limit=200";
        if (!query.empty()) where += "&" + query;
        if (!after.empty()) where += "&after=" + percent_encode(after);
        TRY(auto const page, get(where));
        auto const found = page.find("items");
        if (found == page.end() || !found->is_array())
            return fail(Code::Unavailable, "{} answered with something else than a list", url_);
        items.insert(items.end(), found->begin(), found->end());
        after = text_in(page, "next");
    } while (!after.empty());
    return items;
}

Result<json> ApiClient::call(std::string method, std::string const& path, std::string body) {
    http::ClientRequest request{
        .method = std::move(method),
        .url = url_ + "/api/v1" + path,
        .headers = {{"Authorization", "Bearer " + token_}, {"Accept", "application/json"}},
        .body = std::move(body)};
    if (!request.body.empty()) request.headers.set("Content-Type", "application/json");
    auto const answer = client_->fetch(request, Deadline::after(patience));
    if (!answer) return std::unexpected(answer.error().wrapped("ask " + url_));
    bool const fine = answer->status >= 200 && answer->status < 300;
    if (fine && answer->body.empty()) return json();
    auto parsed = json::parse(answer->body, nullptr, false);
    if (fine && !parsed.is_discarded()) return parsed;
    auto const sentence = parsed.is_object() ? text_in(parsed, "detail") : std::string();
    if (fine || sentence.empty())
        return fail(Code::Unavailable, "{} does not answer as a Carrel platform does (status {})",
                    url_, answer->status);
    // A page's field is a flag here: "starts_at" and "--starts-at" are seen to be the same.
    return std::unexpected(
        Error{code_of(answer->status), for_log(sentence, 2000), text_in(parsed, "field")});
}

}  // namespace carrel

// Fields of an HTTP/2 request: they become exactly one head of HTTP/1.1, which is read back as the
// same request with no framing but ours, or none at all.

#include "fuzz.hpp"

#include "proxy/http2/request.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

using namespace carrel::proxy;
using carrel::fuzz::require;

namespace {

constexpr char between_fields = '\x1e';
constexpr char between_name_and_value = '\x1f';

using Given = std::vector<std::pair<std::string_view, std::string_view>>;

std::string_view value_of(Given const& given, std::string_view name) {
    auto const found = std::ranges::find(given, name, [](auto const& each) { return each.first; });
    return found == given.end() ? std::string_view() : found->second;
}

void check_read_back(Http2Request::Head const& made, Given const& given, bool has_body) {
    HeadScanner scanner;
    auto const end = scanner.scan(made.text);
    if (!end) return require(made.text.size() >= largest_head, "a head is written malformed");
    require(*end == made.text.size(), "more than one head, or less");
    auto const head = std::make_unique<RequestHead>();
    // What no version of HTTP allows is for the parser to refuse.
    if (parse(made.text, *head)) return;
    bool const upgrade = !value_of(given, ":protocol").empty();
    require(head->method == (made.websocket ? "GET" : value_of(given, ":method")), "the method");
    require(!upgrade || made.websocket, "another protocol goes on");
    auto const path = value_of(given, ":path");
    require(head->target == path || (path == "*" && head->target == "*"), "the target");
    require(head->websocket == made.websocket, "an upgrade appears or gets lost");
    require(head->framing.chunked == made.chunked, "another coding");
    require(!made.chunked || has_body, "a body appears");
    require(!has_body || made.websocket || made.chunked || head->framing.content_length,
            "a body without framing");
    require(head->framing.close != made.websocket, "another Connection");
    require(!head->framing.names_fields && !head->framing.keep_alive, "another Connection");
    require(made.is_head == (head->method == "HEAD"), "HEAD or not");
    auto const authority = value_of(given, ":authority");
    require(authority.empty() || head->host == authority, "another host");
    auto const regular = std::ranges::count_if(given, [](auto const& field) {
        return !field.first.starts_with(':') && field.first != "cookie";
    });
    // host, connection, upgrade and its key, the cookies, the coding
    require(std::ranges::distance(head->fields) <= regular + 6, "fields appear");
}

}  // namespace

/// The first byte says whether there is a body; fields follow.
extern "C" int LLVMFuzzerTestOneInput(uint8_t const* data, size_t size) {
    auto text = carrel::fuzz::text_of(data, size);
    if (text.empty()) return 0;
    bool const has_body = text.front() % 2 == 1;
    text.remove_prefix(1);
    Http2Request request;
    Given given;
    while (!text.empty()) {
        auto value = carrel::fuzz::cut(text, between_fields);
        auto const name = carrel::fuzz::cut(value, between_name_and_value);
        given.emplace_back(name, value);
        request.add(name, value);
    }
    auto const made = request.finish(has_body);
    require(request.size() == 0, "something is left for the next request");
    if (made) return check_read_back(*made, given, has_body), 0;
    require(made.error().status == 400 || made.error().status == 431, "an unknown refusal");
    return 0;
}

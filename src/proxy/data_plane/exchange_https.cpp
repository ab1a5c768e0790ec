#include "proxy/data_plane/exchange.hpp"
#include "proxy/data_plane/worker.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>

namespace carrel::proxy {

namespace {

constexpr std::string_view challenges = "/.well-known/acme-challenge/";
constexpr std::streamsize largest_answer = 4096;

bool is_base64url(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
}

}  // namespace

/// A certificate authority asks, over plain HTTP, whether the host name is ours (RFC 8555, 8.3).
bool Exchange::answer_challenge(RequestHead const& head) {
    auto const& folder = worker_.options().acme_folder;
    if (folder.empty() || !head.path.starts_with(challenges)) return false;
    auto const token = head.path.substr(challenges.size());
    std::string text;
    if (!token.empty() && token.size() <= 128 && std::ranges::all_of(token, is_base64url))
        if (std::ifstream file(folder / token, std::ios::binary); file) {
            text.resize(largest_answer);
            file.read(text.data(), largest_answer);
            text.resize(static_cast<size_t>(file.gcount()));
        }
    if (text.empty())
        answer_built_in(404, "There is no such challenge.");
    else
        answer({.status = 200,
                .content_type = "application/octet-stream",
                .body = text,
                .fields = "Cache-Control: no-store\r\n"});
    return true;
}

/// Whoever speaks plain HTTP where TLS is wanted is led there.
bool Exchange::lead_to_https(RequestHead const& head) {
    auto const& options = worker_.options();
    bool const plain = options.tls.enabled() && !client_.socket.secure();
    if (!options.only_redirects && !plain) return false;
    auto host = head.host;
    auto const colon = host.rfind(':');
    if (colon != std::string_view::npos && host.find(']', colon) == std::string_view::npos)
        host = host.substr(0, colon);
    if (host.empty()) {
        answer_built_in(400, "This server speaks HTTPS only.");
        return true;
    }
    auto const port = options.redirect_to;
    auto const fields =
        fmt::format("Location: https://{}{}{}\r\n", host,
                    port == 443 || port == 0 ? "" : fmt::format(":{}", port), head.target);
    answer({.status = 301, .content_type = {}, .body = {}, .fields = fields});
    return true;
}

}  // namespace carrel::proxy

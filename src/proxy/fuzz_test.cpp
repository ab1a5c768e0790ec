// Random mutations of real messages through every parser, from a fixed seed: a smoke test that the
// sanitizers watch, and a check that a refusal never depends on how the bytes were cut.

#include "proxy/message/chunked.hpp"
#include "proxy/message/cookies.hpp"
#include "proxy/message/head.hpp"
#include "proxy/message/path.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace carrel::proxy {
namespace {

std::vector<std::string> const seeds = {
    "GET /c/bio/user/ada/lab?x=1 HTTP/1.1\r\nHost: a:80\r\nCookie: a=b; carrel_edge=c\r\n\r\n",
    "POST /%2e%2e/b HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: x, y\r\n\r\n",
    "GET http://a/ HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\n",
    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    "5;a=b\r\nhello\r\n0003\r\nabc\r\n0\r\nX: y\r\n\r\n",
};
std::vector<std::string> const tokens = {"\r\n", "\n",      "\r",   "\0",      ":",  " ",
                                         "\t",   "chunked", ",",    "%2f",     "..", "//",
                                         "0",    "ffff",    "\xff", "Host: a", ";",  "="};

std::string mutate(std::string text, std::mt19937& random) {
    auto const below = [&](size_t limit) {
        return std::uniform_int_distribution<size_t>(0, limit - 1)(random);
    };
    for (size_t i = below(6) + 1; i > 0; --i) {
        auto const at = below(text.size() + 1);
        switch (below(4)) {
            case 0:
                text.insert(at, tokens[below(tokens.size())]);
                break;
            case 1:
                text.erase(at, below(8));
                break;
            case 2:
                if (at < text.size()) text[at] = static_cast<char>(below(256));
                break;
            default:
                text.insert(at, text.substr(below(text.size() + 1), below(40)));
        }
        if (text.empty()) text = "x";
    }
    return text;
}

/// 0: accepted, 1: incomplete, else the refusal.
unsigned scan_in_pieces(std::string const& bytes, size_t piece) {
    HeadScanner scanner;
    for (size_t size = 0; size < bytes.size();) {
        size = std::min(bytes.size(), size + piece);
        auto const end = scanner.scan(std::string_view(bytes).substr(0, size));
        if (!end) return end.error().status;
        if (*end == 0) continue;
        RequestHead head;
        auto const problem = parse(std::string_view(bytes).substr(0, *end), head);
        return problem ? problem->status : 0;
    }
    return 1;
}

std::string decode_in_pieces(std::string const& bytes, size_t piece) {
    ChunkedDecoder decoder;
    std::string body;
    std::string pending;
    for (size_t at = 0; at < bytes.size(); at += piece) {
        pending += bytes.substr(at, piece);
        while (!pending.empty()) {
            auto const step = decoder.next(pending);
            if (!step) return body + "<refused>";
            body += step->data;
            pending.erase(0, step->consumed);
            if (step->done) return body + "<done>";
        }
    }
    return body;
}

TEST(Fuzz, ParsersNeverCrashAndNeverDependOnHowBytesArrive) {
    std::mt19937 random(20261121);  // NOLINT: the same sequence in every run
    unsigned accepted = 0;
    for (int round = 0; round < 40000; ++round) {
        auto const text = mutate(seeds[static_cast<size_t>(round) % seeds.size()], random);
        auto const whole = scan_in_pieces(text, text.size());
        ASSERT_EQ(whole, scan_in_pieces(text, 7)) << testing::PrintToString(text);
        accepted += whole == 0;
        ASSERT_EQ(decode_in_pieces(text, text.size()), decode_in_pieces(text, 3))
            << testing::PrintToString(text);
        ResponseHead response;
        HeadScanner scanner;
        if (auto const end = scanner.scan(text); end && *end > 0)
            static_cast<void>(parse(std::string_view(text).substr(0, *end), response));
        std::string storage;
        static_cast<void>(decode_path("/" + text, storage));
        static_cast<void>(sets_own_cookie(text));
        static_cast<void>(has_own_cookie(text));
    }
    EXPECT_GT(accepted, 1000U);  // the mutations are not all nonsense
}

}  // namespace
}  // namespace carrel::proxy

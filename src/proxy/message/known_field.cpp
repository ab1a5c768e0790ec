#include "proxy/message/known_field.hpp"

#include <algorithm>
#include <array>

namespace carrel::proxy {

namespace {

struct Entry {
    std::string_view name;
    Known known;
};

constexpr auto table = [] {
    std::array entries = {
        Entry{"accept", Known::Accept},
        Entry{"authorization", Known::Authorization},
        Entry{"connection", Known::Connection},
        Entry{"content-encoding", Known::ContentEncoding},
        Entry{"content-length", Known::ContentLength},
        Entry{"content-type", Known::ContentType},
        Entry{"cookie", Known::Cookie},
        Entry{"expect", Known::Expect},
        Entry{"host", Known::Host},
        Entry{"http2-settings", Known::Http2Settings},
        Entry{"keep-alive", Known::KeepAlive},
        Entry{"location", Known::Location},
        Entry{"origin", Known::Origin},
        Entry{"proxy-authorization", Known::ProxyAuthorization},
        Entry{"proxy-connection", Known::ProxyConnection},
        Entry{"sec-fetch-mode", Known::SecFetchMode},
        Entry{"sec-fetch-site", Known::SecFetchSite},
        Entry{"set-cookie", Known::SetCookie},
        Entry{"te", Known::Te},
        Entry{"trailer", Known::Trailer},
        Entry{"transfer-encoding", Known::TransferEncoding},
        Entry{"upgrade", Known::Upgrade},
        Entry{"x-forwarded-for", Known::XForwardedFor},
        Entry{"x-forwarded-host", Known::XForwardedHost},
        Entry{"x-forwarded-port", Known::XForwardedPort},
        Entry{"x-forwarded-proto", Known::XForwardedProto},
        Entry{"x-request-id", Known::XRequestId},
    };
    std::ranges::sort(entries, {}, [](Entry const& entry) { return entry.name.size(); });
    return entries;
}();

constexpr size_t longest = 32;

/// Where in the table the names of each length begin.
constexpr auto starts = [] {
    std::array<uint8_t, longest + 2> result = {};
    for (size_t length = 0; length < result.size(); ++length) {
        uint8_t index = 0;
        while (index < table.size() && table[index].name.size() < length) ++index;
        result[length] = index;
    }
    return result;
}();

/// The same name once "_" counts as "-".
bool same_disguised(std::string_view name, std::string_view plain) {
    return std::ranges::equal(
        name, plain, [](char a, char b) { return (a == '_' ? '-' : lower_ascii(a)) == b; });
}

}  // namespace

Known known_field(std::string_view name) {
    if (name.size() > longest) name = name.substr(0, longest + 1);
    auto const first = lower_ascii(name.empty() ? '\0' : name[0]);
    for (auto i = starts[std::min(name.size(), longest + 1)];
         i < table.size() && table[i].name.size() == name.size(); ++i)
        if (table[i].name[0] == first && same_name(name, table[i].name)) return table[i].known;
    if (same_disguised(name, "content-length") || same_disguised(name, "transfer-encoding"))
        return Known::Disguised;
    if (first != 'x' || name.size() < 9) return Known::Other;
    if (same_disguised(name.substr(0, 9), "x-carrel-")) return Known::XCarrel;
    if (name.size() >= 12 && same_disguised(name.substr(0, 12), "x-forwarded-") &&
        name.find('_') != std::string_view::npos)
        return Known::Disguised;
    return Known::Other;
}

}  // namespace carrel::proxy

#include "http/static_files.hpp"

#include "base/encoding.hpp"
#include "base/text.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>

namespace carrel::http {

namespace {

constexpr std::string_view compressed_suffix = ".gz";

std::string etag_of(std::string_view data) {
    std::array<unsigned char, 16> hash{};
    crypto_generichash(hash.data(), hash.size(),
                       reinterpret_cast<unsigned char const*>(data.data()), data.size(), nullptr,
                       0);
    return "\"" + to_hex({reinterpret_cast<char const*>(hash.data()), hash.size()}) + "\"";
}

/// True when Accept-Encoding names gzip with a weight above zero (RFC 9110 section 12.5.3).
bool accepts_gzip(Request const& request) {
    for (auto const item : split(request.headers.get("accept-encoding"), ',')) {
        auto const parts = split(item, ';');
        if (!equals_ignoring_case(trimmed(parts[0]), "gzip")) continue;
        return parts.size() < 2 ||
               trimmed(parts[1]).find_first_of("123456789") != std::string_view::npos;
    }
    return false;
}

}  // namespace

std::string_view content_type_of(std::string_view path) {
    using Pair = std::pair<std::string_view, std::string_view>;
    static constexpr std::array<Pair, 18> types{{
        {".html", "text/html; charset=utf-8"},
        {".js", "text/javascript; charset=utf-8"},
        {".mjs", "text/javascript; charset=utf-8"},
        {".css", "text/css; charset=utf-8"},
        {".json", "application/json"},
        {".map", "application/json"},
        {".webmanifest", "application/manifest+json"},
        {".svg", "image/svg+xml"},
        {".png", "image/png"},
        {".jpg", "image/jpeg"},
        {".webp", "image/webp"},
        {".gif", "image/gif"},
        {".ico", "image/x-icon"},
        {".woff2", "font/woff2"},
        {".woff", "font/woff"},
        {".txt", "text/plain; charset=utf-8"},
        {".pdf", "application/pdf"},
        {".wasm", "application/wasm"},
    }};
    auto const found =
        std::ranges::find_if(types, [&](Pair const& type) { return path.ends_with(type.first); });
    return found == types.end() ? "application/octet-stream" : found->second;
}

StaticFiles::StaticFiles(std::span<Asset const> assets) {
    for (auto const& asset : assets) {
        entries_[std::string(asset.path)] = {
            .data = asset.data,
            .compressed = {},
            .content_type = std::string(asset.content_type.empty() ? content_type_of(asset.path)
                                                                   : asset.content_type),
            .etag = asset.etag.empty() ? etag_of(asset.data) : std::string(asset.etag),
        };
    }
    for (auto const& asset : assets) {
        if (!asset.path.ends_with(compressed_suffix)) continue;
        auto const plain =
            entries_.find(asset.path.substr(0, asset.path.size() - compressed_suffix.size()));
        if (plain != entries_.end()) plain->second.compressed = asset.data;
    }
}

std::optional<Response> StaticFiles::find(Request const& request) const {
    return page(request.path, request);
}

std::optional<Response> StaticFiles::page(std::string_view path, Request const& request) const {
    auto const found = entries_.find(path);
    if (found == entries_.end() || (request.method != "GET" && request.method != "HEAD")) return {};
    auto const& entry = found->second;
    Response response;
    response.headers.set("Content-Type", entry.content_type);
    response.headers.set("Cache-Control", path.starts_with("/assets/")
                                              ? "public, max-age=31536000, immutable"
                                              : "no-cache");
    if (entry.compressed.empty()) {
        response.headers.set("ETag", entry.etag);
        response.body = entry.data;
        return response;
    }
    response.headers.set("Vary", "Accept-Encoding");
    bool const compressed = accepts_gzip(request);
    // The two variants are different bytes, so each has a tag of its own.
    auto tag = entry.etag;
    if (compressed) {
        tag.insert(tag.size() - 1, "-gz");
        response.headers.set("Content-Encoding", "gzip");
    }
    response.headers.set("ETag", tag);
    response.body = compressed ? entry.compressed : entry.data;
    return response;
}

}  // namespace carrel::http

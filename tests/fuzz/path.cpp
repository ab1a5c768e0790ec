// Paths and routes: the trie finds what a search through a list finds, and no accepted path leaves
// its route by dot segments.

#include "fuzz.hpp"

#include "proxy/message/characters.hpp"
#include "proxy/message/path.hpp"
#include "proxy/route_table.hpp"

#include <algorithm>
#include <string>
#include <vector>

using namespace carrel::proxy;
using carrel::fuzz::require;

namespace {

bool belongs(std::string_view path, std::string_view prefix) {
    if (prefix == "/") return true;
    return path.starts_with(prefix) && (path.size() == prefix.size() || path[prefix.size()] == '/');
}

}  // namespace

/// The first lines are routes, the last one is a request's path.
extern "C" int LLVMFuzzerTestOneInput(uint8_t const* data, size_t size) {
    auto text = carrel::fuzz::text_of(data, size);
    RouteTable table;
    std::vector<std::string> keys;
    while (text.find('\n') != std::string_view::npos && keys.size() < 8) {
        auto const key = route_key(carrel::fuzz::cut(text, '\n'));
        auto route = std::make_shared<Route>();
        route->path = key;
        table.put(std::move(route));
        keys.push_back(key);
    }
    // The parser of heads lets nothing else through.
    if (!std::ranges::all_of(text, is_target)) return 0;
    std::string const raw = "/" + std::string(text);
    std::string storage;
    auto const path = decode_path(raw, storage);
    if (!path) return 0;
    require(check_path(*path).has_value(), "decoded, and refused as decoded");
    require(path->find("/../") == std::string_view::npos, "a dot segment");
    require(!path->ends_with("/.."), "a dot segment at the end");
    require(path->find('\0') == std::string_view::npos, "a NUL");
    std::string const* best = nullptr;
    for (auto const& key : keys)
        if (belongs(*path, key) && (best == nullptr || key.size() >= best->size())) best = &key;
    auto const* const found = table.find(*path);
    require((found == nullptr) == (best == nullptr), "found or not");
    if (found == nullptr) return 0;
    require((*found)->path == *best, "another route");
    static_cast<void>(without_prefix(raw, (*found)->path));
    for (auto const& key : keys) table.remove(key);
    require(table.size() == 0 && table.find(*path) == nullptr, "a route is left");
    return 0;
}

#include "proxy/route_table.hpp"

#include <algorithm>
#include <vector>

namespace carrel::proxy {

namespace {

struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
};

/// Cuts the first segment off a path; the path begins with "/" or is empty.
std::string_view take_segment(std::string_view& path) {
    path.remove_prefix(1);
    auto const segment = path.substr(0, path.find('/'));
    path.remove_prefix(segment.size());
    return segment;
}

std::string_view segments_of(std::string_view path) { return path == "/" ? "" : path; }

}  // namespace

bool is_idle_change(Route const& route, std::string_view path) {
    if (route.idle_changes.empty() || !path.starts_with(segments_of(route.path))) return false;
    auto const below = path.substr(segments_of(route.path).size());
    return std::ranges::any_of(
        route.idle_changes, [&](std::string const& prefix) { return below.starts_with(prefix); });
}

RouteClass class_of(std::string_view path) {
    if (path == "/") return RouteClass::Hub;
    auto const slashed = std::string(path) + "/";
    if (slashed.find("/user/") != std::string::npos) return RouteClass::User;
    if (slashed.find("/services/") != std::string::npos) return RouteClass::Service;
    return RouteClass::Other;
}

struct RouteTable::Node {
    RoutePointer route;
    std::unordered_map<std::string, std::unique_ptr<Node>, Hash, std::equal_to<>> children;
};

RouteTable::RouteTable() : root_(std::make_unique<Node>()) {}
RouteTable::~RouteTable() = default;

void RouteTable::put(RoutePointer route) {
    auto* node = root_.get();
    for (auto path = segments_of(route->path); !path.empty();) {
        auto const segment = take_segment(path);
        auto found = node->children.find(segment);
        if (found == node->children.end())
            found = node->children.emplace(segment, std::make_unique<Node>()).first;
        node = found->second.get();
    }
    if (!node->route) ++size_;
    node->route = std::move(route);
}

bool RouteTable::remove(std::string_view path) {
    struct Step {
        Node* parent;
        std::string_view segment;
    };
    std::vector<Step> steps;
    auto* node = root_.get();
    for (path = segments_of(path); !path.empty();) {
        auto const segment = take_segment(path);
        auto const found = node->children.find(segment);
        if (found == node->children.end()) return false;
        steps.push_back({node, segment});
        node = found->second.get();
    }
    if (!node->route) return false;
    node->route.reset();
    --size_;
    // Branches that lead nowhere any more go too.
    while (!steps.empty() && !node->route && node->children.empty()) {
        auto const [parent, segment] = steps.back();
        steps.pop_back();
        parent->children.erase(parent->children.find(segment));
        node = parent;
    }
    return true;
}

RoutePointer const* RouteTable::find(std::string_view path) const {
    auto const* node = root_.get();
    auto const* best = node->route ? &node->route : nullptr;
    for (path = segments_of(path); !path.empty();) {
        auto const found = node->children.find(take_segment(path));
        if (found == node->children.end()) break;
        node = found->second.get();
        if (node->route) best = &node->route;
    }
    return best;
}

}  // namespace carrel::proxy

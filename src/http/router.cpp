#include "http/router.hpp"

#include "base/encoding.hpp"
#include "base/text.hpp"
#include "http/problem.hpp"

#include <map>
#include <stdexcept>

namespace carrel::http {

namespace {

struct Endpoint {
    Handler handler;
    std::vector<std::string> names;  // of the parameters, in the order of the path
};
using Endpoints = std::map<std::string, Endpoint, std::less<>>;

bool is_parameter(std::string_view segment) {
    return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

/// The path's segments, decoded. Nothing when no pattern may match it: it does not start with "/",
/// or a segment is empty (but the last), ".", "..", malformed, or hides a NUL.
std::optional<std::vector<std::string>> segments_of(std::string_view path) {
    if (!path.starts_with('/')) return {};
    std::vector<std::string> segments;
    auto const parts = split(path.substr(1), '/');
    for (size_t i = 0; i < parts.size(); ++i) {
        if (parts[i].empty() && i + 1 < parts.size()) return {};
        auto decoded = percent_decode(parts[i]);
        if (!decoded || *decoded == "." || *decoded == "..") return {};
        if (decoded->find('\0') != std::string::npos) return {};
        segments.push_back(*std::move(decoded));
    }
    return segments;
}

}  // namespace

struct Router::Node {
    std::map<std::string, std::unique_ptr<Node>, std::less<>> literals;
    std::unique_ptr<Node> parameter;
    Endpoints endpoints;
    Endpoints rest;  // of "{name...}"
    Endpoints raw;   // of "{name*}"

    struct Search {
        std::vector<std::string> const& segments;
        std::string_view path;  // as sent
        std::string_view method;
        std::vector<std::string> values = {};   // of the parameters so far
        std::vector<std::string> allowed = {};  // methods of the paths that matched
        Endpoint const* found = nullptr;
    };

    static bool take(Endpoints const& endpoints, Search& search) {
        auto found = endpoints.find(search.method);
        if (found == endpoints.end() && search.method == "HEAD") found = endpoints.find("GET");
        if (found != endpoints.end()) {
            search.found = &found->second;
            return true;
        }
        for (auto const& [method, endpoint] : endpoints) search.allowed.push_back(method);
        return false;
    }

    /// Literal before parameter before rest, going back where a branch ends in nothing.
    bool search(Search& search, size_t index) const {
        if (index == search.segments.size()) return take(endpoints, search);
        auto const& segment = search.segments[index];
        auto const literal = literals.find(segment);
        if (literal != literals.end() && literal->second->search(search, index + 1)) return true;
        if (parameter && !segment.empty()) {
            search.values.push_back(segment);
            if (parameter->search(search, index + 1)) return true;
            search.values.pop_back();
        }
        return search_rest(search, index) || search_raw(search, index);
    }

    bool search_rest(Search& search, size_t index) const {
        if (rest.empty()) return false;
        std::string joined;
        for (size_t i = index; i < search.segments.size(); ++i) {
            // An encoded slash would be a new segment once joined.
            if (search.segments[i].find('/') != std::string::npos) return false;
            joined += (i > index ? "/" : "") + search.segments[i];
        }
        search.values.push_back(std::move(joined));
        if (take(rest, search)) return true;
        search.values.pop_back();
        return false;
    }

    bool search_raw(Search& search, size_t index) const {
        if (raw.empty()) return false;
        auto tail = search.path;
        for (size_t i = 0; i <= index; ++i) tail.remove_prefix(tail.find('/') + 1);
        search.values.emplace_back(tail);
        if (take(raw, search)) return true;
        search.values.pop_back();
        return false;
    }
};

Router::Router(BlockingPool& pool) : pool_(pool), root_(std::make_unique<Node>()) {}
Router::~Router() = default;

void Router::add(std::string_view method, std::string_view pattern, Handler handler) {
    if (!pattern.starts_with('/')) throw std::logic_error("a pattern starts with /");
    auto* node = root_.get();
    Endpoint endpoint{std::move(handler), {}};
    auto* endpoints = &node->endpoints;
    for (auto const segment : split(pattern.substr(1), '/')) {
        if (endpoints == &node->rest || endpoints == &node->raw)
            throw std::logic_error("nothing follows {rest...} or {rest*}");
        if (!is_parameter(segment)) {
            auto& next = node->literals[std::string(segment)];
            if (!next) next = std::make_unique<Node>();
            node = next.get();
            endpoints = &node->endpoints;
            continue;
        }
        auto name = segment.substr(1, segment.size() - 2);
        if (name.ends_with("...")) {
            name.remove_suffix(3);
            endpoints = &node->rest;
        } else if (name.ends_with('*')) {
            name.remove_suffix(1);
            endpoints = &node->raw;
        } else {
            if (!node->parameter) node->parameter = std::make_unique<Node>();
            node = node->parameter.get();
            endpoints = &node->endpoints;
        }
        endpoint.names.emplace_back(name);
    }
    if (!endpoints->try_emplace(std::string(method), std::move(endpoint)).second)
        throw std::logic_error(fmt::format("{} {} is registered twice", method, pattern));
    routes_.push_back({std::string(method), std::string(pattern)});
}

void Router::add_blocking(std::string_view method, std::string_view pattern,
                          BlockingHandler handler) {
    add(method, pattern, [this, handler = std::move(handler)](Request& request) -> Task<Response> {
        co_return co_await pool_.run([&] { return handler(request); });
    });
}

std::vector<Route> const& Router::routes() const { return routes_; }

asio::awaitable<Response> Router::handle(Request& request) {
    auto const segments = segments_of(request.path);
    if (!segments) co_return problem({Code::NotFound, "there is nothing at this path"}, request);
    Node::Search search{*segments, request.path, request.method};
    if (!root_->search(search, 0)) {
        if (search.allowed.empty())
            co_return problem({Code::NotFound, "there is nothing at this path"}, request);
        auto response = problem({Code::InvalidArgument, fmt::format("this path does not take {}",
                                                                    for_log(request.method, 20))},
                                request, 405);
        std::string allow;
        for (auto const& method : search.allowed) {
            allow += (allow.empty() ? "" : ", ") + method;
            if (method == "GET") allow += ", HEAD";
        }
        response.headers.set("Allow", allow);
        co_return response;
    }
    for (size_t i = 0; i < search.values.size(); ++i)
        request.parameters.insert_or_assign(search.found->names[i], search.values[i]);
    Result<Response> result = Response();
    try {
        result = co_await search.found->handler(request);
    } catch (std::exception const& error) {
        result = fail(Code::Internal, "unexpected: {}", error.what());
    }
    if (!result) co_return problem(result.error(), request);
    co_return *std::move(result);
}

}  // namespace carrel::http

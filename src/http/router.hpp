#pragma once

/// Finds the handler of a request by method and path.
///
/// Patterns are paths with parameters: "/api/v1/courses/{slug}/accept". A last segment "{rest...}"
/// takes everything, slashes too; "{rest*}" takes everything as it was sent, still encoded, encoded
/// slashes too. Literal segments win over parameters. A segment is
/// percent-decoded after the split, so "%2F" never makes a new segment; "." , ".." and empty
/// segments, also encoded, match no pattern. Built at start, then read by the control thread alone.

#include "http/message.hpp"
#include "runtime/blocking_pool.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace carrel::http {

using Handler = std::function<Task<Response>(Request&)>;
/// A handler that only computes and asks the store; it runs on the blocking pool.
using BlockingHandler = std::function<Result<Response>(Request&)>;

struct Route {
    std::string method;
    std::string pattern;
};

class Router {
public:
    explicit Router(BlockingPool& pool);
    ~Router();

    void add(std::string_view method, std::string_view pattern, Handler handler);
    void add_blocking(std::string_view method, std::string_view pattern, BlockingHandler handler);

    /// Runs the handler of the request and turns its error into a problem answer.
    /// No path: 404. No such method: 405 with Allow. HEAD is answered by GET's handler.
    asio::awaitable<Response> handle(Request& request);

    /// Every route, in the order of registration: what OpenAPI is checked against.
    [[nodiscard]] std::vector<Route> const& routes() const;

private:
    struct Node;
    BlockingPool& pool_;
    std::unique_ptr<Node> root_;
    std::vector<Route> routes_;
};

}  // namespace carrel::http

#pragma once

/// Requests and answers of the proxy's side server: the REST API, the metrics, the redirect to
/// HTTPS. Confined to the side thread.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace carrel::proxy {

/// Refers to the connection's buffers: of no use once the handler has returned. Only the body may
/// be moved out.
struct SideRequest {
    std::string_view method;
    std::string_view target;
    std::string_view path;  ///< the target up to "?"
    std::string_view host;
    std::string_view accept;
    std::string_view authorization;
    std::string body;

    /// The first query value of `name`, decoded as a form does; nothing when absent.
    [[nodiscard]] std::optional<std::string> query(std::string_view name) const;
};

/// A body that comes in pieces, as fast as the client takes them.
class Feed {
public:
    enum class State { More, Waiting, End };
    virtual ~Feed() = default;
    /// Appends the next piece to `out`. Waiting: nothing at present; `wake` will be called.
    virtual State next(std::string& out) = 0;
    /// How the feed says that there is more after all.
    std::function<void()> wake;
};

class Job;

struct SideAnswer {
    unsigned status = 200;
    std::string_view content_type = {};  ///< a constant
    std::string body = {};
    std::string fields = {};  ///< further complete field lines
    std::unique_ptr<Feed> feed = {};
    /// Set: there is no answer yet, and this will give it.
    std::unique_ptr<Job> job = {};
};

/// Work that takes turns with the other connections.
class Job {
public:
    virtual ~Job() = default;
    /// A few milliseconds' worth of it; the answer when all is done.
    virtual std::optional<SideAnswer> step() = 0;
};

/// What a side server serves.
class SideHandler {
public:
    virtual ~SideHandler() = default;
    virtual SideAnswer handle(SideRequest& request) = 0;
    /// How large the request's body may be, of which only the head is known.
    [[nodiscard]] virtual size_t largest_body(SideRequest const& request) const = 0;
};

}  // namespace carrel::proxy

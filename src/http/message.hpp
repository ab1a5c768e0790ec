#pragma once

/// HTTP requests and responses as Carrel's own handlers see them: whole heads, whole bodies, and
/// responses that can also be a file or a stream. Plain values, free of the library that carries
/// them.

#include "base/result.hpp"
#include "runtime/task.hpp"

#include <nlohmann/json_fwd.hpp>

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace carrel::http {

/// Header fields in order, names compared without case (RFC 9110 section 5.1).
class Headers {
public:
    Headers() = default;
    Headers(std::initializer_list<std::pair<std::string, std::string>> fields) : fields_(fields) {}

    /// The first value of `name`, or nothing.
    [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;
    /// The first value of `name`, or "".
    [[nodiscard]] std::string_view get(std::string_view name) const;
    /// Replaces every field of that name by one.
    void set(std::string_view name, std::string_view value);
    void add(std::string_view name, std::string_view value);
    void remove(std::string_view name);

    [[nodiscard]] auto begin() const { return fields_.begin(); }
    [[nodiscard]] auto end() const { return fields_.end(); }

private:
    std::vector<std::pair<std::string, std::string>> fields_;
};

struct Request {
    std::string method;  ///< "GET", as sent
    std::string target;  ///< as sent: path and query, still percent-encoded
    std::string path;    ///< the path part, still percent-encoded, without the query
    Headers headers;
    std::string body;
    std::string id;  ///< names this request in logs and problem answers

    /// What `{name}` in the route's pattern matched, percent-decoded. "" when the pattern has none.
    [[nodiscard]] std::string const& parameter(std::string_view name) const;
    /// The first query value of `name`, decoded as a form does ("+" is a space); nothing when
    /// absent.
    [[nodiscard]] std::optional<std::string> query(std::string_view name) const;
    /// The value of a cookie (RFC 6265 section 4.2), or nothing.
    [[nodiscard]] std::optional<std::string> cookie(std::string_view name) const;
    /// Who asks: the last address in X-Forwarded-For, which our proxy appended; else "".
    [[nodiscard]] std::string client_address() const;
    /// True when the browser's connection is TLS, by X-Forwarded-Proto.
    [[nodiscard]] bool is_secure() const;
    /// Somebody waits for a page, who can be sent somewhere else.
    [[nodiscard]] bool wants_page() const;
    /// The target's path; `path` may be another, by which the router knows it.
    [[nodiscard]] std::string_view sent_path() const {
        return std::string_view(target).substr(0, target.find_first_of("?#"));
    }
    /// The body as JSON. InvalidArgument names line and column of what is wrong; nesting deeper
    /// than 64 levels is refused, as is a body that is not an object.
    [[nodiscard]] Result<nlohmann::json> json() const;

    std::map<std::string, std::string, std::less<>> parameters;
};

/// Where a streaming response writes. Confined to the control thread.
class Stream {
public:
    virtual ~Stream() = default;
    /// Sends a piece of the body; waits while the client reads slower than we write.
    /// Cancelled: the client is gone; end the stream.
    virtual Task<> write(std::string data) = 0;
};

struct Response {
    unsigned status = 200;
    Headers headers;
    std::string body;
    /// When set, the body is this file (with Content-Length, and ranges as RFC 9110 section 14).
    std::optional<std::filesystem::path> file;
    /// When set, the body is what this writes, chunked, until it ends.
    std::function<Task<>(Stream&)> stream;

    [[nodiscard]] static Response empty(unsigned status = 204);
    [[nodiscard]] static Response text(std::string body, unsigned status = 200);
    [[nodiscard]] static Response html(std::string body, unsigned status = 200);
    [[nodiscard]] static Response json(nlohmann::json const& value, unsigned status = 200);
    /// 302, never cached.
    [[nodiscard]] static Response redirect(std::string_view location);
};

/// A cookie to set (RFC 6265). `SameSite=Lax` always.
struct Cookie {
    std::string name;
    std::string value;
    std::string path = "/";
    std::string domain = {};       ///< with all names below it; empty: this host alone
    std::optional<Seconds> lasts;  ///< nothing: until the browser closes; 0: removes it
    bool secure = false;           ///< only over TLS
    bool for_scripts = false;      ///< a page's scripts may read it: no `HttpOnly`
};
void set_cookie(Response& response, Cookie const& cookie);

}  // namespace carrel::http

#pragma once

/// Serves the web UI's files, which are embedded in the program.
///
/// Files under /assets/ have their content's hash in their name and are cached for ever; all others
/// are revalidated by ETag at each use. Immutable after construction, so any thread may ask.

#include "http/message.hpp"

#include <map>
#include <span>
#include <string_view>

namespace carrel::http {

/// One embedded file. `path` as in a URL: "/index.html"; "/x.js.gz" is the compressed variant of
/// "/x.js".
struct Asset {
    std::string_view path;
    std::string_view data;
    std::string_view content_type = {};  ///< by the path's extension when empty
    std::string_view etag = {};          ///< with quotes; made from the data when empty
};

class StaticFiles {
public:
    /// `assets` and what they refer to must outlive this; embedded ones always do.
    explicit StaticFiles(std::span<Asset const> assets);

    /// The answer to a GET or HEAD of an asset's path; nothing for any other path. The caller says
    /// what "/" and the application's own pages show: `page("/index.html", request)`.
    [[nodiscard]] std::optional<Response> find(Request const& request) const;

    /// The asset at `path`, whatever the request's own path is.
    [[nodiscard]] std::optional<Response> page(std::string_view path, Request const& request) const;

private:
    struct Entry {
        std::string_view data;
        std::string_view compressed;  // empty when there is no such variant
        std::string content_type;
        std::string etag;
    };
    std::map<std::string, Entry, std::less<>> entries_;
};

/// "text/css; charset=utf-8" of "/a/b.css"; "application/octet-stream" for what is unknown.
[[nodiscard]] std::string_view content_type_of(std::string_view path);

}  // namespace carrel::http

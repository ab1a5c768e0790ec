#pragma once

/// Where the hub of each course is: below "/c/<slug>/", or for one that the configuration puts
/// there at "/", as JupyterHub is.
///
/// The router, the store and the audit log know every hub by its slug; whatever leaves the program
/// has the address that is made here. A constant; any thread.

#include <optional>
#include <string>
#include <string_view>

namespace carrel {

class HubPaths {
public:
    /// Every hub is below "/c/".
    HubPaths() = default;
    /// The hub of the course with this slug is at "/".
    explicit HubPaths(std::string root_course) : root_course_(std::move(root_course)) {}

    /// Its slug; empty: there is none.
    [[nodiscard]] std::string const& root_course() const { return root_course_; }

    /// "/c/bio/", "/".
    [[nodiscard]] std::string base(std::string_view slug) const;
    /// "/c/bio/hub/", "/hub/".
    [[nodiscard]] std::string hub(std::string_view slug) const;
    /// "/c/bio/user/ada/", "/user/ada/gpu/", as JupyterHub writes names in addresses.
    [[nodiscard]] std::string server(std::string_view slug, std::string_view user,
                                     std::string_view server) const;
    /// The same decoded and without the slash at its end, "/c/bio/user/ada/my second": by that the
    /// proxy knows the server's route.
    [[nodiscard]] std::string route(std::string_view slug, std::string_view user,
                                    std::string_view server) const;
    /// Where the server takes a visitor's code, on its own origin; its OAuth client may be sent
    /// nowhere else.
    [[nodiscard]] std::string callback(std::string_view slug, std::string_view user,
                                       std::string_view server) const;
    /// "/c/bio/services/cull/", "/services/cull/".
    [[nodiscard]] std::string service(std::string_view slug, std::string_view name) const;

    /// A request's path as the router knows it, by the slug: "/hub/home" → "/c/bio/hub/home".
    /// Every other path as it is.
    [[nodiscard]] std::string by_slug(std::string_view path) const;
    /// The other way round, for a path or a request's target: where "/c/bio/user/ada?x" is now.
    /// Nothing for what is not below the slug of the hub at "/".
    [[nodiscard]] std::optional<std::string> at_root(std::string_view target) const;

private:
    std::string root_course_;
};

/// A name in a URL, as JupyterHub writes it: all is escaped but letters, digits and "_.-~@".
[[nodiscard]] std::string escape_name(std::string_view name);

}  // namespace carrel

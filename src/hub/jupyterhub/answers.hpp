#pragma once

/// What all answers of a course's hub have in common, as JupyterHub gives them. Pure; any thread.

#include "http/router.hpp"

#include <string>
#include <string_view>

namespace carrel::jupyterhub {

/// Adds the header fields that JupyterHub's answers have: its version, and what a page may do.
void add_usual_fields(http::Response& response, bool api);

/// JupyterHub's error answer, {"status", "message"}.
[[nodiscard]] http::Response error_answer(Error const& error);
/// OAuth's, {"error", "error_description"}; never cached.
[[nodiscard]] http::Response oauth_error(std::string_view error, std::string_view description,
                                         unsigned status);

/// What the router said of a path or method that it does not know, in the form that clients of the
/// API read; OPTIONS is answered with success, as JupyterHub does.
void in_hub_form(http::Request const& request, http::Response& response);

/// A handler of the API whose errors take JupyterHub's form and whose answers have its fields.
[[nodiscard]] http::Handler hub_call(http::Handler handler);

/// Adds a class's handlers of the API of every course's hub.
template <class Calls>
class ApiRoutes {
public:
    ApiRoutes(http::Router& router, Calls& calls) : router_(router), calls_(calls) {}

    /// `path` is what follows /c/{slug}/hub/api.
    void add(std::string_view method, std::string_view path,
             Task<http::Response> (Calls::*handler)(http::Request&)) {
        router_.add(method, "/c/{slug}/hub/api" + std::string(path),
                    hub_call([&calls = calls_, handler](http::Request& request) {
                        return (calls.*handler)(request);
                    }));
    }

private:
    http::Router& router_;
    Calls& calls_;
};

}  // namespace carrel::jupyterhub

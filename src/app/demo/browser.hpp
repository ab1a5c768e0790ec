#pragma once

/// A person at a browser, as far as HTTP goes: cookies by path, redirects, the CSRF token.

#include "http/client.hpp"
#include "http/websocket_client.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace carrel {

class Browser {
public:
    /// `origin` is "http://127.0.0.1:8000". `who` is for messages.
    Browser(std::string who, unsigned short port);

    /// One request without following redirects. Sends cookies, and the CSRF token when there is
    /// one.
    Result<http::ClientResponse> request(std::string method, std::string path,
                                         nlohmann::json const* body = nullptr,
                                         http::Headers headers = {});
    /// Opens a page as by a click: follows redirects, at most ten.
    Result<http::ClientResponse> open(std::string path);

    /// A call of the REST API that must answer with `status`; its JSON.
    Result<nlohmann::json> call(unsigned status, std::string method, std::string path,
                                nlohmann::json const& body = nullptr);

    /// Logs in, or signs up, and keeps the session.
    Result<> log_in(std::string const& password);
    Result<> sign_up(std::string const& invitation, std::string const& password);

    /// Downloads into a file; the status must be 200.
    Result<> download(std::string path, std::filesystem::path const& file);

    Result<http::WebSocketClient> open_web_socket(std::string const& path);

    [[nodiscard]] std::string const& who() const { return who_; }

private:
    struct StoredCookie {
        std::string name, value, path;
    };
    void keep_cookies(http::Headers const& headers, std::string const& path);
    [[nodiscard]] std::string cookies_for(std::string_view path) const;
    Result<http::ClientResponse> send(http::ClientRequest request, std::string const& path);
    Result<> keep_session(nlohmann::json const& me);

    std::string who_;
    unsigned short port_;
    http::Client client_;
    std::vector<StoredCookie> cookies_;
    std::string csrf_token_;
};

}  // namespace carrel

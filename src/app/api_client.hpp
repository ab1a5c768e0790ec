#pragma once

/// A platform's REST API as the commands see it: JSON in, JSON out, and the API's own sentences as
/// errors. Blocks; one thread. Made by a command for as long as it runs.

#include "http/client.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace carrel {

class ApiClient {
public:
    /// `url` is the platform's, "https://jupyter.example.org"; `token` an API token.
    /// InvalidArgument: the URL is not one of http or https.
    [[nodiscard]] static Result<ApiClient> create(std::string url, std::string token);

    /// Below /api/v1. An answer without content is null. The error of a refusal has the problem's
    /// sentence; Unavailable: nobody answers there, or nobody who speaks this API.
    [[nodiscard]] Result<nlohmann::json> get(std::string const& path);
    [[nodiscard]] Result<nlohmann::json> post(std::string const& path, nlohmann::json const& body);
    [[nodiscard]] Result<nlohmann::json> remove(std::string const& path);
    /// Every item of a paged list, page after page. `query` without "?", may be empty.
    [[nodiscard]] Result<std::vector<nlohmann::json>> list(std::string const& path,
                                                           std::string const& query);

private:
    ApiClient(std::string url, std::string token)
        : url_(std::move(url)), token_(std::move(token)) {}
    Result<nlohmann::json> call(std::string method, std::string const& path, std::string body);

    std::string url_;
    std::string token_;
    std::unique_ptr<http::Client> client_ = std::make_unique<http::Client>();
};

}  // namespace carrel

#include "app/api_access.hpp"

#include "base/text.hpp"

#include <cstdlib>
#include <fstream>

namespace carrel {

namespace {

constexpr auto token_variable = "CARREL_TOKEN";

Result<std::string> token_from(ApiFlags const& flags) {
    if (flags.token_file.empty()) {
        auto const* const text = std::getenv(token_variable);
        auto const token = trimmed(text == nullptr ? "" : text);
        if (token.empty())
            return fail(Code::Unauthenticated,
                        "there is no token: set {} or give --token-file; 'carrel token create' "
                        "and the page of your profile make one",
                        token_variable);
        return std::string(token);
    }
    std::ifstream file(flags.token_file);
    std::string line;
    if (!std::getline(file, line) || trimmed(line).empty())
        return fail(Code::Unauthenticated, "read the token from {}: there is none in it",
                    flags.token_file);
    return std::string(trimmed(line));
}

}  // namespace

std::string local_url(Settings const& settings) {
    auto ip = settings.server.ip;
    if (ip == "*" || ip == "0.0.0.0" || ip.empty()) ip = "127.0.0.1";
    if (ip == "::") ip = "::1";
    if (ip.find(':') != std::string::npos) ip = "[" + ip + "]";
    return fmt::format("http://{}:{}", ip, settings.server.port);
}

Result<ApiClient> api_client_from(ApiFlags const& flags) {
    TRY(auto token, token_from(flags));
    // A header field ends at a line break.
    if (for_log(token, 1000) != token)
        return fail(Code::InvalidArgument, "the token has characters that no token has");
    if (!flags.url.empty()) return ApiClient::create(flags.url, std::move(token));
    TRY(auto const settings, settings_from(flags.settings));
    if (settings.server.port == 0)
        return fail(Code::InvalidArgument,
                    "the settings leave the port open, so give the platform's address with --url");
    return ApiClient::create(local_url(settings), std::move(token));
}

}  // namespace carrel

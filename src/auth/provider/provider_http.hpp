#pragma once

/// What providers are asked over HTTP, all of them: within seconds, over TLS, and for answers of a
/// bounded size.

#include "auth/provider/provider.hpp"
#include "http/client.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace carrel {

using FormFields = std::vector<std::pair<std::string, std::string>>;

/// "a=b&c=d", percent-encoded.
[[nodiscard]] std::string form_of(FormFields const& fields);
/// The address with these added to its query.
[[nodiscard]] std::string with_query(std::string_view url, FormFields const& fields);

/// What comes after S256 in PKCE (RFC 7636).
[[nodiscard]] std::string pkce_challenge(std::string_view verifier);

/// How a client proves at the token endpoint that it is the one (RFC 6749 section 2.3.1).
enum class ClientProof { Basic, Form };

class ProviderHttp {
public:
    explicit ProviderHttp(std::string ca_file) : ca_file_(std::move(ca_file)) {}

    /// The body of a 200. "unavailable": no or no good connection, too slow, a status of 5xx;
    /// "untrusted": too large; "misconfigured": any other status.
    [[nodiscard]] Result<std::string> get(std::string const& url, std::string const& bearer = {});
    /// The same, when it is a JSON object.
    [[nodiscard]] Result<nlohmann::json> get_json(std::string const& url,
                                                  std::string const& bearer = {});

    /// Exchanges a code for tokens (RFC 6749 section 4.1.3). "stale": the code is of no use any
    /// more; "misconfigured": the provider does not take us for its client.
    [[nodiscard]] Result<nlohmann::json> exchange(std::string const& token_url, ClientProof proof,
                                                  ProviderSettings const& settings,
                                                  std::string const& code,
                                                  ProviderQuestion const& question);

    /// Asks for new tokens by a refresh token (section 6), which the one that comes in exchange
    /// replaces. "refused": it is good no more; "misconfigured" as above.
    [[nodiscard]] Result<nlohmann::json> refresh(std::string const& token_url, ClientProof proof,
                                                 ProviderSettings const& settings,
                                                 std::string& refresh_token);

private:
    /// What the token endpoint says, and its status beside it.
    struct TokenAnswer {
        nlohmann::json tokens;
        std::string error;    ///< the code of an error; empty: none
        std::string details;  ///< for the log
        bool good = false;    ///< there is an access token
    };
    [[nodiscard]] Result<TokenAnswer> ask_for_tokens(std::string const& token_url,
                                                     ClientProof proof,
                                                     ProviderSettings const& settings,
                                                     FormFields fields);
    [[nodiscard]] Result<http::ClientResponse> fetch(http::ClientRequest request);

    std::string ca_file_;
    http::Client client_;
};

/// A claim that is text, or a number (as ids of people are at some), as text; else "".
[[nodiscard]] std::string claim_text(nlohmann::json const& claims, std::string_view name);
/// A claim that is a list of texts, or one text; else nothing. Of a list of objects, as Keycloak's
/// or GitLab's may be, nothing is taken.
[[nodiscard]] std::vector<std::string> claim_list(nlohmann::json const& claims,
                                                  std::string_view name);
/// By the names that the settings have for them, except for the subject.
[[nodiscard]] ProviderPerson person_of(nlohmann::json const& claims, ClaimNames const& names);

}  // namespace carrel

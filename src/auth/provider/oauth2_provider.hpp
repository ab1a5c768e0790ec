#pragma once

/// Plain OAuth 2: authorization code with PKCE, and an address that says who somebody is.
///
/// There is nothing signed: what is told there counts because it comes over TLS from whoever gave
/// the access token for a code of ours. Thread-safe. Owned by `ProviderLogin`.

#include "auth/provider/provider.hpp"
#include "auth/provider/provider_http.hpp"

namespace carrel {

class OAuth2Provider : public LoginProvider {
public:
    explicit OAuth2Provider(ProviderSettings settings);

    [[nodiscard]] ProviderSettings const& settings() const override { return settings_; }
    [[nodiscard]] Result<std::string> authorization_url(ProviderQuestion const& question) override;
    [[nodiscard]] Result<ProviderPerson> identify(ProviderAnswer const& answer,
                                                  ProviderQuestion const& question) override;
    [[nodiscard]] Result<ProviderPerson> refresh(std::string& refresh_token,
                                                 std::string const& subject) override;

protected:
    /// What else there is to find out; `person` has what the address said.
    [[nodiscard]] virtual Result<> complete(ProviderPerson& person, std::string const& token);
    [[nodiscard]] ProviderHttp& http() { return http_; }

private:
    Result<ProviderPerson> person_by(nlohmann::json const& tokens);

    ProviderSettings settings_;
    ProviderHttp http_;
};

}  // namespace carrel

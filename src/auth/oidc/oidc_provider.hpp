#pragma once

/// A provider of OpenID Connect, found by discovery: authorization code with PKCE.
///
/// What it says about itself and its keys are asked for when somebody first logs in, so that
/// Carrel starts without it, and kept for an hour; longer while it cannot be reached. A token that
/// is signed by a key that is not known has the keys asked for anew, at most twice a minute.
/// Thread-safe. Owned by `ProviderLogin`.

#include "auth/oidc/key_set.hpp"
#include "auth/provider/provider.hpp"
#include "auth/provider/provider_http.hpp"
#include "base/clock.hpp"

#include <mutex>

namespace carrel {

class OidcProvider final : public LoginProvider {
public:
    OidcProvider(ProviderSettings settings, Clock const& clock);

    [[nodiscard]] ProviderSettings const& settings() const override { return settings_; }
    [[nodiscard]] Result<std::string> authorization_url(ProviderQuestion const& question) override;
    [[nodiscard]] Result<ProviderPerson> identify(ProviderAnswer const& answer,
                                                  ProviderQuestion const& question) override;
    [[nodiscard]] Result<ProviderPerson> refresh(std::string& refresh_token,
                                                 std::string const& subject) override;

private:
    /// The parts of the discovery document that matter here.
    struct Metadata {
        std::string issuer, authorization_endpoint, token_endpoint, jwks_uri;
        std::string userinfo_endpoint, end_session_endpoint;  // may be empty
        ClientProof proof = ClientProof::Basic;
        bool tells_issuer = false;  // in its answers (RFC 9207)
        Time at;
    };
    struct Keys {
        oidc::KeySet set;
        Time at;
    };
    using KnownMetadata = std::shared_ptr<Metadata const>;
    using KnownKeys = std::shared_ptr<Keys const>;

    Result<KnownMetadata> metadata();
    Result<KnownMetadata> discover();
    /// `older_than`: keys that were fetched then are not good enough.
    Result<KnownKeys> keys(Metadata const& metadata, std::optional<Time> older_than = {});
    Result<nlohmann::json> id_token_claims(Metadata const& metadata, nlohmann::json const& tokens,
                                           std::optional<std::string> const& nonce);
    [[nodiscard]] ProviderPerson person_in(Metadata const& metadata, nlohmann::json const& tokens,
                                           nlohmann::json const& claims) const;
    Result<nlohmann::json> all_claims(Metadata const& metadata, nlohmann::json const& tokens,
                                      nlohmann::json claims);
    Result<> check_answer_issuer(Metadata const& metadata, ProviderAnswer const& answer) const;

    ProviderSettings settings_;
    Clock const& clock_;
    ProviderHttp http_;
    mutable std::mutex mutex_;  // of what is known, never held while the provider is asked
    KnownMetadata metadata_;
    KnownKeys keys_;
    std::optional<Time> keys_asked_again_at_;  ///< because of a token by an unknown key
};

}  // namespace carrel

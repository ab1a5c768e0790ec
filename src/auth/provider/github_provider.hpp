#pragma once

/// GitHub, or a GitHub Enterprise Server: OAuth 2, and its REST API for what that does not tell.
///
/// Somebody's groups are their organisations ("physics") and teams ("physics/tutors", by slug).
/// They are asked for only where a group means something. Thread-safe.

#include "auth/provider/oauth2_provider.hpp"

namespace carrel {

class GithubProvider final : public OAuth2Provider {
public:
    using OAuth2Provider::OAuth2Provider;

protected:
    [[nodiscard]] Result<> complete(ProviderPerson& person, std::string const& token) override;

private:
    Result<std::vector<nlohmann::json>> list(std::string const& path, std::string const& token);
    Result<> add_groups(ProviderPerson& person, std::string const& token);
};

}  // namespace carrel

#pragma once

/// Makes and ends the API tokens of one hub. Functions on a transaction; any thread.

#include "base/random.hpp"
#include "hub/jupyterhub/caller.hpp"

#include <nlohmann/json_fwd.hpp>

namespace carrel::jupyterhub {

struct TokenWish {
    std::string note;
    std::optional<Seconds> lasts;
    std::vector<std::string> scopes;  ///< as written; "inherit" for all that its owner may
};

/// InvalidArgument: a field of another type, or a role or scope that nobody knows.
[[nodiscard]] Result<TokenWish> read_token_wish(nlohmann::json const& body,
                                                rbac::RoleBook const& roles);

struct MadeToken {
    HubToken token;
    std::string secret;  ///< shown once
};

/// A token of `owner`. InvalidArgument: it would be allowed more than its owner is, or than the one
/// who asks for it. A token that is made with another one ends with that one.
[[nodiscard]] Result<MadeToken> make_token(Transaction& transaction, Caller const& caller,
                                           User const& owner, TokenWish const& wish, Random& random,
                                           Time now);

[[nodiscard]] nlohmann::json token_model(HubToken const& token, std::string_view owner);

}  // namespace carrel::jupyterhub

#pragma once

/// Security keys and passkeys (Web Authentication, level 3), as a second factor: what a browser is
/// asked, and whether what it answers is right. The signatures and the keys' own format are read by
/// libfido2; what a browser says beside them is checked here. No attestation is asked for or looked
/// at: whoever logs in may use any key they trust.
///
/// Pure; any thread. Who is asked which challenge, and that it counts once, is the caller's.

#include "base/result.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace carrel::webauthn {

/// Who asks: keys answer for one name only, and browsers say from which origin they were asked.
struct RelyingParty {
    std::string id;      ///< "hub.example.org"
    std::string origin;  ///< "https://hub.example.org"
};
/// InvalidArgument: `origin` is no origin. Browsers refuse addresses such as 127.0.0.1 by
/// themselves.
[[nodiscard]] Result<RelyingParty> relying_party(std::string_view origin);

struct Person {
    std::string id;  ///< nothing that says who it is
    std::string name;
    std::string display_name;
};

/// PublicKeyCredentialCreationOptions as JSON; `known` are credential ids that are there already.
[[nodiscard]] nlohmann::json creation_options(RelyingParty const& party, Person const& person,
                                              std::string_view challenge,
                                              std::vector<std::string> const& known);
/// PublicKeyCredentialRequestOptions as JSON.
[[nodiscard]] nlohmann::json request_options(RelyingParty const& party, std::string_view challenge,
                                             std::vector<std::string> const& known);

struct Credential {
    std::string id;          ///< base64url
    std::string public_key;  ///< "-7:…": COSE's name of the algorithm, and the key, base64url
    long long counter = 0;
};

/// The challenge that a browser's answer is to, so that it can be looked up. InvalidArgument: it is
/// no such answer at all.
[[nodiscard]] Result<std::string> challenge_of(nlohmann::json const& answer);

/// From the answer to `creation_options`, with the challenge of that.
/// InvalidArgument says what is wrong with it.
[[nodiscard]] Result<Credential> check_creation(nlohmann::json const& answer,
                                                RelyingParty const& party,
                                                std::string_view challenge);

/// Whether the answer to `request_options` was signed by this key, and how far it has counted.
/// Unauthenticated says what is wrong with it.
[[nodiscard]] Result<long long> check_assertion(nlohmann::json const& answer,
                                                Credential const& credential,
                                                RelyingParty const& party,
                                                std::string_view challenge);

}  // namespace carrel::webauthn

#include "domain/second_factor.hpp"

#include <utility>

namespace carrel {

std::string_view name_of(FactorKind kind) {
    switch (kind) {
        case FactorKind::Totp:
            return "totp";
        case FactorKind::WebAuthn:
            return "webauthn";
    }
    std::unreachable();
}

Result<FactorKind> parse_factor_kind(std::string_view name) {
    for (auto const kind : {FactorKind::Totp, FactorKind::WebAuthn})
        if (name == name_of(kind)) return kind;
    return fail_field("kind", "a second factor is a \"totp\" or a \"webauthn\"");
}

}  // namespace carrel

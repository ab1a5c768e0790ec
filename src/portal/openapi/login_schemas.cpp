#include "portal/openapi/openapi.hpp"

namespace carrel {

nlohmann::json login_schemas() {
    return nlohmann::json::parse(R"json({
"Session": {
  "type": "object", "additionalProperties": false,
  "required": ["id", "created_at", "last_used_at", "expires_at", "address", "user_agent", "current"],
  "properties": {
    "id": {"type": "string"},
    "created_at": {"type": "string", "format": "date-time"},
    "last_used_at": {"type": "string", "format": "date-time",
      "description": "no more exactly than to the minute"},
    "expires_at": {"type": "string", "format": "date-time", "description": "unless it is used"},
    "address": {"type": ["string", "null"], "description": "where it was begun from"},
    "user_agent": {"type": ["string", "null"],
      "description": "what the browser said of itself then"},
    "current": {"type": "boolean", "description": "it is the one that asks"}
  }
},
"FactorKind": {"type": "string", "enum": ["totp", "webauthn"]},
"SecondStep": {
  "type": "object", "additionalProperties": false, "required": ["second_step", "expires_at"],
  "properties": {
    "second_step": {"type": "array", "items": {"$ref": "#/components/schemas/FactorKind"},
      "description": "what this account has; a recovery code is good, too"},
    "expires_at": {"type": "string", "format": "date-time"}
  }
},
"FactorProof": {
  "type": "object", "additionalProperties": false,
  "properties": {
    "code": {"type": "string", "description": "of an app, or a recovery code"},
    "credential": {"type": "object",
      "description": "AuthenticationResponseJSON of Web Authentication"}
  }
},
"Confirmation": {
  "type": "object", "additionalProperties": false,
  "properties": {
    "password": {"type": "string"},
    "code": {"type": "string"},
    "credential": {"type": "object"}
  }
},
"KeyChallenge": {
  "type": "object", "additionalProperties": false, "required": ["options"],
  "properties": {"options": {"type": "object",
    "description": "PublicKeyCredentialRequestOptionsJSON of Web Authentication"}}
},
"Factor": {
  "type": "object", "additionalProperties": false,
  "required": ["id", "kind", "name", "created_at", "last_used_at"],
  "properties": {
    "id": {"type": "string"},
    "kind": {"$ref": "#/components/schemas/FactorKind"},
    "name": {"type": "string"},
    "created_at": {"type": "string", "format": "date-time"},
    "last_used_at": {"type": ["string", "null"], "format": "date-time"}
  }
},
"Factors": {
  "type": "object", "additionalProperties": false, "required": ["factors", "recovery_codes_left"],
  "properties": {
    "factors": {"type": "array", "items": {"$ref": "#/components/schemas/Factor"}},
    "recovery_codes_left": {"type": "integer"}
  }
},
"NewFactorSetup": {
  "type": "object", "additionalProperties": false, "required": ["kind"],
  "properties": {"kind": {"$ref": "#/components/schemas/FactorKind"}}
},
"FactorSetup": {
  "type": "object", "additionalProperties": false,
  "required": ["id", "kind", "secret", "address", "options"],
  "properties": {
    "id": {"type": "string"},
    "kind": {"$ref": "#/components/schemas/FactorKind"},
    "secret": {"type": ["string", "null"], "description": "for an app, in base32"},
    "address": {"type": ["string", "null"], "description": "the same for a QR code"},
    "options": {"type": ["object", "null"],
      "description": "for a key: PublicKeyCredentialCreationOptionsJSON"}
  }
},
"NewFactor": {
  "type": "object", "additionalProperties": false, "required": ["setup", "name"],
  "properties": {
    "setup": {"type": "string", "description": "the id of what was begun"},
    "name": {"type": "string", "minLength": 1, "maxLength": 60},
    "code": {"type": "string"},
    "credential": {"type": "object",
      "description": "RegistrationResponseJSON of Web Authentication"}
  }
},
"AddedFactor": {
  "type": "object", "additionalProperties": false,
  "required": ["id", "kind", "name", "created_at", "last_used_at", "recovery_codes"],
  "properties": {
    "id": {"type": "string"},
    "kind": {"$ref": "#/components/schemas/FactorKind"},
    "name": {"type": "string"},
    "created_at": {"type": "string", "format": "date-time"},
    "last_used_at": {"type": ["string", "null"], "format": "date-time"},
    "recovery_codes": {"type": "array", "items": {"type": "string"},
      "description": "with the first factor; shown this once"}
  }
},
"RecoveryCodes": {
  "type": "object", "additionalProperties": false, "required": ["recovery_codes"],
  "properties": {"recovery_codes": {"type": "array", "items": {"type": "string"}}}
}
})json");
}

}  // namespace carrel

#include "portal/openapi/openapi.hpp"

namespace carrel {

nlohmann::json people_schemas() {
    return nlohmann::json::parse(R"json({
"Login": {
  "type": "object", "additionalProperties": false, "required": ["username", "password"],
  "properties": {
    "username": {"type": "string"},
    "password": {"type": "string"},
    "invitation": {"type": ["string", "null"],
      "description": "a course's code, where a directory makes accounts for the invited alone"}
  }
},
"Role": {"type": "string", "enum": ["administrator", "leader"]},
"Scope": {
  "type": "string",
  "enum": ["self", "courses:read", "courses:write", "participants:write", "governance", "servers",
           "access:servers", "admin:users"]
},
"Language": {"type": ["string", "null"], "enum": ["en", "de", null]},
"Me": {
  "type": "object", "additionalProperties": false,
  "required": ["username", "display_name", "email", "roles", "language", "csrf_token",
               "lacks_second_factor", "has_password", "scopes"],
  "properties": {
    "username": {"type": "string"},
    "display_name": {"type": "string"},
    "email": {"type": "string"},
    "roles": {"type": "array", "items": {"$ref": "#/components/schemas/Role"}},
    "language": {"$ref": "#/components/schemas/Language"},
    "csrf_token": {"type": ["string", "null"], "description": "null for a login by token"},
    "lacks_second_factor": {"type": "boolean",
      "description": "one has to be set up first: nothing else is open"},
    "has_password": {"type": "boolean",
      "description": "of here; false: they log in with accounts elsewhere alone"},
    "scopes": {"type": "array", "items": {"$ref": "#/components/schemas/Scope"}}
  }
},
"ProfileChange": {
  "type": "object", "additionalProperties": false,
  "properties": {
    "display_name": {"type": "string", "minLength": 1, "maxLength": 100},
    "email": {"type": ["string", "null"], "maxLength": 254},
    "language": {"$ref": "#/components/schemas/Language"}
  }
},
"LoginIdentity": {
  "type": "object", "additionalProperties": false,
  "required": ["login", "title", "kind", "joined_as", "joined_at", "used_at"],
  "properties": {
    "login": {"type": "string"},
    "title": {"type": "string"},
    "kind": {"type": ["string", "null"], "enum": ["provider", "directory", null],
      "description": "null: not offered any more"},
    "joined_as": {"type": ["string", "null"], "description": "what the provider calls them"},
    "joined_at": {"type": ["string", "null"], "format": "date-time", "description": "null: not joined"},
    "used_at": {"type": ["string", "null"], "format": "date-time"}
  }
},
"DirectoryPassword": {
  "type": "object", "additionalProperties": false,
  "properties": {
    "username": {"type": "string", "description": "there; for directories alone"},
    "password": {"type": "string"}
  }
},
"LoginJoin": {
  "type": "object", "additionalProperties": false, "required": ["path"],
  "properties": {"path": {"type": "string", "description": "where the browser goes on, within minutes"}}
},
"PasswordResetWish": {
  "type": "object", "additionalProperties": false, "required": ["account"],
  "properties": {"account": {"type": "string", "description": "a user name, or a confirmed address"}}
},
"PasswordReset": {
  "type": "object", "additionalProperties": false, "required": ["token", "password"],
  "properties": {
    "token": {"type": "string", "description": "of the link"},
    "password": {"type": "string", "minLength": 10}
  }
},
"EmailConfirmation": {
  "type": "object", "additionalProperties": false, "required": ["token"],
  "properties": {"token": {"type": "string", "description": "of the link"}}
},
"ConfirmedEmail": {
  "type": "object", "additionalProperties": false, "required": ["address"],
  "properties": {"address": {"type": "string"}}
},
"OwnEmail": {
  "type": "object", "additionalProperties": false,
  "required": ["address", "confirmed", "can_be_confirmed"],
  "properties": {
    "address": {"type": "string"},
    "confirmed": {"type": "boolean"},
    "can_be_confirmed": {"type": "boolean", "description": "a link can be sent there"}
  }
},
"PasswordChange": {
  "type": "object", "additionalProperties": false, "required": ["current", "new"],
  "properties": {"current": {"type": "string"}, "new": {"type": "string", "minLength": 10}}
},
"NewToken": {
  "type": "object", "additionalProperties": false, "required": ["note"],
  "properties": {
    "note": {"type": "string", "maxLength": 200},
    "expires_in": {"type": ["integer", "null"], "minimum": 1, "description": "seconds"},
    "scopes": {"type": "array", "items": {"$ref": "#/components/schemas/Scope"}}
  }
},
"Token": {
  "type": "object", "additionalProperties": false,
  "required": ["id", "note", "scopes", "made_with", "created_at", "expires_at", "last_used_at"],
  "properties": {
    "id": {"type": "string"},
    "note": {"type": "string"},
    "scopes": {"type": "array", "items": {"$ref": "#/components/schemas/Scope"}},
    "made_with": {"type": ["string", "null"], "description": "the id of the token it was made with"},
    "created_at": {"type": "string", "format": "date-time"},
    "expires_at": {"type": ["string", "null"], "format": "date-time"},
    "last_used_at": {"type": ["string", "null"], "format": "date-time"}
  }
},
"DeletedTokens": {
  "type": "object", "additionalProperties": false, "required": ["deleted"],
  "properties": {
    "deleted": {"type": "array", "items": {"type": "string"}, "minItems": 1,
      "description": "the ids: the token's own, then those of the tokens that were made with it"}
  }
},
"MadeToken": {
  "type": "object", "additionalProperties": false,
  "required": ["id", "token", "note", "scopes", "made_with", "created_at", "expires_at", "last_used_at"],
  "properties": {
    "id": {"type": "string"},
    "token": {"type": "string", "pattern": "^carrel_[A-Za-z0-9_-]{43}$"},
    "note": {"type": "string"},
    "scopes": {"type": "array", "items": {"$ref": "#/components/schemas/Scope"}},
    "made_with": {"type": ["string", "null"], "description": "the id of the token it was made with"},
    "created_at": {"type": "string", "format": "date-time"},
    "expires_at": {"type": ["string", "null"], "format": "date-time"},
    "last_used_at": {"type": ["string", "null"], "format": "date-time"}
  }
},
"SignUp": {
  "type": "object", "additionalProperties": false, "required": ["username", "password"],
  "properties": {
    "username": {"type": "string", "minLength": 1, "maxLength": 63},
    "password": {"type": "string", "minLength": 10},
    "email": {"type": ["string", "null"], "maxLength": 254},
    "display_name": {"type": ["string", "null"], "maxLength": 100}
  }
},
"NewUser": {
  "type": "object", "additionalProperties": false, "required": ["username", "password"],
  "properties": {
    "username": {"type": "string", "minLength": 1, "maxLength": 63},
    "password": {"type": "string", "minLength": 10},
    "email": {"type": ["string", "null"], "maxLength": 254},
    "display_name": {"type": ["string", "null"], "maxLength": 100},
    "roles": {"type": "array", "items": {"$ref": "#/components/schemas/Role"}}
  }
},
"UserChange": {
  "type": "object", "additionalProperties": false,
  "properties": {
    "roles": {"type": "array", "items": {"$ref": "#/components/schemas/Role"}},
    "disabled": {"type": "boolean"},
    "password": {"type": "string", "minLength": 10}
  }
},
"User": {
  "type": "object", "additionalProperties": false,
  "required": ["username", "display_name", "email", "roles", "created_at", "last_login_at",
               "disabled", "admission"],
  "properties": {
    "username": {"type": "string"},
    "display_name": {"type": "string"},
    "email": {"type": "string"},
    "roles": {"type": "array", "items": {"$ref": "#/components/schemas/Role"}},
    "created_at": {"type": "string", "format": "date-time"},
    "last_login_at": {"type": ["string", "null"], "format": "date-time"},
    "disabled": {"type": "boolean"},
    "admission": {"type": "string", "enum": ["allowed", "denied", "not_listed"],
      "description": "what the lists of who may in say"}
  }
}
})json");
}

}  // namespace carrel

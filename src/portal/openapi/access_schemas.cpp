#include "portal/openapi/openapi.hpp"

namespace carrel {

nlohmann::json access_schemas() {
    return nlohmann::json::parse(R"json({
"AccessList": {
  "type": "string",
  "enum": ["allow", "deny", "administrators", "leaders", "allow_groups", "deny_groups"]
},
"Access": {
  "type": "object", "additionalProperties": false,
  "required": ["closed", "contact", "userlist"],
  "properties": {
    "closed": {"type": "boolean", "description": "there is a list of who may in: nobody else may"},
    "contact": {"type": ["string", "null"], "description": "whom to ask who is not let in"},
    "userlist": {
      "type": ["object", "null"], "additionalProperties": false,
      "required": ["path", "people", "read_at", "problem"],
      "properties": {
        "path": {"type": "string"},
        "people": {"type": "integer"},
        "read_at": {"type": "string", "format": "date-time"},
        "problem": {"type": ["string", "null"],
          "description": "why what is in it now does not count, but what was read before"}
      }
    }
  }
},
"Leftovers": {"type": "string", "enum": ["keep", "export", "delete"]},
"NewRemoval": {
  "type": "object", "additionalProperties": false, "required": ["leftovers"],
  "properties": {
    "leftovers": {"$ref": "#/components/schemas/Leftovers",
      "description": "what becomes of homes and exports; there is no usual choice"}
  }
},
"Removal": {
  "type": "object", "additionalProperties": false,
  "required": ["username", "leftovers", "ordered_by", "ordered_at", "finished_at", "problem"],
  "properties": {
    "username": {"type": "string", "description": "as it was"},
    "leftovers": {"$ref": "#/components/schemas/Leftovers"},
    "ordered_by": {"type": ["string", "null"], "description": "null: at the machine itself"},
    "ordered_at": {"type": "string", "format": "date-time"},
    "finished_at": {"type": ["string", "null"], "format": "date-time",
      "description": "null: servers are stopped or files are treated still"},
    "problem": {"type": ["string", "null"], "description": "why it is not done yet"}
  }
},
"NewAccessEntry": {
  "type": "object", "additionalProperties": false, "required": ["list", "value"],
  "properties": {
    "list": {"$ref": "#/components/schemas/AccessList"},
    "value": {"type": "string", "description": "a user name, or a group as its provider writes it"}
  }
},
"AccessEntry": {
  "type": "object", "additionalProperties": false,
  "required": ["list", "value", "place", "added_by", "added_at"],
  "properties": {
    "list": {"$ref": "#/components/schemas/AccessList"},
    "value": {"type": "string"},
    "place": {"type": "string", "enum": ["here", "configuration", "file"],
      "description": "only what is here can be changed here"},
    "added_by": {"type": ["string", "null"]},
    "added_at": {"type": ["string", "null"], "format": "date-time"}
  }
}
})json");
}

}  // namespace carrel

#include "portal/openapi/openapi.hpp"

namespace carrel {

nlohmann::json course_schemas() {
    return nlohmann::json::parse(R"json({
"Resources": {
  "type": "object", "additionalProperties": false,
  "required": ["cpu", "memory_gib", "storage_gib"],
  "properties": {
    "cpu": {"type": "number"}, "memory_gib": {"type": "number"}, "storage_gib": {"type": "number"}
  }
},
"CourseRequest": {
  "type": "object", "additionalProperties": false,
  "required": ["slug", "name", "starts_at", "expected_participants", "resources", "environment"],
  "properties": {
    "slug": {"type": "string", "pattern": "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$",
             "minLength": 3, "maxLength": 63},
    "name": {"type": "string", "minLength": 3, "maxLength": 63},
    "description": {"type": ["string", "null"], "maxLength": 2048},
    "starts_at": {"type": "string", "format": "date-time"},
    "ends_at": {"type": ["string", "null"], "format": "date-time",
                "description": "null or absent: a standing hub"},
    "expected_participants": {"type": "integer", "minimum": 1,
                              "description": "how many may be accepted at most"},
    "resources": {"$ref": "#/components/schemas/Resources"},
    "environment": {"type": "string"},
    "image": {"type": ["string", "null"], "maxLength": 512,
              "description": "a container image instead of the environment's, where that is allowed"},
    "target": {"type": ["string", "null"], "default": "local"},
    "shared_folder": {"type": "boolean", "default": false,
                      "description": "whether everybody in the course may write in a part of its folder"}
  }
},
"CourseState": {
  "type": "string",
  "enum": ["pending", "accepted", "rejected", "canceled", "deploying", "deployed", "degrading",
           "degraded", "failed"]
},
"ApplicationState": {"type": "string", "enum": ["pending", "accepted", "rejected"]},
"Deployment": {
  "type": "object", "additionalProperties": false,
  "required": ["id", "kind", "state", "started_at", "deadline", "finished_at", "message"],
  "properties": {
    "id": {"type": "string"},
    "kind": {"type": "string", "enum": ["deploy", "degrade"]},
    "state": {"type": "string", "enum": ["running", "succeeded", "failed"]},
    "started_at": {"type": "string", "format": "date-time"},
    "deadline": {"type": "string", "format": "date-time"},
    "finished_at": {"type": ["string", "null"], "format": "date-time"},
    "message": {"type": ["string", "null"]}
  }
},
"CourseMe": {
  "type": "object", "additionalProperties": false, "required": ["leader", "participant", "may"],
  "properties": {
    "leader": {"type": "boolean"},
    "participant": {"anyOf": [{"$ref": "#/components/schemas/ApplicationState"},
                              {"type": "null"}]},
    "may": {"type": "array", "items": {
      "type": "string",
      "enum": ["accept", "reject", "cancel", "deploy", "degrade", "redeploy", "invite", "apply",
               "admit", "enter", "export", "manage"]}}
  }
},
"Course": {
  "type": "object", "additionalProperties": false,
  "required": ["slug", "name", "description", "starts_at", "ends_at", "expected_participants",
               "resources", "environment", "image", "target", "shared_folder", "folder_export", "state",
               "state_since", "reason", "wanted", "leaders", "requested_by", "created_at", "updated_at", "hub_url", "deployment",
               "participants", "me"],
  "properties": {
    "slug": {"type": "string"},
    "name": {"type": "string"},
    "description": {"type": "string"},
    "starts_at": {"type": "string", "format": "date-time"},
    "ends_at": {"type": ["string", "null"], "format": "date-time"},
    "expected_participants": {"type": "integer"},
    "resources": {"$ref": "#/components/schemas/Resources"},
    "environment": {"type": "string"},
    "image": {"type": ["string", "null"],
              "description": "the image it names instead of the environment's, spelled in full"},
    "target": {"type": "string"},
    "shared_folder": {"type": "boolean",
                      "description": "everybody in it may write in a part of the course folder"},
    "folder_export": {"anyOf": [{"$ref": "#/components/schemas/FolderExport"}, {"type": "null"}]},
    "state": {"$ref": "#/components/schemas/CourseState"},
    "state_since": {"type": "string", "format": "date-time"},
    "reason": {"type": ["string", "null"],
               "description": "why it was rejected, canceled or failed"},
    "wanted": {"type": ["string", "null"], "enum": ["deploy", "degrade", null],
               "description": "what the dispatcher was asked to do next"},
    "leaders": {"type": "array", "items": {"type": ["string", "null"]}},
    "requested_by": {"type": ["string", "null"]},
    "created_at": {"type": "string", "format": "date-time"},
    "updated_at": {"type": "string", "format": "date-time"},
    "hub_url": {"type": ["string", "null"]},
    "deployment": {"anyOf": [{"$ref": "#/components/schemas/Deployment"}, {"type": "null"}]},
    "participants": {
      "type": "object", "additionalProperties": false, "required": ["accepted", "pending"],
      "properties": {"accepted": {"type": "integer"}, "pending": {"type": "integer"}}
    },
    "me": {"$ref": "#/components/schemas/CourseMe"}
  }
},
"Rejection": {
  "type": "object", "additionalProperties": false, "required": ["reason"],
  "properties": {"reason": {"type": "string", "minLength": 1, "maxLength": 2048}}
},
"AllowedImages": {
  "type": "object", "additionalProperties": false, "required": ["environments"],
  "properties": {"environments": {
    "type": "array", "description": "those in which a course may name an image", "items": {
      "type": "object", "additionalProperties": false, "required": ["environment", "allowed"],
      "properties": {
        "environment": {"type": "string"},
        "allowed": {"type": "array", "items": {"type": "string"},
                    "description": "patterns, as quay.io/jupyter/*"}
      }}
  }}
},
"SlugAnswer": {
  "type": "object", "additionalProperties": false, "required": ["available", "problem"],
  "properties": {"available": {"type": "boolean"}, "problem": {"type": ["string", "null"]}}
},
"Invitation": {
  "type": "object", "additionalProperties": false, "required": ["code", "url"],
  "properties": {"code": {"type": "string"}, "url": {"type": "string"}}
},
"OpenedInvitation": {
  "type": "object", "additionalProperties": false, "required": ["course", "me"],
  "properties": {
    "course": {
      "type": "object", "additionalProperties": false,
      "required": ["slug", "name", "description", "starts_at", "ends_at", "leaders", "open"],
      "properties": {
        "slug": {"type": "string"},
        "name": {"type": "string"},
        "description": {"type": "string"},
        "starts_at": {"type": "string", "format": "date-time"},
        "ends_at": {"type": ["string", "null"], "format": "date-time"},
        "leaders": {"type": "array", "items": {"type": "string"}},
        "open": {"type": "boolean", "description": "whether it takes applications now"}
      }
    },
    "me": {
      "type": "object", "additionalProperties": false, "required": ["application", "leader"],
      "properties": {
        "application": {"anyOf": [{"$ref": "#/components/schemas/ApplicationState"},
                                  {"type": "null"}]},
        "leader": {"type": "boolean"}
      }
    }
  }
},
"MadeApplication": {
  "type": "object", "additionalProperties": false,
  "required": ["username", "course", "state", "applied_at"],
  "properties": {
    "username": {"type": "string"},
    "course": {"type": "string"},
    "state": {"$ref": "#/components/schemas/ApplicationState"},
    "applied_at": {"type": "string", "format": "date-time"}
  }
},
"Participant": {
  "type": "object", "additionalProperties": false,
  "required": ["username", "display_name", "email", "state", "applied_at", "decided_at",
               "decided_by", "server", "export"],
  "properties": {
    "username": {"type": "string"},
    "display_name": {"type": "string"},
    "email": {"type": "string"},
    "state": {"$ref": "#/components/schemas/ApplicationState"},
    "applied_at": {"type": "string", "format": "date-time"},
    "decided_at": {"type": ["string", "null"], "format": "date-time"},
    "decided_by": {"type": ["string", "null"]},
    "server": {"anyOf": [{"$ref": "#/components/schemas/ParticipantServer"}, {"type": "null"}]},
    "export": {"anyOf": [{"$ref": "#/components/schemas/Export"}, {"type": "null"}]}
  }
},
"ParticipantServer": {
  "type": "object", "additionalProperties": false, "required": ["state", "last_activity", "url"],
  "properties": {
    "state": {"type": "string",
              "enum": ["stopped", "queued", "starting", "running", "stopping", "failed"]},
    "last_activity": {"type": ["string", "null"], "format": "date-time"},
    "url": {"type": "string"}
  }
},
"Server": {
  "type": "object", "additionalProperties": false,
  "required": ["state", "state_since", "message", "log_tail", "last_activity", "url"],
  "properties": {
    "state": {"type": "string",
              "enum": ["stopped", "queued", "starting", "running", "stopping", "failed"]},
    "state_since": {"type": ["string", "null"], "format": "date-time",
                    "description": "null: it was never started"},
    "message": {"type": ["string", "null"], "description": "why it failed or was stopped"},
    "log_tail": {"type": ["string", "null"],
                 "description": "the last lines of its log, when it failed"},
    "last_activity": {"type": ["string", "null"], "format": "date-time"},
    "url": {"type": "string"}
  }
},
"Visits": {
  "type": "object", "additionalProperties": false,
  "required": ["items"],
  "properties": {
    "items": {"type": "array", "items": {
      "type": "object", "additionalProperties": false,
      "required": ["at", "visitor", "server"],
      "properties": {
        "at": {"type": "string", "format": "date-time"},
        "visitor": {"type": "string"},
        "server": {"type": "string", "description": "empty: the default one"}
      }
    }}
  }
},
"FolderExport": {
  "type": "object", "additionalProperties": false,
  "required": ["bytes", "files", "sha256", "created_at", "verified_at"],
  "properties": {
    "bytes": {"type": "integer"},
    "files": {"type": "integer"},
    "sha256": {"type": "string"},
    "created_at": {"type": "string", "format": "date-time"},
    "verified_at": {"type": ["string", "null"], "format": "date-time"}
  }
},
"Export": {
  "type": "object", "additionalProperties": false,
  "required": ["username", "bytes", "files", "sha256", "created_at", "verified_at"],
  "properties": {
    "username": {"type": "string"},
    "bytes": {"type": "integer"},
    "files": {"type": "integer"},
    "sha256": {"type": "string"},
    "created_at": {"type": "string", "format": "date-time"},
    "verified_at": {"type": ["string", "null"], "format": "date-time"}
  }
}
})json");
}

}  // namespace carrel

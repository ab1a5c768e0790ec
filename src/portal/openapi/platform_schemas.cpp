#include "portal/openapi/openapi.hpp"

namespace carrel {

nlohmann::json platform_schemas() {
    return nlohmann::json::parse(R"json({
"Problem": {
  "type": "object", "additionalProperties": false,
  "required": ["type", "title", "status", "detail", "request"],
  "properties": {
    "type": {"type": "string", "pattern": "^urn:carrel:problem:"},
    "title": {"type": "string"},
    "status": {"type": "integer"},
    "detail": {"type": "string"},
    "field": {"type": "string", "description": "the input field that was wrong"},
    "admission": {"type": "string", "enum": ["denied", "not_listed"],
      "description": "of urn:carrel:problem:not-admitted: what the lists of who may in say"},
    "contact": {"type": "string", "description": "likewise: whom to ask; may be empty"},
    "request": {"type": "string", "description": "names the request in the log"}
  }
},
"Event": {
  "type": "object", "additionalProperties": false,
  "required": ["id", "at", "kind", "actor", "subject", "message", "detail"],
  "properties": {
    "id": {"type": "integer"},
    "at": {"type": "string", "format": "date-time"},
    "kind": {"type": "string"},
    "actor": {"type": ["string", "null"], "description": "who did it; null: the platform"},
    "subject": {"type": ["string", "null"], "description": "to whom it was done"},
    "message": {"type": "string"},
    "detail": {"type": "object"}
  }
},
"AuditEvent": {
  "type": "object", "additionalProperties": false,
  "required": ["id", "at", "kind", "course", "actor", "subject", "message", "detail"],
  "properties": {
    "id": {"type": "integer"},
    "at": {"type": "string", "format": "date-time"},
    "kind": {"type": "string"},
    "course": {"type": ["string", "null"], "description": "slug"},
    "actor": {"type": ["string", "null"]},
    "subject": {"type": ["string", "null"]},
    "message": {"type": "string"},
    "detail": {"type": "object"}
  }
},
"Range": {
  "type": "object", "additionalProperties": false, "required": ["min", "max", "default"],
  "properties": {
    "min": {"type": "number"}, "max": {"type": "number"}, "default": {"type": "number"}
  }
},
"Length": {
  "type": "object", "additionalProperties": false,
  "properties": {"min": {"type": "integer"}, "max": {"type": "integer"}}
},
"Isolation": {
  "type": "object", "additionalProperties": false, "required": ["level", "notices"],
  "properties": {
    "level": {"type": "string", "enum": ["full", "partial", "none"]},
    "notices": {"type": "array", "items": {"type": "string"}}
  }
},
"Options": {
  "type": "object", "additionalProperties": false,
  "required": ["environments", "logins", "mail", "contact", "targets", "limits", "hub",
               "isolation", "version"],
  "properties": {
    "environments": {"type": "array", "items": {
      "type": "object", "additionalProperties": false,
      "required": ["name", "title", "description", "default_url"],
      "properties": {
        "name": {"type": "string"},
        "title": {"type": "string"},
        "description": {"type": "string"},
        "default_url": {"type": "string"}
      }
    }},
    "logins": {"type": "array", "description": "accounts elsewhere to log in with", "items": {
      "type": "object", "additionalProperties": false, "required": ["name", "title", "sign_up", "kind"],
      "properties": {
        "name": {"type": "string"},
        "title": {"type": "string"},
        "sign_up": {"type": "boolean", "description": "whether it makes accounts for new people"},
        "kind": {"type": "string", "enum": ["provider", "directory"],
          "description": "provider: at /login/{name}; directory: name and password are typed here"}
      }
    }},
    "mail": {"type": "boolean", "description": "whether it sends mail: new passwords, confirmed addresses"},
    "contact": {"type": ["string", "null"], "description": "whom to ask who is not let in"},
    "targets": {"type": "array", "items": {"type": "string"}},
    "limits": {
      "type": "object", "additionalProperties": false,
      "required": ["cpu", "memory_gib", "storage_gib", "participants", "name", "slug",
                   "description", "start_within_days", "password"],
      "properties": {
        "cpu": {"$ref": "#/components/schemas/Range"},
        "memory_gib": {"$ref": "#/components/schemas/Range"},
        "storage_gib": {"$ref": "#/components/schemas/Range"},
        "participants": {"$ref": "#/components/schemas/Range"},
        "name": {"$ref": "#/components/schemas/Length"},
        "slug": {"$ref": "#/components/schemas/Length"},
        "description": {"$ref": "#/components/schemas/Length"},
        "start_within_days": {"type": "integer"},
        "password": {"$ref": "#/components/schemas/Length"}
      }
    },
    "hub": {
      "type": "object", "additionalProperties": false,
      "required": ["named_servers", "root_course"],
      "properties": {
        "named_servers": {"type": "integer"},
        "root_course": {"type": ["string", "null"]}
      }
    },
    "isolation": {"$ref": "#/components/schemas/Isolation"},
    "version": {"type": "string"}
  }
},
"MachineSize": {
  "type": "object", "additionalProperties": false,
  "required": ["cpu", "memory_gib", "storage_gib"],
  "properties": {
    "cpu": {"type": "number"},
    "memory_gib": {"type": "number"},
    "storage_gib": {"type": "number"}
  }
},
"Plan": {
  "type": "object", "additionalProperties": false,
  "required": ["at_once", "needs", "machine", "carries", "fits"],
  "properties": {
    "at_once": {"type": "integer", "description": "how many are thought to work at once"},
    "needs": {"$ref": "#/components/schemas/MachineSize"},
    "machine": {"$ref": "#/components/schemas/MachineSize"},
    "carries": {
      "type": "object", "additionalProperties": false, "required": ["at_once", "homes", "scarce"],
      "properties": {
        "at_once": {"type": "integer", "description": "servers that each use all they may"},
        "homes": {"type": "integer"},
        "scarce": {"type": "string", "enum": ["cpu", "memory"]}
      }
    },
    "fits": {"type": "boolean"}
  }
},
"Overview": {
  "type": "object", "additionalProperties": false,
  "required": ["courses", "servers", "users", "machine", "isolation", "one_origin", "root_course",
               "version", "uptime_seconds"],
  "properties": {
    "courses": {"type": "object", "additionalProperties": {"type": "integer"}},
    "servers": {
      "type": "object", "additionalProperties": false,
      "required": ["running", "starting", "queued"],
      "properties": {
        "running": {"type": "integer"},
        "starting": {"type": "integer"},
        "queued": {"type": "integer"}
      }
    },
    "users": {"type": "integer"},
    "machine": {
      "type": "object", "additionalProperties": false,
      "required": ["cpus", "memory_bytes", "memory_available_bytes", "disk_free_bytes", "load"],
      "properties": {
        "cpus": {"type": "integer"},
        "memory_bytes": {"type": "integer"},
        "memory_available_bytes": {"type": "integer"},
        "disk_free_bytes": {"type": "integer"},
        "load": {"type": "array", "items": {"type": "number"}}
      }
    },
    "isolation": {"$ref": "#/components/schemas/Isolation"},
    "version": {"type": "string"},
    "one_origin": {
      "type": "boolean",
      "description": "Browsers keep servers apart neither from each other nor from these pages"
    },
    "root_course": {
      "oneOf": [{"type": "null"}, {
        "type": "object", "additionalProperties": false, "required": ["slug", "problem"],
        "properties": {
          "slug": {"type": "string"},
          "problem": {
            "enum": ["missing", "ends"],
            "description": "There is no such course, or it is no standing hub and will end"
          }
        }
      }],
      "description": "What is wrong with the course whose hub is to be at /; null when nothing is"
    },
    "uptime_seconds": {"type": "integer"}
  }
},
"OpenApiDocument": {"type": "object"}
})json");
}

}  // namespace carrel

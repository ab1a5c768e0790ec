#pragma once

/// What happened, when, by whom: a course's timeline and the platform's audit log are the same
/// rows.

#include "base/clock.hpp"
#include "base/id.hpp"

#include <optional>
#include <string>

namespace carrel {

struct Event {
    long long id = 0;  ///< ascending; given by the store
    Time at;
    std::string kind;  ///< fixed names: "course_accepted", "server_started", "server_entered", …
    std::optional<CourseId> course;
    std::string actor;          ///< user name; empty: the platform itself
    std::string subject;        ///< the user it was done to; may be empty
    std::string message;        ///< one sentence for a human
    std::string detail = "{}";  ///< JSON object
};

/// A side effect that must happen after its transaction, at least once: a mail, a route.
struct OutboxItem {
    long long id = 0;
    std::string kind;
    std::string payload;  ///< JSON
    Time created_at;
    Time due_at;  ///< not before; moved on by each failed attempt
    int attempts = 0;
};

}  // namespace carrel

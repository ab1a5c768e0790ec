#pragma once

/// Letting somebody into a server of one's own, in JupyterHub's manner.

#include "base/clock.hpp"
#include "base/id.hpp"

#include <optional>
#include <string>

namespace carrel {

/// One person of a course may enter one server of another one, until it is taken back.
struct HubShare {
    CourseId course;
    UserId owner;
    std::string server;  ///< its name; "" is the default one
    UserId user;         ///< who is let in
    Time created_at;
};

/// The same for whoever is in a group of the course, as long as they are.
struct HubGroupShare {
    CourseId course;
    UserId owner;
    std::string server;
    std::string group;  ///< its name
    Time created_at;
};

/// Whoever of the course has the code gets a share by it. The store has only its hash.
struct HubShareCode {
    long long id = 0;  ///< ascending; given by the store; "sc_7" to the outside
    std::string hash;
    CourseId course;
    UserId owner;
    std::string server;
    long long exchange_count = 0;  ///< how often it was used
    Time created_at;
    Time expires_at;
    std::optional<Time> exchanged_at;  ///< last
};

}  // namespace carrel

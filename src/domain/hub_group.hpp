#pragma once

/// Groups and services of one course's hub, in JupyterHub's manner: rows that its REST API makes.
/// Plain values.

#include "base/clock.hpp"
#include "base/id.hpp"

#include <string>

namespace carrel {

/// People of one course under one name. Who is in it is kept beside it.
struct HubGroup {
    CourseId course;
    std::string name;
    std::string properties = "{}";  ///< a JSON object, of whoever made the group
    std::string roles;              ///< inherited by its members; separated by spaces
    Time created_at;
};

/// A program beside the hub that was made known by the REST API; those of the configuration have
/// no row.
struct HubService {
    CourseId course;
    std::string name;
    bool administrator = false;  ///< has the role "admin" in this hub
    std::string url;             ///< where its route leads; empty: it has none
    std::string redirect_uri;    ///< of its OAuth client; empty: the usual one
    bool no_confirm = false;     ///< visitors are not asked before it learns who they are
    bool display = true;         ///< is shown to people
    std::string info = "{}";     ///< a JSON object, of whoever made it
    Time created_at;
};

}  // namespace carrel

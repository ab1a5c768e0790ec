#pragma once

/// What a server is told as its OAuth client's id. JupyterHub's servers name their cookie by it,
/// and where cookies are bound to a host that cookie is on "/": the servers of one person in
/// several courses, which are on one origin, would push each other's log-in out. So the course is
/// in it there; the hub of the course takes it off again. Pure.

#include <string>
#include <string_view>

namespace carrel::jupyterhub {

/// "jupyterhub-user-ada*bio": no name has a "*" in an id, since there it is escaped.
[[nodiscard]] std::string told_client(std::string_view client, std::string_view slug);

/// The client that a server of this course means, whichever it was told.
[[nodiscard]] std::string client_meant(std::string_view told, std::string_view slug);

}  // namespace carrel::jupyterhub

#pragma once

/// The variables that a compose file of Carrel's gives it (deploy/docker/.env.example), as
/// settings.
///
/// Names that people know from jupyterhub-deploy-docker become variables of ours, and what a
/// compose file leaves empty was not given. Read where CARREL_VARIABLES is "compose", as in our
/// image: elsewhere such names belong to other programs. Pure; any thread.

#include <map>
#include <string>

namespace carrel {

/// The CARREL_ variables that all of a process's variables amount to. One of ours that is given
/// wins over another's name for it.
[[nodiscard]] std::map<std::string, std::string> translate_compose_variables(
    std::map<std::string, std::string> const& all);

}  // namespace carrel

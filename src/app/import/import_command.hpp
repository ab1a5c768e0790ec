#pragma once

/// `carrel import-jupyterhub`: takes over the people of a JupyterHub into a course.

#include "app/commands.hpp"

namespace carrel {

struct JupyterHubImport {
    std::string database;
    std::string course;
    std::string names;         ///< a file; empty: nobody gets another name
    std::string passwords_to;  ///< a file that is made; empty: nobody gets a password
    std::string admins = "participants";
    bool apply = false;  ///< otherwise it only says what would happen
};

Result<> import_jupyterhub(SettingsFlags const& flags, JupyterHubImport const& wanted);

}  // namespace carrel

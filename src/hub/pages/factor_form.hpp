#pragma once

/// The form for the second step of a log-in at a hub, for whoever has no scripts. Pure; any thread.

#include "auth/login_steps.hpp"
#include "hub/pages/html_page.hpp"

#include <string>

namespace carrel::jupyterhub {

struct FactorForm {
    SecondStep step;
    std::string action;  ///< where it is posted to
    std::string token;   ///< its `_xsrf`
    /// The page of the UI that can ask a security key, which takes a script.
    std::string key_page;
    std::string start_again;  ///< the log-in form
};

enum class FactorComplaint { None, Wrong, Limited, Expired };

[[nodiscard]] http::Response factor_page(FactorForm const& form, FactorComplaint complaint,
                                         Language language);

}  // namespace carrel::jupyterhub

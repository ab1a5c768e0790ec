#pragma once

/// Users as JSON text, one after the other: what a list of thousands costs is what is written for
/// each. Confined to the control thread, whose servers it shows.

#include "hub/jupyterhub/models.hpp"

#include <optional>
#include <string>

namespace carrel::jupyterhub {

class UserList {
public:
    /// The caller outlives it.
    explicit UserList(Caller const& caller, size_t expected = 1);
    /// What the caller may see of them.
    void add(Person const& person);
    /// "[…]": the list, which ends with that.
    [[nodiscard]] std::string take() &&;

private:
    /// What of somebody the caller may see.
    struct Sight {
        bool name = false;
        bool groups = false;
        bool roles = false;
        bool user = false;
        bool activity = false;
        bool auth_state = false;
        bool servers = false;
    };
    static Sight sight_of(Caller const& caller, std::string const& user);
    static std::optional<Sight> sight_of_everybody(Caller const& caller);
    void add_servers(Person const& person, Sight const& sight, class JsonObject& object) const;

    Caller const& caller_;
    std::optional<Sight> everybody_;  ///< nothing: it depends on who it is
    std::string text_ = "[";
};

}  // namespace carrel::jupyterhub

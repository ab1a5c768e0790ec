#pragma once

/// Users as JSON text, one after the other: what a list of thousands costs is what is written for
/// each. For one thread at a time; whoever has servers is shown on the control thread, whose they
/// are, and may be left a place until then.

#include "hub/jupyterhub/models.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace carrel::jupyterhub {

class UserList {
public:
    /// The caller outlives it. `expected` is how many come, if that is known; `opening` stands
    /// before the list.
    explicit UserList(Caller const& caller, size_t expected = 1, std::string_view opening = {});
    /// What the caller may see of them.
    void add(Person const& person);
    /// Keeps the place of somebody for `fill`.
    void leave_place(Person person);
    /// Shows those for whom a place was left, once `complete` has added what was missing.
    void fill(std::function<void(Person&)> const& complete);
    /// The opening and "[…]": the list, which ends with that. No place is left in it any more.
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
    void add_servers(Person const& person, Sight const& sight, class JsonObject& object);

    struct Gap {
        size_t at = 0;
        Person person;
    };

    Caller const& caller_;
    std::optional<Sight> everybody_;  ///< nothing: it depends on who it is
    std::string text_;                ///< with a comma after each
    std::vector<Gap> gaps_;           ///< from left to right
};

}  // namespace carrel::jupyterhub

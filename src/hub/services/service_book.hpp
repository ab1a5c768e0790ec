#pragma once

/// Services: programs beside a course's hub that use its REST API, and may have pages of their own
/// under /c/{slug}/services/{name}/. Those of the configuration are in the book; those that
/// somebody made known by the REST API are in the store, and are found with it.
///
/// Constant once made; any thread. Owned by `Hub`.

#include "domain/hub_group.hpp"
#include "domain/hub_paths.hpp"
#include "store/transaction.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace carrel {

struct Service {
    std::string name;
    std::string url = {};         ///< where its route leads; empty: it has none
    std::string token_hash = {};  ///< of its token in the configuration; empty: none is there
    bool administrator = false;   ///< has the role "admin" in the hub
    std::vector<std::string> roles = {};
    std::vector<std::string> command = {};  ///< managed: the hub runs it; empty: somebody else does
    std::filesystem::path folder = {};      ///< in which it runs; empty: one of its own
    std::map<std::string, std::string> variables = {};
    std::string redirect_uri = {};  ///< of its OAuth client; empty: the usual one
    /// What its OAuth client may ask visitors for, beside who they are.
    std::vector<std::string> client_scopes = {};
    bool no_confirm = false;  ///< visitors are not asked before it learns who they are
    bool display = true;      ///< is shown to people
    std::string info = "{}";  ///< a JSON object, of whoever made it
    std::vector<std::string> courses = {};  ///< whose hubs have it; empty: all
    bool configured = true;                 ///< else it was made known by the REST API
    unsigned account = 0;                   ///< a number for its own account, when managed

    [[nodiscard]] bool is_managed() const { return !command.empty(); }
    [[nodiscard]] bool is_of(std::string_view slug) const;
};

/// "service-cull", its OAuth client.
[[nodiscard]] std::string service_client(std::string_view name);
/// What `secret` is kept as, with all the rights that its service has.
[[nodiscard]] HubToken service_token(CourseId const& course, std::string const& name,
                                     std::string_view secret, Time now);
/// Where it takes a visitor's code.
[[nodiscard]] std::string service_callback(HubPaths const& paths, std::string_view slug,
                                           Service const& service);
/// `[a-z0-9._-]`, 1 to 63, a letter or digit first.
[[nodiscard]] bool is_service_name(std::string_view name);

class ServiceBook {
public:
    ServiceBook() = default;
    explicit ServiceBook(std::vector<Service> services);
    /// A book of none.
    [[nodiscard]] static ServiceBook const& none();

    /// Null when the configuration has none of that name for this course.
    [[nodiscard]] Service const* configured(std::string_view slug, std::string_view name) const;
    /// Whose token of the configuration this is; null: nobody's.
    [[nodiscard]] Service const* by_token(std::string_view slug, std::string_view secret) const;
    [[nodiscard]] std::vector<Service> const& all() const { return services_; }

    /// One of the configuration or of the store. NotFound.
    [[nodiscard]] Result<Service> find(Transaction& transaction, Course const& course,
                                       std::string_view name) const;
    /// All of a course, by name.
    [[nodiscard]] Result<std::vector<Service>> of_course(Transaction& transaction,
                                                         Course const& course) const;

private:
    std::vector<Service> services_;
};

/// A row of the store as a service.
[[nodiscard]] Service to_service(HubService const& row);

}  // namespace carrel

#include "config/compose_variables.hpp"

#include <string_view>

namespace carrel {

namespace {

constexpr std::string_view ours = "CARREL_";

class Translation {
public:
    explicit Translation(std::map<std::string, std::string> const& all) : all_(all) {
        for (auto const& [name, value] : all)
            if (name.starts_with(ours) && !value.empty()) result_.emplace(name, value);
    }

    std::map<std::string, std::string> run() {
        set("CARREL_SERVER_DOMAIN", host_of(given("OAUTH_CALLBACK_URL")));
        set("CARREL_SERVER_TLS_CERT", given("SSL_CERT"));
        set("CARREL_SERVER_TLS_KEY", given("SSL_KEY"));
        if (!result_.contains("CARREL_SERVER_TLS_CERT")) set("CARREL_SERVER_TLS", "self-signed");
        add_logins();
        add_notebook();
        return std::move(result_);
    }

private:
    [[nodiscard]] std::string given(std::string const& name) const {
        auto const found = all_.find(name);
        return found == all_.end() ? "" : found->second;
    }

    void set(std::string const& name, std::string const& value) {
        if (!value.empty()) result_.emplace(name, value);
    }

    /// "hub.example.org" of "https://hub.example.org/hub/oauth_callback".
    static std::string host_of(std::string_view url) {
        auto const scheme = url.find("://");
        if (scheme == std::string_view::npos) return {};
        url.remove_prefix(scheme + 3);
        return std::string(url.substr(0, url.find_first_of("/:?#")));
    }

    void add_login(std::string const& name, std::string const& id, std::string const& secret) {
        set("CARREL_LOGINS_" + name + "_CLIENT_ID", id);
        set("CARREL_LOGINS_" + name + "_CLIENT_SECRET", secret);
    }

    void add_logins() {
        if (auto const id = given("GITHUB_CLIENT_ID"); !id.empty()) {
            set("CARREL_LOGINS_GITHUB_KIND", "github");
            add_login("GITHUB", id, given("GITHUB_CLIENT_SECRET"));
        }
        auto const id = given("OAUTH_CLIENT_ID");
        if (id.empty()) return;
        if (auto const tenant = given("AUTH0_SUBDOMAIN"); !tenant.empty()) {
            set("CARREL_LOGINS_AUTH0_PRESET", "auth0");
            set("CARREL_LOGINS_AUTH0_ISSUER", "https://" + tenant + ".auth0.com");
            add_login("AUTH0", id, given("OAUTH_CLIENT_SECRET"));
        } else {
            set("CARREL_LOGINS_OIDC_KIND", "oidc");
            set("CARREL_LOGINS_OIDC_ISSUER", given("OIDC_ISSUER"));
            add_login("OIDC", id, given("OAUTH_CLIENT_SECRET"));
        }
    }

    void add_notebook() {
        auto const image = given("DOCKER_NOTEBOOK_IMAGE");
        if (image.empty()) return;
        set("CARREL_ENVIRONMENTS_NOTEBOOK_IMAGE", image);
        auto const command = given("DOCKER_SPAWN_CMD");
        set("CARREL_ENVIRONMENTS_NOTEBOOK_TITLE", "JupyterLab");
        // As JupyterHub's spawners run it: the server asks the hub who may in.
        if (command.contains("singleuser")) set("CARREL_ENVIRONMENTS_NOTEBOOK_KIND", "jupyterhub");
        set("CARREL_ENVIRONMENTS_NOTEBOOK_COMMAND",
            command.empty() ? "jupyter lab --no-browser --ServerApp.sock={socket} "
                              "--ServerApp.base_url={base_url} --ServerApp.root_dir={home} "
                              "--ServerApp.allow_remote_access=True"
                            : command);
    }

    std::map<std::string, std::string> const& all_;
    std::map<std::string, std::string> result_;
};

}  // namespace

std::map<std::string, std::string> translate_compose_variables(
    std::map<std::string, std::string> const& all) {
    return Translation(all).run();
}

}  // namespace carrel

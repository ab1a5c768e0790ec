#include "spawn/docker/registry_logins.hpp"

#include "base/base64.hpp"
#include "base/encoding.hpp"
#include "base/text.hpp"

#include <nlohmann/json.hpp>

#include <fstream>
#include <iterator>

namespace carrel {

using nlohmann::json;

namespace {

std::string text_in(json const& object, char const* name) {
    if (!object.is_object()) return {};
    auto const found = object.find(name);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// "https://index.docker.io/v1/" is how `docker login` names Docker's own registry; others have a
/// host and a port, or a whole address from earlier times.
std::string registry_of(std::string_view key) {
    auto const scheme = key.find("://");
    if (scheme != std::string_view::npos) key.remove_prefix(scheme + 3);
    auto host = to_lower(key.substr(0, key.find('/')));
    return host == "index.docker.io" || host == "registry-1.docker.io" ? "docker.io" : host;
}

/// base64 of JSON in the alphabet of addresses, padded: as the engine reads it.
std::string told(json const& login) {
    auto text = to_base64url(login.dump(-1, ' ', false, json::error_handler_t::replace));
    return text.append((4 - text.size() % 4) % 4, '=');
}

}  // namespace

Result<std::map<std::string, std::string>> RegistryLogins::read() const {
    std::map<std::string, std::string> logins;
    if (file_.empty()) return logins;
    std::ifstream input(file_);
    std::string const content(std::istreambuf_iterator<char>(input), {});
    if (!input.is_open() || input.bad())
        return fail(Code::InvalidArgument, "the log-ins for registries in {} cannot be read",
                    file_.string());
    auto const document = json::parse(content, nullptr, false);
    auto const auths = document.is_object() ? document.find("auths") : document.end();
    if (!document.is_object() || auths == document.end() || !auths->is_object())
        return fail(Code::InvalidArgument,
                    "{} has no log-ins for registries; it has to be a file as `docker login` "
                    "writes it",
                    file_.string());
    for (auto const& [key, entry] : auths->items()) {
        json login{{"serveraddress", key}};
        auto const pair = from_base64(text_in(entry, "auth"));
        auto const colon = pair ? pair->find(':') : std::string::npos;
        auto const identity = text_in(entry, "identitytoken");
        if (colon == std::string::npos && identity.empty())
            return fail(Code::InvalidArgument,
                        "{} has no password for {}; where a credential helper keeps it, Carrel "
                        "cannot read it",
                        file_.string(), for_log(key));
        if (!identity.empty()) {
            login["identitytoken"] = identity;
        } else {
            login["username"] = pair->substr(0, colon);
            login["password"] = pair->substr(colon + 1);
        }
        logins[registry_of(key)] = told(login);
    }
    return logins;
}

Result<> RegistryLogins::check() const {
    TRY_VOID(read());
    return {};
}

Result<std::string> RegistryLogins::of(ImageReference const& image) const {
    TRY(auto const logins, read());
    auto const repository = image.full_repository();
    auto const found = logins.find(repository.substr(0, repository.find('/')));
    return found == logins.end() ? std::string() : found->second;
}

}  // namespace carrel

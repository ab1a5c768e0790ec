#include "proxy/tls/setup.hpp"

#include "runtime/log.hpp"

namespace carrel::proxy {

namespace {

std::vector<std::filesystem::path> files_of(ServerTls const& options) {
    std::vector<std::filesystem::path> files = {options.ca, options.dh_parameters};
    for (auto const& each : options.certificates)
        files.insert(files.end(), {each.certificate, each.key, each.ocsp});
    std::erase(files, "");
    return files;
}

std::vector<std::filesystem::path> files_of(ClientTls const& options) {
    std::vector<std::filesystem::path> files = {options.ca, options.certificate.certificate,
                                                options.certificate.key};
    std::erase(files, "");
    return files;
}

}  // namespace

TlsSetup::TlsSetup(Options const& options, Clock const& clock, Users users)
    : options_(options), tickets_(clock, random_), users_(std::move(users)) {}

Result<std::unique_ptr<TlsSetup>> TlsSetup::create(Options const& options, Clock const& clock,
                                                   Users users) {
    std::unique_ptr<TlsSetup> setup(new TlsSetup(options, clock, std::move(users)));
    TRY_VOID(setup->load_public());
    TRY_VOID(setup->load_api());
    TRY_VOID(setup->load_upstream());
    TRY(setup->watch_, FileWatch::create(setup->groups(), {}));
    return setup;
}

void TlsSetup::start() { watch_->start(); }

void TlsSetup::reload() { watch_->report_all(); }

Result<> TlsSetup::load_public() {
    if (!options_.tls.enabled()) return {};
    TRY(auto server, TlsServer::load(options_.tls, tickets_));
    users_.workers(std::move(server));
    return {};
}

Result<> TlsSetup::load_api() {
    if (!options_.api_tls.enabled()) return {};
    TRY(auto server, TlsServer::load(options_.api_tls, tickets_));
    users_.api(std::move(server));
    return {};
}

Result<> TlsSetup::load_upstream() {
    TRY(auto client, TlsClient::load(options_.upstream_tls));
    users_.workers(std::move(client));
    return {};
}

void TlsSetup::load_again(char const* what, Result<> (TlsSetup::*load)()) {
    if (auto const loaded = (this->*load)(); !loaded)
        log::error("certificates_kept", {{"side", what},
                                         {"reason", loaded.error().message},
                                         {"hint", "the old ones stay in use"}});
    else
        log::info("certificates_loaded", {{"side", what}});
}

std::vector<FileWatch::Group> TlsSetup::groups() {
    std::vector<FileWatch::Group> all;
    if (options_.tls.enabled())
        all.push_back({.files = files_of(options_.tls),
                       .changed = [this] { load_again("public", &TlsSetup::load_public); }});
    if (options_.api_tls.enabled())
        all.push_back({.files = files_of(options_.api_tls),
                       .changed = [this] { load_again("api", &TlsSetup::load_api); }});
    if (auto files = files_of(options_.upstream_tls); !files.empty())
        all.push_back({.files = std::move(files),
                       .changed = [this] { load_again("upstream", &TlsSetup::load_upstream); }});
    return all;
}

}  // namespace carrel::proxy

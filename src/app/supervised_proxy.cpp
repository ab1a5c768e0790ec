#include "app/supervised_proxy.hpp"

#include "base/encoding.hpp"
#include "runtime/log.hpp"

#include <algorithm>
#include <csignal>

namespace carrel {

namespace {

std::vector<std::string> arguments_for(Supervised const& what) {
    std::vector<std::string> all = {"--ip",
                                    what.settings.server.ip,
                                    "--port",
                                    std::to_string(what.settings.server.port),
                                    "--api-socket",
                                    what.folders.proxy_socket().string(),
                                    "--default-target",
                                    socket_url(what.folders.control_socket()),
                                    "--port-file",
                                    what.folders.port_file().string(),
                                    "--handover-socket",
                                    what.folders.handover_socket().string(),
                                    "--routes-file",
                                    what.folders.proxy_routes().string(),
                                    "--log-level",
                                    "warn"};
    auto const add = [&](char const* flag, std::string value) {
        all.insert(all.end(), {flag, std::move(value)});
    };
    auto const& server = what.settings.server;
    if (!what.certificate) return all;
    add("--ssl-cert", what.certificate->certificate.string());
    add("--ssl-key", what.certificate->key.string());
    if (!what.certificate->challenges.empty())
        add("--acme-folder", what.certificate->challenges.string());
    if (server.redirect_port != 0) add("--redirect-port", std::to_string(server.redirect_port));
    if (server.hsts_seconds != 0) add("--hsts", std::to_string(server.hsts_seconds));
    return all;
}

}  // namespace

Result<std::unique_ptr<SupervisedProxy>> SupervisedProxy::create(Supervised const& what) {
    ChildPlan plan{.name = "proxy",
                   .program = what.program,
                   .arguments = arguments_for(what),
                   .secrets = {{"CONFIGPROXY_AUTH_TOKEN", what.secrets.proxy_token},
                               {"CARREL_EDGE_KEY", to_base64url(what.secrets.edge_key)}},
                   .descriptors = {},
                   .says_when_ready = true};
    proxy::Options options;
    options.ip = what.settings.server.ip;
    options.port = static_cast<unsigned short>(what.settings.server.port);
    TRY(auto listeners, proxy::listen(options));
    // While nothing ran, rights may have been taken away: control tells the first proxy all.
    std::error_code ignored;
    std::filesystem::remove(what.folders.proxy_routes(), ignored);
    TRY(auto api, proxy::listen_privately(what.folders.proxy_socket()));
    auto const pass = [&plan](char const* role, proxy::Socket const& socket) {
        plan.descriptors.push_back(socket.descriptor());
        plan.arguments.insert(plan.arguments.end(),
                              {"--listen-fd", fmt::format("{}={}", role, socket.descriptor())});
    };
    for (auto const& socket : listeners.sockets) pass("public", socket);
    pass("api", api);
    if (what.certificate && what.settings.server.redirect_port != 0) {
        options.port = static_cast<unsigned short>(what.settings.server.redirect_port);
        TRY(auto redirects, proxy::listen(options));
        for (auto& socket : redirects.sockets) {
            pass("redirect", socket);
            listeners.sockets.push_back(std::move(socket));
        }
    }
    auto proxy = std::unique_ptr<SupervisedProxy>(new SupervisedProxy(std::move(plan)));
    proxy->sockets_ = std::move(listeners.sockets);
    proxy->sockets_.push_back(std::move(api));
    proxy->current_ = std::make_unique<ChildProcess>(proxy->plan_);
    return proxy;
}

Result<> SupervisedProxy::start() { return current_->start(program_); }

bool SupervisedProxy::note_end(pid_t process, int status) {
    if (next_) next_->note_end(process, status);
    bool const left = std::erase_if(leaving_, [&](auto const& child) {
                          return child->note_end(process, status);
                      }) > 0;
    if (left) log::info("proxy_drained", {{"pid", process}});
    return current_->note_end(process, status) || left;
}

Result<> SupervisedProxy::begin_upgrade(std::string const& program) {
    log::info("proxy_upgrade", {{"program", program}});
    next_program_ = program;
    if (!running()) return {};
    next_ = std::make_unique<ChildProcess>(plan_);
    auto const started = next_->start(program, {"--take-over"});
    if (!started) next_.reset();
    return started;
}

SupervisedProxy::Upgrade SupervisedProxy::attend() {
    if (next_program_.empty()) return Upgrade::None;
    if (next_ && next_->running() && !next_->is_ready()) {
        // The one it takes over from is gone: so is what it would have taken over.
        if (!running()) next_->signal(SIGKILL);
        return Upgrade::UnderWay;
    }
    auto const program = std::exchange(next_program_, {});
    auto next = std::move(next_);
    // Unless it was at work already, the process that runs has noticed, and goes on.
    if (next && !next->running()) return Upgrade::Failed;
    program_ = program;
    if (!next) return Upgrade::Done;  // there was nothing to take over
    if (current_->running()) leaving_.push_back(std::move(current_));
    current_ = std::move(next);
    log::info("proxy_upgraded", {{"program", program_}, {"pid", current_->process()}});
    return Upgrade::Done;
}

void SupervisedProxy::reload() const { current_->signal(SIGHUP); }

bool SupervisedProxy::all_ended() const {
    return !current_->running() && leaving_.empty() && !(next_ && next_->running());
}

void SupervisedProxy::signal(int number) const {
    current_->signal(number);
    if (next_) next_->signal(number);
    for (auto const& child : leaving_) child->signal(number);
}

}  // namespace carrel

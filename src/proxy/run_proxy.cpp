#include "proxy/journal.hpp"
#include "proxy/proxy.hpp"
#include "runtime/log.hpp"

#include <pthread.h>
#include <unistd.h>
#include <csignal>
#include <cstdio>
#include <fstream>

namespace carrel::proxy {

namespace {

/// Written beside and renamed, so that a reader never sees half of it.
Result<> write_file(std::filesystem::path const& path, std::string const& content) {
    auto const temporary = path.string() + ".new";
    std::ofstream(temporary) << content << '\n';
    if (rename(temporary.c_str(), path.c_str()) != 0) return fail_errno("write {}", path.string());
    return {};
}

std::string place_of(std::string const& ip, unsigned short port,
                     std::filesystem::path const& socket) {
    if (!socket.empty()) return socket.string();
    return fmt::format("{}:{}", ip.empty() ? "*" : ip, port);
}

/// Tells whoever started us and holds the other end of a pipe.
void announce(int descriptor) {
    if (descriptor < 0) return;
    [[maybe_unused]] auto const written = write(descriptor, "\n", 1);
    close(descriptor);
}

}  // namespace

int run_proxy(std::vector<std::string> const& arguments, bool legacy) {
    auto parsed = parse_options(arguments, legacy);
    if (parsed.message) {
        std::fprintf(parsed.exit_code == 0 ? stdout : stderr, "%s\n", parsed.message->c_str());
        return parsed.exit_code;
    }
    auto& options = parsed.options;
    journal::start(options.log_level, options.legacy_log);
    std::signal(SIGPIPE, SIG_IGN);
    sigset_t signals;
    sigemptyset(&signals);
    for (int const number : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, number);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);  // threads inherit it

    auto const port_file = options.port_file;
    auto const pid_file = options.pid_file;
    auto const ready_descriptor = options.ready_descriptor;
    auto const given = options;
    auto proxy = Proxy::create(std::move(options));
    if (!proxy) {
        std::fprintf(stderr, "carrel proxy: %s\n", proxy.error().message.c_str());
        return 1;
    }
    (*proxy)->start();
    auto written =
        port_file.empty() ? Result<>() : write_file(port_file, std::to_string((*proxy)->port()));
    if (written && !pid_file.empty()) written = write_file(pid_file, std::to_string(getpid()));
    if (!written) {
        std::fprintf(stderr, "carrel proxy: %s\n", written.error().message.c_str());
        return 1;
    }
    announce(ready_descriptor);
    journal::proxying(given.tls.enabled() ? "https" : "http",
                      place_of(given.ip, (*proxy)->port(), given.socket),
                      given.default_target ? given.default_target->url : "");
    journal::api_at(given.api_tls.enabled() ? "https" : "http",
                    place_of(given.api_ip, (*proxy)->api_port(), given.api_socket),
                    !given.api_token.empty());
    int signal = 0;
    while (sigwait(&signals, &signal) == 0 && signal == SIGHUP) {
        log::info("proxy_reloaded");
        (*proxy)->reload();
    }
    log::info("proxy_stopping", {{"signal", signal}});
    (*proxy)->stop();
    if (!pid_file.empty()) unlink(pid_file.c_str());
    log::info("proxy_stopped");
    return 2;
}

}  // namespace carrel::proxy

#include "proxy/report/journal.hpp"

#include "base/text.hpp"

namespace carrel::proxy::journal {

namespace {

bool in_their_words = false;

/// Of a target, only what is no secret: without its query.
std::string_view without_query(std::string_view target) {
    return target.substr(0, target.find('?'));
}

template <class... Arguments>
void say(log::Level level, fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    if (!log::enabled(level)) return;
    log::write(level, fmt::format(format, std::forward<Arguments>(arguments)...), {});
}

}  // namespace

void start(log::Level level, bool legacy) {
    in_their_words = legacy;
    if (legacy)
        log::start_plainly("ConfigProxy", level);
    else
        log::start("proxy", level);
}

void proxying(std::string_view scheme, std::string_view where, std::string_view default_target) {
    if (!in_their_words) return log::info("proxy_started", {{"scheme", scheme}, {"at", where}});
    say(log::Level::Info, "Proxying {}://{} to {}", scheme, where,
        default_target.empty() ? "(no default)" : default_target);
}

void api_at(std::string_view scheme, std::string_view where, bool authenticated) {
    if (!in_their_words) {
        if (!authenticated) log::warn("api_open", {{"hint", "set CONFIGPROXY_AUTH_TOKEN"}});
        return log::info("api_started", {{"scheme", scheme}, {"at", where}});
    }
    if (!authenticated) say(log::Level::Warn, "REST API is not authenticated.");
    say(log::Level::Info, "Proxy API at {}://{}/api/routes", scheme, where);
}

void metrics_at(std::string_view where) {
    if (!in_their_words) return log::info("metrics_started", {{"at", where}});
    say(log::Level::Info, "Serve metrics at http://{}/metrics", where);
}

void option_is_idle(std::string_view option) {
    if (!in_their_words) return log::warn("option_without_effect", {{"option", option}});
    say(log::Level::Warn, "{} has no effect", option);
}

void redirection_added(unsigned short from, unsigned short to) {
    if (!in_their_words) return log::info("redirection_started", {{"from", from}, {"to", to}});
    say(log::Level::Info, "Added HTTP to HTTPS redirection from {} to {}", from, to);
}

void route_added(std::string_view path, std::string_view target) {
    if (!in_their_words) {
        if (log::enabled(log::Level::Debug)) log::debug("route_added", {{"route", path}});
        return;
    }
    if (!log::enabled(log::Level::Info)) return;
    auto const route = for_log(path);
    say(log::Level::Info, "Adding route {} -> {}", route, for_log(target));
    say(log::Level::Info, "Route added {} -> {}", route, for_log(target));
}

void route_removed(std::string_view path) {
    if (!in_their_words) return log::debug("route_removed", {{"route", path}});
    say(log::Level::Info, "Removing route {}", for_log(path));
}

void routes_changed(size_t put, size_t removed) {
    if (!in_their_words) return log::info("routes_changed", {{"put", put}, {"removed", removed}});
    say(log::Level::Info, "Routes changed: {} added, {} removed", put, removed);
}

void api_answered(unsigned status, std::string_view method, std::string_view target,
                  std::string_view note) {
    auto const level = status < 400   ? log::Level::Info
                       : status < 500 ? log::Level::Warn
                                      : log::Level::Error;
    if (in_their_words)
        return say(level, "{} {} {} {}", status, method, for_log(without_query(target)), note);
    // What succeeds, and what is asked for and not there, is many and says little.
    if (level == log::Level::Info || status == 404) return;
    log::write(level, "api_refused",
               {{"status", status},
                {"method", method},
                {"path", without_query(target)},
                {"reason", note}});
}

void request_failed(Failure const& failure) {
    if (in_their_words)
        return say(log::Level::Error, "{} {} {} {}", failure.status, failure.method,
                   for_log(without_query(failure.path)), for_log(failure.reason));
    log::warn("request_failed", {{"status", failure.status},
                                 {"origin", failure.origin},
                                 {"reason", failure.reason},
                                 {"method", failure.method},
                                 {"path", without_query(failure.path)},
                                 {"route", failure.route},
                                 {"target", failure.target},
                                 {"client", failure.client},
                                 {"request", failure.request_id}});
}

}  // namespace carrel::proxy::journal

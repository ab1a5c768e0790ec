#include "proxy/options.hpp"

#include "base/encoding.hpp"
#include "base/text.hpp"
#include "proxy/characters.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdlib>
#include <map>

namespace carrel::proxy {

namespace {

constexpr std::string_view version = "carrel proxy 0.1.0 (configurable-http-proxy 5.3.0 API)";

/// What the command line gives before it is checked.
struct Raw {
    std::string default_target;
    std::string error_target;
    std::vector<std::string> custom_headers;
    std::string log_level = "info";
    long timeout = 0;
    long proxy_timeout = 0;
    long keep_alive_timeout = 5000;
    long stop_grace = 10000;
    bool insecure = false;
    bool no_x_forward = false;
    bool no_prepend_path = false;
    bool no_include_prefix = false;
    bool show_version = false;
    CLI::Option* api_port = nullptr;
};

/// configurable-http-proxy's options that would change what is safe or reachable if they were
/// silently ignored.
constexpr std::array unsupported = {
    "ssl-key",         "ssl-cert",      "ssl-ca",         "ssl-protocol", "ssl-ciphers",
    "ssl-dhparam",     "api-ssl-key",   "api-ssl-cert",   "api-ssl-ca",   "client-ssl-key",
    "client-ssl-cert", "client-ssl-ca", "redirect-port",  "redirect-to",  "storage-backend",
    "metrics-ip",      "metrics-port",  "metrics-socket",
};

void declare(CLI::App& app, Options& options, Raw& raw) {
    app.add_option("--ip", options.ip, "Public-facing address of the proxy; all when not given");
    app.add_option("--port", options.port, "Public-facing port (0: any free one)");
    app.add_option("--socket", options.socket, "Listen on this unix socket instead");
    app.add_option("--api-ip", options.api_ip, "Address of the REST API");
    raw.api_port = app.add_option("--api-port", options.api_port, "Port of the REST API (port+1)");
    app.add_option("--api-socket", options.api_socket, "Unix socket of the REST API");
    app.add_option("--default-target", raw.default_target, "Where requests without a route go");
    auto* const target =
        app.add_option("--error-target", raw.error_target, "Server that gives error pages");
    app.add_option("--error-path", options.error_path, "Folder with error pages")->excludes(target);
    app.add_option("--pid-file", options.pid_file, "Write our process id here");
    app.add_flag("--no-x-forward", raw.no_x_forward, "Do not add X-Forwarded-* fields");
    app.add_flag("--no-prepend-path", raw.no_prepend_path, "Do not put the target's path first");
    app.add_flag("--no-include-prefix", raw.no_include_prefix, "Leave the route's path out");
    app.add_flag("--auto-rewrite", options.auto_rewrite, "Rewrite Location in redirects");
    app.add_flag("--change-origin", options.change_origin, "Set Host to the target's");
    app.add_option("--protocol-rewrite", options.protocol_rewrite, "Scheme for Location");
    app.add_option("--custom-header", raw.custom_headers, "Add \"name: value\" to every request")
        ->allow_extra_args(false);
    app.add_flag("--insecure", raw.insecure, "Accepted; there are no TLS upstreams yet");
    app.add_flag("--host-routing", options.host_routing, "Routes begin with the host's name");
    app.add_option("--log-level", raw.log_level, "debug, info, warn or error")
        ->check(CLI::IsMember({"debug", "info", "warn", "error"}));
    app.add_option("--timeout", raw.timeout, "Milliseconds for a client to send its request");
    app.add_option("--proxy-timeout", raw.proxy_timeout, "Milliseconds for an upstream to answer");
    app.add_option("--keep-alive-timeout", raw.keep_alive_timeout,
                   "Milliseconds to keep an idle connection");
    app.add_flag("-V,--version", raw.show_version, "Print the version");
    app.add_option("--threads", options.threads, "Worker threads")->check(CLI::Range(1, 256));
    app.add_option("--port-file", options.port_file, "Write the real port here");
    app.add_option("--stop-grace", raw.stop_grace, "Milliseconds for answers under way at the end");
}

Result<std::pair<std::string, std::string>> parse_custom_header(std::string_view text) {
    auto const colon = text.find(':');
    if (colon == std::string_view::npos)
        return fail(Code::InvalidArgument, "A colon was expected in custom header: {}", text);
    auto const name = trimmed(text.substr(0, colon));
    auto const value = trimmed(text.substr(colon + 1));
    if (name.empty() || !std::ranges::all_of(name, is_token) ||
        !std::ranges::all_of(value, is_value))
        return fail(Code::InvalidArgument, "malformed custom header: {}", for_log(text));
    return std::pair(std::string(name), std::string(value));
}

std::string from_environment(char const* name) {
    auto const* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

Result<> finish(Options& options, Raw const& raw) {
    static std::map<std::string, log::Level> const levels = {{"debug", log::Level::Debug},
                                                             {"info", log::Level::Info},
                                                             {"warn", log::Level::Warn},
                                                             {"error", log::Level::Error}};
    options.log_level = levels.at(raw.log_level);
    options.x_forward = !raw.no_x_forward;
    options.prepend_path = !raw.no_prepend_path;
    options.include_prefix = !raw.no_include_prefix;
    options.client_timeout = Milliseconds(raw.timeout);
    options.upstream_timeout = Milliseconds(raw.proxy_timeout);
    options.keep_alive_timeout = Milliseconds(raw.keep_alive_timeout);
    options.stop_grace = Milliseconds(raw.stop_grace);
    if (raw.api_port->count() == 0)
        options.api_port = static_cast<unsigned short>(options.port + 1);
    if (!raw.default_target.empty()) {
        TRY(options.default_target, Target::parse(raw.default_target));
    }
    if (!raw.error_target.empty()) {
        TRY(options.error_target, Target::parse(raw.error_target));
    }
    for (auto const& text : raw.custom_headers) {
        TRY(auto header, parse_custom_header(text));
        options.custom_headers.push_back(std::move(header));
    }
    options.api_token = from_environment("CONFIGPROXY_AUTH_TOKEN");
    if (auto const key = from_environment("CARREL_EDGE_KEY"); !key.empty()) {
        TRY(options.edge_key, from_base64url(key));
        if (options.edge_key.size() != 32)
            return fail(Code::InvalidArgument, "CARREL_EDGE_KEY is not 32 bytes in base64url");
    }
    return {};
}

ParsedOptions failure(std::string message) {
    return {.options = {}, .message = std::move(message), .exit_code = 1};
}

}  // namespace

ParsedOptions parse_options(std::vector<std::string> arguments) {
    Options options;
    Raw raw;
    CLI::App app("Carrel's reverse proxy, with configurable-http-proxy's options and REST API.",
                 "carrel proxy");
    declare(app, options, raw);
    for (auto const& argument : arguments)
        for (std::string const name : unsupported)
            if (argument == "--" + name || argument.starts_with("--" + name + "="))
                return failure("carrel proxy: --" + name + " is not supported yet");
    try {
        std::ranges::reverse(arguments);  // as CLI11 wants them
        app.parse(std::move(arguments));
    } catch (CLI::CallForHelp const&) {
        return {.options = {}, .message = app.help(), .exit_code = 0};
    } catch (CLI::ParseError const& error) {
        return failure(std::string("carrel proxy: ") + error.what());
    }
    if (raw.show_version) return {.options = {}, .message = std::string(version), .exit_code = 0};
    if (auto const finished = finish(options, raw); !finished)
        return failure("carrel proxy: " + finished.error().message);
    return {.options = std::move(options), .message = {}, .exit_code = 0};
}

}  // namespace carrel::proxy

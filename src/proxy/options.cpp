#include "proxy/options.hpp"

#include "base/encoding.hpp"
#include "base/text.hpp"
#include "proxy/message/characters.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <charconv>
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
    std::vector<std::string> listen_descriptors;
    std::string log_level = "info";
    long timeout = 0;
    long proxy_timeout = 0;
    long keep_alive_timeout = 5000;
    long head_timeout = 10000;
    long stop_grace = 10000;
    long drain_time = 600000;
    CertificateFiles certificate;
    CertificateFiles api_certificate;
    bool ask_upstream = false;  ///< without a meaning towards a server
    bool insecure = false;
    std::vector<std::string> tls_more;
    long hsts = 0;
    std::string log_format;
    std::string storage_backend;
    bool allow_rc4 = false;
    bool no_x_forward = false;
    bool no_prepend_path = false;
    bool no_include_prefix = false;
    bool no_http2 = false;
    bool show_version = false;
    CLI::Option* api_port = nullptr;
};

void declare_listeners(CLI::App& app, Options& options, Raw& raw) {
    auto* const ip =
        app.add_option("--ip", options.ip, "Public-facing address; all when not given");
    auto* const port =
        app.add_option("--port", options.port, "Public-facing port (0: any free one)");
    app.add_option("--socket", options.socket, "Listen on this unix socket instead")
        ->excludes(ip)
        ->excludes(port);
    app.add_option("--api-ip", options.api_ip, "Address of the REST API");
    raw.api_port = app.add_option("--api-port", options.api_port, "Port of the REST API (port+1)");
    app.add_option("--api-socket", options.api_socket, "Unix socket of the REST API instead");
    app.add_option("--metrics-ip", options.metrics_ip, "Address of the metrics");
    app.add_option("--metrics-port", options.metrics_port, "Port of the metrics; none without");
    app.add_option("--metrics-socket", options.metrics_socket, "Unix socket of the metrics");
    app.add_option("--redirect-port", options.redirect_port,
                   "Answer HTTP on this port with a redirect to HTTPS");
    app.add_option("--redirect-to", options.redirect_to, "The port that it redirects to (--port)");
}

void declare_tls(CLI::App& app, std::string const& prefix, CertificateFiles& files,
                 std::filesystem::path& authorities) {
    auto const name = [&](char const* rest) { return "--" + prefix + rest; };
    app.add_option(name("-key"), files.key, "PEM file of the private key");
    app.add_option(name("-cert"), files.certificate, "PEM file of the certificate and its chain");
    app.add_option(name("-ca"), authorities, "PEM file of the authorities to trust");
}

void declare_tls(CLI::App& app, std::string const& prefix, bool& request, bool& reject) {
    app.add_flag("--" + prefix + "-request-cert", request, "Ask the peer for a certificate");
    app.add_flag("--" + prefix + "-reject-unauthorized", reject,
                 "Refuse peers without a certificate that the authorities vouch for");
}

void declare_tls(CLI::App& app, Options& options, Raw& raw) {
    declare_tls(app, "ssl", raw.certificate, options.tls.ca);
    declare_tls(app, "ssl", options.tls.request_certificate, options.tls.reject_unauthorized);
    declare_tls(app, "api-ssl", raw.api_certificate, options.api_tls.ca);
    declare_tls(app, "api-ssl", options.api_tls.request_certificate,
                options.api_tls.reject_unauthorized);
    declare_tls(app, "client-ssl", options.upstream_tls.certificate, options.upstream_tls.ca);
    declare_tls(app, "client-ssl", raw.ask_upstream, raw.ask_upstream);
    app.add_option("--ssl-protocol", options.tls.protocol, "One version alone, e.g. TLSv1_2");
    app.add_option("--ssl-ciphers", options.tls.ciphers, "Ciphers, as OpenSSL writes them");
    app.add_flag("--ssl-allow-rc4", raw.allow_rc4, "Accepted; RC4 no longer exists");
    app.add_option("--ssl-dhparam", options.tls.dh_parameters,
                   "PEM file of Diffie-Hellman parameters");
    app.add_flag("--insecure", raw.insecure, "Do not verify upstreams' certificates");
}

/// How a proxy comes after another one without anybody noticing.
void declare_survival(CLI::App& app, Options& options, Raw& raw) {
    app.add_option("--listen-fd", raw.listen_descriptors,
                   "public=N, api=N or redirect=N: an open listening socket to use")
        ->allow_extra_args(false);
    app.add_option("--routes-file", options.routes_file, "Keep routes here for the next start");
    auto* const socket = app.add_option("--handover-socket", options.handover_socket,
                                        "Unix socket where a successor may take over");
    app.add_flag("--take-over", options.take_over, "Take over from the proxy at --handover-socket")
        ->needs(socket);
    app.add_option("--drain-time", raw.drain_time,
                   "Milliseconds after a handover for what could not travel");
    app.add_option("--ready-fd", options.ready_descriptor, "Write a line here once all is ready");
}

void declare_http2(CLI::App& app, Options& options, Raw& raw) {
    app.add_flag("--no-http2", raw.no_http2, "Do not offer HTTP/2 over TLS");
    app.add_flag("--cleartext-http2", options.cleartext_http2,
                 "Accept HTTP/2 without TLS from clients that begin with it");
}

void declare_own(CLI::App& app, Options& options, Raw& raw) {
    declare_survival(app, options, raw);
    declare_http2(app, options, raw);
    app.add_option("--threads", options.threads, "Worker threads")->check(CLI::Range(1, 256));
    app.add_option("--port-file", options.port_file, "Write the real port here");
    app.add_option("--stop-grace", raw.stop_grace, "Milliseconds for answers under way at the end");
    app.add_option("--log-format", raw.log_format, "structured or configurable-http-proxy")
        ->check(CLI::IsMember({"structured", "configurable-http-proxy"}));
    app.add_option("--access-log", options.access_log,
                   "A JSON line for each request goes to this file (-: standard output)");
    app.add_option("--ssl-also", raw.tls_more, "CERT:KEY: a certificate for other host names")
        ->allow_extra_args(false);
    app.add_option("--ssl-ocsp", raw.certificate.ocsp,
                   "DER file of an OCSP response to be stapled");
    app.add_flag("--ssl-ktls", options.tls.kernel, "Let the kernel encrypt, where it can");
    app.add_option("--hsts", raw.hsts, "Seconds for which browsers are to insist on TLS");
    app.add_option("--acme-folder", options.acme_folder,
                   "Folder with answers to ACME's HTTP-01 challenges");
    app.add_flag("--activity-ignores-pings", options.activity_ignores_pings,
                 "WebSocket pings and pongs are no activity");
}

void declare(CLI::App& app, Options& options, Raw& raw) {
    declare_listeners(app, options, raw);
    declare_tls(app, options, raw);
    declare_own(app, options, raw);
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
    app.add_flag("--host-routing", options.host_routing, "Routes begin with the host's name");
    app.add_option("--log-level", raw.log_level, "debug, info, warn or error")
        ->check(CLI::IsMember({"debug", "info", "warn", "error"}, CLI::ignore_case));
    app.add_option("--timeout", raw.timeout, "Milliseconds for a client to send its request");
    app.add_option("--proxy-timeout", raw.proxy_timeout, "Milliseconds for an upstream to answer");
    app.add_option("--keep-alive-timeout", raw.keep_alive_timeout,
                   "Milliseconds to keep an idle connection");
    app.add_option("--head-timeout", raw.head_timeout, "Milliseconds for the head of a request")
        ->check(CLI::PositiveNumber);
    app.add_option("--storage-backend", raw.storage_backend, "Refused: it would be JavaScript");
    app.add_flag("-V,--version", raw.show_version, "Print the version");
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

Result<std::pair<std::string, int>> parse_listen_descriptor(std::string_view text) {
    auto const equals = text.find('=');
    auto const role = text.substr(0, equals);
    auto const number = equals == std::string_view::npos ? "" : text.substr(equals + 1);
    int descriptor = -1;
    auto const [end, error] =
        std::from_chars(number.data(), number.data() + number.size(), descriptor);
    bool const known = role == "public" || role == "api" || role == "redirect";
    if (!known || error != std::errc() || end != number.data() + number.size() || descriptor < 3)
        return fail(Code::InvalidArgument,
                    "--listen-fd takes public=N, api=N or redirect=N, not '{}'", for_log(text));
    return std::pair(std::string(role), descriptor);
}

std::string from_environment(char const* name) {
    auto const* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

Result<> finish_tls(Options& options, Raw const& raw) {
    auto const complete = [](CertificateFiles const& files) {
        return files.key.empty() == files.certificate.empty();
    };
    if (!complete(raw.certificate) || !complete(raw.api_certificate) ||
        !complete(options.upstream_tls.certificate))
        return fail(Code::InvalidArgument, "a key and a certificate are only of use together");
    if (!raw.no_http2) options.tls.protocols = {"h2", "http/1.1"};
    if (!raw.certificate.key.empty()) options.tls.certificates = {raw.certificate};
    if (!raw.api_certificate.key.empty()) options.api_tls.certificates = {raw.api_certificate};
    options.api_tls.protocol = options.tls.protocol;
    options.api_tls.ciphers = options.tls.ciphers;
    options.api_tls.dh_parameters = options.tls.dh_parameters;
    options.upstream_tls.verify = !raw.insecure;
    options.tls.passphrase = from_environment("CONFIGPROXY_SSL_KEY_PASSPHRASE");
    options.api_tls.passphrase = from_environment("CONFIGPROXY_API_SSL_KEY_PASSPHRASE");
    for (auto const& text : raw.tls_more) {
        auto const colon = text.find(':');
        if (colon == std::string::npos)
            return fail(Code::InvalidArgument, "--ssl-also is CERT:KEY, not {}", for_log(text));
        options.tls.certificates.push_back(
            {.certificate = text.substr(0, colon), .key = text.substr(colon + 1), .ocsp = {}});
    }
    if (raw.allow_rc4) options.idle_options.emplace_back("--ssl-allow-rc4");
    options.hsts = Seconds(raw.hsts);
    if (options.redirect_port != 0 && !options.tls.enabled())
        return fail(Code::InvalidArgument,
                    "HTTPS redirection specified but certificates not provided.");
    return {};
}

Result<> finish(Options& options, Raw const& raw, bool legacy) {
    static std::map<std::string, log::Level> const levels = {{"debug", log::Level::Debug},
                                                             {"info", log::Level::Info},
                                                             {"warn", log::Level::Warn},
                                                             {"error", log::Level::Error}};
    options.log_level = levels.at(to_lower(raw.log_level));
    options.x_forward = !raw.no_x_forward;
    options.prepend_path = !raw.no_prepend_path;
    options.include_prefix = !raw.no_include_prefix;
    options.client_timeout = Milliseconds(raw.timeout);
    options.upstream_timeout = Milliseconds(raw.proxy_timeout);
    options.keep_alive_timeout = Milliseconds(raw.keep_alive_timeout);
    options.head_timeout = Milliseconds(raw.head_timeout);
    options.stop_grace = Milliseconds(raw.stop_grace);
    options.drain_time = Milliseconds(raw.drain_time);
    options.legacy_log = raw.log_format.empty() ? legacy : raw.log_format != "structured";
    if (!raw.storage_backend.empty())
        return fail(Code::InvalidArgument,
                    "--storage-backend names a JavaScript class, which this program cannot run");
    TRY_VOID(finish_tls(options, raw));
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
    for (auto const& text : raw.listen_descriptors) {
        TRY(auto descriptor, parse_listen_descriptor(text));
        options.listen_descriptors.push_back(std::move(descriptor));
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

ParsedOptions parse_options(std::vector<std::string> arguments, bool legacy) {
    Options options;
    Raw raw;
    CLI::App app("Carrel's reverse proxy, with configurable-http-proxy's options and REST API.",
                 "carrel proxy");
    declare(app, options, raw);
    try {
        std::ranges::reverse(arguments);  // as CLI11 wants them
        app.parse(std::move(arguments));
    } catch (CLI::CallForHelp const&) {
        return {.options = {}, .message = app.help(), .exit_code = 0};
    } catch (CLI::ParseError const& error) {
        return failure(std::string("carrel proxy: ") + error.what());
    }
    if (raw.show_version) return {.options = {}, .message = std::string(version), .exit_code = 0};
    if (auto const finished = finish(options, raw, legacy); !finished)
        return failure("carrel proxy: " + finished.error().message);
    return {.options = std::move(options), .message = {}, .exit_code = 0};
}

}  // namespace carrel::proxy

#include "spawn/process/sandbox_arguments.hpp"

#include "base/gibibytes.hpp"
#include "spawn/process/bridge.hpp"

#include <algorithm>
#include <cmath>

namespace carrel {

namespace fs = std::filesystem;

namespace {

std::string replaced(std::string text, std::string_view what, std::string_view by) {
    for (size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size())
        text.replace(at, what.size(), by);
    return text;
}

bool is_account_character(char character) {
    return (character >= 'a' && character <= 'z') || (character >= '0' && character <= '9') ||
           character == '.' || character == '_' || character == '-';
}

bool has_mark(Environment const& environment, std::string_view mark) {
    return std::ranges::any_of(environment.command, [&](std::string const& word) {
        return word.find(mark) != std::string::npos;
    });
}

/// A server that is given its socket must find its usual port: with another one it would have two
/// places to listen at, and refuses.
constexpr std::string_view usual_address = "http://127.0.0.1:8888";

void add_hub_variables(std::map<std::string, std::string>& environment, ServerSpec const& spec) {
    auto const hub = fmt::format("http://127.0.0.1:{}", hub_port_mark);
    auto const server = wants_socket(spec.environment)
                            ? std::string(usual_address)
                            : fmt::format("http://127.0.0.1:{}", server_port_mark);
    for (auto const& [name, value] : spec.hub_variables)
        environment[name] = replaced(replaced(value, hub_place, hub), server_place, server);
}

/// As programs want it that put a slash behind it themselves.
std::string_view trimmed_path(std::string_view base_url) {
    return base_url.substr(0, base_url.find_last_not_of('/') + 1);
}

}  // namespace

std::string account_name(std::string_view user) {
    std::string name(user.substr(0, 63));
    for (auto& character : name)
        if (!is_account_character(character)) character = '_';
    if (name.empty() || name.front() == '.' || name.front() == '-') name.insert(0, "_");
    return name;
}

std::string sandbox_home(ServerSpec const& spec) { return "/home/" + account_name(spec.user); }

bool wants_port(Environment const& environment) { return has_mark(environment, "{port}"); }
bool wants_socket(Environment const& environment) { return has_mark(environment, "{socket}"); }

std::vector<std::string> bridge_words(Environment const& environment, int own_program,
                                      std::string const& hub_folder, std::string const& socket) {
    return {fmt::format("/proc/self/fd/{}", own_program), "bridge",
            fmt::format("{}/{}", hub_folder, hub_socket_name),
            wants_socket(environment) ? "-" : socket};
}

std::vector<std::string> server_command(ServerSpec const& spec, std::string const& home,
                                        std::string const& socket, std::optional<unsigned> port) {
    auto words = spec.environment.command;
    for (auto& word : words) {
        word = replaced(std::move(word), "{socket}", socket);
        if (port) word = replaced(std::move(word), "{port}", std::to_string(*port));
        word = replaced(std::move(word), "{base_url}", spec.base_url);
        word = replaced(std::move(word), "{base_path}", trimmed_path(spec.base_url));
        word = replaced(std::move(word), "{home}", home);
        word = replaced(std::move(word), "{user}", account_name(spec.user));
    }
    return words;
}

std::map<std::string, std::string> server_environment(ServerSpec const& spec,
                                                      std::string const& home) {
    std::string path = "/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games";
    // What the environment installed beside its server ("pip", "jupyter") is found first.
    if (fs::path const program = spec.environment.command.front(); program.is_absolute())
        path = program.parent_path().string() + ":" + path;
    auto const cores = std::to_string(std::max(1, static_cast<int>(std::ceil(spec.resources.cpu))));
    auto const memory = bytes_of_gib(spec.resources.memory_gib);
    std::map<std::string, std::string> environment = {
        {"HOME", home},
        {"LANG", "C.UTF-8"},
        {"LOGNAME", account_name(spec.user)},
        {"PATH", path},
        {"SHELL", "/bin/bash"},
        {"TMPDIR", "/tmp"},
        {"USER", account_name(spec.user)},
        // The names that programs for JupyterHub look for.
        {"CPU_LIMIT", fmt::format("{}", spec.resources.cpu)},
        {"MEM_LIMIT", std::to_string(memory)},
        // Numeric libraries count the machine's cores, not the server's share of them.
        {"OMP_NUM_THREADS", cores},
        {"OPENBLAS_NUM_THREADS", cores},
        {"MKL_NUM_THREADS", cores},
        {"NUMEXPR_NUM_THREADS", cores},
    };
    for (auto const& [name, value] : spec.environment.variables) environment[name] = value;
    environment["CARREL_BASE_URL"] = spec.base_url;
    environment["CARREL_COURSE"] = spec.course;
    if (spec.environment.kind == EnvironmentKind::JupyterHub) {
        // Jupyter Server writes its token there; homes are exported, a sandbox's /tmp is not.
        if (home == sandbox_home(spec))
            environment.emplace("JUPYTER_RUNTIME_DIR", "/tmp/jupyter-runtime");
        add_hub_variables(environment, spec);
        return environment;
    }
    environment["CARREL_SERVER_TOKEN"] = spec.secret;
    environment["JUPYTER_TOKEN"] = spec.secret;
    return environment;
}

}  // namespace carrel

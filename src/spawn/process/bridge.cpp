#include "spawn/process/bridge.hpp"

#include "base/result.hpp"
#include "base/text.hpp"
#include "spawn/process/relay.hpp"
#include "spawn/process/server_folder.hpp"

#include <arpa/inet.h>
#include <linux/close_range.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <optional>
#include <vector>

namespace carrel {

namespace {

constexpr size_t largest_table = 8UL * 1024 * 1024;
constexpr int backlog = 128;

sockaddr_in loopback(unsigned port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

Result<sockaddr_un> unix_address(std::string const& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path)
        return fail(Code::InvalidArgument, "use {}: its path is too long", path);
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    return address;
}

/// A socket bound to a free port of loopback, and the port.
Result<std::pair<int, unsigned>> bind_free_port() {
    auto const socket = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (socket < 0) return fail_errno("make a socket");
    auto address = loopback(0);
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(socket, generic, size) != 0 || ::getsockname(socket, generic, &size) != 0)
        return fail_errno("find a free port");
    return std::pair{socket, unsigned{ntohs(address.sin_port)}};
}

Result<int> listen_at(std::string const& path) {
    TRY(auto const address, unix_address(path));
    auto const socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (socket < 0) return fail_errno("make a socket");
    if (::bind(socket, reinterpret_cast<sockaddr const*>(&address), sizeof address) != 0 ||
        ::listen(socket, backlog) != 0)
        return fail_errno("listen at {}", path);
    return socket;
}

bool is_under_way(int outcome) { return outcome == 0 || errno == EINPROGRESS; }

int connect_to_hub(std::string const& path) {
    auto const address = unix_address(path);
    auto const socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (address && socket >= 0 &&
        ::connect(socket, reinterpret_cast<sockaddr const*>(&*address), sizeof *address) == 0)
        return socket;
    if (socket >= 0) ::close(socket);
    return -1;
}

/// Whoever has taken the server's port, where others share its network, is not the server.
bool is_own_listener(unsigned port) {
    std::set<unsigned> users;
    for (auto const* table : {"/proc/net/tcp", "/proc/net/tcp6"})
        users.merge(listeners_on(read_small_file(table, largest_table).value_or(""), port));
    return users == std::set<unsigned>{::geteuid()};
}

int connect_to_server(unsigned port) {
    auto const address = loopback(port);
    auto const socket = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    // Looked at after the connection is made: whoever listens then is whom it leads to.
    if (socket >= 0 &&
        is_under_way(
            ::connect(socket, reinterpret_cast<sockaddr const*>(&address), sizeof address)) &&
        is_own_listener(port))
        return socket;
    if (socket >= 0) ::close(socket);
    return -1;
}

struct Ports {
    unsigned hub = 0;
    unsigned server = 0;
};

std::string with_ports(std::string text, Ports const& ports) {
    for (auto const& [mark, port] :
         {std::pair{hub_port_mark, ports.hub}, std::pair{server_port_mark, ports.server}}) {
        auto const digits = std::to_string(port);
        for (size_t at = 0; (at = text.find(mark, at)) != std::string::npos; at += digits.size())
            text.replace(at, mark.size(), digits);
    }
    return text;
}

/// Moves bytes in a child, which ends with this process, whatever that becomes.
Result<> start_relay(Relay& relay) {
    auto const parent = ::getpid();
    auto const child = ::fork();
    if (child < 0) return fail_errno("start a process");
    if (child > 0) return {};
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(1);
    ::prctl(PR_SET_NAME, "carrel-bridge");
    relay.run();
}

Result<> become(char** command, Ports const& ports) {
    std::vector<std::string> words;
    for (; *command != nullptr; ++command) words.push_back(with_ports(*command, ports));
    std::vector<std::string> variables;
    for (char** each = environ; *each != nullptr; ++each) {
        std::string_view const variable(*each);
        // Only where the hub wrote them: a person's own values are left as they are.
        variables.push_back(variable.starts_with("JUPYTERHUB_")
                                ? with_ports(std::string(variable), ports)
                                : std::string(variable));
    }
    std::vector<char*> arguments;
    for (auto& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    std::vector<char*> environment;
    for (auto& variable : variables) environment.push_back(variable.data());
    environment.push_back(nullptr);
    ::signal(SIGPIPE, SIG_DFL);
    ::execvpe(arguments.front(), arguments.data(), environment.data());
    return fail_errno("start {}", words.front());
}

/// Where the server is reached, and the port that leads to.
struct Place {
    std::string socket;
    unsigned port = 0;
};

/// "/run/server/server.sock@8888" names the port; without one a free one is found.
Result<Place> place_of(std::string const& text) {
    auto const at = text.rfind('@');
    if (at == std::string::npos) {
        TRY(auto const port, bind_free_port());
        ::close(port.first);  // the server's own
        return Place{text, port.second};
    }
    auto const port = parse_whole(std::string_view(text).substr(at + 1));
    if (!port || *port < 1 || *port > 65535)
        return fail(Code::InvalidArgument, "'{}' names no port", text);
    return Place{text.substr(0, at), static_cast<unsigned>(*port)};
}

Result<> bridge(std::string const& hub, std::string const& server, char** command) {
    // The server gets nothing that was open for those who brought it here.
    (void)::syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC);
    Relay relay;
    Ports ports;
    if (hub != "-") {
        TRY(auto const hub_door, bind_free_port());
        ports.hub = hub_door.second;
        if (::listen(hub_door.first, backlog) != 0) return fail_errno("listen for the server");
        relay.add(hub_door.first, [hub] { return connect_to_hub(hub); });
    }
    if (server != "-") {
        TRY(auto const place, place_of(server));
        ports.server = place.port;
        TRY(auto const door, listen_at(place.socket));
        relay.add(door, [number = place.port] { return connect_to_server(number); });
    }
    TRY_VOID(start_relay(relay));
    return become(command, ports);
}

/// A number in hexadecimal, and nothing else.
std::optional<unsigned> parse_hex(std::string_view text) {
    unsigned number = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, 16);
    if (error != std::errc() || end != text.data() + text.size()) return {};
    return number;
}

/// 127.0.0.1, or every address, as the kernel prints them: each four bytes turned round.
bool takes_loopback(std::string_view address) {
    return address == "0100007F" || address == "0000000000000000FFFF00000100007F" ||
           address.find_first_not_of('0') == std::string_view::npos;
}

}  // namespace

std::set<unsigned> listeners_on(std::string_view table, unsigned port) {
    constexpr std::string_view listening = "0A";
    std::set<unsigned> users;
    for (auto const line : split(table, '\n')) {
        std::vector<std::string_view> words;
        for (auto const word : split(line, ' '))
            if (!word.empty()) words.push_back(word);
        // "sl local rem st tx:rx tr:when retrnsmt uid …"
        if (words.size() < 8 || words[3] != listening) continue;
        auto const colon = words[1].find(':');
        if (colon == std::string_view::npos || parse_hex(words[1].substr(colon + 1)) != port)
            continue;
        if (!takes_loopback(words[1].substr(0, colon))) continue;
        if (auto const user = parse_whole(words[7])) users.insert(static_cast<unsigned>(*user));
    }
    return users;
}

int bridge_main(int count, char** arguments) {
    if (count < 5) {
        std::fputs("carrel bridge: for `carrel launch` alone\n", stderr);
        return 127;
    }
    auto const failed = bridge(arguments[2], arguments[3], arguments + 4);
    std::fputs(fmt::format("{}{}\n", bridge_complaint, failed.error().message).c_str(), stderr);
    return 127;
}

}  // namespace carrel

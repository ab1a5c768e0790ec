#include "spawn/process/sandbox_network.hpp"

#include "base/text.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <string>

namespace carrel {

std::span<std::string_view const> metadata_networks() {
    // Link-local with the address that nearly all use, and those of Azure and Alibaba.
    static constexpr auto networks = std::to_array<std::string_view>(
        {"169.254.0.0/16", "168.63.129.16/32", "100.100.100.200/32"});
    return networks;
}

namespace {

/// Adds a route that answers "prohibited" to the network namespace this process is in.
Result<> prohibit(int netlink, std::string_view network) {
    auto const slash = network.find('/');
    struct {
        nlmsghdr header;
        rtmsg route;
        rtattr attribute;
        in_addr destination;
    } request{};
    if (::inet_pton(AF_INET, std::string(network.substr(0, slash)).c_str(), &request.destination) !=
        1)
        return fail(Code::Internal, "close {}: not an address", network);
    request.header.nlmsg_len = sizeof request;
    request.header.nlmsg_type = RTM_NEWROUTE;
    request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_ACK;
    request.route.rtm_family = AF_INET;
    request.route.rtm_dst_len =
        static_cast<unsigned char>(parse_whole(network.substr(slash + 1)).value_or(32));
    request.route.rtm_table = RT_TABLE_MAIN;
    request.route.rtm_protocol = RTPROT_STATIC;
    request.route.rtm_type = RTN_PROHIBIT;
    request.attribute = {.rta_len = RTA_LENGTH(sizeof(in_addr)), .rta_type = RTA_DST};
    if (::send(netlink, &request, sizeof request, 0) < 0) return fail_errno("close {}", network);
    struct {
        nlmsghdr header;
        nlmsgerr answer;
        std::array<char, 256> rest;
    } reply{};
    if (::recv(netlink, &reply, sizeof reply, 0) < 0) return fail_errno("close {}", network);
    errno = -reply.answer.error;
    if (reply.header.nlmsg_type != NLMSG_ERROR || errno != 0)
        return fail_errno("close {}", network);
    return {};
}

Result<> prohibit_metadata(int user_namespace, int network_namespace) {
    if (::setns(user_namespace, CLONE_NEWUSER) != 0 ||
        ::setns(network_namespace, CLONE_NEWNET) != 0)
        return fail_errno("enter the sandbox's network");
    auto const netlink = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (netlink < 0) return fail_errno("set routes");
    for (auto const network : metadata_networks()) TRY_VOID(prohibit(netlink, network));
    ::close(netlink);
    return {};
}

/// In a process of its own: who has entered a user namespace does not come back.
Result<> prohibit_metadata_in_child(int user_namespace, int network_namespace) {
    auto const child = ::fork();
    if (child < 0) return fail_errno("start a process");
    if (child == 0) {
        auto const done = prohibit_metadata(user_namespace, network_namespace);
        if (!done) std::fputs((done.error().message + "\n").c_str(), stderr);
        ::_exit(done ? 0 : 1);
    }
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (status != 0) return fail(Code::Unavailable, "close the metadata service");
    return {};
}

/// bubblewrap writes `{ "child-pid": 123, …`.
Result<long long> read_process(int info) {
    std::string text;
    std::array<char, 512> piece{};
    for (;;) {
        auto const count = ::read(info, piece.data(), piece.size());
        if (count <= 0) return fail(Code::Unavailable, "the sandbox was not made");
        text.append(piece.data(), static_cast<size_t>(count));
        constexpr std::string_view key = "\"child-pid\":";
        auto const at = text.find(key);
        if (at == std::string::npos) continue;
        auto const comma = text.find_first_of(",}", at);
        if (comma == std::string::npos) continue;
        auto const number = parse_whole(
            trimmed(std::string_view(text).substr(at + key.size(), comma - at - key.size())));
        if (!number) return fail(Code::Internal, "bubblewrap named no process");
        return *number;
    }
}

Result<> serve(int info) {
    TRY(auto const process, read_process(info));
    auto const network =
        ::open(fmt::format("/proc/{}/ns/net", process).c_str(), O_RDONLY | O_CLOEXEC);
    if (network < 0) return fail_errno("open the sandbox's network");
    // The user namespace that owns the network; the server's own is one below it.
    auto const user = ::ioctl(network, NS_GET_USERNS);
    if (user < 0) return fail_errno("open the network's user namespace");
    TRY_VOID(prohibit_metadata_in_child(user, network));
    ::fcntl(user, F_SETFD, 0);
    ::fcntl(network, F_SETFD, 0);
    auto const user_path = fmt::format("--userns-path=/proc/self/fd/{}", user);
    auto const network_path = fmt::format("/proc/self/fd/{}", network);
    // It reports each step of its own on standard output.
    ::dup2(::open("/dev/null", O_WRONLY | O_CLOEXEC), STDOUT_FILENO);
    ::execl("/usr/bin/slirp4netns", "slirp4netns", "--configure", "--mtu=65520",
            "--disable-host-loopback", "--netns-type=path", user_path.c_str(), network_path.c_str(),
            "tap0", nullptr);
    return fail_errno("start slirp4netns");
}

}  // namespace

Result<> start_way_out(int info) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail_errno("make a pipe");
    auto const parent = ::getpid();
    auto const helper = ::fork();
    if (helper < 0) return fail_errno("start a process");
    if (helper == 0) {
        ::close(ends[1]);
        // With the sandbox's outer process, which the parent becomes, the network ends.
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (::getppid() != parent) ::_exit(1);
        auto const failed = serve(ends[0]);
        std::fputs(fmt::format("no network: {}\n", failed.error().message).c_str(), stderr);
        ::_exit(1);
    }
    ::close(ends[0]);
    if (::dup2(ends[1], info) != info) return fail_errno("place descriptor {}", info);
    ::close(ends[1]);
    return {};
}

}  // namespace carrel

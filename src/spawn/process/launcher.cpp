#include "spawn/process/launcher.hpp"

#include "base/text.hpp"
#include "spawn/process/launch_plan.hpp"
#include "spawn/process/sandbox_network.hpp"
#include "spawn/process/server_folder.hpp"
#include "spawn/process/write_setting.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace carrel {

namespace {

constexpr size_t largest_plan = 1024UL * 1024UL;
/// Descriptors are first opened above all that a plan names, then moved to their number.
constexpr int lowest_spare = 200;
constexpr rlim_t usual_open_files = 4096;

Result<> join_cgroup(LaunchPlan const& plan) {
    for (auto const& entrance : plan.entrances) TRY_VOID(write_setting(entrance, "0"));
    return {};
}

Result<> set_limit(std::string const& name, rlim_t value) {
    static std::map<std::string, __rlimit_resource_t> const resources = {
        {"core", RLIMIT_CORE},     {"data", RLIMIT_DATA},   {"fsize", RLIMIT_FSIZE},
        {"nofile", RLIMIT_NOFILE}, {"nproc", RLIMIT_NPROC},
    };
    auto const resource = resources.find(name);
    if (resource == resources.end()) return fail(Code::InvalidArgument, "no limit {}", name);
    rlimit limit{};
    if (::getrlimit(resource->second, &limit) != 0) return fail_errno("read limit {}", name);
    limit.rlim_max = std::min(limit.rlim_max, value);
    limit.rlim_cur = limit.rlim_max;
    // Programs with select() break with more; those that need more raise it themselves.
    if (name == "nofile") limit.rlim_cur = std::min(limit.rlim_max, usual_open_files);
    if (::setrlimit(resource->second, &limit) != 0) return fail_errno("set limit {}", name);
    return {};
}

Result<> place(int opened, int number) {
    if (opened < 0) return fail_errno("open descriptor {}", number);
    auto const spare = ::fcntl(opened, F_DUPFD_CLOEXEC, lowest_spare);
    if (spare < 0 || ::close(opened) != 0 || ::dup2(spare, number) != number)
        return fail_errno("place descriptor {}", number);
    return {};
}

Result<> open_descriptors(LaunchPlan const& plan) {
    for (auto const& [number, content] : plan.inputs) {
        auto const memory = ::memfd_create("carrel", MFD_CLOEXEC);
        if (memory < 0) return fail_errno("make descriptor {}", number);
        if (::write(memory, content.data(), content.size()) !=
                static_cast<ssize_t>(content.size()) ||
            ::lseek(memory, 0, SEEK_SET) != 0)
            return fail_errno("fill descriptor {}", number);
        TRY_VOID(place(memory, number));
    }
    for (auto const& [number, path] : plan.outputs)
        TRY_VOID(
            place(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600), number));
    // By its link, which leads to what runs here even when the file was replaced meanwhile.
    if (plan.own_program >= 0)
        TRY_VOID(place(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC), plan.own_program));
    return {};
}

Result<> become(LaunchPlan const& plan) {
    std::vector<char*> arguments;
    for (auto const& word : plan.arguments) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    std::vector<std::string> pairs;
    for (auto const& [name, value] : plan.environment) pairs.push_back(name + "=" + value);
    std::vector<char*> environment;
    for (auto& pair : pairs) environment.push_back(pair.data());
    environment.push_back(nullptr);
    if (::chdir(plan.folder.c_str()) != 0) return fail_errno("enter {}", plan.folder.string());
    ::execve(arguments.front(), arguments.data(), environment.data());
    return fail_errno("start {}", plan.arguments.front());
}

Result<> launch() {
    TRY(auto const text, read_small_file("/dev/stdin", largest_plan));
    TRY(auto const plan, parse_launch_plan(text));
    TRY_VOID(place(::open("/dev/null", O_RDONLY | O_CLOEXEC), STDIN_FILENO));
    ::umask(0077);
    // Nothing that control left open gets to the server.
    (void)::syscall(SYS_close_range, 3U, ~0U, 0U);
    TRY_VOID(join_cgroup(plan));
    // When the machine itself is out of memory, rather a server than the platform.
    (void)write_setting("/proc/self/oom_score_adj", "500");
    TRY_VOID(open_descriptors(plan));
    if (plan.network_info >= 0) TRY_VOID(start_way_out(plan.network_info));
    for (auto const& [name, value] : plan.limits)
        TRY_VOID(set_limit(name, static_cast<rlim_t>(value)));
    return become(plan);
}

}  // namespace

int launch_main() {
    auto const failed = launch();
    std::fputs(fmt::format("{}{}\n", launch_complaint, failed.error().message).c_str(), stderr);
    return 127;
}

}  // namespace carrel

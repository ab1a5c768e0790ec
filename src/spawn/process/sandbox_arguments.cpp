#include "spawn/process/sandbox_arguments.hpp"

#include "base/gibibytes.hpp"
#include "spawn/process/seccomp_filter.hpp"

#include <algorithm>
#include <array>
#include <set>

namespace carrel {

namespace {

namespace fs = std::filesystem;

// Descriptors that bubblewrap is given.
constexpr int arguments_descriptor = 10;
constexpr int filter_descriptor = 11;
constexpr int status_descriptor = 12;
constexpr int info_descriptor = 13;
constexpr int program_descriptor = 14;
constexpr int first_file_descriptor = 20;

constexpr long long mebibyte = 1024LL * 1024;

/// What a program needs beside /usr. Nothing of /etc that is a secret or names other people.
constexpr auto system_paths = std::to_array<std::string_view>({
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/etc/alternatives",
    "/etc/bash.bashrc",
    "/etc/ca-certificates",
    "/etc/crypto-policies",
    "/etc/debian_version",
    "/etc/fonts",
    "/etc/inputrc",
    "/etc/ipython",
    "/etc/jupyter",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/localtime",
    "/etc/magic",
    "/etc/mime.types",
    "/etc/os-release",
    "/etc/pki/ca-trust",
    "/etc/pki/tls/certs",
    "/etc/profile",
    "/etc/profile.d",
    "/etc/protocols",
    "/etc/python3",
    "/etc/R",
    "/etc/services",
    "/etc/ssl/certs",
    "/etc/ssl/openssl.cnf",
    "/etc/terminfo",
    "/etc/texmf",
    "/etc/timezone",
});

bool is_below(fs::path const& path, fs::path const& folder) {
    auto const [end, unused] = std::ranges::mismatch(folder, path);
    return end == folder.end();
}

/// Collects the arguments; keeps track of folders that are there and files that are passed.
class Writer {
public:
    explicit Writer(LaunchPlan& plan) : plan_(plan) {}

    template <class... Words>
    void add(Words const&... words) {
        for (std::string const& word : {std::string(words)...}) {
            text_ += word;
            text_ += '\0';
        }
    }

    /// Makes `folder` and those above it, enterable by everybody.
    void folder(fs::path const& folder) {
        fs::path whole;
        for (auto const& part : folder) {
            whole /= part;
            if (whole == "/" || inside_mount(whole) || !folders_.insert(whole).second) continue;
            add("--perms", "0755", "--dir", whole.string());
        }
    }

    void mount(std::string_view option, fs::path const& from, fs::path const& to) {
        folder(to.parent_path());
        add(option, from.string(), to.string());
        mounts_.push_back(to);
    }

    void temporary(fs::path const& at, long long bytes) {
        if (at != "/dev/shm") folder(at.parent_path());
        add("--perms", "1777", "--size", std::to_string(bytes), "--tmpfs", at.string());
    }

    void file(fs::path const& path, std::string content) {
        auto const descriptor = first_file_descriptor + files_++;
        folder(path.parent_path());
        add("--perms", "0644", "--file", std::to_string(descriptor), path.string());
        plan_.inputs[descriptor] = std::move(content);
    }

    [[nodiscard]] std::string take() { return std::move(text_); }

private:
    [[nodiscard]] bool inside_mount(fs::path const& path) const {
        return std::ranges::any_of(mounts_, [&](auto const& at) { return is_below(path, at); });
    }

    LaunchPlan& plan_;
    std::string text_;
    std::set<fs::path> folders_;
    std::vector<fs::path> mounts_;
    int files_ = 0;
};

long long memory_of(ServerSpec const& spec) { return bytes_of_gib(spec.resources.memory_gib); }

void add_namespaces(Writer& writer, SandboxSpec const& sandbox, std::string const& number) {
    writer.add("--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try");
    if (sandbox.private_network) writer.add("--unshare-net");
    writer.add("--hostname", "carrel", "--new-session", "--cap-drop", "ALL");
    if (sandbox.root) {
        // To enter the home and to drop to the uid; the drop itself takes them all away.
        for (auto const* capability :
             {"CAP_DAC_READ_SEARCH", "CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP"})
            writer.add("--cap-add", capability);
    } else {
        writer.add("--unshare-user", "--uid", number, "--gid", number, "--disable-userns");
    }
}

void add_system(Writer& writer, long long memory) {
    writer.mount("--ro-bind", "/usr", "/usr");
    writer.add("--proc", "/proc", "--dev", "/dev");
    // Memory in these counts as the server's where cgroups work; elsewhere the size bounds it.
    for (auto const* path : {"/dev/shm", "/tmp", "/var/tmp"})
        writer.temporary(path, std::max(memory / 2, 64 * mebibyte));
    for (auto const path : system_paths) writer.mount("--ro-bind-try", path, path);
}

void add_accounts(Writer& writer, std::string const& account, std::string const& number,
                  std::string const& home) {
    writer.file("/etc/passwd",
                fmt::format("root:x:0:0:root:/:/usr/sbin/nologin\n"
                            "{0}:x:{1}:{1}:{0}:{2}:/bin/bash\n"
                            "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n",
                            account, number, home));
    writer.file("/etc/group",
                fmt::format("root:x:0:\n{0}:x:{1}:\nnogroup:x:65534:\n", account, number));
    writer.file("/etc/nsswitch.conf",
                "passwd: files\ngroup: files\nhosts: files dns\nservices: files\n");
    writer.file("/etc/hosts", "127.0.0.1 localhost carrel\n::1 localhost\n");
}

/// The environment's folders at their own path, without what must stay hidden below them.
void add_environment(Writer& writer, ServerSpec const& spec, SandboxSpec const& sandbox) {
    for (auto const& path : spec.environment.read_only) {
        if (is_below(path, "/usr")) continue;
        writer.mount("--ro-bind", path, path);
        for (auto const& hidden : sandbox.hidden)
            if (is_below(hidden, path)) writer.add("--tmpfs", hidden.string());
    }
}

/// Programs that run one after the other in the sandbox before the server's own.
std::vector<std::string> inner_command(ServerSpec const& spec, SandboxSpec const& sandbox,
                                       std::string const& number) {
    std::vector<std::string> words;
    if (sandbox.root)
        words = {"/usr/bin/setpriv",    "--reuid=" + number,   "--regid=" + number,
                 "--clear-groups",      "--no-new-privs",      "--inh-caps=-all",
                 "--ambient-caps=-all", "--bounding-set=-all", "--"};
    if (!sandbox.limit_by_cgroup) {
        // Inside the namespace, since processes are counted for each uid and namespace.
        words.insert(words.end(),
                     {"/usr/bin/prlimit", fmt::format("--nproc={}", sandbox.most_processes),
                      fmt::format("--data={}", memory_of(spec)), "--"});
    }
    if (spec.environment.kind == EnvironmentKind::JupyterHub) {
        auto const bridge =
            bridge_words(spec.environment, program_descriptor, std::string(sandbox_hub),
                         fmt::format("{}/server.sock", sandbox_box));
        words.insert(words.end(), bridge.begin(), bridge.end());
    }
    auto const command = server_command(spec, sandbox_home(spec),
                                        fmt::format("{}/server.sock", sandbox_box), sandbox.port);
    words.insert(words.end(), command.begin(), command.end());
    return words;
}

std::map<std::string, long long> launch_limits(ServerSpec const& spec) {
    auto const storage = bytes_of_gib(spec.resources.storage_gib);
    return {{"core", 0}, {"nofile", 65536}, {"fsize", std::max(storage, mebibyte)}};
}

}  // namespace

LaunchPlan sandbox_plan(ServerSpec const& spec, SandboxSpec const& sandbox) {
    LaunchPlan plan;
    Writer writer(plan);
    auto const number = std::to_string(spec.number);
    auto const home = sandbox_home(spec);
    add_namespaces(writer, sandbox, number);
    add_system(writer, memory_of(spec));
    add_accounts(writer, account_name(spec.user), number, home);
    writer.file("/etc/resolv.conf",
                sandbox.has_way_out ? "nameserver 10.0.2.3\n" : sandbox.resolv_conf);
    add_environment(writer, spec, sandbox);
    writer.mount("--bind", sandbox.box, sandbox_box);
    writer.mount("--bind", spec.home, home);
    for (auto const& folder : spec.course_folders)
        writer.mount(folder.writable ? "--bind" : "--ro-bind", folder.from,
                     place_in_sandbox(folder));
    if (spec.environment.kind == EnvironmentKind::JupyterHub) {
        writer.mount("--ro-bind", sandbox.hub, sandbox_hub);
        plan.own_program = program_descriptor;
    }
    writer.add("--remount-ro", "/", "--chdir", home);
    for (auto const& [name, value] : server_environment(spec, home))
        writer.add("--setenv", name, value);
    if (auto filter = seccomp_filter(); !filter.empty()) {
        writer.add("--seccomp", std::to_string(filter_descriptor));
        plan.inputs[filter_descriptor] = std::move(filter);
    }
    writer.add("--json-status-fd", std::to_string(status_descriptor));
    plan.outputs[status_descriptor] = sandbox.status;
    if (sandbox.has_way_out) {
        writer.add("--info-fd", std::to_string(info_descriptor));
        plan.network_info = info_descriptor;
    }
    plan.inputs[arguments_descriptor] = writer.take();
    plan.arguments = {"/usr/bin/bwrap", "--args", std::to_string(arguments_descriptor), "--"};
    auto const inner = inner_command(spec, sandbox, number);
    plan.arguments.insert(plan.arguments.end(), inner.begin(), inner.end());
    plan.limits = launch_limits(spec);
    // bubblewrap stays visible inside as process 1, with its environment: so that is empty.
    plan.environment = {};
    return plan;
}

LaunchPlan plain_plan(ServerSpec const& spec, SandboxSpec const& sandbox) {
    LaunchPlan plan;
    plan.arguments = server_command(spec, spec.home.string(),
                                    (sandbox.box / "server.sock").string(), sandbox.port);
    if (spec.environment.kind == EnvironmentKind::JupyterHub) {
        plan.own_program = program_descriptor;
        auto bridge = bridge_words(spec.environment, program_descriptor, sandbox.hub.string(),
                                   (sandbox.box / "server.sock").string());
        plan.arguments.insert(plan.arguments.begin(), bridge.begin(), bridge.end());
    }
    plan.environment = server_environment(spec, spec.home.string());
    plan.folder = spec.home;
    plan.limits = launch_limits(spec);
    if (!sandbox.limit_by_cgroup) plan.limits["data"] = memory_of(spec);
    return plan;
}

}  // namespace carrel

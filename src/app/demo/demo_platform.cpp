#include "app/demo/demo_platform.hpp"

#include "app/folders.hpp"
#include "base/text.hpp"
#include "http/client.hpp"
#include "runtime/subprocess.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <csignal>
#include <fstream>
#include <sstream>
#include <thread>

namespace carrel {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view self = "/proc/self/exe";
constexpr Milliseconds start_patience{60'000};
constexpr Milliseconds stop_patience{60'000};

void pause() { std::this_thread::sleep_for(Milliseconds(20)); }

std::string first_line_of(fs::path const& file) {
    std::ifstream stream(file);
    std::string line;
    std::getline(stream, line);
    return line;
}

std::string contents_of(fs::path const& file) {
    std::ifstream stream(file);
    std::ostringstream text;
    text << stream.rdbuf();
    return text.str();
}

Result<> add_person_to(fs::path const& data, std::string const& name, std::string const& role,
                       std::string const& password) {
    Command const command{.arguments = {std::string(self), "user", "add", name, "--role", role,
                                        "--password-stdin", "--data", data.string()},
                          .input = password + "\n"};
    TRY(auto const done, run(command, Deadline::after(start_patience)));
    if (done.exit_code != 0) return fail(Code::Internal, "add {}: {}", name, trimmed(done.errors));
    return {};
}

}  // namespace

Result<std::unique_ptr<DemoPlatform>> DemoPlatform::start(SettingsFlags flags,
                                                          std::string const& password) {
    auto pattern = (fs::temp_directory_path() / "carrel-demo.XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) return fail_errno("make a data folder");
    std::unique_ptr<DemoPlatform> platform(new DemoPlatform(pattern));
    flags.data = pattern;
    flags.port = 0;
    flags.ip = "127.0.0.1";
    for (auto const* const setting :
         {"dispatcher.tick_seconds=0.5", "dispatcher.lead_seconds=1", "log.level=info"})
        flags.overrides.emplace_back(setting);
    TRY(auto const folders, make_folders(platform->data_));
    platform->runtime_ = folders.runtime;
    TRY_VOID(add_person_to(platform->data_, "greta", "administrator", password));
    TRY_VOID(add_person_to(platform->data_, "lea", "leader", password));
    TRY_VOID(platform->launch(flags));
    TRY_VOID(platform->wait_until_ready());
    return platform;
}

Result<> DemoPlatform::launch(SettingsFlags const& flags) {
    auto arguments = flags.as_arguments();
    arguments.insert(arguments.begin(), {std::string("carrel"), std::string("serve")});
    std::vector<char*> argv;
    for (auto& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    auto const log = (data_ / "demo.log").string();
    pid_t const child = ::fork();
    if (child < 0) return fail_errno("start the platform");
    if (child == 0) {
        int const file = ::open(log.c_str(), O_CREAT | O_WRONLY | O_APPEND, 0600);
        ::dup2(file, 1);
        ::dup2(file, 2);
        ::setsid();
        ::execv(self.data(), argv.data());
        ::_exit(127);
    }
    serve_ = child;
    return {};
}

Result<> DemoPlatform::wait_until_ready() {
    http::Client client;
    for (auto const deadline = Deadline::after(start_patience); !deadline.passed(); pause()) {
        if (::waitpid(serve_, nullptr, WNOHANG) == serve_) {
            serve_ = 0;
            return fail(Code::Internal, "the platform did not start:\n{}",
                        contents_of(data_ / "demo.log"));
        }
        auto const port = parse_whole(first_line_of(runtime_ / "port"));
        if (!port) continue;
        port_ = static_cast<unsigned short>(*port);
        auto const ready = client.fetch({.url = fmt::format("http://127.0.0.1:{}/readyz", port_)},
                                        Deadline::after(Milliseconds(1'000)));
        if (ready && ready->status == 200) return {};
    }
    return fail(Code::Timeout, "the platform was not ready within a minute; its log is {}",
                (data_ / "demo.log").string());
}

pid_t DemoPlatform::find_child(std::string_view command) const {
    std::ifstream children(fmt::format("/proc/{0}/task/{0}/children", serve_));
    for (pid_t child = 0; children >> child;) {
        auto const line = contents_of(fmt::format("/proc/{}/cmdline", child));
        auto const words = split(line, '\0');
        if (words.size() > 1 && words[1] == command) return child;
    }
    return 0;
}

Result<pid_t> DemoPlatform::kill_control() {
    pid_t const control = find_child("control");
    if (control == 0) return fail(Code::NotFound, "there is no control process to kill");
    if (::kill(control, SIGKILL) != 0) return fail_errno("kill the control process");
    return control;
}

Result<> DemoPlatform::wait_for_control(pid_t former) {
    http::Client client;
    for (auto const deadline = Deadline::after(start_patience); !deadline.passed(); pause()) {
        pid_t const control = find_child("control");
        if (control == 0 || control == former) continue;
        auto const ready = client.fetch({.url = fmt::format("http://127.0.0.1:{}/readyz", port_)},
                                        Deadline::after(Milliseconds(1'000)));
        if (ready && ready->status == 200) return {};
    }
    return fail(Code::Timeout, "the control process did not come back");
}

Result<> DemoPlatform::stop() {
    if (serve_ == 0) return {};
    ::kill(serve_, SIGINT);
    int status = 0;
    for (auto const deadline = Deadline::after(stop_patience); !deadline.passed(); pause()) {
        if (::waitpid(serve_, &status, WNOHANG) != serve_) continue;
        serve_ = 0;
        if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
        return fail(Code::Internal, "the platform ended with an error; its log is {}",
                    (data_ / "demo.log").string());
    }
    return fail(Code::Timeout, "the platform did not stop within a minute");
}

void DemoPlatform::discard() {
    std::error_code ignored;
    fs::remove_all(data_, ignored);
    fs::remove_all(runtime_, ignored);
}

DemoPlatform::~DemoPlatform() {
    if (serve_ == 0) return;
    if (!stop()) {
        ::kill(serve_, SIGKILL);
        ::waitpid(serve_, nullptr, 0);
    }
}

}  // namespace carrel

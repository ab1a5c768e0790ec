#include "proxy/tls/file_watch.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>
#include <array>
#include <fstream>
#include <iterator>
#include <set>

namespace carrel::proxy {

namespace {

constexpr uint32_t changes =
    IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_ATTRIB;
constexpr int quiet_milliseconds = 200;

/// The files are small, and comparing them says more than comparing their times.
std::string contents_of(std::vector<std::filesystem::path> const& files) {
    std::string all;
    for (auto const& path : files) {
        std::ifstream file(path, std::ios::binary);
        all.append(std::istreambuf_iterator<char>(file), {});
        all.append(file ? "+" : "-").append("\0", 1);
    }
    return all;
}

void drain(int descriptor) {
    std::array<char, 4096> ignored;
    while (::read(descriptor, ignored.data(), ignored.size()) > 0) {
    }
}

}  // namespace

Result<std::unique_ptr<FileWatch>> FileWatch::create(std::vector<Group> groups, Beat beat) {
    int const inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (inotify < 0) return fail_errno("watch files");
    int const wakeup = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (wakeup < 0) {
        auto error = fail_errno("watch files");
        close(inotify);
        return error;
    }
    std::set<std::filesystem::path> folders;
    for (auto const& group : groups)
        for (auto const& file : group.files) folders.insert(absolute(file).parent_path());
    std::unique_ptr<FileWatch> watch(
        new FileWatch(std::move(groups), std::move(beat), inotify, wakeup));
    for (auto const& folder : folders)
        if (inotify_add_watch(inotify, folder.c_str(), changes) < 0)
            return fail_errno("watch the folder {}", folder.string());
    return watch;
}

FileWatch::FileWatch(std::vector<Group> groups, Beat beat, int inotify, int wakeup)
    : beat_(std::move(beat)), inotify_(inotify), wakeup_(wakeup) {
    for (auto& group : groups) {
        auto contents = contents_of(group.files);
        groups_.push_back({.group = std::move(group), .contents = std::move(contents)});
    }
}

FileWatch::~FileWatch() {
    stopping_ = true;
    eventfd_write(wakeup_, 1);
    if (thread_.joinable()) thread_.join();
    close(inotify_);
    close(wakeup_);
}

void FileWatch::start() {
    thread_ = std::thread([this] { run(); });
}

void FileWatch::report_all() {
    all_ = true;
    eventfd_write(wakeup_, 1);
}

void FileWatch::run() {
    std::array<pollfd, 2> sources = {pollfd{.fd = inotify_, .events = POLLIN, .revents = 0},
                                     pollfd{.fd = wakeup_, .events = POLLIN, .revents = 0}};
    if (beat_.run) beat_.run();
    while (!stopping_) {
        int const ready = poll(sources.data(), sources.size(), beat_.seconds * 1000);
        while (ready > 0 && !stopping_) {
            drain(inotify_);
            drain(wakeup_);
            if (all_ || poll(sources.data(), sources.size(), quiet_milliseconds) <= 0) break;
        }
        if (stopping_) return;
        report_changed(all_.exchange(false));
        if (beat_.run) beat_.run();
    }
}

void FileWatch::report_changed(bool all) {
    for (auto& watched : groups_) {
        auto contents = contents_of(watched.group.files);
        if (!all && contents == watched.contents) continue;
        watched.contents = std::move(contents);
        watched.group.changed();
    }
}

}  // namespace carrel::proxy

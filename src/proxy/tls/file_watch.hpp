#pragma once

/// Notices that files have changed, by inotify(7), on a thread of its own.
///
/// Folders are watched rather than files, because files are replaced by renaming and by changing
/// symbolic links. A group is reported once its contents differ from what was last reported and
/// nothing has moved for a moment, so that a key and its certificate are seen together.

#include "base/result.hpp"

#include <atomic>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace carrel::proxy {

class FileWatch {
public:
    struct Group {
        std::vector<std::filesystem::path> files;
        /// Called on the watch's thread.
        std::function<void()> changed;
    };
    /// What `changed` does in a beat, apart from files: called every `interval` seconds, at most.
    struct Beat {
        int seconds = 3600;
        std::function<void()> run = {};
    };

    [[nodiscard]] static Result<std::unique_ptr<FileWatch>> create(std::vector<Group> groups,
                                                                   Beat beat);
    /// Waits for a call that is under way.
    ~FileWatch();

    void start();
    /// Reports every group now, changed or not. Thread-safe.
    void report_all();

private:
    struct Watched {
        Group group;
        std::string contents;
    };
    FileWatch(std::vector<Group> groups, Beat beat, int inotify, int wakeup);
    void run();
    void report_changed(bool all);

    std::vector<Watched> groups_;
    Beat const beat_;
    int const inotify_;
    int const wakeup_;
    std::atomic<bool> stopping_ = false;
    std::atomic<bool> all_ = false;
    std::thread thread_;
};

}  // namespace carrel::proxy

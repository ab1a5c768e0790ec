#pragma once

/// The access log: one JSON object per line for each request or tunnel that has ended. Workers hand
/// over batches of lines; a thread of the log's own writes them, so that a slow disk or a full pipe
/// delays no request.

#include "base/result.hpp"

#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace carrel::proxy {

struct AccessLine {
    int64_t time;  ///< when it ended, in milliseconds since 1970
    std::string_view client;
    std::string_view method;
    std::string_view path;  ///< without the query, in which secrets may be
    unsigned status;
    std::string_view route;
    std::string_view target;
    uint64_t received;
    uint64_t sent;
    int64_t milliseconds;
    std::string_view request_id;
    bool websocket;
    std::string_view origin;  ///< of an error: "client", "proxy", "target"; "" without one
    std::string_view reason;
};
void append_line(std::string& out, AccessLine const& line);

class AccessLogWriter {
public:
    /// Appends to `path`; "-" is standard output. Fails when it cannot be opened.
    [[nodiscard]] static Result<std::unique_ptr<AccessLogWriter>> create(
        std::filesystem::path const& path);
    /// Writes what was handed over.
    ~AccessLogWriter();
    AccessLogWriter(AccessLogWriter const&) = delete;
    AccessLogWriter& operator=(AccessLogWriter const&) = delete;

    /// False when so much is waiting already that these lines are dropped. Thread-safe.
    [[nodiscard]] bool write(std::string lines);
    /// Goes on in a file of the same name, after somebody has moved the old one. Thread-safe.
    void reopen();

private:
    AccessLogWriter(std::filesystem::path path, int descriptor);
    void run();
    void write_all(std::string_view lines);

    std::filesystem::path const path_;
    int descriptor_;
    std::mutex mutex_;  ///< guards what follows
    std::condition_variable changed_;
    std::string waiting_;
    bool reopen_ = false;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace carrel::proxy

#include "proxy/report/access_log.hpp"

#include "proxy/message/date_text.hpp"
#include "runtime/log.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <iterator>
#include <utility>

namespace carrel::proxy {

namespace {

constexpr size_t most_waiting = 16UL << 20U;

int open_log(std::filesystem::path const& path) {
    if (path == "-") return fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    return open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
}

/// As the content of a JSON string. What is not ASCII came raw from a client, in any encoding.
void append_text(std::string& out, std::string_view text) {
    for (char const c : text) {
        auto const byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (byte < 0x20 || byte >= 0x7f) {
            fmt::format_to(std::back_inserter(out), "\\u{:04x}", byte);
        } else {
            out += c;
        }
    }
}

void append_member(std::string& out, std::string_view name, std::string_view text) {
    if (text.empty()) return;
    out += ",\"";
    out += name;
    out += "\":\"";
    append_text(out, text);
    out += '"';
}

}  // namespace

void append_line(std::string& out, AccessLine const& line) {
    static thread_local DateWriter dates;
    out += R"({"time":")";
    dates.append(out, line.time);
    out += '"';
    append_member(out, "client", line.client);
    append_member(out, "method", line.method);
    append_member(out, "path", line.path.substr(0, line.path.find('?')));
    fmt::format_to(std::back_inserter(out), R"(,"status":{},"ms":{},"bytes_in":{},"bytes_out":{})",
                   line.status, line.milliseconds, line.received, line.sent);
    append_member(out, "route", line.route);
    append_member(out, "target", line.target);
    append_member(out, "request", line.request_id);
    if (line.websocket) out += R"(,"websocket":true)";
    append_member(out, "error", line.origin);
    append_member(out, "reason", line.reason);
    out += "}\n";
}

Result<std::unique_ptr<AccessLogWriter>> AccessLogWriter::create(
    std::filesystem::path const& path) {
    int const descriptor = open_log(path);
    if (descriptor < 0) return fail_errno("open the access log {}", path.string());
    return std::unique_ptr<AccessLogWriter>(new AccessLogWriter(path, descriptor));
}

AccessLogWriter::AccessLogWriter(std::filesystem::path path, int descriptor)
    : path_(std::move(path)), descriptor_(descriptor), thread_([this] { run(); }) {}

AccessLogWriter::~AccessLogWriter() {
    {
        std::scoped_lock const lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_one();
    thread_.join();
    close(descriptor_);
}

bool AccessLogWriter::write(std::string lines) {
    {
        std::scoped_lock const lock(mutex_);
        if (waiting_.size() > most_waiting) return false;
        if (waiting_.empty())
            waiting_ = std::move(lines);
        else
            waiting_ += lines;
    }
    changed_.notify_one();
    return true;
}

void AccessLogWriter::reopen() {
    {
        std::scoped_lock const lock(mutex_);
        reopen_ = true;
    }
    changed_.notify_one();
}

void AccessLogWriter::run() {
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [this] { return stopping_ || reopen_ || !waiting_.empty(); });
        auto lines = std::move(waiting_);
        waiting_.clear();
        bool const again = std::exchange(reopen_, false);
        bool const last = stopping_;
        lock.unlock();
        // What was handed over before belongs into the old file.
        write_all(lines);
        if (again) {
            int const fresh = open_log(path_);
            if (fresh < 0) {
                log::error("access_log_reopen_failed", {{"path", path_.string()}});
            } else {
                close(descriptor_);
                descriptor_ = fresh;
            }
        }
        if (last) return;
        lock.lock();
    }
}

void AccessLogWriter::write_all(std::string_view lines) {
    while (!lines.empty()) {
        auto const count = ::write(descriptor_, lines.data(), lines.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) {
            auto const reason = describe_errno(errno);
            return log::error("access_log_write_failed", {{"reason", reason}});
        }
        lines.remove_prefix(static_cast<size_t>(count));
    }
}

}  // namespace carrel::proxy

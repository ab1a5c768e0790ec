#include "spawn/process/server_log.hpp"

#include "base/encoding.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

namespace carrel {

namespace fs = std::filesystem;

namespace {

constexpr long long tail_bytes = 16LL * 1024;
constexpr size_t tail_lines = 40;

std::string last_bytes(fs::path const& log, long long most) {
    auto const file = ::open(log.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (file < 0) return {};
    struct stat facts{};
    ::fstat(file, &facts);
    auto const from = std::max<long long>(0, facts.st_size - most);
    std::string text(static_cast<size_t>(std::min<long long>(facts.st_size, most)), '\0');
    auto const count = ::pread(file, text.data(), text.size(), from);
    ::close(file);
    text.resize(static_cast<size_t>(std::max<ssize_t>(0, count)));
    // Begin with a whole line.
    if (auto const line = text.find('\n'); from > 0 && line != std::string::npos)
        text.erase(0, line + 1);
    return text;
}

/// Where the terminal sequence that begins at `at` ends.
size_t end_of_sequence(std::string_view text, size_t at) {
    if (at + 1 >= text.size() || text[at + 1] != '[') return std::min(at + 2, text.size());
    auto end = at + 2;
    while (end < text.size() && (text[end] < '@' || text[end] > '~')) ++end;
    return std::min(end + 1, text.size());
}

/// The length of the UTF-8 character at the start of `text`; 0 when it is none.
size_t character_length(std::string_view text) {
    auto const first = static_cast<unsigned char>(text.front());
    size_t const length = first < 0x80 ? 1 : first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (length > text.size()) return 0;
    return is_printable_utf8(text.substr(0, length)) ? length : 0;
}

void blank(std::string& text, std::string const& secret) {
    if (secret.empty()) return;
    constexpr std::string_view instead = "…";
    for (size_t at = 0; (at = text.find(secret, at)) != std::string::npos; at += instead.size())
        text.replace(at, secret.size(), instead);
}

/// slirp4netns tells where servers write that it has begun; nobody needs to know.
void drop_way_out(std::string& text) {
    for (std::string_view const words : {"sent tapfd=", "received tapfd="}) {
        auto const at = text.find(words);
        if (at == std::string::npos || (at > 0 && text[at - 1] != '\n')) continue;
        auto const end = text.find('\n', at);
        text.erase(at, end == std::string::npos ? end : end + 1 - at);
    }
}

}  // namespace

fs::path server_log_path(fs::path const& folder, std::string const& id) {
    return folder / (id + ".log");
}

Result<> rotate_log(fs::path const& log) {
    std::error_code error;
    fs::create_directories(log.parent_path(), error);
    if (error)
        return fail(Code::Unavailable, "make {}: {}", log.parent_path().string(), error.message());
    auto older = log;
    older += ".1";
    if (::rename(log.c_str(), older.c_str()) != 0 && errno != ENOENT)
        return fail_errno("keep {}", log.string());
    return {};
}

void limit_log(fs::path const& log, long long largest) {
    struct stat facts{};
    if (::lstat(log.c_str(), &facts) != 0 || facts.st_size <= largest) return;
    auto const end = last_bytes(log, largest / 4);
    auto const file = ::open(log.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
    if (file < 0) return;
    // The server appends, so its next line follows whatever is there then.
    auto const text = "(the beginning of this log was cut)\n" + end;
    if (::ftruncate(file, 0) == 0) (void)!::write(file, text.data(), text.size());
    ::close(file);
}

std::string readable(std::string_view text, std::string const& secret) {
    std::string clean;
    for (size_t at = 0; at < text.size();) {
        if (text[at] == '\x1b') {
            at = end_of_sequence(text, at);
        } else if (auto const length = character_length(text.substr(at)); length > 0) {
            if (text[at] != '\r') clean.append(text.substr(at, length));
            at += length;
        } else {
            if (static_cast<unsigned char>(text[at]) >= 0x80) clean += "\uFFFD";
            ++at;
        }
    }
    blank(clean, secret);
    return clean;
}

std::string log_tail(fs::path const& log, std::string const& secret) {
    auto text = readable(last_bytes(log, tail_bytes), secret);
    drop_way_out(text);
    size_t lines = 0;
    for (auto at = text.size(); at > 0; --at)
        if (text[at - 1] == '\n' && at < text.size() && ++lines == tail_lines)
            return text.substr(at);
    return text;
}

}  // namespace carrel

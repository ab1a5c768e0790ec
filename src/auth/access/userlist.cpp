#include "auth/access/userlist.hpp"

#include "auth/provider/user_name.hpp"
#include "base/encoding.hpp"
#include "base/text.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace carrel {

namespace {

constexpr size_t largest = 4UL * 1024 * 1024;
constexpr size_t most_remarks = 20;
constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

/// Without what a "#" at its beginning or after a space begins.
std::string_view without_comment(std::string_view line) {
    for (size_t at = line.find('#'); at != std::string_view::npos; at = line.find('#', at + 1))
        if (at == 0 || line[at - 1] == ' ' || line[at - 1] == '\t') return line.substr(0, at);
    return line;
}

std::vector<std::string_view> words_of(std::string_view line) {
    std::vector<std::string_view> words;
    constexpr std::string_view space = " \t";
    for (auto start = line.find_first_not_of(space); start != std::string_view::npos;) {
        auto const end = line.find_first_of(space, start);
        words.push_back(line.substr(start, end - start));
        start = end == std::string_view::npos ? end : line.find_first_not_of(space, end);
    }
    return words;
}

class Reader {
public:
    explicit Reader(std::span<std::string const> domains) : domains_(domains) {}

    void read(size_t number, std::string_view line) {
        auto const words = words_of(trimmed(without_comment(line)));
        if (words.empty()) return;
        auto const name = plain_user_name(words[0], domains_);
        if (!name) {
            remark(number, fmt::format("'{}' is no user name", for_log(words[0], 80)));
            return;
        }
        if (list_.lists.has(AccessList::Allow, *name)) {
            remark(number, fmt::format("{} is there twice", *name));
        } else {
            list_.lists.add(AccessList::Allow, *name);
            ++list_.people;
        }
        bool const administrator = words.size() > 1 && equals_ignoring_case(words[1], "admin");
        if (administrator) list_.lists.add(AccessList::Administrators, *name);
        if (words.size() > (administrator ? 2U : 1U))
            remark(number, fmt::format("'{}' behind {} means nothing; \"admin\" does",
                                       for_log(words[administrator ? 2 : 1], 40), *name));
    }

    Userlist finish() {
        if (unsaid_ > 0) list_.remarks.push_back(fmt::format("and {} lines more", unsaid_));
        list_.lists.close();
        return std::move(list_);
    }

private:
    void remark(size_t number, std::string const& sentence) {
        if (list_.remarks.size() < most_remarks)
            list_.remarks.push_back(fmt::format("line {}: {}", number, sentence));
        else
            ++unsaid_;
    }

    std::span<std::string const> domains_;
    Userlist list_;
    size_t unsaid_ = 0;
};

struct OpenFile {
    int number;
    explicit OpenFile(int opened) : number(opened) {}
    OpenFile(OpenFile const&) = delete;
    OpenFile& operator=(OpenFile const&) = delete;
    ~OpenFile() {
        if (number >= 0) ::close(number);
    }
};

long long nanoseconds(timespec const& time) {
    return static_cast<long long>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

Result<std::string> content_of(std::filesystem::path const& path) {
    // A named pipe would keep us waiting.
    OpenFile const file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (file.number < 0)
        return fail(errno == ENOENT ? Code::NotFound : Code::InvalidArgument, "read {}: {}",
                    path.string(), std::strerror(errno));
    struct stat status{};
    if (::fstat(file.number, &status) != 0 || !S_ISREG(status.st_mode))
        return fail(Code::InvalidArgument, "read {}: it is no plain file", path.string());
    std::string text;
    std::array<char, 65'536> part{};
    for (;;) {
        auto const count = ::read(file.number, part.data(), part.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0)
            return fail(Code::InvalidArgument, "read {}: {}", path.string(), std::strerror(errno));
        if (count == 0) return text;
        text.append(part.data(), static_cast<size_t>(count));
        if (text.size() > largest)
            return fail(Code::InvalidArgument, "read {}: it is bigger than 4 MiB", path.string());
    }
}

}  // namespace

Result<Userlist> parse_userlist(std::string_view text, std::span<std::string const> domains) {
    if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
    if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff") ||
        text.find('\0') != std::string_view::npos)
        return fail(Code::InvalidArgument, "it is no text in UTF-8");
    Reader reader(domains);
    size_t number = 0;
    while (!text.empty()) {
        auto const end = text.find_first_of("\r\n");
        reader.read(++number, text.substr(0, end));
        if (end == std::string_view::npos) break;
        bool const windows = text.substr(end).starts_with("\r\n");
        text.remove_prefix(end + (windows ? 2 : 1));
    }
    auto list = reader.finish();
    if (list.people == 0)
        return fail(Code::InvalidArgument, "it names nobody{}{}", list.remarks.empty() ? "" : "; ",
                    list.remarks.empty() ? "" : list.remarks.front());
    return list;
}

Result<Userlist> UserlistFile::read() {
    seen_ = known_ = trace();
    TRY(auto const text, content_of(path_));
    auto list = parse_userlist(text, domains_);
    if (!list) return std::unexpected(list.error().wrapped(path_.string()));
    return list;
}

std::optional<Result<Userlist>> UserlistFile::look() {
    auto const now = trace();
    bool const moving = now != seen_;
    seen_ = now;
    if (moving || now == known_) return {};
    return read();
}

UserlistFile::Trace UserlistFile::trace() const {
    struct stat status{};
    if (::stat(path_.c_str(), &status) != 0) return {};
    return {.there = true,
            .device = status.st_dev,
            .file = status.st_ino,
            .size = status.st_size,
            .written = nanoseconds(status.st_mtim),
            .changed = nanoseconds(status.st_ctim)};
}

}  // namespace carrel

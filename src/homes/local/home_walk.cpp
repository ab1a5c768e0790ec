#include "homes/local/home_walk.hpp"

#include "base/text.hpp"
#include "homes/local/archive_name.hpp"

#include <dirent.h>
#include <fcntl.h>

#include <algorithm>
#include <memory>

namespace carrel {

namespace {

constexpr size_t most_notes = 64 * 1024;
constexpr size_t longest_shown_path = 4000;

std::string_view kind_of(mode_t mode) {
    switch (mode & S_IFMT) {
        case S_IFIFO:
            return "pipe";
        case S_IFSOCK:
            return "socket";
        default:
            return "device";
    }
}

}  // namespace

bool same_file(struct stat const& a, struct stat const& b) {
    return a.st_dev == b.st_dev && a.st_ino == b.st_ino &&
           (a.st_mode & S_IFMT) == (b.st_mode & S_IFMT);
}

bool unchanged(struct stat const& before, struct stat const& after) {
    return same_file(before, after) && before.st_size == after.st_size &&
           before.st_mtim.tv_sec == after.st_mtim.tv_sec &&
           before.st_mtim.tv_nsec == after.st_mtim.tv_nsec;
}

HomeWalk::HomeWalk(FileDescriptor home, std::string top, WalkLimits const& limits)
    : present_(std::move(home)), limits_(limits), top_(std::move(top)), path_(top_) {}

Result<std::optional<HomeEntry>> HomeWalk::next() {
    if (!begun_) {
        begun_ = true;
        struct stat status{};
        if (::fstat(present_.number(), &status) != 0) return fail_errno("look at a home");
        TRY(auto names, names_of_present_folder());
        levels_.push_back({status.st_dev, status.st_ino, std::move(names), 0, 0, {}});
        HomeEntry home;
        home.kind = HomeEntry::Kind::Folder;
        home.path = top_;
        home.permissions = status.st_mode & 07777;
        home.modified_at = status.st_mtim;
        return home;
    }
    if (sparse_) {
        TRY(auto piece, next_piece());
        if (piece) return piece;
    }
    if (folder_) TRY_VOID(enter());
    while (!levels_.empty()) {
        auto& level = levels_.back();
        if (level.next == level.names.size()) {
            TRY_VOID(leave());
            continue;
        }
        TRY(auto entry, look_at(level.names[level.next++]));
        if (entry) return entry;
    }
    if (notes_left_out_ > 0) notes_ += fmt::format("… and {} more\n", notes_left_out_);
    notes_left_out_ = 0;
    return std::nullopt;
}

Result<FileDescriptor> HomeWalk::open(HomeEntry const& entry) const {
    TRY(auto file, open_regular_file(present_.number(), entry.name));
    struct stat status{};
    if (::fstat(file.number(), &status) != 0) return fail_errno("look at {}", entry.path);
    if (!unchanged(entry.status, status))
        return fail(Code::Conflict, "{} changes while it is read", for_log(entry.path));
    return file;
}

Result<> HomeWalk::enter() {
    auto const folder = *std::exchange(folder_, std::nullopt);
    TRY(auto inside, open_folder(present_.number(), folder.name));
    struct stat status{};
    if (::fstat(inside.number(), &status) != 0) return fail_errno("look at {}", folder.path);
    if (!same_file(folder.status, status))
        return fail(Code::Conflict, "{} changes while it is read", for_log(folder.path));
    if (status.st_dev != levels_.front().device)
        return fail(Code::Conflict, "another file system is mounted at {}", for_log(folder.path));
    present_ = std::move(inside);
    Level level{status.st_dev, status.st_ino, {}, 0, path_.size(), {}};
    if (!folder.path.starts_with(path_ + "/")) level.outer_path = path_;
    path_ = folder.path;
    TRY(level.names, names_of_present_folder());
    levels_.push_back(std::move(level));
    return {};
}

Result<> HomeWalk::leave() {
    auto const left = std::move(levels_.back());
    levels_.pop_back();
    if (levels_.empty()) return {};
    path_ = left.outer_path ? *left.outer_path : path_.substr(0, left.outer_length);
    FileDescriptor outside(
        ::openat(present_.number(), "..", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    struct stat status{};
    if (!outside.open() || ::fstat(outside.number(), &status) != 0)
        return fail_errno("go back to {}", for_log(path_));
    // Had somebody moved the folder we were in, ".." would lead out of the home.
    if (status.st_dev != levels_.back().device || status.st_ino != levels_.back().number)
        return fail(Code::Conflict, "{} is moved while it is read", for_log(path_));
    present_ = std::move(outside);
    return {};
}

Result<std::vector<std::string>> HomeWalk::names_of_present_folder() {
    // A description of its own: reading a folder moves the position that descriptors share.
    auto const fresh = ::openat(present_.number(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fresh < 0) return fail_errno("list {}", for_log(path_));
    std::unique_ptr<DIR, decltype(&::closedir)> const folder(::fdopendir(fresh), &::closedir);
    if (!folder) return fail_errno("list {}", for_log(path_));
    std::vector<std::string> names;
    for (;;) {
        errno = 0;
        auto const* const found = ::readdir(folder.get());
        if (found == nullptr && errno != 0) return fail_errno("list {}", for_log(path_));
        if (found == nullptr) break;
        std::string name(found->d_name);
        if (name == "." || name == "..") continue;
        if (++seen_ > limits_.most_entries)
            return fail(Code::LimitReached, "there are more than {} files and folders",
                        limits_.most_entries);
        names.push_back(std::move(name));
    }
    std::ranges::sort(names);
    return names;
}

Result<std::optional<HomeEntry>> HomeWalk::look_at(std::string const& name) {
    HomeEntry entry;
    entry.name = name;
    if (::fstatat(present_.number(), name.c_str(), &entry.status, AT_SYMLINK_NOFOLLOW) != 0)
        return fail_errno("look at {} in {}", for_log(name), for_log(path_));
    auto const shown = name_in_archive(name);
    entry.path = path_ + "/" + shown;
    entry.permissions = entry.status.st_mode & 07777;
    entry.modified_at = entry.status.st_mtim;
    if (shown != name) note(fmt::format("renamed, its name was no UTF-8: {}", shown_path(entry)));
    switch (entry.status.st_mode & S_IFMT) {
        case S_IFDIR:
            return folder_entry(std::move(entry));
        case S_IFREG:
            return file_entry(std::move(entry));
        case S_IFLNK:
            return link_entry(std::move(entry));
        default:
            note(fmt::format("left out, a {}: {}", kind_of(entry.status.st_mode),
                             shown_path(entry)));
            return std::nullopt;
    }
}

HomeEntry HomeWalk::folder_entry(HomeEntry entry) {
    entry.kind = HomeEntry::Kind::Folder;
    if (entry.path.size() > limits_.longest_path) {
        auto beside = fmt::format("{}-deeper/{}", top_, ++continued_);
        note(fmt::format("too deep, so it is in {} instead: {}", beside, shown_path(entry)));
        entry.path = std::move(beside);
    }
    folder_ = entry;
    return entry;
}

Result<std::optional<HomeEntry>> HomeWalk::link_entry(HomeEntry entry) {
    entry.kind = HomeEntry::Kind::Link;
    std::string target(4096, '\0');  // PATH_MAX: no link is longer
    auto const length =
        ::readlinkat(present_.number(), entry.name.c_str(), target.data(), target.size());
    if (length < 0) return fail_errno("read the link {}", for_log(entry.path));
    target.resize(static_cast<size_t>(length));
    if (!is_utf8(target)) {
        note(fmt::format("left out, a link to {}: {}", escaped_name(target), shown_path(entry)));
        return std::nullopt;
    }
    entry.link_target = std::move(target);
    return entry;
}

HomeEntry HomeWalk::file_entry(HomeEntry entry) {
    entry.kind = HomeEntry::Kind::File;
    entry.size = entry.status.st_size;
    bool const mostly_holes = entry.status.st_blocks * 512 < entry.size / 4;
    if (entry.size < limits_.sparse_from || !mostly_holes) return entry;

    // Reading terabytes of nothing would take hours: the pieces with data go into a folder, each
    // named after where in the file it begins.
    auto pieces = entry;
    pieces.kind = HomeEntry::Kind::Folder;
    pieces.permissions = 0700;
    pieces.path += ".pieces";
    while (taken(pieces.path.substr(path_.size() + 1))) pieces.path += '~';
    note(fmt::format("{} bytes, mostly holes, so its pieces are in {}: {}", entry.size,
                     for_log(pieces.path, longest_shown_path), shown_path(entry)));
    entry.path = pieces.path;
    entry.begin = entry.size = 0;
    sparse_ = std::move(entry);
    return pieces;
}

Result<std::optional<HomeEntry>> HomeWalk::next_piece() {
    auto const& file = *sparse_;
    TRY(auto const opened, open(file));
    auto const begin = ::lseek(opened.number(), file.begin + file.size, SEEK_DATA);
    if (begin < 0 && errno != ENXIO) return fail_errno("read {}", for_log(file.path));
    if (begin < 0) {
        sparse_.reset();
        return std::nullopt;
    }
    auto const end = ::lseek(opened.number(), begin, SEEK_HOLE);
    if (end < 0) return fail_errno("read {}", for_log(file.path));
    if (++seen_ > limits_.most_entries)
        return fail(Code::LimitReached, "there are more than {} files, folders and pieces",
                    limits_.most_entries);
    sparse_->begin = begin;
    sparse_->size = end - begin;
    auto piece = *sparse_;
    piece.path += fmt::format("/{}", begin);
    return piece;
}

std::string HomeWalk::name_in_archive(std::string const& name) const {
    return archive_name(name, [&](std::string const& other) { return taken(other); });
}

bool HomeWalk::taken(std::string const& name) const {
    return std::ranges::binary_search(levels_.back().names, name);
}

std::string HomeWalk::shown_path(HomeEntry const& entry) {
    return for_log(entry.path, longest_shown_path);
}

void HomeWalk::note(std::string const& line) {
    if (notes_.size() + line.size() > most_notes)
        ++notes_left_out_;
    else
        notes_ += line + "\n";
}

}  // namespace carrel

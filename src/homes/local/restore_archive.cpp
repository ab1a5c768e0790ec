#include "homes/local/home_archive.hpp"

#include "base/text.hpp"
#include "homes/local/archive_name.hpp"
#include "homes/local/zip_reader.hpp"

#include <fcntl.h>

#include <functional>
#include <ranges>
#include <set>
#include <span>

namespace carrel {

namespace {

constexpr size_t chunk = 256 * 1024;
constexpr size_t longest_name = 255;  // NAME_MAX

using Path = std::vector<std::string>;  // below the home, one name each

/// A folder below the home that is open, and the way from it to the next one. The path to a folder
/// can be longer than the system allows, so it goes there step by step, and never through a link.
class Place {
public:
    explicit Place(int home) : home_(home) {}

    Result<int> go_to(std::span<std::string const> path) {
        size_t common = 0;
        while (common < path.size() && common < way_.size() && path[common] == way_[common])
            ++common;
        if (common == 0) {
            present_ = FileDescriptor(::fcntl(home_, F_DUPFD_CLOEXEC, 0));
            if (!present_.open()) return fail_errno("open the home");
            way_.clear();
        }
        for (; way_.size() > common; way_.pop_back()) TRY_VOID(step(".."));
        for (; way_.size() < path.size(); way_.push_back(path[way_.size()]))
            TRY_VOID(step(path[way_.size()]));
        return present_.number();
    }

private:
    Result<> step(std::string const& name) {
        TRY(present_, open_folder(present_.number(), name));
        return {};
    }

    int home_;
    FileDescriptor present_;
    Path way_;
};

/// A name in an archive can be longer than a file's may be: escaping and ".pieces" add to it.
std::string fitting(std::string name) {
    if (name.size() <= longest_name) return name;
    auto const mark = fmt::format("~{:016x}", std::hash<std::string>()(name));
    name.resize(longest_name - mark.size());
    while (!is_utf8(name)) name.pop_back();
    return name + mark;
}

Result<> write_fully(int file, std::span<char const> bytes) {
    while (!bytes.empty()) {
        auto const count = ::write(file, bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return fail_errno("write");
        bytes = bytes.subspan(static_cast<size_t>(count));
    }
    return {};
}

class Restoration {
public:
    Restoration(int archive, std::string const& top, int home, std::function<bool()> const& stop)
        : archive_(archive), top_(top), home_(home), place_(home), stop_(stop) {}

    Result<ArchiveContent> run() {
        TRY_VOID(name_what_was_beside_the_home());
        TRY_VOID(for_each(&Restoration::make));
        // What is compared comes from the disk, as far as the kernel lets us ask for that.
        if (::syncfs(home_) != 0) return fail_errno("write the home to disk");
        TRY_VOID(for_each(&Restoration::compare_and_finish));
        TRY_VOID(finish_folders());
        return content_;
    }

private:
    using Entry = ZipDirectory::Entry;
    using Visit = Result<> (Restoration::*)(ZipReader& zip, Entry const& entry, Path const& path);

    struct Folder {
        Path path;
        mode_t permissions;
        timespec modified_at;
    };

    Result<> for_each(Visit visit) {
        TRY(auto zip, ZipReader::open(archive_));
        for (;;) {
            if (stop_()) return fail(Code::Cancelled, "restore: cancelled");
            TRY(auto const entry, zip.next());
            if (!entry) return {};
            TRY(auto const path, path_of(*entry));
            if (auto done = (this->*visit)(zip, *entry, path); !done)
                return std::unexpected(done.error().wrapped(for_log(entry->name)));
        }
    }

    /// In the archive, notes and what lay too deep are beside the home's folder. In the home they
    /// get the same names, or others when somebody's file has these.
    Result<> name_what_was_beside_the_home() {
        TRY(auto directory, ZipDirectory::open(archive_));
        std::set<std::string, std::less<>> taken;
        bool deeper = false;
        for (;;) {
            TRY(auto const entry, directory.next());
            if (!entry) break;
            std::string_view name = entry->name;
            deeper = deeper || name.starts_with(top_ + "-deeper/");
            if (!name.starts_with(top_ + "/" + top_ + "-")) continue;
            name.remove_prefix(top_.size() + 1);
            taken.emplace(name.substr(0, name.find('/')));
        }
        while (taken.contains(deeper_)) deeper_ += '~';
        while (taken.contains(notes_)) notes_ += '~';
        if (deeper && ::mkdirat(home_, deeper_.c_str(), 0700) != 0)
            return fail_errno("make folder {}", deeper_);
        return {};
    }

    Result<Path> path_of(Entry const& entry) const {
        std::string_view name = entry.name;
        if (name == top_ + "-notes.txt") return Path{notes_};
        Path path;
        if (name.starts_with(top_ + "-deeper/")) {
            path.push_back(deeper_);
            name.remove_prefix(top_.size() + std::string_view("-deeper/").size());
        } else if (name.starts_with(top_ + "/")) {
            name.remove_prefix(top_.size() + 1);
        } else {
            return fail(Code::Internal, "{} is nothing of this home", for_log(name));
        }
        if (S_ISDIR(entry.mode) && name.ends_with('/')) name.remove_suffix(1);
        if (name.empty()) return path;
        for (auto const component : split(name, '/')) {
            if (component.empty() || component == "." || component == ".." ||
                component.find('\0') != std::string_view::npos)
                return fail(Code::Internal, "{} cannot be in a home", for_log(entry.name));
            path.push_back(fitting(std::string(component)));
        }
        return path;
    }

    Result<> make(ZipReader& zip, Entry const& entry, Path const& path) {
        if (path.empty()) return {};
        TRY(int const folder, place_.go_to(std::span(path).first(path.size() - 1)));
        auto const* const name = path.back().c_str();
        if (S_ISDIR(entry.mode)) {
            if (::mkdirat(folder, name, 0700) != 0) return fail_errno("make the folder");
            return {};
        }
        if (S_ISLNK(entry.mode)) {
            if (::symlinkat(zip.link_target().c_str(), folder, name) != 0)
                return fail_errno("make the link");
            return {};
        }
        if (!S_ISREG(entry.mode)) return fail(Code::Internal, "it is no file, folder or link");
        FileDescriptor const file(
            ::openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
        if (!file.open()) return fail_errno("make the file");
        std::vector<char> buffer(chunk);
        for (;;) {
            if (stop_()) return fail(Code::Cancelled, "restore: cancelled");
            TRY(auto const got, zip.read(buffer));
            if (got == 0) return {};
            TRY_VOID(write_fully(file.number(), std::span(buffer).first(got)));
        }
    }

    Result<> compare_and_finish(ZipReader& zip, Entry const& entry, Path const& path) {
        if (S_ISDIR(entry.mode)) {
            // Later, since what is still to come changes its time, and its mode may lock us out.
            folders_.push_back({path, entry.mode & 0777, zip.modified_at()});
            return {};
        }
        TRY(int const folder, place_.go_to(std::span(path).first(path.size() - 1)));
        auto const& name = path.back();
        timespec const times[2] = {zip.modified_at(), zip.modified_at()};
        if (entry.name != top_ + "-notes.txt") ++content_.files;
        if (S_ISLNK(entry.mode)) {
            std::string target(zip.link_target().size() + 1, '\0');
            auto const length = ::readlinkat(folder, name.c_str(), target.data(), target.size());
            if (length < 0) return fail_errno("read the link");
            target.resize(static_cast<size_t>(length));
            if (target != zip.link_target()) return differs(entry.name, "where the link leads");
            if (::utimensat(folder, name.c_str(), times, AT_SYMLINK_NOFOLLOW) != 0)
                return fail_errno("set the link's time");
            return {};
        }
        TRY(auto const file, open_regular_file(folder, name));
        ::posix_fadvise(file.number(), 0, 0, POSIX_FADV_DONTNEED);
        struct stat status{};
        if (::fstat(file.number(), &status) != 0) return fail_errno("look at the file");
        if (status.st_size != entry.size) return differs(entry.name, "its size");
        TRY_VOID(same_as_file(zip, entry.name, entry.size, file.number(), 0, stop_));
        content_.bytes += entry.size;
        if (::fchmod(file.number(), entry.mode & 0777) != 0 ||
            ::futimens(file.number(), times) != 0)
            return fail_errno("set the file's mode and time");
        return {};
    }

    /// The inner ones first: a folder's mode may lock us out of it.
    Result<> finish_folders() {
        for (auto const& folder : std::views::reverse(folders_)) {
            timespec const times[2] = {folder.modified_at, folder.modified_at};
            if (folder.path.empty()) {
                // The home itself stays its owner's alone.
                if (::futimens(home_, times) != 0) return fail_errno("set the home's time");
                continue;
            }
            auto const& name = folder.path.back();
            TRY(int const around,
                place_.go_to(std::span(folder.path).first(folder.path.size() - 1)));
            if (::fchmodat(around, name.c_str(), folder.permissions, 0) != 0 ||
                ::utimensat(around, name.c_str(), times, AT_SYMLINK_NOFOLLOW) != 0)
                return fail_errno("set the mode and time of {}", for_log(name));
        }
        return {};
    }

    int archive_;
    std::string const& top_;
    int home_;
    Place place_;
    std::function<bool()> const& stop_;
    std::string deeper_ = top_ + "-deeper";
    std::string notes_ = top_ + "-notes.txt";
    std::vector<Folder> folders_;
    ArchiveContent content_;
};

}  // namespace

Result<ArchiveContent> restore_archive(int archive, std::string const& top, int home,
                                       std::function<bool()> const& stop_requested) {
    return Restoration(archive, top, home, stop_requested).run();
}

}  // namespace carrel

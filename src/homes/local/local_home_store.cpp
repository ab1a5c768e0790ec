#include "homes/local/local_home_store.hpp"

#include "base/text.hpp"
#include "homes/local/checksum.hpp"
#include "homes/local/course_folder.hpp"
#include "homes/local/disk_quota.hpp"
#include "homes/local/home_archive.hpp"
#include "homes/local/tree.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>

namespace carrel {

namespace {

constexpr std::string_view removing = ".removing.";
constexpr std::string_view restoring = ".restoring.";
constexpr mode_t passable = 0711;
constexpr mode_t own_alone = 0700;

/// One component of a path, and none of the names that we or the system use.
Result<> check_component(std::string_view name) {
    if (name.empty() || name.size() > 200 || name.front() == '.' ||
        name.find_first_of(std::string_view("/\0", 2)) != std::string_view::npos)
        return fail(Code::InvalidArgument, "\"{}\" cannot name a home", for_log(name));
    return {};
}

Result<> check_key(HomeKey const& key) {
    TRY_VOID(check_component(key.course));
    return check_component(key.user);
}

Result<FileDescriptor> make_folder(int parent, std::string const& name, mode_t mode) {
    if (::mkdirat(parent, name.c_str(), mode) != 0 && errno != EEXIST)
        return fail_errno("make folder {}", for_log(name));
    TRY(auto folder, open_folder(parent, name));
    // Whatever the umask was, and also where an earlier process ended between the two calls.
    struct stat status{};
    if (::fstat(folder.number(), &status) != 0) return fail_errno("look at {}", for_log(name));
    if ((status.st_mode & 07777) != mode && ::fchmod(folder.number(), mode) != 0)
        return fail_errno("set up folder {}", for_log(name));
    return folder;
}

bool is_there(int parent, std::string const& name) {
    struct stat status{};
    return ::fstatat(parent, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0;
}

std::string top_of(HomeKey const& key) {
    return is_course_folder(key) ? key.course : key.course + "-" + key.user;
}

/// The name of a user's first, second, … export. "~" is in no user name, so that nobody's name is
/// taken for somebody else's second export.
std::string export_name(std::string const& user, int which) {
    return which == 1 ? user + ".zip" : fmt::format("{}~{}.zip", user, which);
}

std::unexpected<Error> said(Error const& error, HomeKey const& key, std::string_view attempt) {
    auto const what = fmt::format("{} {}", attempt, name_of(key));
    auto wrapped = error.wrapped(what);
    if (error.code == Code::LimitReached && error.message.contains(describe_errno(ENOSPC)))
        wrapped.message = what + ": the disk is full";
    return std::unexpected(std::move(wrapped));
}

bool never() { return false; }

}  // namespace

Result<std::unique_ptr<LocalHomeStore>> LocalHomeStore::create(LocalHomeOptions options) {
    auto const prepare = [](std::filesystem::path const& path,
                            mode_t mode) -> Result<FileDescriptor> {
        std::error_code error;
        std::filesystem::create_directories(path, error);
        FileDescriptor folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (!folder.open()) return fail_errno("open folder {}", path.string());
        if (::fchmod(folder.number(), mode) != 0) return fail_errno("set up {}", path.string());
        return folder;
    };
    TRY(auto homes, prepare(options.homes_folder, passable));
    TRY(auto exports, prepare(options.exports_folder, own_alone));
    return std::unique_ptr<LocalHomeStore>(
        new LocalHomeStore(std::move(options), std::move(homes), std::move(exports)));
}

LocalHomeStore::LocalHomeStore(LocalHomeOptions options, FileDescriptor homes,
                               FileDescriptor exports)
    : options_(std::move(options)), homes_(std::move(homes)), exports_(std::move(exports)) {
    if (!options_.own_uids)
        unlimited_because_ = "Carrel does not run as root, so all homes are one user's";
    else if (auto const quota = find_disk_quota(homes_.number()); !quota)
        unlimited_because_ = quota.error().message;
}

Result<std::filesystem::path> LocalHomeStore::provide(HomeKey const& key) {
    TRY_VOID(check_key(key));
    auto made = [&]() -> Result<> {
        TRY(auto const course, make_folder(homes_.number(), key.course, passable));
        TRY(auto const home, make_folder(course.number(), key.user, own_alone));
        if (is_course_folder(key)) return make_course_parts(home.number());
        return own(course.number(), key.user, key);
    }();
    if (!made) return said(made.error(), key, "make");
    return options_.homes_folder / key.course / key.user;
}

/// A home that is not its owner's yet was just made, or comes from a backup of another machine.
Result<> LocalHomeStore::own(int course, std::string const& name, HomeKey const& key) const {
    if (!options_.own_uids) return {};
    if (key.number <= 0) return fail(Code::Internal, "it has no number");
    auto const owner = static_cast<uid_t>(key.number);
    struct stat status{};
    if (::fstatat(course, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0)
        return fail_errno("look at it");
    if (status.st_uid == owner) return {};
    return give_tree(course, name, owner);
}

Result<> LocalHomeStore::limit(HomeKey const& key, long long bytes) {
    TRY_VOID(check_key(key));
    if (unlimited_because_ || is_course_folder(key)) return {};
    if (key.number <= 0) return fail(Code::Internal, "limit {}: it has no number", name_of(key));
    // More files than an export takes would keep the course from ending.
    return limit_storage(homes_.number(), static_cast<uid_t>(key.number),
                         {.bytes = bytes, .files = options_.limits.most_entries});
}

Result<long long> LocalHomeStore::size(HomeKey const& key) {
    TRY_VOID(check_key(key));
    if (!is_there(homes_.number(), key.course)) return 0;
    TRY(auto const course, open_folder(homes_.number(), key.course));
    auto bytes = size_of_tree(course.number(), key.user);
    if (!bytes) return said(bytes.error(), key, "measure");
    return *bytes;
}

Result<HomeWalk> LocalHomeStore::walk(int course, HomeKey const& key) const {
    TRY(auto home, open_folder(course, key.user));
    return HomeWalk(std::move(home), top_of(key), options_.limits);
}

Result<VerifiedExport> LocalHomeStore::export_home(HomeKey const& key,
                                                   std::function<bool()> const& stop_requested) {
    TRY_VOID(check_key(key));
    if (!is_there(homes_.number(), key.course))
        return fail(Code::NotFound, "export {}: the course has no homes", name_of(key));
    TRY(auto const course, open_folder(homes_.number(), key.course));
    if (!is_there(course.number(), key.user))
        return fail(Code::NotFound, "export {}: there is none", name_of(key));
    TRY(auto const exports, make_folder(exports_.number(), key.course, own_alone));
    auto const unfinished = "." + key.user + ".unfinished";
    ::unlinkat(exports.number(), unfinished.c_str(), 0);
    auto exported =
        write_export(course.number(), key, exports.number(), unfinished, stop_requested);
    if (exported) {
        auto published = publish(*exported, exports.number(), key, unfinished, stop_requested);
        if (!published) exported = std::unexpected(published.error());
    }
    if (exported) return exported;
    ::unlinkat(exports.number(), unfinished.c_str(), 0);
    return said(exported.error(), key, "export");
}

Result<VerifiedExport> LocalHomeStore::write_export(
    int course, HomeKey const& key, int exports, std::string const& unfinished,
    std::function<bool()> const& stop_requested) const {
    FileDescriptor const file(::openat(exports, unfinished.c_str(),
                                       O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!file.open()) return fail_errno("make the archive");
    TRY(auto home, walk(course, key));
    TRY(auto const written,
        write_archive(std::move(home), top_of(key), file.number(), stop_requested));
    if (::fsync(file.number()) != 0) return fail_errno("write the archive to disk");
    // What is compared comes from the disk, as far as the kernel lets us ask for that.
    ::posix_fadvise(file.number(), 0, 0, POSIX_FADV_DONTNEED);
    TRY(auto again, walk(course, key));
    TRY(auto const read,
        check_archive(std::move(again), top_of(key), file.number(), stop_requested));
    if (read.files != written.files || read.bytes != written.bytes)
        return fail(Code::Internal, "wrote {} files, and read {} back", written.files, read.files);
    VerifiedExport exported;
    TRY(exported.sha256, sha256_of_file(file.number(), stop_requested));
    exported.files = written.files;
    exported.bytes = ::lseek(file.number(), 0, SEEK_END);
    return exported;
}

/// Gives the archive its name: the first that is free, or that an archive with the same content
/// has.
Result<> LocalHomeStore::publish(VerifiedExport& exported, int exports, HomeKey const& key,
                                 std::string const& unfinished,
                                 std::function<bool()> const& stop_requested) const {
    for (int which = 1;; ++which) {
        auto const name = export_name(key.user, which);
        if (is_there(exports, name)) {
            TRY(auto const earlier, open_regular_file(exports, name));
            TRY(auto const sha256, sha256_of_file(earlier.number(), stop_requested));
            if (sha256 != exported.sha256) continue;
        }
        if (::renameat(exports, unfinished.c_str(), exports, name.c_str()) != 0)
            return fail_errno("name the archive {}", name);
        TRY_VOID(sync_folder(exports));
        TRY_VOID(sync_folder(exports_.number()));
        exported.file = options_.exports_folder / key.course / name;
        return {};
    }
}

Result<> LocalHomeStore::verify(std::filesystem::path const& file, std::string const& sha256) {
    FileDescriptor const archive(::open(file.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    if (!archive.open()) return fail_errno("verify the export {}", file.string());
    TRY(auto const found, sha256_of_file(archive.number(), never));
    if (found != sha256)
        return fail(Code::Internal, "verify the export {}: it is damaged", file.string());
    return {};
}

bool LocalHomeStore::is_export_of(HomeKey const& key, std::filesystem::path const& file) const {
    auto const name = file.filename().string();
    return file.parent_path() == options_.exports_folder / key.course &&
           (name == key.user + ".zip" ||
            (name.starts_with(key.user + "~") && name.ends_with(".zip")));
}

Result<bool> LocalHomeStore::restore(HomeKey const& key, VerifiedExport const& exported,
                                     std::function<bool()> const& stop_requested) {
    TRY_VOID(check_key(key));
    TRY(auto const course, make_folder(homes_.number(), key.course, passable));
    if (is_there(course.number(), key.user)) return false;
    if (!is_export_of(key, exported.file))
        return fail(Code::Conflict, "restore {}: {} is no export of it", name_of(key),
                    for_log(exported.file.string()));
    auto const unfinished = std::string(restoring) + key.user;
    auto const restored = [&]() -> Result<> {
        TRY_VOID(remove_tree(course.number(), unfinished));  // left by an interrupted call
        TRY_VOID(unpack(course.number(), unfinished, key, exported, stop_requested));
        if (::renameat(course.number(), unfinished.c_str(), course.number(), key.user.c_str()) != 0)
            return fail_errno("name it");
        return sync_folder(course.number());
    }();
    if (restored) return true;
    // What is half restored only takes space; when it stays, the next call or `remove` deletes it.
    (void)remove_tree(course.number(), unfinished);
    return said(restored.error(), key, "restore");
}

/// Everything of the export into the folder `unfinished`, which then is as a home has to be.
Result<> LocalHomeStore::unpack(int course, std::string const& unfinished, HomeKey const& key,
                                VerifiedExport const& exported,
                                std::function<bool()> const& stop_requested) const {
    auto const& file = exported.file.string();
    FileDescriptor const archive(::open(file.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    if (!archive.open()) return fail_errno("open the export {}", file);
    TRY(auto const sha256, sha256_of_file(archive.number(), stop_requested));
    if (sha256 != exported.sha256) return fail(Code::Internal, "the export {} is damaged", file);
    TRY(auto const home, make_folder(course, unfinished, own_alone));
    TRY(auto const content,
        restore_archive(archive.number(), top_of(key), home.number(), stop_requested));
    if (content.files != exported.files)
        return fail(Code::Internal, "the export {} has {} files instead of {}", file, content.files,
                    exported.files);
    TRY_VOID(is_course_folder(key) ? open_course_parts(home.number())
                                   : own(course, unfinished, key));
    return sync_folder(home.number());
}

Result<> LocalHomeStore::remove(HomeKey const& key, VerifiedExport const& exported) {
    TRY_VOID(check_key(key));
    if (!is_export_of(key, exported.file))
        return fail(Code::Conflict, "delete {}: {} is no export of it", name_of(key),
                    for_log(exported.file.string()));
    if (auto intact = verify(exported.file, exported.sha256); !intact)
        return fail(Code::Conflict, "delete {}: {}", name_of(key), intact.error().message);
    return erase_home(key);
}

Result<> LocalHomeStore::erase_home(HomeKey const& key) {
    TRY_VOID(check_key(key));
    if (!is_there(homes_.number(), key.course)) return {};
    TRY(auto const course, open_folder(homes_.number(), key.course));
    auto const doomed = std::string(removing) + key.user;
    auto const deleted = [&]() -> Result<> {
        // Left by interrupted calls.
        TRY_VOID(remove_tree(course.number(), doomed));
        TRY_VOID(remove_tree(course.number(), std::string(restoring) + key.user));
        if (is_there(course.number(), key.user) &&
            ::renameat(course.number(), key.user.c_str(), course.number(), doomed.c_str()) != 0)
            return fail_errno("rename it");
        TRY_VOID(sync_folder(course.number()));
        TRY_VOID(remove_tree(course.number(), doomed));
        return sync_folder(course.number());
    }();
    if (!deleted) return said(deleted.error(), key, "delete");
    // Succeeds for the last home alone.
    ::unlinkat(homes_.number(), key.course.c_str(), AT_REMOVEDIR);
    return {};
}

Result<> LocalHomeStore::erase_exports(HomeKey const& key,
                                       std::vector<std::filesystem::path> const& others) {
    TRY_VOID(check_key(key));
    if (!is_there(exports_.number(), key.course)) return {};
    TRY(auto const course, open_folder(exports_.number(), key.course));
    auto const folder = options_.exports_folder / key.course;
    // An archive takes the first name that is free, so there is none behind a gap but of somebody
    // whose earlier ones are gone; a few more are looked at.
    constexpr int most_gaps = 100;
    for (int which = 1, gaps = 0; gaps < most_gaps; ++which) {
        auto const name = export_name(key.user, which);
        if (!is_there(course.number(), name)) {
            ++gaps;
            continue;
        }
        if (std::ranges::find(others, folder / name) != others.end()) continue;
        if (::unlinkat(course.number(), name.c_str(), 0) != 0)
            return said(fail_errno("delete {}", name).error(), key, "delete the exports of");
    }
    TRY_VOID(sync_folder(course.number()));
    // Succeeds for the last export alone.
    ::unlinkat(exports_.number(), key.course.c_str(), AT_REMOVEDIR);
    return {};
}

Result<std::vector<std::string>> LocalHomeStore::left_of(std::string const& course) {
    TRY_VOID(check_component(course));
    std::vector<std::string> left;
    if (!is_there(homes_.number(), course)) return left;
    TRY(auto const opened, open_folder(homes_.number(), course));
    std::error_code error;
    std::filesystem::directory_iterator entry(fmt::format("/proc/self/fd/{}", opened.number()),
                                              error);
    for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
        auto name = entry->path().filename().string();
        for (auto const prefix : {removing, restoring})
            if (name.starts_with(prefix)) name = name.substr(prefix.size());
        left.push_back(std::move(name));
    }
    // What cannot be listed is not proved gone.
    if (error) return fail(Code::Internal, "list the homes of {}: {}", course, error.message());
    std::ranges::sort(left);
    left.erase(std::unique(left.begin(), left.end()), left.end());
    return left;
}

}  // namespace carrel

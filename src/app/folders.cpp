#include "app/folders.hpp"

#include "base/encoding.hpp"

#include <fcntl.h>
#include <openssl/sha.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <thread>

namespace carrel {

namespace fs = std::filesystem;

namespace {

Result<> make_private(fs::path const& folder) {
    std::error_code error;
    fs::create_directories(folder, error);
    if (error)
        return fail(code_of_errno(error.value()), "the folder {} cannot be made: {}",
                    folder.string(), error.message());
    struct stat status{};
    if (::stat(folder.c_str(), &status) != 0) return fail_errno("look at {}", folder.string());
    if (status.st_uid != ::geteuid())
        return fail(Code::PermissionDenied, "the folder {} belongs to somebody else",
                    folder.string());
    // The data folder is entered, not listed, by the homes' owners.
    return {};
}

Result<> check_writable(fs::path const& folder) {
    auto const probe = folder / ".writable";
    int const file = ::open(probe.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC | O_TRUNC, 0600);
    if (file < 0) return fail_errno("the data folder {} cannot be written", folder.string());
    // A full disk lets files be made, but takes no bytes.
    char const block[4096] = {};
    bool const taken = ::write(file, block, sizeof block) == sizeof block && ::fsync(file) == 0;
    int const number = errno;
    ::close(file);
    ::unlink(probe.c_str());
    errno = number;
    if (!taken) return fail_errno("the data folder {} takes no data", folder.string());
    return {};
}

fs::path runtime_root() {
    if (::geteuid() == 0) return "/run/carrel";
    char const* const session = std::getenv("XDG_RUNTIME_DIR");
    if (session != nullptr && *session == '/' && ::access(session, W_OK) == 0)
        return fs::path(session) / "carrel";
    return fs::path("/tmp") / fmt::format("carrel-{}", ::geteuid());
}

std::string short_digest(std::string const& text) {
    unsigned char digest[SHA256_DIGEST_LENGTH];
    SHA256(reinterpret_cast<unsigned char const*>(text.data()), text.size(), digest);
    return to_hex({reinterpret_cast<char const*>(digest), 6});
}

Folders folders_of(fs::path const& canonical) {
    return {canonical, runtime_root() / short_digest(canonical.string())};
}

}  // namespace

Result<Folders> find_folders(fs::path const& data) {
    std::error_code error;
    auto const canonical = fs::canonical(data, error);
    if (error) return fail(Code::NotFound, "there is no data folder {}", data.string());
    return folders_of(canonical);
}

Result<Folders> make_folders(fs::path const& data) {
    std::error_code error;
    TRY_VOID(make_private(data));
    TRY_VOID(check_writable(data));
    auto const canonical = fs::canonical(data, error);
    if (error)
        return fail(code_of_errno(error.value()), "the data folder {} cannot be entered: {}",
                    data.string(), error.message());
    ::umask(077);
    auto const folders = folders_of(canonical);
    TRY_VOID(make_private(folders.runtime.parent_path()));
    TRY_VOID(make_private(folders.runtime));
    // Servers, which run as other users, must reach their own socket below it.
    if (::chmod(folders.runtime.parent_path().c_str(), 0711) != 0 ||
        ::chmod(folders.runtime.c_str(), 0711) != 0)
        return fail_errno("set the mode of {}", folders.runtime.string());
    for (auto const& folder :
         {folders.secrets(), folders.homes(), folders.exports(), folders.server_logs()})
        TRY_VOID(make_private(folder));
    return folders;
}

std::string socket_url(fs::path const& socket) {
    return "http+unix://" + percent_encode(socket.string());
}

Result<FolderLock> FolderLock::open(fs::path const& path) {
    int const file = ::open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    if (file < 0) return fail_errno("open {}", path.string());
    return FolderLock(file);
}

Result<bool> FolderLock::try_lock(int file, fs::path const& path) {
    if (::flock(file, LOCK_EX | LOCK_NB) == 0) return true;
    if (errno == EWOULDBLOCK) return false;
    return fail_errno("lock {}", path.string());
}

Result<FolderLock> FolderLock::acquire(fs::path const& data) {
    auto const path = data / "lock";
    TRY(auto lock, open(path));
    TRY(bool const ours, try_lock(lock.file_, path));
    if (!ours)
        return fail(Code::Conflict,
                    "another Carrel already runs on the data folder {}; stop it, or choose another "
                    "folder with --data",
                    data.string());
    // For `holder`; the lock is what counts.
    auto const pid = fmt::format("{}\n", ::getpid());
    if (::ftruncate(lock.file_, 0) != 0 ||
        ::pwrite(lock.file_, pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size()))
        return fail_errno("write {}", path.string());
    return lock;
}

Result<pid_t> FolderLock::holder(fs::path const& data) {
    auto const path = data / "lock";
    auto const nobody =
        fail(Code::NotFound, "no `carrel serve` runs on the data folder {}", data.string());
    std::ifstream file(path);
    pid_t process = 0;
    if (!(file >> process) || process <= 1) return nobody;
    // A lock file outlives who wrote it; the process that holds the lock has it open.
    std::error_code error;
    for (auto const& descriptor :
         fs::directory_iterator(fmt::format("/proc/{}/fd", process), error)) {
        std::error_code gone;
        if (fs::equivalent(descriptor.path(), path, gone)) return process;
    }
    if (error == std::errc::permission_denied)
        return fail(Code::PermissionDenied, "process {} belongs to somebody else", process);
    return nobody;
}

Result<FolderLock> FolderLock::acquire_for_control(fs::path const& data, Milliseconds patience) {
    auto const path = data / "control.lock";
    TRY(auto lock, open(path));
    auto const until = std::chrono::steady_clock::now() + patience;
    for (;;) {
        TRY(bool const ours, try_lock(lock.file_, path));
        if (ours) return lock;
        if (std::chrono::steady_clock::now() >= until)
            return fail(Code::Conflict,
                        "another control process already runs on the data folder {}",
                        data.string());
        std::this_thread::sleep_for(Milliseconds(20));
    }
}

FolderLock::~FolderLock() {
    if (file_ >= 0) ::close(file_);
}

}  // namespace carrel

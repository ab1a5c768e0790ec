#include "homes/local/file_descriptor.hpp"

#include "base/text.hpp"

#include <fcntl.h>
#include <sys/stat.h>

namespace carrel {

namespace {

/// Root reads everything. Anybody else owns what is in the homes, and may have been locked out by
/// its mode; changing it through a path descriptor cannot hit anything else than what it names.
void unlock(int parent, std::string const& name, mode_t type, mode_t needed) {
    if (::geteuid() == 0) return;
    FileDescriptor const found(::openat(parent, name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    struct stat status{};
    if (!found.open() || ::fstat(found.number(), &status) != 0) return;
    if ((status.st_mode & S_IFMT) != type || (status.st_mode & needed) == needed) return;
    auto const itself = fmt::format("/proc/self/fd/{}", found.number());
    // When this fails, opening fails next, with the reason.
    (void)::chmod(itself.c_str(), (status.st_mode & 07777) | needed);
}

}  // namespace

Result<FileDescriptor> open_folder(int parent, std::string const& name) {
    unlock(parent, name, S_IFDIR, S_IRWXU);
    FileDescriptor folder(
        ::openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!folder.open()) return fail_errno("open folder {}", for_log(name));
    return folder;
}

Result<FileDescriptor> open_regular_file(int parent, std::string const& name) {
    unlock(parent, name, S_IFREG, S_IRUSR);
    // Not blocking: should it have become a fifo meanwhile, nobody may be at its other end.
    FileDescriptor file(
        ::openat(parent, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    if (!file.open()) return fail_errno("open file {}", for_log(name));
    struct stat status{};
    if (::fstat(file.number(), &status) != 0) return fail_errno("look at file {}", for_log(name));
    if (!S_ISREG(status.st_mode))
        return fail(Code::Conflict, "open file {}: it is no regular file", for_log(name));
    return file;
}

Result<> sync_folder(int folder) {
    if (::fsync(folder) != 0) return fail_errno("write a folder to disk");
    return {};
}

}  // namespace carrel

#include "homes/local/course_folder.hpp"

#include "base/text.hpp"
#include "homes/home_store.hpp"
#include "homes/local/file_descriptor.hpp"
#include "homes/local/tree.hpp"
#include "runtime/log.hpp"

#include <sys/acl.h>
#include <sys/stat.h>

#include <memory>
#include <mutex>

namespace carrel {

namespace {

constexpr mode_t everybody = 0777;

/// What is made in `folder` from now on is open to all, whatever the umask of who makes it.
Result<> open_what_comes(int parent, std::string const& name) {
    std::unique_ptr<std::remove_pointer_t<acl_t>, decltype(&::acl_free)> const list(
        ::acl_from_text("u::rwx,g::rwx,o::rwx"), &::acl_free);
    if (!list) return fail_errno("make an access list");
    auto const path = fmt::format("/proc/self/fd/{}/{}", parent, name);
    if (::acl_set_file(path.c_str(), ACL_TYPE_DEFAULT, list.get()) == 0) return {};
    if (errno != ENOTSUP) return fail_errno("set the access list of {}", for_log(name));
    static std::once_flag said;
    std::call_once(said, [] {
        log::warn("no_access_lists",
                  {{"cause",
                    "the file system of the homes has no POSIX access lists: in course "
                    "folders only who made a file can change it"}});
    });
    return {};
}

Result<> open_folder_to_all(int parent, std::string const& name) {
    if (::fchmodat(parent, name.c_str(), everybody, 0) != 0)
        return fail_errno("open folder {} to all", for_log(name));
    return open_what_comes(parent, name);
}

Result<> open_entry(int parent, std::string const& name, struct stat const& status) {
    if (S_ISDIR(status.st_mode)) return open_folder_to_all(parent, name);
    if (!S_ISREG(status.st_mode)) return {};
    mode_t const runs = (status.st_mode & S_IXUSR) != 0 ? 0111 : 0;
    if (::fchmodat(parent, name.c_str(), 0666 | runs, 0) != 0)
        return fail_errno("open {} to all", for_log(name));
    return {};
}

}  // namespace

Result<> make_course_parts(int folder) {
    for (auto const part : course_parts) {
        std::string const name(part);
        if (::mkdirat(folder, name.c_str(), 0700) != 0 && errno != EEXIST)
            return fail_errno("make folder {}", name);
        // Refuses what is no folder.
        TRY_VOID(open_folder(folder, name));
        TRY_VOID(open_folder_to_all(folder, name));
    }
    return {};
}

Result<> open_course_parts(int folder) {
    for (auto const part : course_parts)
        TRY_VOID(visit_tree(folder, std::string(part), open_entry));
    return make_course_parts(folder);
}

}  // namespace carrel

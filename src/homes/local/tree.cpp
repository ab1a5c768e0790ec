#include "homes/local/tree.hpp"

#include "base/text.hpp"
#include "homes/local/file_descriptor.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <memory>
#include <optional>
#include <vector>

namespace carrel {

namespace {

struct Place {
    dev_t device;
    ino_t number;
    std::string name;  // in the folder around it
};

/// A folder that is open, and the way back from it without paths: a path can be longer than the
/// system allows.
class Descent {
public:
    static Result<Descent> begin(int parent, std::string const& name) {
        Descent descent;
        TRY(descent.present_, open_folder(parent, name));
        TRY_VOID(descent.remember(name));
        return descent;
    }

    Result<> enter(std::string const& name) {
        TRY(present_, open_folder(present_.number(), name));
        return remember(name);
    }

    /// Goes back to the folder around the present one, whose name it returns; nothing at the top.
    Result<std::optional<std::string>> leave() {
        auto const left = std::move(way_.back());
        way_.pop_back();
        if (way_.empty()) return std::nullopt;
        TRY(present_, open_folder(present_.number(), ".."));
        struct stat status{};
        if (::fstat(present_.number(), &status) != 0) return fail_errno("look at a folder");
        if (status.st_ino != way_.back().number || status.st_dev != way_.back().device)
            return fail(Code::Conflict, "{} is moved meanwhile", for_log(left.name));
        return left.name;
    }

    [[nodiscard]] int present() const { return present_.number(); }

private:
    Result<> remember(std::string const& name) {
        struct stat status{};
        if (::fstat(present_.number(), &status) != 0)
            return fail_errno("look at folder {}", for_log(name));
        if (!way_.empty() && status.st_dev != way_.front().device)
            return fail(Code::Conflict, "another file system is mounted at {}", for_log(name));
        way_.push_back({status.st_dev, status.st_ino, name});
        return {};
    }

    FileDescriptor present_;
    std::vector<Place> way_;
};

using Folder = std::unique_ptr<DIR, decltype(&::closedir)>;

Result<Folder> list(int folder) {
    auto const fresh = ::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fresh < 0) return fail_errno("list a folder");
    Folder listed(::fdopendir(fresh), &::closedir);
    if (!listed) return fail_errno("list a folder");
    return listed;
}

/// The next name, without "." and "..".
Result<std::optional<std::string>> next_name(Folder const& folder) {
    for (;;) {
        errno = 0;
        auto const* const found = ::readdir(folder.get());
        if (found == nullptr && errno != 0) return fail_errno("list a folder");
        if (found == nullptr) return std::nullopt;
        std::string name(found->d_name);
        if (name != "." && name != "..") return name;
    }
}

/// Deletes what is in the folder until it meets a folder, which it names.
Result<std::optional<std::string>> remove_until_folder(int folder) {
    TRY(auto const listed, list(folder));
    for (;;) {
        TRY(auto const name, next_name(listed));
        if (!name) return std::nullopt;
        if (::unlinkat(folder, name->c_str(), 0) == 0 || errno == ENOENT) continue;
        if (errno == EISDIR || errno == EPERM) {
            struct stat status{};
            if (::fstatat(folder, name->c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
                S_ISDIR(status.st_mode))
                return name;
            errno = EPERM;
        }
        return fail_errno("delete {}", for_log(*name));
    }
}

bool is_missing(int parent, std::string const& name) {
    struct stat status{};
    return ::fstatat(parent, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0 && errno == ENOENT;
}

}  // namespace

Result<> visit_tree(int parent, std::string const& name, VisitEntry const& visit) {
    TRY(auto descent, Descent::begin(parent, name));
    // The folders still to be entered, of each level on the way.
    std::vector<std::vector<std::string>> folders;
    auto const look_around = [&]() -> Result<> {
        auto& below = folders.emplace_back();
        TRY(auto const listed, list(descent.present()));
        for (;;) {
            TRY(auto found, next_name(listed));
            if (!found) return {};
            struct stat status{};
            if (::fstatat(descent.present(), found->c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0)
                return fail_errno("look at {}", for_log(*found));
            if (S_ISDIR(status.st_mode))
                below.push_back(*std::move(found));
            else
                TRY_VOID(visit(descent.present(), *found, status));
        }
    };
    TRY_VOID(look_around());
    for (;;) {
        if (!folders.back().empty()) {
            auto const next = std::move(folders.back().back());
            folders.back().pop_back();
            TRY_VOID(descent.enter(next));
            TRY_VOID(look_around());
            continue;
        }
        folders.pop_back();
        TRY(auto const left, descent.leave());
        if (!left) return {};
        struct stat status{};
        if (::fstatat(descent.present(), left->c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0)
            return fail_errno("look at {}", for_log(*left));
        TRY_VOID(visit(descent.present(), *left, status));
    }
}

Result<> remove_tree(int parent, std::string const& name) {
    if (is_missing(parent, name)) return {};
    TRY(auto descent, Descent::begin(parent, name));
    for (;;) {
        TRY(auto const folder, remove_until_folder(descent.present()));
        if (folder) {
            TRY_VOID(descent.enter(*folder));
            continue;
        }
        TRY(auto const emptied, descent.leave());
        if (!emptied) break;
        if (::unlinkat(descent.present(), emptied->c_str(), AT_REMOVEDIR) != 0)
            return fail_errno("delete folder {}", for_log(*emptied));
    }
    if (::unlinkat(parent, name.c_str(), AT_REMOVEDIR) != 0)
        return fail_errno("delete folder {}", for_log(name));
    return {};
}

Result<> give_tree(int parent, std::string const& name, uid_t owner) {
    auto const give = [owner](int folder, std::string const& what, struct stat const& status) {
        // A second name of somebody else's file would hand that file over.
        if (!S_ISDIR(status.st_mode) && status.st_nlink > 1 && status.st_uid != owner)
            return Result<>();
        if (::fchownat(folder, what.c_str(), owner, owner, AT_SYMLINK_NOFOLLOW) != 0)
            return Result<>(fail_errno("give {} to user {}", for_log(what), owner));
        return Result<>();
    };
    TRY_VOID(visit_tree(parent, name, give));
    struct stat status{};
    if (::fstatat(parent, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0)
        return fail_errno("look at {}", for_log(name));
    return give(parent, name, status);
}

Result<long long> size_of_tree(int parent, std::string const& name) {
    if (is_missing(parent, name)) return 0;
    long long bytes = 0;
    TRY_VOID(visit_tree(parent, name, [&](int, std::string const&, struct stat const& status) {
        bytes += static_cast<long long>(status.st_blocks) * 512;
        return Result<>();
    }));
    return bytes;
}

}  // namespace carrel

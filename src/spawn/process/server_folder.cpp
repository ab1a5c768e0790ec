#include "spawn/process/server_folder.hpp"

#include "spawn/process/descriptor.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>

namespace carrel {

namespace fs = std::filesystem;

namespace {

/// FNV-1a. Ids are ours, so nobody can look for two with the same hash.
uint64_t short_hash(std::string_view text) {
    uint64_t hash = 14695981039346656037ULL;
    for (auto const character : text) {
        hash ^= static_cast<unsigned char>(character);
        hash *= 1099511628211ULL;
    }
    return hash;
}

}  // namespace

ServerFolder ServerFolder::of(fs::path const& runtime_folder, std::string const& id) {
    return {runtime_folder / "servers" / fmt::format("{:016x}", short_hash(id))};
}

Result<> ServerFolder::make(std::optional<uid_t> owner) const {
    remove();
    std::error_code error;
    fs::create_directories(path.parent_path(), error);
    if (error) return fail(Code::Unavailable, "make {}: {}", path.string(), error.message());
    for (auto const& folder : {path, box()})
        if (::mkdir(folder.c_str(), 0700) != 0) return fail_errno("make {}", folder.string());
    if (owner && ::chown(box().c_str(), *owner, *owner) != 0)
        return fail_errno("give {} to the server", box().string());
    return {};
}

void ServerFolder::remove() const {
    std::error_code ignored;
    fs::remove_all(path, ignored);
}

Result<> ServerFolder::publish_socket(uid_t owner) const {
    struct stat inner{};
    struct stat outer{};
    if (::lstat(inner_socket().c_str(), &inner) != 0)
        return fail(Code::NotFound, "there is no socket yet");
    if (::lstat(socket().c_str(), &outer) == 0) {
        if (outer.st_ino == inner.st_ino && outer.st_dev == inner.st_dev) return {};
        ::unlink(socket().c_str());  // The server has made its socket anew.
    }
    // Links what is there, even a symbolic link, which the check below then sees.
    if (::linkat(AT_FDCWD, inner_socket().c_str(), AT_FDCWD, socket().c_str(), 0) != 0)
        return fail_errno("publish the server's socket");
    if (::lstat(socket().c_str(), &outer) == 0 && S_ISSOCK(outer.st_mode) && outer.st_uid == owner)
        return {};
    ::unlink(socket().c_str());
    return fail(Code::PermissionDenied, "the server's socket is not its own");
}

Result<> write_private_file(fs::path const& path, std::string_view content) {
    Descriptor const file(
        ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (file.get() < 0) return fail_errno("write {}", path.string());
    while (!content.empty()) {
        auto const count = ::write(file.get(), content.data(), content.size());
        if (count < 0) return fail_errno("write {}", path.string());
        content.remove_prefix(static_cast<size_t>(count));
    }
    return {};
}

Result<std::string> read_small_file(fs::path const& path, size_t limit) {
    Descriptor const file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (file.get() < 0) return fail_errno("read {}", path.string());
    std::string text(limit, '\0');
    size_t done = 0;
    while (done < limit) {
        auto const count = ::read(file.get(), text.data() + done, limit - done);
        if (count < 0) return fail_errno("read {}", path.string());
        if (count == 0) break;
        done += static_cast<size_t>(count);
    }
    text.resize(done);
    return text;
}

}  // namespace carrel

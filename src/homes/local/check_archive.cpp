#include "homes/local/home_archive.hpp"

#include "base/text.hpp"
#include "homes/local/zip_directory.hpp"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <memory>
#include <vector>

namespace carrel {

namespace {

constexpr size_t chunk = 256 * 1024;

/// Goes through a zip: names and modes from its list of contents, bytes through libarchive.
class ZipReader {
public:
    explicit ZipReader(ZipDirectory directory)
        : directory_(std::move(directory)), zip_(archive_read_new(), &archive_read_free) {}

    Result<> begin(int file) {
        archive_read_support_format_zip_seekable(zip_.get());
        return checked(archive_read_open_fd(zip_.get(), file, chunk));
    }

    /// The next entry; nothing after the last.
    Result<std::optional<ZipDirectory::Entry>> next() {
        TRY(auto listed, directory_.next());
        archive_entry* entry = nullptr;
        auto const outcome = archive_read_next_header(zip_.get(), &entry);
        if (!listed && outcome == ARCHIVE_EOF) return std::nullopt;
        // A warning is about converting the name, which we take from the directory instead.
        if (!listed || (outcome != ARCHIVE_OK && outcome != ARCHIVE_WARN)) return failed();
        auto const* const target = archive_entry_symlink(entry);
        link_target_ = target == nullptr ? "" : target;
        return listed;
    }
    [[nodiscard]] std::string const& link_target() const { return link_target_; }

    /// Up to `buffer.size()` bytes of the present entry; 0 at its end.
    Result<size_t> read(std::vector<char>& buffer) {
        auto const got = archive_read_data(zip_.get(), buffer.data(), buffer.size());
        if (got < 0) return std::unexpected(failed().error());
        return static_cast<size_t>(got);
    }

private:
    Result<> checked(int outcome) {
        return outcome == ARCHIVE_OK ? Result<>() : std::unexpected(failed().error());
    }
    std::unexpected<Error> failed() {
        auto const* const why = archive_error_string(zip_.get());
        return fail(Code::Internal, "read the archive back: {}",
                    why == nullptr ? "it ends too early" : why);
    }

    ZipDirectory directory_;
    std::unique_ptr<archive, decltype(&archive_read_free)> zip_;
    std::string link_target_;
};

std::unexpected<Error> differs(std::string_view path, std::string_view how) {
    return fail(Code::Internal, "the archive differs from the home at {}: {}", for_log(path), how);
}

/// `more(buffer)` gives the next bytes to compare with, as many as the buffer has.
Result<> same_bytes(ZipReader& zip, std::string_view path, long long size,
                    std::function<Result<>(std::vector<char>& buffer, long long at)> const& more) {
    std::vector<char> stored(chunk);
    std::vector<char> fresh;
    for (long long done = 0;;) {
        TRY(auto const got, zip.read(stored));
        if (got == 0 && done == size) return {};
        if (got == 0 || std::cmp_greater(got, size - done)) return differs(path, "its size");
        fresh.resize(got);
        TRY_VOID(more(fresh, done));
        if (!std::equal(fresh.begin(), fresh.end(), stored.begin()))
            return differs(path, "its content");
        done += static_cast<long long>(got);
    }
}

Result<> same_file_content(HomeWalk& home, HomeEntry const& entry, ZipReader& zip,
                           std::function<bool()> const& stop_requested) {
    TRY(auto const file, home.open(entry));
    return same_bytes(
        zip, entry.path, entry.size, [&](std::vector<char>& buffer, long long at) -> Result<> {
            if (stop_requested()) return fail(Code::Cancelled, "export: cancelled");
            for (size_t done = 0; done < buffer.size();) {
                auto const got = ::pread(file.number(), buffer.data() + done, buffer.size() - done,
                                         entry.begin + at + static_cast<long long>(done));
                if (got < 0) return fail_errno("read {}", for_log(entry.path));
                if (got == 0) return differs(entry.path, "its size");
                done += static_cast<size_t>(got);
            }
            return {};
        });
}

Result<> same_entry(HomeEntry const& entry, ZipDirectory::Entry const& stored) {
    bool const folder = entry.kind == HomeEntry::Kind::Folder;
    if (stored.name != (folder ? entry.path + "/" : entry.path))
        return differs(entry.path, "its name");
    auto const type = folder ? S_IFDIR : entry.kind == HomeEntry::Kind::Link ? S_IFLNK : S_IFREG;
    if ((stored.mode & S_IFMT) != static_cast<unsigned>(type))
        return differs(entry.path, "its kind");
    if (entry.kind == HomeEntry::Kind::File && stored.size != entry.size)
        return differs(entry.path, "its size");
    return {};
}

Result<> check_notes(std::string const& top, std::string const& notes, ZipReader& zip) {
    if (notes.empty()) return {};
    TRY(auto const stored, zip.next());
    if (!stored || stored->name != top + "-notes.txt") return differs(top, "its notes");
    return same_bytes(zip, stored->name, static_cast<long long>(notes.size()),
                      [&](std::vector<char>& buffer, long long at) -> Result<> {
                          notes.copy(buffer.data(), buffer.size(), static_cast<size_t>(at));
                          return {};
                      });
}

}  // namespace

Result<ArchiveContent> check_archive(HomeWalk home, std::string const& top, int archive,
                                     std::function<bool()> const& stop_requested) {
    TRY(auto directory, ZipDirectory::open(archive));
    if (::lseek(archive, 0, SEEK_SET) != 0) return fail_errno("read the archive back");
    ZipReader zip(std::move(directory));
    TRY_VOID(zip.begin(archive));
    ArchiveContent content;
    for (;;) {
        if (stop_requested()) return fail(Code::Cancelled, "export: cancelled");
        TRY(auto const entry, home.next());
        if (!entry) break;
        TRY(auto const stored, zip.next());
        if (!stored) return differs(entry->path, "it is missing");
        TRY_VOID(same_entry(*entry, *stored));
        if (entry->kind == HomeEntry::Kind::File)
            TRY_VOID(same_file_content(home, *entry, zip, stop_requested));
        if (entry->kind == HomeEntry::Kind::Link && zip.link_target() != entry->link_target)
            return differs(entry->path, "where the link leads");
        if (entry->kind != HomeEntry::Kind::Folder) ++content.files;
        content.bytes += entry->size;
    }
    TRY_VOID(check_notes(top, home.notes(), zip));
    TRY(auto const more, zip.next());
    if (more) return differs(more->name, "it is not in the home");
    return content;
}

}  // namespace carrel

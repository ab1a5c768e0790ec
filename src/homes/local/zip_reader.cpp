#include "homes/local/zip_reader.hpp"

#include "base/text.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <unistd.h>

#include <algorithm>

namespace carrel {

namespace {

constexpr size_t chunk = 256 * 1024;

}  // namespace

void ZipReader::Closer::operator()(archive* zip) const { archive_read_free(zip); }

ZipReader::ZipReader(ZipDirectory directory)
    : directory_(std::move(directory)), zip_(archive_read_new()) {}

Result<ZipReader> ZipReader::open(int file) {
    TRY(auto directory, ZipDirectory::open(file));
    if (::lseek(file, 0, SEEK_SET) != 0) return fail_errno("read the archive");
    ZipReader reader(std::move(directory));
    archive_read_support_format_zip_seekable(reader.zip_.get());
    if (archive_read_open_fd(reader.zip_.get(), file, chunk) != ARCHIVE_OK) return reader.failed();
    return reader;
}

Result<std::optional<ZipDirectory::Entry>> ZipReader::next() {
    TRY(auto listed, directory_.next());
    archive_entry* entry = nullptr;
    auto const outcome = archive_read_next_header(zip_.get(), &entry);
    if (!listed && outcome == ARCHIVE_EOF) return std::nullopt;
    // A warning is about converting the name, which we take from the directory instead.
    if (!listed || (outcome != ARCHIVE_OK && outcome != ARCHIVE_WARN)) return failed();
    auto const* const target = archive_entry_symlink(entry);
    link_target_ = target == nullptr ? "" : target;
    modified_at_ = {.tv_sec = archive_entry_mtime(entry),
                    .tv_nsec = archive_entry_mtime_nsec(entry)};
    return listed;
}

Result<size_t> ZipReader::read(std::vector<char>& buffer) {
    auto const got = archive_read_data(zip_.get(), buffer.data(), buffer.size());
    if (got < 0) return failed();
    return static_cast<size_t>(got);
}

std::unexpected<Error> ZipReader::failed() {
    auto const* const why = archive_error_string(zip_.get());
    return fail(Code::Internal, "read the archive: {}", why == nullptr ? "it ends too early" : why);
}

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

Result<> same_as_file(ZipReader& zip, std::string_view path, long long size, int file,
                      long long begin, std::function<bool()> const& stop_requested) {
    return same_bytes(zip, path, size, [&](std::vector<char>& buffer, long long at) -> Result<> {
        if (stop_requested()) return fail(Code::Cancelled, "compare {}: cancelled", for_log(path));
        for (size_t done = 0; done < buffer.size();) {
            auto const got = ::pread(file, buffer.data() + done, buffer.size() - done,
                                     begin + at + static_cast<long long>(done));
            if (got < 0) return fail_errno("read {}", for_log(path));
            if (got == 0) return differs(path, "its size");
            done += static_cast<size_t>(got);
        }
        return {};
    });
}

std::unexpected<Error> differs(std::string_view path, std::string_view how) {
    return fail(Code::Internal, "the archive differs from the home at {}: {}", for_log(path), how);
}

}  // namespace carrel

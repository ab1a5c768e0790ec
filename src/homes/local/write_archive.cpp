#include "homes/local/home_archive.hpp"

#include "base/text.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <langinfo.h>
#include <locale.h>

#include <memory>
#include <vector>

namespace carrel {

namespace {

constexpr size_t chunk = 256 * 1024;

/// libarchive marks names as UTF-8, which is what browsers' and Windows' unzip needs, only where
/// the thread's locale is a UTF-8 one.
class Utf8Locale {
public:
    Utf8Locale() : locale_(::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)) {
        if (locale_ != nullptr) before_ = ::uselocale(locale_);
    }
    ~Utf8Locale() {
        if (locale_ == nullptr) return;
        ::uselocale(before_);
        ::freelocale(locale_);
    }
    Utf8Locale(Utf8Locale const&) = delete;
    Utf8Locale& operator=(Utf8Locale const&) = delete;

private:
    locale_t locale_;
    locale_t before_ = nullptr;
};

/// Writes one zip to a file, front to back.
class ZipWriter {
public:
    explicit ZipWriter(int file) : file_(file), zip_(archive_write_new(), &archive_write_free) {}

    Result<> begin() {
        archive_write_set_format_zip(zip_.get());
        // Level 1: homes hold notebooks and data, and people wait for the course to end.
        archive_write_set_options(zip_.get(), "zip:compression-level=1");
        archive_write_set_bytes_in_last_block(zip_.get(), 1);
        return checked(archive_write_open2(zip_.get(), this, nullptr, &write, nullptr, nullptr));
    }

    Result<> add(HomeEntry const& found) {
        std::unique_ptr<archive_entry, decltype(&archive_entry_free)> const entry(
            archive_entry_new(), &archive_entry_free);
        archive_entry_copy_pathname(entry.get(), found.path.c_str());
        archive_entry_set_mtime(entry.get(), found.modified_at.tv_sec, found.modified_at.tv_nsec);
        archive_entry_set_perm(entry.get(), found.permissions & 0777);
        switch (found.kind) {
            case HomeEntry::Kind::Folder:
                archive_entry_set_filetype(entry.get(), AE_IFDIR);
                break;
            case HomeEntry::Kind::File:
                archive_entry_set_filetype(entry.get(), AE_IFREG);
                archive_entry_set_size(entry.get(), found.size);
                break;
            case HomeEntry::Kind::Link:
                archive_entry_set_filetype(entry.get(), AE_IFLNK);
                archive_entry_copy_symlink(entry.get(), found.link_target.c_str());
                break;
        }
        return checked(archive_write_header(zip_.get(), entry.get()));
    }

    Result<> put(std::string_view bytes) {
        auto const written = archive_write_data(zip_.get(), bytes.data(), bytes.size());
        if (written < 0) return failed();
        if (std::cmp_not_equal(written, bytes.size()))
            return fail(Code::Internal, "write an archive: it took fewer bytes than given");
        return {};
    }

    Result<> end() { return checked(archive_write_close(zip_.get())); }

private:
    static la_ssize_t write(archive*, void* self, void const* bytes, size_t length) {
        auto& writer = *static_cast<ZipWriter*>(self);
        auto const* const data = static_cast<char const*>(bytes);
        for (size_t done = 0; done < length;) {
            auto const count = ::write(writer.file_, data + done, length - done);
            if (count < 0 && errno == EINTR) continue;
            if (count < 0) {
                writer.error_ = errno;
                return -1;
            }
            done += static_cast<size_t>(count);
        }
        return static_cast<la_ssize_t>(length);
    }

    Result<> checked(int outcome) { return outcome == ARCHIVE_OK ? Result<>() : failed(); }
    Result<> failed() {
        if (error_ != 0) {
            errno = error_;
            return fail_errno("write an archive");
        }
        auto const* const why = archive_error_string(zip_.get());
        return fail(Code::Internal, "write an archive: {}", why == nullptr ? "unknown" : why);
    }

    int file_;
    int error_ = 0;
    std::unique_ptr<archive, decltype(&archive_write_free)> zip_;
};

Result<> copy_file(HomeWalk& home, HomeEntry const& entry, ZipWriter& zip,
                   std::function<bool()> const& stop_requested) {
    TRY(auto const file, home.open(entry));
    std::vector<char> buffer(static_cast<size_t>(std::min<long long>(chunk, entry.size)));
    for (long long done = 0; done < entry.size;) {
        if (stop_requested()) return fail(Code::Cancelled, "export: cancelled");
        auto const wanted =
            static_cast<size_t>(std::min(static_cast<long long>(buffer.size()), entry.size - done));
        auto const got = ::pread(file.number(), buffer.data(), wanted, entry.begin + done);
        if (got < 0) return fail_errno("read {}", for_log(entry.path));
        if (got == 0) break;
        TRY_VOID(zip.put({buffer.data(), static_cast<size_t>(got)}));
        done += got;
    }
    struct stat after{};
    if (::fstat(file.number(), &after) != 0 || !unchanged(entry.status, after))
        return fail(Code::Conflict, "{} changes while it is read", for_log(entry.path));
    return {};
}

}  // namespace

Result<ArchiveContent> write_archive(HomeWalk home, std::string const& top, int archive,
                                     std::function<bool()> const& stop_requested) {
    Utf8Locale const locale;
    ZipWriter zip(archive);
    TRY_VOID(zip.begin());
    ArchiveContent content;
    for (;;) {
        if (stop_requested()) return fail(Code::Cancelled, "export: cancelled");
        TRY(auto const entry, home.next());
        if (!entry) break;
        TRY_VOID(zip.add(*entry));
        if (entry->kind == HomeEntry::Kind::File)
            TRY_VOID(copy_file(home, *entry, zip, stop_requested));
        if (entry->kind != HomeEntry::Kind::Folder) ++content.files;
        content.bytes += entry->size;
    }
    if (!home.notes().empty()) {
        HomeEntry notes;
        notes.path = top + "-notes.txt";
        notes.permissions = 0600;
        notes.size = static_cast<long long>(home.notes().size());
        TRY_VOID(zip.add(notes));
        TRY_VOID(zip.put(home.notes()));
    }
    TRY_VOID(zip.end());
    return content;
}

}  // namespace carrel

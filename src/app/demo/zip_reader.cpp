#include "app/demo/zip_reader.hpp"

#include <archive.h>
#include <archive_entry.h>

#include <memory>

namespace carrel {

Result<std::string> read_from_zip(std::filesystem::path const& zip, std::string_view name_end) {
    std::unique_ptr<archive, int (*)(archive*)> const reader(::archive_read_new(),
                                                             ::archive_read_free);
    ::archive_read_support_format_zip(reader.get());
    if (::archive_read_open_filename(reader.get(), zip.c_str(), 65536) != ARCHIVE_OK)
        return fail(Code::Internal, "open {}: {}", zip.string(),
                    ::archive_error_string(reader.get()));
    archive_entry* entry = nullptr;
    while (::archive_read_next_header(reader.get(), &entry) == ARCHIVE_OK) {
        char const* const name = ::archive_entry_pathname(entry);
        if (name == nullptr || !std::string_view(name).ends_with(name_end)) continue;
        std::string content(static_cast<size_t>(::archive_entry_size(entry)), '\0');
        auto const count = ::archive_read_data(reader.get(), content.data(), content.size());
        if (count != static_cast<la_ssize_t>(content.size()))
            return fail(Code::Internal, "read {} from {}", name, zip.string());
        return content;
    }
    return fail(Code::NotFound, "{} has no {}", zip.string(), name_end);
}

}  // namespace carrel

#include "homes/local/home_archive.hpp"

#include "homes/local/zip_reader.hpp"

#include <vector>

namespace carrel {

namespace {

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
    TRY(auto zip, ZipReader::open(archive));
    ArchiveContent content;
    for (;;) {
        if (stop_requested()) return fail(Code::Cancelled, "export: cancelled");
        TRY(auto const entry, home.next());
        if (!entry) break;
        TRY(auto const stored, zip.next());
        if (!stored) return differs(entry->path, "it is missing");
        TRY_VOID(same_entry(*entry, *stored));
        if (entry->kind == HomeEntry::Kind::File) {
            TRY(auto const file, home.open(*entry));
            TRY_VOID(same_as_file(zip, entry->path, entry->size, file.number(), entry->begin,
                                  stop_requested));
        }
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

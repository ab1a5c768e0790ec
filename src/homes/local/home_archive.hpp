#pragma once

/// Writes a home into a zip, compares a zip with its home, and makes a home of a zip again.
///
/// The zip holds a folder `<top>` with the home's content; links are stored as links. What could
/// not be shown as it was (pipes, sockets, names that are no UTF-8, paths too long to unpack,
/// terabytes of holes) is told in `<top>-notes.txt` beside it, which is there only when there is
/// something to tell. All functions block and need little memory whatever the home holds.

#include "homes/local/home_walk.hpp"

#include <functional>
#include <string>

namespace carrel {

struct ArchiveContent {
    long long files = 0;  ///< files and links, without folders
    long long bytes = 0;
};

/// Writes to the open, empty file `archive`. LimitReached: the disk is full.
[[nodiscard]] Result<ArchiveContent> write_archive(HomeWalk home, std::string const& top,
                                                   int archive,
                                                   std::function<bool()> const& stop_requested);

/// Reads everything in the archive, and everything in the home again, and compares them byte by
/// byte. Internal: they differ, and how.
[[nodiscard]] Result<ArchiveContent> check_archive(HomeWalk home, std::string const& top,
                                                   int archive,
                                                   std::function<bool()> const& stop_requested);

/// Makes everything in the archive again in the open, empty folder `home`, and reads it back: each
/// file is compared with the archive byte by byte. What the zip could not show as it was comes back
/// as the zip shows it, with its notes, in `<top>-notes.txt` and `<top>-deeper/` in the home.
/// LimitReached: the disk is full. Internal: the archive is damaged, or none of this home.
[[nodiscard]] Result<ArchiveContent> restore_archive(int archive, std::string const& top, int home,
                                                     std::function<bool()> const& stop_requested);

}  // namespace carrel

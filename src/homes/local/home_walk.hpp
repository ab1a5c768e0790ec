#pragma once

/// Walks through a home, whatever its owner made of it, and never leaves it.
///
/// Folders are opened one below the other without following links, and only the present one is kept
/// open, so neither depth nor a path longer than the system allows matters. Two walks over the same
/// home give the same entries in the same order: that is how an archive is compared with its home.
/// Nothing may change in the home meanwhile; what does is an error. Confined to one thread.

#include "homes/local/file_descriptor.hpp"

#include <sys/stat.h>

#include <ctime>
#include <optional>
#include <string>
#include <vector>

namespace carrel {

struct WalkLimits {
    long long most_entries = 1'000'000;  ///< the list of an archive's files is kept in memory
    size_t longest_path = 3000;          ///< deeper folders go on beside the home; see HomeWalk
    long long sparse_from = 1LL << 30;   ///< bigger files with holes are kept in pieces
};

/// What the archive holds one of.
struct HomeEntry {
    enum class Kind { Folder, File, Link };
    Kind kind = Kind::File;
    std::string path;        ///< in the archive: UTF-8, without a slash at its end
    mode_t permissions = 0;  ///< without the type
    timespec modified_at{};
    std::string link_target;  ///< of a link
    std::string name;         ///< of a file: in the folder that the walk is in
    long long begin = 0;      ///< of a file: where in it this entry's bytes begin
    long long size = 0;       ///< of a file: how many they are
    struct stat status{};     ///< of the file, when it was found
};

class HomeWalk {
public:
    /// `home` is the open home; its content appears in the archive below the folder `top`.
    HomeWalk(FileDescriptor home, std::string top, WalkLimits const& limits);

    /// The next entry, folders before what they contain; nothing after the last one.
    /// LimitReached: more entries than the limit.
    [[nodiscard]] Result<std::optional<HomeEntry>> next();

    /// Opens the file that `next` gave last. Conflict: it has changed since.
    [[nodiscard]] Result<FileDescriptor> open(HomeEntry const& entry) const;

    /// Says in plain words what the archive does not show as the home did; empty when it does.
    [[nodiscard]] std::string const& notes() const { return notes_; }

private:
    struct Level {
        dev_t device;
        ino_t number;
        std::vector<std::string> names;  // sorted
        size_t next = 0;
        size_t outer_length;                    // of path_, outside of this folder
        std::optional<std::string> outer_path;  // when path_ began anew with this folder
    };

    Result<> enter();
    Result<> leave();
    Result<std::vector<std::string>> names_of_present_folder();
    Result<std::optional<HomeEntry>> look_at(std::string const& name);
    HomeEntry folder_entry(HomeEntry entry);
    HomeEntry file_entry(HomeEntry entry);
    Result<std::optional<HomeEntry>> link_entry(HomeEntry entry);
    Result<std::optional<HomeEntry>> next_piece();
    std::string name_in_archive(std::string const& name) const;
    bool taken(std::string const& name) const;
    static std::string shown_path(HomeEntry const& entry);
    void note(std::string const& line);

    FileDescriptor present_;
    WalkLimits limits_;
    std::string top_;
    std::string path_;  // of the present folder, in the archive
    std::vector<Level> levels_;
    long long seen_ = 0;
    int continued_ = 0;
    bool begun_ = false;
    std::optional<HomeEntry> folder_;  // given out last, to be entered next
    std::optional<HomeEntry> sparse_;  // the file whose pieces are being given out
    std::string notes_;
    long long notes_left_out_ = 0;
};

[[nodiscard]] bool same_file(struct stat const& a, struct stat const& b);
/// The same file, with nothing written to it in between.
[[nodiscard]] bool unchanged(struct stat const& before, struct stat const& after);

}  // namespace carrel

#pragma once

/// Keeps the homes of participants, which outlive server, hub and course, and exports them.
///
/// Every call blocks: use a BlockingPool. Thread-safe for different homes.

#include "base/result.hpp"
#include "domain/course.hpp"

#include <array>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace carrel {

/// Which home: one per person and course.
struct HomeKey {
    std::string course;    ///< slug
    std::string user;      ///< user name
    long long number = 0;  ///< from Homes::number_of; the owner of the files where uids are used
};

/// A course has a folder of its own beside its homes, which is kept, exported and deleted as they
/// are. It has these parts: what leaders give out, and what everybody may write.
inline constexpr std::string_view materials_part = "materials";
inline constexpr std::string_view shared_part = "shared";
inline constexpr std::array course_parts{materials_part, shared_part};
/// The key of that folder; its number is none. "~" is in no user name.
[[nodiscard]] HomeKey course_folder_of(std::string course);
[[nodiscard]] bool is_course_folder(HomeKey const& key);
/// "the home of ada in python", or "the folder of course python".
[[nodiscard]] std::string name_of(HomeKey const& key);

/// An export that has been read back and compared with the home.
struct VerifiedExport {
    std::filesystem::path file;  ///< a zip
    std::string sha256;          ///< of the file
    long long bytes = 0;
    long long files = 0;
};

class HomeStore {
public:
    virtual ~HomeStore() = default;

    /// The home's folder, made with mode 0700 and the right owner when it is not there; the course
    /// folder with its parts.
    /// LimitReached: the disk is full.
    virtual Result<std::filesystem::path> provide(HomeKey const& key) = 0;

    /// From now on nobody keeps more than so much in this home, together with what they add to the
    /// course folder. What is there already stays. Does nothing where `unlimited_because` says why.
    virtual Result<> limit(HomeKey const& key, long long bytes) = 0;

    /// Why homes are not limited in size, as half a sentence for an operator; nothing when they
    /// are.
    [[nodiscard]] virtual std::optional<std::string> unlimited_because() const = 0;

    /// How many bytes the home holds; 0 when there is none.
    virtual Result<long long> size(HomeKey const& key) = 0;

    /// Writes the home into an archive, reads the archive back, and compares every file with the
    /// home. Never follows a link out of the home. The archive appears under its name only once
    /// verified. `stop_requested` is asked now and then; true ends with Cancelled.
    virtual Result<VerifiedExport> export_home(HomeKey const& key,
                                               std::function<bool()> const& stop_requested) = 0;

    /// Reads an export again and compares it with its checksum. Internal: it is damaged.
    virtual Result<> verify(std::filesystem::path const& file, std::string const& sha256) = 0;

    /// Brings a home back from its export when it is not there, whole and compared with the export,
    /// or not at all. False: a home is there, and stays as it is. Internal: the export is damaged.
    /// LimitReached: the disk is full. `stop_requested` as above.
    virtual Result<bool> restore(HomeKey const& key, VerifiedExport const& exported,
                                 std::function<bool()> const& stop_requested) = 0;

    /// Deletes the home. Refuses (Conflict) when `exported` does not name an intact export of it.
    virtual Result<> remove(HomeKey const& key, VerifiedExport const& exported) = 0;

    /// What is left of a course's homes: names of users; empty proves it gone.
    virtual Result<std::vector<std::string>> left_of(std::string const& course) = 0;
};

}  // namespace carrel

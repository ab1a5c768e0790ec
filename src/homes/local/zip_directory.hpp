#pragma once

/// Reads the list of contents at the end of a zip: what every unzip program believes.
///
/// Our own reader beside libarchive's, which alters names on the way (it composes accents). It
/// keeps one entry in memory. For zips that `HomeArchive` wrote; anything odd is an error.

#include "base/result.hpp"

#include <optional>
#include <string>
#include <vector>

namespace carrel {

class ZipDirectory {
public:
    struct Entry {
        std::string name;  ///< as stored; a folder's ends with a slash
        long long size = 0;
        unsigned mode = 0;  ///< Unix type and permissions
        bool utf8 = false;  ///< marked as such, or ASCII
    };

    /// `file` stays the caller's and open.
    [[nodiscard]] static Result<ZipDirectory> open(int file);
    /// Nothing after the last one. Internal: damaged.
    [[nodiscard]] Result<std::optional<Entry>> next();
    [[nodiscard]] long long count() const { return count_; }

private:
    ZipDirectory() = default;
    /// `length` bytes from the present place; moves on.
    Result<std::string> take(size_t length);

    int file_ = -1;
    long long at_ = 0;
    long long end_ = 0;
    long long count_ = 0;
    long long given_ = 0;
    std::string buffer_;
    size_t used_ = 0;
};

}  // namespace carrel

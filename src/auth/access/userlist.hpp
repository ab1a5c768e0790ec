#pragma once

/// The file of those who may in: a name a line, and "admin" behind it for an administrator. What
/// surrounds a good line never spoils it; what is wrong is told, and left out.

#include "base/result.hpp"
#include "domain/access.hpp"

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace carrel {

struct Userlist {
    AccessLists lists;  ///< closed: who is not on it is not let in
    size_t people = 0;
    std::vector<std::string> remarks;  ///< "line 3: ada is there twice", for the log
};

/// InvalidArgument: it is no text in UTF-8, or names nobody, as a file that somebody is just
/// writing.
[[nodiscard]] Result<Userlist> parse_userlist(std::string_view text,
                                              std::span<std::string const> domains);

/// The file on disk, and whether it has changed. One thread.
class UserlistFile {
public:
    /// `domains`: left out at the end of names that are addresses.
    UserlistFile(std::filesystem::path path, std::vector<std::string> domains)
        : path_(std::move(path)), domains_(std::move(domains)) {}

    /// NotFound: it is not there. InvalidArgument: as `parse_userlist`, or it is no plain file, or
    /// too big.
    [[nodiscard]] Result<Userlist> read();
    /// What is in it, when it has changed since and has not changed further since the last look:
    /// nobody is shut out by half a file. A problem is given once.
    [[nodiscard]] std::optional<Result<Userlist>> look();

    [[nodiscard]] std::filesystem::path const& path() const { return path_; }

private:
    /// By what a changed file is noticed, also on folders of other machines.
    struct Trace {
        bool there = false;
        unsigned long long device = 0, file = 0;
        long long size = 0, written = 0, changed = 0;
        bool operator==(Trace const&) const = default;
    };
    [[nodiscard]] Trace trace() const;

    std::filesystem::path path_;
    std::vector<std::string> domains_;
    Trace known_;  ///< of what was read, or could not be
    Trace seen_;   ///< at the last look
};

}  // namespace carrel

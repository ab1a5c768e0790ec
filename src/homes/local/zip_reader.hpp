#pragma once

/// Goes through a zip that an export wrote, entry by entry: names and modes from its list of
/// contents, bytes through libarchive. Confined to one thread.

#include "homes/local/zip_directory.hpp"

#include <ctime>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct archive;

namespace carrel {

class ZipReader {
public:
    /// From the first entry. `file` stays the caller's and open; its position moves.
    [[nodiscard]] static Result<ZipReader> open(int file);

    /// The next entry; nothing after the last. Internal: damaged.
    [[nodiscard]] Result<std::optional<ZipDirectory::Entry>> next();

    /// Of the present entry, when it is a link.
    [[nodiscard]] std::string const& link_target() const { return link_target_; }
    [[nodiscard]] timespec modified_at() const { return modified_at_; }

    /// Up to `buffer.size()` bytes of the present entry; 0 at its end.
    [[nodiscard]] Result<size_t> read(std::vector<char>& buffer);

private:
    struct Closer {
        void operator()(archive* zip) const;
    };

    explicit ZipReader(ZipDirectory directory);
    std::unexpected<Error> failed();

    ZipDirectory directory_;
    std::unique_ptr<archive, Closer> zip_;
    std::string link_target_;
    timespec modified_at_{};
};

/// Compares the rest of the present entry, `size` bytes, with what `more(buffer, at)` fills in.
/// Internal: they differ.
[[nodiscard]] Result<> same_bytes(
    ZipReader& zip, std::string_view path, long long size,
    std::function<Result<>(std::vector<char>& buffer, long long at)> const& more);

/// The same with the bytes of an open file from `begin` on. Cancelled when `stop_requested`.
[[nodiscard]] Result<> same_as_file(ZipReader& zip, std::string_view path, long long size, int file,
                                    long long begin, std::function<bool()> const& stop_requested);

/// "the archive differs from the home at maths-ada/a.txt: its size"
[[nodiscard]] std::unexpected<Error> differs(std::string_view path, std::string_view how);

}  // namespace carrel

#include "homes/local/zip_directory.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>

namespace carrel {

namespace {

// Signatures and sizes from PKWARE's APPNOTE.TXT, sections 4.3.12 to 4.3.16.
constexpr uint32_t entry_signature = 0x02014b50;
constexpr uint32_t end_signature = 0x06054b50;
constexpr uint32_t zip64_end_signature = 0x06064b50;
constexpr uint32_t zip64_locator_signature = 0x07064b50;
constexpr size_t entry_size = 46;
constexpr size_t end_size = 22;
constexpr size_t locator_size = 20;
constexpr size_t zip64_end_size = 56;
constexpr uint64_t in_zip64_field = 0xFFFFFFFF;

uint64_t number_at(std::string_view bytes, size_t at, size_t length) {
    uint64_t value = 0;
    for (size_t i = length; i-- > 0;)
        value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
    return value;
}

Result<std::string> bytes_at(int file, long long at, size_t length) {
    std::string bytes(length, '\0');
    auto const got = at < 0 ? -1 : ::pread(file, bytes.data(), length, at);
    if (std::cmp_not_equal(got, length)) return fail(Code::Internal, "the archive is cut off");
    return bytes;
}

Error damaged() { return {Code::Internal, "the archive's list of contents is damaged"}; }

/// The size from the zip64 extra field (its first value when the plain one is full).
Result<long long> zip64_size(std::string_view extra) {
    while (extra.size() >= 4) {
        auto const length = number_at(extra, 2, 2);
        if (extra.size() < 4 + length) break;
        if (number_at(extra, 0, 2) == 1 && length >= 8)
            return static_cast<long long>(number_at(extra, 4, 8));
        extra.remove_prefix(4 + length);
    }
    return std::unexpected(damaged());
}

}  // namespace

Result<ZipDirectory> ZipDirectory::open(int file) {
    struct stat status{};
    if (::fstat(file, &status) != 0) return fail_errno("look at an archive");
    auto const end_at = status.st_size - static_cast<long long>(end_size);
    TRY(auto const end, bytes_at(file, end_at, end_size));
    // We write no comment, so the end record is the very end.
    if (number_at(end, 0, 4) != end_signature) return std::unexpected(damaged());
    ZipDirectory directory;
    directory.file_ = file;
    directory.count_ = static_cast<long long>(number_at(end, 10, 2));
    auto length = number_at(end, 12, 4);
    auto begin = number_at(end, 16, 4);
    if (directory.count_ == 0xFFFF || length == in_zip64_field || begin == in_zip64_field) {
        auto const locator_at = end_at - static_cast<long long>(locator_size);
        TRY(auto const locator, bytes_at(file, locator_at, locator_size));
        if (number_at(locator, 0, 4) != zip64_locator_signature) return std::unexpected(damaged());
        auto const zip64_at = static_cast<long long>(number_at(locator, 8, 8));
        TRY(auto const zip64, bytes_at(file, zip64_at, zip64_end_size));
        if (number_at(zip64, 0, 4) != zip64_end_signature) return std::unexpected(damaged());
        directory.count_ = static_cast<long long>(number_at(zip64, 32, 8));
        length = number_at(zip64, 40, 8);
        begin = number_at(zip64, 48, 8);
    }
    directory.at_ = static_cast<long long>(begin);
    directory.end_ = static_cast<long long>(begin + length);
    if (directory.at_ < 0 || directory.end_ < directory.at_ || directory.end_ > end_at)
        return std::unexpected(damaged());
    return directory;
}

Result<std::string> ZipDirectory::take(size_t length) {
    if (buffer_.size() - used_ < length) {
        auto const left = static_cast<size_t>(end_ - at_);
        auto const more = std::min(left, std::max(length, size_t{64} * 1024));
        TRY(auto const read, bytes_at(file_, at_, more));
        buffer_ = buffer_.substr(used_) + read;
        at_ += static_cast<long long>(more);
        used_ = 0;
    }
    if (buffer_.size() - used_ < length) return std::unexpected(damaged());
    used_ += length;
    return buffer_.substr(used_ - length, length);
}

Result<std::optional<ZipDirectory::Entry>> ZipDirectory::next() {
    if (at_ == end_ && used_ == buffer_.size()) {
        if (given_ != count_) return std::unexpected(damaged());
        return std::nullopt;
    }
    TRY(auto const fixed, take(entry_size));
    if (number_at(fixed, 0, 4) != entry_signature) return std::unexpected(damaged());
    TRY(auto name, take(number_at(fixed, 28, 2)));
    TRY(auto const extra, take(number_at(fixed, 30, 2)));
    TRY_VOID(take(number_at(fixed, 32, 2)));
    Entry entry;
    entry.size = static_cast<long long>(number_at(fixed, 24, 4));
    if (std::cmp_equal(entry.size, in_zip64_field)) {
        TRY(entry.size, zip64_size(extra));
    }
    entry.mode = static_cast<unsigned>(number_at(fixed, 40, 2));
    bool const ascii =
        std::ranges::all_of(name, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
    entry.utf8 = ascii || (number_at(fixed, 8, 2) & 0x800) != 0;
    entry.name = std::move(name);
    ++given_;
    return entry;
}

}  // namespace carrel

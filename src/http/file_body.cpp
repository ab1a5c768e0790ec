#include "http/file_body.hpp"

#include "base/text.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

namespace carrel::http {

namespace {

constexpr size_t piece_size = 256UL * 1024UL;

struct Range {
    uint64_t start = 0;
    uint64_t end = 0;  // one past the last byte
};

/// One byte range (RFC 9110 section 14.1.2). Nothing when the header is to be ignored: malformed,
/// another unit, or several ranges, which we answer with the whole. An empty range cannot be
/// satisfied.
std::optional<Range> parse_range(std::string_view text, uint64_t size) {
    if (!text.starts_with("bytes=")) return {};
    text = trimmed(text.substr(6));
    auto const dash = text.find('-');
    if (dash == std::string_view::npos) return {};
    auto const first_text = text.substr(0, dash);
    auto const last_text = text.substr(dash + 1);
    auto const last = last_text.empty() ? std::nullopt : parse_whole(last_text);
    if (!last_text.empty() && !last) return {};
    if (first_text.empty()) {
        if (!last) return {};
        auto const count = std::min(static_cast<uint64_t>(*last), size);
        return Range{size - count, size};
    }
    auto const first = parse_whole(first_text);
    if (!first || (last && *last < *first)) return {};
    auto const start = static_cast<uint64_t>(*first);
    if (start >= size) return Range{};
    return Range{start, last ? std::min(static_cast<uint64_t>(*last) + 1, size) : size};
}

}  // namespace

Result<FileBody> FileBody::open(std::filesystem::path const& path) {
    // Without O_NONBLOCK a FIFO in place of the file would hold us up.
    int const file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0) return fail_errno("open {}", path.filename().string());
    struct stat info{};
    if (::fstat(file, &info) != 0 || !S_ISREG(info.st_mode)) {
        ::close(file);
        return fail(Code::NotFound, "open {}: not a regular file", path.filename().string());
    }
    auto const changed = static_cast<uint64_t>(info.st_mtim.tv_sec) * 1'000'000'000U +
                         static_cast<uint64_t>(info.st_mtim.tv_nsec);
    return FileBody(file, static_cast<uint64_t>(info.st_size),
                    fmt::format("\"{:x}-{:x}-{:x}\"", info.st_ino, info.st_size, changed));
}

FileBody::FileBody(FileBody&& other) noexcept
    : file_(std::exchange(other.file_, -1)),
      size_(other.size_),
      start_(other.start_),
      end_(other.end_),
      tag_(std::move(other.tag_)) {}

FileBody::~FileBody() {
    if (file_ >= 0) ::close(file_);
}

void FileBody::prepare(Request const& request, Response& response) {
    if (!response.headers.find("etag")) response.headers.set("ETag", tag_);
    response.headers.set("Accept-Ranges", "bytes");
    if (!response.headers.find("content-type"))
        response.headers.set("Content-Type", "application/octet-stream");
    auto const wanted = request.headers.find("range");
    if (!wanted || request.method != "GET" || response.status != 200) return;
    auto const condition = request.headers.find("if-range");
    if (condition && *condition != response.headers.get("etag")) return;
    auto const range = parse_range(*wanted, size_);
    if (!range) return;
    start_ = range->start;
    end_ = range->end;
    if (length() == 0) {
        response.status = 416;
        response.headers.set("Content-Range", fmt::format("bytes */{}", size_));
    } else {
        response.status = 206;
        response.headers.set("Content-Range",
                             fmt::format("bytes {}-{}/{}", start_, end_ - 1, size_));
    }
}

Task<> FileBody::send(Wire& wire, BlockingPool& pool) {
    std::string piece;
    while (start_ < end_) {
        auto const wanted = static_cast<size_t>(std::min<uint64_t>(piece_size, end_ - start_));
        CO_TRY(auto const count, co_await pool.run([&]() -> Result<size_t> {
            piece.resize(wanted);
            auto const got = ::pread(file_, piece.data(), wanted, static_cast<off_t>(start_));
            if (got < 0) return fail_errno("read the file");
            return static_cast<size_t>(got);
        }));
        if (count == 0) co_return fail(Code::Internal, "the file got shorter while it was sent");
        CO_TRY_VOID(co_await wire.write(std::string_view(piece).substr(0, count)));
        start_ += count;
    }
    co_return Result<>();
}

}  // namespace carrel::http

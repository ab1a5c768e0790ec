#pragma once

/// A file as the body of a response, whole or in part. Private to http/.

#include "http/message.hpp"
#include "http/wire.hpp"
#include "runtime/blocking_pool.hpp"

#include <cstdint>

namespace carrel::http {

/// Owns the open file. What is sent is the file as it was when opened, however its name moves.
class FileBody {
public:
    /// NotFound: no such file, or not a regular one.
    [[nodiscard]] static Result<FileBody> open(std::filesystem::path const& path);
    FileBody(FileBody&& other) noexcept;
    FileBody& operator=(FileBody&&) = delete;
    ~FileBody();

    /// Sets ETag, Accept-Ranges and, by the request's Range and If-Range, status 206 or 416.
    void prepare(Request const& request, Response& response);

    /// How much will be sent.
    [[nodiscard]] uint64_t length() const { return end_ - start_; }

    /// Reads on `pool`, since a disk may be slow, and writes.
    Task<> send(Wire& wire, BlockingPool& pool);

private:
    FileBody(int file, uint64_t size, std::string tag)
        : file_(file), size_(size), end_(size), tag_(std::move(tag)) {}

    int file_;
    uint64_t size_;
    uint64_t start_ = 0;
    uint64_t end_;
    std::string tag_;
};

}  // namespace carrel::http

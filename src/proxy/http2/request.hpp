#pragma once

/// Writes the header fields of an HTTP/2 request down as the head of an HTTP/1.1 request (RFC 9113
/// section 8.3), which the one parser then reads as it reads any other.
///
/// Only what has the same meaning in both versions gets through; whatever could turn into another
/// line, another host or another framing makes the request malformed. Used by an `Http2Session`
/// for one request after the other; confined to its thread.

#include "proxy/message/head.hpp"

#include <expected>
#include <string>
#include <string_view>

namespace carrel::proxy {

class Http2Request {
public:
    /// Fields in the order in which they arrive: pseudo-header fields first.
    void add(std::string_view name, std::string_view value);
    /// What the fields amount to so far, counted as SETTINGS_MAX_HEADER_LIST_SIZE does.
    [[nodiscard]] size_t size() const { return size_; }

    struct Head {
        std::string text;        ///< up to and with the empty line
        bool chunked = false;    ///< the body's pieces are to be framed as chunks
        bool websocket = false;  ///< an extended CONNECT (RFC 8441)
        bool is_head = false;    ///< HEAD: the answer has no body
    };
    /// The head, after which this is empty again. A problem with status 400 is a malformed request
    /// and the stream's error; any other is for the client to read.
    [[nodiscard]] std::expected<Head, HeadProblem> finish(bool has_body);

private:
    void add_pseudo(std::string_view name, std::string_view value);
    void add_field(std::string_view name, std::string_view value);
    void write_request_line();
    void put_field(std::string_view name, std::string_view value);
    [[nodiscard]] bool is_upgrade() const { return method_ == "CONNECT" && !protocol_.empty(); }
    void refuse(std::string_view reason) {
        if (!problem_) problem_ = HeadProblem{400, reason};
    }

    std::string text_;
    std::string method_;
    std::string path_;
    std::string authority_;
    std::string scheme_;
    std::string protocol_;
    std::string cookie_;  ///< all the pieces that came as fields of their own, joined
    std::optional<HeadProblem> problem_;
    size_t size_ = 0;
    bool line_written_ = false;
    bool has_host_ = false;
    bool has_length_ = false;
};

}  // namespace carrel::proxy

#pragma once

/// Reads an HTTP/1.1 response as an exchange writes it for a client, piece by piece: what a stream
/// of HTTP/2 has to send instead. The request decides where the response ends. Confined to the
/// worker's thread.

#include "proxy/data_plane/body.hpp"
#include "proxy/message/head.hpp"

#include <expected>
#include <string>
#include <string_view>

namespace carrel::proxy {

class Http2Response {
public:
    enum class Kind : uint8_t { Ordinary, ToHead, Tunnel };
    explicit Http2Response(Kind kind) : kind_(kind) {}

    [[nodiscard]] Kind kind() const { return kind_; }

    enum class Part : uint8_t {
        Nothing,  ///< more bytes are needed
        Interim,  ///< `head` is that of a 1xx response
        Head,     ///< `head` is the response's
        Data,     ///< `data` is a piece of the body, or of the tunnel
    };
    struct Step {
        size_t consumed = 0;
        Part part = Part::Nothing;
        std::string_view data = {};  ///< inside the input
    };
    /// Reads on until there is a part or no input is left. `head` refers to the input or to memory
    /// that lasts until the next call. The problem is the exchange's or ours, never the client's.
    [[nodiscard]] std::expected<Step, HeadProblem> next(std::string_view input, ResponseHead& head);

    /// Whether a field of the response's head is for the client: not those of one hop or of an
    /// upgrade, which HTTP/2 tells in other ways, and no length of a `tunnel`.
    [[nodiscard]] static bool passes(Field const& field, bool tunnel);

    /// The head has been read: what comes is body.
    [[nodiscard]] bool begun() const { return begun_; }
    /// Nothing more belongs to it. A tunnel's end is not in the bytes.
    [[nodiscard]] bool done() const { return begun_ && !tunnel_ && body_.done; }
    /// Protocols have been switched: bytes both ways.
    [[nodiscard]] bool tunnel() const { return tunnel_; }

private:
    std::expected<Step, HeadProblem> read_head(std::string_view input, ResponseHead& head);
    std::expected<Step, HeadProblem> read_body(std::string_view input);

    std::string partial_;  ///< the beginning of a head that came in several pieces
    std::string memory_;   ///< what `head` refers to when it did
    HeadScanner scanner_;
    Body body_;
    Kind kind_;
    bool begun_ = false;
    bool tunnel_ = false;
};

}  // namespace carrel::proxy

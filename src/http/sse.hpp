#pragma once

/// Server-sent events (WHATWG HTML, section 9.2).

#include "http/message.hpp"

namespace carrel::http {

struct Event {
    std::string data;     ///< line breaks become several data lines
    std::string id = {};  ///< what a client sends back as Last-Event-ID
    std::string name = {};
};

[[nodiscard]] std::string format_event(Event const& event);

/// A response with the headers of an event stream, whose body `produce` writes.
[[nodiscard]] Response event_stream(std::function<Task<>(Stream&)> produce);

}  // namespace carrel::http

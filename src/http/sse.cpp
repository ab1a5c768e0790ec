#include "http/sse.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace carrel::http {

namespace {

/// A field of one line: a line break inside would begin a field of somebody else's choosing.
std::string one_line(std::string_view text) {
    std::string line(text);
    std::erase_if(line, [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
    return line;
}

}  // namespace

std::string format_event(Event const& event) {
    std::string text;
    if (!event.name.empty()) text += "event: " + one_line(event.name) + "\n";
    if (!event.id.empty()) text += "id: " + one_line(event.id) + "\n";
    // CR, LF and CRLF all end a line for the receiver.
    std::string data;
    for (size_t i = 0; i < event.data.size(); ++i) {
        if (event.data[i] == '\r') {
            data += '\n';
            if (i + 1 < event.data.size() && event.data[i + 1] == '\n') ++i;
        } else {
            data += event.data[i];
        }
    }
    for (auto const line : split(data, '\n')) text += fmt::format("data: {}\n", line);
    return text + "\n";
}

Response event_stream(std::function<Task<>(Stream&)> produce) {
    Response response;
    response.headers.set("Content-Type", "text/event-stream");
    response.headers.set("Cache-Control", "no-store");
    response.headers.set("X-Accel-Buffering", "no");  // nginx in front would hold events back
    response.stream = std::move(produce);
    return response;
}

}  // namespace carrel::http

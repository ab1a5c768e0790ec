#pragma once

/// What the proxy itself answers: short pages for people, problem+json for programs.

#include <string>
#include <string_view>

namespace carrel::proxy {

[[nodiscard]] std::string_view reason_phrase(unsigned status);

struct ErrorPage {
    unsigned status = 500;
    std::string_view detail;
    std::string_view request_id;
    bool html = false;
    /// The page asks again by itself, because what is missing is expected back.
    bool refresh = false;
};

/// The body; its Content-Type is `content_type(page.html)`.
[[nodiscard]] std::string render(ErrorPage const& page);
[[nodiscard]] std::string_view content_type(bool html);

}  // namespace carrel::proxy

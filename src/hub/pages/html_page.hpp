#pragma once

/// The pages that a hub writes itself, for whoever has no scripts: the log-in form, a stopped
/// server, an error. They look like the UI's (web/public/hub.css). Pure; any thread.

#include "http/message.hpp"

#include <string>
#include <string_view>

namespace carrel::jupyterhub {

enum class Language { English, German };

/// What the browser would rather read; English for a program.
[[nodiscard]] Language language_of(http::Request const& request);

/// A page with a heading and, below it, `body`: HTML.
[[nodiscard]] http::Response page(std::string_view title, std::string_view body, unsigned status,
                                  Language language = Language::English);

/// Text as HTML content or attribute.
[[nodiscard]] std::string html(std::string_view text);

/// An error's message as a sentence.
[[nodiscard]] std::string sentence(std::string_view text);

/// A page for an error: what it means to a visitor, never what an internal one says.
[[nodiscard]] http::Response error_page(Error const& error, http::Request const& request);
/// The same for a status by itself, as a proxy asks for it.
[[nodiscard]] http::Response status_page(unsigned status, Language language);

/// The header fields that all of a hub's pages have; `base` is "/c/bio/".
void add_page_fields(http::Response& response, std::string_view base);

}  // namespace carrel::jupyterhub

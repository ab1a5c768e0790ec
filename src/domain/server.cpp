#include "domain/server.hpp"

#include "base/encoding.hpp"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <utility>

namespace carrel {

namespace {

constexpr size_t longest_name = 255;
constexpr size_t longest_display_name = 255;

/// First segments of the default server's own addresses: a server of such a name would stand
/// before it, and its pages would be gone.
constexpr std::array<std::string_view, 17> addresses_of_jupyter{
    "api",       "consoles",       "doc",    "edit",      "files",   "kernelspecs",
    "lab",       "login",          "logout", "lsp",       "metrics", "nbextensions",
    "notebooks", "oauth_callback", "static", "terminals", "tree"};

/// C0 is looked for elsewhere; C1 and DEL do no good in an address either.
bool has_late_control(std::string_view text) {
    for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\x7f') return true;
        if (text[i] == '\xc2' && i + 1 < text.size() &&
            static_cast<unsigned char>(text[i + 1]) < 0xa0)
            return true;
    }
    return false;
}

/// Letters, marks, numbers, punctuation and symbols: nothing that turns the text around it over, or
/// that nobody sees.
bool is_visible(utf8proc_int32_t character) {
    auto const category = utf8proc_category(character);
    return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_SO;
}

}  // namespace

Result<std::string> parse_server_name(std::string_view text) {
    if (text.empty() || text.size() > longest_name)
        return fail_field("server", "the name of a server has 1 to {} bytes", longest_name);
    if (!is_printable_utf8(text) || text.find_first_of("\t\r\n") != std::string_view::npos ||
        has_late_control(text))
        return fail_field("server", "the name of a server is text without control characters");
    if (text.find_first_of("/\\") != std::string_view::npos)
        return fail_field("server", "the name of a server has no slash");
    // What follows a semicolon is no part of a segment's name to some programs.
    auto const plain = text.substr(0, text.find(';'));
    if (plain == "." || plain == "..")
        return fail_field("server", "'{}' is a place in an address and not a name", plain);
    if (std::ranges::find(addresses_of_jupyter, text) != addresses_of_jupyter.end())
        return fail_field("server", "'{}' is an address of the default server; take another name",
                          text);
    return std::string(text);
}

Result<std::string> parse_server_display_name(std::string_view text) {
    auto const wrong = [](std::string_view why) {
        return fail_field("display_name", "what a server is called {}", why);
    };
    if (!is_printable_utf8(text)) return wrong("is text without control characters");
    if (text.empty() || utf8_length(text) > longest_display_name)
        return wrong(fmt::format("has 1 to {} characters", longest_display_name));
    if (text.starts_with(' ') || text.ends_with(' ') || text.contains("  "))
        return wrong("has single spaces, and none at its ends");
    auto const* const bytes = reinterpret_cast<utf8proc_uint8_t const*>(text.data());
    for (size_t at = 0; at < text.size();) {
        utf8proc_int32_t character = 0;
        auto const size = utf8proc_iterate(
            bytes + at, static_cast<utf8proc_ssize_t>(text.size() - at), &character);
        if (size <= 0 || (character != ' ' && !is_visible(character)))
            return wrong("has characters that can be seen, and spaces");
        at += static_cast<size_t>(size);
    }
    return std::string(text);
}

std::string_view name_of(ServerState state) {
    switch (state) {
        case ServerState::Stopped:
            return "stopped";
        case ServerState::Queued:
            return "queued";
        case ServerState::Starting:
            return "starting";
        case ServerState::Running:
            return "running";
        case ServerState::Stopping:
            return "stopping";
        case ServerState::Failed:
            return "failed";
    }
    std::unreachable();
}

Result<ServerState> parse_server_state(std::string_view name) {
    for (auto const state : {ServerState::Stopped, ServerState::Queued, ServerState::Starting,
                             ServerState::Running, ServerState::Stopping, ServerState::Failed})
        if (name_of(state) == name) return state;
    return fail(Code::InvalidArgument, "'{}' is no state of a server", name.substr(0, 40));
}

}  // namespace carrel

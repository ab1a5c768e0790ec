#include "hub/jupyterhub/json_text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace carrel::jupyterhub {

namespace {

bool is_plain(char c) { return c >= ' ' && c < 0x7f && c != '"' && c != '\\'; }

}  // namespace

std::string json_text(nlohmann::json const& value) {
    return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void append_json(std::string& to, std::string_view text) {
    if (!std::ranges::all_of(text, is_plain)) {
        to += json_text(nlohmann::json(text));
        return;
    }
    to += '"';
    to += text;
    to += '"';
}

void append_json(std::string& to, std::vector<std::string> const& texts) {
    to += '[';
    for (bool first = true; auto const& text : texts) {
        if (!std::exchange(first, false)) to += ',';
        append_json(to, text);
    }
    to += ']';
}

}  // namespace carrel::jupyterhub

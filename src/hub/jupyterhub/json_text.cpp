#include "hub/jupyterhub/json_text.hpp"

#include "base/time_text.hpp"

#include <nlohmann/json.hpp>

namespace carrel::jupyterhub {

namespace {

/// It can stand in JSON as it is.
bool is_plain(std::string_view text) {
    // Without a way out in the middle many characters are looked at at a time.
    bool plain = true;
    for (char const c : text) plain &= (c >= ' ') & (c < 0x7f) & (c != '"') & (c != '\\');
    return plain;
}

}  // namespace

std::string json_text(nlohmann::json const& value) {
    return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void append_json(std::string& to, std::string_view text) {
    if (!is_plain(text)) {
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

void append_json_time(std::string& to, std::optional<Time> const& time) {
    if (!time) {
        to += "null";
        return;
    }
    to += '"';
    append_time_micro(to, *time);
    to += '"';
}

}  // namespace carrel::jupyterhub

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

void JsonObject::begin(std::string_view name) {
    to_ += empty_ ? "{\"" : ",\"";
    to_ += name;
    to_ += "\":";
    empty_ = false;
}

void JsonObject::add(std::string_view name, std::string_view value) {
    begin(name);
    to_ += value;
}

void JsonObject::add_text(std::string_view name, std::string_view text) {
    begin(name);
    append_json(to_, text);
}

void JsonObject::add_texts(std::string_view name, std::vector<std::string> const& texts) {
    begin(name);
    to_ += '[';
    for (bool first = true; auto const& text : texts) {
        if (!first) to_ += ',';
        append_json(to_, text);
        first = false;
    }
    to_ += ']';
}

}  // namespace carrel::jupyterhub

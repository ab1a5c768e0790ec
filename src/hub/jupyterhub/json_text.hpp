#pragma once

/// JSON as text, for answers that are written without a tree of values. Pure.

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace carrel::jupyterhub {

/// What is no UTF-8 becomes "\ufffd", as in `http::Response::json`.
[[nodiscard]] std::string json_text(nlohmann::json const& value);

/// The same for a string, behind what is there already.
void append_json(std::string& to, std::string_view text);

/// An object behind what is there already: give the fields, then `end`.
class JsonObject {
public:
    explicit JsonObject(std::string& to) : to_(to) {}
    /// `value` is JSON.
    void add(std::string_view name, std::string_view value);
    void add_text(std::string_view name, std::string_view text);
    void add_texts(std::string_view name, std::vector<std::string> const& texts);
    void end() { to_ += empty_ ? "{}" : "}"; }

private:
    void begin(std::string_view name);

    std::string& to_;
    bool empty_ = true;
};

}  // namespace carrel::jupyterhub

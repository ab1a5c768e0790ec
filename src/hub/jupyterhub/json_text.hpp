#pragma once

/// JSON as text, for answers that are written without a tree of values. Pure.

#include "base/clock.hpp"

#include <nlohmann/json_fwd.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace carrel::jupyterhub {

/// What is no UTF-8 becomes "\ufffd", as in `http::Response::json`.
[[nodiscard]] std::string json_text(nlohmann::json const& value);

/// The same for a string, behind what is there already.
void append_json(std::string& to, std::string_view text);
void append_json(std::string& to, std::vector<std::string> const& texts);
/// JupyterHub's form of a time, or null.
void append_json_time(std::string& to, std::optional<Time> const& time);

/// A field's name as it stands in an object: `,"name":`.
template <size_t Size>
struct FieldName {
    std::array<char, Size + 3> text{};

    // NOLINTNEXTLINE(google-explicit-constructor): so that add<"name">(…) can be written
    consteval FieldName(char const (&name)[Size]) {
        text[0] = ',';
        text[1] = '"';
        std::copy_n(&name[0], Size - 1, &text[2]);
        text[Size + 1] = '"';
        text[Size + 2] = ':';
    }
    [[nodiscard]] constexpr std::string_view view() const { return {text.data(), text.size()}; }
};

/// An object behind what is there already: give the fields, then `end`.
class JsonObject {
public:
    explicit JsonObject(std::string& to) : to_(to) {}
    /// Where the value is to be written, as JSON, before anything else is.
    template <FieldName name>
    std::string& field() {
        auto text = name.view();
        if (std::exchange(empty_, false)) {
            to_ += '{';
            text.remove_prefix(1);
        }
        return to_ += text;
    }
    /// `value` is JSON.
    template <FieldName name>
    void add(std::string_view value) {
        field<name>() += value;
    }
    template <FieldName name>
    void add_text(std::string_view text) {
        append_json(field<name>(), text);
    }
    template <FieldName name>
    void add_texts(std::vector<std::string> const& texts) {
        append_json(field<name>(), texts);
    }
    void end() { to_ += empty_ ? "{}" : "}"; }

private:
    std::string& to_;
    bool empty_ = true;
};

}  // namespace carrel::jupyterhub

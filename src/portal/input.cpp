#include "portal/input.hpp"

#include "base/encoding.hpp"
#include "base/text.hpp"
#include "base/time_text.hpp"

#include <cmath>
#include <limits>

namespace carrel {

Result<JsonReader> JsonReader::of(http::Request const& request) {
    TRY(auto body, request.json());
    if (!body.is_object())
        return fail(Code::InvalidArgument, "read the body as JSON: not an object");
    return JsonReader(std::move(body));
}

JsonReader::JsonReader(nlohmann::json object, std::string prefix)
    : object_(std::move(object)), prefix_(std::move(prefix)) {}

bool JsonReader::has(std::string_view field) const { return object_.contains(field); }

nlohmann::json const* JsonReader::find(std::string_view field) {
    known_.emplace(field);
    auto const found = object_.find(field);
    return found == object_.end() || found->is_null() ? nullptr : &*found;
}

nlohmann::json const* JsonReader::need(std::string_view field) {
    auto const* const value = find(field);
    if (value == nullptr) wrong(field, has(field) ? "must not be null" : "is missing");
    return value;
}

void JsonReader::wrong(std::string_view field, std::string_view sentence) {
    if (error_) return;
    auto const name = prefix_ + std::string(field);
    error_ = Error{Code::InvalidArgument, fmt::format("{} {}", name, sentence), name};
}

std::string JsonReader::text(std::string_view field) {
    auto const* const value = need(field);
    if (value == nullptr) return {};
    return optional_text(field).value_or("");
}

std::optional<std::string> JsonReader::optional_text(std::string_view field) {
    auto const* const value = find(field);
    if (value == nullptr) return {};
    if (value->is_string()) return value->get<std::string>();
    wrong(field, "must be a string");
    return {};
}

int JsonReader::whole(std::string_view field) {
    return need(field) == nullptr ? 0 : optional_whole(field).value_or(0);
}

std::optional<int> JsonReader::optional_whole(std::string_view field) {
    auto const* const value = find(field);
    if (value == nullptr) return {};
    auto const number = value->is_number() ? value->get<double>() : 0.5;
    if (number != std::floor(number)) {
        wrong(field, "must be a whole number");
        return {};
    }
    if (std::abs(number) > std::numeric_limits<int>::max()) {
        wrong(field, "is too large");
        return {};
    }
    return static_cast<int>(number);
}

double JsonReader::number(std::string_view field) {
    auto const* const value = need(field);
    if (value == nullptr) return 0;
    if (value->is_number()) return value->get<double>();
    wrong(field, "must be a number");
    return 0;
}

bool JsonReader::truth(std::string_view field) {
    auto const* const value = need(field);
    if (value == nullptr) return false;
    if (value->is_boolean()) return value->get<bool>();
    wrong(field, "must be true or false");
    return false;
}

Time JsonReader::time(std::string_view field) {
    return need(field) == nullptr ? Time() : optional_time(field).value_or(Time());
}

std::optional<Time> JsonReader::optional_time(std::string_view field) {
    auto const text = optional_text(field);
    if (!text) return {};
    auto const time = parse_time(*text);
    if (time) return *time;
    wrong(field,
          fmt::format("must be a time as in 2026-11-21T08:30:00Z: {}", time.error().message));
    return {};
}

nlohmann::json JsonReader::anything(std::string_view field) {
    auto const* const value = need(field);
    if (value == nullptr) return {};
    if (value->is_object()) return *value;
    wrong(field, "must be an object");
    return {};
}

std::vector<std::string> JsonReader::texts(std::string_view field) {
    auto const* const value = need(field);
    if (value == nullptr) return {};
    std::vector<std::string> texts;
    if (value->is_array()) {
        for (auto const& item : *value)
            if (item.is_string()) texts.push_back(item.get<std::string>());
        if (texts.size() == value->size()) return texts;
    }
    wrong(field, "must be a list of strings");
    return {};
}

JsonReader JsonReader::object(std::string_view field) {
    auto const* const value = need(field);
    auto const name = prefix_ + std::string(field) + ".";
    if (value != nullptr && value->is_object()) return JsonReader(*value, name);
    if (value != nullptr) wrong(field, "must be an object");
    JsonReader none(nlohmann::json::object(), name);
    // What is wrong is the object; its fields would only hide that.
    none.error_ = error_;
    return none;
}

Result<> JsonReader::done() const {
    if (error_) return std::unexpected(*error_);
    for (auto const& [key, value] : object_.items()) {
        if (known_.contains(key)) continue;
        auto const name = for_log(prefix_ + key, 80);
        return fail_field(name, "there is no field '{}' here", name);
    }
    return {};
}

Result<> check_no_input(http::Request const& request) {
    if (trimmed(request.body).empty()) return {};
    TRY(auto input, JsonReader::of(request));
    return input.done();
}

Result<std::string> parse_line(std::string_view field, std::string_view text, size_t least,
                               size_t most) {
    if (trimmed(text).find_first_of("\r\n\t") != std::string_view::npos)
        return fail_field(field, "the {} is one line", field);
    return parse_paragraph(field, text, least, most);
}

Result<std::string> parse_paragraph(std::string_view field, std::string_view text, size_t least,
                                    size_t most) {
    auto const kept = trimmed(text);
    if (!is_printable_utf8(kept))
        return fail_field(field, "the {} has characters that are not text", field);
    auto const length = utf8_length(kept);
    if (length < least || length > most)
        return fail_field(field, "the {} has {} to {} characters", field, least, most);
    return std::string(kept);
}

Result<Page> read_page(http::Request const& request) {
    Page page;
    if (auto const limit = request.query("limit")) {
        auto const number = parse_whole(*limit);
        if (!number || *number < 1 || *number > 200)
            return fail_field("limit", "the limit is a whole number from 1 to 200");
        page.limit = static_cast<int>(*number);
    }
    page.after = request.query("after").value_or("");
    if (page.after.size() > 200) return fail_field("after", "this is no cursor of ours");
    return page;
}

Result<long long> read_number_after(http::Request const& request) {
    auto const text = request.query("after").value_or("");
    if (text.empty()) return 0;
    auto const number = parse_whole(text);
    if (!number) return fail_field("after", "this is no cursor of ours");
    return *number;
}

nlohmann::json page_of(std::vector<nlohmann::json> items, std::vector<std::string> const& keys,
                       int limit) {
    nlohmann::json next;
    auto const most = static_cast<size_t>(limit);
    if (items.size() > most) {
        items.resize(most);
        next = keys[most - 1];
    }
    return {{"items", std::move(items)}, {"next", std::move(next)}};
}

}  // namespace carrel

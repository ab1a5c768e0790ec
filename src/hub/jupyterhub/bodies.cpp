#include "hub/jupyterhub/bodies.hpp"

namespace carrel::jupyterhub {

namespace {

using nlohmann::json;

/// What an object may take in a row.
constexpr size_t longest_object = 64UL * 1024;

/// The field; null when it is not there, or is null.
json const* field_of(json const& body, char const* key) {
    auto const found = body.find(key);
    return found == body.end() || found->is_null() ? nullptr : &*found;
}

}  // namespace

Result<json> object_in(http::Request const& request) {
    if (request.body.empty()) return json::object();
    auto body = request.json();
    if (!body)
        return fail(Code::InvalidArgument, "Invalid JSON in body of request: {}",
                    body.error().message);
    return body;
}

Result<std::optional<std::vector<std::string>>> words_in(json const& body, char const* key) {
    auto const* const field = field_of(body, key);
    if (field == nullptr) return std::nullopt;
    auto const wrong = fail(Code::InvalidArgument, "'{}' is a list of strings", key);
    if (!field->is_array()) return wrong;
    std::vector<std::string> words;
    for (auto const& each : *field) {
        if (!each.is_string()) return wrong;
        words.push_back(each.get<std::string>());
    }
    return words;
}

Result<std::optional<bool>> truth_in(json const& body, char const* key) {
    auto const* const field = field_of(body, key);
    if (field == nullptr) return std::nullopt;
    if (!field->is_boolean()) return fail(Code::InvalidArgument, "'{}' is true or false", key);
    return field->get<bool>();
}

Result<std::optional<std::string>> text_in(json const& body, char const* key) {
    auto const* const field = field_of(body, key);
    if (field == nullptr) return std::nullopt;
    if (!field->is_string()) return fail(Code::InvalidArgument, "'{}' is a string", key);
    return field->get<std::string>();
}

Result<std::optional<std::string>> object_text_in(json const& body, char const* key) {
    auto const* const field = field_of(body, key);
    if (field == nullptr) return std::nullopt;
    if (!field->is_object()) return fail(Code::InvalidArgument, "'{}' is an object", key);
    auto text = field->dump();
    if (text.size() > longest_object)
        return fail(Code::InvalidArgument, "'{}' is too long: at most {} bytes", key,
                    longest_object);
    return text;
}

}  // namespace carrel::jupyterhub

#include "base/text.hpp"
#include "http/message.hpp"

#include <algorithm>

namespace carrel::http {

std::optional<std::string_view> Headers::find(std::string_view name) const {
    for (auto const& [field, value] : fields_)
        if (equals_ignoring_case(field, name)) return value;
    return {};
}

std::string_view Headers::get(std::string_view name) const { return find(name).value_or(""); }

void Headers::set(std::string_view name, std::string_view value) {
    std::string copy(value);  // `value` may point into the field that goes away
    std::string key(name);
    remove(key);
    fields_.emplace_back(std::move(key), std::move(copy));
}

void Headers::add(std::string_view name, std::string_view value) {
    fields_.emplace_back(std::string(name), std::string(value));
}

void Headers::remove(std::string_view name) {
    std::string const key(name);
    std::erase_if(fields_,
                  [&](auto const& field) { return equals_ignoring_case(field.first, key); });
}

}  // namespace carrel::http

#pragma once

/// For tests: does a real answer keep to the OpenAPI document? Knows the part of JSON Schema that
/// our schemas use.

#include <nlohmann/json.hpp>

#include <regex>
#include <string>
#include <vector>

namespace carrel {

class SchemaCheck {
public:
    explicit SchemaCheck(nlohmann::json const& document) : document_(document) {}

    /// What is wrong with `value`, one line each; empty when nothing is.
    std::vector<std::string> problems(nlohmann::json const& schema, nlohmann::json const& value) {
        std::vector<std::string> found;
        check(schema, value, "answer", found);
        return found;
    }

private:
    using Found = std::vector<std::string>;

    static bool has_type(nlohmann::json const& value, std::string const& type) {
        if (type == "object") return value.is_object();
        if (type == "array") return value.is_array();
        if (type == "string") return value.is_string();
        if (type == "boolean") return value.is_boolean();
        if (type == "null") return value.is_null();
        if (type == "integer") return value.is_number_integer();
        return type == "number" && value.is_number();
    }

    static bool has_type(nlohmann::json const& value, nlohmann::json const& types) {
        if (types.is_string()) return has_type(value, types.get<std::string>());
        for (auto const& type : types)
            if (has_type(value, type.get<std::string>())) return true;
        return false;
    }

    void check(nlohmann::json const& schema, nlohmann::json const& value, std::string const& at,
               Found& found) {
        if (schema.contains("$ref")) {
            auto const path = schema["$ref"].get<std::string>().substr(1);
            return check(document_.at(nlohmann::json::json_pointer(path)), value, at, found);
        }
        if (schema.contains("anyOf")) {
            for (auto const& choice : schema["anyOf"])
                if (problems(choice, value).empty()) return;
            found.push_back(at + " is none of its choices: " + value.dump());
        }
        if (schema.contains("type") && !has_type(value, schema["type"]))
            found.push_back(at + " is not " + schema["type"].dump() + ": " + value.dump());
        if (schema.contains("enum") &&
            std::find(schema["enum"].begin(), schema["enum"].end(), value) == schema["enum"].end())
            found.push_back(at + " is not one of " + schema["enum"].dump() + ": " + value.dump());
        if (schema.contains("pattern") && value.is_string() &&
            !std::regex_search(value.get<std::string>(),
                               std::regex(schema["pattern"].get<std::string>())))
            found.push_back(at + " does not match its pattern: " + value.dump());
        if (value.is_array() && schema.contains("items"))
            for (size_t i = 0; i < value.size(); ++i)
                check(schema["items"], value[i], at + "[" + std::to_string(i) + "]", found);
        if (value.is_object()) check_object(schema, value, at, found);
    }

    void check_object(nlohmann::json const& schema, nlohmann::json const& value,
                      std::string const& at, Found& found) {
        for (auto const& name : schema.value("required", nlohmann::json::array()))
            if (!value.contains(name)) found.push_back(at + " lacks " + name.get<std::string>());
        auto const properties = schema.value("properties", nlohmann::json::object());
        auto const others = schema.value("additionalProperties", nlohmann::json(true));
        for (auto const& [name, member] : value.items()) {
            if (properties.contains(name))
                check(properties[name], member, at + "." + name, found);
            else if (others.is_object())
                check(others, member, at + "." + name, found);
            else if (others == false)
                found.push_back(at + " has the unknown " + name);
        }
    }

    nlohmann::json const& document_;
};

}  // namespace carrel

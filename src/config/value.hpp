#pragma once

/// The types that a setting can have, and how a value from a file or a line of text gets into one.

#include "base/clock.hpp"
#include "base/result.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace carrel {

/// Where a setting is kept.
using Field =
    std::variant<std::string*, std::filesystem::path*, int*, double*, bool*, Milliseconds*,
                 std::vector<std::string>*, std::vector<std::filesystem::path>*,
                 std::map<std::string, std::string>*>;

/// What was given for it, in the types of TOML.
using Value = std::variant<std::string, long long, double, bool, std::vector<std::string>,
                           std::map<std::string, std::string>>;

struct Bounds {
    double least = 0;
    double most = 0;  ///< both 0: none
    [[nodiscard]] bool any() const { return least != 0 || most != 0; }
};

/// "a number of seconds", for messages and the reference.
[[nodiscard]] std::string type_of(Field const& field);

/// Text from the environment or a flag, read as this field's type: lists are split on spaces.
[[nodiscard]] Result<Value> read_text(Field const& field, std::string_view text);

/// InvalidArgument says what the field takes.
[[nodiscard]] Result<> assign(Field const& field, Value const& value, Bounds const& bounds);

/// As it would stand in a TOML file. The values of a table are secret: only their names are shown.
[[nodiscard]] std::string show(Field const& field);

/// Text as a TOML string.
[[nodiscard]] std::string toml_text(std::string_view text);

}  // namespace carrel

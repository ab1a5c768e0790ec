#pragma once

/// Structured log lines: a fixed event name and key=value fields, on standard error.
///
///     log::info("server_started", {{"user", name}, {"ms", elapsed}});
///
/// Values are escaped, so that nobody outside can forge a line. Secrets are never passed in.
/// Thread-safe.

#include <fmt/format.h>

#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>

namespace carrel::log {

struct Field {
    template <class T>
    Field(std::string_view name, T const& field_value) : key(name) {
        if constexpr (std::is_convertible_v<T, std::string_view>)
            value = std::string(std::string_view(field_value));
        else
            value = fmt::format("{}", field_value);
    }
    std::string_view key;
    std::string value;
};

using Fields = std::initializer_list<Field>;

enum class Level { Debug, Info, Warn, Error };

/// Once at start, before other threads exist. `process` names this process in each line
/// ("control").
void start(std::string_view process, Level level);

/// The same for a program whose lines others wait for: `TIME [label] level: message` on standard
/// output, with "info" and "warn" for the levels' names.
void start_plainly(std::string_view label, Level level);

/// For fields that are costly to make.
[[nodiscard]] bool enabled(Level level);

void write(Level level, std::string_view event, Fields fields);
inline void debug(std::string_view event, Fields fields = {}) {
    write(Level::Debug, event, fields);
}
inline void info(std::string_view event, Fields fields = {}) { write(Level::Info, event, fields); }
inline void warn(std::string_view event, Fields fields = {}) { write(Level::Warn, event, fields); }
inline void error(std::string_view event, Fields fields = {}) {
    write(Level::Error, event, fields);
}

/// The `event key=value …` part of a line; quoted where a value has spaces. For tests and the log.
[[nodiscard]] std::string format_line(std::string_view event, Fields fields);

}  // namespace carrel::log

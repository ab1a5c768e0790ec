#include "runtime/log.hpp"

#include "base/text.hpp"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>

namespace carrel::log {

namespace {

constexpr size_t longest_value = 2000;

spdlog::level::level_enum to_spdlog(Level level) {
    switch (level) {
        case Level::Debug:
            return spdlog::level::debug;
        case Level::Info:
            return spdlog::level::info;
        case Level::Warn:
            return spdlog::level::warn;
        case Level::Error:
            return spdlog::level::err;
    }
    std::unreachable();
}

bool needs_quotes(std::string_view value) {
    return value.empty() || value.find_first_of(" \"=\\") != std::string_view::npos;
}

/// spdlog's own word is "warning".
class LevelName final : public spdlog::custom_flag_formatter {
public:
    void format(spdlog::details::log_msg const& message, std::tm const&,
                spdlog::memory_buf_t& out) override {
        std::string_view const name = message.level == spdlog::level::debug  ? "debug"
                                      : message.level == spdlog::level::info ? "info"
                                      : message.level == spdlog::level::warn ? "warn"
                                                                             : "error";
        out.append(name.data(), name.data() + name.size());
    }
    std::unique_ptr<custom_flag_formatter> clone() const override {
        return std::make_unique<LevelName>();
    }
};

}  // namespace

std::string format_line(std::string_view event, Fields fields) {
    std::string line(event);
    for (auto const& field : fields) {
        auto const value = for_log(field.value, longest_value);
        line += fmt::format(" {}=", field.key);
        if (!needs_quotes(value)) {
            line += value;
            continue;
        }
        line += '"';
        for (char const c : value) {
            if (c == '"') line += '\\';
            line += c;
        }
        line += '"';
    }
    return line;
}

void start(std::string_view process, Level level) {
    auto logger = spdlog::stderr_color_mt(std::string(process));
    logger->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %^%-5l%$ [%n] %v", spdlog::pattern_time_type::utc);
    logger->set_level(to_spdlog(level));
    logger->flush_on(spdlog::level::debug);
    spdlog::set_default_logger(std::move(logger));
}

void start_plainly(std::string_view label, Level level) {
    auto logger = spdlog::stdout_logger_mt(std::string(label));
    auto formatter = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc);
    formatter->add_flag<LevelName>('*').set_pattern("%Y-%m-%dT%H:%M:%S.%eZ [%n] %*: %v");
    logger->set_formatter(std::move(formatter));
    logger->set_level(to_spdlog(level));
    logger->flush_on(spdlog::level::debug);
    spdlog::set_default_logger(std::move(logger));
}

bool enabled(Level level) { return spdlog::default_logger_raw()->should_log(to_spdlog(level)); }

void write(Level level, std::string_view event, Fields fields) {
    if (!enabled(level)) return;
    spdlog::default_logger_raw()->log(to_spdlog(level), "{}", format_line(event, fields));
}

}  // namespace carrel::log

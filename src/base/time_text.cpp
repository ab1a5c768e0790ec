#include "base/time_text.hpp"

#include <array>
#include <optional>

namespace carrel {

namespace chr = std::chrono;

namespace {

struct Fields {
    int year, month, day, hour, minute, second, millisecond;
};

Fields fields_of(Time time) {
    auto const day = chr::floor<chr::days>(time);
    chr::year_month_day const date(day);
    chr::hh_mm_ss const clock(time - day);
    return {static_cast<int>(date.year()),
            static_cast<int>(static_cast<unsigned>(date.month())),
            static_cast<int>(static_cast<unsigned>(date.day())),
            static_cast<int>(clock.hours().count()),
            static_cast<int>(clock.minutes().count()),
            static_cast<int>(clock.seconds().count()),
            static_cast<int>(clock.subseconds().count())};
}

/// Reads fixed-width decimal fields and single characters off the front of a timestamp.
class Scanner {
public:
    explicit Scanner(std::string_view text) : rest_(text) {}

    std::optional<int> digits(size_t count) {
        if (rest_.size() < count) return {};
        int value = 0;
        for (size_t i = 0; i < count; ++i) {
            if (rest_[i] < '0' || rest_[i] > '9') return {};
            value = value * 10 + (rest_[i] - '0');
        }
        rest_.remove_prefix(count);
        return value;
    }
    bool one_of(std::string_view choices) {
        if (rest_.empty() || choices.find(rest_[0]) == std::string_view::npos) return false;
        last_ = rest_[0];
        rest_.remove_prefix(1);
        return true;
    }
    /// Any number of fraction digits; those beyond the third are dropped.
    std::optional<int> milliseconds() {
        int value = 0;
        int count = 0;
        while (auto const digit = digits(1)) {
            if (count < 3) value = value * 10 + *digit;
            ++count;
        }
        if (count == 0) return {};
        for (; count < 3; ++count) value *= 10;
        return value;
    }
    [[nodiscard]] char last() const { return last_; }
    [[nodiscard]] bool done() const { return rest_.empty(); }

private:
    std::string_view rest_;
    char last_ = 0;
};

std::unexpected<Error> malformed(std::string_view text) {
    return fail(Code::InvalidArgument,
                "'{}' is not a time; write it like 2026-11-21T08:30:00Z (RFC 3339)",
                text.substr(0, 40));
}

}  // namespace

std::string format_time(Time time) {
    auto const f = fields_of(time);
    auto text = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", f.year, f.month, f.day, f.hour,
                            f.minute, f.second);
    if (f.millisecond != 0) text += fmt::format(".{:03}", f.millisecond);
    return text + "Z";
}

std::string format_time_micro(Time time) {
    std::string text;
    append_time_micro(text, time);
    return text;
}

// Lists have thousands of them, and general formatting takes many times as long.
void append_time_micro(std::string& to, Time time) {
    auto const f = fields_of(time);
    if (f.year < 0 || f.year > 9999) {
        to += fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}000Z", f.year, f.month, f.day,
                          f.hour, f.minute, f.second, f.millisecond);
        return;
    }
    std::array<char, 28> text{"0000-00-00T00:00:00.000000Z"};
    auto const put = [&](size_t end, int value) {
        for (; value > 0; value /= 10) text[--end] = static_cast<char>('0' + value % 10);
    };
    put(4, f.year);
    put(7, f.month);
    put(10, f.day);
    put(13, f.hour);
    put(16, f.minute);
    put(19, f.second);
    put(23, f.millisecond);
    to.append(text.data(), text.size() - 1);
}

Result<Time> parse_time(std::string_view text) {
    Scanner scan(text);
    auto const year = scan.digits(4);
    if (!year || !scan.one_of("-")) return malformed(text);
    auto const month = scan.digits(2);
    if (!month || !scan.one_of("-")) return malformed(text);
    auto const day = scan.digits(2);
    if (!day || !scan.one_of("Tt ")) return malformed(text);
    auto const hour = scan.digits(2);
    if (!hour || !scan.one_of(":")) return malformed(text);
    auto const minute = scan.digits(2);
    if (!minute || !scan.one_of(":")) return malformed(text);
    auto second = scan.digits(2);
    if (!second || !scan.one_of(".Zz+-")) return malformed(text);

    int milliseconds = 0;
    if (scan.last() == '.') {
        auto const fraction = scan.milliseconds();
        if (!fraction || !scan.one_of("Zz+-")) return malformed(text);
        milliseconds = *fraction;
    }
    chr::minutes offset{0};
    if (scan.last() == '+' || scan.last() == '-') {
        int const sign = scan.last() == '+' ? 1 : -1;
        auto const hours = scan.digits(2);
        if (!hours || !scan.one_of(":")) return malformed(text);
        auto const minutes = scan.digits(2);
        if (!minutes || *hours > 23 || *minutes > 59) return malformed(text);
        offset = sign * (chr::hours(*hours) + chr::minutes(*minutes));
    }
    chr::year_month_day const date{chr::year(*year), chr::month(static_cast<unsigned>(*month)),
                                   chr::day(static_cast<unsigned>(*day))};
    if (!scan.done() || !date.ok() || *year < 1970 || *hour > 23 || *minute > 59 || *second > 60)
        return malformed(text);
    if (*second == 60) second = 59;
    return Time(chr::sys_days(date)) + chr::hours(*hour) + chr::minutes(*minute) +
           chr::seconds(*second) + Milliseconds(milliseconds) - offset;
}

}  // namespace carrel

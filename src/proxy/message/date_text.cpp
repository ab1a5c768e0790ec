#include "proxy/message/date_text.hpp"

#include "base/text.hpp"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <ctime>

namespace carrel::proxy {

namespace {

namespace chr = std::chrono;

constexpr int64_t day_length = 86'400'000;

/// A date and time of day as it was written, not yet checked.
struct Parts {
    int year = 0;
    int month = 1;
    int day = 1;
    int hour = 0;
    int minute = 0;
    int second = 0;
    int millisecond = 0;
    std::optional<int> offset = {};  ///< minutes east of Greenwich; nothing: local time
};

std::optional<int64_t> milliseconds_of(Parts const& parts) {
    chr::year_month_day const date{chr::year(parts.year),
                                   chr::month(static_cast<unsigned>(parts.month)),
                                   chr::day(static_cast<unsigned>(parts.day))};
    bool const midnight = parts.hour == 24 && parts.minute + parts.second + parts.millisecond == 0;
    if (!date.ok() || (parts.hour > 23 && !midnight) || parts.minute > 59 || parts.second > 59)
        return {};
    auto const days = chr::sys_days(date).time_since_epoch().count();
    auto const of_day = (parts.hour * 60 + parts.minute) * 60 + parts.second;
    auto const as_utc = int64_t{days} * day_length + int64_t{of_day} * 1000 + parts.millisecond;
    if (parts.offset) return as_utc - int64_t{*parts.offset} * 60'000;
    std::tm local = {};
    local.tm_year = parts.year - 1900;
    local.tm_mon = parts.month - 1;
    local.tm_mday = parts.day;
    local.tm_hour = parts.hour;
    local.tm_min = parts.minute;
    local.tm_sec = parts.second;
    local.tm_isdst = -1;
    return int64_t{std::mktime(&local)} * 1000 + parts.millisecond;
}

class Scanner {
public:
    explicit Scanner(std::string_view text) : rest_(text) {}
    [[nodiscard]] bool done() const { return rest_.empty(); }
    bool take(char c) {
        if (rest_.empty() || rest_.front() != c) return false;
        rest_.remove_prefix(1);
        return true;
    }
    bool skip(std::string_view characters) {
        auto const end = std::min(rest_.find_first_not_of(characters), rest_.size());
        rest_.remove_prefix(end);
        return end > 0;
    }
    std::string_view word() {
        size_t end = 0;
        while (end < rest_.size() && std::isalpha(static_cast<unsigned char>(rest_[end]))) ++end;
        auto const word = rest_.substr(0, end);
        rest_.remove_prefix(end);
        return word;
    }
    /// All digits there are, nine at most.
    std::string_view digits() {
        auto const end = std::min(rest_.find_first_not_of("0123456789"), rest_.size());
        auto const text = rest_.substr(0, std::min<size_t>(end, 9));
        rest_.remove_prefix(text.size());
        return text;
    }
    bool number(size_t width, int& value) {
        auto const text = digits();
        if (text.size() != width) return false;
        value = std::atoi(std::string(text).c_str());
        return true;
    }
    [[nodiscard]] char next() const { return rest_.empty() ? '\0' : rest_.front(); }

private:
    std::string_view rest_;
};

bool scan_fraction(Scanner& scan, Parts& parts) {
    auto text = std::string(scan.digits());
    while (!scan.digits().empty()) {  // beyond what counts
    }
    if (text.empty()) return false;
    text.resize(3, '0');
    parts.millisecond = std::atoi(text.c_str());
    return true;
}

/// "Z", "+01:00" or "+0100". False when malformed; nothing is local time.
bool scan_offset(Scanner& scan, Parts& parts) {
    if (scan.done()) return true;
    if (scan.take('Z') || scan.take('z')) {
        parts.offset = 0;
        return true;
    }
    bool const west = scan.next() == '-';
    if (!scan.take('+') && !scan.take('-')) return false;
    int hours = 0;
    int minutes = 0;
    auto const text = scan.digits();
    if (text.size() == 4) {
        hours = std::atoi(std::string(text.substr(0, 2)).c_str());
        minutes = std::atoi(std::string(text.substr(2)).c_str());
    } else {
        hours = std::atoi(std::string(text).c_str());
        if (text.size() != 2 || !scan.take(':') || !scan.number(2, minutes)) return false;
    }
    if (hours > 23 || minutes > 59) return false;
    parts.offset = (west ? -1 : 1) * (hours * 60 + minutes);
    return true;
}

std::optional<Parts> parse_iso(std::string_view text) {
    Parts parts;
    Scanner scan(text);
    if (!scan.number(4, parts.year)) return {};
    bool whole = true;
    if (scan.take('-')) {
        if (!scan.number(2, parts.month)) return {};
        if (scan.take('-') && !scan.number(2, parts.day)) return {};
        whole = !scan.done();
    } else if (scan.done()) {
        whole = false;
    }
    if (!whole) {
        parts.offset = 0;
        return parts;
    }
    if (!scan.take('T') && !scan.take('t') && !scan.take(' ')) return {};
    if (!scan.number(2, parts.hour) || !scan.take(':') || !scan.number(2, parts.minute)) return {};
    if (scan.take(':')) {
        if (!scan.number(2, parts.second)) return {};
        if (scan.take('.') && !scan_fraction(scan, parts)) return {};
    }
    // A "+" in a query becomes a space.
    bool const plus = scan.next() == ' ';
    if (plus) {
        scan.take(' ');
        if (scan.next() != '+' && scan.next() != '-') {
            auto const repaired = "+" + std::string(text.substr(text.rfind(' ') + 1));
            Scanner offset(repaired);
            return scan_offset(offset, parts) && offset.done() ? std::optional(parts)
                                                               : std::nullopt;
        }
    }
    if (!scan_offset(scan, parts) || !scan.done()) return {};
    return parts;
}

int month_of(std::string_view word) {
    static constexpr std::array names = {"jan", "feb", "mar", "apr", "may", "jun",
                                         "jul", "aug", "sep", "oct", "nov", "dec"};
    auto const lower = to_lower(word);
    for (size_t i = 0; i < names.size(); ++i)
        if (lower.size() >= 3 && lower.starts_with(names[i])) return static_cast<int>(i) + 1;
    return 0;
}

bool is_weekday(std::string_view word) {
    static constexpr std::array names = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
    auto const lower = to_lower(word);
    for (auto const* name : names)
        if (lower.size() >= 3 && lower.starts_with(name)) return true;
    return false;
}

bool scan_time_of_day(Scanner& scan, Parts& parts) {
    if (!scan.take(':') || !scan.number(2, parts.minute)) return false;
    return !scan.take(':') || scan.number(2, parts.second);
}

bool take_word(std::string_view word, Parts& parts) {
    auto const upper = to_lower(word);
    if (upper == "gmt" || upper == "utc" || upper == "z") {
        parts.offset = 0;
    } else if (auto const month = month_of(word); month != 0) {
        parts.month = month;
    } else {
        return is_weekday(word);
    }
    return true;
}

/// The older forms: words and numbers in almost any order.
std::optional<Parts> parse_free(std::string_view text) {
    Parts parts;
    Scanner scan(text);
    std::array<int, 3> numbers = {};
    std::array<size_t, 3> widths = {};
    size_t count = 0;
    bool named = false;
    bool timed = false;
    while (!scan.done()) {
        if (scan.skip(" ,/\t") || (!timed && scan.skip("-"))) continue;
        if (auto const word = scan.word(); !word.empty()) {
            named = named || month_of(word) != 0;
            if (!take_word(word, parts)) return {};
        } else if (timed && (scan.next() == '+' || scan.next() == '-')) {
            if (!scan_offset(scan, parts)) return {};
        } else {
            auto const digits = scan.digits();
            if (digits.empty()) return {};
            auto const value = std::atoi(std::string(digits).c_str());
            if (scan.next() == ':') {
                parts.hour = value;
                timed = true;
                if (!scan_time_of_day(scan, parts)) return {};
            } else if (count < numbers.size()) {
                widths[count] = digits.size();
                numbers[count++] = value;
            } else {
                return {};
            }
        }
    }
    if (count != (named ? 2U : 3U)) return {};
    size_t at = 0;
    bool const year_first = widths[0] == 4;
    if (year_first) parts.year = numbers[at++];
    if (!named) parts.month = numbers[at++];
    parts.day = numbers[at++];
    if (!year_first) parts.year = numbers[at];
    if (parts.year < 50) parts.year += 2000;
    if (parts.year < 100) parts.year += 1900;
    return parts;
}

}  // namespace

std::optional<int64_t> parse_date(std::string_view text) {
    text = trimmed(text);
    if (text.size() > 64) return {};
    auto parts = parse_iso(text);
    if (!parts) parts = parse_free(text);
    if (!parts) return {};
    return milliseconds_of(*parts);
}

void DateWriter::append(std::string& out, int64_t milliseconds) {
    auto const day = milliseconds / day_length;
    if (day != day_) {
        day_ = day;
        chr::year_month_day const date{chr::sys_days(chr::days(day))};
        date_ = fmt::format("{:04}-{:02}-{:02}T", static_cast<int>(date.year()),
                            static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
    }
    auto const rest = static_cast<uint32_t>(milliseconds % day_length);
    std::array<char, 13> text = {'0', '0', ':', '0', '0', ':', '0', '0', '.', '0', '0', '0', 'Z'};
    auto const put = [&](size_t at, size_t width, uint32_t value) {
        for (size_t i = width; i > 0; --i, value /= 10)
            text[at + i - 1] = static_cast<char>('0' + value % 10);
    };
    put(0, 2, rest / 3'600'000);
    put(3, 2, rest / 60'000 % 60);
    put(6, 2, rest / 1000 % 60);
    put(9, 3, rest % 1000);
    out += date_;
    out.append(text.data(), text.size());
}

}  // namespace carrel::proxy

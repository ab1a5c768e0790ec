#include "config/value.hpp"

#include "base/text.hpp"

#include <charconv>
#include <cmath>

namespace carrel {

namespace {

template <class... Visitors>
struct Overloaded : Visitors... {
    using Visitors::operator()...;
};

std::vector<std::string> words(std::string_view text) {
    std::vector<std::string> found;
    for (auto const& word : split(text, ' '))
        if (!trimmed(word).empty()) found.emplace_back(trimmed(word));
    return found;
}

std::optional<double> parse_number(std::string_view text) {
    double value = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return {};
    return value;
}

std::optional<double> number_in(Value const& value) {
    if (auto const* whole = std::get_if<long long>(&value)) return static_cast<double>(*whole);
    if (auto const* real = std::get_if<double>(&value)) return *real;
    return {};
}

std::unexpected<Error> wrong_type(Field const& field) {
    return fail(Code::InvalidArgument, "is {}", type_of(field));
}

Result<double> bounded(Field const& field, Value const& value, Bounds const& bounds) {
    auto const number = number_in(value);
    if (!number) return wrong_type(field);
    // The negated form also refuses NaN.
    if (bounds.any() && !(*number >= bounds.least && *number <= bounds.most))
        return fail(Code::InvalidArgument, "is between {} and {}", bounds.least, bounds.most);
    if (!std::isfinite(*number)) return wrong_type(field);
    return *number;
}

Result<std::vector<std::string>> list_in(Field const& field, Value const& value) {
    if (auto const* list = std::get_if<std::vector<std::string>>(&value)) return *list;
    if (auto const* text = std::get_if<std::string>(&value)) return words(*text);
    return wrong_type(field);
}

std::string show_list(auto const& list) {
    std::string text;
    for (auto const& item : list)
        text += fmt::format("{}{}", text.empty() ? "" : ", ", toml_text(std::string(item)));
    return "[" + text + "]";
}

}  // namespace

std::string toml_text(std::string_view text) {
    std::string result = "\"";
    for (char const c : text) {
        if (c == '"' || c == '\\')
            result += fmt::format("\\{}", c);
        else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
            result += fmt::format("\\u{:04X}", static_cast<unsigned>(c));
        else
            result += c;
    }
    return result + "\"";
}

std::string type_of(Field const& field) {
    return std::visit(
        Overloaded{[](std::string*) { return "text"; },
                   [](std::filesystem::path*) { return "a path"; },
                   [](int*) { return "a whole number"; }, [](double*) { return "a number"; },
                   [](bool*) { return "true or false"; },
                   [](Milliseconds*) { return "a number of seconds"; },
                   [](std::vector<std::string>*) { return "a list of words"; },
                   [](std::vector<std::filesystem::path>*) { return "a list of paths"; },
                   [](std::map<std::string, std::string>*) { return "a table of text"; }},
        field);
}

Result<Value> read_text(Field const& field, std::string_view text) {
    auto const number = [&]() -> Result<Value> {
        if (auto const whole = parse_whole(text)) return Value(*whole);
        if (auto const real = parse_number(text)) return Value(*real);
        return wrong_type(field);
    };
    return std::visit(Overloaded{[&](int*) { return number(); }, [&](double*) { return number(); },
                                 [&](Milliseconds*) { return number(); },
                                 [&](bool*) -> Result<Value> {
                                     if (text == "true") return Value(true);
                                     if (text == "false") return Value(false);
                                     return wrong_type(field);
                                 },
                                 [&](std::map<std::string, std::string>*) -> Result<Value> {
                                     return fail(Code::InvalidArgument,
                                                 "is a table, which only a file can hold");
                                 },
                                 [&](auto*) -> Result<Value> { return Value(std::string(text)); }},
                      field);
}

Result<> assign(Field const& field, Value const& value, Bounds const& bounds) {
    auto const take = [&]<class Kept>(Kept* kept) -> Result<> {
        auto const* given = std::get_if<Kept>(&value);
        if (given == nullptr) return wrong_type(field);
        *kept = *given;
        return {};
    };
    return std::visit(Overloaded{take,
                                 [&](std::filesystem::path* path) -> Result<> {
                                     std::string text;
                                     TRY_VOID(assign(&text, value, {}));
                                     if (text.empty())
                                         return fail(Code::InvalidArgument, "is empty");
                                     *path = text;
                                     return {};
                                 },
                                 [&](int* whole) -> Result<> {
                                     TRY(auto const number, bounded(field, value, bounds));
                                     if (number != std::floor(number)) return wrong_type(field);
                                     *whole = static_cast<int>(number);
                                     return {};
                                 },
                                 [&](double* real) -> Result<> {
                                     TRY(*real, bounded(field, value, bounds));
                                     return {};
                                 },
                                 [&](Milliseconds* duration) -> Result<> {
                                     TRY(auto const seconds, bounded(field, value, bounds));
                                     *duration = Milliseconds(std::llround(seconds * 1000));
                                     return {};
                                 },
                                 [&](std::vector<std::string>* list) -> Result<> {
                                     TRY(*list, list_in(field, value));
                                     return {};
                                 },
                                 [&](std::vector<std::filesystem::path>* paths) -> Result<> {
                                     TRY(auto const list, list_in(field, value));
                                     paths->assign(list.begin(), list.end());
                                     return {};
                                 }},
                      field);
}

std::string show(Field const& field) {
    return std::visit(
        Overloaded{[](std::string const* text) { return toml_text(*text); },
                   [](std::filesystem::path const* path) { return toml_text(path->string()); },
                   [](int const* whole) { return fmt::format("{}", *whole); },
                   [](double const* real) { return fmt::format("{}", *real); },
                   [](bool const* flag) { return std::string(*flag ? "true" : "false"); },
                   [](Milliseconds const* duration) {
                       return fmt::format("{}", static_cast<double>(duration->count()) / 1000);
                   },
                   [](std::map<std::string, std::string> const* table) {
                       std::string text;
                       for (auto const& [name, value] : *table)
                           text += fmt::format("{}{} = \"***\"", text.empty() ? " " : ", ",
                                               toml_text(name));
                       return "{" + text + (text.empty() ? "}" : " }");
                   },
                   [](auto const* list) { return show_list(*list); }},
        field);
}

}  // namespace carrel

#pragma once

/// Reads a request's JSON object strictly: a missing field, a wrong type and a field that nobody
/// asked for are errors that name the field.
///
///     TRY(auto input, JsonReader::of(request));
///     auto const name = input.text("name");
///     auto const size = input.whole("size");
///     TRY_VOID(input.done());
///
/// The first wrong field is remembered and told by `done`, so that a handler reads its fields
/// without a check each. Values of wrong fields are empty.

#include "base/clock.hpp"
#include "http/message.hpp"
#include "store/transaction.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace carrel {

class JsonReader {
public:
    /// The body, which has to be an object.
    [[nodiscard]] static Result<JsonReader> of(http::Request const& request);

    /// True when the field is there, null or not.
    [[nodiscard]] bool has(std::string_view field) const;

    std::string text(std::string_view field);
    /// Nothing when it is absent or null.
    std::optional<std::string> optional_text(std::string_view field);
    /// A whole number; 1.0 is one too, as JSON knows one kind of number only.
    int whole(std::string_view field);
    std::optional<int> optional_whole(std::string_view field);
    double number(std::string_view field);
    bool truth(std::string_view field);
    Time time(std::string_view field);
    std::optional<Time> optional_time(std::string_view field);
    std::vector<std::string> texts(std::string_view field);
    /// An object as it is, for whoever knows what is in it.
    nlohmann::json anything(std::string_view field);
    /// An object inside; its fields are named "resources.cpu". Call its `done` too.
    JsonReader object(std::string_view field);

    /// InvalidArgument for the first field that was wrong, missing or unknown.
    [[nodiscard]] Result<> done() const;

private:
    explicit JsonReader(nlohmann::json object, std::string prefix = {});
    /// The field, or null when it is absent or null. Remembers that the field is known.
    nlohmann::json const* find(std::string_view field);
    nlohmann::json const* need(std::string_view field);
    void wrong(std::string_view field, std::string_view sentence);

    nlohmann::json object_;
    std::string prefix_;
    std::set<std::string, std::less<>> known_;
    std::optional<Error> error_;
};

/// For a call that takes nothing: an empty body or an empty object.
[[nodiscard]] Result<> check_no_input(http::Request const& request);

/// One line of text for a human, without surrounding space, of `least` to `most` characters.
[[nodiscard]] Result<std::string> parse_line(std::string_view field, std::string_view text,
                                             size_t least, size_t most);
/// The same with line breaks inside.
[[nodiscard]] Result<std::string> parse_paragraph(std::string_view field, std::string_view text,
                                                  size_t least, size_t most);

/// `?limit=(1..200, else 50)&after=`.
[[nodiscard]] Result<Page> read_page(http::Request const& request);
/// The same where rows are numbered: `after` is a whole number, 0 when absent.
[[nodiscard]] Result<long long> read_number_after(http::Request const& request);

/// `{"items", "next"}` of up to limit + 1 rows, asked for to learn whether there are more.
[[nodiscard]] nlohmann::json page_of(std::vector<nlohmann::json> items,
                                     std::vector<std::string> const& keys, int limit);

}  // namespace carrel

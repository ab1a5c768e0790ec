#pragma once

/// Many changes of routes in one call: a JSON array, or one JSON object after the other (NDJSON),
/// each `{"put": "/path", "data": {…}}`, `{"patch": "/path", "data": {…}}` or `{"delete":
/// "/path"}`.
///
/// Everything is checked before anything is changed: one mistake, and nothing is. The work is done
/// in slices, so that other calls and the workers get their turn. Confined to the side thread.

#include "proxy/api/route_book.hpp"

#include <variant>

namespace carrel::proxy {

class RouteChanges final : public Job {
public:
    RouteChanges(RouteBook& book, std::string body) : book_(book), body_(std::move(body)) {}

    std::optional<SideAnswer> step() override;

private:
    using Change = std::variant<RouteBook::Draft, std::string>;  ///< a string: remove this path

    /// The next object's text; nothing at the end.
    [[nodiscard]] Result<std::optional<std::string_view>> next_text();
    [[nodiscard]] Result<bool> check_one();
    [[nodiscard]] Result<Change> read_change(std::string_view text);
    [[nodiscard]] Json base_of(std::string const& path);
    void apply_one();

    RouteBook& book_;
    std::string body_;
    size_t at_ = 0;
    bool begun_ = false;
    bool is_array_ = false;
    std::deque<Change> changes_;  ///< which never move
    /// For patches, from the first one on: what the first `known_` changes leave at each path they
    /// name; null where they remove it.
    std::map<std::string, RouteBook::Draft const*> latest_;
    size_t known_ = 0;
    bool checked_ = false;
    size_t applied_ = 0;
    size_t put_ = 0;
    size_t removed_ = 0;
};

/// Merges `changes` into `data` (RFC 7396, at the top level): null removes a key.
void merge(Json& data, Json const& changes);

/// Parses JSON that is not nested deeper than 64 levels. The message says where it is wrong.
[[nodiscard]] Result<Json> parse_json(std::string_view text);

}  // namespace carrel::proxy

#include "proxy/api/route_change.hpp"

#include "proxy/message/path.hpp"
#include "proxy/report/journal.hpp"

#include <algorithm>

namespace carrel::proxy {

namespace {

constexpr int slice = 256;
constexpr std::string_view blanks = " \t\r\n";
constexpr int deepest = 64;

std::unexpected<Error> malformed(std::string_view why) {
    return fail(Code::InvalidArgument, "{}", why);
}

/// The length of the JSON object at the start of `text`; 0 when it does not end.
size_t object_length(std::string_view text) {
    int depth = 0;
    bool quoted = false;
    for (size_t i = 0; i < text.size(); ++i) {
        char const c = text[i];
        if (quoted) {
            if (c == '\\')
                ++i;
            else if (c == '"')
                quoted = false;
        } else if (c == '"') {
            quoted = true;
        } else if (c == '{' || c == '[') {
            ++depth;
        } else if ((c == '}' || c == ']') && --depth == 0) {
            return i + 1;
        }
    }
    return 0;
}

}  // namespace

void merge(Json& data, Json const& changes) {
    for (auto const& [key, value] : changes.items()) {
        if (value.is_null())
            data.erase(key);
        else
            data[key] = value;
    }
}

Result<Json> parse_json(std::string_view text) {
    // Only what could be too deep is counted, as a callback for every value costs.
    bool deep = false;
    auto const count = std::ranges::count_if(text, [](char c) { return c == '{' || c == '['; });
    Json::parser_callback_t guard;
    if (count > deepest)
        guard = [&deep](int depth, Json::parse_event_t, Json&) {
            deep = deep || depth > deepest;
            return !deep;
        };
    try {
        auto json = Json::parse(text, guard);
        if (deep) return malformed("it is nested too deeply");
        return json;
    } catch (Json::exception const& error) {  // 1e999 is no parse error, but out of range
        return malformed(error.what());
    }
}

std::optional<SideAnswer> RouteChanges::step() {
    for (int i = 0; i < slice && !checked_; ++i) {
        auto const more = check_one();
        if (!more)
            return SideAnswer{.status = 400,
                              .content_type = "text/plain; charset=utf-8",
                              .body = fmt::format("change {}: {}; nothing was changed",
                                                  changes_.size(), more.error().message)};
        checked_ = !*more;
    }
    if (!checked_) return {};
    auto const end = std::min(changes_.size(), applied_ + slice);
    while (applied_ < end) apply_one();
    if (applied_ < changes_.size()) return {};
    journal::routes_changed(put_, removed_);
    return SideAnswer{.status = 200,
                      .content_type = "application/json",
                      .body = fmt::format(R"({{"put":{},"deleted":{}}})", put_, removed_)};
}

Result<std::optional<std::string_view>> RouteChanges::next_text() {
    auto const skip = [this] {
        at_ = std::min(body_.find_first_not_of(blanks, at_), body_.size());
    };
    auto const take = [&](char c) {
        if (at_ == body_.size() || body_[at_] != c) return false;
        ++at_;
        skip();
        return true;
    };
    skip();
    bool const first = !begun_;
    if (first) is_array_ = take('[');
    begun_ = true;
    if (is_array_) {
        if (take(']')) {
            if (at_ != body_.size()) return malformed("something follows the array");
            at_ = body_.size();
            is_array_ = false;
            return std::nullopt;
        }
        if (!first && !take(',')) return malformed("a comma or the array's end is missing");
    }
    if (at_ == body_.size()) {
        if (is_array_) return malformed("the array does not end");
        return std::nullopt;
    }
    if (body_[at_] != '{') return malformed("an object was expected");
    auto const rest = std::string_view(body_).substr(at_);
    auto const length = object_length(rest);
    if (length == 0) return malformed("the object does not end");
    at_ += length;
    return rest.substr(0, length);
}

Result<bool> RouteChanges::check_one() {
    TRY(auto const text, next_text());
    if (!text) return false;
    TRY(auto change, read_change(*text));
    changes_.push_back(std::move(change));
    return true;
}

Result<RouteChanges::Change> RouteChanges::read_change(std::string_view text) {
    TRY(auto json, parse_json(text));
    for (auto const* verb : {"put", "patch", "delete"}) {
        auto const named = json.find(verb);
        if (named == json.end()) continue;
        if (!named->is_string()) return malformed("the path is not a string");
        auto path = route_key(named->get_ref<std::string const&>());
        TRY_VOID(check_path(path));
        if (*verb == 'd') return Change(std::move(path));
        auto data = std::move(json["data"]);
        if (std::string_view(verb) == "patch") {
            auto base = base_of(path);
            if (base.is_null()) return malformed("there is no route to patch");
            if (!data.is_object()) return malformed("'data' is not an object");
            merge(base, data);
            data = std::move(base);
        }
        TRY(auto draft, book_.draft(std::move(path), std::move(data)));
        return Change(std::move(draft));
    }
    return malformed("it is none of 'put', 'patch' and 'delete'");
}

/// What a patch of `path` begins with; null when there is no such route. An earlier change of this
/// call counts as made.
Json RouteChanges::base_of(std::string const& path) {
    for (; known_ < changes_.size(); ++known_) {
        auto const* draft = std::get_if<RouteBook::Draft>(&changes_[known_]);
        latest_[draft ? draft->path : std::get<std::string>(changes_[known_])] = draft;
    }
    if (auto const found = latest_.find(path); found != latest_.end()) {
        auto const* draft = found->second;
        if (draft == nullptr) return {};
        return book_.data_of({draft->text, draft->key_size, draft->route});
    }
    auto const* entry = book_.find(path);
    return entry == nullptr ? Json() : book_.data_of(*entry);
}

void RouteChanges::apply_one() {
    auto& change = changes_[applied_++];
    if (auto* const draft = std::get_if<RouteBook::Draft>(&change)) {
        book_.put(std::move(*draft));
        ++put_;
    } else if (book_.remove(std::get<std::string>(change))) {
        ++removed_;
    }
}

}  // namespace carrel::proxy

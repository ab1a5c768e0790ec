#include "base/encoding.hpp"
#include "http/message.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>

namespace carrel::http {

namespace {

constexpr size_t deepest = 64;

struct DuplicateKey {
    std::string key;
};

std::unexpected<Error> fail_at(std::string_view text, size_t offset, std::string_view cause) {
    auto const before = text.substr(0, std::min(offset, text.size()));
    auto const line = std::ranges::count(before, '\n') + 1;
    auto const line_start = before.rfind('\n') + 1;  // npos + 1 == 0
    return fail(Code::InvalidArgument, "read the body as JSON: line {}, column {}: {}", line,
                before.size() - line_start + 1, cause);
}

/// Where the nesting of `text` gets deeper than we accept; before anything is built from it.
std::optional<size_t> too_deep_at(std::string_view text) {
    size_t depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < text.size(); ++i) {
        char const c = text[i];
        if (in_string) {
            if (c == '\\')
                ++i;
            else if (c == '"')
                in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            if (++depth > deepest) return i;
        } else if ((c == '}' || c == ']') && depth > 0) {
            --depth;
        }
    }
    return {};
}

/// Throws DuplicateKey where an object names a key twice: readers differ on which one counts.
class KeyCheck {
public:
    bool operator()(int, nlohmann::json::parse_event_t event, nlohmann::json& parsed) {
        using enum nlohmann::json::parse_event_t;
        if (event == object_start) {
            keys_.emplace_back();
        } else if (event == object_end) {
            keys_.pop_back();
        } else if (event == key) {
            auto const& name = parsed.get_ref<std::string const&>();
            if (!keys_.back().insert(name).second) throw DuplicateKey{name};
        }
        return true;
    }

private:
    std::vector<std::set<std::string>> keys_;
};

}  // namespace

Result<nlohmann::json> Request::json() const {
    if (body.empty()) return fail(Code::InvalidArgument, "read the body as JSON: it is empty");
    if (auto const offset = too_deep_at(body))
        return fail_at(body, *offset, fmt::format("nested deeper than {} levels", deepest));
    try {
        KeyCheck check;
        auto value = nlohmann::json::parse(body, std::ref(check));
        if (!value.is_object()) return fail_at(body, 0, "not an object");
        return value;
    } catch (nlohmann::json::parse_error const& error) {
        // `byte` counts from 1, to the character that could not be taken.
        return fail_at(body, error.byte > 0 ? error.byte - 1 : 0,
                       error.byte > body.size() ? "it ends too early" : "not valid JSON");
    } catch (nlohmann::json::exception const&) {
        return fail(Code::InvalidArgument, "read the body as JSON: a number is out of range");
    } catch (DuplicateKey const& duplicate) {
        return fail(Code::InvalidArgument, "read the body as JSON: \"{}\" occurs twice",
                    duplicate.key);
    }
}

}  // namespace carrel::http

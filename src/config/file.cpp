#include "config/file.hpp"

#include "base/text.hpp"
#include "config/keys.hpp"

// toml++ asserts, and without assertions lets the compiler assume, what does not hold in some
// malformed files, which it reports a step later. A typing mistake must neither abort a debug build
// nor be undefined in a release: both are switched off.
#pragma push_macro("NDEBUG")
#undef NDEBUG
#define TOML_ASSERT(expression) static_cast<void>(0)
#include <toml++/toml.h>
#pragma pop_macro("NDEBUG")

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <iterator>

namespace carrel {

namespace {

bool is_section(std::string_view name) {
    auto const known = sections();
    return std::ranges::find(known, name) != known.end();
}

/// What is written as [[roles]].
constexpr std::array<std::string_view, 3> lists{"roles", "services", "custom_scopes"};

bool is_list(std::string_view name) { return std::ranges::find(lists, name) != lists.end(); }

/// One file while it is laid over the settings.
class File {
public:
    File(Settings& settings, std::string name) : settings_(settings), name_(std::move(name)) {}

    Result<> apply(toml::table const& file) {
        for (auto const& [key, node] : file) {
            std::string_view const section = key.str();
            if (is_list(section)) {
                TRY_VOID(list(node, key));
                continue;
            }
            auto const* const table = node.as_table();
            bool const named = section == "environments" || section == "logins";
            bool const known = named || is_section(section);
            if (!known) return unknown_section(key);
            if (table == nullptr)
                return fail_field(std::string(section), "{}: {} is a section: write [{}]",
                                  where(key), section, section);
            TRY_VOID(section == "environments"
                         ? sections_of(*table, section, settings_.environments, environment_keys())
                     : section == "logins"
                         ? sections_of(*table, section, settings_.logins, login_keys())
                         : entries(*table, section));
        }
        return {};
    }

private:
    [[nodiscard]] std::string where(toml::key const& key) const {
        return fmt::format("{}:{}", name_, key.source().begin.line);
    }

    Result<> unknown_section(toml::key const& key) const {
        auto known = sections();
        known.insert(known.end(), {"environments", "logins"});
        known.insert(known.end(), lists.begin(), lists.end());
        return fail_field(std::string(key.str()), "{}: there is no section [{}]{}", where(key),
                          for_log(key.str(), 63), suggestion(key.str(), known));
    }

    /// The keys of one section, which belong to `owner`.
    template <class Owner>
    Result<> fill(toml::table const& table, std::string const& section, Owner& owner,
                  std::vector<Key<Owner> const*> const& keys) {
        for (auto const& [key, node] : table) {
            auto const full_name = fmt::format("{}.{}", section, for_log(key.str(), 63));
            auto const found =
                std::ranges::find(keys, key.str(), [](auto const* each) { return each->name; });
            if (found == keys.end()) {
                std::vector<std::string_view> known;
                for (auto const* each : keys) known.push_back(each->name);
                return fail_field(full_name, "{}: there is no key {}{}", where(key), full_name,
                                  suggestion(key.str(), known));
            }
            auto const value = value_of(node);
            if (!value)
                return fail_field(full_name, "{}: {} is {}", where(key), full_name,
                                  type_of((*found)->field(owner)));
            TRY_VOID(assign_key(**found, owner, *value, where(key), full_name));
        }
        return {};
    }

    Result<> entries(toml::table const& table, std::string_view section) {
        std::vector<Key<Settings> const*> keys;
        for (auto const& key : platform_keys())
            if (key.section == section) keys.push_back(&key);
        return fill(table, std::string(section), settings_, keys);
    }

    /// [environments.<name>] and [logins.<name>].
    template <class Owner>
    Result<> sections_of(toml::table const& table, std::string_view section,
                         std::map<std::string, Owner>& owners, std::span<Key<Owner> const> all) {
        std::vector<Key<Owner> const*> keys;
        for (auto const& key : all) keys.push_back(&key);
        for (auto const& [key, node] : table) {
            std::string const name(key.str());
            TRY_VOID(check_section_name(section, name, where(key)));
            auto const* const entry = node.as_table();
            auto const full_name = fmt::format("{}.{}", section, name);
            if (entry == nullptr)
                return fail_field(full_name, "{0}: {1} is a section: write [{1}]", where(key),
                                  full_name);
            TRY_VOID(fill(*entry, full_name, owners[name], keys));
        }
        return {};
    }

    Result<> list(toml::node const& node, toml::key const& key) {
        if (key.str() == "roles") return list(node, key, settings_.roles, role_keys());
        if (key.str() == "services") return list(node, key, settings_.services, service_keys());
        return list(node, key, settings_.custom_scopes, custom_scope_keys());
    }

    /// [[roles]] and the like: each one is added to those of earlier files.
    template <class Owner>
    Result<> list(toml::node const& node, toml::key const& key, std::vector<Owner>& owners,
                  std::span<Key<Owner> const> all) {
        std::string const section(key.str());
        auto const* const array = node.as_array();
        auto const wrong = fail_field(section, "{0}: {1} is a list of sections: write [[{1}]]",
                                      where(key), section);
        if (array == nullptr) return wrong;
        std::vector<Key<Owner> const*> keys;
        for (auto const& each : all) keys.push_back(&each);
        for (auto const& item : *array) {
            auto const* const entry = item.as_table();
            if (entry == nullptr) return wrong;
            TRY_VOID(fill(*entry, section, owners.emplace_back(), keys));
        }
        return {};
    }

    /// Nothing for what no setting takes: dates, nested lists, mixed lists.
    static std::optional<Value> value_of(toml::node const& node) {
        if (auto const* text = node.as_string()) return Value(text->get());
        if (auto const* whole = node.as_integer())
            return Value(static_cast<long long>(whole->get()));
        if (auto const* real = node.as_floating_point()) return Value(real->get());
        if (auto const* flag = node.as_boolean()) return Value(flag->get());
        if (auto const* array = node.as_array()) {
            std::vector<std::string> words;
            for (auto const& item : *array) {
                if (!item.is_string()) return {};
                words.push_back(item.as_string()->get());
            }
            return Value(std::move(words));
        }
        if (auto const* table = node.as_table()) {
            std::map<std::string, std::string> texts;
            for (auto const& [key, item] : *table) {
                if (!item.is_string()) return {};
                texts.emplace(key.str(), item.as_string()->get());
            }
            return Value(std::move(texts));
        }
        return {};
    }

    Settings& settings_;
    std::string name_;
};

}  // namespace

Result<> check_section_name(std::string_view section, std::string_view name,
                            std::string_view where) {
    auto const allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    };
    if (!name.empty() && name.size() <= 63 && std::ranges::all_of(name, allowed)) return {};
    return fail_field(section,
                      "{}: the name of {} has only the letters a to z, "
                      "digits and dashes, and '{}' has others",
                      where, section == "logins" ? "a log-in" : "an environment",
                      for_log(name, 63));
}

Result<> apply_file(Settings& settings, std::filesystem::path const& file) {
    if (std::filesystem::is_directory(file))
        return fail(Code::InvalidArgument, "read the configuration {}: it is a folder",
                    file.string());
    errno = 0;
    std::ifstream stream(file);
    if (!stream) return fail_errno("read the configuration {}", file.string());
    std::string const text(std::istreambuf_iterator<char>(stream), {});
    try {
        return File(settings, file.string()).apply(toml::parse(text, file.string()));
    } catch (toml::parse_error const& error) {
        return fail(Code::InvalidArgument, "{}:{}: {}", file.string(), error.source().begin.line,
                    error.description());
    }
}

}  // namespace carrel

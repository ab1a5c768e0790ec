#include "app/access_commands.hpp"

#include "app/api_access.hpp"
#include "app/table.hpp"
#include "base/encoding.hpp"
#include "domain/access.hpp"

namespace carrel {

namespace {

using nlohmann::json;

std::string shown(json const& object, char const* key) {
    auto const found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

Result<> list_entries(AccessFlags const& flags, ApiClient& api) {
    TRY(auto const access, api.get("/access"));
    TRY(auto const items, api.list("/access/entries", {}));
    if (flags.api.json) {
        json const all{{"access", access}, {"entries", items}};
        fmt::print("{}\n", all.dump(2, ' ', false, json::error_handler_t::replace));
        return {};
    }
    Table table({"LIST", "NAME", "WRITTEN IN", "BY", "AT"});
    for (auto const& item : items)
        table.add({shown(item, "list"), shown(item, "value"), shown(item, "place"),
                   shown(item, "added_by"), shown(item, "added_at")});
    fmt::print("{}", table.text());
    auto const userlist = access.value("userlist", json());
    if (userlist.is_object() && !shown(userlist, "problem").empty())
        fmt::print("The file {} does not count as it is now: {}\n", shown(userlist, "path"),
                   shown(userlist, "problem"));
    fmt::print("{}\n", access.value("closed", false) ? "Nobody else may in, but administrators."
                                                     : "Everybody with an account may in.");
    return {};
}

/// One after the other; the first refusal ends it.
Result<> change(AccessFlags const& flags, ApiClient& api, AccessList list) {
    auto const name = std::string(name_of(list));
    for (auto const& value : flags.values) {
        auto const done = flags.remove
                              ? api.remove(fmt::format("/access/entries?list={}&value={}", name,
                                                       percent_encode(value)))
                              : api.post("/access/entries", {{"list", name}, {"value", value}});
        if (!done) return std::unexpected(done.error().wrapped(value));
        fmt::print("{} {} the list {}\n", done->is_object() ? shown(*done, "value") : value,
                   flags.remove ? "is off" : "is on", name);
    }
    return {};
}

using Command = std::function<Result<>(AccessFlags const&, ApiClient&)>;

std::function<int()> runner(AccessFlags const& flags, Command command) {
    return [&flags, command = std::move(command)] {
        auto api = api_client_from(flags.api);
        return course_exit_status(api ? command(flags, *api)
                                      : Result<>(std::unexpected(api.error())));
    };
}

}  // namespace

void add_access_commands(CLI::App& access, AccessFlags& flags,
                         std::function<void(std::function<int()>)> const& choose) {
    access.require_subcommand(1);
    access.fallthrough();
    add_api_options(access, flags.api);
    auto const add = [&](char const* name, char const* what, Command command) -> CLI::App& {
        auto& added = *access.add_subcommand(name, what);
        added.fallthrough();
        added.callback(
            [&flags, choose, command = std::move(command)] { choose(runner(flags, command)); });
        return added;
    };
    auto const add_list = [&](char const* name, AccessList list, char const* what) {
        auto& added = add(name, what, [list](AccessFlags const& given, ApiClient& api) {
            return change(given, api, list);
        });
        added.add_option("values", flags.values, has_groups(list) ? "groups" : "user names")
            ->required();
        added.add_flag("--remove", flags.remove, "take them off the list instead");
    };
    add("list", "every line of every list, also of the configuration and the file", list_entries);
    add_list("allow", AccessList::Allow, "let people in; then nobody else may");
    add_list("deny", AccessList::Deny, "keep people out, whatever else is said of them");
    add_list("administrator", AccessList::Administrators,
             "let people in, as administrators from their next log-in on");
    add_list("leader", AccessList::Leaders, "let people in, who may lead courses");
    add_list("allow-group", AccessList::AllowGroups, "let a provider's groups in");
    add_list("deny-group", AccessList::DenyGroups, "keep a provider's groups out");
}

}  // namespace carrel

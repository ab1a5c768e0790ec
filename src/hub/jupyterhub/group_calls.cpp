#include "hub/jupyterhub/group_calls.hpp"

#include "base/encoding.hpp"
#include "base/text.hpp"
#include "hub/jupyterhub/answers.hpp"
#include "hub/jupyterhub/audit.hpp"
#include "hub/jupyterhub/bodies.hpp"
#include "hub/jupyterhub/page.hpp"
#include "hub/sharing.hpp"
#include "store/visit_end.hpp"

#include <algorithm>

namespace carrel::jupyterhub {

namespace {

using nlohmann::json;

constexpr size_t longest_name = 255;

/// Scopes name groups, and are separated by spaces; paths name them too.
Result<> check_name(std::string_view name) {
    auto const refused = [](char c) {
        auto const byte = static_cast<unsigned char>(c);
        return byte <= 0x20 || byte == 0x7f || c == '/' || c == '!';
    };
    if (!name.empty() && name.size() <= longest_name && is_printable_utf8(name) &&
        std::ranges::none_of(name, refused))
        return {};
    return fail(Code::InvalidArgument,
                "the name of a group has 1 to {} bytes, without spaces, '/' and '!'", longest_name);
}

/// A group, with what the caller may see of it.
Result<json> group_model(Transaction& transaction, Caller const& caller, HubGroup const& group) {
    rbac::Target const target{.group = group.name};
    json model{{"kind", "group"}, {"name", group.name}};
    if (caller.may("read:roles:groups", target)) {
        auto roles = rbac::split_scopes(group.roles);
        for (auto& role : caller.book->of_group(caller.course.request.slug, group.name))
            roles.push_back(std::move(role));
        model["roles"] = std::move(roles);
    }
    if (!caller.may("read:groups", target)) return model;
    TRY(auto const ids, transaction.hub_groups().members(group.course, group.name));
    TRY(auto const users, transaction.users().find_all(ids));
    std::vector<std::string> names;
    for (auto const& [id, user] : users) names.push_back(user.name);
    std::ranges::sort(names);
    model["users"] = std::move(names);
    model["properties"] = json::parse(group.properties, nullptr, false);
    return model;
}

Result<HubGroup> find_group(Transaction& transaction, Caller const& caller, std::string_view name) {
    auto group = transaction.hub_groups().find(caller.course.id, name);
    if (!group && group.error().code == Code::NotFound)
        return fail(Code::NotFound, "No such group: {}", for_log(name, 80));
    return group;
}

/// The people of this hub who have these names. InvalidArgument: one of them is none.
Result<std::vector<User>> users_called(Transaction& transaction, Caller const& caller,
                                       std::vector<std::string> const& names) {
    std::vector<User> users;
    for (auto const& name : names) {
        auto user = find_user_of_hub(transaction, caller.course, name);
        if (!user && user.error().code == Code::NotFound)
            return fail(Code::InvalidArgument, "{}", user.error().message);
        TRY(auto found, std::move(user));
        users.push_back(std::move(found));
    }
    return users;
}

struct GroupWish {
    std::string name;
    std::vector<std::string> users;
    std::string properties = "{}";
};

/// Makes the group. Conflict: there is one of this name.
Result<HubGroup> make_group(Transaction& transaction, Caller const& caller, GroupWish const& wish,
                            Time now) {
    TRY_VOID(check_name(wish.name));
    TRY(auto const users, users_called(transaction, caller, wish.users));
    HubGroup const group{.course = caller.course.id,
                         .name = wish.name,
                         .properties = wish.properties,
                         .roles = "",
                         .created_at = now};
    auto const made = transaction.hub_groups().insert(group);
    if (!made && made.error().code == Code::Conflict)
        return fail(Code::Conflict, "Group {} already exists", wish.name);
    TRY_VOID(made);
    for (auto const& user : users)
        TRY_VOID(transaction.hub_groups().add_member(group.course, group.name, user.id));
    TRY_VOID(note_change(
        transaction, caller, now,
        {.kind = "group_created", .message = fmt::format("made the group {}", group.name)}));
    return group;
}

/// Whoever may make groups could else give themselves any right by one.
Result<> refuse_roles(json const& body) {
    if (!body.contains("roles")) return {};
    return fail(Code::InvalidArgument, "a group gets its roles from the configuration");
}

}  // namespace

void GroupCalls::add_routes(http::Router& router) {
    ApiRoutes routes(router, *this);
    routes.add("GET", "/groups", &GroupCalls::list);
    routes.add("POST", "/groups", &GroupCalls::make_many);
    routes.add("GET", "/groups/{group}", &GroupCalls::one);
    routes.add("POST", "/groups/{group}", &GroupCalls::make);
    routes.add("DELETE", "/groups/{group}", &GroupCalls::remove);
    routes.add("POST", "/groups/{group}/users", &GroupCalls::add_users);
    routes.add("DELETE", "/groups/{group}/users", &GroupCalls::remove_users);
    routes.add("PUT", "/groups/{group}/properties", &GroupCalls::set_properties);
}

GroupCalls::Answer GroupCalls::list(http::Request& request) {
    CO_TRY(auto const page, read_page(request, use_.api_page_max_limit));
    co_return co_await use_.pool.run([&]() -> Result<http::Response> {
        TRY(auto const caller, callers_.identify(request));
        TRY_VOID(require_some(caller, "list:groups"));
        return use_.store.read([&](Transaction& transaction) -> Result<http::Response> {
            TRY(auto all, transaction.hub_groups().of_course(caller.course.id));
            std::erase_if(all, [&](HubGroup const& group) {
                return !caller.may("list:groups", {.group = group.name});
            });
            json items = json::array();
            auto const count = static_cast<long long>(all.size());
            for (auto i = page.offset; i < std::min(count, page.offset + page.limit); ++i) {
                TRY(auto model, group_model(transaction, caller, all[static_cast<size_t>(i)]));
                items.push_back(std::move(model));
            }
            return page_answer(request, page, std::move(items), count);
        });
    });
}

GroupCalls::Answer GroupCalls::make_many(http::Request& request) {
    co_return co_await use_.pool.run([&]() -> Result<http::Response> {
        TRY(auto const caller, callers_.identify(request));
        TRY_VOID(require_some(caller, "admin:groups"));
        TRY(auto const body, object_in(request));
        TRY_VOID(refuse_roles(body));
        TRY(auto const names, words_in(body, "groups"));
        TRY(auto const users, words_in(body, "users"));
        if (!names || names->empty())
            return fail(Code::InvalidArgument, "Must specify at least one group to create");
        for (auto const& name : *names)
            TRY_VOID(require_scope(caller, "admin:groups", {.group = name}));
        return use_.store.write([&](Transaction& transaction) -> Result<http::Response> {
            json models = json::array();
            for (auto const& name : *names) {
                TRY(auto const group,
                    make_group(transaction, caller,
                               {.name = name, .users = users.value_or(std::vector<std::string>())},
                               use_.clock.now()));
                TRY(auto model, group_model(transaction, caller, group));
                models.push_back(std::move(model));
            }
            return http::Response::json(models, 201);
        });
    });
}

GroupCalls::Answer GroupCalls::one(http::Request& request) {
    auto const& name = request.parameter("group");
    co_return co_await use_.pool.run([&]() -> Result<http::Response> {
        TRY(auto const caller, callers_.identify(request));
        TRY_VOID(require_scope(caller, "read:groups:name", {.group = name}));
        return use_.store.read([&](Transaction& transaction) -> Result<http::Response> {
            TRY(auto const group, find_group(transaction, caller, name));
            TRY(auto const model, group_model(transaction, caller, group));
            return http::Response::json(model);
        });
    });
}

GroupCalls::Answer GroupCalls::make(http::Request& request) {
    auto const& name = request.parameter("group");
    co_return co_await use_.pool.run([&]() -> Result<http::Response> {
        TRY(auto const caller, callers_.identify(request));
        TRY_VOID(require_scope(caller, "admin:groups", {.group = name}));
        TRY(auto const body, object_in(request));
        TRY_VOID(refuse_roles(body));
        TRY(auto const users, words_in(body, "users"));
        TRY(auto const properties, object_text_in(body, "properties"));
        return use_.store.write([&](Transaction& transaction) -> Result<http::Response> {
            TRY(auto const group, make_group(transaction, caller,
                                             {.name = name,
                                              .users = users.value_or(std::vector<std::string>()),
                                              .properties = properties.value_or("{}")},
                                             use_.clock.now()));
            TRY(auto const model, group_model(transaction, caller, group));
            return http::Response::json(model, 201);
        });
    });
}

GroupCalls::Answer GroupCalls::remove(http::Request& request) {
    auto const& name = request.parameter("group");
    co_return co_await use_.pool.run([&]() -> Result<http::Response> {
        TRY(auto const caller, callers_.identify(request));
        TRY_VOID(require_scope(caller, "delete:groups", {.group = name}));
        return use_.store.write([&](Transaction& transaction) -> Result<http::Response> {
            TRY_VOID(find_group(transaction, caller, name));
            auto const now = use_.clock.now();
            TRY_VOID(end_sharing_with_group(transaction, caller.course, name, now));
            TRY_VOID(transaction.hub_groups().remove(caller.course.id, name));
            TRY_VOID(note_change(
                transaction, caller, now,
                {.kind = "group_deleted", .message = fmt::format("deleted the group {}", name)}));
            return http::Response::empty(204);
        });
    });
}

GroupCalls::Answer GroupCalls::add_users(http::Request& request) {
    return change_users(request, true);
}

GroupCalls::Answer GroupCalls::remove_users(http::Request& request) {
    return change_users(request, false);
}

GroupCalls::Answer GroupCalls::change_users(http::Request& request, bool add) {
    auto const& name = request.parameter("group");
    co_return co_await use_.pool.run([&]() -> Result<http::Response> {
        TRY(auto const caller, callers_.identify(request));
        TRY_VOID(require_scope(caller, "groups", {.group = name}));
        TRY(auto const body, object_in(request));
        TRY(auto const names, words_in(body, "users"));
        if (!names) return fail(Code::InvalidArgument, "Must specify users to add or remove");
        return use_.store.write([&](Transaction& transaction) -> Result<http::Response> {
            TRY(auto const group, find_group(transaction, caller, name));
            TRY(auto const users, users_called(transaction, caller, *names));
            auto const now = use_.clock.now();
            for (auto const& user : users) {
                TRY_VOID(add ? transaction.hub_groups().add_member(group.course, name, user.id)
                             : leave_group(transaction, caller.course, name, user.id, now));
                TRY_VOID(note_change(
                    transaction, caller, now,
                    {.kind = "group_changed",
                     .subject = user.name,
                     .message = fmt::format("{} {} {} the group {}", add ? "put" : "took",
                                            user.name, add ? "into" : "out of", name)}));
            }
            TRY(auto const model, group_model(transaction, caller, group));
            return http::Response::json(model);
        });
    });
}

GroupCalls::Answer GroupCalls::set_properties(http::Request& request) {
    auto const& name = request.parameter("group");
    co_return co_await use_.pool.run([&]() -> Result<http::Response> {
        TRY(auto const caller, callers_.identify(request));
        TRY_VOID(require_scope(caller, "groups", {.group = name}));
        TRY(auto const body, object_in(request));
        TRY(auto const properties, object_text_in({{"properties", body}}, "properties"));
        return use_.store.write([&](Transaction& transaction) -> Result<http::Response> {
            TRY(auto group, find_group(transaction, caller, name));
            group.properties = properties.value_or("{}");
            TRY_VOID(transaction.hub_groups().update(group));
            TRY_VOID(note_change(
                transaction, caller, use_.clock.now(),
                {.kind = "group_changed", .message = fmt::format("changed the group {}", name)}));
            TRY(auto const model, group_model(transaction, caller, group));
            return http::Response::json(model);
        });
    });
}

}  // namespace carrel::jupyterhub

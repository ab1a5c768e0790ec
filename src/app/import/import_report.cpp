#include "app/import/import_report.hpp"

#include "app/table.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace carrel {

namespace {

std::string what_becomes(Decision const& decision) {
    std::string text;
    switch (decision.step) {
        case Step::MakeAccount:
            text = decision.becomes_leader ? "new account" : "new account, participant";
            break;
        case Step::Admit:
            text = decision.becomes_leader ? "has an account" : "has an account, participant";
            break;
        case Step::LeaveAsIs:
            text = "in the course already";
            break;
        case Step::LeaveRejected:
            text = "was turned down by the course: stays out";
            break;
    }
    if (decision.becomes_leader) text += ", leads the course";
    if (decision.becomes_administrator) text += ", administrator";
    if (decision.disabled) text += "; the account is disabled and stays so";
    return text;
}

std::string counted(long long count, std::string_view one, std::string_view many) {
    return fmt::format("{} {}", count, count == 1 ? one : many);
}

/// "a, b and c"; nothing when there is nothing.
std::string enumerate(std::vector<std::string> const& parts) {
    std::string text;
    for (size_t i = 0; i < parts.size(); ++i)
        text += (i == 0 ? "" : i + 1 == parts.size() ? " and " : ", ") + parts[i];
    return text;
}

std::string groups_text(std::vector<GroupChange> const& changes) {
    if (changes.empty()) return "";
    Table groups({"GROUP", "WHAT", "MEMBERS THAT COME"});
    for (auto const& [group, is_new] : changes)
        groups.add({group.name, is_new ? "new" : "is there already",
                    fmt::format("{}", fmt::join(group.members, ", "))});
    return groups.text() + "\n";
}

/// As TOML writes text and lists of it; nothing in it drives the terminal.
std::string toml(nlohmann::json const& value) {
    return value.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

/// The roles as the configuration takes them, with people's names here. Whoever is left out is left
/// out of these, too.
std::string roles_text(JupyterHubContents const& contents, ImportPlan const& plan,
                       std::string_view course) {
    if (contents.roles.empty()) return "";
    std::map<std::string, std::string> names;
    for (auto const& person : plan.people) names.emplace(person.old_name, person.name);
    std::string text = "Roles, as carrel.toml takes them:\n\n";
    for (auto const& role : contents.roles) {
        std::vector<std::string> users;
        for (auto const& user : role.users)
            if (auto const found = names.find(user); found != names.end())
                users.push_back(found->second);
        text += fmt::format("[[roles]]\nname = {}\n", toml(role.name));
        if (!role.description.empty())
            text += fmt::format("description = {}\n", toml(role.description));
        text += fmt::format("scopes = {}\n", toml(role.scopes));
        for (auto const& [key, list] : {std::pair("users", users), std::pair("groups", role.groups),
                                        std::pair("services", role.services)})
            if (!list.empty()) text += fmt::format("{} = {}\n", key, toml(list));
        text += fmt::format("courses = {}\n\n", toml(std::vector{std::string(course)}));
    }
    return text;
}

std::string what_stays(JupyterHubContents const& contents) {
    std::vector<std::string> parts;
    auto const part = [&](long long count, std::string_view one, std::string_view many) {
        if (count > 0) parts.push_back(counted(count, one, many));
    };
    part(contents.api_tokens, "token (only its hash is stored: make a new one)",
         "tokens (only hashes are stored: make new ones)");
    part(contents.running_servers, "running server", "running servers");
    part(contents.named_servers, "named server's entry", "named servers' entries");
    part(contents.oauth_codes, "OAuth code", "OAuth codes");
    part(contents.auth_states, "encrypted auth_state", "encrypted auth_states");
    part(contents.shares, "share", "shares");
    part(static_cast<long long>(contents.services.size()), "service", "services");
    return parts.empty() ? "" : fmt::format("Not taken over: {}.\n", enumerate(parts));
}

}  // namespace

std::string report_of(JupyterHubContents const& contents, ImportPlan const& plan,
                      ImportOutcome const& outcome) {
    auto text =
        fmt::format("A database of JupyterHub {}: {}, {}, {}.\n\n", contents.release,
                    counted(static_cast<long long>(contents.users.size()), "person", "people"),
                    counted(static_cast<long long>(contents.groups.size()), "group", "groups"),
                    counted(static_cast<long long>(contents.roles.size()), "role of its own",
                            "roles of its own"));
    Table people({"IN JUPYTERHUB", "HERE", "WHAT"});
    for (auto const& decision : outcome.decisions)
        people.add({decision.person.old_name, decision.person.name, what_becomes(decision)});
    for (auto const& person : plan.left_out)
        people.add({person.old_name, "-", "left out: " + person.why});
    text += people.text() + "\n" + groups_text(outcome.groups);
    if (!plan.left_out.empty())
        text += fmt::format(
            "{} left out; give names for them in a file of lines \"name in JupyterHub,new-name\": "
            "--names FILE.\n",
            counted(static_cast<long long>(plan.left_out.size()), "person is", "people are"));
    text += roles_text(contents, plan, outcome.course.request.slug);
    return text + what_stays(contents);
}

}  // namespace carrel

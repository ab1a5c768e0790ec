#include "app/import/jupyterhub_database.hpp"

#include "app/import/read_only_database.hpp"
#include "base/text.hpp"
#include "base/time_text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <map>

namespace carrel {

namespace {

using Row = ReadOnlyDatabase::Row;

/// Marks that JupyterHub's migrations leave in `alembic_version`, and the release that came first
/// with each.
struct Revision {
    std::string_view mark;
    std::string_view release;
};
constexpr std::array<Revision, 8> known_revisions{{{"651f5419b74d", "3"},
                                                   {"0eee8c825d24", "4"},
                                                   {"3c2384c5aae1", "4"},
                                                   {"4621fec11365", "5"},
                                                   {"be8ecf03ddac", "6"},
                                                   {"afd65840b69e", "6"},
                                                   {"ff1860e38070", "6"},
                                                   {"f460b0348206", "6"}}};
constexpr std::array<std::string_view, 11> older_revisions{
    "19c0846f6344", "1cebaf56856c", "3ec6993fe20c", "4dc2d5a8c53c", "56cc5a70207e", "833da8570507",
    "896818069c98", "99a28a4418e1", "af4cbdb2d13c", "d68c98b66cd4", "eeb276e51423"};
/// Every hub has these, and Carrel has its own of the same names.
constexpr std::array<std::string_view, 4> usual_roles{"user", "admin", "server", "token"};

std::string text_of(Row const& row, size_t column) { return row.at(column).value_or(""); }

/// SQLAlchemy writes "2026-11-21 08:30:00.123456", in UTC. What cannot be read is not known.
std::optional<Time> time_of(Row const& row, size_t column) {
    auto text = text_of(row, column);
    if (text.size() < 19 || text[10] != ' ') return {};
    text[10] = 'T';
    auto const parsed = parse_time(text + "Z");
    return parsed ? std::optional(*parsed) : std::nullopt;
}

Result<std::string> release_of(ReadOnlyDatabase& database, std::string const& file) {
    for (auto const* const table : {"users", "groups", "spawners", "api_tokens"}) {
        TRY(bool const there, database.has_table(table));
        if (!there)
            return fail(Code::InvalidArgument,
                        "{} is not a JupyterHub's database: it has no table '{}'", file, table);
    }
    TRY(bool const marked, database.has_table("alembic_version"));
    std::string mark;
    if (marked)
        TRY_VOID(database.each("select version_num from alembic_version",
                               [&](Row const& row) { mark = text_of(row, 0); }));
    for (auto const& [known, release] : known_revisions)
        if (mark == known) return std::string(release);
    if (mark.empty() || std::ranges::find(older_revisions, mark) != older_revisions.end())
        return fail(Code::InvalidArgument,
                    "{} is from a JupyterHub older than 3.0; upgrade a copy of it by a newer "
                    "JupyterHub's `jupyterhub upgrade-db` first",
                    file);
    return fail(Code::InvalidArgument,
                "{} has the schema '{}', which this program does not know; it knows those of "
                "JupyterHub 3.0 to 6.1",
                file, for_log(mark, 40));
}

/// "[\"a\", \"b\"]"; anything else is no scopes.
std::vector<std::string> scopes_of(std::string const& text) {
    std::vector<std::string> scopes;
    auto const list = nlohmann::json::parse(text, nullptr, false);
    if (list.is_array())
        for (auto const& each : list)
            if (each.is_string()) scopes.push_back(each.get<std::string>());
    return scopes;
}

/// Pairs of a name and of who belongs to it, in their order.
using Members = std::map<std::string, std::vector<std::string>>;

Result<Members> members(ReadOnlyDatabase& database, std::string_view sql) {
    Members found;
    TRY_VOID(database.each(
        sql, [&](Row const& row) { found[text_of(row, 0)].push_back(text_of(row, 1)); }));
    return found;
}

Result<> read_users(ReadOnlyDatabase& database, JupyterHubContents& contents) {
    return database.each(
        "select u.name, coalesce(u.admin, 0) or exists (select 1 from user_role_map m join roles r "
        "on r.id = m.role_id where m.user_id = u.id and r.name = 'admin'), u.created, "
        "u.last_activity from users u where u.name is not null order by u.name",
        [&](Row const& row) {
            contents.users.push_back({.name = text_of(row, 0),
                                      .admin = text_of(row, 1) == "1",
                                      .created = time_of(row, 2),
                                      .last_activity = time_of(row, 3)});
        });
}

Result<> read_groups(ReadOnlyDatabase& database, JupyterHubContents& contents) {
    TRY(auto of_group,
        members(database,
                "select g.name, u.name from user_group_map m join users u on "
                "u.id = m.user_id join groups g on g.id = m.group_id order by 1, 2"));
    bool const with_properties = contents.release != "3";
    return database.each(with_properties
                             ? "select name, properties from groups where name is not null order "
                               "by name"
                             : "select name, null from groups where name is not null order by name",
                         [&](Row const& row) {
                             JupyterHubGroup group{.name = text_of(row, 0)};
                             if (row.at(1)) group.properties = *row.at(1);
                             group.members = of_group[group.name];
                             contents.groups.push_back(std::move(group));
                         });
}

Result<> read_roles(ReadOnlyDatabase& database, JupyterHubContents& contents) {
    TRY(auto users, members(database,
                            "select r.name, o.name from user_role_map m join roles r on "
                            "r.id = m.role_id join users o on o.id = m.user_id order by 1, 2"));
    TRY(auto groups, members(database,
                             "select r.name, o.name from group_role_map m join roles r on "
                             "r.id = m.role_id join groups o on o.id = m.group_id order by 1, 2"));
    TRY(auto services, members(database,
                               "select r.name, o.name from service_role_map m join roles r on "
                               "r.id = m.role_id join services o on o.id = m.service_id "
                               "order by 1, 2"));
    return database.each(
        "select name, description, scopes from roles where name is not null order by name",
        [&](Row const& row) {
            auto const name = text_of(row, 0);
            if (std::ranges::find(usual_roles, name) != usual_roles.end()) return;
            contents.roles.push_back({.name = name,
                                      .description = text_of(row, 1),
                                      .scopes = scopes_of(text_of(row, 2)),
                                      .users = users[name],
                                      .groups = groups[name],
                                      .services = services[name]});
        });
}

Result<> count_what_stays(ReadOnlyDatabase& database, JupyterHubContents& contents) {
    TRY(contents.api_tokens, database.number("select count(*) from api_tokens"));
    TRY(contents.running_servers,
        database.number("select count(*) from spawners where server_id is not null"));
    TRY(contents.named_servers,
        database.number("select count(*) from spawners where coalesce(name, '') != ''"));
    TRY(contents.oauth_codes, database.number("select count(*) from oauth_codes"));
    TRY(contents.auth_states,
        database.number("select count(*) from users where encrypted_auth_state is not null"));
    TRY(bool const shares, database.has_table("shares"));
    if (shares) {
        TRY(contents.shares, database.number("select count(*) from shares"));
    }
    return database.each("select name from services where name is not null order by name",
                         [&](Row const& row) { contents.services.push_back(text_of(row, 0)); });
}

}  // namespace

Result<JupyterHubContents> read_jupyterhub(std::filesystem::path const& file) {
    TRY(auto database, ReadOnlyDatabase::open(file));
    JupyterHubContents contents;
    TRY(contents.release, release_of(database, file.string()));
    TRY_VOID(read_users(database, contents));
    TRY_VOID(read_groups(database, contents));
    TRY_VOID(read_roles(database, contents));
    TRY_VOID(count_what_stays(database, contents));
    return contents;
}

}  // namespace carrel

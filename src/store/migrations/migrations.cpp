#include "store/migrations/migrations.hpp"

#include "base/text.hpp"
#include "store/migrations/steps.hpp"
#include "store/sql/query.hpp"

#include <array>

namespace carrel {

namespace {

std::array const all_migrations{
    Migration{1, "first", migration_0001_first},
    Migration{2, "token_maker", migration_0002_token_maker},
    Migration{3, "instance", migration_0003_instance},
    Migration{4, "hub_tokens", migration_0004_hub_tokens},
    Migration{5, "hub_groups", migration_0005_hub_groups},
    Migration{6, "hub_shares", migration_0006_hub_shares},
    Migration{7, "user_order", migration_0007_user_order},
    Migration{8, "group_shares", migration_0008_group_shares},
    Migration{9, "logins", migration_0009_logins},
    Migration{10, "session_places", migration_0010_session_places},
    Migration{11, "login_places", migration_0011_login_places},
    Migration{12, "second_factors", migration_0012_second_factors},
    Migration{13, "mail", migration_0013_mail},
    Migration{14, "access", migration_0014_access},
    Migration{15, "removals", migration_0015_removals},
    Migration{16, "course_images", migration_0016_course_images},
    Migration{17, "user_options", migration_0017_user_options},
    Migration{18, "refresh", migration_0018_refresh},
    Migration{19, "home_numbers", migration_0019_home_numbers},
    Migration{20, "course_folders", migration_0020_course_folders},
    Migration{21, "display_names", migration_0021_display_names},
};

std::string in_dialect(std::string_view sql, Dialect const& dialect) {
    return fmt::format(fmt::runtime(sql), fmt::arg("integer", dialect.integer),
                       fmt::arg("real", dialect.real), fmt::arg("text", dialect.text),
                       fmt::arg("serial", dialect.serial), fmt::arg("strict", dialect.strict));
}

Result<> run_statements(Connection& connection, std::string_view sql) {
    while (!trimmed(sql).empty()) {
        auto const end = sql.find(";\n");
        TRY_VOID(connection.run(sql.substr(0, end)));
        if (end == std::string_view::npos) break;
        sql.remove_prefix(end + 2);
    }
    return {};
}

Result<int> schema_version(Connection& connection) {
    TRY(auto const version,
        Query(connection, "select coalesce(max(version), 0) from schema_version").value<int>());
    return version.value_or(0);
}

Result<> apply(Connection& connection, Migration const& migration) {
    TRY_VOID(run_statements(connection, in_dialect(migration.sql, connection.engine().dialect())));
    return done(Query(connection,
                      "insert into schema_version (version, name, applied_at) values (:v, :n, :a)")
                    .use(migration.version)
                    .use(migration.name)
                    .use(SystemClock().now())
                    .run());
}

/// One step, or none when the schema is up to date. Reads the version under the write lock, because
/// another process may be migrating too.
Result<bool> step(Connection& connection, std::string_view place) {
    auto const& dialect = connection.engine().dialect();
    TRY_VOID(run_statements(connection, in_dialect(schema_table, dialect)));
    TRY(auto const version, schema_version(connection));
    auto const newest = migrations().back().version;
    if (version > newest)
        return fail(Code::Conflict,
                    "{} has schema version {}, written by a newer Carrel; this program knows "
                    "version {} and leaves it as it is",
                    place, version, newest);
    if (version == newest) return false;
    TRY_VOID(apply(connection, migrations()[static_cast<size_t>(version)]));
    return true;
}

}  // namespace

std::span<Migration const> migrations() { return all_migrations; }

Result<> migrate(Connection& connection, std::string_view place) {
    for (bool more = true; more;) {
        TRY_VOID(connection.run(connection.engine().dialect().begin_write));
        auto stepped = step(connection, place);
        if (!stepped) {
            // The error that matters is the step's.
            (void)connection.run("rollback");
            return std::unexpected(stepped.error().wrapped("prepare the database"));
        }
        TRY_VOID(connection.run("commit"));
        more = *stepped;
    }
    return {};
}

}  // namespace carrel

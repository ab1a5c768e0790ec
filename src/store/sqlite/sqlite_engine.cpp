#include "store/sqlite/sqlite_engine.hpp"

#include "store/sql/query.hpp"

#include <fcntl.h>
#include <soci/sqlite3/soci-sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

namespace carrel {

namespace {

/// The unique value that was taken, as the API names its field.
std::string field_of(std::string const& message) {
    constexpr std::string_view lead = "UNIQUE constraint failed: ";
    auto const start = message.find(lead);
    if (start == std::string::npos) return {};
    auto const columns = message.substr(start + lead.size());
    if (columns.starts_with("users.name")) return "username";
    if (columns.starts_with("courses.slug")) return "slug";
    if (columns.starts_with("courses.invitation_code")) return "invitation_code";
    if (columns.starts_with("applications.")) return "username";
    if (columns.starts_with("hub_groups.") || columns.starts_with("hub_services.")) return "name";
    auto const dot = columns.find('.');
    auto const end = columns.find_first_of(", \"", dot);
    return dot == std::string::npos ? std::string() : columns.substr(dot + 1, end - dot - 1);
}

Failure explain_constraint(std::string const& message, int extended) {
    switch (extended) {
        case SQLITE_CONSTRAINT_UNIQUE:
        case SQLITE_CONSTRAINT_PRIMARYKEY: {
            auto field = field_of(message);
            auto text = fmt::format("this {} is taken", field.empty() ? "value" : field);
            return {.error = {Code::Conflict, std::move(text), std::move(field)}};
        }
        case SQLITE_CONSTRAINT_FOREIGNKEY:
            return {.error = {Code::Conflict,
                              "write to the database: the row refers to one that does not exist"}};
        default:
            return {.error = {Code::Internal, "write to the database: " + message}};
    }
}

// Debian's SOCI does not export the type information that the "vptr" sanitizer asks for.
[[clang::no_sanitize("vptr")]]
sqlite_api::sqlite3* handle_of(soci::session& session) {
    return static_cast<soci::sqlite3_session_backend*>(session.get_backend())->conn_;
}

[[clang::no_sanitize("vptr")]]
soci::sqlite3_statement_backend* backend_of(soci::statement& statement) {
    return static_cast<soci::sqlite3_statement_backend*>(statement.get_backend());
}

void read_cell(sqlite_api::sqlite3_stmt* rows, int column, Cell& cell) {
    // Looked up once; the statement is used by this thread alone.
    auto* const value = sqlite_api::sqlite3_column_value(rows, column);
    bool const null = sqlite_api::sqlite3_value_type(value) == SQLITE_NULL;
    cell.indicator = null ? soci::i_null : soci::i_ok;
    switch (cell.kind) {
        case Cell::Kind::Integer:
            cell.integer = sqlite_api::sqlite3_value_int64(value);
            break;
        case Cell::Kind::Real:
            cell.real = sqlite_api::sqlite3_value_double(value);
            break;
        case Cell::Kind::Text:
            // First the text: its length may depend on having asked for it (SQLite's manual).
            auto const* const text = sqlite_api::sqlite3_value_blob(value);
            auto const size = sqlite_api::sqlite3_value_bytes(value);
            cell.text.assign(static_cast<char const*>(text), static_cast<size_t>(size));
            break;
    }
}

std::string_view basename_of(std::string_view path) {
    return path.substr(path.find_last_of('/') + 1);
}

/// A connection belongs to one thread at a time, so SQLite need not see to that itself: it would
/// at each value of each row. Too late once somebody else has used SQLite here, which is as well.
void leave_threads_to_us() {
    static int const done = sqlite_api::sqlite3_config(SQLITE_CONFIG_MULTITHREAD);
    (void)done;
}

}  // namespace

Failure SqliteEngine::explain(soci::soci_error const& error) const {
    auto const* const ours = dynamic_cast<soci::sqlite3_soci_error const*>(&error);
    auto const result = ours == nullptr ? SQLITE_ERROR : ours->result();
    // Without the context, which quotes the values of the parameters.
    auto const message = error.get_error_message();
    auto const ended = [](Code code, std::string text) {
        return Failure{.error = {code, std::move(text)}, .aborted = true};
    };
    auto const file = file_.string();
    switch (result & 0xff) {
        case SQLITE_CONSTRAINT:
            return explain_constraint(message, result);
        case SQLITE_BUSY:
        case SQLITE_LOCKED: {
            auto failure = ended(Code::Unavailable,
                                 "the database is busy: another process has held it for too long");
            failure.busy = true;
            return failure;
        }
        case SQLITE_FULL:
            return ended(Code::LimitReached, fmt::format("the disk is full: {} cannot grow", file));
        case SQLITE_READONLY:
        case SQLITE_PERM:
        case SQLITE_CANTOPEN:
            return ended(Code::PermissionDenied, fmt::format("{} cannot be written", file));
        case SQLITE_NOTADB:
            return ended(Code::Internal,
                         fmt::format("{} is not a database; it is left as it is", file));
        case SQLITE_CORRUPT:
            return ended(Code::Internal,
                         fmt::format("the database {} is damaged; restore it from a backup", file));
        case SQLITE_IOERR:
            return ended(Code::Internal,
                         fmt::format("the disk of {} does not work: {}", file, message));
        default:
            return ended(Code::Internal,
                         fmt::format("use the database {}: {}", basename_of(file), message));
    }
}

void SqliteEngine::read_row(soci::statement& statement, std::span<Cell> row) const {
    auto* const rows = backend_of(statement)->stmt_;
    for (int column = 0; auto& cell : row) {
        read_cell(rows, column, cell);
        ++column;
    }
}

bool SqliteEngine::next_row(soci::statement& statement) const {
    auto* const backend = backend_of(statement);
    auto const result = sqlite_api::sqlite3_step(backend->stmt_);
    if (result != SQLITE_ROW && result != SQLITE_DONE)
        throw soci::sqlite3_soci_error(sqlite_api::sqlite3_errmsg(backend->session_.conn_), result);
    return result == SQLITE_ROW;
}

void SqliteEngine::reset(soci::statement& statement) const {
    auto* const backend = backend_of(statement);
    if (backend->stmt_ == nullptr) return;
    sqlite_api::sqlite3_reset(backend->stmt_);
    sqlite_api::sqlite3_clear_bindings(backend->stmt_);
    backend->useData_.clear();
    backend->dataCache_.clear();
    backend->databaseReady_ = false;
}

Result<> SqliteEngine::prepare_file() const {
    auto const folder = file_.has_parent_path() ? file_.parent_path() : std::filesystem::path(".");
    auto const cannot = [&](std::filesystem::path const& what) -> std::unexpected<Error> {
        if (errno == EACCES || errno == EROFS || errno == EPERM)
            return fail(Code::PermissionDenied, "{} cannot be written: {}", what.string(),
                        describe_errno(errno));
        return fail_errno("open the database {}", file_.string());
    };
    // SQLite keeps its log beside the database, so the folder has to be writable too. The file is
    // not opened here when it exists: closing it would drop the locks of this process on it.
    if (::faccessat(AT_FDCWD, folder.c_str(), R_OK | W_OK | X_OK, AT_EACCESS) != 0)
        return cannot(folder);
    struct stat status{};
    if (::stat(file_.c_str(), &status) != 0) {
        auto const created = ::open(file_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (created < 0) return cannot(file_);
        ::close(created);
        return {};
    }
    if (!S_ISREG(status.st_mode))
        return fail(Code::InvalidArgument, "open the database {}: it is not a file",
                    file_.string());
    if (::faccessat(AT_FDCWD, file_.c_str(), R_OK | W_OK, AT_EACCESS) != 0) return cannot(file_);
    // It holds password hashes: nobody else reads it, even where it was copied carelessly.
    if ((status.st_mode & 077) != 0 && ::chmod(file_.c_str(), 0600) != 0) return cannot(file_);
    return {};
}

Result<std::unique_ptr<Connection>> SqliteEngine::connect(
    Use use, std::chrono::milliseconds busy_timeout) const {
    auto const file = file_.string();
    if (file.find('"') != std::string::npos)
        return fail(Code::InvalidArgument, "open the database {}: a quote in the path", file);
    leave_threads_to_us();
    try {
        auto session =
            std::make_unique<soci::session>(soci::sqlite3, fmt::format("dbname=\"{}\"", file));
        auto* const handle = handle_of(*session);
        sqlite_api::sqlite3_extended_result_codes(handle, 1);
        sqlite_api::sqlite3_busy_timeout(handle, static_cast<int>(busy_timeout.count()));
        auto connection = std::make_unique<Connection>(std::move(session), *this);
        for (auto const* const setting :
             {"pragma synchronous = full", "pragma foreign_keys = on",
              use == Use::Read ? "pragma query_only = on" : "pragma query_only = off"})
            TRY_VOID(connection->run(setting));
        return connection;
    } catch (soci::soci_error const& error) {
        return std::unexpected(explain(error).error);
    }
}

Result<> SqliteEngine::check_owner(Connection& connection) const {
    TRY(auto const tables,
        Query(connection,
              "select count(*), coalesce(sum(name = 'schema_version'), 0) from sqlite_master "
              "where type = 'table'")
            .values<long long, long long>());
    auto const [all, ours] = tables.at(0);
    if (all > 0 && ours == 0)
        return fail(Code::Internal, "{} is the database of another program; it is left as it is",
                    file_.string());
    return {};
}

}  // namespace carrel

#include "store/sqlite/sqlite_store.hpp"

#include "store/migrations/migrations.hpp"
#include "store/sql/query.hpp"
#include "store/sql/sql_transaction.hpp"
#include "store/sqlite/log_sync.hpp"
#include "store/sqlite/sqlite_engine.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <vector>

namespace carrel {

namespace {

constexpr int most_tries = 4;
constexpr size_t most_readers = 8;

/// The stores in which this thread is inside a transaction.
thread_local std::vector<void const*> entered_stores;

class Entered {
public:
    explicit Entered(void const* store) { entered_stores.push_back(store); }
    ~Entered() { entered_stores.pop_back(); }
    Entered(Entered const&) = delete;
    Entered& operator=(Entered const&) = delete;
};

class SqliteStore final : public Store {
public:
    SqliteStore(std::unique_ptr<SqliteEngine> engine, std::unique_ptr<Connection> writer,
                std::unique_ptr<LogSync> log, SqliteOptions const& options)
        : engine_(std::move(engine)),
          options_(options),
          writer_(std::move(writer)),
          log_(std::move(log)) {}

protected:
    Result<> transact(Access access, Work const& work) override {
        // Inside one already, a write would wait for itself and a read would see another moment.
        if (std::ranges::find(entered_stores, this) != entered_stores.end())
            return fail(Code::Internal, "begin a transaction: this thread is inside one already");
        Entered const entered(this);
        if (access == Access::Read) {
            TRY(auto const reader, take_reader());
            return persist(*reader, engine_->dialect().begin_read, work);
        }
        TRY(auto const written, commit(work));
        return log_->wait(access == Access::Write ? written.ticket : written.demanded);
    }

private:
    struct Written {
        LogSync::Ticket ticket;
        LogSync::Ticket demanded;
    };

    /// One at a time; the disk is waited for when the next may already write.
    Result<Written> commit(Work const& work) {
        std::scoped_lock const lock(writing_);
        TRY_VOID(log_->check());
        TRY_VOID(persist(*writer_, engine_->dialect().begin_write, work));
        auto const ticket = log_->committed();
        if (writer_->disk_demanded()) demanded_ = ticket;
        return Written{ticket, demanded_};
    }

    /// Tries until no other process is in the way, within reason.
    static Result<> persist(Connection& connection, std::string_view begin, Work const& work) {
        for (int tries = 1;; ++tries) {
            connection.forget_failure();
            connection.forget_demand();
            auto outcome = attempt(connection, begin, work);
            auto const& failure = connection.ended_by();
            bool const busy = !outcome && failure && failure->busy;
            if (!busy || tries == most_tries) return outcome;
        }
    }

    static Result<> attempt(Connection& connection, std::string_view begin, Work const& work) {
        TRY_VOID(run_often(connection, begin));
        Result<> outcome;
        try {
            SqlTransaction transaction(connection);
            outcome = work(transaction);
        } catch (...) {
            roll_back(connection);
            throw;
        }
        // A failure that ended the transaction counts even where the work made light of it.
        if (outcome && connection.ended_by())
            outcome = std::unexpected(connection.ended_by()->error);
        if (outcome) outcome = run_often(connection, "commit");
        if (!outcome) roll_back(connection);
        return outcome;
    }

    /// Prepared once: each transaction begins with the one and ends with the other.
    static Result<> run_often(Connection& connection, std::string_view sql) {
        return done(Query(connection, std::string(sql)).run());
    }

    /// Fails when the engine has rolled back by itself, which is as good.
    static void roll_back(Connection& connection) {
        auto const ended_by = connection.ended_by();
        (void)connection.run("rollback");
        connection.restore_failure(ended_by);
    }

    /// Returns a reader to the pool, also when work throws.
    struct GiveBack {
        SqliteStore* store;
        void operator()(Connection* reader) const {
            store->give_back(std::unique_ptr<Connection>(reader));
        }
    };
    using Reader = std::unique_ptr<Connection, GiveBack>;

    Result<Reader> take_reader() {
        std::unique_lock lock(readers_mutex_);
        readers_free_.wait(lock, [this] { return !idle_.empty() || readers_ < most_readers; });
        if (!idle_.empty()) {
            auto reader = std::move(idle_.back());
            idle_.pop_back();
            return Reader(reader.release(), GiveBack{this});
        }
        ++readers_;
        lock.unlock();
        auto opened = engine_->connect(SqliteEngine::Use::Read, options_.busy_timeout);
        if (!opened) {
            lock.lock();
            --readers_;
            readers_free_.notify_one();
            return std::unexpected(std::move(opened).error());
        }
        return Reader(opened->release(), GiveBack{this});
    }

    void give_back(std::unique_ptr<Connection> reader) {
        std::scoped_lock const lock(readers_mutex_);
        idle_.push_back(std::move(reader));
        readers_free_.notify_one();
    }

    std::unique_ptr<SqliteEngine> engine_;
    SqliteOptions options_;
    std::mutex writing_;
    std::unique_ptr<Connection> writer_;
    std::unique_ptr<LogSync> log_;
    /// Up to here everybody waits for the disk: what is written next may build on it.
    LogSync::Ticket demanded_ = 0;
    std::mutex readers_mutex_;
    std::condition_variable readers_free_;
    std::vector<std::unique_ptr<Connection>> idle_;
    size_t readers_ = 0;
};

Result<> use_write_ahead_log(Connection& connection) {
    TRY(auto const mode, Query(connection, "pragma journal_mode = wal").value<std::string>());
    if (mode != "wal")
        return fail(Code::Internal, "open the database: its disk does not allow a write-ahead log");
    return {};
}

}  // namespace

Result<std::unique_ptr<Store>> open_sqlite_store(std::filesystem::path const& file,
                                                 SqliteOptions const& options) {
    auto engine = std::make_unique<SqliteEngine>(file, options.boot);
    TRY_VOID(engine->prepare_file());
    TRY(auto writer, engine->connect(SqliteEngine::Use::Write, options.busy_timeout));
    TRY_VOID(engine->check_owner(*writer));
    TRY_VOID(use_write_ahead_log(*writer));
    TRY_VOID(migrate(*writer, file.string()));
    if (options.most_pages > 0)
        TRY_VOID(writer->run(fmt::format("pragma max_page_count = {}", options.most_pages)));
    auto log = std::make_unique<LogSync>(options.sync_log);
    if (!options.sync_log) {
        TRY(log, LogSync::of_database(file));
    }
    // From here on commits are synced by `log`; with this setting SQLite does so at checkpoints.
    TRY_VOID(writer->run("pragma synchronous = normal"));
    return std::make_unique<SqliteStore>(std::move(engine), std::move(writer), std::move(log),
                                         options);
}

}  // namespace carrel

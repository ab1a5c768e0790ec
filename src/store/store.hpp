#pragma once

/// The store: everything Carrel must not forget, behind one interface for every database.
///
/// All access is inside a transaction. A read sees one moment; a write is applied whole or not at
/// all, and is on disk when `write` returns. Side effects that must follow a write go into the
/// outbox of the same transaction. The functions given run on the calling thread and block: call
/// from a BlockingPool. A transaction inside another one of the same thread is refused (Internal).
/// Thread-safe. Owned by app/wiring.

#include "base/result.hpp"
#include "store/transaction.hpp"

#include <functional>
#include <optional>
#include <type_traits>

namespace carrel {

class Store {
public:
    virtual ~Store() = default;

    /// Runs `work` in a read-only transaction and returns what it returns.
    /// Unavailable: the database does not answer.
    template <class Function>
    auto read(Function&& work) -> std::invoke_result_t<Function&, Transaction&> {
        return in_transaction(Access::Read, work);
    }

    /// Runs `work` in a transaction that may write. An error from `work`, or an exception, rolls
    /// everything back. Conflict: a uniqueness rule was broken. LimitReached: the disk is full.
    /// `work` may run more than once when another writer was in the way, so it has no other
    /// effects.
    template <class Function>
    auto write(Function&& work) -> std::invoke_result_t<Function&, Transaction&> {
        return in_transaction(Access::Write, work);
    }

    /// As `write`, but returns before it is on disk: it outlives this process at once, and the
    /// machine soon, with the next `write` at the latest; in which order they were written stays.
    /// For what a machine that stops makes untrue anyway, as that a server runs.
    template <class Function>
    auto write_behind(Function&& work) -> std::invoke_result_t<Function&, Transaction&> {
        return in_transaction(Access::WriteBehind, work);
    }

protected:
    enum class Access { Read, Write, WriteBehind };
    using Work = std::function<Result<>(Transaction&)>;
    /// Begins, runs, and commits when `work` succeeds; rolls back otherwise.
    virtual Result<> transact(Access access, Work const& work) = 0;

private:
    template <class Function>
    auto in_transaction(Access access, Function& work)
        -> std::invoke_result_t<Function&, Transaction&> {
        using Outcome = std::invoke_result_t<Function&, Transaction&>;
        std::optional<Outcome> outcome;
        auto done = transact(access, [&](Transaction& transaction) -> Result<> {
            outcome.emplace(work(transaction));
            if (!*outcome) return std::unexpected(outcome->error());
            return {};
        });
        if (!done) return std::unexpected(std::move(done).error());
        return *std::move(outcome);
    }
};

}  // namespace carrel

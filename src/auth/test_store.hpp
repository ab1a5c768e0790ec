#pragma once

/// For tests: a real SQLite store in a folder that goes away with it.

#include "auth/secret.hpp"
#include "base/temporary_folder.hpp"
#include "base/time_text.hpp"
#include "store/sqlite/sqlite_store.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

namespace carrel {

class TestStore {
public:
    TestStore() {
        auto opened = open_sqlite_store(folder() / "carrel.sqlite");
        if (!opened) throw std::runtime_error(opened.error().message);
        store_ = *std::move(opened);
    }
    TestStore(TestStore const&) = delete;
    TestStore& operator=(TestStore const&) = delete;

    Store& operator*() { return *store_; }
    Store* operator->() { return store_.get(); }
    [[nodiscard]] std::filesystem::path const& folder() const { return folder_.path(); }

    /// Runs `work`, which must succeed, in a writing transaction and returns its value.
    template <class Work>
    auto write(Work&& work) {
        auto done = store_->write(std::forward<Work>(work));
        if (!done) throw std::runtime_error(done.error().message);
        if constexpr (!std::is_void_v<typename decltype(done)::value_type>) return *std::move(done);
    }

    User add_user(std::string const& name) {
        User user;
        user.id = UserId("id-of-" + name);
        user.name = name;
        user.display_name = name;
        user.created_at = Time(Seconds(1));
        write([&](Transaction& transaction) { return transaction.users().insert(user); });
        return user;
    }
    template <class Change>
    void change_user(std::string const& name, Change&& change) {
        write([&](Transaction& transaction) -> Result<> {
            TRY(auto user, transaction.users().find_by_name(name));
            change(user);
            return transaction.users().update(user);
        });
    }
    std::vector<Event> events() {
        return write([](Transaction& transaction) { return transaction.events().newest(0, 200); });
    }
    std::vector<OutboxItem> outbox() {
        return write([](Transaction& transaction) {
            return transaction.outbox().due(Time(std::chrono::days(100'000)), 200);
        });
    }

private:
    TemporaryFolder folder_;
    std::unique_ptr<Store> store_;
};

}  // namespace carrel

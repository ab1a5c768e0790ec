#pragma once

/// What every engine of the store must do: the fixture of the contract tests, for tests alone.
///
/// A new engine is a line in `store_engines()`; then all `…Contract` tests run against it.

#include "base/random.hpp"
#include "base/temporary_folder.hpp"
#include "store/sqlite/sqlite_store.hpp"
#include "store/store.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace carrel {

struct StoreEngine {
    std::string name;
    /// Opens the same store each time, as two processes would that run in this boot of a machine.
    std::function<Result<std::unique_ptr<Store>>(std::filesystem::path const& folder,
                                                 std::string const& boot)>
        open;
};

inline std::vector<StoreEngine> store_engines() {
    return {{"Sqlite", [](std::filesystem::path const& folder, std::string const& boot) {
                 return open_sqlite_store(folder / "carrel.sqlite", {.boot = boot});
             }}};
}

inline std::string engine_name(testing::TestParamInfo<StoreEngine> const& info) {
    return info.param.name;
}

inline Time at(long long milliseconds) { return Time(Milliseconds(milliseconds)); }

inline User some_user(std::string const& name) {
    return {.id = UserId("id-" + name),
            .name = name,
            .display_name = "Ada \u00e4\u00f6\u00fc",
            .email = name + "@example.org",
            .password_hash = "$argon2id$",
            .administrator = true,
            .leader = false,
            .disabled = false,
            .language = "de",
            .created_at = at(1'700'000'000'123),
            .last_login_at = std::nullopt};
}

inline Course some_course(std::string const& slug, std::string const& leader = "ada") {
    Course course;
    course.id = CourseId("id-" + slug);
    course.request = {.slug = slug,
                      .name = "Course " + slug,
                      .description = "it's \"quoted\"; line\nline :name \\ %",
                      .starts_at = at(2'000'000),
                      .ends_at = at(9'000'000),
                      .expected_participants = 12,
                      .resources = {0.25, 1.5, 10},
                      .environment = "jupyterlab",
                      .target = "local"};
    course.state_since = at(1000);
    course.requested_by = UserId("id-" + leader);
    course.leaders = {UserId("id-" + leader)};
    course.invitation_code = "code-" + slug;
    course.created_at = at(1000);
    course.updated_at = at(1000);
    return course;
}

class StoreContract : public testing::TestWithParam<StoreEngine> {
protected:
    void SetUp() override { store_ = open(); }

    std::unique_ptr<Store> open(std::string const& boot = "the first") {
        auto opened = GetParam().open(folder_.path(), boot);
        if (!opened) throw std::runtime_error(opened.error().message);
        return std::move(*opened);
    }

    /// Does something that must succeed, in a transaction of its own.
    template <class Work>
    auto write(Work work) {
        auto outcome = store_->write(work);
        if (!outcome) throw std::runtime_error(outcome.error().message);
        if constexpr (!std::is_void_v<typename decltype(outcome)::value_type>) return *outcome;
    }
    template <class Work>
    auto read(Work work) {
        auto outcome = store_->read(work);
        if (!outcome) throw std::runtime_error(outcome.error().message);
        return *outcome;
    }
    /// Does something that must fail, and says how.
    template <class Work>
    Error write_error(Work work) {
        auto outcome = store_->write(work);
        if (outcome) throw std::runtime_error("this should have failed");
        return outcome.error();
    }
    template <class Work>
    Error read_error(Work work) {
        auto outcome = store_->read(work);
        if (outcome) throw std::runtime_error("this should have failed");
        return outcome.error();
    }

    void add_user(std::string const& name) {
        write([&](Transaction& t) { return t.users().insert(some_user(name)); });
    }
    void add_course(Course const& course) {
        write([&](Transaction& t) { return t.courses().insert(course); });
    }

    TemporaryFolder folder_;
    std::unique_ptr<Store> store_;
};

}  // namespace carrel

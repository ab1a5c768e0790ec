#include "deploy/removal/remover.hpp"

#include "runtime/log.hpp"
#include "store/participant_removal.hpp"
#include "store/removal_end.hpp"

#include <algorithm>

namespace carrel {

namespace {

constexpr Milliseconds between_passes{500};
/// A disk that is full is not asked more often.
constexpr Seconds after_problem{10};

}  // namespace

Task<> Remover::run() {
    for (;;) {
        auto const slept = co_await sleep_for(between_passes);
        if (!slept) {
            stopping_ = true;
            co_return slept;
        }
        auto const passed = co_await use_.pool.run([&] { return pass(); });
        if (!passed && passed.error().code == Code::Cancelled) {
            stopping_ = true;
            co_return std::unexpected(passed.error());
        }
        // The next pass does what this one could not.
        if (!passed) log::warn("removals_not_carried_out", {{"cause", passed.error().message}});
    }
}

Result<size_t> Remover::pass() {
    TRY(auto const orders, use_.store.read([](Transaction& transaction) {
        return transaction.removals().unfinished();
    }));
    size_t count = 0;
    auto const now = use_.clock.now();
    for (auto const& order : orders) {
        if (!order.problem.empty() && now < retry_at_) continue;
        auto const done = carry_out(order);
        if (!done) {
            if (done.error().code == Code::Cancelled) return std::unexpected(done.error());
            // One that cannot be carried out keeps no other waiting.
            retry_at_ = now + after_problem;
            TRY_VOID(note_problem(order, done.error()));
            continue;
        }
        if (!*done) continue;
        TRY_VOID(use_.store.write([&](Transaction& transaction) {
            return finish_removal(transaction, order, use_.clock.now());
        }));
        log::info("person_removed",
                  {{"user", order.name}, {"leftovers", name_of(order.leftovers)}});
        ++count;
    }
    return count;
}

Result<bool> Remover::carry_out(Removal const& removal) {
    std::vector<CourseId> courses;
    TRY(bool const at_work, use_.store.read([&](Transaction& transaction) -> Result<bool> {
        TRY(courses, transaction.homes().of_user(removal.user));
        TRY(auto const exports, transaction.exports().of_user(removal.user));
        for (auto const& row : exports)
            if (std::ranges::find(courses, row.course) == courses.end())
                courses.push_back(row.course);
        return is_at_work(transaction, removal, courses);
    }));
    if (at_work) return false;
    if (removal.leftovers == Leftovers::Keep) return true;
    bool all = true;
    for (auto const& course : courses) {
        TRY(bool const done, treat(removal, course));
        all = all && done;
    }
    return all;
}

/// Whoever stops them is the hub.
Result<bool> Remover::is_at_work(Transaction& transaction, Removal const& removal,
                                 std::vector<CourseId> const& courses) {
    for (auto const& course : courses) {
        TRY(auto const servers, transaction.servers().of_user(course, removal.user));
        if (std::ranges::any_of(servers,
                                [](auto const& server) { return !has_ended(server.state); }))
            return true;
    }
    // What the hub has to end it finds by their name, which is theirs as long as that waits.
    constexpr int most_items = 10'000;
    constexpr Time whenever(std::chrono::days(100'000));
    TRY(auto const items, transaction.outbox().due(whenever, most_items));
    return std::ranges::any_of(items, [&](OutboxItem const& item) {
        return item.kind == removal_announcement &&
               item.payload.find(removal.user.value()) != std::string::npos;
    });
}

Result<bool> Remover::treat(Removal const& removal, CourseId const& id) {
    auto const alone = use_.provisioner.changes_to(id);
    std::scoped_lock const lock(*alone);
    Course course;
    HomeKey key;
    TRY_VOID(use_.store.write([&](Transaction& transaction) -> Result<> {
        TRY(course, transaction.courses().find(id));
        TRY(auto const number,
            transaction.homes().number_of(id, removal.user, use_.first_home_number));
        key = {.course = course.request.slug, .user = removal.name, .number = number};
        return {};
    }));
    // It changes the same homes, in an order of its own.
    if (course.state == CourseState::Deploying || course.state == CourseState::Degrading)
        return false;
    if (removal.leftovers == Leftovers::Export) {
        TRY_VOID(export_home(removal, course, key));
    } else {
        TRY_VOID(erase(removal, course, key));
    }
    return true;
}

Result<> Remover::export_home(Removal const& removal, Course const& course, HomeKey const& key) {
    auto const exported = use_.homes.export_home(key, [this] { return stopping_.load(); });
    // Deleted by a pass that did not live to say so, or by the course's end: its export is there.
    if (!exported && exported.error().code == Code::NotFound) return use_.eraser.erase_home(key);
    if (!exported) return std::unexpected(exported.error());
    TRY_VOID(use_.store.write([&](Transaction& transaction) -> Result<> {
        auto const earlier = transaction.exports().find(course.id, removal.user);
        // An empty home never takes the place of work.
        if (earlier && earlier->files > 0 && exported->files == 0) return {};
        auto const now = use_.clock.now();
        return transaction.exports().put({.course = course.id,
                                          .user = removal.user,
                                          .deployment = DeploymentId(""),
                                          .file = exported->file.string(),
                                          .sha256 = exported->sha256,
                                          .bytes = exported->bytes,
                                          .files = exported->files,
                                          .created_at = now,
                                          .verified_at = now});
    }));
    return use_.homes.remove(key, *exported);
}

Result<> Remover::erase(Removal const& removal, Course const& course, HomeKey const& key) {
    TRY_VOID(use_.eraser.erase_home(key));
    std::vector<std::filesystem::path> others;
    TRY_VOID(use_.store.read([&](Transaction& transaction) -> Result<> {
        TRY(auto const rows, transaction.exports().of_course(course.id));
        for (auto const& row : rows)
            if (row.user != removal.user) others.emplace_back(row.file);
        return {};
    }));
    TRY_VOID(use_.eraser.erase_exports(key, others));
    return use_.store.write([&](Transaction& transaction) {
        return transaction.exports().remove(course.id, removal.user);
    });
}

Result<> Remover::note_problem(Removal removal, Error const& error) {
    if (removal.problem == error.message) return {};
    log::error(
        "removal_not_carried_out",
        {{"user", removal.name}, {"cause", error.message}, {"hint", "tried again until it goes"}});
    removal.problem = error.message;
    return use_.store.write(
        [&](Transaction& transaction) { return transaction.removals().update(removal); });
}

}  // namespace carrel

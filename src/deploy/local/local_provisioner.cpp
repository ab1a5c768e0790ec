#include "deploy/local/local_provisioner.hpp"

#include "deploy/transitions.hpp"
#include "runtime/log.hpp"

#include <algorithm>
#include <set>

namespace carrel {

namespace {

std::string people(size_t count) {
    return count == 1 ? "1 person" : fmt::format("{} people", count);
}

/// `sentence` has a place for the people.
Provisioner::Progress progress(fmt::format_string<std::string> sentence, std::string_view step,
                               size_t count) {
    return {.message = fmt::format(sentence, people(count)),
            .detail = fmt::format(R"({{"step":"{}","people":{}}})", step, count)};
}

std::unexpected<Error> superseded(Deployment const& deployment) {
    return fail(Code::Cancelled, "deployment {} does not count any more", deployment.id);
}

VerifiedExport content_of(Export const& row) {
    return {row.file, row.sha256, row.bytes, row.files};
}

}  // namespace

size_t LocalProvisioner::people_of(Homes const& homes) {
    return static_cast<size_t>(
        std::ranges::count_if(homes, [](Home const& home) { return !is_course_folder(home.key); }));
}

Result<Export> LocalProvisioner::find_export(Transaction& transaction, Course const& course,
                                             Home const& home) {
    if (is_course_folder(home.key)) return transaction.exports().find_folder(course.id);
    return transaction.exports().find(course.id, home.user);
}

LocalProvisioner::LocalProvisioner(Store& store, HomeStore& homes, Clock const& clock,
                                   BlockingPool& pool, LocalProvisionerOptions options)
    : store_(store), homes_(homes), clock_(clock), pool_(pool), options_(options) {}

Task<> LocalProvisioner::deploy(Course course, Deployment deployment, Report report) {
    co_return co_await pool_.run([&]() -> Result<> {
        TRY(auto const homes, homes_to_provide(course, deployment));
        size_t restored = 0;
        for (auto const& home : homes) {
            TRY(bool const was_deleted, provide_one(course, deployment, home));
            if (was_deleted && !is_course_folder(home.key)) ++restored;
        }
        if (restored > 0)
            report(progress("the homes of {} came back from their exports", "homes_restored",
                            restored));
        report(progress("the homes of {} are ready", "homes_ready", people_of(homes)));
        return {};
    });
}

Result<bool> LocalProvisioner::provide_one(Course const& course, Deployment const& deployment,
                                           Home const& home) {
    auto const alone = changes_to(course.id);
    std::scoped_lock const lock(*alone);
    TRY_VOID(check_current(deployment));
    bool restored = false;
    if (!home.exported.file.empty()) {
        TRY(restored, homes_.restore(home.key, home.exported, stop_requested(deployment)));
    }
    TRY_VOID(homes_.provide(home.key));
    return restored;
}

/// Work that does not count any more can be in the middle of deleting a home when the next
/// deployment begins. Asking whether it counts and changing a home are one step, so that what is
/// restored or found there stays.
std::shared_ptr<std::mutex> LocalProvisioner::changes_to(CourseId const& course) {
    std::scoped_lock const lock(changing_);
    std::erase_if(changes_, [](auto const& known) { return known.second.expired(); });
    auto changes = changes_[course].lock();
    if (!changes) changes_[course] = changes = std::make_shared<std::mutex>();
    return changes;
}

Task<> LocalProvisioner::degrade(Course course, Deployment deployment, Report report) {
    CO_TRY_VOID(co_await wait_for_servers(course, deployment));
    co_return co_await pool_.run([&]() -> Result<> {
        TRY(auto homes, homes_to_export(course, deployment));
        Homes exported;
        for (auto& home : homes) {
            TRY_VOID(check_current(deployment));
            TRY(bool const there, export_one(course, deployment, home));
            if (!there) continue;
            bool const of_person = !is_course_folder(home.key);
            exported.push_back(std::move(home));
            // Without the name: every participant reads this.
            if (of_person)
                report(progress("the homes of {} are exported and verified", "homes_exported",
                                people_of(exported)));
        }
        // Every home is safe; from here on homes go.
        for (auto const& home : exported) TRY_VOID(remove_one(course, deployment, home));
        TRY_VOID(prove_gone(course));
        report(progress("the homes of {} are deleted", "homes_deleted", people_of(exported)));
        return {};
    });
}

Result<> LocalProvisioner::remove_one(Course const& course, Deployment const& deployment,
                                      Home const& home) {
    auto const alone = changes_to(course.id);
    std::scoped_lock const lock(*alone);
    TRY_VOID(check_current(deployment));
    return homes_.remove(home.key, home.exported);
}

Result<> LocalProvisioner::check_current(Deployment const& deployment) {
    TRY(auto const course, store_.read([&](Transaction& transaction) {
        return find_if_current(transaction, deployment);
    }));
    if (!course) return superseded(deployment);
    return {};
}

Result<LocalProvisioner::Homes> LocalProvisioner::with_names(
    Transaction& transaction, Course const& course, std::vector<UserId> const& users) const {
    TRY(auto const known, transaction.users().find_all(users));
    Homes homes;
    for (auto const& id : users) {
        auto const found = known.find(id);
        if (found == known.end())
            return fail(Code::Internal, "find the owner of a home: there is no user {}", id);
        TRY(auto const number,
            transaction.homes().number_of(course.id, id, options_.first_home_number));
        homes.push_back({id, {course.request.slug, found->second.name, number}, {}});
    }
    std::ranges::sort(homes, {}, [](Home const& home) { return home.key.user; });
    return homes;
}

Result<LocalProvisioner::Homes> LocalProvisioner::homes_to_provide(Course const& course,
                                                                   Deployment const& deployment) {
    return store_.write([&](Transaction& transaction) -> Result<Homes> {
        // Leaders and admissions as they are now, not as they were when the work was given out.
        TRY(auto const current, find_if_current(transaction, deployment));
        if (!current) return superseded(deployment);
        std::set<UserId> users(current->leaders.begin(), current->leaders.end());
        constexpr int page_size = 200;
        for (Page page{page_size, ""};;) {
            TRY(auto const accepted,
                transaction.applications().of_course(course.id, ApplicationState::Accepted, page));
            for (auto const& application : accepted) users.insert(application.user);
            if (accepted.size() < page_size) break;
            page.after = accepted.back().user.value();
        }
        // Also of people who left the course: nobody's work is lost by the next degrade.
        TRY(auto const exports, transaction.exports().of_course(course.id));
        for (auto const& row : exports) users.insert(row.user);
        // But not of whoever is removed from the installation: those stay archives.
        std::erase_if(users, [&](UserId const& user) {
            auto const removal = transaction.removals().find(user);
            return removal && removal->leftovers != Leftovers::Keep;
        });
        TRY(auto homes, with_names(transaction, course, {users.begin(), users.end()}));
        for (auto& home : homes)
            for (auto const& row : exports)
                if (row.user == home.user) home.exported = content_of(row);
        Home folder{.user = {}, .key = course_folder_of(course.request.slug), .exported = {}};
        auto const exported = transaction.exports().find_folder(course.id);
        if (!exported && exported.error().code != Code::NotFound)
            return std::unexpected(exported.error());
        if (exported) folder.exported = content_of(*exported);
        homes.push_back(std::move(folder));
        return homes;
    });
}

Result<LocalProvisioner::Homes> LocalProvisioner::homes_to_export(Course const& course,
                                                                  Deployment const& deployment) {
    TRY(auto const there, homes_.left_of(course.request.slug));
    return store_.write([&](Transaction& transaction) -> Result<Homes> {
        TRY(auto const current, find_if_current(transaction, deployment));
        if (!current) return superseded(deployment);
        TRY(auto users, transaction.homes().of_course(course.id));
        // Also those of which the store has forgotten that they were made: `Homes::number_of`.
        for (auto const& name : there) {
            auto const owner = transaction.users().find_by_name(name);
            if (!owner && owner.error().code != Code::NotFound)
                return std::unexpected(owner.error());
            if (owner && std::ranges::find(users, owner->id) == users.end())
                users.push_back(owner->id);
        }
        // Whoever is removed from the installation has no home any more; see `Remover`.
        std::erase_if(users, [&](UserId const& user) {
            auto const removal = transaction.removals().find(user);
            return removal && removal->leftovers != Leftovers::Keep && removal->finished_at;
        });
        TRY(auto homes, with_names(transaction, course, users));
        homes.push_back({{}, course_folder_of(course.request.slug), {}});
        return homes;
    });
}

Result<std::vector<std::string>> LocalProvisioner::names_of_running(Course const& course) {
    return store_.read([&](Transaction& transaction) -> Result<std::vector<std::string>> {
        TRY(auto const servers, transaction.servers().of_course(course.id));
        std::vector<UserId> ids;
        for (auto const& server : servers)
            if (!has_ended(server.state)) ids.push_back(server.user);
        TRY(auto const users, transaction.users().find_all(ids));
        std::vector<std::string> names;
        for (auto const& [id, user] : users) names.push_back(user.name);
        std::ranges::sort(names);
        return names;
    });
}

/// The hub stops them: it sees that the course is degrading.
Task<> LocalProvisioner::wait_for_servers(Course const& course, Deployment const& deployment) {
    // Earlier than the dispatcher gives up, so that the reason names who is still at work.
    auto const half = deployment.started_at + (deployment.deadline - deployment.started_at) / 2;
    auto const until = std::min(half, deployment.started_at + options_.stop_servers_within);
    for (;;) {
        CO_TRY_VOID(co_await pool_.run([&] { return check_current(deployment); }));
        CO_TRY(auto const running, co_await pool_.run([&] { return names_of_running(course); }));
        if (running.empty()) co_return Result<>();
        if (clock_.now() >= until)
            co_return fail(Code::Timeout, "wait for the servers to stop: still running: {}",
                           fmt::join(running, ", "));
        CO_TRY_VOID(co_await sleep_for(options_.look_every));
    }
}

std::function<bool()> LocalProvisioner::stop_requested(Deployment const& deployment) {
    return [this, deployment, asked_at = std::chrono::steady_clock::now()]() mutable {
        auto const now = std::chrono::steady_clock::now();
        if (now - asked_at < Milliseconds(500)) return false;
        asked_at = now;
        if (clock_.now() >= deployment.deadline) return true;
        auto const current = check_current(deployment);
        return !current && current.error().code == Code::Cancelled;
    };
}

Result<bool> LocalProvisioner::export_one(Course const& course, Deployment const& deployment,
                                          Home& home) {
    // Somebody who is removed from the installation may be exported, too, by `Remover`.
    auto const alone = changes_to(course.id);
    std::scoped_lock const lock(*alone);
    auto exported = homes_.export_home(home.key, stop_requested(deployment));
    if (!exported && exported.error().code == Code::NotFound)
        return keep_earlier_export(course, home);
    if (!exported) return std::unexpected(std::move(exported).error());
    home.exported = *std::move(exported);
    TRY_VOID(record_export(course, deployment, home));
    return true;
}

/// An earlier run exported this home and deleted it; or there never was one.
Result<bool> LocalProvisioner::keep_earlier_export(Course const& course, Home& home) {
    auto const earlier = store_.read(
        [&](Transaction& transaction) { return find_export(transaction, course, home); });
    if (!earlier && earlier.error().code == Code::NotFound) return false;
    if (!earlier) return std::unexpected(earlier.error());
    if (auto intact = homes_.verify(earlier->file, earlier->sha256); !intact)
        return std::unexpected(
            intact.error().wrapped(fmt::format("keep the export of {}", name_of(home.key))));
    home.exported = content_of(*earlier);
    return true;
}

Result<> LocalProvisioner::record_export(Course const& course, Deployment const& deployment,
                                         Home& home) {
    return store_.write([&](Transaction& transaction) -> Result<> {
        TRY(auto const current, find_if_current(transaction, deployment));
        if (!current) return superseded(deployment);
        // What is worth downloading is work: an empty home never takes the place of some.
        auto const earlier = find_export(transaction, course, home);
        if (earlier && earlier->files > 0 && home.exported.files == 0) return {};
        auto const now = clock_.now();
        Export row;
        row.course = course.id;
        row.user = home.user;
        row.deployment = deployment.id;
        row.file = home.exported.file;
        row.sha256 = home.exported.sha256;
        row.bytes = home.exported.bytes;
        row.files = home.exported.files;
        row.created_at = now;
        row.verified_at = now;
        bool const folder = is_course_folder(home.key);
        TRY_VOID(folder ? transaction.exports().put_folder(row) : transaction.exports().put(row));
        if (earlier && earlier->sha256 == row.sha256) return {};  // told already
        Event event;
        event.at = now;
        event.kind = folder ? "folder_exported" : "home_exported";
        event.course = course.id;
        event.subject = folder ? "" : home.key.user;
        event.message =
            fmt::format("{} is exported: {} files",
                        folder ? "the course folder" : fmt::format("the home of {}", home.key.user),
                        home.exported.files);
        event.detail = fmt::format(R"({{"bytes":{},"files":{},"sha256":"{}"}})",
                                   home.exported.bytes, home.exported.files, home.exported.sha256);
        TRY_VOID(transaction.events().append(event));
        return {};
    });
}

Result<> LocalProvisioner::prove_gone(Course const& course) {
    TRY(auto left, homes_.left_of(course.request.slug));
    std::ranges::replace(left, course_folder_of(course.request.slug).user, "the course folder");
    if (!left.empty())
        return fail(Code::Conflict, "delete the homes: still there: {}", fmt::join(left, ", "));
    return {};
}

}  // namespace carrel

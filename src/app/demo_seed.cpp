#include "app/demo_seed.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <string>
#include <vector>

namespace carrel {

namespace {

struct Person {
    std::string name;
    std::string display_name;
    std::string role;  // for the printed line
    bool administrator = false;
    bool leader = false;
    std::string password = {};
    UserId id = {};
};

std::vector<Person> people() {
    return {{"admin", "Ada Administrator", "administrator", true, false},
            {"lea", "Lea Leader", "course leader", false, true},
            {"pat", "Pat Participant", "participant", false, false}};
}

Result<> write_logins(std::filesystem::path const& file, std::vector<Person> const& all) {
    std::string text = "Log in as:\n";
    for (auto const& person : all)
        text += fmt::format("  {:<6} {}   ({})\n", person.name, person.password, person.role);
    int const descriptor = ::open(file.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    if (descriptor < 0) return fail_errno("write {}", file.string());
    bool const written =
        ::write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    ::close(descriptor);
    if (!written) return fail(Code::LimitReached, "write {}: the disk is full", file.string());
    return {};
}

Result<Course> demo_course(Random& random, Time now, CourseLimits const& limits,
                           Person const& leader) {
    if (limits.environments.empty())
        return fail(Code::InvalidArgument,
                    "no environment is configured, so there is nothing that servers could run");
    Course course;
    course.id = CourseId(random.uuid());
    course.request = {
        .slug = "first-steps",
        .name = "First steps",
        .description = "A small course to look around in. It has no end: a standing hub.",
        .starts_at = now,
        .expected_participants = 25,
        .environment = limits.environments.front()};
    course.state = CourseState::Accepted;
    course.state_since = course.created_at = course.updated_at = now;
    course.requested_by = leader.id;
    course.leaders = {leader.id};
    course.invitation_code = random.secret(18);
    return course;
}

Result<> insert_all(Transaction& transaction, std::vector<Person> const& all,
                    PasswordHasher const& passwords, Course const& course, Time now) {
    for (auto const& person : all) {
        TRY(auto hash, passwords.hash(person.password));
        TRY_VOID(transaction.users().insert({.id = person.id,
                                             .name = person.name,
                                             .display_name = person.display_name,
                                             .password_hash = std::move(hash),
                                             .administrator = person.administrator,
                                             .leader = person.leader,
                                             .created_at = now}));
    }
    TRY_VOID(transaction.courses().insert(course));
    TRY_VOID(transaction.applications().insert({.course = course.id,
                                                .user = all.back().id,
                                                .state = ApplicationState::Accepted,
                                                .applied_at = now,
                                                .decided_at = now,
                                                .decided_by = course.requested_by}));
    TRY_VOID(transaction.events().append({.at = now,
                                          .kind = "course_accepted",
                                          .course = course.id,
                                          .message = "Made as a demo course"}));
    return {};
}

}  // namespace

Result<> seed_demo(Store& store, PasswordHasher const& passwords, Random& random, Time now,
                   CourseLimits const& limits, std::filesystem::path const& logins) {
    TRY(auto const users,
        store.read([](Transaction& transaction) { return transaction.users().count(); }));
    if (users > 0) return {};
    auto all = people();
    for (auto& person : all) {
        person.id = UserId(random.uuid());
        person.password = random.secret(9);
    }
    TRY(auto const course, demo_course(random, now, limits, all[1]));
    // The file first: log-ins that nobody can read would be worse than a file for nobody.
    TRY_VOID(write_logins(logins, all));
    return store.write([&](Transaction& transaction) {
        return insert_all(transaction, all, passwords, course, now);
    });
}

}  // namespace carrel

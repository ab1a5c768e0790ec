#include "app/first_steps.hpp"

#include "base/text.hpp"
#include "domain/common_password.hpp"
#include "runtime/log.hpp"

#include <fstream>

namespace carrel {

namespace {

std::string variable(FirstSteps const& steps, std::string const& name) {
    auto const found = steps.variables.find(name);
    return found == steps.variables.end() ? "" : found->second;
}

Result<std::string> password_of(FirstSteps const& steps) {
    auto const path = variable(steps, "CARREL_ADMIN_PASSWORD_FILE");
    if (path.empty()) {
        auto password = variable(steps, "CARREL_ADMIN_PASSWORD");
        if (password.empty())
            return fail(Code::InvalidArgument,
                        "CARREL_ADMIN_NAME names the first administrator, so "
                        "CARREL_ADMIN_PASSWORD or CARREL_ADMIN_PASSWORD_FILE says the password");
        return password;
    }
    std::ifstream file(path);
    std::string password;
    if (!std::getline(file, password))
        return fail(Code::InvalidArgument, "CARREL_ADMIN_PASSWORD_FILE: {} cannot be read", path);
    return std::string(trimmed(password));
}

Result<User> administrator(PasswordHasher const& passwords, Random& random, Time now,
                           FirstSteps const& steps) {
    auto const wrong = [](Error const& error) { return error.wrapped("CARREL_ADMIN_NAME"); };
    auto const name = parse_user_name(variable(steps, "CARREL_ADMIN_NAME"));
    if (!name) return std::unexpected(wrong(name.error()));
    if (auto const fit = check_new_name(*name, Chooser::Operator); !fit)
        return std::unexpected(wrong(fit.error()));
    TRY(auto const password, password_of(steps));
    if (auto const fit = check_password(password, *name); !fit)
        return std::unexpected(fit.error().wrapped("CARREL_ADMIN_PASSWORD"));
    TRY(auto hash, passwords.hash(password));
    return User{.id = UserId(random.uuid()),
                .name = *name,
                .display_name = *name,
                .password_hash = std::move(hash),
                .administrator = true,
                .leader = true,
                .created_at = now};
}

Result<bool> wants_shared_folder(FirstSteps const& steps) {
    auto const answer = variable(steps, "CARREL_SHARED_FOLDER");
    if (answer == "yes") return true;
    if (answer.empty() || answer == "no") return false;
    return fail(Code::InvalidArgument, "CARREL_SHARED_FOLDER: it is yes or no");
}

Course standing_hub(User const& leader, bool shared_folder, Random& random, Time now,
                    FirstSteps const& steps) {
    auto const& limits = steps.limits;
    Course course;
    course.id = CourseId(random.uuid());
    course.request = {.slug = steps.root_course,
                      .name = "Hub",
                      .description = "",
                      .starts_at = now,
                      .expected_participants = limits.most_participants,
                      .resources = {.cpu = limits.cpu.usual,
                                    .memory_gib = limits.memory_gib.usual,
                                    .storage_gib = limits.storage_gib.usual},
                      .environment = limits.environments.front(),
                      .shared_folder = shared_folder};
    course.state = CourseState::Accepted;
    course.state_since = course.created_at = course.updated_at = now;
    course.requested_by = leader.id;
    course.leaders = {leader.id};
    course.invitation_code = random.secret(18);
    return course;
}

}  // namespace

Result<> take_first_steps(Store& store, PasswordHasher const& passwords, Random& random, Time now,
                          FirstSteps const& steps) {
    if (variable(steps, "CARREL_ADMIN_NAME").empty()) return {};
    TRY(auto const users,
        store.read([](Transaction& transaction) { return transaction.users().count(); }));
    if (users > 0) return {};
    TRY(auto const first, administrator(passwords, random, now, steps));
    TRY(bool const shared_folder, wants_shared_folder(steps));
    TRY_VOID(store.write([&](Transaction& transaction) -> Result<> {
        TRY_VOID(transaction.users().insert(first));
        TRY_VOID(transaction.events().append({.at = now,
                                              .kind = "user_created",
                                              .subject = first.name,
                                              .message = "The first administrator"}));
        if (steps.root_course.empty() || steps.limits.environments.empty()) return {};
        auto const course = standing_hub(first, shared_folder, random, now, steps);
        TRY_VOID(transaction.courses().insert(course));
        TRY_VOID(transaction.events().append({.at = now,
                                              .kind = "course_accepted",
                                              .course = course.id,
                                              .message = "Made with the platform"}));
        return {};
    }));
    log::info("first_administrator", {{"name", first.name}});
    return {};
}

}  // namespace carrel

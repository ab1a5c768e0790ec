#include "auth/directory/directories.hpp"

#include "auth/access/access_policy.hpp"
#include "auth/provider/accounts.hpp"
#include "auth/provider/login_failure.hpp"
#include "auth/provider/refused_arrival.hpp"
#include "base/text.hpp"
#include "runtime/log.hpp"

#include <algorithm>

namespace carrel {

namespace {

constexpr size_t threads = 8;

bool is_wrong(Error const& error) {
    return error.code == Code::Unauthenticated && error.field.empty();
}

std::unexpected<Error> wrong() {
    return fail(Code::Unauthenticated, "the user name or the password is wrong");
}

/// The log has the cause, people a sentence. What was typed is in neither.
Error explained(ProviderSettings const& settings, Error const& error) {
    auto const problem = login_problem_of(error);
    auto const level = error.code == Code::Unavailable ? log::Level::Warn : log::Level::Info;
    log::write(level, "directory_login_failed",
               {{"login", settings.name}, {"problem", problem}, {"cause", error.message}});
    // That already says who may be asked.
    if (is_refusal(error)) return error;
    return {error.code, directory_sentence(problem, settings.title), std::string(problem)};
}

}  // namespace

std::string directory_sentence(std::string_view problem, std::string_view title) {
    auto const say = [&](fmt::string_view sentence) {
        return fmt::format(fmt::runtime(sentence), title);
    };
    if (problem == "unavailable") return say("{} does not answer; try again in a moment");
    if (problem == "busy") return say("too many log in with {} at this moment; try again soon");
    if (problem == "misconfigured" || problem == "untrusted")
        return say("logging in with {} is not set up correctly; the operator's log says why");
    if (problem == "refused") return say("{} does not let you in");
    if (problem == "password_expired")
        return say("your password for {} has expired; change it there, then log in");
    if (problem == "account_expired") return say("your account for {} has expired");
    if (problem == "not_allowed") return say("your {} is in none of the groups that are let in");
    if (problem == "sign_up_closed")
        return say("you have no account here yet, and {} makes none; use an invitation link");
    if (problem == "name_taken")
        return say(
            "somebody here has this user name already; if that is you, log in with your "
            "password of here and join {} in your profile");
    if (problem == "name_unusable" || problem == "name_reserved" || problem == "name_missing")
        return say(
            "no user name for here can be made of your {}; ask the operators for an account "
            "and join it in your profile");
    if (problem == "disabled") return "your account here is disabled";
    if (problem == "joined_elsewhere") return say("this {} belongs to another account here");
    if (problem == "joined_already")
        return say("another {} is joined to your account; part that one first");
    return "something went wrong here; try again in a moment";
}

Directories::Directories(Store& store, Clock const& clock, Random& random,
                         std::vector<std::unique_ptr<Directory>> directories, AccessPolicy* access)
    : store_(store),
      clock_(clock),
      random_(random),
      directories_(std::move(directories)),
      access_(access),
      join_limit_(clock, {}),
      pool_(threads) {}

std::vector<ProviderSettings const*> Directories::offered() const {
    std::vector<ProviderSettings const*> all;
    for (auto const& each : directories_) all.push_back(&each->settings());
    return all;
}

std::string Directories::titles() const {
    std::vector<std::string> titles;
    for (auto const& each : directories_) titles.push_back(each->settings().title);
    return fmt::format("{}", fmt::join(titles, " / "));
}

bool Directories::has(std::string_view login) const {
    return std::ranges::any_of(directories_,
                               [&](auto const& each) { return each->settings().name == login; });
}

Result<User> Directories::admit(Directory const& directory, ProviderPerson const& person,
                                std::optional<UserId> joining, std::string_view invitation) {
    UserId const fresh(random_.uuid());
    auto user = store_.write([&](Transaction& transaction) {
        bool const invited =
            !invitation.empty() && transaction.courses().find_by_invitation(invitation).has_value();
        return admit_from_provider(transaction, {.settings = directory.settings(),
                                                 .person = person,
                                                 .joining = joining,
                                                 .invited = invited,
                                                 .fresh = fresh,
                                                 .now = clock_.now(),
                                                 .access = access_});
    });
    if (!user)
        note_refused_arrival(store_, access_, directory.settings(), person, user.error(),
                             clock_.now());
    return user;
}

Result<User> Directories::log_in(DirectoryQuestion const& question, std::string_view invitation) {
    std::optional<Error> problem;
    for (auto const& directory : directories_) {
        auto const person = directory->check(question);
        auto const user = person ? admit(*directory, *person, {}, invitation)
                                 : Result<User>(std::unexpected(person.error()));
        if (user) {
            log::info("directory_login",
                      {{"login", directory->settings().name}, {"user", user->name}});
            return user;
        }
        if (is_wrong(user.error())) continue;
        auto const told = explained(directory->settings(), user.error());
        if (!problem) problem = told;
    }
    if (problem) return std::unexpected(*problem);
    return wrong();
}

Result<> Directories::confirm(User const& user, DirectoryQuestion const& question) {
    TRY(auto const joined, store_.read([&](Transaction& transaction) {
        return transaction.login_identities().of_user(user.id);
    }));
    std::optional<Error> problem;
    for (auto const& directory : directories_) {
        auto const& settings = directory->settings();
        auto const identity = std::ranges::find(joined, settings.name, &LoginIdentity::login);
        if (identity == joined.end() || identity->shown.empty()) continue;
        auto asked = question;
        asked.username = identity->shown;
        auto const person = directory->check(asked);
        if (person && person->subject == identity->subject) return {};
        if (person || is_wrong(person.error())) continue;
        problem = explained(settings, person.error());
    }
    if (problem) return std::unexpected(*problem);
    return wrong();
}

Result<> Directories::join(std::string_view login, DirectoryQuestion const& question,
                           User const& user) {
    auto const found = std::ranges::find_if(
        directories_, [&](auto const& each) { return each->settings().name == login; });
    if (found == directories_.end()) return fail(Code::NotFound, "there is no such log-in");
    auto const& directory = **found;
    LoginTry const attempt{.name = user.name, .address = question.address};
    if (auto const refusal = join_limit_.take(attempt))
        return fail(Code::LimitReached, "too many failed logins; try again in {} seconds",
                    refusal->wait.count());
    auto const person = (*found)->check(question);
    if (!person && is_wrong(person.error())) return std::unexpected(person.error());
    if (!person) return std::unexpected(explained(directory.settings(), person.error()));
    join_limit_.succeeded(attempt);
    auto const joined = admit(directory, *person, user.id, {});
    if (!joined) return std::unexpected(explained(directory.settings(), joined.error()));
    return {};
}

}  // namespace carrel

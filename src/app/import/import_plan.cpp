#include "app/import/import_plan.hpp"

#include "app/import/import_groups.hpp"
#include "base/text.hpp"
#include "domain/lifecycle.hpp"

#include <algorithm>
#include <tuple>

namespace carrel {

namespace {

Result<std::string> name_here(std::string const& old_name, NewNames const& names) {
    auto const given = names.find(old_name);
    // What a person typed with a space around is one name in Carrel; in JupyterHub it is another.
    if (given == names.end() && trimmed(old_name) != old_name)
        return fail(Code::InvalidArgument, "the name begins or ends with a space");
    TRY(auto name, parse_user_name(given == names.end() ? old_name : given->second));
    TRY_VOID(check_new_name(name, Chooser::Operator));
    return name;
}

/// Those who share a name are all left out: nobody knows whose account it would be.
void separate(ImportPlan& plan) {
    std::ranges::sort(plan.people, {}, [](ImportedPerson const& person) {
        return std::tie(person.name, person.old_name);
    });
    std::vector<ImportedPerson> kept;
    for (auto first = plan.people.begin(); first != plan.people.end();) {
        auto const last = std::find_if(first, plan.people.end(), [&](auto const& person) {
            return person.name != first->name;
        });
        if (last - first == 1) {
            kept.push_back(std::move(*first));
        } else {
            for (auto const& person : std::ranges::subrange(first, last))
                plan.left_out.push_back(
                    {person.old_name,
                     fmt::format("{} people would be called {}", last - first, person.name)});
        }
        first = last;
    }
    plan.people = std::move(kept);
}

Result<Decision> decide(Transaction& transaction, Course const& course,
                        ImportedPerson const& person, Admins admins) {
    Decision decision{.person = person};
    bool leads = false;
    bool governs = false;
    auto const user = transaction.users().find_by_name(person.name);
    if (!user && user.error().code != Code::NotFound) return std::unexpected(user.error());
    if (user) {
        decision.step = Step::Admit;
        decision.disabled = user->disabled;
        decision.lacks_password = user->password_hash.empty();
        governs = user->administrator;
        leads = course.led_by(user->id);
        auto const application = transaction.applications().find(course.id, user->id);
        if (!application && application.error().code != Code::NotFound)
            return std::unexpected(application.error());
        if (leads || (application && application->state == ApplicationState::Accepted))
            decision.step = Step::LeaveAsIs;
        else if (application && application->state == ApplicationState::Rejected)
            decision.step = Step::LeaveRejected;
    }
    bool const promoted = person.admin && decision.step != Step::LeaveRejected;
    decision.becomes_leader = promoted && admins == Admins::Leaders && !leads;
    decision.becomes_administrator = promoted && admins == Admins::Administrators && !governs;
    return decision;
}

/// The limit is what the leader asked for: the machine was sized for it.
Result<> check_room(Transaction& transaction, ImportOutcome const& outcome) {
    TRY(auto counts, transaction.applications().count(outcome.course.id));
    auto const coming = std::ranges::count_if(outcome.decisions, &Decision::is_admitted);
    auto const room = outcome.course.request.expected_participants;
    auto const present = counts[ApplicationState::Accepted];
    if (coming == 0 || present + coming <= room) return {};
    return fail(Code::Conflict,
                "the course was requested for {} participants; it has {} and {} more would come",
                room, present, coming);
}

Result<UserId> make_account(Transaction& transaction, ImportedPerson const& person,
                            std::string const& hash, Random& random, Time now) {
    User const user{.id = UserId(random.uuid()),
                    .name = person.name,
                    .display_name = person.name,
                    .password_hash = hash,
                    .created_at = person.created.value_or(now),
                    .last_login_at = person.last_activity};
    TRY_VOID(transaction.users().insert(user));
    TRY_VOID(transaction.events().append(
        {.at = now,
         .kind = "user_created",
         .subject = user.name,
         .message = person.old_name == user.name
                        ? "Imported from JupyterHub"
                        : fmt::format("Imported from JupyterHub, where the name was {}",
                                      for_log(person.old_name, 255))}));
    return user.id;
}

Result<> admit(Transaction& transaction, Course const& course, UserId const& user, Time now) {
    auto application = transaction.applications().find(course.id, user);
    if (!application && application.error().code != Code::NotFound)
        return std::unexpected(application.error());
    if (!application)
        return transaction.applications().insert({.course = course.id,
                                                  .user = user,
                                                  .state = ApplicationState::Accepted,
                                                  .applied_at = now,
                                                  .decided_at = now});
    application->state = ApplicationState::Accepted;
    application->decided_at = now;
    return transaction.applications().update(*application);
}

/// A new account, an old one that gets a password or a role, or nothing at all.
Result<UserId> put_account(Transaction& transaction, Decision const& decision,
                           std::string const& hash, Random& random, Time now) {
    if (decision.step == Step::MakeAccount) {
        TRY_VOID(make_account(transaction, decision.person, hash, random, now));
    }
    TRY(auto user, transaction.users().find_by_name(decision.person.name));
    bool const sets_password = !hash.empty() && user.password_hash.empty();
    if (sets_password) user.password_hash = hash;
    if (decision.becomes_administrator) user.administrator = true;
    if (!sets_password && !decision.becomes_administrator) return user.id;
    TRY_VOID(transaction.users().update(user));
    TRY_VOID(transaction.events().append({.at = now,
                                          .kind = "user_changed",
                                          .subject = user.name,
                                          .message = decision.becomes_administrator
                                                         ? "Made an administrator by the import"
                                                         : "Password set by the import"}));
    return user.id;
}

}  // namespace

Result<NewNames> parse_new_names(std::string_view text) {
    NewNames names;
    int number = 0;
    for (auto line : split(text, '\n')) {
        ++number;
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (trimmed(line).empty() || line.starts_with('#')) continue;
        auto const comma = line.rfind(',');
        if (comma == std::string_view::npos)
            return fail(Code::InvalidArgument, "line {}: write \"name in JupyterHub,new-name\"",
                        number);
        auto const name = parse_user_name(line.substr(comma + 1));
        if (!name) return fail(Code::InvalidArgument, "line {}: {}", number, name.error().message);
        if (!names.emplace(line.substr(0, comma), *name).second)
            return fail(Code::InvalidArgument, "line {}: this name is there twice", number);
    }
    return names;
}

Result<ImportPlan> plan_import(JupyterHubContents const& contents, NewNames const& names) {
    auto unused = names;
    ImportPlan plan;
    for (auto const& user : contents.users) {
        unused.erase(user.name);
        auto name = name_here(user.name, names);
        if (!name) {
            plan.left_out.push_back({user.name, std::move(name).error().message});
            continue;
        }
        plan.people.push_back({.old_name = user.name,
                               .name = *std::move(name),
                               .admin = user.admin,
                               .created = user.created,
                               .last_activity = user.last_activity});
    }
    if (!unused.empty())
        return fail(Code::InvalidArgument, "nobody in that JupyterHub is called '{}'",
                    for_log(unused.begin()->first, 255));
    separate(plan);
    std::ranges::sort(plan.left_out, {}, &LeftOut::old_name);
    plan.groups = plan_groups(contents.groups, plan.people);
    return plan;
}

Result<ImportOutcome> look(Transaction& transaction, ImportPlan const& plan, std::string_view slug,
                           Admins admins) {
    auto course = transaction.courses().find_by_slug(slug);
    if (!course && course.error().code == Code::NotFound)
        return fail(Code::NotFound, "there is no course '{}'", for_log(slug, 63));
    if (!course) return std::unexpected(std::move(course).error());
    ImportOutcome outcome{.course = *std::move(course)};
    // Whoever has the machine may do what an administrator may.
    if (!permitted(outcome.course, Action::Admit, {.administrator = true}, {}))
        return fail(Code::Conflict, "the course takes nobody in while it is {}",
                    name_of(outcome.course.state));
    for (auto const& person : plan.people) {
        TRY(auto decision, decide(transaction, outcome.course, person, admins));
        outcome.decisions.push_back(std::move(decision));
    }
    TRY_VOID(check_room(transaction, outcome));
    TRY(outcome.groups,
        look_at_groups(transaction, outcome.course, plan.groups, outcome.decisions));
    return outcome;
}

Result<> apply(Transaction& transaction, ImportOutcome const& outcome,
               std::map<std::string, std::string> const& hashes, Random& random, Time now) {
    auto course = outcome.course;
    long long admitted = 0;
    for (auto const& decision : outcome.decisions) {
        auto const hash = hashes.find(decision.person.name);
        TRY(auto const user, put_account(transaction, decision,
                                         hash == hashes.end() ? "" : hash->second, random, now));
        if (decision.is_admitted()) {
            TRY_VOID(admit(transaction, course, user, now));
            ++admitted;
        }
        if (decision.becomes_leader) course.leaders.push_back(user);
    }
    if (course.leaders != outcome.course.leaders) {
        course.updated_at = now;
        TRY_VOID(transaction.courses().update(course));
    }
    TRY_VOID(apply_groups(transaction, course, outcome.groups, now));
    if (admitted == 0) return {};
    TRY_VOID(transaction.events().append(
        {.at = now,
         .kind = "participants_imported",
         .course = course.id,
         .message = fmt::format("{} people were imported from JupyterHub", admitted)}));
    return {};
}

}  // namespace carrel

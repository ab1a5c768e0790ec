#include "auth/access/access_policy.hpp"

#include "auth/group_lines.hpp"
#include "auth/logins.hpp"
#include "auth/provider/user_name.hpp"
#include "base/encoding.hpp"
#include "base/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace carrel {

namespace {

constexpr std::string_view version_key = "access_version";
constexpr size_t longest_group = 200;

AccessLists lists_of(std::vector<AccessEntry> const& entries) {
    AccessLists lists;
    for (auto const& entry : entries) lists.add(entry.list, entry.value);
    return lists;
}

Result<> note(Transaction& transaction, Time now, std::string_view kind, std::string const& name,
              std::string message, nlohmann::json const& detail) {
    Event event;
    event.at = now;
    event.kind = kind;
    event.subject = name;
    event.message = std::move(message);
    event.detail = detail.dump();
    TRY_VOID(transaction.events().append(event));
    return {};
}

/// One role: true when it has changed.
bool bring_up_to_date(bool& role, bool& by_list, bool listed) {
    if (listed && !role) {
        role = by_list = true;
        return true;
    }
    if (listed || !by_list) return false;
    by_list = false;
    return std::exchange(role, false);
}

/// Whether a provider gives it, too, who has not had to say so while a list did.
Result<bool> provider_gives(Transaction& transaction, User const& user,
                            bool LoginIdentity::* role) {
    TRY(auto const identities, transaction.login_identities().of_user(user.id));
    return std::ranges::any_of(identities, [&](auto const& each) { return each.*role; });
}

}  // namespace

bool is_refusal(Error const& error) {
    return error.code == Code::PermissionDenied && (error.field == name_of(Admission::Denied) ||
                                                    error.field == name_of(Admission::NotListed));
}

Result<std::string> access_version(Transaction& transaction) {
    TRY(auto const version, transaction.settings().get(version_key));
    return version.value_or("");
}

Result<> announce_access_change(Transaction& transaction) {
    TRY(auto const version, access_version(transaction));
    auto const next = parse_whole(version).value_or(0) + 1;
    return transaction.settings().set(version_key, std::to_string(next));
}

Result<std::string> access_value(AccessList list, std::string_view text,
                                 std::span<std::string const> domains) {
    auto const value = trimmed(text);
    if (!has_groups(list)) {
        auto name = plain_user_name(value, domains);
        if (!name)
            return fail_field("value", "'{}' is no user name: {}", for_log(value, 80),
                              name.error().message);
        return name;
    }
    bool const good = !value.empty() && value.size() <= longest_group && is_printable_utf8(value) &&
                      value.find_first_of("\r\n\t") == std::string_view::npos;
    if (!good) return fail_field("value", "a group has 1 to {} bytes, in one line", longest_group);
    return std::string(value);
}

void AccessPolicy::set_file(AccessLists lists) {
    std::scoped_lock const lock(mutex_);
    file_ = std::move(lists);
    together_.reset();
}

AccessLists AccessPolicy::file() const {
    std::scoped_lock const lock(mutex_);
    return file_;
}

Result<std::shared_ptr<AccessLists const>> AccessPolicy::lists(Transaction& transaction) {
    TRY(auto const version, access_version(transaction));
    {
        std::scoped_lock const lock(mutex_);
        if (together_ && stored_version_ == version) return together_;
    }
    TRY(auto const entries, transaction.access_entries().all());
    std::scoped_lock const lock(mutex_);
    stored_ = lists_of(entries);
    stored_version_ = version;
    AccessLists all = options_.configured;
    all.add_all(file_);
    all.add_all(stored_);
    together_ = std::make_shared<AccessLists const>(std::move(all));
    return together_;
}

Result<AccessLists> AccessPolicy::lists_with(Transaction& transaction,
                                             AccessLists const& file) const {
    TRY(auto const entries, transaction.access_entries().all());
    AccessLists all = options_.configured;
    all.add_all(file);
    all.add_all(lists_of(entries));
    return all;
}

std::string AccessPolicy::sentence(std::string_view name, Admission admission) const {
    auto const whom = contact().empty() ? "whoever runs it" : contact();
    return admission == Admission::Denied
               ? fmt::format("{} may not use this hub; ask {}", name, whom)
               : fmt::format("{} is not on this hub's list; ask {}", name, whom);
}

std::unexpected<Error> AccessPolicy::refusal(std::string_view name, Admission admission) const {
    return std::unexpected(
        Error{Code::PermissionDenied, sentence(name, admission), std::string(name_of(admission))});
}

/// A group is meant by its own name, and by that of the log-in before it: "campus:physics".
Result<AccessSubject> AccessPolicy::subject_of(Transaction& transaction, User const& user) {
    AccessSubject subject{.name = user.name,
                          .administrator = user.administrator && !user.listed_administrator};
    TRY(auto const identities, transaction.login_identities().of_user(user.id));
    for (auto const& identity : identities)
        for (auto const& group : from_group_lines(identity.groups)) {
            subject.groups.push_back(group);
            subject.groups.push_back(fmt::format("{}:{}", identity.login, group));
        }
    return subject;
}

Result<Admission> AccessPolicy::judge(Transaction& transaction, User const& user) {
    TRY(auto const all, lists(transaction));
    TRY(auto const subject, subject_of(transaction, user));
    return all->judge(subject);
}

Result<> AccessPolicy::settle(Transaction& transaction, User& user, Time now) {
    TRY(auto const verdict, judge(transaction, user));
    if (verdict == user.admission) return {};
    bool const was_in = user.admission == Admission::Allowed;
    user.admission = verdict;
    TRY_VOID(transaction.users().update(user));
    nlohmann::json const detail{{"admission", name_of(verdict)}};
    if (verdict == Admission::Allowed)
        return note(transaction, now, "access_given", user.name,
                    fmt::format("{} may use this hub again", user.name), detail);
    if (!was_in) return {};
    TRY_VOID(end_sessions(transaction, user.id, {}, now));
    TRY_VOID(revoke_tokens(transaction, user.id, now));
    return note(transaction, now, "access_taken", user.name,
                fmt::format("{} may not use this hub any more: {}", user.name,
                            verdict == Admission::Denied ? "a list denies it"
                                                         : "not on the list of those who may"),
                detail);
}

Result<> AccessPolicy::give_roles(Transaction& transaction, User& user, Time now) {
    TRY(auto const all, lists(transaction));
    bool const denied = all->has(AccessList::Deny, user.name);
    bool const was_administrator = user.administrator;
    bool changed = bring_up_to_date(user.administrator, user.listed_administrator,
                                    !denied && all->has(AccessList::Administrators, user.name));
    if (changed && !user.administrator) {
        TRY(user.administrator,
            provider_gives(transaction, user, &LoginIdentity::gave_administrator));
    }
    changed = bring_up_to_date(user.leader, user.listed_leader,
                               !denied && all->has(AccessList::Leaders, user.name)) ||
              changed;
    if (changed && !user.leader) {
        TRY(user.leader, provider_gives(transaction, user, &LoginIdentity::gave_leader));
    }
    if (!changed) return {};
    TRY_VOID(transaction.users().update(user));
    if (was_administrator && !user.administrator) {
        // What they have opened of other people's servers must not stay open.
        TRY_VOID(end_sessions(transaction, user.id, {}, now));
        TRY_VOID(revoke_tokens(transaction, user.id, now));
    }
    return note(transaction, now, "roles_by_list", user.name,
                fmt::format("{} is {}, as the lists say", user.name,
                            user.administrator && user.leader ? "administrator and leader"
                            : user.administrator              ? "administrator"
                            : user.leader                     ? "leader"
                                                              : "neither administrator nor leader"),
                {{"administrator", user.administrator}, {"leader", user.leader}});
}

Result<> AccessPolicy::admit(Store& store, UserId const& id, Time now) {
    TRY(auto const user, store.write([&](Transaction& transaction) -> Result<User> {
        TRY(auto found, transaction.users().find(id));
        TRY_VOID(settle(transaction, found, now));
        if (found.admission == Admission::Allowed) {
            TRY_VOID(give_roles(transaction, found, now));
        } else {
            auto const why = refusal(found.name, found.admission);
            TRY_VOID(note_refusal(transaction, found.name, why.error(), now));
        }
        return found;
    }));
    if (user.admission != Admission::Allowed) return refusal(user.name, user.admission);
    return {};
}

Result<> AccessPolicy::check_new(Transaction& transaction, std::string const& name,
                                 std::vector<std::string> const& groups) {
    TRY(auto const all, lists(transaction));
    auto const verdict = all->judge({.name = name, .groups = groups});
    if (verdict != Admission::Allowed) return refusal(name, verdict);
    return {};
}

Result<> AccessPolicy::admit_new(Store& store, std::string const& name,
                                 std::vector<std::string> const& groups, Time now) {
    auto const checked =
        store.read([&](Transaction& transaction) { return check_new(transaction, name, groups); });
    if (checked || !is_refusal(checked.error())) return checked;
    TRY_VOID(store.write([&](Transaction& transaction) {
        return note_refusal(transaction, name, checked.error(), now);
    }));
    return checked;
}

Result<> AccessPolicy::note_refusal(Transaction& transaction, std::string const& name,
                                    Error const& refusal, Time now) const {
    return note(transaction, now, "login_refused", name,
                fmt::format("{} was not let in: {}", name,
                            refusal.field == name_of(Admission::Denied)
                                ? "a list denies it"
                                : "not on the list of those who may"),
                {{"admission", refusal.field}});
}

Result<> AccessPolicy::check_administrator_left(Transaction& transaction,
                                                AccessLists const& lists) {
    bool was_one = false;
    std::set<std::string, std::less<>> unfit;
    constexpr int page_size = 500;
    for (Page page{.limit = page_size, .after = ""};;) {
        TRY(auto const users, transaction.users().list(page));
        for (auto const& user : users) {
            if (user.disabled) unfit.insert(user.name);
            if (!user.administrator || user.disabled) continue;
            TRY(auto const subject, subject_of(transaction, user));
            // With the list gone that gave the role, it goes at the next log-in.
            bool const stays =
                subject.administrator || lists.has(AccessList::Administrators, user.name);
            if (stays && lists.judge(subject) == Admission::Allowed) return {};
            was_one = was_one || user.may_enter();
        }
        if (users.size() < page_size) break;
        page.after = users.back().name;
    }
    // One who has not come yet is made an administrator when they do.
    for (auto const& name : lists.of(AccessList::Administrators))
        if (!lists.has(AccessList::Deny, name) && !unfit.contains(name)) return {};
    if (!was_one) return {};
    return fail(Code::Conflict,
                "no administrator could come in any more; name another administrator first");
}

}  // namespace carrel

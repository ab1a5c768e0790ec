#include "auth/provider/accounts.hpp"

#include "auth/provider/login_failure.hpp"
#include "auth/removal/removal_order.hpp"
#include "auth/test_store.hpp"
#include "store/removal_end.hpp"

namespace carrel {
namespace {

class AccountsTest : public ::testing::Test {
protected:
    Result<User> arrive(ProviderSettings const& settings, ProviderPerson const& person,
                        std::optional<UserId> joining = {}, bool invited = false) {
        return store_->write([&](Transaction& transaction) {
            return admit_from_provider(transaction,
                                       {.settings = settings,
                                        .person = person,
                                        .joining = joining,
                                        .invited = invited,
                                        .fresh = UserId("id-of-" + settings.name + person.subject),
                                        .now = Time(Seconds(100))});
        });
    }
    Result<User> arrive(ProviderPerson const& person) { return arrive(campus_, person); }
    std::string problem(ProviderSettings const& settings, ProviderPerson const& person,
                        std::optional<UserId> joining = {}, bool invited = false) {
        auto const arrived = arrive(settings, person, joining, invited);
        return arrived ? "" : std::string(login_problem_of(arrived.error()));
    }
    User stored(std::string const& name) {
        return store_.write(
            [&](Transaction& transaction) { return transaction.users().find_by_name(name); });
    }
    Result<> part(UserId const& user, std::string const& login) {
        return store_->write([&](Transaction& transaction) {
            return part_from_provider(transaction, user, login, Time(Seconds(200)));
        });
    }

    TestStore store_;
    ProviderSettings campus_{.name = "campus",
                             .title = "Campus",
                             .administrator_groups = {"admins"},
                             .leader_groups = {"staff", "teachers"}};
    ProviderSettings github_{.name = "github", .title = "GitHub", .leader_groups = {"physics"}};
    ProviderPerson ada_{.subject = "s-1",
                        .username = "Ada",
                        .display_name = "Ada Lovelace",
                        .email = "ada@example.org"};
};

TEST_F(AccountsTest, TheFirstTimeMakesAnAccount) {
    auto const made = arrive(ada_);
    ASSERT_TRUE(made) << made.error().message;
    EXPECT_EQ(made->name, "ada");
    EXPECT_EQ(made->display_name, "Ada Lovelace");
    EXPECT_EQ(made->email, "ada@example.org");
    EXPECT_TRUE(made->password_hash.empty());
    EXPECT_EQ(store_.events().at(0).message, "ada signed up with Campus");
    // And the next time it is hers, whatever she is called by then.
    ada_.username = "augusta";
    EXPECT_EQ(arrive(ada_)->id, made->id);
}

TEST_F(AccountsTest, ANameIsNobodysProof) {
    store_.add_user("ada");
    EXPECT_EQ(problem(campus_, ada_), "name_taken");
    for (auto const* const form : {"ADA", "a\u0301da", "\uff21da"}) {
        ada_.username = form;
        EXPECT_EQ(problem(campus_, ada_), "name_taken") << form;
    }
    // Nor does the same subject elsewhere mean the same person.
    ProviderPerson const first{.subject = "7", .username = "bob"};
    ASSERT_TRUE(arrive(campus_, first));
    EXPECT_EQ(problem(github_, first), "name_taken");
}

TEST_F(AccountsTest, AnAccountIsJoinedByWhoeverIsLoggedInToIt) {
    auto const ada = store_.add_user("ada");
    auto const bob = store_.add_user("bob");
    EXPECT_EQ(problem(campus_, ada_, ada.id), "");
    EXPECT_EQ(arrive(ada_)->id, ada.id);
    EXPECT_EQ(problem(campus_, ada_, ada.id), "");  // again is no harm
    EXPECT_EQ(problem(campus_, ada_, bob.id), "joined_elsewhere");
    auto other = ada_;
    other.subject = "s-2";
    EXPECT_EQ(problem(campus_, other, ada.id), "joined_already");
    EXPECT_EQ(problem(github_, other, ada.id), "");
}

TEST_F(AccountsTest, PartingLeavesAWayIn) {
    auto const ada = *arrive(ada_);
    EXPECT_EQ(part(ada.id, "github").error().code, Code::NotFound);
    EXPECT_EQ(part(ada.id, "campus").error().code, Code::Conflict);
    EXPECT_EQ(problem(github_, {.subject = "9", .username = "a"}, ada.id), "");
    EXPECT_TRUE(part(ada.id, "campus"));
    EXPECT_EQ(part(ada.id, "github").error().code, Code::Conflict);
    store_.change_user("ada", [](User& user) { user.password_hash = "x"; });
    EXPECT_TRUE(part(ada.id, "github"));
    // Parted is parted: the name is somebody else's now.
    EXPECT_EQ(problem(campus_, ada_), "name_taken");
}

TEST_F(AccountsTest, RolesFollowTheGroups) {
    auto const roles_with = [&](std::vector<std::string> groups) {
        ada_.groups = std::move(groups);
        auto const user = arrive(ada_);
        EXPECT_TRUE(user);
        auto const kept = stored("ada");
        EXPECT_EQ(user->administrator, kept.administrator);
        EXPECT_EQ(user->leader, kept.leader);
        return std::string(kept.administrator ? "a" : "") + (kept.leader ? "l" : "");
    };
    EXPECT_EQ(roles_with({}), "");
    EXPECT_EQ(roles_with({"teachers"}), "l");
    EXPECT_EQ(roles_with({"staff", "admins", "others"}), "al");
    EXPECT_EQ(roles_with({"admins"}), "a");
    EXPECT_EQ(roles_with({"Admins"}), "");  // another group
}

TEST_F(AccountsTest, OnlyTheProvidersOwnGiftsAreTakenBack) {
    ASSERT_TRUE(arrive(ada_));
    store_.change_user("ada", [](User& user) { user.leader = true; });  // by hand
    ada_.groups = {"teachers"};
    ASSERT_TRUE(arrive(ada_));
    ada_.groups = {};
    ASSERT_TRUE(arrive(ada_));
    EXPECT_TRUE(stored("ada").leader);
}

TEST_F(AccountsTest, APartedProviderTakesItsRolesAlong) {
    ada_.groups = {"admins", "staff"};
    auto const ada = *arrive(ada_);
    EXPECT_EQ(problem(github_, {.subject = "9", .username = "a"}, ada.id), "");
    ASSERT_TRUE(part(ada.id, "campus"));
    EXPECT_FALSE(stored("ada").administrator);
    EXPECT_FALSE(stored("ada").leader);
}

TEST_F(AccountsTest, ThoseOfNoGroupStayOutside) {
    campus_.allowed_groups = {"inner", "core"};
    EXPECT_EQ(problem(campus_, ada_), "not_allowed");
    ada_.groups = {"core"};
    EXPECT_EQ(problem(campus_, ada_), "");
    ada_.groups = {"Core", "inne"};
    EXPECT_EQ(problem(campus_, ada_), "not_allowed");  // whoever leaves the group, too
}

TEST_F(AccountsTest, NewPeopleAreTakenInAsIsSaid) {
    campus_.sign_up = SignUp::Nobody;
    EXPECT_EQ(problem(campus_, ada_, {}, true), "sign_up_closed");
    campus_.sign_up = SignUp::Invited;
    EXPECT_EQ(problem(campus_, ada_), "sign_up_closed");
    EXPECT_EQ(problem(campus_, ada_, {}, true), "");
    campus_.sign_up = SignUp::Nobody;
    EXPECT_EQ(problem(campus_, ada_), "");  // she is not new any more
}

TEST_F(AccountsTest, ADisabledAccountStaysClosed) {
    ASSERT_TRUE(arrive(ada_));
    store_.change_user("ada", [](User& user) { user.disabled = true; });
    EXPECT_EQ(problem(campus_, ada_), "disabled");
}

TEST_F(AccountsTest, OddDetailsAreLeftOut) {
    ada_.display_name = "Ada\nLovelace";
    ada_.email = "not an address";
    auto const made = arrive(ada_);
    ASSERT_TRUE(made);
    EXPECT_EQ(made->display_name, "ada");
    EXPECT_EQ(made->email, "");
}

class AccountsAndListsTest : public AccountsTest {
protected:
    Result<User> arrive_at_list(ProviderPerson const& person, AccessPolicy& access) {
        return store_->write([&](Transaction& transaction) {
            return admit_from_provider(transaction, {.settings = campus_,
                                                     .person = person,
                                                     .joining = {},
                                                     .fresh = UserId("id-of-" + person.subject),
                                                     .now = Time(Seconds(100)),
                                                     .access = &access});
        });
    }
    static AccessPolicy policy(std::vector<std::pair<AccessList, std::string>> const& entries) {
        AccessLists lists;
        for (auto const& [list, value] : entries) lists.add(list, value);
        return AccessPolicy({.configured = lists, .domains = {}, .contact = ""});
    }
};

TEST_F(AccountsAndListsTest, WhoIsNotListedGetsNoAccount) {
    auto access = policy({{AccessList::Allow, "bob"}});
    auto const refused = arrive_at_list(ada_, access);
    EXPECT_EQ(login_problem_of(refused.error()), "not_listed");
    EXPECT_FALSE(store_->read(
        [](Transaction& transaction) { return transaction.users().find_by_name("ada"); }));
}

TEST_F(AccountsAndListsTest, AGroupOfTheProviderLetsIn) {
    ada_.groups = {"physics", "two\nlines"};
    auto access = policy({{AccessList::AllowGroups, "campus:physics"}});
    ASSERT_TRUE(arrive_at_list(ada_, access));
    auto const identity = store_.write([](Transaction& transaction) {
        return transaction.login_identities().find("campus", "s-1");
    });
    EXPECT_EQ(identity.groups, "physics");
}

TEST_F(AccountsAndListsTest, WhoHasLeftTheGroupIsKeptOutAndThatIsWrittenDown) {
    ada_.groups = {"physics"};
    auto access = policy({{AccessList::AllowGroups, "physics"}});
    ASSERT_TRUE(arrive_at_list(ada_, access));
    ada_.groups = {};
    auto const arrived = arrive_at_list(ada_, access);
    ASSERT_TRUE(arrived) << arrived.error().message;
    EXPECT_EQ(arrived->admission, Admission::NotListed);
    EXPECT_EQ(stored("ada").admission, Admission::NotListed);
}

TEST_F(AccountsAndListsTest, ARoleThatNoListGivesAnyMoreCanComeFromTheProvider) {
    ada_.groups = {"admins"};
    auto listed = policy({{AccessList::Administrators, "ada"}});
    ASSERT_TRUE(arrive_at_list(ada_, listed));
    ASSERT_TRUE(listed.admit(*store_, UserId("id-of-s-1"), Time(Seconds(100))));
    auto off = policy({});
    ASSERT_TRUE(arrive_at_list(ada_, off));
    EXPECT_TRUE(stored("ada").administrator);
    EXPECT_FALSE(stored("ada").listed_administrator);
    ada_.groups = {};
    ASSERT_TRUE(arrive_at_list(ada_, off));
    EXPECT_FALSE(stored("ada").administrator);
}

TEST_F(AccountsAndListsTest, WhoIsDeniedGetsNoRoleFromAnotherList) {
    auto open = policy({});
    ASSERT_TRUE(arrive_at_list(ada_, open));
    auto access = policy({{AccessList::Deny, "ada"},
                          {AccessList::Administrators, "ada"},
                          {AccessList::Leaders, "ada"}});
    auto const arrived = arrive_at_list(ada_, access);
    ASSERT_TRUE(arrived) << arrived.error().message;
    EXPECT_EQ(arrived->admission, Admission::Denied);
    EXPECT_FALSE(stored("ada").administrator);
    EXPECT_FALSE(stored("ada").leader);
}

class AccountsAndRemovalTest : public AccountsTest {
protected:
    void remove(std::string const& name, Leftovers leftovers) {
        store_.write([&](Transaction& transaction) -> Result<> {
            TRY(auto const user, transaction.users().find_by_name(name));
            TRY(auto const removal,
                order_removal(
                    transaction, user,
                    {.leftovers = leftovers, .ordered_by = "root", .now = Time(Seconds(150))}));
            return finish_removal(transaction, removal, Time(Seconds(160)));
        });
    }
};

TEST_F(AccountsAndRemovalTest, TheSamePersonComesBackToWhatWasKept) {
    auto const before = arrive(ada_);
    remove("ada", Leftovers::Keep);
    auto const after = arrive(ada_);
    ASSERT_TRUE(after) << after.error().message;
    EXPECT_EQ(after->id, before->id);
    EXPECT_TRUE(after->may_enter());
    EXPECT_FALSE(store_->read(
        [&](Transaction& transaction) { return transaction.removals().find(before->id); }));
}

TEST_F(AccountsAndRemovalTest, AnotherPersonOfTheNameGetsNothingOfIt) {
    ASSERT_TRUE(arrive(ada_));
    remove("ada", Leftovers::Keep);
    ProviderPerson const other{.subject = "s-2", .username = "ada"};
    EXPECT_EQ(problem(campus_, other), "name_taken");
}

TEST_F(AccountsAndRemovalTest, WhoseFilesAreNotKeptBeginsAnew) {
    for (auto const leftovers : {Leftovers::Export, Leftovers::Delete}) {
        // Of the log-in's name this test makes the ids of accounts.
        campus_.name = fmt::format("{}-first", name_of(leftovers));
        auto const before = arrive(campus_, ada_);
        ASSERT_TRUE(before);
        remove("ada", leftovers);
        campus_.name = fmt::format("{}-second", name_of(leftovers));
        auto const after = arrive(campus_, ada_);
        ASSERT_TRUE(after) << after.error().message;
        EXPECT_NE(after->id, before->id);
        EXPECT_EQ(after->name, "ada");
        remove("ada", leftovers);
    }
}

TEST_F(AccountsAndRemovalTest, WhoIsDeniedDoesNotComeBack) {
    ASSERT_TRUE(arrive(ada_));
    remove("ada", Leftovers::Keep);
    AccessLists lists;
    lists.add(AccessList::Deny, "ada");
    AccessPolicy access({.configured = lists, .domains = {}, .contact = ""});
    auto const refused = store_->write([&](Transaction& transaction) {
        return admit_from_provider(transaction, {.settings = campus_,
                                                 .person = ada_,
                                                 .joining = {},
                                                 .fresh = UserId("another"),
                                                 .now = Time(Seconds(200)),
                                                 .access = &access});
    });
    ASSERT_FALSE(refused);
    EXPECT_EQ(login_problem_of(refused.error()), "denied");
    EXPECT_TRUE(stored("ada").removed_at);
}

TEST_F(AccountsAndRemovalTest, NobodyComesBackWhereNobodySignsUp) {
    ASSERT_TRUE(arrive(ada_));
    remove("ada", Leftovers::Keep);
    campus_.sign_up = SignUp::Nobody;
    EXPECT_EQ(problem(campus_, ada_), "sign_up_closed");
    campus_.sign_up = SignUp::Invited;
    EXPECT_EQ(problem(campus_, ada_), "sign_up_closed");
    EXPECT_EQ(problem(campus_, ada_, {}, true), "");
}

}  // namespace
}  // namespace carrel

#include "auth/access/access_policy.hpp"
#include "auth/access/access_keeper.hpp"
#include "auth/secret.hpp"
#include "auth/test_store.hpp"

#include <gmock/gmock.h>

#include <fstream>

namespace carrel {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

AccessLists lists(std::vector<std::pair<AccessList, std::string>> const& entries) {
    AccessLists made;
    for (auto const& [list, value] : entries) made.add(list, value);
    return made;
}

class AccessPolicyTest : public ::testing::Test {
protected:
    AccessPolicyTest() {
        for (auto const* const name : {"ada", "bob", "root"}) store_.add_user(name);
        store_.change_user("root", [](User& user) { user.administrator = true; });
    }
    void configure(std::vector<std::pair<AccessList, std::string>> const& entries) {
        policy_ = std::make_unique<AccessPolicy>(AccessOptions{
            .configured = lists(entries), .domains = {}, .contact = "it@example.org"});
    }
    void put(AccessList list, std::string const& value) {
        store_.write([&](Transaction& transaction) -> Result<> {
            TRY_VOID(transaction.access_entries().put({.list = list, .value = value}));
            return announce_access_change(transaction);
        });
    }
    void take_off(AccessList list, std::string const& value) {
        store_.write([&](Transaction& transaction) -> Result<> {
            TRY_VOID(transaction.access_entries().remove(list, value));
            return announce_access_change(transaction);
        });
    }
    std::string admit(std::string const& name) {
        auto const admitted = policy_->admit(*store_, UserId("id-of-" + name), now_);
        return admitted ? "" : admitted.error().message;
    }
    User user(std::string const& name) {
        return store_.write(
            [&](Transaction& transaction) { return transaction.users().find_by_name(name); });
    }
    std::vector<std::string> kinds() {
        std::vector<std::string> kinds;
        for (auto const& event : store_.events()) kinds.push_back(event.kind);
        return kinds;
    }
    void give_session(std::string const& name) {
        store_.write([&](Transaction& transaction) -> Result<> {
            TRY_VOID(transaction.sessions().insert({.id = SessionId("session-of-" + name),
                                                    .secret_hash = "hash-of-" + name,
                                                    .csrf_token = "csrf",
                                                    .user = UserId("id-of-" + name),
                                                    .created_at = now_,
                                                    .expires_at = now_ + Seconds(60),
                                                    .last_used_at = now_}));
            return transaction.tokens().insert({.id = TokenId("token-of-" + name),
                                                .secret_hash = "token-hash-of-" + name,
                                                .user = UserId("id-of-" + name),
                                                .note = "",
                                                .scopes = "self",
                                                .created_at = now_});
        });
    }
    size_t sessions(std::string const& name) {
        return store_
            .write([&](Transaction& transaction) {
                return transaction.sessions().of_user(UserId("id-of-" + name));
            })
            .size();
    }
    std::vector<std::string> revoked() {
        std::vector<std::string> logins;
        for (auto const& item : store_.outbox()) logins.push_back(item.kind + " " + item.payload);
        return logins;
    }
    AccessKeeper keeper(std::optional<std::filesystem::path> const& file = {}) {
        return {*store_, clock_, pool_, *policy_,
                file ? std::optional(UserlistFile(*file, {})) : std::nullopt};
    }
    void give_groups(std::string const& name, std::string const& groups) {
        store_.write([&](Transaction& transaction) {
            return transaction.login_identities().insert({.login = "campus",
                                                          .subject = "subject-of-" + name,
                                                          .user = UserId("id-of-" + name),
                                                          .shown = name,
                                                          .created_at = now_,
                                                          .groups = groups});
        });
    }

    TestStore store_;
    Time now_{Seconds(1000)};
    ManualClock clock_{now_};
    BlockingPool pool_{1};
    std::unique_ptr<AccessPolicy> policy_ = std::make_unique<AccessPolicy>(AccessOptions{});
};

TEST_F(AccessPolicyTest, WithoutListsNothingIsAsked) {
    EXPECT_EQ(admit("ada"), "");
    EXPECT_THAT(kinds(), IsEmpty());
}

TEST_F(AccessPolicyTest, WhoIsNotListedReadsOneSentenceAndTheAuditLogHasIt) {
    configure({{AccessList::Allow, "ada"}});
    EXPECT_EQ(admit("ada"), "");
    EXPECT_EQ(admit("bob"), "bob is not on this hub's list; ask it@example.org");
    EXPECT_THAT(kinds(), Contains("login_refused"));
    EXPECT_EQ(user("bob").admission, Admission::NotListed);
    auto const refused = policy_->admit(*store_, UserId("id-of-bob"), now_);
    EXPECT_TRUE(is_refusal(refused.error()));
    EXPECT_EQ(refused.error().field, "not_listed");
}

TEST_F(AccessPolicyTest, WithoutAContactTheyAskWhoeverRunsIt) {
    put(AccessList::Deny, "bob");
    EXPECT_EQ(admit("bob"), "bob may not use this hub; ask whoever runs it");
}

TEST_F(AccessPolicyTest, WhatTheStoreSaysCountsAtOnce) {
    EXPECT_EQ(admit("bob"), "");
    put(AccessList::Deny, "bob");
    EXPECT_THAT(admit("bob"), HasSubstr("may not"));
    take_off(AccessList::Deny, "bob");
    EXPECT_EQ(admit("bob"), "");
    EXPECT_EQ(user("bob").admission, Admission::Allowed);
}

TEST_F(AccessPolicyTest, ThreePlacesCountTogether) {
    configure({{AccessList::Allow, "ada"}});
    policy_->set_file(lists({{AccessList::Allow, "bob"}}));
    EXPECT_EQ(admit("ada"), "");
    EXPECT_EQ(admit("bob"), "");
    put(AccessList::Deny, "ada");
    EXPECT_NE(admit("ada"), "");
}

TEST_F(AccessPolicyTest, AChangeThatIsTakenBackLeavesNoTrace) {
    EXPECT_EQ(admit("bob"), "");
    auto const failed = store_->write([&](Transaction& transaction) -> Result<> {
        TRY_VOID(transaction.access_entries().put({.list = AccessList::Deny, .value = "bob"}));
        TRY_VOID(announce_access_change(transaction));
        TRY(auto const seen, policy_->lists_with(transaction, policy_->file()));
        EXPECT_TRUE(seen.has(AccessList::Deny, "bob"));
        return fail(Code::Conflict, "no");
    });
    ASSERT_FALSE(failed);
    put(AccessList::Deny, "ada");
    EXPECT_EQ(admit("bob"), "");
    EXPECT_NE(admit("ada"), "");
}

TEST_F(AccessPolicyTest, AGroupLetsInByItsNameAndByThatOfItsLogIn) {
    give_groups("ada", "physics\nguests");
    give_groups("bob", "chemistry");
    configure({{AccessList::AllowGroups, "campus:physics"}});
    EXPECT_EQ(admit("ada"), "");
    EXPECT_NE(admit("bob"), "");
    configure({{AccessList::AllowGroups, "physics"}});
    EXPECT_EQ(admit("ada"), "");
    configure({{AccessList::AllowGroups, "github:physics"}});
    EXPECT_NE(admit("ada"), "");
    configure({{AccessList::DenyGroups, "guests"}});
    EXPECT_NE(admit("ada"), "");
}

TEST_F(AccessPolicyTest, AListMakesAnAdministratorAndTakesBackWhatItGave) {
    put(AccessList::Administrators, "ada");
    put(AccessList::Leaders, "ada");
    ASSERT_EQ(admit("ada"), "");
    EXPECT_TRUE(user("ada").administrator);
    EXPECT_TRUE(user("ada").leader);
    EXPECT_EQ(store_.events().front().message, "ada is administrator and leader, as the lists say");
    give_session("ada");
    take_off(AccessList::Administrators, "ada");
    EXPECT_TRUE(user("ada").administrator) << "until the next log-in";
    ASSERT_EQ(admit("ada"), "");
    EXPECT_FALSE(user("ada").administrator);
    EXPECT_TRUE(user("ada").leader);
    EXPECT_EQ(sessions("ada"), 0U) << "what they opened as administrator does not stay open";
    EXPECT_THAT(revoked(), Contains(HasSubstr("token:token-of-ada")));
}

TEST_F(AccessPolicyTest, WhatWasGivenByHandStaysWhateverAListSays) {
    put(AccessList::Administrators, "root");
    ASSERT_EQ(admit("root"), "");
    take_off(AccessList::Administrators, "root");
    ASSERT_EQ(admit("root"), "");
    EXPECT_TRUE(user("root").administrator);
    EXPECT_THAT(kinds(), IsEmpty());
}

TEST_F(AccessPolicyTest, AListedAdministratorWhoIsDeniedIsNone) {
    put(AccessList::Administrators, "ada");
    put(AccessList::Deny, "ada");
    EXPECT_NE(admit("ada"), "");
    EXPECT_FALSE(user("ada").administrator);
}

TEST_F(AccessPolicyTest, OffTheOnlyListAnAdministratorByListIsOut) {
    configure({{AccessList::Allow, "bob"}});
    put(AccessList::Administrators, "ada");
    ASSERT_EQ(admit("ada"), "");
    take_off(AccessList::Administrators, "ada");
    EXPECT_NE(admit("ada"), "") << "the role that the list gave is no reason to let them in";
    EXPECT_EQ(admit("root"), "") << "one by hand needs no list";
}

TEST_F(AccessPolicyTest, WhoIsAboutToGetAnAccountIsAskedFor) {
    configure({{AccessList::Allow, "ada"}, {AccessList::AllowGroups, "physics"}});
    EXPECT_TRUE(policy_->admit_new(*store_, "ada", {}, now_));
    EXPECT_TRUE(policy_->admit_new(*store_, "new", {"physics"}, now_));
    EXPECT_THAT(kinds(), IsEmpty());
    auto const refused = policy_->admit_new(*store_, "new", {}, now_);
    ASSERT_FALSE(refused);
    EXPECT_TRUE(is_refusal(refused.error()));
    EXPECT_EQ(store_.events().front().subject, "new");
}

TEST_F(AccessPolicyTest, TheKeeperPutsOutWhoIsIn) {
    give_session("ada");
    give_session("bob");
    auto kept = keeper();
    ASSERT_TRUE(kept.begin());
    EXPECT_EQ(sessions("bob"), 1U);
    put(AccessList::Deny, "bob");
    EXPECT_EQ(kept.look(), 1U);
    EXPECT_EQ(user("bob").admission, Admission::Denied);
    EXPECT_EQ(sessions("bob"), 0U);
    EXPECT_EQ(sessions("ada"), 1U);
    EXPECT_THAT(revoked(), Contains(HasSubstr("session-of-bob")));
    EXPECT_THAT(revoked(), Contains(HasSubstr("token:token-of-bob")));
    EXPECT_THAT(revoked(), Not(Contains(HasSubstr("ada"))));
    EXPECT_THAT(kinds(), Contains("access_taken"));
    EXPECT_EQ(kept.look(), 0U);
    take_off(AccessList::Deny, "bob");
    EXPECT_EQ(kept.look(), 1U);
    EXPECT_EQ(user("bob").admission, Admission::Allowed);
    EXPECT_THAT(kinds(), Contains("access_given"));
}

TEST_F(AccessPolicyTest, AKeeperThatBeginsFindsWhatHasChangedWithoutIt) {
    give_session("bob");
    put(AccessList::Deny, "bob");
    ASSERT_TRUE(keeper().begin());
    EXPECT_EQ(sessions("bob"), 0U);
}

TEST_F(AccessPolicyTest, TheKeeperGoesThroughPagesOfPeople) {
    for (int i = 0; i < 450; ++i) store_.add_user(fmt::format("student{}", i));
    configure({{AccessList::Allow, "ada"}});
    auto kept = keeper();
    ASSERT_TRUE(kept.begin());
    EXPECT_EQ(user("student449").admission, Admission::NotListed);
    EXPECT_EQ(user("student0").admission, Admission::NotListed);
    EXPECT_EQ(user("ada").admission, Admission::Allowed);
    EXPECT_EQ(user("root").admission, Admission::Allowed);
}

class AccessKeeperFileTest : public AccessPolicyTest {
protected:
    void write(std::string const& text) const { std::ofstream(path_) << text; }
    /// Looks until a change has come to rest.
    void look(AccessKeeper& kept) {
        for (int i = 0; i < 3; ++i) ASSERT_TRUE(kept.look());
    }
    std::filesystem::path path_ = store_.folder() / "userlist";
};

TEST_F(AccessKeeperFileTest, AChangedFileCountsAndABadOneDoesNot) {
    write("ada\n");
    auto kept = keeper(path_);
    ASSERT_TRUE(kept.begin());
    EXPECT_NE(admit("bob"), "");
    write("ada\nbob\n");
    look(kept);
    EXPECT_EQ(admit("bob"), "");
    EXPECT_EQ(kept.userlist()->people, 2U);
    write("");
    look(kept);
    EXPECT_EQ(admit("bob"), "") << "what was read before still counts";
    EXPECT_THAT(kept.userlist()->problem, HasSubstr("names nobody"));
    std::filesystem::remove(path_);
    look(kept);
    EXPECT_EQ(admit("bob"), "");
    EXPECT_EQ(kept.userlist()->people, 2U);
    write("ada\nbob\n");
    look(kept);
    EXPECT_EQ(kept.userlist()->problem, "");
}

TEST_F(AccessKeeperFileTest, WhoIsTakenOffTheListIsPutOut) {
    write("ada\nbob\n");
    auto kept = keeper(path_);
    ASSERT_TRUE(kept.begin());
    for (auto const* const name : {"ada", "bob"}) give_session(name);
    write("ada\n");
    look(kept);
    EXPECT_EQ(sessions("bob"), 0U);
    EXPECT_EQ(user("bob").admission, Admission::NotListed);
    EXPECT_EQ(sessions("ada"), 1U);
}

TEST_F(AccessKeeperFileTest, AMissingOneIsARefusalAtTheBeginning) {
    auto kept = keeper(path_);
    auto const begun = kept.begin();
    ASSERT_FALSE(begun);
    EXPECT_THAT(begun.error().message, HasSubstr(path_.string()));
}

TEST_F(AccessKeeperFileTest, OneThatLeavesNoAdministratorDoesNotCount) {
    store_.change_user("root", [](User& user) { user.administrator = false; });
    write("root admin\nada\n");
    auto kept = keeper(path_);
    ASSERT_TRUE(kept.begin());
    ASSERT_EQ(admit("root"), "");
    ASSERT_TRUE(user("root").administrator);
    write("ada\nroot\n");
    look(kept);
    EXPECT_THAT(kept.userlist()->problem, HasSubstr("no administrator"));
    ASSERT_EQ(admit("root"), "");
    EXPECT_TRUE(user("root").administrator);
    // One who has not come yet will be one.
    write("ada\nnew admin\n");
    look(kept);
    EXPECT_EQ(kept.userlist()->problem, "");
    EXPECT_NE(admit("root"), "");
}

TEST_F(AccessPolicyTest, NobodyShutsOutTheLastAdministrator) {
    auto const left = [&](AccessLists const& with) {
        auto const checked = store_->read([&](Transaction& transaction) {
            return AccessPolicy::check_administrator_left(transaction, with);
        });
        return checked.has_value();
    };
    EXPECT_TRUE(left({}));
    EXPECT_FALSE(left(lists({{AccessList::Deny, "root"}})));
    EXPECT_TRUE(left(lists({{AccessList::Allow, "ada"}})));
    EXPECT_TRUE(left(lists({{AccessList::Deny, "root"}, {AccessList::Administrators, "ada"}})));
    EXPECT_FALSE(left(lists({{AccessList::Deny, "root"},
                             {AccessList::Deny, "ada"},
                             {AccessList::Administrators, "ada"}})));
    store_.change_user("ada", [](User& user) { user.disabled = true; });
    EXPECT_FALSE(left(lists({{AccessList::Deny, "root"}, {AccessList::Administrators, "ada"}})));
    store_.change_user("bob", [](User& user) { user.administrator = user.disabled = true; });
    EXPECT_FALSE(left(lists({{AccessList::Deny, "root"}}))) << "a disabled one mends nothing";
    store_.change_user("bob", [](User& user) { user.administrator = false; });
    store_.change_user("root", [](User& user) { user.administrator = false; });
    EXPECT_TRUE(left(lists({{AccessList::Deny, "bob"}}))) << "there was none before either";
}

TEST_F(AccessPolicyTest, ADenyingConfigurationThatLocksEverybodyOutIsRefusedAtTheBeginning) {
    configure({{AccessList::Deny, "root"}});
    auto const begun = keeper().begin();
    ASSERT_FALSE(begun);
    EXPECT_THAT(begun.error().message, HasSubstr("no administrator could come in"));
}

TEST(AccessValue, NamesAreFoldedAndGroupsStayAsTheyAre) {
    EXPECT_EQ(access_value(AccessList::Allow, " Ada@Example.org ", {}), "ada-example.org");
    EXPECT_EQ(access_value(AccessList::Deny, "admin", {}), "admin");
    EXPECT_EQ(access_value(AccessList::AllowGroups, " Physics/Tutors ", {}), "Physics/Tutors");
    for (auto const* const bad : {"", "..", "-rf", "a/b", "\x1b", "\xff"})
        EXPECT_EQ(access_value(AccessList::Allow, bad, {}).error().field, "value") << bad;
    for (auto const* const bad : {"", "a\nb", "\xff"})
        EXPECT_FALSE(access_value(AccessList::DenyGroups, bad, {})) << bad;
}

}  // namespace
}  // namespace carrel

#include "store/store_contract.hpp"

#include <gmock/gmock.h>

namespace carrel {

using testing::ElementsAre;
using testing::IsEmpty;

class PeopleTablesContract : public StoreContract {
protected:
    void SetUp() override {
        StoreContract::SetUp();
        add_user("ada");
        add_user("bob");
        add_course(some_course("maths"));
    }
    bool put(AccessList list, std::string const& value) {
        return write([&](Transaction& t) {
            return t.access_entries().put(
                {.list = list, .value = value, .added_by = "root", .added_at = at(7)});
        });
    }
    std::vector<std::string> entries() {
        std::vector<std::string> found;
        for (auto const& each : read([](Transaction& t) { return t.access_entries().all(); }))
            found.push_back(fmt::format("{} {}", name_of(each.list), each.value));
        return found;
    }
    Removal removal(UserId const& user, long long ordered) const {
        return {.user = user,
                .name = "known-as-" + user.value(),
                .leftovers = Leftovers::Export,
                .ordered_by = "root",
                .ordered_at = at(ordered)};
    }
    void insert(Removal const& row) {
        write([&](Transaction& t) { return t.removals().insert(row); });
    }
    void run_server(UserId const& owner, ServerState state) {
        write([&](Transaction& t) {
            return t.servers().put(
                {.course = maths, .user = owner, .name = "", .state = state, .state_since = at(1)});
        });
    }
    std::vector<UserId> kept_out() {
        std::vector<UserId> owners;
        for (auto const& server : read([](Transaction& t) { return t.servers().of_kept_out(); }))
            owners.push_back(server.user);
        return owners;
    }
    template <class Change>
    void change(std::string const& name, Change change) {
        write([&](Transaction& t) -> Result<> {
            TRY(auto user, t.users().find_by_name(name));
            change(user);
            return t.users().update(user);
        });
    }

    UserId const ada{"id-ada"};
    UserId const bob{"id-bob"};
    CourseId const maths{"id-maths"};
};
INSTANTIATE_TEST_SUITE_P(Engines, PeopleTablesContract, testing::ValuesIn(store_engines()),
                         engine_name);

TEST_P(PeopleTablesContract, AnEntryIsThereOnceAndKeepsWhoMadeIt) {
    EXPECT_TRUE(put(AccessList::Deny, "eve"));
    EXPECT_TRUE(put(AccessList::Allow, "eve"));
    EXPECT_TRUE(put(AccessList::Allow, "ada"));
    EXPECT_FALSE(put(AccessList::Allow, "ada"));
    EXPECT_THAT(entries(), ElementsAre("allow ada", "allow eve", "deny eve"));
    auto const first = read([](Transaction& t) { return t.access_entries().all(); }).front();
    EXPECT_EQ(first.added_by, "root");
    EXPECT_EQ(first.added_at, at(7));
}

TEST_P(PeopleTablesContract, AnEntryIsRemovedFromItsListAlone) {
    put(AccessList::Allow, "eve");
    put(AccessList::Deny, "eve");
    auto const remove = [&](AccessList list) {
        return write([&](Transaction& t) { return t.access_entries().remove(list, "eve"); });
    };
    EXPECT_TRUE(remove(AccessList::Deny));
    EXPECT_FALSE(remove(AccessList::Deny));
    EXPECT_THAT(entries(), ElementsAre("allow eve"));
}

TEST_P(PeopleTablesContract, ARemovalIsFoundUntilItIsFinished) {
    insert(removal(bob, 9));
    insert(removal(ada, 5));
    auto unfinished = read([](Transaction& t) { return t.removals().unfinished(); });
    ASSERT_EQ(unfinished.size(), 2U);
    EXPECT_EQ(unfinished[0].user, ada);
    EXPECT_EQ(unfinished[0].leftovers, Leftovers::Export);
    unfinished[0].finished_at = at(20);
    unfinished[0].problem = "";
    write([&](Transaction& t) { return t.removals().update(unfinished[0]); });
    auto const left = read([](Transaction& t) { return t.removals().unfinished(); });
    ASSERT_EQ(left.size(), 1U);
    EXPECT_EQ(left[0].user, bob);
    auto const newest = read([](Transaction& t) { return t.removals().newest(10); });
    ASSERT_EQ(newest.size(), 2U);
    EXPECT_EQ(newest[0].user, bob);
    auto const found = read([&](Transaction& t) { return t.removals().find(ada); });
    EXPECT_EQ(found.finished_at, at(20));
    EXPECT_EQ(
        write_error([&](Transaction& t) { return t.removals().insert(removal(ada, 1)); }).code,
        Code::Conflict);
    write([&](Transaction& t) { return t.removals().remove(ada); });
    EXPECT_EQ(read_error([&](Transaction& t) { return t.removals().find(ada); }).code,
              Code::NotFound);
}

TEST_P(PeopleTablesContract, WhoIsRemovedIsInNoList) {
    change("bob", [](User& user) { user.removed_at = at(3); });
    auto const users = read([](Transaction& t) { return t.users().list({.limit = 10}); });
    ASSERT_EQ(users.size(), 1U);
    EXPECT_EQ(users[0].name, "ada");
    EXPECT_EQ(read([](Transaction& t) { return t.users().count(); }), 1);
    EXPECT_EQ(read([&](Transaction& t) { return t.users().find(bob); }).removed_at, at(3));
}

TEST_P(PeopleTablesContract, ServersOfWhoIsKeptOutAreFoundWhileTheyRun) {
    run_server(ada, ServerState::Running);
    run_server(bob, ServerState::Starting);
    EXPECT_THAT(kept_out(), IsEmpty());
    change("ada", [](User& user) { user.admission = Admission::Denied; });
    EXPECT_THAT(kept_out(), ElementsAre(ada));
    change("ada", [](User& user) { user.admission = Admission::Allowed; });
    change("bob", [](User& user) { user.removed_at = at(3); });
    EXPECT_THAT(kept_out(), ElementsAre(bob));
    run_server(bob, ServerState::Stopping);
    EXPECT_THAT(kept_out(), IsEmpty());
}

TEST_P(PeopleTablesContract, HomesAndExportsOfOnePerson) {
    add_course(some_course("art"));
    CourseId const art("id-art");
    write([&](Transaction& t) -> Result<> {
        TRY_VOID(t.homes().number_of(maths, ada, 1));
        TRY_VOID(t.homes().number_of(art, ada, 1));
        TRY_VOID(t.homes().number_of(art, bob, 1));
        TRY_VOID(t.exports().put({.course = maths, .user = ada, .file = "/x/ada.zip"}));
        return t.exports().put({.course = maths, .user = bob, .file = "/x/bob.zip"});
    });
    EXPECT_THAT(read([&](Transaction& t) { return t.homes().of_user(ada); }),
                ElementsAre(maths, art));
    auto const exports = read([&](Transaction& t) { return t.exports().of_user(ada); });
    ASSERT_EQ(exports.size(), 1U);
    EXPECT_EQ(exports[0].file, "/x/ada.zip");
    write([&](Transaction& t) { return t.exports().remove(maths, ada); });
    EXPECT_THAT(read([&](Transaction& t) { return t.exports().of_user(ada); }), IsEmpty());
    EXPECT_EQ(read([&](Transaction& t) { return t.exports().of_course(maths); }).size(), 1U);
}

TEST_P(PeopleTablesContract, GroupsOfAnIdentityAreKept) {
    write([&](Transaction& t) {
        return t.login_identities().insert({.login = "campus",
                                            .subject = "s",
                                            .user = ada,
                                            .shown = "Ada",
                                            .created_at = at(5),
                                            .used_at = at(5),
                                            .groups = "physics\nphysics/tutors"});
    });
    EXPECT_EQ(read([&](Transaction& t) { return t.login_identities().find("campus", "s"); }).groups,
              "physics\nphysics/tutors");
}

}  // namespace carrel

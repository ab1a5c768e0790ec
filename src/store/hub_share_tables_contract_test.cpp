#include "store/store_contract.hpp"

#include <gmock/gmock.h>

namespace carrel {

using testing::ElementsAre;

class HubSharesContract : public StoreContract {
protected:
    void SetUp() override {
        StoreContract::SetUp();
        for (auto const* const name : {"ada", "bob", "cyd"}) add_user(name);
        add_course(some_course("maths"));
        add_course(some_course("physics"));
    }
    HubShare share(std::string const& server, UserId const& user, long long when) const {
        return {
            .course = maths, .owner = ada, .server = server, .user = user, .created_at = at(when)};
    }
    void put(HubShare const& share) {
        write([&](Transaction& t) { return t.hub_shares().put(share); });
    }
    std::vector<std::string> shown(std::vector<HubShare> const& shares) {
        std::vector<std::string> lines;
        for (auto const& each : shares)
            lines.push_back(each.owner.value() + "/" + each.server + " " + each.user.value());
        return lines;
    }

    CourseId const maths{"id-maths"};
    CourseId const physics{"id-physics"};
    UserId const ada{"id-ada"};
    UserId const bob{"id-bob"};
    UserId const cyd{"id-cyd"};
};
INSTANTIATE_TEST_SUITE_P(Engines, HubSharesContract, testing::ValuesIn(store_engines()),
                         engine_name);

TEST_P(HubSharesContract, AreOfAServerAnOwnerAndAUser) {
    put(share("", cyd, 2));
    put(share("", bob, 1));
    put(share("gpu", bob, 3));
    put(share("", bob, 9));  // as it is
    auto elsewhere = share("", bob, 1);
    elsewhere.course = physics;
    put(elsewhere);
    EXPECT_THAT(
        shown(read([&](Transaction& t) { return t.hub_shares().of_server(maths, ada, ""); })),
        ElementsAre("id-ada/ id-bob", "id-ada/ id-cyd"));
    EXPECT_THAT(shown(read([&](Transaction& t) { return t.hub_shares().of_owner(maths, ada); })),
                ElementsAre("id-ada/ id-bob", "id-ada/ id-cyd", "id-ada/gpu id-bob"));
    EXPECT_THAT(shown(read([&](Transaction& t) { return t.hub_shares().of_user(maths, bob); })),
                ElementsAre("id-ada/ id-bob", "id-ada/gpu id-bob"));
    EXPECT_EQ(write([&](Transaction& t) { return t.hub_shares().remove(share("", bob, 0)); }), 1);
    EXPECT_EQ(write([&](Transaction& t) { return t.hub_shares().remove(share("", bob, 0)); }), 0);
    EXPECT_THAT(shown(read([&](Transaction& t) { return t.hub_shares().of_user(maths, bob); })),
                ElementsAre("id-ada/gpu id-bob"));
    EXPECT_EQ(read([&](Transaction& t) { return t.hub_shares().of_user(physics, bob); }).size(),
              1U);
}

TEST_P(HubSharesContract, WithAGroupAreOfWhoeverIsInIt) {
    auto const make = [&](CourseId const& course, std::string const& name) {
        write([&](Transaction& t) {
            return t.hub_groups().insert({.course = course, .name = name, .created_at = at(1)});
        });
    };
    make(maths, "tutors");
    make(maths, "others");
    make(physics, "tutors");
    write([&](Transaction& t) { return t.hub_groups().add_member(maths, "tutors", bob); });
    write([&](Transaction& t) { return t.hub_groups().add_member(maths, "others", cyd); });
    auto const share = [&](std::string const& server, std::string const& group, long long when) {
        return HubGroupShare{.course = maths,
                             .owner = ada,
                             .server = server,
                             .group = group,
                             .created_at = at(when)};
    };
    for (auto const& each : {share("gpu", "tutors", 2), share("", "tutors", 3),
                             share("", "others", 1), share("gpu", "tutors", 9)})
        write([&](Transaction& t) { return t.hub_group_shares().put(each); });
    auto elsewhere = share("gpu", "tutors", 1);
    elsewhere.course = physics;
    write([&](Transaction& t) { return t.hub_group_shares().put(elsewhere); });
    auto const lines = [](std::vector<HubGroupShare> const& shares) {
        std::vector<std::string> shown;
        for (auto const& each : shares) shown.push_back(each.server + " " + each.group);
        return shown;
    };
    EXPECT_THAT(
        lines(read([&](Transaction& t) { return t.hub_group_shares().of_owner(maths, ada); })),
        ElementsAre(" others", " tutors", "gpu tutors"));
    EXPECT_THAT(
        lines(read([&](Transaction& t) { return t.hub_group_shares().of_group(maths, "tutors"); })),
        ElementsAre("gpu tutors", " tutors"));
    EXPECT_THAT(
        lines(read([&](Transaction& t) { return t.hub_group_shares().of_user(maths, bob); })),
        ElementsAre("gpu tutors", " tutors"));
    EXPECT_TRUE(
        read([&](Transaction& t) { return t.hub_group_shares().of_user(physics, bob); }).empty())
        << "a group of the same name elsewhere is another one";
    EXPECT_FALSE(store_->write([&](Transaction& t) {
        return t.hub_groups().remove(maths, "tutors");
    })) << "what it opened must be closed before";
    for (auto const* const server : {"", "gpu"})
        EXPECT_EQ(write([&](Transaction& t) {
                      return t.hub_group_shares().remove(share(server, "tutors", 0));
                  }),
                  1);
    EXPECT_EQ(
        write([&](Transaction& t) { return t.hub_group_shares().remove(share("", "tutors", 0)); }),
        0);
    write([&](Transaction& t) { return t.hub_groups().remove(maths, "tutors"); });
}

TEST_P(HubSharesContract, CodesAreFoundCountedAndForgotten) {
    auto const add = [&](std::string const& hash, long long expires) {
        return write([&](Transaction& t) {
            return t.hub_share_codes().insert({.hash = hash,
                                               .course = maths,
                                               .owner = ada,
                                               .server = "gpu",
                                               .created_at = at(1),
                                               .expires_at = at(expires)});
        });
    };
    auto const first = add("one", 10);
    auto const second = add("two", 20);
    EXPECT_LT(first, second);
    write([&](Transaction& t) { return t.hub_share_codes().note_exchange(second, at(5)); });
    auto const found = read([&](Transaction& t) { return t.hub_share_codes().find("two"); });
    EXPECT_EQ(found.exchange_count, 1);
    EXPECT_EQ(found.exchanged_at, at(5));
    EXPECT_EQ(found.server, "gpu");
    write([&](Transaction& t) { return t.hub_share_codes().move(second, "card"); });
    EXPECT_EQ(read([&](Transaction& t) { return t.hub_share_codes().find("two"); }).server, "card");
    EXPECT_EQ(read([&](Transaction& t) { return t.hub_share_codes().find("one"); }).server, "gpu");
    EXPECT_EQ(write([&](Transaction& t) { return t.hub_share_codes().remove_expired(at(10)); }), 1);
    EXPECT_EQ(read([&](Transaction& t) { return t.hub_share_codes().of_owner(maths, ada); }).size(),
              1U);
    write([&](Transaction& t) { return t.hub_share_codes().remove(second); });
    EXPECT_EQ(read_error([&](Transaction& t) { return t.hub_share_codes().find("two"); }).code,
              Code::NotFound);
}

}  // namespace carrel

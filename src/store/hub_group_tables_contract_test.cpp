#include "store/store_contract.hpp"

namespace carrel {

class HubGroupsContract : public StoreContract {
protected:
    void SetUp() override {
        StoreContract::SetUp();
        add_user("ada");
        add_user("bob");
        add_course(some_course("maths"));
        add_course(some_course("physics"));
    }

    HubGroup group(std::string const& name, std::string const& course = "maths") const {
        return {.course = CourseId("id-" + course),
                .name = name,
                .properties = R"({"room":"it's Ü"})",
                .roles = "grader reader",
                .created_at = at(7)};
    }
    void add(HubGroup const& group) {
        write([&](Transaction& t) { return t.hub_groups().insert(group); });
    }
    void join(std::string const& name, UserId const& user) {
        write([&](Transaction& t) { return t.hub_groups().add_member(maths, name, user); });
    }
    std::vector<UserId> members(std::string const& name) {
        return read([&](Transaction& t) { return t.hub_groups().members(maths, name); });
    }
    static std::vector<std::string> names(auto const& rows) {
        std::vector<std::string> found;
        for (auto const& row : rows) found.push_back(row.name);
        return found;
    }

    using Names = std::vector<std::string>;
    CourseId const maths{"id-maths"};
    CourseId const physics{"id-physics"};
    UserId const ada{"id-ada"};
    UserId const bob{"id-bob"};
};
INSTANTIATE_TEST_SUITE_P(Engines, HubGroupsContract, testing::ValuesIn(store_engines()),
                         engine_name);

TEST_P(HubGroupsContract, AGroupIsFoundWithAllThatItHasInItsCourseAlone) {
    add(group("tutors"));
    auto const found = read([&](Transaction& t) { return t.hub_groups().find(maths, "tutors"); });
    EXPECT_EQ(found.course, maths);
    EXPECT_EQ(found.properties, R"({"room":"it's Ü"})");
    EXPECT_EQ(found.roles, "grader reader");
    EXPECT_EQ(found.created_at, at(7));
    EXPECT_EQ(
        read_error([&](Transaction& t) { return t.hub_groups().find(physics, "tutors"); }).code,
        Code::NotFound);
}

TEST_P(HubGroupsContract, ANameIsTakenInOneCourseAtATime) {
    add(group("tutors"));
    add(group("tutors", "physics"));
    auto const taken =
        write_error([&](Transaction& t) { return t.hub_groups().insert(group("tutors")); });
    EXPECT_EQ(taken.code, Code::Conflict);
    EXPECT_EQ(taken.field, "name");
}

TEST_P(HubGroupsContract, AChangeIsOfOneGroup) {
    add(group("a"));
    add(group("b"));
    auto changed = group("b");
    changed.properties = "{}";
    write([&](Transaction& t) { return t.hub_groups().update(changed); });
    auto const all = read([&](Transaction& t) { return t.hub_groups().of_course(maths); });
    ASSERT_EQ(names(all), (Names{"a", "b"}));
    EXPECT_NE(all[0].properties, "{}");
    EXPECT_EQ(all[1].properties, "{}");
    EXPECT_EQ(
        write_error([&](Transaction& t) { return t.hub_groups().update(group("none")); }).code,
        Code::NotFound);
}

TEST_P(HubGroupsContract, MembersComeAndGo) {
    add(group("a"));
    add(group("b"));
    for (auto const* name : {"a", "a", "b"}) join(name, ada);
    join("a", bob);
    EXPECT_EQ(members("a"), (std::vector{ada, bob}));
    auto const of = [&](UserId const& user) {
        return names(read([&](Transaction& t) { return t.hub_groups().of_user(maths, user); }));
    };
    EXPECT_EQ(of(ada), (Names{"a", "b"}));
    EXPECT_EQ(of(bob), (Names{"a"}));
    auto const all = read([&](Transaction& t) { return t.hub_groups().memberships(maths); });
    EXPECT_EQ(all.at(ada), (Names{"a", "b"}));
    EXPECT_EQ(all.size(), 2U);

    write([&](Transaction& t) { return t.hub_groups().remove_member(maths, "a", ada); });
    EXPECT_EQ(of(ada), (Names{"b"}));
    write([&](Transaction& t) { return t.hub_groups().remove_user(maths, ada); });
    EXPECT_EQ(of(ada), Names());
    EXPECT_EQ(members("a"), (std::vector{bob}));
}

TEST_P(HubGroupsContract, NobodyJoinsWhatIsNotThere) {
    add(group("a"));
    add(group("b", "physics"));
    auto const refused = [&](std::string const& name, UserId const& user) {
        return write_error(
                   [&](Transaction& t) { return t.hub_groups().add_member(maths, name, user); })
            .code;
    };
    EXPECT_EQ(refused("b", ada), Code::NotFound);
    EXPECT_EQ(refused("a", UserId("id-nobody")), Code::NotFound);
}

TEST_P(HubGroupsContract, AGroupGoesWithItsMemberships) {
    add(group("a"));
    add(group("b"));
    join("a", ada);
    join("b", ada);
    write([&](Transaction& t) { return t.hub_groups().remove(maths, "a"); });
    write([&](Transaction& t) { return t.hub_groups().remove(maths, "a"); });
    EXPECT_EQ(members("a"), std::vector<UserId>());
    EXPECT_EQ(members("b"), (std::vector{ada}));
    add(group("a"));
    EXPECT_EQ(members("a"), std::vector<UserId>());
}

TEST_P(HubGroupsContract, AServiceIsFoundWithAllThatItHas) {
    HubService const service{.course = maths,
                             .name = "announcements",
                             .administrator = true,
                             .url = "http://127.0.0.1:9100",
                             .redirect_uri = "/somewhere",
                             .no_confirm = true,
                             .display = false,
                             .info = R"({"a":1})",
                             .created_at = at(3)};
    write([&](Transaction& t) { return t.hub_services().insert(service); });
    auto const found =
        read([&](Transaction& t) { return t.hub_services().find(maths, "announcements"); });
    EXPECT_TRUE(found.administrator);
    EXPECT_EQ(found.url, service.url);
    EXPECT_EQ(found.redirect_uri, service.redirect_uri);
    EXPECT_TRUE(found.no_confirm);
    EXPECT_FALSE(found.display);
    EXPECT_EQ(found.info, service.info);
    EXPECT_EQ(found.created_at, at(3));
    auto const taken =
        write_error([&](Transaction& t) { return t.hub_services().insert(service); });
    EXPECT_EQ(taken.code, Code::Conflict);
    EXPECT_EQ(taken.field, "name");
    EXPECT_EQ(read([&](Transaction& t) { return t.hub_services().all(); }).size(), 1U);
    EXPECT_TRUE(read([&](Transaction& t) { return t.hub_services().of_course(physics); }).empty());
    write([&](Transaction& t) { return t.hub_services().remove(maths, "announcements"); });
    EXPECT_TRUE(read([&](Transaction& t) { return t.hub_services().of_course(maths); }).empty());
}

TEST_P(HubGroupsContract, TokensGoWithTheirService) {
    auto const add_token = [&](std::string const& hash, std::optional<UserId> const& user,
                               std::string const& service, std::string const& client) {
        HubToken token;
        token.secret_hash = hash;
        token.course = maths;
        token.user = user;
        token.service = service;
        token.client = client;
        token.kind = client.empty() ? HubTokenKind::Api : HubTokenKind::OAuth;
        token.created_at = at(1);
        write([&](Transaction& t) { return t.hub_tokens().insert(token); });
    };
    add_token("1", ada, "", "");
    add_token("2", ada, "", "service-cull");
    add_token("3", std::nullopt, "cull", "");
    add_token("4", bob, "", "service-cull2");
    add_token("5", bob, "", "");
    add_token("6", std::nullopt, "wiki", "");
    add_token("7", ada, "", "service-wiki");
    auto const there = [&](std::string const& hash) {
        return store_
            ->read([&](Transaction& t) { return t.hub_tokens().find_by_secret_hash(hash); })
            .has_value();
    };
    EXPECT_EQ(
        write([&](Transaction& t) { return t.hub_tokens().remove_of_service(maths, "cull"); }), 2);
    EXPECT_TRUE(there("1") && there("4") && there("5"));
    EXPECT_EQ(
        write([&](Transaction& t) { return t.hub_tokens().remove_own_of_service(maths, "wiki"); }),
        1);
    EXPECT_FALSE(there("6"));
    EXPECT_TRUE(there("7")) << "its visitor's";
    // What belongs to no service does not go with "none".
    EXPECT_EQ(write([&](Transaction& t) { return t.hub_tokens().remove_of_service(maths, ""); }),
              0);
}

}  // namespace carrel

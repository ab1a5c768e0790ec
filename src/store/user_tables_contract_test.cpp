#include "store/store_contract.hpp"

namespace carrel {

class UsersContract : public StoreContract {};
INSTANTIATE_TEST_SUITE_P(Engines, UsersContract, testing::ValuesIn(store_engines()), engine_name);

TEST_P(UsersContract, AUserComesBackAsItWasWritten) {
    auto user = some_user("ada");
    user.last_login_at = at(-5);
    write([&](Transaction& t) { return t.users().insert(user); });

    auto const found = read([&](Transaction& t) { return t.users().find(user.id); });

    EXPECT_EQ(found.id, user.id);
    EXPECT_EQ(found.name, user.name);
    EXPECT_EQ(found.display_name, user.display_name);
    EXPECT_EQ(found.email, user.email);
    EXPECT_EQ(found.password_hash, user.password_hash);
    EXPECT_TRUE(found.administrator);
    EXPECT_FALSE(found.leader);
    EXPECT_FALSE(found.disabled);
    EXPECT_EQ(found.language, "de");
    EXPECT_EQ(found.created_at, user.created_at);
    EXPECT_EQ(found.last_login_at, user.last_login_at);
}

TEST_P(UsersContract, OddTextAndEmptyTextComeBackWhole) {
    auto user = some_user("ada");
    user.display_name = "a\tb\n\x7f '; drop table users; --";
    user.email.clear();
    write([&](Transaction& t) { return t.users().insert(user); });
    auto const found = read([&](Transaction& t) { return t.users().find_by_name("ada"); });
    EXPECT_EQ(found.display_name, user.display_name);
    EXPECT_EQ(found.email, "");
}

TEST_P(UsersContract, ANameIsTakenOnce) {
    add_user("ada");
    auto other = some_user("ada");
    other.id = UserId("another");
    auto const error = write_error([&](Transaction& t) { return t.users().insert(other); });
    EXPECT_EQ(error.code, Code::Conflict);
    EXPECT_EQ(error.field, "username");
    EXPECT_EQ(error.message, "this username is taken");
}

TEST_P(UsersContract, UpdateWritesEveryFieldAndNeedsTheRow) {
    add_user("ada");
    auto user = some_user("ada");
    user.name = "lovelace";
    user.administrator = false;
    user.disabled = true;
    user.last_login_at = at(7);
    write([&](Transaction& t) { return t.users().update(user); });
    auto const found = read([&](Transaction& t) { return t.users().find_by_name("lovelace"); });
    EXPECT_TRUE(found.disabled);
    EXPECT_FALSE(found.administrator);
    EXPECT_EQ(found.last_login_at, at(7));

    auto const missing = some_user("nobody");
    EXPECT_EQ(write_error([&](Transaction& t) { return t.users().update(missing); }).code,
              Code::NotFound);
    EXPECT_EQ(read_error([&](Transaction& t) { return t.users().find_by_name("ada"); }).code,
              Code::NotFound);
}

TEST_P(UsersContract, ListsByNameInPages) {
    for (auto const* name : {"dora", "ada", "carl", "_b", "b.c"}) add_user(name);
    std::vector<std::string> names;
    for (std::string after;;) {
        auto const page =
            read([&](Transaction& t) { return t.users().list({.limit = 2, .after = after}); });
        if (page.empty()) break;
        EXPECT_LE(page.size(), 2U);
        for (auto const& user : page) names.push_back(user.name);
        after = names.back();
    }
    EXPECT_EQ(names, (std::vector<std::string>{"_b", "ada", "b.c", "carl", "dora"}));
    EXPECT_EQ(read([](Transaction& t) { return t.users().count(); }), 5);
}

TEST_P(UsersContract, FindsManyAtOnceAndIgnoresStrangers) {
    std::vector<UserId> ids{UserId("stranger")};
    write([&](Transaction& t) -> Result<> {
        for (int i = 0; i < 450; ++i) {
            auto const user = some_user(fmt::format("u{}", i));
            ids.push_back(user.id);
            TRY_VOID(t.users().insert(user));
        }
        return {};
    });
    auto const found = read([&](Transaction& t) { return t.users().find_all(ids); });
    EXPECT_EQ(found.size(), 450U);
    EXPECT_EQ(found.at(UserId("id-u7")).name, "u7");
    EXPECT_TRUE(read([](Transaction& t) { return t.users().find_all({}); }).empty());
}

TEST_P(UsersContract, GivesACoursesPeopleInPagesOfEitherOrder) {
    for (auto const* const name : {"ada", "bob", "cy", "dan", "eve"}) add_user(name);
    write([](Transaction& t) -> Result<> {
        TRY(auto bob, t.users().find_by_name("bob"));
        bob.created_at = at(1);
        return t.users().update(bob);
    });
    add_course(some_course("maths", "ada"));
    add_course(some_course("other", "dan"));
    write([](Transaction& t) -> Result<> {
        for (auto const* const name : {"bob", "cy", "eve"})
            TRY_VOID(t.applications().insert({.course = CourseId("id-maths"),
                                              .user = UserId("id-" + std::string(name)),
                                              .state = std::string_view(name) == "eve"
                                                           ? ApplicationState::Pending
                                                           : ApplicationState::Accepted,
                                              .applied_at = at(5)}));
        return t.applications().insert({.course = CourseId("id-other"),
                                        .user = UserId("id-dan"),
                                        .state = ApplicationState::Accepted,
                                        .applied_at = at(5)});
    });
    using Page = Users::CoursePage;
    using Names = std::vector<std::string>;
    auto const names_on = [&](Page const& page) {
        Names found;
        for (auto const& user :
             read([&](Transaction& t) { return t.users().in_course(CourseId("id-maths"), page); }))
            found.push_back(user.name);
        return found;
    };
    auto const names = [&](Page page) {
        auto const found = names_on(page);
        if (page.limit == Page().limit) {
            page.limit = 1'000'000;
            EXPECT_EQ(names_on(page), found) << "more are read in another way";
        }
        return found;
    };
    EXPECT_EQ(names({}), (Names{"bob", "ada", "cy"}));
    EXPECT_EQ(names({.reversed = true}), (Names{"cy", "ada", "bob"}));
    auto const first =
        read([&](Transaction& t) { return t.users().in_course(CourseId("id-maths"), {}); }).front();
    EXPECT_EQ(first.id, UserId("id-bob"));
    EXPECT_TRUE(first.administrator);
    EXPECT_EQ(first.created_at, at(1));
    EXPECT_EQ(first.last_login_at, std::nullopt);
    EXPECT_EQ(names({.order = Page::Order::Name}), (Names{"ada", "bob", "cy"}));
    EXPECT_EQ(names({.order = Page::Order::Name, .reversed = true, .limit = 1}), (Names{"cy"}));
    EXPECT_EQ(names({.order = Page::Order::Name, .offset = 1, .limit = 1}), (Names{"bob"}));
    EXPECT_EQ(names({.offset = 3}), Names());

    auto const after = [&](char const* name, Page page) {
        auto const user = read([&](Transaction& t) { return t.users().find_by_name(name); });
        page.after = Page::Place{.created_at = user.created_at, .name = user.name};
        return names(page);
    };
    EXPECT_EQ(after("bob", {.offset = 7}), (Names{"ada", "cy"}));
    EXPECT_EQ(after("ada", {.limit = 1}), (Names{"cy"}));
    EXPECT_EQ(after("cy", {}), Names());
    EXPECT_EQ(after("ada", {.reversed = true}), (Names{"bob"}));
    EXPECT_EQ(after("bob", {.order = Page::Order::Name}), (Names{"cy"}));
    EXPECT_EQ(after("bob", {.order = Page::Order::Name, .reversed = true}), (Names{"ada"}));
}

TEST_P(UsersContract, APageOfVeryManyEndsWhereItShould) {
    add_user("lea");
    add_course(some_course("maths", "lea"));
    constexpr long long people = 10'300;
    write([](Transaction& t) -> Result<> {
        for (int i = 0; i < people; ++i) {
            auto const user = some_user(fmt::format("p{:05}", i));
            TRY_VOID(t.users().insert(user));
            if (i % 100 == 50) continue;  // takes no part
            TRY_VOID(t.applications().insert({.course = CourseId("id-maths"),
                                              .user = user.id,
                                              .state = ApplicationState::Accepted,
                                              .applied_at = at(5)}));
        }
        return {};
    });
    using Page = Users::CoursePage;
    auto const page = [&](Page const& page) {
        return read(
            [&](Transaction& t) { return t.users().in_course(CourseId("id-maths"), page); });
    };
    auto const by_name = Page::Order::Name;
    auto const all = page({.order = by_name, .limit = 1'000'000});
    ASSERT_EQ(all.size(), 10'198U);
    EXPECT_EQ(all.front().name, "lea");
    EXPECT_EQ(all.back().name, "p10299");
    auto const part = page({.order = by_name, .offset = 30, .limit = 10'000});
    ASSERT_EQ(part.size(), 10'000U);
    EXPECT_EQ(part.front().name, all[30].name);
    EXPECT_EQ(part.back().name, all[10'029].name);
}

TEST_P(UsersContract, APageOfVeryManyTellsAnyIdsApart) {
    auto const odd_ids = {std::string(40, 'x'), std::string(41, 'x'), std::string(300, 'x'),
                          std::string("x"), std::string("x\0", 2)};
    int count = 0;
    for (auto const& id : odd_ids) {
        auto user = some_user(fmt::format("u{}", count++));
        user.id = UserId(id);
        write([&](Transaction& t) { return t.users().insert(user); });
    }
    add_user("lea");
    add_course(some_course("maths", "lea"));
    auto const listed = [&] {
        std::vector<std::string> ids;
        for (auto const& user : read([](Transaction& t) {
                 return t.users().in_course(CourseId("id-maths"), {.limit = 1'000'000});
             }))
            ids.push_back(user.id.value());
        return ids;
    };
    std::vector<std::string> expected = {"id-lea"};
    for (auto const& id : odd_ids) {
        EXPECT_EQ(listed(), expected);
        write([&](Transaction& t) {
            return t.applications().insert({.course = CourseId("id-maths"),
                                            .user = UserId(id),
                                            .state = ApplicationState::Accepted,
                                            .applied_at = at(5)});
        });
        expected.push_back(id);
    }
    EXPECT_EQ(listed(), expected);
}

TEST_P(UsersContract, SessionsAreFoundBySecretTouchedAndRemoved) {
    add_user("ada");
    Session const session{SessionId("s1"), "hash1", "csrf",      UserId("id-ada"), at(1),
                          at(100),         at(1),   "192.0.2.1", "Firefox/140"};
    write([&](Transaction& t) { return t.sessions().insert(session); });
    write([](Transaction& t) { return t.sessions().touch(SessionId("s1"), at(50), at(150)); });

    auto const found =
        read([](Transaction& t) { return t.sessions().find_by_secret_hash("hash1"); });
    EXPECT_EQ(found.id, SessionId("s1"));
    EXPECT_EQ(found.csrf_token, "csrf");
    EXPECT_EQ(found.user, UserId("id-ada"));
    EXPECT_EQ(found.last_used_at, at(50));
    EXPECT_EQ(found.expires_at, at(150));
    EXPECT_EQ(found.address, "192.0.2.1");
    EXPECT_EQ(found.user_agent, "Firefox/140");
    EXPECT_EQ(read([](Transaction& t) { return t.sessions().of_user(UserId("id-ada")); }).size(),
              1U);

    EXPECT_EQ(write([](Transaction& t) { return t.sessions().remove_expired(at(149)); }), 0);
    EXPECT_EQ(write([](Transaction& t) { return t.sessions().remove_expired(at(150)); }), 1);
    write([](Transaction& t) { return t.sessions().remove(SessionId("s1")); });
    EXPECT_EQ(
        read_error([](Transaction& t) { return t.sessions().find_by_secret_hash("hash1"); }).code,
        Code::NotFound);
    EXPECT_EQ(write_error([](Transaction& t) {
                  return t.sessions().touch(SessionId("s1"), at(50), at(150));
              }).code,
              Code::NotFound);
}

TEST_P(UsersContract, ASessionNeedsItsUser) {
    Session const session{SessionId("s1"), "h", "c", UserId("nobody"), at(1), at(2), at(1)};
    EXPECT_EQ(write_error([&](Transaction& t) { return t.sessions().insert(session); }).code,
              Code::Conflict);
}

TEST_P(UsersContract, TokensAreFoundListedTouchedAndRemoved) {
    add_user("ada");
    Token token{.id = TokenId("t1"),
                .secret_hash = "h1",
                .user = UserId("id-ada"),
                .note = "laptop",
                .scopes = "self servers",
                .created_at = at(2),
                .expires_at = std::nullopt,
                .last_used_at = std::nullopt};
    write([&](Transaction& t) { return t.tokens().insert(token); });
    token.id = TokenId("t0");
    token.secret_hash = "h0";
    token.created_at = at(1);
    token.expires_at = at(99);
    token.made_with = TokenId("t1");
    write([&](Transaction& t) { return t.tokens().insert(token); });
    write([](Transaction& t) { return t.tokens().touch(TokenId("t1"), at(9)); });

    auto const found = read([](Transaction& t) { return t.tokens().find_by_secret_hash("h1"); });
    EXPECT_EQ(found.note, "laptop");
    EXPECT_EQ(found.scopes, "self servers");
    EXPECT_EQ(found.expires_at, std::nullopt);
    EXPECT_EQ(found.last_used_at, at(9));
    auto const all = read([](Transaction& t) { return t.tokens().of_user(UserId("id-ada")); });
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0].id, TokenId("t0"));
    EXPECT_EQ(all[0].expires_at, at(99));
    EXPECT_EQ(all[0].made_with, TokenId("t1"));
    EXPECT_EQ(all[1].made_with, std::nullopt);
    // What was made with it must not be left behind.
    write_error([](Transaction& t) { return t.tokens().remove(TokenId("t1")); });

    write([](Transaction& t) { return t.tokens().remove(TokenId("t0")); });
    write([](Transaction& t) { return t.tokens().remove(TokenId("t1")); });
    write([](Transaction& t) { return t.tokens().remove(TokenId("t1")); });
    EXPECT_EQ(read_error([](Transaction& t) { return t.tokens().find(TokenId("t1")); }).code,
              Code::NotFound);
    EXPECT_EQ(
        write_error([](Transaction& t) { return t.tokens().touch(TokenId("t1"), at(9)); }).code,
        Code::NotFound);
}

}  // namespace carrel

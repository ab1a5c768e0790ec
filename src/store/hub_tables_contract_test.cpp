#include "store/store_contract.hpp"

namespace carrel {

class HubTokensContract : public StoreContract {
protected:
    void SetUp() override {
        StoreContract::SetUp();
        add_user("ada");
        add_user("bob");
        add_course(some_course("maths"));
        add_course(some_course("physics"));
    }

    /// A token whose hash is its name.
    HubToken token(std::string const& name) const {
        HubToken token;
        token.secret_hash = name;
        token.course = maths;
        token.user = ada;
        token.created_at = at(1);
        return token;
    }
    long long add(HubToken const& token) {
        return write([&](Transaction& t) { return t.hub_tokens().insert(token); });
    }
    /// The hashes of what ada has in maths.
    std::vector<std::string> left() {
        std::vector<std::string> hashes;
        for (auto const& each :
             read([&](Transaction& t) { return t.hub_tokens().of_user(maths, ada); }))
            hashes.push_back(each.secret_hash);
        return hashes;
    }
    HubCode code(std::string const& hash) const {
        return {.hash = hash,
                .course = maths,
                .client = "jupyterhub-user-bob",
                .user = ada,
                .redirect_uri = "/c/maths/user/bob/oauth_callback",
                .scopes = "access:servers!server=bob/",
                .login = SessionId("s-1"),
                .challenge = "abc",
                .created_at = at(1),
                .expires_at = at(300'001),
                .used_at = std::nullopt};
    }

    CourseId const maths{"id-maths"};
    CourseId const physics{"id-physics"};
    UserId const ada{"id-ada"};
    UserId const bob{"id-bob"};
};
INSTANTIATE_TEST_SUITE_P(Engines, HubTokensContract, testing::ValuesIn(store_engines()),
                         engine_name);

TEST_P(HubTokensContract, ATokenIsFoundWithAllThatItHas) {
    auto token = this->token("hash");
    token.kind = HubTokenKind::OAuth;
    token.client = "jupyterhub-user-bob";
    token.server = "gpu";
    token.scopes = "self tokens!user";
    token.note = "it's";
    token.login = SessionId("s-1");
    token.code = "c-1";
    token.expires_at = at(5);
    auto const id = add(token);
    write([&](Transaction& t) { return t.hub_tokens().touch(id, at(3)); });

    auto const found =
        read([&](Transaction& t) { return t.hub_tokens().find_by_secret_hash("hash"); });
    EXPECT_EQ(found.id, id);
    EXPECT_EQ(found.course, maths);
    EXPECT_EQ(found.user, ada);
    EXPECT_EQ(found.service, "");
    EXPECT_EQ(found.kind, HubTokenKind::OAuth);
    EXPECT_EQ(found.client, token.client);
    EXPECT_EQ(found.server, "gpu");
    EXPECT_EQ(found.scopes, token.scopes);
    EXPECT_EQ(found.note, token.note);
    EXPECT_EQ(found.login, token.login);
    EXPECT_EQ(found.code, "c-1");
    EXPECT_EQ(found.created_at, at(1));
    EXPECT_EQ(found.expires_at, at(5));
    EXPECT_EQ(found.last_used_at, at(3));
    EXPECT_EQ(read([&](Transaction& t) { return t.hub_tokens().find(maths, id); }).note, "it's");
    EXPECT_EQ(read_error([&](Transaction& t) { return t.hub_tokens().find(physics, id); }).code,
              Code::NotFound);
}

TEST_P(HubTokensContract, AServiceOwnsOneWithoutAUser) {
    auto token = this->token("hash");
    token.user.reset();
    token.service = "culler";
    token.kind = HubTokenKind::Service;
    add(token);
    auto const found =
        read([&](Transaction& t) { return t.hub_tokens().find_by_secret_hash("hash"); });
    EXPECT_EQ(found.user, std::nullopt);
    EXPECT_EQ(found.service, "culler");
}

TEST_P(HubTokensContract, IdsAscendAndAreNeverUsedAgain) {
    auto const first = add(token("1"));
    write([&](Transaction& t) { return t.hub_tokens().remove(first); });
    EXPECT_GT(add(token("2")), first);
    EXPECT_EQ(write_error([&](Transaction& t) { return t.hub_tokens().insert(token("2")); }).code,
              Code::Conflict);
}

TEST_P(HubTokensContract, OfOneUserInOneCourseOldestFirst) {
    add(token("1"));
    auto other = token("2");
    other.course = physics;
    add(other);
    other = token("3");
    other.user = bob;
    add(other);
    add(token("4"));
    EXPECT_EQ(left(), (std::vector<std::string>{"1", "4"}));
}

TEST_P(HubTokensContract, OfServersAreFoundByTheirClient) {
    auto token = this->token("1");
    token.client = "jupyterhub-user-ada";
    add(token);
    token.secret_hash = "2";
    token.kind = HubTokenKind::Server;
    add(token);
    token.secret_hash = "3";
    token.course = physics;
    add(token);
    auto const found = read(
        [&](Transaction& t) { return t.hub_tokens().of_servers(maths, "jupyterhub-user-ada"); });
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].secret_hash, "2");
}

TEST_P(HubTokensContract, EndWithTheirServerAndNoOther) {
    for (auto const* server : {"", "gpu"}) {
        auto token = this->token(std::string("server") + server);
        token.kind = HubTokenKind::Server;
        token.server = server;
        add(token);
    }
    add(token("api"));
    write([&](Transaction& t) { return t.hub_tokens().remove_of_server(maths, ada, ""); });
    EXPECT_EQ(left(), (std::vector<std::string>{"servergpu", "api"}));
}

TEST_P(HubTokensContract, EndWithTheirLoginTheirCodeAndTheirClient) {
    for (auto const* name : {"1", "2", "3", "4"}) {
        auto token = this->token(name);
        token.kind = HubTokenKind::OAuth;
        token.login = SessionId(std::string("login-") + name);
        token.code = std::string("code-") + name;
        token.client = std::string("client-") + name;
        add(token);
    }
    add(token("neither"));
    auto const of_login = [&](std::string const& login) {
        return read([&](Transaction& t) { return t.hub_tokens().of_login(SessionId(login)); });
    };
    ASSERT_EQ(of_login("login-1").size(), 1U);
    auto const first = of_login("login-1")[0];
    write([&](Transaction& t) { return t.hub_tokens().remove(first); });
    write([&](Transaction& t) { return t.hub_tokens().remove_of_code("code-2"); });
    write([&](Transaction& t) { return t.hub_tokens().remove_of_client(maths, ada, "client-3"); });
    // What has none does not end with "none".
    EXPECT_TRUE(of_login("").empty());
    write([&](Transaction& t) { return t.hub_tokens().remove_of_code(""); });
    EXPECT_EQ(left(), (std::vector<std::string>{"4", "neither"}));
}

TEST_P(HubTokensContract, EndWhenTheyExpire) {
    auto token = this->token("soon");
    token.expires_at = at(10);
    add(token);
    add(this->token("never"));
    EXPECT_EQ(write([&](Transaction& t) { return t.hub_tokens().remove_expired(at(9)); }), 0);
    EXPECT_EQ(write([&](Transaction& t) { return t.hub_tokens().remove_expired(at(10)); }), 1);
    EXPECT_EQ(left(), (std::vector<std::string>{"never"}));
}

TEST_P(HubTokensContract, ACodeIsFoundMarkedAndForgotten) {
    write([&](Transaction& t) { return t.hub_codes().insert(code("1")); });
    auto found = read([&](Transaction& t) { return t.hub_codes().find("1"); });
    EXPECT_EQ(found.course, maths);
    EXPECT_EQ(found.client, "jupyterhub-user-bob");
    EXPECT_EQ(found.user, ada);
    EXPECT_EQ(found.redirect_uri, "/c/maths/user/bob/oauth_callback");
    EXPECT_EQ(found.scopes, "access:servers!server=bob/");
    EXPECT_EQ(found.login, SessionId("s-1"));
    EXPECT_EQ(found.challenge, "abc");
    EXPECT_EQ(found.expires_at, at(300'001));
    EXPECT_EQ(found.used_at, std::nullopt);
    write([&](Transaction& t) { return t.hub_codes().mark_used("1", at(7)); });
    EXPECT_EQ(read([&](Transaction& t) { return t.hub_codes().find("1"); }).used_at, at(7));

    write([&](Transaction& t) { return t.hub_codes().remove_expired(at(300'001)); });
    EXPECT_EQ(read_error([&](Transaction& t) { return t.hub_codes().find("1"); }).code,
              Code::NotFound);
    write([&](Transaction& t) { return t.hub_codes().insert(code("2")); });
    write([&](Transaction& t) { return t.hub_codes().remove_of_login(SessionId("s-1")); });
    EXPECT_EQ(read_error([&](Transaction& t) { return t.hub_codes().find("2"); }).code,
              Code::NotFound);
}

}  // namespace carrel

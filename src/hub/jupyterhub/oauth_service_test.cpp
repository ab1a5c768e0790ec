#include "hub/jupyterhub/oauth_fixture.hpp"

#include <gmock/gmock.h>

namespace carrel::jupyterhub {

using testing::HasSubstr;

/// A visitor's way into a service: "wiki", which participants may open here.
class ServiceOAuthTest : public OAuthTest {
protected:
    ServiceOAuthTest() {
        wiki_.token_hash = hash_secret(secret_);
        services_ = ServiceBook({wiki_});
        open_to_all();
    }
    void open_to_all() {
        roles_ = rbac::RoleBook::create({{.role = {.name = "user",
                                                   .description = "",
                                                   .scopes = {"self", "access:services"}}}})
                     .value();
    }
    static Fields question_of_wiki(Fields const& changes = {}) {
        Fields fields{{"client_id", "service-wiki"},
                      {"redirect_uri", "/c/bio/services/wiki/oauth_callback"},
                      {"response_type", "code"},
                      {"state", "s"}};
        for (auto const& [name, value] : changes) fields[name] = value;
        return fields;
    }
    http::Response exchange(std::string const& code, Fields const& changes = {},
                            std::string const& slug = "bio") {
        Fields fields{{"client_id", "service-wiki"},
                      {"client_secret", secret_},
                      {"grant_type", "authorization_code"},
                      {"code", code},
                      {"redirect_uri", "/c/bio/services/wiki/oauth_callback"}};
        for (auto const& [name, value] : changes) fields[name] = value;
        http::Request request{.method = "POST", .target = "/c/" + slug + "/hub/api/oauth2/token"};
        request.headers.set("Content-Type", "application/x-www-form-urlencoded");
        request.body = form_of(fields);
        return ask(std::move(request));
    }
    std::string agreed_code(Visitor const& visitor, Fields const& changes = {}) {
        auto const answer = agree(visitor, question_of_wiki(changes), visitor.csrf_token);
        EXPECT_EQ(answer.status, 302U) << answer.body;
        return query_of(answer.headers.get("Location")).get("code");
    }

    std::string const secret_ = "0123456789abcdef0123456789abcdef";
    Service wiki_{.name = "wiki", .url = "http://127.0.0.1:9000"};
};

TEST_F(ServiceOAuthTest, AVisitorIsAskedOnceAndThenKnownToTheService) {
    auto const ada = log_in(ada_);
    auto const asked = authorize(ada, question_of_wiki());
    EXPECT_EQ(asked.status, 200U);
    EXPECT_THAT(asked.body, HasSubstr("Open wiki?"));
    auto const given = exchange(agreed_code(ada));
    ASSERT_EQ(given.status, 200U) << given.body;
    auto const token = json::parse(given.body)["access_token"].get<std::string>();
    auto const who = json::parse(who_is(token).body);
    EXPECT_EQ(who["name"], "ada");
    EXPECT_EQ(who["scopes"], (json{"access:services!service=wiki", "read:users:groups!user=ada",
                                   "read:users:name!user=ada"}));
    // Not asked again for the same.
    EXPECT_EQ(authorize(ada, question_of_wiki()).status, 302U);
}

TEST_F(ServiceOAuthTest, WhoMayNotOpenItIsRefusedAndLosesItWithTheRight) {
    auto const ada = log_in(ada_);
    auto const code = agreed_code(ada);
    roles_ = rbac::RoleBook();
    EXPECT_EQ(authorize(ada, question_of_wiki()).status, 403U);
    EXPECT_EQ(error_of(exchange(code)), "invalid_grant");
    EXPECT_EQ(authorize(log_in(lea_), question_of_wiki()).status, 200U);
    open_to_all();
    auto const granted = exchange(agreed_code(ada));
    auto const token = json::parse(granted.body)["access_token"].get<std::string>();
    roles_ = rbac::RoleBook();
    auto const who = json::parse(who_is(token).body);
    EXPECT_THAT(who["scopes"].dump(), testing::Not(HasSubstr("access:services")));
}

TEST_F(ServiceOAuthTest, OnlyItsOwnSecretAndAddressCount) {
    auto const ada = log_in(ada_);
    EXPECT_EQ(authorize(ada, question_of_wiki({{"redirect_uri", "/c/bio/user/bob/x"}})).status,
              400U);
    EXPECT_EQ(authorize(ada, question_of_wiki({{"client_id", "service-none"}})).status, 400U);
    for (auto const& secret : {std::string("guess"), secret_of(ada_), std::string()}) {
        auto const refused = exchange(agreed_code(ada), {{"client_secret", secret}});
        EXPECT_EQ(refused.status, 401U) << secret;
        EXPECT_EQ(error_of(refused), "invalid_client");
    }
    // Nor does another service's.
    HubToken other;
    other.secret_hash = hash_secret("of-another-service");
    other.course = course_.id;
    other.service = "cull";
    other.kind = HubTokenKind::Service;
    ASSERT_TRUE(store_->write([&](Transaction& t) -> Result<> {
        TRY_VOID(t.hub_tokens().insert(other));
        return {};
    }));
    EXPECT_EQ(error_of(exchange(agreed_code(ada), {{"client_secret", "of-another-service"}})),
              "invalid_client");
    // A server's code is no service's, and the other way round.
    auto const code = code_for(ada, ada_);
    EXPECT_EQ(error_of(exchange(code)), "invalid_grant");
    EXPECT_EQ(error_of(redeem(ada_, agreed_code(ada))), "invalid_grant");
}

TEST_F(ServiceOAuthTest, ACodeIsForOneServiceOfOneHubAtOneAddress) {
    wiki_.redirect_uri = "https://both.example/callback";
    auto twin = wiki_;
    twin.name = "twin";
    twin.token_hash = hash_secret("the secret of the twin");
    services_ = ServiceBook({wiki_, twin});
    auto art = course_;
    art.id = CourseId("id-art");
    art.request.slug = "art";
    art.invitation_code = "another";
    ASSERT_TRUE(store_->write([&](Transaction& t) -> Result<> {
        TRY_VOID(t.courses().insert(art));
        TRY_VOID(t.hub_tokens().insert(service_token(art.id, "wiki", "of art", clock_.now())));
        return {};
    }));
    // Their leader may open it in both.
    auto const lea = log_in(lea_);
    Fields const there{{"redirect_uri", wiki_.redirect_uri}};
    auto const code = agreed_code(lea, there);
    EXPECT_EQ(error_of(exchange(code, {{"client_id", "service-twin"},
                                       {"client_secret", "the secret of the twin"},
                                       {"redirect_uri", wiki_.redirect_uri}})),
              "invalid_grant");
    EXPECT_EQ(error_of(exchange(code, there, "art")), "invalid_grant");
    EXPECT_EQ(error_of(exchange(
                  code, {{"client_secret", "of art"}, {"redirect_uri", wiki_.redirect_uri}})),
              "invalid_client");
    EXPECT_EQ(exchange(code, there).status, 200U);
    auto const late = agreed_code(lea, there);
    wiki_.redirect_uri = "https://moved.example/callback";
    services_ = ServiceBook({wiki_});
    EXPECT_EQ(error_of(exchange(late, there)), "invalid_grant");
}

TEST_F(ServiceOAuthTest, CustomScopesAreShownInWordsAndGivenAsFarAsTheVisitorHasThem) {
    auto const custom =
        rbac::CustomScopes::create(
            {{.name = "custom:grades:write", .description = "write grades", .subscopes = {}},
             {.name = "custom:grades:list", .description = "list <all>", .subscopes = {}},
             {.name = "custom:grades:read", .description = "read <grades>", .subscopes = {}}})
            .value();
    roles_ =
        rbac::RoleBook::create({{.role = {.name = "user",
                                          .description = "",
                                          .scopes = {"self", "access:services",
                                                     "custom:grades:list", "custom:grades:read"}}}},
                               custom)
            .value();
    wiki_.client_scopes = {"custom:grades:list", "custom:grades:read!user", "custom:grades:write"};
    services_ = ServiceBook({wiki_});
    auto const ada = log_in(ada_);
    auto const asked = authorize(ada, question_of_wiki());
    EXPECT_THAT(asked.body, HasSubstr("<li>read &lt;grades&gt; (your own)</li>"));
    EXPECT_THAT(asked.body, HasSubstr("<li>list &lt;all&gt;</li>"));
    EXPECT_THAT(asked.body, testing::Not(HasSubstr("write grades"))) << "she may not herself";
    auto const given = exchange(agreed_code(ada));
    auto const token = json::parse(given.body)["access_token"].get<std::string>();
    auto const scopes = json::parse(who_is(token).body)["scopes"].dump();
    EXPECT_THAT(scopes, HasSubstr("custom:grades:read!user=ada"));
    EXPECT_THAT(scopes, testing::Not(HasSubstr("custom:grades:write")));
    // Who asks for less gets less; who asks for what the service may not have is told so.
    auto const less = authorize(ada, question_of_wiki({{"scope", "access:services!service=wiki"}}));
    EXPECT_EQ(less.status, 302U) << "agreed to before";
    for (auto const* const wrong : {"custom:grades:delete", "custom:grades:read", "admin:users"}) {
        auto const refused = authorize(ada, question_of_wiki({{"scope", wrong}}));
        EXPECT_EQ(query_of(refused.headers.get("Location")).get("error"), "invalid_scope") << wrong;
    }
}

TEST_F(ServiceOAuthTest, OneThatIsTrustedAsksNobody) {
    wiki_.no_confirm = true;
    services_ = ServiceBook({wiki_});
    EXPECT_EQ(authorize(log_in(ada_), question_of_wiki()).status, 302U);
}

}  // namespace carrel::jupyterhub

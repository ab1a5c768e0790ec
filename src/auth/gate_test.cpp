#include "auth/gate.hpp"

#include "auth/login_place.hpp"
#include "auth/test_store.hpp"
#include "base/text.hpp"

#include <gmock/gmock.h>

namespace carrel {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class GateTest : public ::testing::Test {
protected:
    /// A request of ada's browser, which has her cookie and knows her CSRF token.
    http::Request browser(std::string method = "GET") {
        http::Request request;
        request.method = std::move(method);
        request.headers.set("Host", "carrel.example");
        if (!cookie_.empty()) request.headers.set("Cookie", "carrel_session=" + cookie_);
        if (!csrf_.empty()) request.headers.set("X-CSRF-Token", csrf_);
        return request;
    }
    http::Request bearer(std::string const& secret, std::string const& scheme = "Bearer") {
        http::Request request;
        request.method = "POST";
        request.headers.set("Authorization", scheme + " " + secret);
        return request;
    }
    void log_in(User const& user) {
        http::Response response;
        http::Request request;
        request.method = "POST";
        auto const who = gate_.begin_session(user, request, response);
        ASSERT_TRUE(who) << who.error().message;
        csrf_ = who->csrf_token;
        set_cookie_ = response.headers.get("set-cookie");
        auto const start = set_cookie_.find('=') + 1;
        cookie_ = set_cookie_.substr(start, set_cookie_.find(';') - start);
    }
    /// A token of ada's, with these scopes.
    std::string make_token(std::string const& scopes, std::optional<Time> expires = {}) {
        auto const secret = make_token_secret(random_);
        Token token;
        token.id = TokenId(random_.uuid());
        token.secret_hash = hash_secret(secret);
        token.user = ada_.id;
        token.scopes = scopes;
        token.created_at = clock_.now();
        token.expires_at = expires;
        store_.write([&](Transaction& transaction) { return transaction.tokens().insert(token); });
        return secret;
    }
    Code refusal(http::Request const& request) {
        auto const who = gate_.identify(request);
        return who ? Code::Internal : who.error().code;
    }
    Session session() {
        return store_.write([&](Transaction& transaction) {
            return transaction.sessions().find_by_secret_hash(hash_secret(cookie_));
        });
    }

    TestStore store_;
    ManualClock clock_{*parse_time("2026-11-21T08:00:00Z")};
    SystemRandom random_;
    Gate gate_{*store_, clock_, random_, {.idle = Seconds(3600), .longest = Seconds(10'000)}};
    User ada_ = store_.add_user("ada");
    std::string cookie_;
    std::string set_cookie_;
    std::string csrf_;
};

TEST_F(GateTest, KnowsAPersonByTheSessionsCookie) {
    log_in(ada_);
    auto const who = gate_.identify(browser());
    ASSERT_TRUE(who) << who.error().message;
    EXPECT_EQ(who->user.name, "ada");
    EXPECT_TRUE(who->by_cookie);
    EXPECT_EQ(who->csrf_token, csrf_);
    EXPECT_EQ(who->scopes, all_scopes());
}

TEST_F(GateTest, HidesTheCookieFromScriptsAndOtherSites) {
    log_in(ada_);
    EXPECT_THAT(set_cookie_, AllOf(HasSubstr("HttpOnly"), HasSubstr("SameSite=Lax"),
                                   HasSubstr("Path=/"), Not(HasSubstr("Secure"))));
}

TEST_F(GateTest, MakesTheCookieSecureOnTls) {
    http::Request request;
    request.method = "POST";
    request.headers.set("X-Forwarded-Proto", "https");
    http::Response response;
    ASSERT_TRUE(gate_.begin_session(ada_, request, response));
    EXPECT_THAT(std::string(response.headers.get("set-cookie")), HasSubstr("Secure"));
}

TEST_F(GateTest, BindsTheCookieToItsHostWhereNeighboursAreNotTrusted) {
    Gate host_gate(*store_, clock_, random_, {.bound_to_host = true});
    log_in(ada_);
    auto request = browser();
    EXPECT_FALSE(host_gate.identify(request)) << "anybody next door could have planted it";
    request.headers.set("Cookie", "__Host-carrel_session=" + cookie_);
    auto const who = host_gate.identify(request);
    ASSERT_TRUE(who);
    EXPECT_FALSE(gate_.identify(request));

    http::Response begun;
    ASSERT_TRUE(host_gate.begin_session(ada_, browser("POST"), begun));
    for (auto const& [name, value] : begun.headers)
        if (equals_ignoring_case(name, "set-cookie"))
            EXPECT_TRUE(value.starts_with("__Host-")) << value;
    http::Response ended;
    ASSERT_TRUE(host_gate.end_session(*who, ended));
    for (auto const* response : {&begun, &ended}) {
        std::string const cookie(response->headers.get("set-cookie"));
        EXPECT_TRUE(cookie.starts_with("__Host-carrel_session=")) << cookie;
        EXPECT_THAT(cookie,
                    AllOf(HasSubstr("; Path=/;"), HasSubstr("Secure"), Not(HasSubstr("Domain"))));
    }
}

TEST_F(GateTest, WhoHasToHaveASecondFactorDoesNothingElseBeforeTheyHaveOne) {
    auto const refused = [&](FactorRule rule, FirstStep first) {
        Gate gate(*store_, clock_, random_, {.second_factor = rule});
        http::Response begun;
        http::Request request;
        request.method = "POST";
        auto const who = gate.begin_session(ada_, request, begun, first);
        if (!who) return who.error().message;
        std::string const cookie(begun.headers.get("set-cookie"));
        http::Request later;
        later.method = "GET";
        later.headers.set("Cookie", cookie.substr(0, cookie.find(';')));
        auto const known = gate.identify(later);
        EXPECT_EQ(who->lacks_factor, !known);
        EXPECT_TRUE(
            gate.identify(later, Presence::Watches, check_not_forged, WithoutFactor::Allowed));
        return known ? std::string() : known.error().field;
    };
    EXPECT_EQ(refused({}, FirstStep::Password), "");
    EXPECT_EQ(refused({.everybody = true}, FirstStep::Password), "second_factor");
    EXPECT_EQ(refused({.everybody = true}, FirstStep::Provider), "");
    EXPECT_EQ(refused({.everybody = true, .after_provider = true}, FirstStep::Provider),
              "second_factor");
    EXPECT_EQ(refused({.after_provider = true}, FirstStep::Provider), "");
}

TEST_F(GateTest, StoresNoSecret) {
    log_in(ada_);
    EXPECT_NE(session().secret_hash, cookie_);
    EXPECT_EQ(session().secret_hash.size(), 64U);
    EXPECT_GE(cookie_.size(), 43U);
}

TEST_F(GateTest, RefusesNobody) { EXPECT_EQ(refusal(browser()), Code::Unauthenticated); }

TEST_F(GateTest, RefusesAWrongCookie) {
    log_in(ada_);
    cookie_.back() = cookie_.back() == 'A' ? 'B' : 'A';
    EXPECT_EQ(refusal(browser()), Code::Unauthenticated);
}

TEST_F(GateTest, RefusesTheHashOfACookieAsTheCookie) {
    log_in(ada_);
    cookie_ = hash_secret(cookie_);
    EXPECT_EQ(refusal(browser()), Code::Unauthenticated);
}

TEST_F(GateTest, EndsAnIdleSession) {
    log_in(ada_);
    clock_.advance(Seconds(3600));
    EXPECT_EQ(refusal(browser()), Code::Unauthenticated);
}

TEST_F(GateTest, KeepsAUsedSessionButNotForEver) {
    log_in(ada_);
    for (int i = 0; i < 3; ++i) {
        clock_.advance(Seconds(3000));
        EXPECT_TRUE(gate_.identify(browser())) << i;
    }
    clock_.advance(Seconds(1000));  // 10,000 s since it began
    EXPECT_EQ(refusal(browser()), Code::Unauthenticated);
}

TEST_F(GateTest, WritesTheLastUseAtMostOnceAMinute) {
    log_in(ada_);
    auto const begun = clock_.now();
    clock_.advance(Seconds(59));
    ASSERT_TRUE(gate_.identify(browser()));
    EXPECT_EQ(session().last_used_at, begun);
    clock_.advance(Seconds(1));
    ASSERT_TRUE(gate_.identify(browser()));
    EXPECT_EQ(session().last_used_at, begun + Seconds(60));
    EXPECT_EQ(session().expires_at, begun + Seconds(60 + 3600));
}

TEST_F(GateTest, RefusesADisabledUser) {
    log_in(ada_);
    auto const token = make_token("self");
    store_.change_user("ada", [](User& user) { user.disabled = true; });
    EXPECT_EQ(refusal(browser()), Code::Unauthenticated);
    EXPECT_EQ(refusal(bearer(token)), Code::Unauthenticated);
    http::Response response;
    auto const begun = gate_.begin_session(ada_, browser("POST"), response);
    ASSERT_FALSE(begun);
    EXPECT_EQ(begun.error().code, Code::Unauthenticated);
    EXPECT_EQ(response.headers.get("set-cookie"), "");
}

TEST_F(GateTest, WantsTheCsrfTokenWithUnsafeMethods) {
    log_in(ada_);
    for (auto const* const method : {"POST", "PUT", "PATCH", "DELETE", "get"}) {
        auto request = browser(method);
        EXPECT_TRUE(gate_.identify(request)) << method;
        request.headers.set("X-CSRF-Token", "guess");
        EXPECT_EQ(refusal(request), Code::PermissionDenied) << method;
        request.headers.remove("X-CSRF-Token");
        EXPECT_EQ(refusal(request), Code::PermissionDenied) << method;
    }
    auto reading = browser("GET");
    reading.headers.remove("X-CSRF-Token");
    EXPECT_TRUE(gate_.identify(reading));
}

TEST_F(GateTest, RefusesAnotherSessionsCsrfToken) {
    log_in(store_.add_user("eve"));
    auto const of_eve = csrf_;
    log_in(ada_);
    auto request = browser("POST");
    request.headers.set("X-CSRF-Token", of_eve);
    EXPECT_EQ(refusal(request), Code::PermissionDenied);
}

TEST_F(GateTest, RefusesOtherOriginsEvenWithTheToken) {
    log_in(ada_);
    for (auto const* const origin : {"https://evil.example", "null", "https://carrel.example.evil",
                                     "http://ada.carrel.example", "http://carrel.example:8001"}) {
        auto request = browser("POST");
        request.headers.set("Origin", origin);
        EXPECT_EQ(refusal(request), Code::PermissionDenied) << origin;
    }
    for (auto const* const origin : {"https://carrel.example", "http://carrel.example",
                                     "https://Carrel.Example", "https://carrel.example:443"}) {
        auto request = browser("POST");
        request.headers.set("Origin", origin);
        EXPECT_TRUE(gate_.identify(request)) << origin;
    }
}

TEST_F(GateTest, RefusesWhatTheBrowserCallsCrossSite) {
    log_in(ada_);
    for (auto const* const site : {"cross-site", "same-site"}) {
        auto request = browser("POST");
        request.headers.set("Sec-Fetch-Site", site);
        EXPECT_EQ(refusal(request), Code::PermissionDenied) << site;
        request.method = "GET";
        EXPECT_TRUE(gate_.identify(request)) << "a link from elsewhere works";
    }
    for (auto const* const site : {"same-origin", "none"}) {
        auto request = browser("POST");
        request.headers.set("Sec-Fetch-Site", site);
        EXPECT_TRUE(gate_.identify(request)) << site;
    }
}

TEST_F(GateTest, BeginsNoSessionForAnotherSite) {
    auto request = browser("POST");
    request.headers.set("Origin", "https://evil.example");
    http::Response response;
    auto const begun = gate_.begin_session(ada_, request, response);
    ASSERT_FALSE(begun);
    EXPECT_EQ(begun.error().code, Code::PermissionDenied);
}

TEST_F(GateTest, TakesATokenWithoutCookieOrCsrfToken) {
    auto const token = make_token("self courses:read");
    for (auto const* const scheme : {"Bearer", "bearer", "token"}) {
        auto const who = gate_.identify(bearer(token, scheme));
        ASSERT_TRUE(who) << scheme << ": " << who.error().message;
        EXPECT_EQ(who->user.name, "ada");
        EXPECT_FALSE(who->by_cookie);
        EXPECT_EQ(who->scopes, (Scopes{Scope::Self, Scope::CoursesRead}));
        EXPECT_THAT(who->login.value(), ::testing::StartsWith("token:"));
        EXPECT_TRUE(require(*who, Scope::Self));
        EXPECT_FALSE(require(*who, Scope::Governance));
    }
}

TEST_F(GateTest, RefusesWrongAndExpiredTokens) {
    auto const token = make_token("self", clock_.now() + Seconds(10));
    EXPECT_EQ(refusal(bearer(token + "x")), Code::Unauthenticated);
    EXPECT_EQ(refusal(bearer(hash_secret(token))), Code::Unauthenticated);
    EXPECT_EQ(refusal(bearer("")), Code::Unauthenticated);
    EXPECT_TRUE(gate_.identify(bearer(token)));
    clock_.advance(Seconds(10));
    EXPECT_EQ(refusal(bearer(token)), Code::Unauthenticated);
}

TEST_F(GateTest, CountsTheTokenWhenThereIsACookieToo) {
    log_in(store_.add_user("eve"));
    auto request = browser("POST");
    request.headers.remove("X-CSRF-Token");
    request.headers.set("Authorization", "Bearer " + make_token("self"));
    auto const who = gate_.identify(request);
    ASSERT_TRUE(who) << who.error().message;
    EXPECT_EQ(who->user.name, "ada");
    // And a wrong token is not saved by a good cookie.
    request = browser();
    request.headers.set("Authorization", "Bearer wrong");
    EXPECT_EQ(refusal(request), Code::Unauthenticated);
}

TEST_F(GateTest, LogsInAfreshWithANewSecretAndEndsTheOldSession) {
    log_in(ada_);
    auto const old = browser();
    auto const first = session();
    http::Response response;
    ASSERT_TRUE(gate_.begin_session(ada_, browser("POST"), response));
    EXPECT_EQ(refusal(old), Code::Unauthenticated);
    ASSERT_EQ(store_.outbox().size(), 1U);
    EXPECT_EQ(store_.outbox()[0].kind, "revoke_login");
    EXPECT_THAT(store_.outbox()[0].payload, HasSubstr(first.id.value()));
}

TEST_F(GateTest, PageThatOnlyWatchesKeepsNoSessionAlive) {
    log_in(ada_);
    auto const request = browser();
    // Looked at for the whole of its idle time, in steps far shorter than that.
    for (int part = 0; part < 6; ++part) {
        EXPECT_TRUE(gate_.identify(request, Presence::Watches)) << part;
        clock_.advance(Seconds(600));
    }
    auto const who = gate_.identify(request, Presence::Watches);
    ASSERT_FALSE(who);
    EXPECT_EQ(who.error().code, Code::Unauthenticated);
}

TEST_F(GateTest, RemembersWhereSomebodyLoggedInAndGivesANewBrowserItsCookieOnce) {
    http::Request request;
    request.method = "POST";
    request.headers.set("X-Forwarded-For", "192.0.2.1");
    http::Response first;
    ASSERT_TRUE(gate_.begin_session(ada_, request, first));
    std::string browser;
    for (auto const& [name, value] : first.headers)
        if (value.starts_with("carrel_browser=")) browser = value.substr(15, value.find(';') - 15);
    ASSERT_GE(browser.size(), 20U);

    request.headers.set("Cookie", "carrel_browser=" + browser);
    http::Response second;
    ASSERT_TRUE(gate_.begin_session(ada_, request, second));
    for (auto const& [name, value] : second.headers)
        EXPECT_FALSE(value.starts_with("carrel_browser="));
    for (auto const& place : {place_of_browser(browser), place_of_address("192.0.2.1")})
        EXPECT_TRUE(store_.write([&](Transaction& transaction) {
            return transaction.login_places().knows(ada_.id, place);
        })) << place;
}

TEST_F(GateTest, WritesDownALogin) {
    log_in(ada_);
    auto const events = store_.events();
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events[0].kind, "logged_in");
    EXPECT_EQ(events[0].actor, "ada");
    auto const user = store_.write(
        [](Transaction& transaction) { return transaction.users().find_by_name("ada"); });
    EXPECT_EQ(user.last_login_at, clock_.now());
}

TEST_F(GateTest, LogsOut) {
    log_in(ada_);
    auto const who = gate_.identify(browser());
    ASSERT_TRUE(who);
    http::Response response;
    ASSERT_TRUE(gate_.end_session(*who, response));
    EXPECT_THAT(std::string(response.headers.get("set-cookie")), HasSubstr("Max-Age=0"));
    EXPECT_EQ(refusal(browser()), Code::Unauthenticated);
    ASSERT_EQ(store_.outbox().size(), 1U);
    EXPECT_THAT(store_.outbox()[0].payload, HasSubstr(who->login.value()));
}

TEST(Scopes, ReadAndWriteTheirNames) {
    EXPECT_EQ(*parse_scopes(format_scopes(all_scopes())), all_scopes());
    EXPECT_TRUE(parse_scopes("")->empty());
    auto const wrong = parse_scopes("self everything");
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().field, "scopes");
    EXPECT_THAT(wrong.error().message, HasSubstr("everything"));
}

}  // namespace
}  // namespace carrel

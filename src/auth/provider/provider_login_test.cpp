#include "auth/provider/provider_login.hpp"

#include "auth/factor/recovery_code.hpp"
#include "auth/provider/login_failure.hpp"
#include "auth/test_store.hpp"
#include "base/text.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>

#include <gmock/gmock.h>

namespace carrel {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

/// Believes everybody who brings "code-of-<name>" and knows what was asked.
class TrustingProvider final : public LoginProvider {
public:
    explicit TrustingProvider(ProviderSettings settings) : settings_(std::move(settings)) {}
    ProviderSettings const& settings() const override { return settings_; }
    Result<std::string> authorization_url(ProviderQuestion const& question) override {
        return fmt::format("https://{}.example/ask?state={}&redirect_uri={}", settings_.name,
                           question.state, question.redirect_uri);
    }
    Result<ProviderPerson> identify(ProviderAnswer const& answer,
                                    ProviderQuestion const& question) override {
        EXPECT_GE(question.nonce.size(), 43U);
        EXPECT_GE(question.verifier.size(), 43U);
        EXPECT_EQ(question.redirect_uri,
                  "http://hub.example/login/" + settings_.name + "/callback");
        auto const name = answer.code.substr(std::string("code-of-").size());
        return ProviderPerson{.subject = "subject-of-" + name,
                              .username = name,
                              .display_name = {},
                              .email = {},
                              .groups = {},
                              .id_token = "token",
                              .log_out_at = "https://campus.example/end"};
    }
    Result<ProviderPerson> refresh(std::string&, std::string const&) override {
        return fail(Code::Internal, "nobody is asked about");
    }

private:
    ProviderSettings settings_;
};

/// A control process: it has the store in common with others, and nothing else.
class Process {
public:
    enum class Asked { AfterPassword, AfterProvider };
    Process(Store& store, Clock const& clock, ProviderLoginOptions options = {},
            Asked asked = Asked::AfterPassword)
        : gate_(store, clock, random_, {.bound_to_host = options.bound_to_host}),
          factors_(store, clock, random_, Sealer(std::string(32, 'k'), random_)),
          steps_(store, gate_, factors_, clock, random_,
                 {.bound_to_host = options.bound_to_host,
                  .ask_after_provider = asked == Asked::AfterProvider}),
          logins_(store, gate_, steps_, clock, random_, std::move(options), providers()) {}

    http::Response get(http::Request const& request) {
        auto const path = split(request.path, '/');
        asio::io_context context;
        auto answer = asio::co_spawn(context,
                                     path.size() > 3 ? logins_.end(request, std::string(path[2]))
                                                     : logins_.begin(request, std::string(path[2])),
                                     asio::use_future);
        context.run();
        auto got = answer.get();
        return got ? *got : http::Response::empty(404);
    }
    ProviderLogin& logins() { return logins_; }
    Gate& gate() { return gate_; }
    LoginSteps& steps() { return steps_; }

private:
    static std::vector<std::unique_ptr<LoginProvider>> providers() {
        std::vector<std::unique_ptr<LoginProvider>> all;
        for (auto const* const name : {"campus", "github"})
            all.push_back(std::make_unique<TrustingProvider>(
                ProviderSettings{.name = name, .title = name, .log_out_at_provider = true}));
        return all;
    }

    SystemRandom random_;
    Gate gate_;
    FactorDesk factors_;
    LoginSteps steps_;
    ProviderLogin logins_;
};

/// Keeps cookies, and remembers where it was sent.
class Browser {
public:
    http::Response get(Process& process, std::string const& target) {
        http::Request request;
        request.method = "GET";
        request.target = target;
        request.path = target.substr(0, target.find('?'));
        request.id = "request";
        request.headers.set("Host", "hub.example");
        request.headers.set("Sec-Fetch-Site", "cross-site");
        request.headers.set("X-Forwarded-For", address);
        request.headers.set("Cookie", cookies());
        auto answer = process.get(request);
        keep_cookies(answer);
        return answer;
    }
    /// Gives a recovery code as the second step.
    void finish(Process& process, std::string const& code) {
        http::Response answer;
        auto const done = process.steps().finish({.code = code}, page(), answer);
        EXPECT_TRUE(done) << done.error().message;
        keep_cookies(answer);
    }
    /// To the provider; returns the state that went along.
    std::string leave(Process& process, std::string const& target) {
        auto const answer = get(process, target);
        std::string const place(answer.headers.get("location"));
        EXPECT_THAT(place, HasSubstr("/ask?state="));
        auto const start = place.find("state=") + 6;
        return place.substr(start, place.find('&') - start);
    }
    /// From the provider; returns where it leads.
    std::string come_back(Process& process, std::string const& login, std::string const& rest) {
        auto const answer = get(process, "/login/" + login + "/callback?" + rest);
        return std::string(answer.headers.get("location"));
    }
    std::string log_in(Process& process, std::string const& name) {
        auto const state = leave(process, "/login/campus");
        return come_back(process, "campus", "code=code-of-" + name + "&state=" + state);
    }
    [[nodiscard]] http::Request page() const {
        http::Request request;
        request.method = "GET";
        request.headers.set("Host", "hub.example");
        request.headers.set("Cookie", cookies());
        return request;
    }
    [[nodiscard]] std::string cookies() const {
        std::string text;
        for (auto const& [name, value] : jar)
            text += (text.empty() ? "" : "; ") + name + "=" + value;
        return text;
    }

    std::map<std::string, std::string> jar;
    std::string address = "192.0.2.1";

private:
    void keep_cookies(http::Response const& answer) {
        for (auto const& [name, value] : answer.headers) {
            if (!equals_ignoring_case(name, "set-cookie")) continue;
            auto const equals = value.find('=');
            auto const content = value.substr(equals + 1, value.find(';') - equals - 1);
            if (content.empty())
                jar.erase(value.substr(0, equals));
            else
                jar[value.substr(0, equals)] = content;
        }
    }
};

class ProviderLoginTest : public ::testing::Test {
protected:
    std::string who(Process& process, Browser const& browser) {
        auto const known = process.gate().identify(browser.page());
        return known ? known->user.name : "";
    }
    TestStore store_;
    ManualClock clock_{*parse_time("2026-11-22T08:00:00Z")};
    Process first_{*store_, clock_};
    Process second_{*store_, clock_};
    Browser browser_;
};

TEST_F(ProviderLoginTest, WhatBeganOnOneProcessEndsOnAnother) {
    auto const state = browser_.leave(first_, "/login/campus?next=/courses/bio");
    EXPECT_EQ(browser_.come_back(second_, "campus", "code=code-of-ada&state=" + state),
              "/courses/bio");
    EXPECT_EQ(who(first_, browser_), "ada");
    EXPECT_EQ(browser_.jar.size(), 2U);  // the session, and by which the browser is known again
    // And it counts once, on whichever.
    for (auto* const process : {&first_, &second_})
        EXPECT_THAT(browser_.come_back(*process, "campus", "code=code-of-eve&state=" + state),
                    StartsWith("/login?problem=stale"));
    EXPECT_EQ(who(first_, browser_), "ada");
}

TEST_F(ProviderLoginTest, AnAnswerIsForTheBrowserThatBegan) {
    auto const state = browser_.leave(first_, "/login/campus");
    Browser victim;
    EXPECT_EQ(victim.come_back(first_, "campus", "code=code-of-eve&state=" + state),
              "/login?problem=stale&with=campus");
    EXPECT_EQ(who(first_, victim), "");
    // Nor does a cookie of another login of theirs do.
    auto const other = browser_.leave(first_, "/login/campus");
    (void)victim.leave(first_, "/login/campus");
    EXPECT_THAT(victim.come_back(first_, "campus", "code=code-of-eve&state=" + other),
                StartsWith("/login?problem=stale"));
}

TEST_F(ProviderLoginTest, AnAnswerOfOneProviderIsNoneOfAnother) {
    auto const state = browser_.leave(first_, "/login/campus");
    EXPECT_THAT(browser_.come_back(first_, "github", "code=code-of-ada&state=" + state),
                StartsWith("/login?problem=stale"));
}

TEST_F(ProviderLoginTest, WhoeverTakesTooLongBeginsAnew) {
    auto const state = browser_.leave(first_, "/login/campus");
    clock_.advance(Seconds(600));
    EXPECT_THAT(browser_.come_back(first_, "campus", "code=code-of-ada&state=" + state),
                StartsWith("/login?problem=stale"));
}

TEST_F(ProviderLoginTest, ASecondFactorIsAskedForWhereThatIsWished) {
    EXPECT_EQ(browser_.log_in(first_, "ada"), "/");
    auto const ada = first_.gate().identify(browser_.page())->user.id;
    ASSERT_TRUE(store_->write([&](Transaction& transaction) {
        return transaction.second_factors().insert({.id = "factor",
                                                    .user = ada,
                                                    .kind = FactorKind::Totp,
                                                    .name = "phone",
                                                    .credential = {},
                                                    .secret = "sealed",
                                                    .counter = 0,
                                                    .created_at = clock_.now(),
                                                    .last_used_at = std::nullopt});
    }));
    Browser other;
    EXPECT_EQ(other.log_in(first_, "ada"), "/");

    Process strict(*store_, clock_, {}, Process::Asked::AfterProvider);
    Browser asked;
    auto const state = asked.leave(strict, "/login/campus?next=/courses/bio");
    EXPECT_EQ(asked.come_back(strict, "campus", "code=code-of-ada&state=" + state),
              "/login?step=factor&next=%2Fcourses%2Fbio");
    EXPECT_EQ(who(strict, asked), "");

    // What the provider wants to see at the end waits for the second step.
    SystemRandom random;
    auto const code = make_recovery_code(random);
    ASSERT_TRUE(store_->write([&](Transaction& transaction) {
        return transaction.second_factors().set_recovery_codes(ada, {hash_recovery_code(code)});
    }));
    asked.finish(strict, code);
    EXPECT_EQ(who(strict, asked), "ada");
    auto const session = strict.gate().identify(asked.page()).value();
    EXPECT_THAT(strict.logins().log_out_url(session, asked.page()).value_or(""),
                StartsWith("https://campus.example/end?"));
}

TEST_F(ProviderLoginTest, SeveralTabsDoNotDisturbEachOther) {
    auto const one = browser_.leave(first_, "/login/campus?next=/one");
    auto const two = browser_.leave(first_, "/login/campus?next=/two");
    EXPECT_EQ(browser_.come_back(first_, "campus", "code=code-of-ada&state=" + one), "/one");
    EXPECT_EQ(browser_.come_back(first_, "campus", "code=code-of-ada&state=" + two), "/two");
}

TEST_F(ProviderLoginTest, WhatTheProviderSaysInsteadIsTold) {
    for (auto const& [error, problem] :
         {std::pair("access_denied", "refused"), std::pair("server_error", "unavailable"),
          std::pair("unauthorized_client", "misconfigured")}) {
        auto const state = browser_.leave(first_, "/login/campus?next=/x");
        EXPECT_EQ(
            browser_.come_back(first_, "campus", fmt::format("error={}&state={}", error, state)),
            fmt::format("/login?problem={}&with=campus&next=%2Fx", problem));
    }
    auto const state = browser_.leave(first_, "/login/campus");
    EXPECT_THAT(browser_.come_back(first_, "campus", "state=" + state),
                StartsWith("/login?problem=untrusted"));
    EXPECT_THAT(browser_.come_back(first_, "campus", "code=x"), StartsWith("/login?problem=stale"));
}

TEST_F(ProviderLoginTest, BeginningOverAndOverIsSlowedDown) {
    ProviderLoginOptions options;
    options.limit.tries_per_place = 3;
    Process careful(*store_, clock_, options);
    for (int i = 0; i < 3; ++i) (void)browser_.leave(careful, "/login/campus");
    EXPECT_THAT(std::string(browser_.get(careful, "/login/campus").headers.get("location")),
                StartsWith("/login?problem=busy"));
    Browser elsewhere;
    elsewhere.address = "192.0.2.2";
    (void)elsewhere.leave(careful, "/login/campus");
}

TEST_F(ProviderLoginTest, NeighbouringHostsCannotPlantTheCookie) {
    Process bound(*store_, clock_, {.bound_to_host = true, .public_url = "http://hub.example"});
    auto const state = browser_.leave(bound, "/login/campus");
    ASSERT_EQ(browser_.jar.size(), 1U);
    auto const [name, value] = *browser_.jar.begin();
    EXPECT_THAT(name, StartsWith("__Host-carrel_login_"));
    // The same without the prefix, as a neighbour could set it.
    browser_.jar = {{name.substr(7), value}};
    EXPECT_THAT(browser_.come_back(bound, "campus", "code=code-of-eve&state=" + state),
                StartsWith("/login?problem=stale"));
}

TEST_F(ProviderLoginTest, JoiningNeedsTheVerySession) {
    EXPECT_EQ(browser_.log_in(first_, "ada"), "/");
    auto const ada = *first_.gate().identify(browser_.page());
    auto const path = *first_.logins().join_path("github", ada);
    EXPECT_FALSE(first_.logins().join_path("nothing", ada));
    // Somebody else's browser is sent nowhere with it, and it is used up.
    Browser mallory;
    (void)mallory.log_in(first_, "mallory");
    EXPECT_EQ(mallory.get(first_, path).headers.get("location"),
              "/profile?problem=not_logged_in&with=github");
    EXPECT_EQ(browser_.get(first_, path).headers.get("location"),
              "/profile?problem=not_logged_in&with=github");

    auto const state = browser_.leave(second_, *second_.logins().join_path("github", ada));
    EXPECT_EQ(browser_.come_back(first_, "github", "code=code-of-lovelace&state=" + state),
              "/profile?joined=github");
    // From now on that is a way in.
    Browser fresh;
    auto const again = fresh.leave(first_, "/login/github");
    EXPECT_EQ(fresh.come_back(first_, "github", "code=code-of-lovelace&state=" + again), "/");
    EXPECT_EQ(who(first_, fresh), "ada");
}

TEST_F(ProviderLoginTest, AWishToJoinIsForOneSessionOneProviderAndAShortTime) {
    (void)browser_.log_in(first_, "ada");
    auto const ada = *first_.gate().identify(browser_.page());
    auto const place = [&](Browser& browser, std::string const& path) {
        return std::string(browser.get(first_, path).headers.get("location"));
    };
    Browser elsewhere;
    (void)elsewhere.log_in(first_, "ada");
    EXPECT_EQ(place(elsewhere, *first_.logins().join_path("github", ada)),
              "/profile?problem=not_logged_in&with=github");
    auto const wish = *first_.logins().join_path("github", ada);
    EXPECT_EQ(place(browser_, "/login/campus" + wish.substr(wish.find('?'))),
              "/profile?problem=not_logged_in&with=campus");
    auto const late = *first_.logins().join_path("github", ada);
    clock_.advance(Seconds(300));
    EXPECT_EQ(place(browser_, late), "/profile?problem=not_logged_in&with=github");
}

TEST_F(ProviderLoginTest, NobodyIsSentToAnotherSiteAfterwards) {
    for (auto const* const next : {"//evil.example/", "/%5Cevil.example", "https://evil.example/",
                                   "/%0d%0aX:%20y", "evil"}) {
        auto const state = browser_.leave(first_, fmt::format("/login/campus?next={}", next));
        EXPECT_EQ(browser_.come_back(first_, "campus", "code=code-of-ada&state=" + state), "/")
            << next;
    }
}

TEST_F(ProviderLoginTest, JoiningEndsWithTheSession) {
    (void)browser_.log_in(first_, "ada");
    auto const ada = *first_.gate().identify(browser_.page());
    auto const state = browser_.leave(first_, *first_.logins().join_path("github", ada));
    http::Response gone;
    ASSERT_TRUE(first_.gate().end_session(ada, gone));
    EXPECT_EQ(browser_.come_back(first_, "github", "code=code-of-x&state=" + state),
              "/profile?problem=not_logged_in&with=github");
}

TEST_F(ProviderLoginTest, TheWayOutLeadsThroughTheProvider) {
    (void)browser_.log_in(first_, "ada");
    auto const ada = *first_.gate().identify(browser_.page());
    // Another process knows as well.
    EXPECT_EQ(second_.logins().log_out_url(ada, browser_.page()),
              "https://campus.example/end?client_id=&post_logout_redirect_uri="
              "http%3A%2F%2Fhub.example%2Flogin&id_token_hint=token");
    http::Response gone;
    ASSERT_TRUE(first_.gate().end_session(ada, gone));
    EXPECT_EQ(second_.logins().log_out_url(ada, browser_.page()), std::nullopt);
}

}  // namespace
}  // namespace carrel

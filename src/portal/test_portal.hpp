#pragma once

/// For tests: a portal on a real store, and people who call it through the router. Every answer is
/// checked against the OpenAPI document.

#include "auth/local/local_authenticator.hpp"
#include "auth/test_store.hpp"
#include "base/text.hpp"
#include "portal/portal.hpp"
#include "portal/test_schema.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>

#include <gmock/gmock.h>

namespace carrel {

/// A browser or program: keeps its cookie and CSRF token, or has a bearer token.
struct Caller {
    std::string cookie = {};
    std::string csrf = {};
    std::string bearer = {};
};

struct Answer {
    unsigned status = 0;
    nlohmann::json body;  ///< null when there is none
    http::Response response;

    /// "409 username: the user name ada is taken": what a problem says.
    [[nodiscard]] std::string problem() const {
        if (!body.contains("detail")) return std::to_string(status);
        auto const field = body.value("field", "");
        return fmt::format("{} {}{}{}", status, field, field.empty() ? "" : ": ",
                           body["detail"].get<std::string>());
    }
};

class TestPortal {
public:
    TestPortal() {
        portal_.add_routes(router_);
        document_ = nlohmann::json::parse(send(request("GET", "/api/v1/openapi.json")).body);
    }

    /// Sends a request whatever it is, without looking at the answer.
    http::Response send(http::Request request) {
        asio::io_context context;
        auto answer = asio::co_spawn(context, router_.handle(request), asio::use_future);
        context.run();
        return answer.get();
    }

    http::Request request(std::string method, std::string const& target, std::string body = {},
                          Caller const& caller = {}) {
        http::Request made;
        made.method = std::move(method);
        made.target = target;
        made.path = target.substr(0, target.find('?'));
        made.body = std::move(body);
        made.id = "request-1";
        made.headers.set("Host", "carrel.example");
        made.headers.set("X-Forwarded-For", "192.0.2.1");
        if (!caller.cookie.empty()) made.headers.set("Cookie", "carrel_session=" + caller.cookie);
        if (!caller.csrf.empty()) made.headers.set("X-CSRF-Token", caller.csrf);
        if (!caller.bearer.empty()) made.headers.set("Authorization", "Bearer " + caller.bearer);
        return made;
    }

    /// Calls the API below /api/v1 and checks the answer against its description.
    Answer call(Caller const& caller, std::string const& method, std::string const& path,
                nlohmann::json const& body = {}) {
        return call_raw(caller, method, path, body.is_null() ? "" : body.dump());
    }
    Answer call_raw(Caller const& caller, std::string const& method, std::string const& path,
                    std::string body) {
        auto answered = send(request(method, "/api/v1" + path, std::move(body), caller));
        Answer answer{answered.status, {}, answered};
        if (answered.headers.get("content-type").find("json") != std::string_view::npos)
            answer.body = nlohmann::json::parse(answered.body);
        expect_described(method, path, answer);
        return answer;
    }

    /// An account with a password, "correct horse of <name>".
    User add_user(std::string const& name, bool administrator = false, bool leader = false) {
        auto user = store_.add_user(name);
        store_.change_user(name, [&](User& row) {
            row.email = name + "@example.org";
            row.password_hash = *hasher_.hash(password_of(name));
            row.administrator = administrator;
            row.leader = leader;
            user = row;
        });
        return user;
    }
    static std::string password_of(std::string const& name) { return "correct horse of " + name; }

    Caller log_in(std::string const& name) {
        auto const answer =
            call({}, "POST", "/session", {{"username", name}, {"password", password_of(name)}});
        EXPECT_EQ(answer.status, 200U) << answer.problem();
        return caller_of(answer);
    }
    /// Who an answer with a fresh session logged in.
    static Caller caller_of(Answer const& answer) {
        std::string const text(answer.response.headers.get("set-cookie"));
        auto const start = text.find('=') + 1;
        return {.cookie = text.substr(start, text.find(';') - start),
                .csrf = answer.body.value("csrf_token", "")};
    }
    /// Somebody with a token of theirs that has these scopes.
    Caller with_token(Caller const& owner, std::vector<std::string> const& scopes) {
        auto const answer =
            call(owner, "POST", "/tokens", {{"note", "of a test"}, {"scopes", scopes}});
        EXPECT_EQ(answer.status, 201U) << answer.problem();
        return {.bearer = answer.body.value("token", "")};
    }

    nlohmann::json course(std::string const& slug = "biology") const {
        return {{"slug", slug},
                {"name", "Biology"},
                {"description", "Cells"},
                {"starts_at", "2026-11-22T08:00:00Z"},
                {"ends_at", "2026-12-22T08:00:00Z"},
                {"expected_participants", 2},
                {"resources", {{"cpu", 1}, {"memory_gib", 1}, {"storage_gib", 1}}},
                {"environment", "jupyterlab"}};
    }
    template <class Change>
    void change_course(std::string const& slug, Change&& change) {
        store_.write([&](Transaction& transaction) -> Result<> {
            TRY(auto row, transaction.courses().find_by_slug(slug));
            change(row);
            return transaction.courses().update(row);
        });
    }
    Course find_course(std::string const& slug) {
        return store_.write(
            [&](Transaction& transaction) { return transaction.courses().find_by_slug(slug); });
    }
    /// The kinds of all events, newest first.
    std::vector<std::string> kinds() {
        std::vector<std::string> kinds;
        for (auto const& event : store_.events()) kinds.push_back(event.kind);
        return kinds;
    }

    [[nodiscard]] nlohmann::json const& document() const { return document_; }
    [[nodiscard]] std::vector<http::Route> const& routes() const { return router_.routes(); }
    TestStore& store() { return store_; }
    ManualClock& clock() { return clock_; }
    http::Router& router() { return router_; }

    std::atomic<int> times_told = 0;  ///< that courses changed

private:
    /// The path as the document has it: "/courses/{slug}" for "/courses/biology?x=1".
    std::string described_path(std::string const& method, std::string const& path) const {
        auto const parts = split(std::string_view(path).substr(0, path.find('?')), '/');
        for (auto const& route : router_.routes()) {
            auto const pattern = std::string_view(route.pattern);
            if (route.method != method || !pattern.starts_with("/api/v1/")) continue;
            auto const wanted = split(pattern.substr(7), '/');
            bool fits = wanted.size() == parts.size();
            for (size_t i = 0; fits && i < parts.size(); ++i)
                fits = wanted[i] == parts[i] || wanted[i].starts_with('{');
            if (fits) return route.pattern;
        }
        return {};
    }

    void expect_described(std::string const& method, std::string const& path,
                          Answer const& answer) {
        auto const pattern = described_path(method, path);
        if (pattern.empty()) return;  // a request to nowhere
        auto const& responses = document_["paths"][pattern][to_lower(method)]["responses"];
        auto const status = std::to_string(answer.status);
        ASSERT_TRUE(responses.contains(status))
            << method << ' ' << path << " answers " << answer.problem() << ", undescribed";
        if (!responses[status].contains("content")) {
            EXPECT_TRUE(answer.response.body.empty()) << method << ' ' << path;
            return;
        }
        std::string media(answer.response.headers.get("content-type"));
        media = media.substr(0, media.find(';'));
        auto const& content = responses[status]["content"];
        ASSERT_TRUE(content.contains(media)) << method << ' ' << path << " gives " << media;
        if (media.find("json") == std::string::npos) return;
        EXPECT_THAT(SchemaCheck(document_).problems(content[media]["schema"], answer.body),
                    ::testing::IsEmpty())
            << method << ' ' << path;
    }

    static PlatformFacts platform() {
        return {.environments = {{"jupyterlab", "JupyterLab", "Notebooks", "/lab"}},
                .isolation = {.level = "partial", .notices = {"no cgroups"}},
                .version = "1.2.3",
                .started_at = *parse_time("2026-11-21T07:00:00Z"),
                .data = "/tmp",
                .public_url = ""};
    }
    static CourseLimits limits() {
        CourseLimits limits;
        limits.environments = {"jupyterlab", "plain"};
        limits.images = {{"jupyterlab", {ImagePattern::parse("quay.io/jupyter/*").value()}},
                         {"plain", {}}};
        return limits;
    }

    TestStore store_;
    ManualClock clock_{*parse_time("2026-11-21T08:00:00Z")};
    SystemRandom random_;
    PasswordHasher hasher_{cheapest_password_cost};
    AccessPolicy access_{{.configured = {}, .domains = {}, .contact = "it@example.org"}};
    Gate gate_{*store_, clock_, random_, {.access = &access_}};
    std::unique_ptr<LocalAuthenticator> authenticator_ =
        *LocalAuthenticator::create(*store_, hasher_, clock_);
    BlockingPool pool_{4};
    EventFeed feed_{*store_, pool_};
    FactorDesk factors_{*store_, clock_, random_, Sealer(std::string(32, 'k'), random_)};
    LoginSteps steps_{*store_, gate_, factors_, clock_, random_, {}};
    Portal portal_{{.store = *store_,
                    .gate = gate_,
                    .authenticator = *authenticator_,
                    .steps = steps_,
                    .passwords = hasher_,
                    .clock = clock_,
                    .random = random_,
                    .pool = pool_,
                    .feed = feed_,
                    .courses_changed = [this] { ++times_told; },
                    .limits = limits(),
                    .policy = {},
                    .platform = platform(),
                    .access = &access_}};
    http::Router router_{pool_};
    nlohmann::json document_;
};

}  // namespace carrel

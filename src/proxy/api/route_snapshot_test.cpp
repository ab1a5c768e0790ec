#include "proxy/api/route_snapshot.hpp"

#include "base/temporary_folder.hpp"
#include "proxy/testing/peers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <fstream>
#include <sstream>

namespace carrel::proxy {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class RouteSnapshotTest : public testing::Test {
protected:
    std::unique_ptr<RouteSnapshot> make(KnownRoutes const& known = {}) {
        auto made = RouteSnapshot::create(file_, known);
        if (!made) throw std::runtime_error(made.error().message);
        return *std::move(made);
    }
    std::string paths() const {
        std::string all;
        for (auto const& route : RouteSnapshot::load(file_, 9).routes) all += route.path + " ";
        return all;
    }
    std::string content() const {
        std::ostringstream text;
        text << std::ifstream(file_).rdbuf();
        return text.str();
    }
    void write(std::string const& text) const { std::ofstream(file_) << text; }

    TemporaryFolder temporary_;
    std::filesystem::path folder_ = temporary_.path();
    std::filesystem::path file_ = folder_ / "routes";
};

TEST_F(RouteSnapshotTest, KnowsAgainWhatItWasTold) {
    {
        auto const snapshot = make({.routes = {{"/old", "{}", 1, 2}}, .revocations = {}});
        snapshot->put("/a", R"({"target":"http://a"})");
        snapshot->put("/b", "{}");
        EXPECT_TRUE(snapshot->flush());
        snapshot->remove("/b");
        snapshot->put("/a", R"({"target":"http://b"})");
        snapshot->add({.session = "s", .until = 77});
    }
    EXPECT_EQ(paths(), "/a /old ");
    auto const known = RouteSnapshot::load(file_, 9);
    EXPECT_EQ(known.routes[0].data, R"({"target":"http://b"})");
    EXPECT_EQ(known.routes[0].last_activity, 9);
    ASSERT_EQ(known.revocations.size(), 1U);
    EXPECT_EQ(known.revocations[0].session, "s");
    struct stat status = {};
    ASSERT_EQ(stat(file_.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST_F(RouteSnapshotTest, ATornFileCountsUpToWhereItIsTorn) {
    {
        auto const snapshot = make();
        for (char const* path : {"/a", "/b", "/c"}) {
            snapshot->put(path, "{}");
            EXPECT_TRUE(snapshot->flush());
        }
    }
    auto const whole = content();
    ASSERT_EQ(paths(), "/a /b /c ");
    std::string seen = "/a /b /c ";
    for (size_t size = whole.size(); size > 16; --size) {
        write(whole.substr(0, size));
        auto const now = paths();
        EXPECT_TRUE(seen.starts_with(now)) << size;
        seen = now;
    }
    EXPECT_EQ(seen, "");
    for (size_t at = 16; at < whole.size(); ++at) {
        auto changed = whole;
        changed[at] = static_cast<char>(changed[at] + 1);
        write(changed);
        EXPECT_NE(paths(), "/a /b /c ") << at;
    }
}

TEST_F(RouteSnapshotTest, ATornFileForgetsRoutesThatNeedAuthorization) {
    {
        auto const snapshot = make();
        snapshot->put("/guarded", R"({"target":"http://a","auth":{"login":"/"}})");
        snapshot->put("/open", R"({"target":"http://a"})");
        EXPECT_TRUE(snapshot->flush());
        snapshot->add({.session = "s", .until = 77});
    }
    EXPECT_EQ(paths(), "/guarded /open ");
    auto const whole = content();
    write(whole.substr(0, whole.size() - 1));
    EXPECT_EQ(paths(), "/open ");
}

TEST_F(RouteSnapshotTest, FlushSaysWhetherEverythingIsOnDisk) {
    auto const snapshot = make();
    auto const size = std::filesystem::file_size(file_);
    for (int64_t i = 1; i <= 200; ++i) {
        snapshot->add({.session = std::to_string(i), .until = i});
        ASSERT_TRUE(snapshot->flush());
        ASSERT_EQ(RouteSnapshot::load(file_, 9).revocations.size(), static_cast<size_t>(i));
    }
    EXPECT_GT(std::filesystem::file_size(file_), size);
}

/// For its life no file of this process can grow beyond the size that `file` has.
class FullDisk {
public:
    explicit FullDisk(std::filesystem::path const& file) {
        std::signal(SIGXFSZ, SIG_IGN);
        getrlimit(RLIMIT_FSIZE, &before_);
        rlimit limit = before_;
        limit.rlim_cur = std::filesystem::file_size(file);
        setrlimit(RLIMIT_FSIZE, &limit);
    }
    FullDisk(FullDisk const&) = delete;
    FullDisk& operator=(FullDisk const&) = delete;
    ~FullDisk() { setrlimit(RLIMIT_FSIZE, &before_); }

private:
    rlimit before_ = {};
};

TEST_F(RouteSnapshotTest, ARevocationIsOnDiskBeforeItIsAcknowledged) {
    auto options = TestProxy::options();
    options.routes_file = file_;
    TestProxy proxy(options);
    for (int i = 1; i <= 20; ++i) {
        auto const body = fmt::format(R"({{"session":"s{}","until":4000000000}})", i);
        ASSERT_THAT(proxy.api("POST", "/api/revocations", body), StartsWith("HTTP/1.1 201"));
        ASSERT_EQ(RouteSnapshot::load(file_, 9).revocations.size(), static_cast<size_t>(i));
    }
    std::string const last = R"({"session":"last","until":4000000000})";
    {
        FullDisk const full(file_);
        EXPECT_THAT(proxy.api("POST", "/api/revocations", last), StartsWith("HTTP/1.1 503"));
        // It is in force all the same.
        EXPECT_THAT(proxy.api("GET", "/api/revocations"), HasSubstr("last"));
        EXPECT_THAT(proxy.api("POST", "/api/revocations", last), StartsWith("HTTP/1.1 503"));
    }
    EXPECT_THAT(proxy.api("POST", "/api/revocations", last), StartsWith("HTTP/1.1 201"));
    EXPECT_EQ(RouteSnapshot::load(file_, 9).revocations.back().session, "last");
}

TEST_F(RouteSnapshotTest, AVolatileRouteIsNotKept) {
    auto options = TestProxy::options();
    options.routes_file = file_;
    {
        TestProxy first(options);
        first.add_route("/a", "http://127.0.0.1:9");
        first.add_route("/was", "http://127.0.0.1:9");
        first.add_route("/was", "http://127.0.0.1:9", R"(,"volatile":true)");
        first.add_route("/mark", "http://127.0.0.1:9", R"(,"volatile":true)");
        EXPECT_THAT(first.api("GET", "/api/routes/mark"), HasSubstr(R"("volatile":true)"));
    }
    EXPECT_EQ(paths(), "/a ");
}

TEST_F(RouteSnapshotTest, AForeignFileIsMovedAside) {
    write("root:x:0:0:");
    EXPECT_EQ(paths(), "");
    EXPECT_FALSE(std::filesystem::exists(file_));
    EXPECT_TRUE(std::filesystem::exists(file_.string() + ".unreadable"));
    EXPECT_EQ(paths(), "");
}

TEST_F(RouteSnapshotTest, DoesNotGrowForEver) {
    auto const snapshot = make();
    std::string const data(size_t{1} << 20U, 'x');
    for (int i = 0; i < 12; ++i) {
        snapshot->put("/a", data);
        EXPECT_TRUE(snapshot->flush());
    }
    EXPECT_LT(std::filesystem::file_size(file_), 6U << 20U);
    EXPECT_EQ(paths(), "/a ");
}

TEST_F(RouteSnapshotTest, ANewProxyHasTheRoutesOfAKilledOne) {
    ScriptedUpstream upstream(always_answer("here"));
    auto options = TestProxy::options();
    options.routes_file = file_;
    {
        TestProxy first(options);
        first.add_route("/a", upstream.url(), R"(,"secret":"s\"s","more":[1])");
        first.add_route("/gone", upstream.url());
        first.add_route("/g", upstream.url(), R"(,"auth":{"login":"/login"})");
        first.api("DELETE", "/api/routes/gone");
        first.api("POST", "/api/revocations", R"({"session":"s","until":4000000000})");
    }
    TestProxy second(options);
    EXPECT_THAT(second.get("/a"), HasSubstr("here"));
    EXPECT_THAT(second.get("/gone"), StartsWith("HTTP/1.1 404"));
    EXPECT_THAT(second.get("/g/x"), StartsWith("HTTP/1.1 403"));
    EXPECT_THAT(second.api("GET", "/api/routes/a"), HasSubstr(R"("more":[1])"));
    EXPECT_THAT(second.api("GET", "/api/revocations"), HasSubstr(R"("session":"s")"));
}

}  // namespace
}  // namespace carrel::proxy

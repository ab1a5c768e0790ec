#include "proxy/api/name_watch.hpp"

#include "proxy/testing/peers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <future>
#include <map>
#include <mutex>
#include <thread>

namespace carrel::proxy {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

/// Knows hosts as a hosts file does, which can be changed.
class Hosts {
public:
    void set(std::string const& host, unsigned short port) {
        std::scoped_lock const lock(mutex_);
        places_[host] = port;
    }
    void forget(std::string const& host) {
        std::scoped_lock const lock(mutex_);
        places_.erase(host);
    }
    Result<std::vector<Address>> look_up(std::string const& host) {
        std::scoped_lock const lock(mutex_);
        ++asked_;
        changed_.notify_all();
        auto const found = places_.find(host);
        if (found == places_.end()) return fail(Code::NotFound, "resolve {}: unknown", host);
        return resolve("127.0.0.1", std::to_string(found->second));
    }
    /// Until `more` look-ups have begun and ended from now on.
    void wait_for_more(int more) {
        std::unique_lock lock(mutex_);
        auto const until = asked_ + more + 1;
        changed_.wait(lock, [&] { return asked_ >= until; });
    }
    int asked() {
        std::scoped_lock const lock(mutex_);
        return asked_;
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::map<std::string, unsigned short> places_;
    int asked_ = 0;
};

class NameWatchTest : public testing::Test {
protected:
    Options options(Milliseconds interval) const {
        auto options = TestProxy::options();
        options.lookup = [hosts = hosts_](std::string const& host, std::string const&) {
            return hosts->look_up(host);
        };
        options.lookup_interval = interval;
        return options;
    }
    /// Asks until the answer is from `name`; the test's own time limit ends a vain wait.
    static void wait_for(TestProxy const& proxy, std::string const& name) {
        while (proxy.get("/a").find(name) == std::string::npos) std::this_thread::yield();
    }

    std::shared_ptr<Hosts> hosts_ = std::make_shared<Hosts>();  // also the look-up thread's
    ScriptedUpstream first_{always_answer("from the first")};
    ScriptedUpstream second_{always_answer("from the second")};
};

TEST_F(NameWatchTest, AServerThatMovesIsFollowed) {
    hosts_->set("moving.test", first_.port());
    TestProxy proxy(options(Milliseconds(10)));
    proxy.add_route("/a", "http://moving.test:80", R"(,"kept":1)");
    EXPECT_THAT(proxy.get("/a"), HasSubstr("from the first"));
    hosts_->set("moving.test", second_.port());
    wait_for(proxy, "from the second");
    EXPECT_THAT(proxy.api("GET", "/api/routes/a"),
                HasSubstr(R"("target":"http://moving.test:80","kept":1)"));
    hosts_->set("moving.test", first_.port());
    wait_for(proxy, "from the first");
}

TEST_F(NameWatchTest, ALookUpThatFailsKeepsTheLastAddresses) {
    hosts_->set("moving.test", first_.port());
    TestProxy proxy(options(Milliseconds(10)));
    proxy.add_route("/a", "http://moving.test:80");
    hosts_->forget("moving.test");
    hosts_->wait_for_more(3);
    EXPECT_THAT(proxy.get("/a"), HasSubstr("from the first"));
    hosts_->set("moving.test", second_.port());
    wait_for(proxy, "from the second");
}

TEST_F(NameWatchTest, AHostThatIsNotKnownYetIsFoundLater) {
    TestProxy proxy(options(Milliseconds(10)));
    proxy.add_route("/a", "http://late.test:80");
    EXPECT_THAT(proxy.get("/a"), StartsWith("HTTP/1.1 503"));
    hosts_->set("late.test", first_.port());
    wait_for(proxy, "from the first");
}

TEST_F(NameWatchTest, TheDefaultTargetIsFoundLaterToo) {
    auto late = options(Milliseconds(10));
    late.default_target = *Target::read("http://late.test:80");
    TestProxy proxy(late);
    EXPECT_THAT(proxy.get("/a"), StartsWith("HTTP/1.1 503"));
    hosts_->set("late.test", first_.port());
    wait_for(proxy, "from the first");
}

TEST_F(NameWatchTest, IsLookedUpAtOnceWhenNothingAnswers) {
    unsigned short gone = 0;
    {
        ScriptedUpstream const ended(always_answer(""));
        gone = ended.port();
    }
    hosts_->set("moving.test", gone);
    TestProxy proxy(options(std::chrono::hours(1)));
    proxy.add_route("/a", "http://moving.test:80");
    hosts_->set("moving.test", first_.port());
    auto const begun = std::chrono::steady_clock::now();
    EXPECT_THAT(proxy.get("/a"), StartsWith("HTTP/1.1 503"));
    wait_for(proxy, "from the first");
    auto const passed = std::chrono::steady_clock::now() - begun;
    // Once when it was added, once at once, and no more often than each second after that.
    EXPECT_GE(hosts_->asked(), 2);
    EXPECT_LE(hosts_->asked(), 2 + std::chrono::floor<Seconds>(passed).count());
}

TEST_F(NameWatchTest, AnAddressIsNotLookedUp) {
    TestProxy proxy(options(Milliseconds(10)));
    proxy.add_route("/a", first_.url());
    proxy.add_route("/six", "http://[::1]:80");
    proxy.add_route("/named", "http://some.test:80");
    hosts_->wait_for_more(2);
    proxy.api("DELETE", "/api/routes/named");
    auto const before = hosts_->asked();
    EXPECT_THAT(proxy.get("/a"), HasSubstr("from the first"));
    proxy.add_route("/b", first_.url());
    EXPECT_LE(hosts_->asked(), before + 1);
}

TEST_F(NameWatchTest, OneThatIsStillLookingKeepsNobodyWaitingAtTheEnd) {
    struct Slow {
        std::promise<void> begun;
        std::promise<void> go_on;
        std::promise<void> ended;
    };
    auto const slow = std::make_shared<Slow>();
    auto const route = std::make_shared<Route>();
    {
        NameWatch watch(
            [slow](std::string const&, std::string const&) -> Result<std::vector<Address>> {
                slow->begun.set_value();
                slow->go_on.get_future().wait();
                slow->ended.set_value();
                return resolve("127.0.0.1", "1");
            },
            Milliseconds(1), [](auto const&, auto const&) { ADD_FAILURE() << "told too late"; });
        watch.add({.host = "h", .port = "1"}, route);
        slow->begun.get_future().wait();
    }
    slow->go_on.set_value();
    slow->ended.get_future().wait();
}

}  // namespace
}  // namespace carrel::proxy

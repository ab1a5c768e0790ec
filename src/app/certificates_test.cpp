#include "app/certificates.hpp"

#include "base/temporary_folder.hpp"

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <fstream>
#include <iterator>

namespace carrel {
namespace {

class Certificates : public testing::Test {
protected:
    std::optional<Certificate> provide(std::string const& tls, std::string const& domain = {}) {
        ServerSettings settings;
        settings.tls = tls;
        settings.domain = domain;
        auto provided = provide_certificate(settings, data_, clock_);
        EXPECT_TRUE(provided);
        return provided ? *provided : std::nullopt;
    }
    static std::string content(std::filesystem::path const& path) {
        std::ifstream file(path, std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }

    TemporaryFolder folder_;
    std::filesystem::path data_ = folder_.path();
    ManualClock clock_{SystemClock().now()};
};

TEST_F(Certificates, AreNotMadeWithoutTls) {
    EXPECT_FALSE(provide("off"));
    EXPECT_TRUE(std::filesystem::is_empty(data_));
}

TEST_F(Certificates, AreMadeOnceAndKeptToOurselves) {
    auto const made = provide("self-signed", "hub.test");
    ASSERT_TRUE(made);
    EXPECT_TRUE(is_fit(made->certificate, "hub.test", clock_.now()));
    EXPECT_TRUE(is_fit(made->certificate, "localhost", clock_.now()));
    EXPECT_FALSE(is_fit(made->certificate, "other.test", clock_.now()));
    struct stat status = {};
    ASSERT_EQ(stat(made->key.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U);
    auto const first = content(made->certificate);
    EXPECT_EQ(content(provide("self-signed", "hub.test")->certificate), first);
}

TEST_F(Certificates, AreMadeAnewForAnotherNameOrWhenTheyEndSoon) {
    auto const first = content(provide("self-signed", "hub.test")->certificate);
    auto const second = content(provide("self-signed", "other.test")->certificate);
    EXPECT_NE(first, second);
    clock_.advance(std::chrono::hours(24 * 340));
    EXPECT_NE(content(provide("self-signed", "other.test")->certificate), second);
}

TEST_F(Certificates, AreForThePersonsNamesToo) {
    ServerSettings settings;
    settings.tls = "self-signed";
    settings.domain = "hub.test";
    auto const before = content(provide_certificate(settings, data_, clock_).value()->certificate);
    settings.user_domain = "people.test";
    auto const made = provide_certificate(settings, data_, clock_).value();
    EXPECT_NE(content(made->certificate), before);
    for (auto const* name : {"hub.test", "ada.people.test", "people.test"})
        EXPECT_TRUE(is_fit(made->certificate, name, clock_.now())) << name;
    EXPECT_EQ(content(provide_certificate(settings, data_, clock_).value()->certificate),
              content(made->certificate));
}

TEST_F(Certificates, StandInUntilTheAuthoritysHasCome) {
    auto const made = provide("acme", "hub.test");
    ASSERT_TRUE(made);
    EXPECT_TRUE(is_fit(made->certificate, "hub.test", clock_.now()));
    EXPECT_TRUE(std::filesystem::is_directory(made->challenges));
    std::ofstream(made->certificate) << "from the authority";
    EXPECT_EQ(content(provide("acme", "hub.test")->certificate), "from the authority");
}

TEST_F(Certificates, ThatAreNoneFitNothing) {
    std::ofstream(data_ / "x.pem") << "rubbish";
    EXPECT_FALSE(is_fit(data_ / "x.pem", "", clock_.now()));
    EXPECT_FALSE(is_fit(data_ / "missing.pem", "", clock_.now()));
}

}  // namespace
}  // namespace carrel

#include "auth/provider/user_name.hpp"

#include "auth/provider/login_failure.hpp"
#include "auth/provider/provider_url.hpp"

#include <gtest/gtest.h>

namespace carrel {
namespace {

std::string name_of(std::string_view claim, std::string_view domain = "") {
    auto const made = user_name_of(claim, domain);
    return made ? *made : std::string(login_problem_of(made.error()));
}

TEST(UserName, IsTheSameInEveryForm) {
    for (auto const* const form :
         {"jorg", "JORG", " Jorg ", "J\u00f6rg", "Jo\u0308rg", "\uff2a\uff4f\uff52\uff47"})
        EXPECT_EQ(name_of(form), "jorg") << form;
    EXPECT_EQ(name_of("Stra\u00dfe"), "strasse");
    EXPECT_EQ(name_of("\ufb01ona"), "fiona");
    EXPECT_EQ(name_of("ada\u00adlovelace"), "adalovelace");  // a soft hyphen, which nobody sees
}

TEST(UserName, OfAnAddress) {
    EXPECT_EQ(name_of("Ada@Example.org"), "ada-example.org");
    EXPECT_EQ(name_of("ada+x@example.org"), "ada-x-example.org");
    EXPECT_EQ(name_of("Ada@Example.ORG", "example.org"), "ada");
    EXPECT_EQ(name_of("ada@sub.example.org", "example.org"), "ada-sub.example.org");
    EXPECT_EQ(name_of("Ada Lovelace"), "ada-lovelace");
    EXPECT_EQ(name_of("@example.org", "example.org"), "name_unusable");
}

TEST(UserName, IsNothingThatMeansSomethingElse) {
    EXPECT_EQ(name_of(""), "name_missing");
    EXPECT_EQ(name_of(" \t"), "name_missing");
    for (auto const* const reserved : {"admin", "Admin", "hub", "root", "\u00e4dmin", "ADMIN@x"})
        EXPECT_EQ(user_name_of(reserved, "x").error().field, "name_reserved") << reserved;
    for (auto const* const odd : {"..", ".", "-rf", "../x", "a/b", "a b\nc", "\u7530\u4e2d",
                                  "a\u0430", "<b>", "a;b", "\xff", "$(x)"})
        EXPECT_EQ(name_of(odd), "name_unusable") << odd;
    EXPECT_EQ(name_of(std::string(64, 'a')), "name_unusable");
    EXPECT_EQ(name_of(std::string(100'000, 'a')), "name_unusable");
}

TEST(ProviderUrl, IsHttpsButOnThisMachine) {
    for (auto const* const good :
         {"https://a.example/x?y", "http://127.0.0.1:8/x", "http://localhost", "http://[::1]:1/"})
        EXPECT_TRUE(is_provider_url(good)) << good;
    for (auto const* const bad :
         {"", "http://a.example", "https://", "https:///x", "ftp://a", "javascript:x",
          "https://a b", "http://127.0.0.1.evil.example", "http://localhost@evil.example",
          "http://localhost:1@evil.example", "https://a\n"})
        EXPECT_FALSE(is_provider_url(bad)) << bad;
}

TEST(OwnPath, LeadsNowhereElse) {
    for (auto const* const good : {"/", "/c/bio/hub/login?next=%2Fc%2Fbio%2F", "/join/x#y"})
        EXPECT_TRUE(is_own_path(good)) << good;
    for (auto const* const bad : {"", "x", "//evil.example", "/\\evil.example", "https://evil",
                                  "/a\r\nb", "/a b", "/\tx", "/\u00fc"})
        EXPECT_FALSE(is_own_path(bad)) << bad;
    EXPECT_FALSE(is_own_path("/" + std::string(3000, 'x')));
}

}  // namespace
}  // namespace carrel

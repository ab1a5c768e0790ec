#include "domain/user.hpp"

#include <gtest/gtest.h>

namespace carrel {

TEST(UserName, IsBroughtToItsOneNormalForm) {
    EXPECT_EQ(parse_user_name("Ada"), "ada");
    EXPECT_EQ(parse_user_name("  ADA.Lovelace-1_x \n"), "ada.lovelace-1_x");
    EXPECT_EQ(parse_user_name("7"), "7");
    EXPECT_EQ(parse_user_name(std::string(63, 'a')), std::string(63, 'a'));
}

TEST(UserName, RefusesEverythingElse) {
    for (auto const& name :
         {std::string(), std::string("   "), std::string(64, 'a'), std::string(100'000, 'a'),
          std::string(".ada"), std::string("-ada"), std::string("_ada"), std::string(".."),
          std::string("a b"), std::string("a/b"), std::string("a%2fb"), std::string("ädä"),
          std::string("a\0b", 3), std::string("a@b"), std::string("a\nb"),
          std::string("\xd0\xb0"
                      "da")}) {
        auto const parsed = parse_user_name(name);
        ASSERT_FALSE(parsed) << name;
        EXPECT_EQ(parsed.error().code, Code::InvalidArgument);
        EXPECT_EQ(parsed.error().field, "username");
    }
}

TEST(UserName, IsNotThatOfASystemAccountForAnybody) {
    for (auto const* name : {"root", "nobody", "www-data", "daemon", "systemd-network", "null"})
        for (auto const chooser : {Chooser::Anybody, Chooser::Operator}) {
            auto const checked = check_new_name(name, chooser);
            ASSERT_FALSE(checked) << name;
            EXPECT_EQ(checked.error().code, Code::Conflict);
            EXPECT_EQ(checked.error().field, "username");
        }
    EXPECT_EQ(check_new_name("root", Chooser::Anybody).error().message,
              "the name root is kept for the system; take another");
}

TEST(UserName, SpeaksForThePlatformOnlyWhenAnOperatorGivesIt) {
    for (auto const* name : {"admin", "hub", "api", "user", "carrel", "system", "support"}) {
        EXPECT_FALSE(check_new_name(name, Chooser::Anybody)) << name;
        EXPECT_TRUE(check_new_name(name, Chooser::Operator)) << name;
    }
    for (auto const* name : {"ada", "gov", "lea", "rooty", "admin2", "hubert"})
        EXPECT_TRUE(check_new_name(name, Chooser::Anybody)) << name;
}

TEST(Password, HasTenTo1024BytesOfText) {
    EXPECT_FALSE(check_password(std::string(9, 'x'), "ada"));
    EXPECT_TRUE(check_password("kranich 7x", "ada"));
    EXPECT_TRUE(check_password("päßwörter 數", "ada"));
    std::string longest;
    while (longest.size() < 1024) longest += "kranich 7 celle ";
    EXPECT_TRUE(check_password(longest, "ada"));
    EXPECT_FALSE(check_password(std::string(1025, 'x'), "ada"));
    EXPECT_FALSE(check_password(std::string("0123456789\0", 11), "ada"));
    EXPECT_FALSE(check_password("0123456789\xff", "ada"));
    EXPECT_EQ(check_password("short", "ada").error().field, "password");
}

TEST(Password, IsNotTheUserName) {
    EXPECT_FALSE(check_password("Lovelace1815", "lovelace1815"));
    EXPECT_TRUE(check_password("Lovelace, born in 1815", "lovelace1815"));
}

TEST(Email, IsEmptyOrLooksLikeOne) {
    for (auto const* email : {"", "a@b", "ada.lovelace+x@example.org", "ä@ö.de"})
        EXPECT_TRUE(check_email(email)) << email;
    for (auto const& email :
         {std::string("a"), std::string("@b"), std::string("a@"), std::string("a@b@c"),
          std::string("a b@c"), std::string("a@b\r\nBcc: x@y"), std::string("a@b,c@d"),
          std::string("<a@b>"), std::string(250, 'a') + "@b.de"}) {
        auto const checked = check_email(email);
        ASSERT_FALSE(checked) << email;
        EXPECT_EQ(checked.error().field, "email");
    }
}

}  // namespace carrel

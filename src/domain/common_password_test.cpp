#include "domain/common_password.hpp"

#include "domain/user.hpp"

#include <gtest/gtest.h>

namespace carrel {
namespace {

TEST(CommonPassword, IsAUsualWordHoweverItIsDressedUp) {
    for (auto const* const password :
         {"password123", "Passwort2026!", "P4ssw0rd!!", "1234password", "!!Welcome!!", "iloveyou99",
          "qwertz12345", "jupyterhub1", "carrel2026!", "passwordpassword", "TestTestTest"})
        EXPECT_TRUE(is_common_password(password, "ada")) << password;
}

TEST(CommonPassword, IsARunOrTheSameOverAndOver) {
    for (auto const* const password :
         {"1234567890", "0987654321", "abcdefghijkl", "qwertyuiop", "asdfghjkl;", "1q2w3e4r5t",
          "aaaaaaaaaaaa", "abababababab", "111222333444", "asdfasdfasdf"})
        EXPECT_TRUE(is_common_password(password, "ada")) << password;
}

TEST(CommonPassword, IsThePersonsOwnName) {
    EXPECT_TRUE(is_common_password("Katherine1918", "katherine"));
    EXPECT_TRUE(is_common_password("katherinekatherine", "katherine"));
    EXPECT_TRUE(is_common_password("2026ada.lovelace!", "ada.lovelace"));
    EXPECT_FALSE(is_common_password("katherine likes 7 geese", "katherine"));
}

TEST(CommonPassword, IsNothingThatTakesEffortToGuess) {
    for (auto const* const password :
         {"correct horse battery", "vier alte kraniche", "a long enough password", "Xk4-tP9z-mQ",
          "dJ8hTz2LqW", "another long password", "the summer of 69 cats"})
        EXPECT_FALSE(is_common_password(password, "ada")) << password;
}

TEST(CommonPassword, IsRefusedWithASentenceThatSaysWhatToDo) {
    auto const checked = check_password("Passwort2026!", "ada");
    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().field, "password");
    EXPECT_EQ(checked.error().message,
              "this password is among the first that anybody would try; several words that do not "
              "belong together are better");
    EXPECT_TRUE(check_password("vier alte kraniche", "ada"));
}

}  // namespace
}  // namespace carrel

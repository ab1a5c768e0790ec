#include "auth/factor/totp.hpp"

#include <gtest/gtest.h>

namespace carrel::totp {
namespace {

constexpr std::string_view rfc_secret = "12345678901234567890";

Time at(long long seconds) { return Time(Seconds(seconds)); }

TEST(Totp, GivesTheCodesOfRfc4226AppendixD) {
    constexpr std::array codes{"755224", "287082", "359152", "969429", "338314",
                               "254676", "287922", "162583", "399871", "520489"};
    for (size_t i = 0; i < codes.size(); ++i)
        EXPECT_EQ(code_of(rfc_secret, static_cast<long long>(i)), codes.at(i)) << i;
}

TEST(Totp, GivesTheCodesOfRfc6238AppendixB) {
    for (auto const& [second, code] : {std::pair(59LL, "94287082"),
                                       {1'111'111'109LL, "07081804"},
                                       {1'111'111'111LL, "14050471"},
                                       {1'234'567'890LL, "89005924"},
                                       {2'000'000'000LL, "69279037"},
                                       {20'000'000'000LL, "65353130"}})
        EXPECT_EQ(code_of(rfc_secret, step_at(at(second)), 8), code) << second;
}

TEST(Totp, WritesSecretsAsRfc4648Does) {
    EXPECT_EQ(base32(""), "");
    EXPECT_EQ(base32("f"), "MY");
    EXPECT_EQ(base32("fo"), "MZXQ");
    EXPECT_EQ(base32("foo"), "MZXW6");
    EXPECT_EQ(base32("foob"), "MZXW6YQ");
    EXPECT_EQ(base32("foobar"), "MZXW6YTBOI");
    EXPECT_EQ(base32("\xff\xff\xff\xff\xff"), "77777777");
}

TEST(Totp, TakesACodeOfTheStepBeforeAndAfter) {
    auto const now = at(1'000'000'020);
    auto const step = step_at(now);
    for (long long const off : {-1, 0, 1})
        EXPECT_EQ(matching_step(rfc_secret, code_of(rfc_secret, step + off), now, 0), step + off);
    for (long long const off : {-2, 2})
        EXPECT_FALSE(matching_step(rfc_secret, code_of(rfc_secret, step + off), now, 0)) << off;
    for (auto const* const wrong : {"", "0", "28708", "2870822", "abcdef"})
        EXPECT_FALSE(matching_step(rfc_secret, wrong, at(30), 0)) << wrong;
}

TEST(Totp, TakesNoCodeTwiceAndNoneFromBeforeOne) {
    auto const now = at(1'000'000'020);
    auto const step = step_at(now);
    auto const code = code_of(rfc_secret, step);
    EXPECT_TRUE(matching_step(rfc_secret, code, now, step - 1));
    EXPECT_FALSE(matching_step(rfc_secret, code, now, step));
    EXPECT_FALSE(matching_step(rfc_secret, code_of(rfc_secret, step - 1), now, step));
    EXPECT_TRUE(matching_step(rfc_secret, code_of(rfc_secret, step + 1), now, step));
}

TEST(Totp, MakesAnAddressThatAppsRead) {
    EXPECT_EQ(address_of("foobar", "Carrel at Uni", "ada"),
              "otpauth://totp/Carrel%20at%20Uni:ada?secret=MZXW6YTBOI&issuer=Carrel%20at%20Uni"
              "&algorithm=SHA1&digits=6&period=30");
    CountingRandom random;
    EXPECT_EQ(make_secret(random).size(), 20U);
}

}  // namespace
}  // namespace carrel::totp

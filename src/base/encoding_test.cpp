#include "base/encoding.hpp"

#include "base/random.hpp"
#include "base/text.hpp"

#include <gtest/gtest.h>

namespace carrel {

TEST(Encoding, Base64UrlRoundTripsEveryLength) {
    SystemRandom random;
    for (size_t length = 0; length < 40; ++length) {
        auto const text = random.secret(length);
        EXPECT_EQ(to_base64url(from_base64url(text).value()), text);
    }
}

TEST(Encoding, Base64UrlHasOneFormPerValue) {
    EXPECT_TRUE(from_base64url("AA"));
    EXPECT_FALSE(from_base64url("AB"));  // leftover bits are not zero
    EXPECT_FALSE(from_base64url("A"));
    EXPECT_FALSE(from_base64url("AA=="));
}

TEST(Encoding, PercentEncodingIsPythonsQuoteWithoutSafeCharacters) {
    EXPECT_EQ(percent_encode("a b@c/ä~"), "a%20b%40c%2F%C3%A4~");
    EXPECT_EQ(percent_decode("a%20b%40c%2f%C3%A4~").value(), "a b@c/ä~");
    EXPECT_FALSE(percent_decode("%"));
    EXPECT_FALSE(percent_decode("%4"));
    EXPECT_FALSE(percent_decode("%zz"));
}

TEST(Encoding, RefusesIllFormedUtf8AndControlCharacters) {
    EXPECT_TRUE(is_printable_utf8("Grüße, 世界 👋\n"));
    for (auto const* text :
         {"\xc0\xaf", "\xed\xa0\x80", "\xf5\x80\x80\x80", "a\x01", "\xe4\xb8", "\x7f"})
        EXPECT_FALSE(is_printable_utf8(text));
    EXPECT_EQ(utf8_length("Grüße"), 5U);
}

TEST(Random, UuidHasItsVersionAndVariant) {
    SystemRandom random;
    auto const id = random.uuid();
    ASSERT_EQ(id.size(), 36U);
    EXPECT_EQ(id[14], '4');
    EXPECT_TRUE(std::string_view("89ab").contains(id[19]));
    EXPECT_NE(id, random.uuid());
}

TEST(Text, WholeNumbersOnly) {
    EXPECT_EQ(parse_whole("42"), 42);
    for (auto const* text : {"", "-1", "-0", "4x", " 4", "4 ", "99999999999999999999", "0x1"})
        EXPECT_FALSE(parse_whole(text)) << text;
}

TEST(Text, LogLinesCarryNoControlCharacters) {
    EXPECT_EQ(for_log("a\nb\x1b[0m"), "a\\x0ab\\x1b[0m");
    EXPECT_EQ(for_log("abcdef", 3), "abc…");
}

}  // namespace carrel

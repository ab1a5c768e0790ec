#include "base/base64.hpp"

#include <gtest/gtest.h>

namespace carrel {
namespace {

TEST(Base64, HasTheTextsOfTheStandard) {
    // RFC 4648 section 10.
    for (auto const& [bytes, text] :
         {std::pair("", ""), std::pair("f", "Zg=="), std::pair("fo", "Zm8="),
          std::pair("foo", "Zm9v"), std::pair("foob", "Zm9vYg=="), std::pair("\xfb\xff", "+/8=")}) {
        EXPECT_EQ(to_base64(bytes), text);
        EXPECT_EQ(from_base64(text), bytes);
    }
}

TEST(Base64, ReadsNothingElse) {
    for (auto const* const text :
         {"Zg", "Zg=", "Zg===", "Z===", "====", "Zm8=Zg==", "-_8=", "Zm8 ", "Zh==", "Zm8=\n"})
        EXPECT_FALSE(from_base64(text)) << text;
}

}  // namespace
}  // namespace carrel

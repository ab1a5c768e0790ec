#include "auth/provider/provider_http.hpp"

#include <gmock/gmock.h>

namespace carrel {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::SizeIs;

TEST(ProviderClaims, AnAddressThatIsNotConfirmedIsNobodys) {
    auto const email = [](json const& confirmed) {
        json claims{{"email", "ada@example.org"}};
        if (!confirmed.is_null()) claims["email_verified"] = confirmed;
        return person_of(claims, {}).email;
    };
    EXPECT_EQ(email(true), "ada@example.org");
    EXPECT_EQ(email(nullptr), "ada@example.org");  // many providers do not say
    EXPECT_EQ(email(false), "");
    EXPECT_EQ(email("false"), "");
}

TEST(ProviderClaims, GroupsAreTextsAndNotWithoutEnd) {
    EXPECT_THAT(claim_list({{"groups", {"a", 7, nullptr, "b"}}}, "groups"), ElementsAre("a", "b"));
    EXPECT_THAT(claim_list({{"groups", "a"}}, "groups"), ElementsAre("a"));
    EXPECT_THAT(claim_list({{"groups", std::vector<std::string>(5'001, "a")}}, "groups"),
                SizeIs(5'000));
}

}  // namespace
}  // namespace carrel

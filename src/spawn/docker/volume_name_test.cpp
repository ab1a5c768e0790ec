#include "spawn/docker/volume_name.hpp"

#include <gtest/gtest.h>

#include <set>

namespace carrel {
namespace {

VolumeOwner of(std::string const& user) { return {"0123456789ab", "bio-101", user}; }

bool engine_takes(std::string const& name) {
    return name.find_first_not_of(
               "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
               "_.-") == std::string::npos;
}

TEST(VolumeName, ReadsAsWhoseItIs) {
    EXPECT_EQ(volume_name(of("ada")), "carrel-0123456789ab__bio-101__ada");
    EXPECT_EQ(volume_name(of("ada@example.org")),
              "carrel-0123456789ab__bio-101__ada_40example.org");
}

TEST(VolumeName, IsUniqueAndReversible) {
    std::set<std::string> names;
    std::vector<std::string> const users = {"ada",
                                            "Ada",
                                            "ada@example.org",
                                            "ada_40example.org",
                                            "ada_",
                                            "ada__",
                                            "_ada",
                                            "a_d_a",
                                            "Zoë",
                                            "Zoe\u0308",
                                            "müller",
                                            "李雷",
                                            "..",
                                            "-rf",
                                            "a b",
                                            "a/b",
                                            "ada__bob",
                                            "ada_5f",
                                            "ADA@EXAMPLE.ORG"};
    for (auto const& user : users) {
        auto const name = volume_name(of(user));
        EXPECT_TRUE(engine_takes(name)) << name;
        auto const back = parse_volume_name(name);
        ASSERT_TRUE(back) << name;
        EXPECT_EQ(*back, of(user));
        names.insert(name);
    }
    EXPECT_EQ(names.size(), users.size());
}

TEST(VolumeName, OfSomebodyElseIsNotRead) {
    for (auto const* name : {"data", "carrel-x", "carrel-x__y", "carrel-x__y__z_4",
                             "carrel-x__y__Z", "carrel-x__y__z_6a", "other-x__y__z"})
        EXPECT_FALSE(parse_volume_name(name)) << name;
}

}  // namespace
}  // namespace carrel

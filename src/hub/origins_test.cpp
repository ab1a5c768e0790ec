#include "hub/origins.hpp"

#include <gtest/gtest.h>

#include <set>

namespace carrel {

TEST(OriginLabel, IsTheNameOrWhatCanBeKeptOfItAndAHash) {
    for (auto const* name : {"ada", "a", "ada-2", "7up", "a-b-c"})
        EXPECT_EQ(origin_label(name), name);
    std::set<std::string> labels;
    for (std::string const name :
         {"Ada", "ada ", "a--b", "-ada", "ada-", "ada@example.org", "ada_example.org", "ада", "мир",
          "ada.b", "xn--80a", "", "a-0123456789abcdef", "-0123456789abcdef",
          "a-name-that-is-longer-than-a-label-may-keep"}) {
        auto const label = origin_label(name);
        EXPECT_TRUE(labels.insert(label).second) << name;
        EXPECT_LE(label.size(), 63U) << label;
        EXPECT_NE(label, name);
        EXPECT_EQ(label.find("--"), std::string::npos) << label;
        EXPECT_TRUE(label.front() != '-' && label.back() != '-') << label;
        for (char const c : label)
            EXPECT_TRUE((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-') << label;
    }
    EXPECT_EQ(origin_label("ada@example.org").substr(0, 16), "ada-example-org-");
}

TEST(Origins, WithoutADomainForPersonsThereIsOne) {
    Origins const one;
    EXPECT_FALSE(one.per_person());
    EXPECT_EQ(one.portal(), "");
    EXPECT_EQ(one.of("ada"), "");
    EXPECT_FALSE(one.is_persons("ada.example.org"));
    EXPECT_FALSE(one.is_of("ada.example.org", "ada"));
}

TEST(Origins, EveryPersonHasTheirOwn) {
    Origins const origins("https://Hub.example.org", "hub.example.org");
    EXPECT_EQ(origins.portal(), "https://hub.example.org");
    EXPECT_EQ(origins.of("ada"), "https://ada.hub.example.org");
    EXPECT_TRUE(origins.is_portal("HUB.example.org"));
    EXPECT_TRUE(origins.is_portal("hub.example.org:443"));
    EXPECT_FALSE(origins.is_portal("ada.hub.example.org"));
    EXPECT_FALSE(origins.is_portal("hub.example.org:8443"));
    EXPECT_TRUE(origins.is_persons("ada.hub.example.org"));
    EXPECT_TRUE(origins.is_persons("nobody.hub.example.org:443"));
    for (auto const* host : {"hub.example.org", "example.org", "ada.hub.example.org.evil",
                             "xhub.example.org", "", "ada.hub.example.org:8443", "127.0.0.1:8000"})
        EXPECT_FALSE(origins.is_persons(host)) << host;
    EXPECT_TRUE(origins.is_of("Ada.hub.example.org", "ada"));
    EXPECT_FALSE(origins.is_of("bob.hub.example.org", "ada"));
    EXPECT_EQ(origins.common_domain(), "hub.example.org");
}

TEST(Origins, HaveThePortOfThePortal) {
    Origins const origins("http://localhost:8000", "localhost");
    EXPECT_EQ(origins.of("ada"), "http://ada.localhost:8000");
    EXPECT_TRUE(origins.is_persons("ada.localhost:8000"));
    EXPECT_FALSE(origins.is_persons("ada.localhost"));
    EXPECT_EQ(origins.common_domain(), "");
    EXPECT_EQ(Origins("https://a.test:443", "b.test").of("ada"), "https://ada.b.test");
    EXPECT_EQ(Origins("https://a.test", "b.test").common_domain(), "");
    // The portal may itself be below the persons' domain; it is no person's.
    Origins const below("https://hub.test.org", "test.org");
    EXPECT_FALSE(below.is_persons("hub.test.org"));
    EXPECT_NE(below.of("hub"), below.portal());
    EXPECT_FALSE(below.is_of("hub.test.org", "hub"));
}

}  // namespace carrel

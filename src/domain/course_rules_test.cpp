#include "domain/course_rules.hpp"

#include "base/time_text.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <limits>

namespace carrel {

namespace {

using namespace std::chrono_literals;

Time const now = parse_time("2026-11-21T08:30:00Z").value();

CourseLimits limits() {
    CourseLimits limits;
    limits.environments = {"jupyterlab", "notebook"};
    return limits;
}

CourseRequest good_request() {
    return {.slug = "maths-1",
            .name = "Mathematics I",
            .description = "",
            .starts_at = now + 1h,
            .ends_at = now + 48h,
            .expected_participants = 25,
            .resources = {1, 1, 1},
            .environment = "jupyterlab",
            .target = "local"};
}

/// The field that a request is refused for; empty: it is not refused.
std::string refused(std::function<void(CourseRequest&)> const& change) {
    auto request = good_request();
    change(request);
    auto const checked = check_course_request(request, limits(), now);
    if (checked) return "";
    EXPECT_EQ(checked.error().code, Code::InvalidArgument);
    EXPECT_FALSE(checked.error().message.empty());
    return checked.error().field;
}

std::string repeated(std::string_view text, int count) {
    std::string result;
    for (int i = 0; i < count; ++i) result += text;
    return result;
}

}  // namespace

TEST(CourseRules, AGoodRequestPasses) {
    EXPECT_EQ(refused([](auto&) {}), "");
    EXPECT_EQ(refused([](auto& r) { r.ends_at.reset(); }), "");
}

TEST(CourseRules, ASlugHasThreeToSixtyThreeOfItsCharacters) {
    for (auto const& slug : {std::string("abc"), std::string("a-1"), std::string("123"),
                             repeated("a", 63), std::string("a--b")})
        EXPECT_TRUE(check_slug(slug)) << slug;
    for (auto const& slug : {std::string(),
                             std::string("ab"),
                             repeated("a", 64),
                             repeated("a", 100'000),
                             std::string("-ab"),
                             std::string("ab-"),
                             std::string("---"),
                             std::string("Abc"),
                             std::string("a b"),
                             std::string("a_b"),
                             std::string("a.b"),
                             std::string("../etc"),
                             std::string("a/../b"),
                             std::string("%2e%2e"),
                             std::string("a\0b", 3),
                             std::string("abc\n"),
                             std::string("kürs"),
                             std::string("курс"),
                             std::string("\xff\xfe\xfd"),
                             std::string("a;b"),
                             std::string("аbc") /* Cyrillic a */}) {
        auto const checked = check_slug(slug);
        ASSERT_FALSE(checked) << slug;
        EXPECT_EQ(checked.error().field, "slug");
    }
    EXPECT_EQ(refused([](auto& r) { r.slug = "../"; }), "slug");
}

TEST(CourseRules, ANameIsCountedInCharactersNotBytes) {
    EXPECT_EQ(refused([](auto& r) { r.name = "ab"; }), "name");
    EXPECT_EQ(refused([](auto& r) { r.name = "abc"; }), "");
    EXPECT_EQ(refused([](auto& r) { r.name = "äöü"; }), "");
    EXPECT_EQ(refused([](auto& r) { r.name = "äö"; }), "name");
    EXPECT_EQ(refused([](auto& r) { r.name = repeated("數", 63); }), "");
    EXPECT_EQ(refused([](auto& r) { r.name = repeated("數", 64); }), "name");
    EXPECT_EQ(refused([](auto& r) { r.name = "  a  "; }), "name");
    EXPECT_EQ(refused([](auto& r) { r.name = "abc\xff"; }), "name");
    EXPECT_EQ(refused([](auto& r) { r.name = std::string("ab\0c", 4); }), "name");
}

TEST(CourseRules, ADescriptionHasAtMost2048Characters) {
    EXPECT_EQ(refused([](auto& r) { r.description = repeated("é", 2048); }), "");
    EXPECT_EQ(refused([](auto& r) { r.description = repeated("é", 2049); }), "description");
    EXPECT_EQ(refused([](auto& r) { r.description = "two\nlines\tand a tab"; }), "");
    EXPECT_EQ(refused([](auto& r) { r.description = "\x1b[31m"; }), "description");
}

TEST(CourseRules, TheEndIsAfterTheStart) {
    EXPECT_EQ(refused([](auto& r) { r.ends_at = r.starts_at; }), "ends_at");
    EXPECT_EQ(refused([](auto& r) { r.ends_at = r.starts_at + 1ms; }), "");
    EXPECT_EQ(refused([](auto& r) { r.ends_at = r.starts_at - 1h; }), "ends_at");
    EXPECT_EQ(refused([](auto& r) {
                  r.starts_at = now - 4min;
                  r.ends_at = now;
              }),
              "ends_at");
}

TEST(CourseRules, TheStartIsNeitherPastNorFarAway) {
    EXPECT_EQ(refused([](auto& r) { r.starts_at = now; }), "");
    EXPECT_EQ(refused([](auto& r) { r.starts_at = now - 5min; }), "");
    EXPECT_EQ(refused([](auto& r) { r.starts_at = now - 5min - 1ms; }), "starts_at");
    auto const last = now + std::chrono::days(start_within_days);
    EXPECT_EQ(refused([&](auto& r) {
                  r.starts_at = last;
                  r.ends_at = last + 1h;
              }),
              "");
    EXPECT_EQ(refused([&](auto& r) {
                  r.starts_at = last + 1ms;
                  r.ends_at = last + 1h;
              }),
              "starts_at");
    EXPECT_EQ(refused([](auto& r) {
                  r.starts_at = parse_time("9999-12-31T23:59:59Z").value();
                  r.ends_at.reset();
              }),
              "starts_at");
    EXPECT_FALSE(parse_time("10000-01-01T00:00:00Z"));
}

TEST(CourseRules, ParticipantsAreWithinTheLimits) {
    for (int const count : {std::numeric_limits<int>::min(), -1, 0, 501, 1'000'000'000,
                            std::numeric_limits<int>::max()})
        EXPECT_EQ(refused([&](auto& r) { r.expected_participants = count; }),
                  "expected_participants")
            << count;
    for (int const count : {1, 500})
        EXPECT_EQ(refused([&](auto& r) { r.expected_participants = count; }), "") << count;
}

TEST(CourseRules, ResourcesAreNumbersWithinTheLimits) {
    auto const infinity = std::numeric_limits<double>::infinity();
    auto const nan = std::numeric_limits<double>::quiet_NaN();
    struct Case {
        double Resources::* member;
        std::string field;
        Range range;
    };
    auto const ranges = limits();
    for (auto const& each :
         {Case{&Resources::cpu, "resources.cpu", ranges.cpu},
          Case{&Resources::memory_gib, "resources.memory_gib", ranges.memory_gib},
          Case{&Resources::storage_gib, "resources.storage_gib", ranges.storage_gib}}) {
        for (double const value : {nan, infinity, -infinity, -1.0, 0.0, each.range.least - 0.01,
                                   each.range.most + 0.01, 1e300})
            EXPECT_EQ(refused([&](auto& r) { r.resources.*each.member = value; }), each.field)
                << value;
        for (double const value : {each.range.least, each.range.usual, each.range.most})
            EXPECT_EQ(refused([&](auto& r) { r.resources.*each.member = value; }), "") << value;
    }
}

TEST(CourseRules, EnvironmentAndTargetAreAmongThoseOnOffer) {
    EXPECT_EQ(refused([](auto& r) { r.environment = "notebook"; }), "");
    EXPECT_EQ(refused([](auto& r) { r.environment = ""; }), "environment");
    EXPECT_EQ(refused([](auto& r) { r.environment = "Jupyterlab"; }), "environment");
    EXPECT_EQ(refused([](auto& r) { r.environment = "x\n" + repeated("y", 10'000); }),
              "environment");
    EXPECT_EQ(refused([](auto& r) { r.target = "aws"; }), "target");
}

}  // namespace carrel

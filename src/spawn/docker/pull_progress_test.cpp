#include "spawn/docker/pull_progress.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace carrel {
namespace {

using testing::HasSubstr;

std::string line(std::string const& id, std::string const& status, long current, long total) {
    return R"({"status":")" + status + R"(","progressDetail":{"current":)" +
           std::to_string(current) + R"(,"total":)" + std::to_string(total) + R"(},"id":")" + id +
           R"("})";
}

TEST(PullProgress, BeginsWithoutFigures) {
    PullProgress progress;
    progress.take(R"({"status":"Pulling from library/python","id":"3.12"})");
    progress.take(R"({"status":"Pulling fs layer","progressDetail":{},"id":"a1"})");
    EXPECT_EQ(progress.figures().percent, 0);
    EXPECT_EQ(progress.figures().message, "Fetching the image");
}

TEST(PullProgress, AddsLayersUp) {
    PullProgress progress;
    progress.take(line("a1", "Downloading", 30'000'000, 60'000'000));
    progress.take(line("b2", "Downloading", 10'000'000, 20'000'000));
    EXPECT_EQ(progress.figures().message, "Fetching the image: 40 of 80 MB");
    EXPECT_EQ(progress.figures().percent, 35);
    progress.take(R"({"status":"Download complete","progressDetail":{},"id":"a1"})");
    progress.take(R"({"status":"Download complete","progressDetail":{},"id":"b2"})");
    EXPECT_EQ(progress.figures().percent, 70);
    progress.take(line("a1", "Extracting", 60'000'000, 60'000'000));
    EXPECT_THAT(progress.figures().message, HasSubstr("Unpacking"));
    progress.take(R"({"status":"Pull complete","progressDetail":{},"id":"a1"})");
    progress.take(R"({"status":"Pull complete","progressDetail":{},"id":"b2"})");
    EXPECT_EQ(progress.figures().percent, 100);
}

TEST(PullProgress, NeverFallsWhenALayerBecomesKnown) {
    PullProgress progress;
    progress.take(line("a1", "Downloading", 50, 100));
    auto const before = progress.figures().percent;
    progress.take(line("b2", "Downloading", 0, 100'000));
    EXPECT_EQ(progress.figures().percent, before);
}

TEST(PullProgress, KeepsTheEnginesError) {
    PullProgress progress;
    progress.take(R"({"errorDetail":{"message":"manifest unknown"},"error":"manifest unknown"})");
    EXPECT_EQ(progress.figures().error, "manifest unknown");
}

TEST(PullProgress, PassesOverWhatIsNoReport) {
    PullProgress progress;
    for (auto const* text : {"", "no json", "[]", "7", R"({"id":5,"status":[]})",
                             R"({"id":"a","status":"Downloading","progressDetail":"x"})",
                             R"({"id":"a","status":"Downloading","progressDetail":{"total":"x"}})",
                             R"({"id":"a","status":"Downloading","progressDetail":null})"})
        progress.take(text);
    EXPECT_EQ(progress.figures().percent, 0);
}

}  // namespace
}  // namespace carrel

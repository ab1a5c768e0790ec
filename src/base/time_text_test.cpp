#include "base/time_text.hpp"

#include <gtest/gtest.h>

namespace carrel {

TEST(TimeText, RoundTripsThroughRfc3339) {
    for (auto const* text : {"1970-01-01T00:00:00Z", "2026-11-21T08:30:00.250Z",
                             "2028-02-29T23:59:59Z", "9999-12-31T23:59:59Z"})
        EXPECT_EQ(format_time(parse_time(text).value()), text);
}

TEST(TimeText, ReadsOffsets) {
    EXPECT_EQ(format_time(parse_time("2026-11-21T01:00:00+02:30").value()), "2026-11-20T22:30:00Z");
    EXPECT_EQ(format_time(parse_time("2026-11-21 01:00:00.123456-01:00").value()),
              "2026-11-21T02:00:00.123Z");
}

TEST(TimeText, RefusesWhatIsNotATime) {
    for (auto const* text :
         {"", "2026-11-21", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "10000-01-01T00:00:00Z",
          "2026-11-21T24:00:00Z", "2026-11-21T00:00:00", "2026-11-21T00:00:00ZZ",
          "2026-11-21T00:00:00.Z", "1969-12-31T23:59:59Z"})
        EXPECT_FALSE(parse_time(text)) << text;
}

TEST(TimeText, MicrosecondsAreAlwaysWritten) {
    EXPECT_EQ(format_time_micro(parse_time("2026-11-21T08:30:00Z").value()),
              "2026-11-21T08:30:00.000000Z");
    EXPECT_EQ(format_time_micro(parse_time("1970-01-02T03:04:05.006Z").value()),
              "1970-01-02T03:04:05.006000Z");
    EXPECT_EQ(format_time_micro(parse_time("9999-12-31T23:59:59-14:00").value()),
              "10000-01-01T13:59:59.000000Z");
}

}  // namespace carrel

#include "http/sse.hpp"

#include <gtest/gtest.h>

namespace carrel::http {

namespace {

TEST(Sse, EndsEachEventByAnEmptyLine) {
    EXPECT_EQ(format_event({.data = "{}"}), "data: {}\n\n");
    EXPECT_EQ(format_event({.data = "x", .id = "7", .name = "state"}),
              "event: state\nid: 7\ndata: x\n\n");
}

TEST(Sse, SplitsLineBreaksOfAnyKind) {
    EXPECT_EQ(format_event({.data = "a\nb\r\nc\rd\n"}),
              "data: a\ndata: b\ndata: c\ndata: d\ndata: \n\n");
}

TEST(Sse, LetsNobodyForgeAField) {
    EXPECT_EQ(format_event({.data = "x", .id = "1\ndata: forged", .name = "a\rb"}),
              "event: ab\nid: 1data: forged\ndata: x\n\n");
}

}  // namespace

}  // namespace carrel::http

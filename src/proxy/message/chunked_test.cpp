#include "proxy/message/chunked.hpp"

#include <gtest/gtest.h>

#include <string>

namespace carrel::proxy {
namespace {

std::string decode(std::string_view input) {
    ChunkedDecoder decoder;
    std::string body;
    while (!input.empty()) {
        auto const step = decoder.next(input);
        if (!step) return "refused";
        body += step->data;
        input.remove_prefix(step->consumed);
        if (step->done) return body + "|" + std::string(input);
    }
    return body + "...";
}

TEST(Chunked, ReadsChunksAndLeavesWhatFollows) {
    EXPECT_EQ(decode("5\r\nhello\r\n0\r\n\r\nGET"), "hello|GET");
    EXPECT_EQ(decode("1\r\na\r\n000A\r\n0123456789\r\n0\r\n\r\n"), "a0123456789|");
    EXPECT_EQ(decode("5\r\nhel"), "hel...");
}

TEST(Chunked, DropsExtensionsAndTrailers) {
    EXPECT_EQ(decode("2;a=\"b c\"\r\nhi\r\n0;x\r\nContent-MD5: 5\r\nX: y\r\n\r\n"), "hi|");
}

TEST(Chunked, RefusesFieldsOfFramingInATrailer) {
    for (std::string const name :
         {"Content-Length", "content-length", "Transfer-Encoding", "TRANSFER-ENCODING"}) {
        EXPECT_EQ(decode("0\r\n" + name + ": 1\r\n\r\n"), "refused") << name;
        EXPECT_EQ(decode("0\r\nX: y\r\n" + name + ":\r\n\r\n"), "refused") << name;
        EXPECT_EQ(decode("0\r\nx" + name + ": 1\r\n\r\n"), "|") << name;
        EXPECT_EQ(decode("0\r\n" + name + "x: 1\r\n\r\n"), "|") << name;
        EXPECT_EQ(decode("0\r\n" + name.substr(1) + ": 1\r\n\r\n"), "|") << name;
    }
    EXPECT_EQ(decode("0\r\n" + std::string(300, 'a') + ": 1\r\n\r\n"), "|");
}

TEST(Chunked, RefusesWhatIsNotExactlyTheGrammar) {
    for (std::string const input : {"\r\n",
                                    "x\r\n",
                                    "0x5\r\nhello",
                                    "+5\r\nhello",
                                    "-5\r\n",
                                    " 5\r\nhello",
                                    "5 \r\nhello",
                                    "5\nhello",
                                    "5\r\nhello0\r\n",
                                    "5\r\nhello\n0\r\n\r\n",
                                    "5\r\nhello\rX",
                                    "5\r5",
                                    ";a\r\n",
                                    "5;\x01\r\n",
                                    "5;a\nb\r\n",
                                    "0\r\n X: y\r\n\r\n",
                                    "0\r\nX: y\n\r\n",
                                    "0\r\nX: \x01\r\n\r\n",
                                    "0\r\nX\r\n\r\n",
                                    "0\r\nX : y\r\n\r\n",
                                    "0\r\n: y\r\n\r\n",
                                    "0\r\nGET / HTTP/1.1\r\n\r\n",
                                    "0\r\nA: b\r\nX\r\n\r\n",
                                    "0\r\n\rX",
                                    "5,5\r\nhello"})
        EXPECT_EQ(decode(input), "refused") << testing::PrintToString(input);
}

TEST(Chunked, LimitsSizesAndOverhead) {
    EXPECT_EQ(decode("FFFFFFFFFFFFFFFFF\r\n"), "refused");
    EXPECT_EQ(decode("0000000000000001\r\n"), "refused");
    EXPECT_EQ(decode("1;" + std::string(2000, 'a') + "\r\n"), "refused");
    EXPECT_EQ(decode("0\r\nX: " + std::string(20000, 'a') + "\r\n\r\n"), "refused");
    EXPECT_EQ(decode("0\r\n" + std::string(20000, 'a')), "refused");
}

TEST(Chunked, LimitsTrailerFieldsAsAHeadsFields) {
    std::string fields;
    for (size_t i = 0; i < most_fields; ++i) fields += "X:\r\n";
    EXPECT_EQ(decode("0\r\n" + fields + "\r\n"), "|");
    EXPECT_EQ(decode("0\r\n" + fields + "X:\r\n\r\n"), "refused");
}

}  // namespace
}  // namespace carrel::proxy

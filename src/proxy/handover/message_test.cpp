#include "proxy/handover/channel.hpp"

#include <gtest/gtest.h>

#include <sys/socket.h>
#include <unistd.h>

#include <random>
#include <thread>

namespace carrel::proxy {
namespace {

Parcel parcel() {
    return {.client = Socket(),
            .address = "192.0.2.1",
            .client_in = std::string("in\0side", 7),
            .client_out = "out",
            .tunnel = TunnelParcel{.upstream = Socket(),
                                   .upstream_in = "answer",
                                   .route = "/c/bio/user/ada",
                                   .token = http::EdgeToken{.route = "/c/bio/user/ada",
                                                            .user = "ada",
                                                            .session = "s1",
                                                            .issued = Time(Milliseconds(1)),
                                                            .expires = Time(Milliseconds(-2))},
                                   .told_client = false,
                                   .told_upstream = true}};
}

TEST(HandoverMessage, IsReadAsItWasWritten) {
    auto const read = decode<Parcel>(encode(parcel()));
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->address, "192.0.2.1");
    EXPECT_EQ(read->client_in, std::string("in\0side", 7));
    EXPECT_EQ(read->client_out, "out");
    ASSERT_TRUE(read->tunnel && read->tunnel->token);
    EXPECT_EQ(read->tunnel->upstream_in, "answer");
    EXPECT_EQ(read->tunnel->route, "/c/bio/user/ada");
    EXPECT_FALSE(read->tunnel->told_client);
    EXPECT_TRUE(read->tunnel->told_upstream);
    EXPECT_EQ(read->tunnel->token->session, "s1");
    EXPECT_EQ(read->tunnel->token->expires, Time(Milliseconds(-2)));

    auto const route = decode<SavedRoute>(encode(SavedRoute{"/a", "{}", 7, 8}));
    ASSERT_TRUE(route);
    EXPECT_EQ(route->path + route->data, "/a{}");
    EXPECT_EQ(route->last_activity + route->last_change, 15);
    auto const revocation = decode<Revocation>(encode(
        Revocation{.session = "", .route = "/r", .user = "u", .issued_until = 3, .until = 4}));
    ASSERT_TRUE(revocation);
    EXPECT_EQ(revocation->user, "u");
    EXPECT_EQ(revocation->until, 4);
    EXPECT_EQ(decode<HelloMessage>(encode(HelloMessage{9}))->version, 9U);
}

template <class Message>
void expect_strict(std::string const& body) {
    ASSERT_TRUE(decode<Message>(body));
    EXPECT_FALSE(decode<Message>(body + '\0')) << "something behind it";
    for (size_t size = 0; size < body.size(); ++size)
        EXPECT_FALSE(decode<Message>(std::string_view(body).substr(0, size))) << size;
}

TEST(HandoverMessage, IsRefusedWhenAnythingIsMissingOrTooMuch) {
    expect_strict<Parcel>(encode(parcel()));
    expect_strict<SavedRoute>(encode(SavedRoute{"/a", "{}", 7, 8}));
    expect_strict<Revocation>(encode(Revocation{.session = "s", .until = 4}));
    expect_strict<HelloMessage>(encode(HelloMessage{}));
    expect_strict<ListenerMessage>(encode(ListenerMessage{"public"}));
    expect_strict<CountMessage>(encode(CountMessage{3}));
    expect_strict<ActivityMessage>(encode(ActivityMessage{"/a", 3}));
}

TEST(HandoverMessage, IsRefusedWhenItCannotBe) {
    auto both = parcel();
    both.tunnel->told_client = true;  // and the upstream, too
    EXPECT_FALSE(decode<Parcel>(encode(both)));
    auto nowhere = parcel();
    nowhere.tunnel->route = "c";
    EXPECT_FALSE(decode<Parcel>(encode(nowhere)));
    EXPECT_FALSE(decode<SavedRoute>(encode(SavedRoute{"a", "{}", 7, 8})));
    EXPECT_FALSE(decode<ListenerMessage>(encode(ListenerMessage{""})));
    auto flag = encode(Parcel{});
    flag.back() = 2;
    EXPECT_FALSE(decode<Parcel>(flag));
}

TEST(HandoverMessage, ReadsRubbishWithoutHarm) {
    std::minstd_rand random(1);
    auto const whole = encode(parcel());
    for (int round = 0; round < 20000; ++round) {
        auto body = whole;
        for (int change = 0; change < 3; ++change)
            body[random() % body.size()] = static_cast<char>(random());
        auto const read = decode<Parcel>(body);
        if (!read) continue;
        EXPECT_LE(read->client_in.size() + read->client_out.size(), whole.size());
    }
}

struct Line {
    Line() {
        std::array<int, 2> ends = {};
        EXPECT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()), 0);
        left = std::make_unique<HandoverChannel>(Socket(ends[0]));
        right = std::make_unique<HandoverChannel>(Socket(ends[1]));
        raw = ends[0];
    }
    std::unique_ptr<HandoverChannel> left;
    std::unique_ptr<HandoverChannel> right;
    int raw;
};

constexpr Milliseconds patience{10'000};

TEST(HandoverChannel, CarriesBigBodiesAndDescriptors) {
    Line line;
    std::array<int, 2> pipe = {};
    ASSERT_EQ(::pipe(pipe.data()), 0);
    Socket const keeper(pipe[0]);
    Socket const writer(pipe[1]);
    std::string const big(500'000, 'x');
    std::thread sender([&] {
        EXPECT_TRUE(line.left->send(MessageKind::Connection, big, pipe));
        EXPECT_TRUE(line.left->send(MessageKind::Taken, {}));
    });
    auto const message = line.right->expect(MessageKind::Connection, patience);
    ASSERT_TRUE(message) << message.error().message;
    EXPECT_EQ(message->body, big);
    ASSERT_EQ(message->descriptors.size(), 2U);
    EXPECT_EQ(::write(message->descriptors[1].descriptor(), "!", 1), 1);
    char byte = 0;
    EXPECT_EQ(::read(pipe[0], &byte, 1), 1);
    EXPECT_TRUE(line.right->expect(MessageKind::Taken, patience));
    sender.join();
}

TEST(HandoverChannel, TellsAGonePeerFromASilentOne) {
    Line line;
    EXPECT_EQ(line.right->receive(Milliseconds(1)).error().code, Code::Timeout);
    line.left.reset();
    EXPECT_EQ(line.right->receive(patience).error().code, Code::Unavailable);
    EXPECT_FALSE(line.right->send(MessageKind::Taken, {}));
}

TEST(HandoverChannel, RefusesWhatIsNoMessage) {
    using std::string_view_literals::operator""sv;
    for (auto const packet :
         {"\x01"sv, "\x00\x00x"sv, "\x7f\x00x"sv, "\x01\x02x"sv, "GET / HTTP/1.1"sv}) {
        Line line;
        ASSERT_GT(::send(line.raw, packet.data(), packet.size(), 0), 0);
        EXPECT_EQ(line.right->receive(patience).error().code, Code::InvalidArgument);
    }
    Line line;  // The second piece of another kind.
    ASSERT_GT(::send(line.raw, "\x01\x01x", 3, 0), 0);
    ASSERT_GT(::send(line.raw, "\x02\x00x", 3, 0), 0);
    EXPECT_EQ(line.right->receive(patience).error().code, Code::InvalidArgument);
}

}  // namespace
}  // namespace carrel::proxy

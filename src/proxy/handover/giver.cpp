#include "proxy/handover/giver.hpp"

#include "runtime/log.hpp"

#include <sys/socket.h>

#include <array>

namespace carrel::proxy {

namespace {

constexpr Milliseconds greeting_patience{5'000};
/// A successor with very many routes, or with host names to resolve, needs a while.
constexpr Milliseconds preparation_patience{60'000};
/// Meanwhile nobody is served.
constexpr Milliseconds take_patience{10'000};
constexpr Milliseconds activity_interval{2'000};

}  // namespace

Result<> send_parcel(HandoverChannel& channel, Parcel const& parcel) {
    std::array<int, 2> descriptors = {parcel.client.descriptor(), -1};
    if (parcel.tunnel) descriptors[1] = parcel.tunnel->upstream.descriptor();
    auto const count = parcel.tunnel ? 2UL : 1UL;
    return channel.send(MessageKind::Connection, encode(parcel),
                        std::span(descriptors).first(count));
}

Result<std::unique_ptr<HandoverGiver>> HandoverGiver::create(std::filesystem::path const& path,
                                                             HandoverSource& source) {
    TRY(auto listener, listen_for_successors(path));
    auto giver = std::unique_ptr<HandoverGiver>(new HandoverGiver(std::move(listener), source));
    giver->thread_ = std::thread([giver = giver.get()] { giver->run(); });
    return giver;
}

HandoverGiver::HandoverGiver(Socket listener, HandoverSource& source)
    : listener_(std::move(listener)), source_(source) {}

HandoverGiver::~HandoverGiver() {
    stopped_ = true;
    shutdown(listener_.descriptor(), SHUT_RDWR);
    {
        std::scoped_lock const lock(mutex_);
        if (channel_) channel_->shut_down();
    }
    thread_.join();
}

void HandoverGiver::run() {
    while (!stopped_) {
        Socket socket(accept4(listener_.descriptor(), nullptr, nullptr, SOCK_CLOEXEC));
        if (!socket.is_open()) {
            if (errno == EINTR || errno == ECONNABORTED) continue;
            if (!stopped_) log::error("handover_ended", {{"cause", describe_errno(errno)}});
            return;
        }
        auto const channel = std::make_shared<HandoverChannel>(std::move(socket));
        {
            std::scoped_lock const lock(mutex_);
            channel_ = channel;
        }
        if (stopped_) return;
        auto const given = serve(*channel);
        if (given) return accompany(channel);
        log::warn("handover_failed", {{"cause", given.error().message}});
        // Whoever asks too late must hear that it has nothing.
        (void)channel->send(MessageKind::Refusal, encode(RefusalMessage{given.error().message}));
        std::scoped_lock const lock(mutex_);
        channel_.reset();
    }
}

Result<> HandoverGiver::serve(HandoverChannel& channel) {
    TRY_VOID(channel.check_peer());
    TRY(auto const greeting, channel.expect(MessageKind::Hello, greeting_patience));
    TRY(auto const hello, decode<HelloMessage>(greeting.body));
    if (hello.version != handover_version)
        return fail(Code::Conflict, "hand over: the successor speaks version {}, this program {}",
                    hello.version, handover_version);
    auto given = give_state(channel);
    if (!given) source_.unsettle();
    return given;
}

Result<> HandoverGiver::give_state(HandoverChannel& channel) {
    auto const state = source_.settle();
    for (auto const& [role, descriptor] : state.listeners)
        TRY_VOID(channel.send(MessageKind::Listener, encode(ListenerMessage{role}),
                              std::span(&descriptor, 1)));
    for (auto const& route : state.routes)
        TRY_VOID(channel.send(MessageKind::Route, encode(route)));
    for (auto const& revocation : state.revocations)
        TRY_VOID(channel.send(MessageKind::Revocation, encode(revocation)));
    TRY_VOID(channel.send(MessageKind::Settled, encode(CountMessage{state.routes.size()})));
    TRY_VOID(channel.expect(MessageKind::Prepared, preparation_patience));
    auto given = give_connections(channel);
    if (!given) source_.thaw();
    return given;
}

Result<> HandoverGiver::give_connections(HandoverChannel& channel) {
    auto const parcels = source_.freeze();
    for (auto const& parcel : parcels) TRY_VOID(send_parcel(channel, parcel));
    TRY_VOID(channel.send(MessageKind::Complete, encode(CountMessage{parcels.size()})));
    TRY_VOID(channel.expect(MessageKind::Taken, take_patience));
    log::info("handed_over", {{"connections", parcels.size()}});
    // Should this not arrive, the successor sees that we have gone, which is as good.
    (void)channel.send(MessageKind::Released, {});
    return {};
}

void HandoverGiver::accompany(std::shared_ptr<HandoverChannel> const& channel) {
    source_.leave([channel](Parcel const& parcel) {
        if (auto const sent = send_parcel(*channel, parcel); !sent)
            log::warn("connection_lost", {{"cause", sent.error().message}});
    });
    while (!stopped_) {
        auto const message = channel->receive(activity_interval);
        if (message && message->kind == MessageKind::Revocation) {
            if (auto const revocation = decode<Revocation>(message->body))
                source_.revoke(*revocation);
        } else if (!message && message.error().code == Code::Timeout) {
            source_.report_activity([channel](ActivityMessage const& activity) {
                (void)channel->send(MessageKind::Activity, encode(activity));
            });
        } else {
            if (!stopped_) log::warn("successor_gone");
            return;
        }
    }
}

}  // namespace carrel::proxy

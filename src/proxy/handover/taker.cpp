#include "proxy/handover/taker.hpp"

#include "runtime/log.hpp"

#include <fcntl.h>
#include <sys/socket.h>

namespace carrel::proxy {

namespace {

constexpr Milliseconds patience{10'000};
constexpr Milliseconds look_interval{60'000};

/// A descriptor that came with a message must be what the message says.
Result<> check_stream_socket(Socket const& socket) {
    int type = 0;
    socklen_t size = sizeof(type);
    if (getsockopt(socket.descriptor(), SOL_SOCKET, SO_TYPE, &type, &size) != 0 ||
        type != SOCK_STREAM)
        return fail(Code::InvalidArgument, "take over a connection: it is no stream socket");
    fcntl(socket.descriptor(), F_SETFL, fcntl(socket.descriptor(), F_GETFL) | O_NONBLOCK);
    return {};
}

}  // namespace

HandoverTaker::HandoverTaker(std::unique_ptr<HandoverChannel> channel)
    : channel_(std::move(channel)) {}

HandoverTaker::~HandoverTaker() {
    stopped_ = true;
    channel_->shut_down();
    if (thread_.joinable()) thread_.join();
}

Result<std::unique_ptr<HandoverTaker>> HandoverTaker::begin(std::filesystem::path const& path) {
    TRY(auto channel, HandoverChannel::connect(path));
    auto taker = std::unique_ptr<HandoverTaker>(new HandoverTaker(std::move(channel)));
    TRY_VOID(taker->channel_->send(MessageKind::Hello, encode(HelloMessage{})));
    TRY_VOID(taker->receive_state());
    return taker;
}

Result<> HandoverTaker::receive_state() {
    for (;;) {
        TRY(auto message, channel_->receive(patience));
        if (message.kind == MessageKind::Listener && message.descriptors.size() == 1) {
            TRY(auto const listener, decode<ListenerMessage>(message.body));
            listeners_[listener.role].push_back(std::move(message.descriptors.front()));
            continue;
        }
        if (!message.descriptors.empty())
            return fail(Code::InvalidArgument,
                        "take over: a descriptor where there should be none");
        if (message.kind == MessageKind::Route) {
            TRY(auto route, decode<SavedRoute>(message.body));
            routes_.push_back(std::move(route));
        } else if (message.kind == MessageKind::Revocation) {
            TRY(auto revocation, decode<Revocation>(message.body));
            revocations_.push_back(std::move(revocation));
        } else if (message.kind == MessageKind::Settled) {
            TRY(auto const settled, decode<CountMessage>(message.body));
            if (settled.count == routes_.size()) return {};
            return fail(Code::InvalidArgument, "take over: {} of {} routes came", routes_.size(),
                        settled.count);
        } else if (message.kind == MessageKind::Refusal) {
            TRY(auto const refusal, decode<RefusalMessage>(message.body));
            return fail(Code::Conflict, "the running proxy refuses: {}", refusal.reason);
        } else {
            return fail(Code::InvalidArgument, "take over: message {} came unasked",
                        static_cast<int>(message.kind));
        }
    }
}

std::vector<Socket> HandoverTaker::listeners(std::string const& role) {
    return std::move(listeners_[role]);
}

Result<Parcel> HandoverTaker::parcel_of(Message message) {
    TRY(auto parcel, decode<Parcel>(message.body));
    if (message.descriptors.size() != (parcel.tunnel ? 2U : 1U))
        return fail(Code::InvalidArgument, "take over a connection: it has {} descriptors",
                    message.descriptors.size());
    for (auto const& socket : message.descriptors) TRY_VOID(check_stream_socket(socket));
    parcel.client = std::move(message.descriptors[0]);
    if (parcel.tunnel) parcel.tunnel->upstream = std::move(message.descriptors[1]);
    return parcel;
}

Result<std::vector<Parcel>> HandoverTaker::take() {
    TRY_VOID(channel_->send(MessageKind::Prepared, {}));
    std::vector<Parcel> parcels;
    for (;;) {
        TRY(auto message, channel_->receive(patience));
        if (message.kind == MessageKind::Connection) {
            TRY(auto parcel, parcel_of(std::move(message)));
            parcels.push_back(std::move(parcel));
            continue;
        }
        if (message.kind != MessageKind::Complete)
            return fail(Code::InvalidArgument, "take over: message {} instead of a connection",
                        static_cast<int>(message.kind));
        TRY(auto const complete, decode<CountMessage>(message.body));
        if (complete.count != parcels.size())
            return fail(Code::InvalidArgument, "take over: {} of {} connections came",
                        parcels.size(), complete.count);
        break;
    }
    TRY_VOID(channel_->send(MessageKind::Taken, {}));
    auto const released = channel_->expect(MessageKind::Released, patience);
    // A predecessor that has died meanwhile wants nothing back.
    if (!released && released.error().code != Code::Unavailable)
        return std::unexpected(released.error());
    return parcels;
}

void HandoverTaker::accompany(std::function<void(Parcel)> adopt,
                              std::function<void(ActivityMessage const&)> note_activity) {
    accompanies_ = true;
    thread_ = std::thread([this, adopt = std::move(adopt), note = std::move(note_activity)] {
        for (size_t later = 0; !stopped_;) {
            auto message = channel_->receive(look_interval);
            if (!message && message.error().code == Code::Timeout) continue;
            if (!message) {
                present_ = false;
                if (!stopped_) log::info("predecessor_gone", {{"came_later", later}});
                return;
            }
            if (message->kind == MessageKind::Activity) {
                if (auto const activity = decode<ActivityMessage>(message->body)) note(*activity);
            } else if (message->kind == MessageKind::Connection) {
                auto parcel = parcel_of(*std::move(message));
                if (parcel) {
                    adopt(*std::move(parcel));
                    ++later;
                } else {
                    log::error("connection_lost", {{"cause", parcel.error().message}});
                }
            }
        }
    });
}

void HandoverTaker::revoke(Revocation const& revocation) {
    if (accompanies_) (void)channel_->send(MessageKind::Revocation, encode(revocation));
}

}  // namespace carrel::proxy

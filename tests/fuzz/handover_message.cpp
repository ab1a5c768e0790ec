// A handover's messages: what is accepted is written again exactly as it was read, so that nothing
// in it was overlooked or misunderstood.

#include "fuzz.hpp"

#include "proxy/handover/message.hpp"

using namespace carrel::proxy;

namespace {

template <class Message>
void check(std::string_view body) {
    auto const message = decode<Message>(body);
    if (message) carrel::fuzz::require(encode(*message) == body, "written otherwise than read");
}

}  // namespace

/// The first byte chooses the kind.
extern "C" int LLVMFuzzerTestOneInput(uint8_t const* data, size_t size) {
    auto body = carrel::fuzz::text_of(data, size);
    if (body.empty()) return 0;
    auto const kind = static_cast<MessageKind>(static_cast<uint8_t>(body.front()) %
                                               (static_cast<unsigned>(last_message_kind) + 1));
    body.remove_prefix(1);
    switch (kind) {
        case MessageKind::Hello:
            check<HelloMessage>(body);
            break;
        case MessageKind::Refusal:
            check<RefusalMessage>(body);
            break;
        case MessageKind::Listener:
            check<ListenerMessage>(body);
            break;
        case MessageKind::Route:
            check<SavedRoute>(body);
            break;
        case MessageKind::Revocation:
            check<Revocation>(body);
            break;
        case MessageKind::Connection:
            check<Parcel>(body);
            break;
        case MessageKind::Activity:
            check<ActivityMessage>(body);
            break;
        default:
            check<CountMessage>(body);
    }
    return 0;
}

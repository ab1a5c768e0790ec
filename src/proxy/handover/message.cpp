#include "proxy/handover/message.hpp"

#include <array>
#include <bit>
#include <cstring>

namespace carrel::proxy {

namespace {

/// The first bytes of a Hello, so that a stranger is told from another version.
constexpr std::string_view greeting = "carrel handover";

class Writer {
public:
    Writer& number(uint64_t value, size_t bytes) {
        for (size_t i = 0; i < bytes; ++i) out_ += static_cast<char>(value >> (8 * i) & 0xFFU);
        return *this;
    }
    Writer& u32(uint32_t value) { return number(value, 4); }
    Writer& i64(int64_t value) { return number(std::bit_cast<uint64_t>(value), 8); }
    Writer& flag(bool value) { return number(value ? 1 : 0, 1); }
    Writer& text(std::string_view value) {
        number(value.size(), 4);
        out_ += value;
        return *this;
    }
    [[nodiscard]] std::string done() { return std::move(out_); }

private:
    std::string out_;
};

/// Reads what a Writer wrote; once something was wrong, everything after it is empty.
class Reader {
public:
    explicit Reader(std::string_view bytes) : bytes_(bytes) {}

    uint64_t number(size_t size) {
        uint64_t value = 0;
        auto const taken = take(size);
        for (size_t i = 0; i < taken.size(); ++i)
            value |= static_cast<uint64_t>(static_cast<unsigned char>(taken[i])) << (8 * i);
        return value;
    }
    uint32_t u32() { return static_cast<uint32_t>(number(4)); }
    int64_t i64() { return std::bit_cast<int64_t>(number(8)); }
    bool flag() {
        auto const value = number(1);
        if (value > 1) wrong_ = true;
        return value == 1;
    }
    std::string text() { return std::string(take(u32())); }
    void expect(bool condition) {
        if (!condition) wrong_ = true;
    }

    template <class Message>
    Result<Message> done(Message message, std::string_view name) {
        if (wrong_ || !bytes_.empty())
            return fail(Code::InvalidArgument, "read a handover's {}: malformed", name);
        return message;
    }

private:
    std::string_view take(size_t size) {
        if (wrong_ || size > bytes_.size()) {
            wrong_ = true;
            return {};
        }
        auto const taken = bytes_.substr(0, size);
        bytes_.remove_prefix(size);
        return taken;
    }

    std::string_view bytes_;
    bool wrong_ = false;
};

void write(Writer& writer, TunnelParcel const& tunnel) {
    writer.text(tunnel.upstream_in).text(tunnel.route);
    writer.flag(tunnel.told_client).flag(tunnel.told_upstream);
    writer.flag(tunnel.token.has_value());
    if (!tunnel.token) return;
    auto const& token = *tunnel.token;
    writer.text(token.route).text(token.user).text(token.session);
    writer.i64(token.issued.time_since_epoch().count());
    writer.i64(token.expires.time_since_epoch().count());
}

TunnelParcel read_tunnel(Reader& reader) {
    TunnelParcel tunnel;
    tunnel.upstream_in = reader.text();
    tunnel.route = reader.text();
    tunnel.told_client = reader.flag();
    tunnel.told_upstream = reader.flag();
    // Both ends told: that is a tunnel no more.
    reader.expect(!(tunnel.told_client && tunnel.told_upstream));
    reader.expect(tunnel.route.starts_with('/'));
    if (!reader.flag()) return tunnel;
    auto& token = tunnel.token.emplace();
    token.route = reader.text();
    token.user = reader.text();
    token.session = reader.text();
    token.issued = Time(Milliseconds(reader.i64()));
    token.expires = Time(Milliseconds(reader.i64()));
    return tunnel;
}

}  // namespace

std::string encode(HelloMessage const& message) {
    return Writer().text(greeting).u32(message.version).done();
}

template <>
Result<HelloMessage> decode(std::string_view body) {
    Reader reader(body);
    reader.expect(reader.text() == greeting);
    HelloMessage const message{.version = reader.u32()};
    return reader.done(message, "greeting");
}

std::string encode(RefusalMessage const& message) { return Writer().text(message.reason).done(); }

template <>
Result<RefusalMessage> decode(std::string_view body) {
    Reader reader(body);
    RefusalMessage message{.reason = reader.text()};
    return reader.done(std::move(message), "refusal");
}

std::string encode(ListenerMessage const& message) { return Writer().text(message.role).done(); }

template <>
Result<ListenerMessage> decode(std::string_view body) {
    Reader reader(body);
    ListenerMessage message{.role = reader.text()};
    reader.expect(!message.role.empty());
    return reader.done(std::move(message), "listening socket");
}

std::string encode(SavedRoute const& message) {
    Writer writer;
    writer.text(message.path).text(message.data);
    return writer.i64(message.last_activity).i64(message.last_change).done();
}

template <>
Result<SavedRoute> decode(std::string_view body) {
    Reader reader(body);
    SavedRoute message;
    message.path = reader.text();
    message.data = reader.text();
    message.last_activity = reader.i64();
    message.last_change = reader.i64();
    reader.expect(message.path.starts_with('/'));
    return reader.done(std::move(message), "route");
}

std::string encode(Revocation const& message) {
    Writer writer;
    writer.text(message.session).text(message.route).text(message.user);
    return writer.i64(message.issued_until).i64(message.until).done();
}

template <>
Result<Revocation> decode(std::string_view body) {
    Reader reader(body);
    Revocation message;
    message.session = reader.text();
    message.route = reader.text();
    message.user = reader.text();
    message.issued_until = reader.i64();
    message.until = reader.i64();
    return reader.done(std::move(message), "revocation");
}

std::string encode(CountMessage const& message) { return Writer().number(message.count, 8).done(); }

template <>
Result<CountMessage> decode(std::string_view body) {
    Reader reader(body);
    CountMessage const message{.count = reader.number(8)};
    return reader.done(message, "count");
}

std::string encode(ActivityMessage const& message) {
    return Writer().text(message.path).i64(message.last_activity).done();
}

template <>
Result<ActivityMessage> decode(std::string_view body) {
    Reader reader(body);
    ActivityMessage message;
    message.path = reader.text();
    message.last_activity = reader.i64();
    reader.expect(message.path.starts_with('/'));
    return reader.done(std::move(message), "activity");
}

std::string encode(Parcel const& message) {
    Writer writer;
    writer.text(message.address).text(message.client_in).text(message.client_out);
    writer.flag(message.tunnel.has_value());
    if (message.tunnel) write(writer, *message.tunnel);
    return writer.done();
}

template <>
Result<Parcel> decode(std::string_view body) {
    Reader reader(body);
    Parcel parcel;
    parcel.address = reader.text();
    parcel.client_in = reader.text();
    parcel.client_out = reader.text();
    if (reader.flag()) parcel.tunnel = read_tunnel(reader);
    return reader.done(std::move(parcel), "connection");
}

}  // namespace carrel::proxy

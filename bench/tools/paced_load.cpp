/// Requests at a steady rate, over kept connections: what waiting for an answer is like when nobody
/// is overloaded. A latency counts from when its request was due, so that a proxy that stops for a
/// moment does not look fast because nobody asked it anything meanwhile.
///
///   bench_paced_load PORT PATH CONNECTIONS RATE SECONDS    prints answers and latency as JSON
///
/// All answers must be as long as the first.

#include "sockets.hpp"

#include <sys/epoll.h>

#include <array>
#include <deque>

namespace carrel::bench {

namespace {

constexpr int64_t warm_up = 500'000;

struct Connection {
    int descriptor;
    int64_t due = 0;
    size_t received = 0;
};

class Load {
public:
    Load(int port, std::string const& path, int connections, int rate)
        : rate_(rate),
          request_("GET " + path +
                   " HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: theme=light; username=ada\r\n"
                   "Accept: */*\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\n\r\n") {
        for (int i = 0; i < connections; ++i) connections_.push_back({connect_to(port)});
        answer_size_ = learn_size(connections_.front().descriptor);
        for (auto& connection : connections_) idle_.push_back(&connection);
    }

    void run(int seconds) {
        int const epoll = epoll_create1(EPOLL_CLOEXEC);
        for (auto& connection : connections_) {
            epoll_event event = {.events = EPOLLIN, .data = {.ptr = &connection}};
            epoll_ctl(epoll, EPOLL_CTL_ADD, connection.descriptor, &event);
        }
        begin_ = microseconds();
        auto const end = begin_ + warm_up + seconds * 1'000'000LL;
        std::array<epoll_event, 256> events;
        for (int64_t now = begin_; now < end; now = microseconds()) {
            ask_all_due(now);
            auto const wait = std::max<int64_t>(0, next_due() - microseconds());
            timespec const patience = {.tv_sec = 0,
                                       .tv_nsec = idle_.empty() ? 1'000'000 : wait * 1000};
            auto const count = epoll_pwait2(epoll, events.data(), static_cast<int>(events.size()),
                                            &patience, nullptr);
            for (int i = 0; i < count; ++i)
                receive(*static_cast<Connection*>(events[static_cast<size_t>(i)].data.ptr));
        }
        auto const answers = latencies_.size();
        std::printf(R"({"answers": %zu, "seconds": %d, "p50_us": %lld, "p99_us": %lld})"
                    "\n",
                    answers, seconds, static_cast<long long>(percentile(latencies_, 50)),
                    static_cast<long long>(percentile(latencies_, 99)));
    }

private:
    size_t learn_size(int descriptor) {
        send_all(descriptor, request_);
        auto received = receive_head(descriptor);
        errno = 0;
        constexpr std::string_view name = "\r\ncontent-length: ";
        auto lower = received;
        for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
        auto const field = lower.find(name);
        if (!received.starts_with("HTTP/1.1 200") || field == std::string::npos)
            give_up("first answer: " + received.substr(0, 200));
        auto const value = received.substr(field + name.size());
        auto const size = received.find("\r\n\r\n") + 4 +
                          static_cast<size_t>(number(value.substr(0, value.find('\r')).c_str()));
        std::vector<char> rest(size - received.size() + 1);
        if (size > received.size() &&
            recv(descriptor, rest.data(), size - received.size(), MSG_WAITALL) <= 0)
            give_up("first answer");
        return size;
    }

    [[nodiscard]] int64_t next_due() const { return begin_ + asked_ * 1'000'000 / rate_; }

    void ask_all_due(int64_t now) {
        while (!idle_.empty() && next_due() <= now) {
            auto& connection = *idle_.front();
            idle_.pop_front();
            connection.due = next_due();
            ++asked_;
            send_all(connection.descriptor, request_);
        }
    }

    void receive(Connection& connection) {
        std::array<char, 16384> room;
        auto const count = recv(connection.descriptor, room.data(), room.size(), MSG_DONTWAIT);
        if (count <= 0) give_up("receive an answer");
        connection.received += static_cast<size_t>(count);
        if (connection.received < answer_size_) return;
        errno = 0;
        if (connection.received > answer_size_) give_up("an answer longer than the first");
        connection.received = 0;
        if (connection.due >= begin_ + warm_up)
            latencies_.push_back(microseconds() - connection.due);
        idle_.push_back(&connection);
    }

    int64_t const rate_;
    std::string const request_;
    size_t answer_size_ = 0;
    std::deque<Connection> connections_;
    std::deque<Connection*> idle_;
    int64_t begin_ = 0;
    int64_t asked_ = 0;
    std::vector<int64_t> latencies_;
};

}  // namespace

}  // namespace carrel::bench

int main(int count, char** arguments) {
    using namespace carrel::bench;
    if (count != 6) {
        std::fputs("usage: bench_paced_load PORT PATH CONNECTIONS RATE SECONDS\n", stderr);
        return 2;
    }
    Load load(number(arguments[1]), arguments[2], number(arguments[3]), number(arguments[4]));
    load.run(number(arguments[5]));
}

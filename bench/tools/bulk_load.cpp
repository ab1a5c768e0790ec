/// Downloads big bodies on one connection, one after the other.
///
///   bench_bulk_load PORT PATH TIMES     prints bytes and microseconds as JSON

#include "sockets.hpp"

namespace carrel::bench {

namespace {

size_t content_length(std::string_view head) {
    std::string_view const name = "ontent-length: ";
    auto const found = std::search(
        head.begin(), head.end(), name.begin(), name.end(),
        [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); });
    errno = 0;
    if (found == head.end()) give_up("an answer without Content-Length");
    return std::strtoull(&*found + name.size(), nullptr, 10);
}

void download(int descriptor, std::string const& request, std::vector<char>& room,
              uint64_t& total) {
    send_all(descriptor, request);
    auto const received = receive_head(descriptor);
    errno = 0;
    if (!received.starts_with("HTTP/1.1 200")) give_up("GET: " + received.substr(0, 40));
    auto const head = received.find("\r\n\r\n") + 4;
    size_t left = content_length(received) - (received.size() - head);
    total += received.size() - head + left;
    while (left > 0) {
        auto const count = recv(descriptor, room.data(), std::min(left, room.size()), 0);
        if (count <= 0) give_up("download");
        left -= static_cast<size_t>(count);
    }
}

}  // namespace

}  // namespace carrel::bench

int main(int count, char** arguments) {
    using namespace carrel::bench;
    if (count != 4) {
        std::fputs("usage: bench_bulk_load PORT PATH TIMES\n", stderr);
        return 2;
    }
    int const descriptor = connect_to(number(arguments[1]));
    auto const request =
        std::string("GET ") + arguments[2] + " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
    std::vector<char> room(1 << 18);
    uint64_t total = 0;
    auto const begin = microseconds();
    for (int i = 0; i < number(arguments[3]); ++i) download(descriptor, request, room, total);
    std::printf(R"({"bytes": %llu, "microseconds": %lld})"
                "\n",
                static_cast<unsigned long long>(total),
                static_cast<long long>(microseconds() - begin));
}

/// Adds routes over the REST API, as JupyterHub does: one request per route on one kept connection.
///
///   bench_route_load PORT TOKEN FIRST COUNT WINDOW TARGET   WINDOW requests under way at once;
///   prints JSON

#include "sockets.hpp"

namespace carrel::bench {

namespace {

std::string request(std::string const& token, std::string const& target, int i) {
    auto const user = "user" + std::to_string(i);
    auto const body =
        R"({"target": ")" + target + R"(", "user": ")" + user + R"(", "jupyterhub": true})";
    return "POST /api/routes/user/" + user +
           " HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: token " + token +
           "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + body;
}

/// Receives until `wanted` answers of 201 without a body have come.
void receive_answers(int descriptor, std::string& received, int wanted) {
    std::vector<char> room(16384);
    for (;;) {
        for (size_t end = 0; (end = received.find("\r\n\r\n")) != std::string::npos;) {
            errno = 0;
            if (!received.starts_with("HTTP/1.1 201")) give_up("POST: " + received.substr(0, end));
            // Some answer with an empty chunked body instead of Content-Length: 0.
            auto const chunked = received.substr(0, end).find("chunked") != std::string::npos;
            auto const size = end + (chunked ? 9 : 4);
            if (received.size() < size) break;
            received.erase(0, size);
            if (--wanted == 0) return;
        }
        auto const count = recv(descriptor, room.data(), room.size(), 0);
        if (count <= 0) give_up("receive");
        received.append(room.data(), static_cast<size_t>(count));
    }
}

}  // namespace

}  // namespace carrel::bench

int main(int count, char** arguments) {
    using namespace carrel::bench;
    if (count != 7) {
        std::fputs("usage: bench_route_load PORT TOKEN FIRST COUNT WINDOW TARGET\n", stderr);
        return 2;
    }
    int const descriptor = connect_to(number(arguments[1]));
    int const first = number(arguments[3]);
    int const routes = number(arguments[4]);
    int const window = number(arguments[5]);
    std::vector<std::string> batches;
    for (int i = 0; i < routes; ++i) {
        if (i % window == 0) batches.emplace_back();
        batches.back() += request(arguments[2], arguments[6], first + i);
    }
    std::string received;
    auto const begin = microseconds();
    int left = routes;
    for (auto const& batch : batches) {
        send_all(descriptor, batch);
        receive_answers(descriptor, received, std::min(window, left));
        left -= window;
    }
    std::printf(R"({"routes": %d, "microseconds": %lld})"
                "\n",
                routes, static_cast<long long>(microseconds() - begin));
}

// The REST API: "METHOD target\nbody", several of them with NUL between. Every answer has a status
// that the API is known for, and routes that were accepted are listed.

#include "fuzz.hpp"

#include "proxy/api/admin_api.hpp"

#include <string>

using namespace carrel;
using namespace carrel::proxy;

extern "C" int LLVMFuzzerTestOneInput(uint8_t const* data, size_t size) {
    auto text = fuzz::text_of(data, size);
    static Options const options = [] {
        Options made;
        made.edge_key = std::string(32, 'k');
        made.api_token = "secret";
        made.default_target = Target::parse("http://127.0.0.1:1").value();
        return made;
    }();
    ManualClock const clock{Time(Milliseconds(1'800'000'000'000))};
    AdminApi api(options, clock, [](Update const&) {});
    while (!text.empty()) {
        auto call = fuzz::cut(text, '\0');
        auto line = fuzz::cut(call, '\n');
        auto const method = fuzz::cut(line, ' ');
        SideRequest request{.method = method,
                            .target = line,
                            .path = line.substr(0, line.find('?')),
                            .host = "a",
                            .accept = method.size() % 2 == 1 ? "text/event-stream" : "",
                            .authorization = "token secret",
                            .body = std::string(call)};
        fuzz::require(api.largest_body(request) > 0, "no body at all");
        auto answer = api.handle(request);
        while (answer.job)
            if (auto done = answer.job->step()) answer = *std::move(done);
        while (answer.feed)
            if (answer.feed->next(answer.body) != Feed::State::More) answer.feed.reset();
        auto const status = answer.status;
        bool const known = status / 100 == 2 || status == 400 || status == 403 || status == 404 ||
                           status == 405 || status == 409 || status == 413;
        fuzz::require(known, "an unknown status");
    }
    return 0;
}

#include "proxy/report/recorder.hpp"

#include "base/temporary_folder.hpp"
#include "proxy/data_plane/frame_watch.hpp"
#include "proxy/report/metrics_page.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace carrel::proxy {
namespace {

using testing::HasSubstr;

std::string content_of(std::filesystem::path const& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::string frame(unsigned opcode, size_t length) {
    std::string bytes(1, static_cast<char>(0x80U | opcode));
    if (length < 126) {
        bytes += static_cast<char>(0x80U | length);
    } else {
        bytes += static_cast<char>(0x80U | 126U);
        bytes += static_cast<char>(length >> 8U);
        bytes += static_cast<char>(length & 0xffU);
    }
    return bytes + "mask" + std::string(length, '\x09');
}

TEST(FrameWatch, TellsMessagesFromPingsAndPongsHoweverTheyAreCut) {
    auto const beats = frame(9, 0) + frame(10, 5) + frame(9, 125);
    auto const text = frame(1, 3) + frame(2, 300) + frame(8, 2);
    for (size_t const piece : {1UL, 2UL, 3UL, 7UL, 1000UL}) {
        FrameWatch watch;
        for (size_t at = 0; at < beats.size(); at += piece)
            EXPECT_FALSE(watch.note(std::string_view(beats).substr(at, piece))) << piece;
        for (size_t at = 0; at < text.size(); at += piece)
            EXPECT_TRUE(watch.note(std::string_view(text).substr(at, piece))) << piece << " " << at;
        EXPECT_FALSE(watch.note(frame(10, 0)));
        EXPECT_TRUE(watch.note(frame(10, 0) + frame(1, 0)));
    }
}

TEST(AccessLog, ALineIsOneJsonObjectWithoutTheQuery) {
    std::string out;
    append_line(out, {.time = 1'800'000'000'000,
                      .client = "192.0.2.1",
                      .method = "GET",
                      .path = "/a\"\\\x01\xff?token=secret",
                      .status = 503,
                      .route = "/a",
                      .target = "http://127.0.0.1:1",
                      .received = 0,
                      .sent = 12,
                      .milliseconds = 5,
                      .request_id = "r-1",
                      .websocket = false,
                      .origin = "target",
                      .reason = "gone"});
    EXPECT_EQ(out, R"({"time":"2027-01-15T08:00:00.000Z","client":"192.0.2.1","method":"GET",)"
                   R"("path":"/a\"\\\u0001\u00ff","status":503,"ms":5,"bytes_in":0,"bytes_out":12,)"
                   R"("route":"/a","target":"http://127.0.0.1:1","request":"r-1","error":"target",)"
                   "\"reason\":\"gone\"}\n");
}

TEST(AccessLog, GoesOnInANewFileWhenTheOldOneWasMoved) {
    TemporaryFolder const folder;
    auto const path = folder.path() / "access.log";
    auto const moved = folder.path() / "access.log.1";
    {
        auto writer = AccessLogWriter::create(path);
        ASSERT_TRUE(writer);
        EXPECT_TRUE((*writer)->write("one\n"));
        std::filesystem::rename(path, moved);
        EXPECT_TRUE((*writer)->write("two\n"));
        (*writer)->reopen();
    }
    EXPECT_EQ(content_of(moved), "one\ntwo\n");
    EXPECT_EQ(content_of(path), "");
    EXPECT_FALSE(AccessLogWriter::create("/nonexistent/log"));
}

TEST(MetricsPage, HasTheOriginalsNamesAndHistogramsByKindOfRoute) {
    WorkerMetrics first;
    WorkerMetrics second;
    first.requests_web.add(2);
    second.requests_web.add(3);
    first.answers[503].add();
    first.durations[1].note(2);
    first.durations[1].note(40);
    second.durations[1].note(100000);
    ApiMetrics api{.route_get = 1, .route_add = 2, .route_delete = 3, .requests = {{201, 2}}};
    MetricsPage page({.workers = {&first, &second}, .api = &api, .routes = [] { return 7UL; }});
    SideRequest request{.method = "GET", .target = "/metrics", .path = "/metrics"};
    auto const text = page.handle(request).body;
    for (auto const* line :
         {"\nrequests_web 5\n", "\nrequests_proxy{status=\"503\"} 1\n", "\napi_route_add 2\n",
          "\nrequests_api{status=\"201\"} 2\n", "\ncarrel_proxy_routes 7\n",
          "_bucket{class=\"user\",le=\"0.001\"} 0\n", "_bucket{class=\"user\",le=\"0.002\"} 1\n",
          "_bucket{class=\"user\",le=\"0.05\"} 2\n", "_bucket{class=\"user\",le=\"+Inf\"} 3\n",
          "_count{class=\"user\"} 3\n", "\nprocess_open_fds "})
        EXPECT_THAT(text, HasSubstr(line));
    SideRequest other{.method = "GET", .target = "/", .path = "/"};
    EXPECT_EQ(page.handle(other).status, 404U);
}

TEST(RouteClass, ComesFromThePath) {
    EXPECT_EQ(class_of("/"), RouteClass::Hub);
    EXPECT_EQ(class_of("/user/ada"), RouteClass::User);
    EXPECT_EQ(class_of("/c/bio/user/ada"), RouteClass::User);
    EXPECT_EQ(class_of("/services/x"), RouteClass::Service);
    EXPECT_EQ(class_of("/userx"), RouteClass::Other);
}

}  // namespace
}  // namespace carrel::proxy

#include "proxy/report/metrics_page.hpp"

#include <dirent.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <memory>

namespace carrel::proxy {

namespace {

/// Prometheus' text format, one metric after the other.
class Page {
public:
    void family(std::string_view name, std::string_view type, std::string_view help) {
        put("# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
    }
    template <class... Arguments>
    void put(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
        fmt::format_to(std::back_inserter(text_), format, std::forward<Arguments>(arguments)...);
    }
    template <class Value>
    void single(std::string_view name, std::string_view type, std::string_view help, Value value) {
        family(name, type, help);
        put("{} {}\n", name, value);
    }
    [[nodiscard]] std::string take() { return std::move(text_); }

private:
    std::string text_;
};

template <class Get>
uint64_t sum(MetricsSource const& source, Get get) {
    uint64_t total = 0;
    for (auto const* worker : source.workers) total += get(*worker).get();
    return total;
}

void put_theirs(Page& page, MetricsSource const& source) {
    auto const& api = *source.api;
    page.single("api_route_get", "counter", "Count of API route get requests", api.route_get);
    page.single("api_route_add", "counter", "Count of API route add requests", api.route_add);
    page.single("api_route_delete", "counter", "Count of API route delete requests",
                api.route_delete);
    page.family("find_target_for_req", "summary", "Summary of find target requests");
    page.put(
        "find_target_for_req_sum {}\nfind_target_for_req_count {}\n",
        static_cast<double>(sum(source, [](auto& m) -> auto& { return m.lookup_nanoseconds; })) /
            1e9,
        sum(source, [](auto& m) -> auto& { return m.lookups; }));
    page.single("requests_ws", "counter", "Count of websocket requests",
                sum(source, [](auto& m) -> auto& { return m.requests_ws; }));
    page.single("requests_web", "counter", "Count of web requests",
                sum(source, [](auto& m) -> auto& { return m.requests_web; }));
    page.family("requests_proxy", "counter", "Count of proxy requests");
    for (size_t status = 100; status < 600; ++status)
        if (auto const count = sum(source, [&](auto& m) -> auto& { return m.answers[status]; });
            count > 0)
            page.put("requests_proxy{{status=\"{}\"}} {}\n", status, count);
    page.family("requests_api", "counter", "Count of API requests");
    for (auto const& [status, count] : api.requests)
        page.put("requests_api{{status=\"{}\"}} {}\n", status, count);
}

void put_durations(Page& page, MetricsSource const& source) {
    constexpr std::string_view name = "carrel_proxy_request_duration_seconds";
    page.family(name, "histogram", "From a request's head to its last byte, by kind of route");
    for (size_t kind = 0; kind < route_classes.size(); ++kind) {
        auto const& label = route_classes[kind];
        uint64_t total = 0;
        for (size_t i = 0; i <= Histogram::bounds.size(); ++i) {
            total += sum(source, [&](auto& m) -> auto& { return m.durations[kind].counts[i]; });
            auto const bound =
                i < Histogram::bounds.size()
                    ? fmt::format("{}", static_cast<double>(Histogram::bounds[i]) / 1e3)
                    : "+Inf";
            page.put("{}_bucket{{class=\"{}\",le=\"{}\"}} {}\n", name, label, bound, total);
        }
        auto const milliseconds =
            sum(source, [&](auto& m) -> auto& { return m.durations[kind].milliseconds; });
        page.put("{}_sum{{class=\"{}\"}} {}\n{}_count{{class=\"{}\"}} {}\n", name, label,
                 static_cast<double>(milliseconds) / 1e3, name, label, total);
    }
}

void put_ours(Page& page, MetricsSource const& source) {
    auto const counter = [&](std::string_view name, std::string_view type, std::string_view help,
                             auto get) { page.single(name, type, help, sum(source, get)); };
    counter("carrel_proxy_connections_total", "counter", "Connections accepted",
            [](auto& m) -> auto& { return m.connections; });
    counter("carrel_proxy_connections", "gauge", "Connections open",
            [](auto& m) -> auto& { return m.open_connections; });
    counter("carrel_proxy_tunnels", "gauge", "WebSockets open",
            [](auto& m) -> auto& { return m.open_tunnels; });
    counter("carrel_proxy_received_bytes_total", "counter", "Bodies and messages from clients",
            [](auto& m) -> auto& { return m.bytes_from_clients; });
    counter("carrel_proxy_sent_bytes_total", "counter", "Bodies and messages to clients",
            [](auto& m) -> auto& { return m.bytes_to_clients; });
    counter("carrel_proxy_access_batches_lost_total", "counter",
            "Batches of access log lines that could not be written in time",
            [](auto& m) -> auto& { return m.access_lines_lost; });
    page.single("carrel_proxy_routes", "gauge", "Routes", source.routes());
    page.single("carrel_proxy_workers", "gauge", "Worker threads", source.workers.size());
    put_durations(page, source);
}

size_t count_descriptors() {
    std::unique_ptr<DIR, int (*)(DIR*)> const folder(opendir("/proc/self/fd"), closedir);
    size_t count = 0;
    while (folder && readdir(folder.get()) != nullptr) ++count;
    return count > 3 ? count - 3 : 0;  // ".", ".." and the folder itself
}

void put_process(Page& page) {
    rusage usage = {};
    getrusage(RUSAGE_SELF, &usage);
    auto const seconds = [](timeval const& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    page.single("process_cpu_seconds_total", "counter", "Processor time",
                seconds(usage.ru_utime) + seconds(usage.ru_stime));
    uint64_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages >> pages;
    page.single("process_resident_memory_bytes", "gauge", "Resident memory",
                pages * static_cast<uint64_t>(sysconf(_SC_PAGESIZE)));
    page.single("process_open_fds", "gauge", "Open descriptors", count_descriptors());
}

}  // namespace

std::string render_metrics(MetricsSource const& source) {
    Page page;
    put_theirs(page, source);
    put_ours(page, source);
    put_process(page);
    return page.take();
}

SideAnswer MetricsPage::handle(SideRequest& request) {
    if (request.path != "/metrics")
        return {.status = 404, .content_type = "text/plain; charset=utf-8", .body = "Not Found"};
    return {.status = 200,
            .content_type = "text/plain; version=0.0.4; charset=utf-8",
            .body = render_metrics(source_)};
}

}  // namespace carrel::proxy

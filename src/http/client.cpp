#include "http/client.hpp"

#include "base/encoding.hpp"
#include "base/text.hpp"

#include <curl/curl.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <mutex>

namespace carrel::http {

namespace {

constexpr size_t largest_response_head = 256UL * 1024UL;
constexpr size_t most_kept = 16;

struct Target {
    std::string url;
    std::string socket;  // path of a unix socket; empty for TCP
};

Result<Target> parse_target(std::string const& url) {
    constexpr std::string_view unix_scheme = "http+unix://";
    if (!is_printable_utf8(url) || url.find_first_of(" \t\r\n") != std::string::npos)
        return fail(Code::InvalidArgument, "fetch: not a URL");
    if (!url.starts_with(unix_scheme)) return Target{url, {}};
    auto const rest = std::string_view(url).substr(unix_scheme.size());
    auto const slash = std::min(rest.find('/'), rest.size());
    TRY(auto socket, percent_decode(rest.substr(0, slash)));
    if (socket.empty()) return fail(Code::InvalidArgument, "fetch: no socket in the URL");
    auto const path = rest.substr(slash);
    return Target{fmt::format("http://localhost{}", path.empty() ? "/" : path), socket};
}

bool is_loopback(std::string_view url) {
    constexpr std::array<std::string_view, 3> hosts = {"://127.", "://localhost", "://[::1]"};
    return std::ranges::any_of(hosts,
                               [&](auto host) { return url.find(host) != std::string_view::npos; });
}

/// Where one response goes while it arrives. curl's callbacks may not throw, and do not.
struct Sink {
    ClientResponse response;
    size_t largest_body = 0;
    size_t received = 0;
    size_t head_size = 0;
    int file = -1;
    bool too_large = false;
    bool unwanted = false;
    int file_error = 0;
    std::function<void(std::string_view)> const* on_piece = nullptr;
    std::function<bool()> const* stop_requested = nullptr;

    static size_t on_body(char* data, size_t, size_t size, void* user) {
        auto& sink = *static_cast<Sink*>(user);
        if (size > sink.largest_body - sink.received) {
            sink.too_large = true;
            return 0;
        }
        sink.received += size;
        if (sink.on_piece != nullptr) {
            (*sink.on_piece)(std::string_view(data, size));
            return size;
        }
        if (sink.file < 0) {
            sink.response.body.append(data, size);
            return size;
        }
        for (size_t done = 0; done < size;) {
            auto const written = ::write(sink.file, data + done, size - done);
            if (written < 0 && errno == EINTR) continue;
            if (written < 0) {
                sink.file_error = errno;
                return 0;
            }
            done += static_cast<size_t>(written);
        }
        return size;
    }

    static int on_progress(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
        auto& sink = *static_cast<Sink*>(user);
        sink.unwanted = (*sink.stop_requested)();
        return sink.unwanted ? 1 : 0;
    }

    static size_t on_header(char* data, size_t, size_t size, void* user) {
        auto& sink = *static_cast<Sink*>(user);
        sink.head_size += size;
        if (sink.head_size > largest_response_head) {
            sink.too_large = true;
            return 0;
        }
        std::string_view const line(data, size);
        if (line.starts_with("HTTP/")) {
            sink.response.headers = {};  // an interim response (100, 103) came before
        } else if (auto const colon = line.find(':'); colon != std::string_view::npos) {
            sink.response.headers.add(line.substr(0, colon), trimmed(line.substr(colon + 1)));
        }
        return size;
    }
};

Error error_of(CURLcode code, Sink const& sink, ClientRequest const& request) {
    auto const attempt = fmt::format("{} {}", request.method, for_log(request.url));
    if (sink.too_large)
        return {Code::LimitReached, fmt::format("{}: the answer is larger than {} bytes", attempt,
                                                request.largest_body)};
    if (sink.unwanted) return {Code::Cancelled, fmt::format("{}: no longer wanted", attempt)};
    if (sink.file_error != 0)
        return {code_of_errno(sink.file_error),
                fmt::format("{}: write {}: {}", attempt, request.to_file->string(),
                            describe_errno(sink.file_error))};
    switch (code) {
        case CURLE_OPERATION_TIMEDOUT:
            return {Code::Timeout, fmt::format("{}: no answer in time", attempt)};
        case CURLE_URL_MALFORMAT:
        case CURLE_UNSUPPORTED_PROTOCOL:
            return {Code::InvalidArgument,
                    fmt::format("{}: {}", attempt, curl_easy_strerror(code))};
        default:
            return {Code::Unavailable, fmt::format("{}: {}", attempt, curl_easy_strerror(code))};
    }
}

class HeaderList {
public:
    HeaderList() = default;
    HeaderList(HeaderList const&) = delete;
    HeaderList& operator=(HeaderList const&) = delete;
    ~HeaderList() { curl_slist_free_all(list_); }
    void add(std::string const& line) { list_ = curl_slist_append(list_, line.c_str()); }
    [[nodiscard]] curl_slist* get() const { return list_; }

private:
    curl_slist* list_ = nullptr;
};

Result<> fill(HeaderList& list, Headers const& headers) {
    constexpr std::string_view forbidden("\r\n\0", 3);
    list.add("Expect:");  // no round trip before a body
    for (auto const& [name, value] : headers) {
        if (name.empty() || name.find_first_of(forbidden) != std::string::npos ||
            value.find_first_of(forbidden) != std::string::npos)
            return fail(Code::InvalidArgument, "fetch: a header with a line break");
        // "Name;" is how curl is told to send an empty value.
        list.add(value.empty() ? name + ";" : fmt::format("{}: {}", name, value));
    }
    return {};
}

void configure(CURL* handle, ClientRequest const& request, Target const& target, Sink& sink,
               HeaderList const& headers, Deadline deadline) {
    auto const left = std::max<long>(1, deadline.left().count());
    curl_easy_setopt(handle, CURLOPT_URL, target.url.c_str());
    curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, left);
    curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, left);
    curl_easy_setopt(handle, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, &Sink::on_body);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, &sink);
    curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, &Sink::on_header);
    curl_easy_setopt(handle, CURLOPT_HEADERDATA, &sink);
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers.get());
    if (sink.stop_requested != nullptr) {
        curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
        curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, &Sink::on_progress);
        curl_easy_setopt(handle, CURLOPT_XFERINFODATA, &sink);
    }
    if (!request.ca_file.empty()) curl_easy_setopt(handle, CURLOPT_CAINFO, request.ca_file.c_str());
    if (!target.socket.empty())
        curl_easy_setopt(handle, CURLOPT_UNIX_SOCKET_PATH, target.socket.c_str());
    if (!target.socket.empty() || is_loopback(target.url))
        curl_easy_setopt(handle, CURLOPT_NOPROXY, "*");
    if (request.method == "HEAD") {
        curl_easy_setopt(handle, CURLOPT_NOBODY, 1L);
    } else if (request.method != "GET" || !request.body.empty()) {
        curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE,
                         static_cast<curl_off_t>(request.body.size()));
        curl_easy_setopt(handle, CURLOPT_POSTFIELDS, request.body.data());
        curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, request.method.c_str());
    }
}

}  // namespace

/// Idle handles, each with its connections.
struct Client::Pool {
    ~Pool() {
        for (auto* const handle : idle) curl_easy_cleanup(handle);
    }
    CURL* take() {
        std::scoped_lock const lock(mutex);
        if (idle.empty()) return curl_easy_init();
        auto* const handle = idle.back();
        idle.pop_back();
        return handle;
    }
    void give_back(CURL* handle) {
        curl_easy_reset(handle);  // keeps the connections
        std::scoped_lock const lock(mutex);
        if (idle.size() < most_kept)
            idle.push_back(handle);
        else
            curl_easy_cleanup(handle);
    }

    std::mutex mutex;
    std::vector<CURL*> idle;
};

Client::Client() : pool_(std::make_unique<Pool>()) {
    static auto const initialized = curl_global_init(CURL_GLOBAL_DEFAULT);
    (void)initialized;
}
Client::~Client() = default;

Result<ClientResponse> Client::fetch(ClientRequest const& request, Deadline deadline) {
    TRY(auto const target, parse_target(request.url));
    HeaderList headers;
    TRY_VOID(fill(headers, request.headers));
    // curl would send what its default for a body is.
    if (!request.body.empty() && !request.headers.find("content-type"))
        headers.add("Content-Type: application/json");
    Sink sink;
    sink.largest_body = request.largest_body;
    if (request.on_piece) sink.on_piece = &request.on_piece;
    if (request.stop_requested) sink.stop_requested = &request.stop_requested;
    if (request.to_file) {
        sink.file =
            ::open(request.to_file->c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        if (sink.file < 0) return fail_errno("open {}", request.to_file->string());
    }

    auto* const handle = pool_->take();
    if (handle == nullptr) return fail(Code::Internal, "fetch: no curl handle");
    configure(handle, request, target, sink, headers, deadline);
    auto const code = curl_easy_perform(handle);
    long status = 0;
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    pool_->give_back(handle);

    if (sink.file >= 0 && ::close(sink.file) != 0 && sink.file_error == 0) sink.file_error = errno;
    if (code != CURLE_OK || sink.file_error != 0) {
        if (request.to_file) ::unlink(request.to_file->c_str());
        return std::unexpected(error_of(code, sink, request));
    }
    sink.response.status = static_cast<unsigned>(status);
    return std::move(sink.response);
}

}  // namespace carrel::http

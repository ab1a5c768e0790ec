#include "spawn/process/readiness.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace carrel {

namespace {

/// Longer than a starting server is usually silent; a stuck one must not hold the thread.
constexpr Milliseconds longest_question{2000};
/// Of a server that may say what it likes.
constexpr size_t largest_answer = 1024UL * 1024;

}  // namespace

std::string ready_url(ServerSpec const& spec, std::string const& endpoint) {
    return endpoint + (spec.environment.strip_base_url ? "/" : spec.base_url) +
           spec.environment.ready_path;
}

Result<> ask_readiness(http::Client& client, ServerSpec const& spec, std::string const& endpoint,
                       bool shared, Deadline deadline) {
    auto const limit = Deadline::after(std::min(longest_question, deadline.left()));
    http::ClientRequest request{.url = ready_url(spec, endpoint)};
    request.headers.add("Connection", "close");
    if (spec.environment.kind == EnvironmentKind::JupyterHub) {
        // A redirect to a log-in, or a refusal, comes from a server that works.
        request.largest_body = largest_answer;
        TRY(auto const answer, client.fetch(request, limit));
        if (answer.status < 500) return {};
        return fail(Code::Unavailable, "it answered with status {}", answer.status);
    }
    request.headers.add("Authorization", "token " + spec.secret);
    TRY(auto const answer, client.fetch(request, limit));
    if (answer.status < 200 || answer.status > 299)
        return fail(Code::Unavailable, "it answered with status {}", answer.status);
    if (!shared) return {};
    request.headers = {};
    request.headers.add("Connection", "close");
    TRY(auto const open, client.fetch(request, limit));
    if (open.status >= 200 && open.status <= 299)
        return fail(Code::PermissionDenied, "it does not ask for its secret");
    return {};
}

Result<unsigned> free_port() {
    auto const socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (socket < 0) return fail_errno("find a free port");
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    auto const bound =
        ::bind(socket, generic, size) == 0 && ::getsockname(socket, generic, &size) == 0;
    ::close(socket);
    if (!bound) return fail(Code::Unavailable, "find a free port");
    return unsigned{ntohs(address.sin_port)};
}

}  // namespace carrel

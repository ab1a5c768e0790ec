#include "proxy/handover/gate.hpp"

namespace carrel::proxy {

namespace {

constexpr Milliseconds relay_patience{10'000};
constexpr size_t largest_answer = size_t{1} << 30U;

}  // namespace

/// A call that came while the gate was shut. It keeps what the request refers to.
class HandoverGate::Waiting final : public Job {
public:
    Waiting(HandoverGate& gate, SideRequest& request)
        : gate_(gate),
          method_(request.method),
          target_(request.target),
          host_(request.host),
          accept_(request.accept),
          authorization_(request.authorization),
          body_(std::move(request.body)) {}

    std::optional<SideAnswer> step() override {
        if (gate_.shut_) return {};
        if (inner_) return inner_->step();
        std::string_view const target = target_;
        SideRequest request{.method = method_,
                            .target = target,
                            .path = target.substr(0, target.find('?')),
                            .host = host_,
                            .accept = accept_,
                            .authorization = authorization_,
                            .body = std::move(body_)};
        auto answer = gate_.pass(request);
        if (!answer.job) return answer;
        inner_ = std::move(answer.job);
        return {};
    }

private:
    HandoverGate& gate_;
    std::string method_;
    std::string target_;
    std::string host_;
    std::string accept_;
    std::string authorization_;
    std::string body_;
    std::unique_ptr<Job> inner_;
};

SideAnswer HandoverGate::handle(SideRequest& request) {
    if (!shut_) return pass(request);
    SideAnswer answer;
    answer.job = std::make_unique<Waiting>(*this, request);
    return answer;
}

void HandoverGate::open_to(std::string url) {
    relays_ = true;
    successor_ = std::move(url);
    shut_ = false;
}

SideAnswer HandoverGate::pass(SideRequest& request) {
    return relays_ ? relay(request) : api_.handle(request);
}

SideAnswer HandoverGate::relay(SideRequest const& request) {
    // A stream of changes has to be asked of the successor itself.
    if (successor_.empty() || request.query("watch"))
        return {.status = 503, .fields = "Retry-After: 0\r\n"};
    http::ClientRequest const call{
        .method = std::string(request.method),
        .url = successor_ + std::string(request.target),
        .headers = {{"Authorization", std::string(request.authorization)}},
        .body = request.body,
        .largest_body = largest_answer};
    auto answer = client_.fetch(call, Deadline::after(relay_patience));
    if (!answer) return {.status = 503, .fields = "Retry-After: 0\r\n"};
    SideAnswer result{.status = answer->status, .body = std::move(answer->body)};
    if (auto const type = answer->headers.find("content-type"))
        result.fields = fmt::format("Content-Type: {}\r\n", *type);
    return result;
}

}  // namespace carrel::proxy

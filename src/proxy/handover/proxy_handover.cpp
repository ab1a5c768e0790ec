// The proxy's part in a handover, on both sides: see docs/design/0014-handover.md.

#include "base/encoding.hpp"
#include "proxy/proxy_state.hpp"
#include "runtime/log.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>
#include <unistd.h>
#include <cstring>
#include <future>

namespace carrel::proxy {

namespace {

/// Clients of the REST API that keep their connection get one more answer on it.
constexpr Milliseconds api_linger{3'000};

/// Runs `work` on the loop's thread and waits for its result.
template <class Work>
auto on_side_thread(EventLoop& loop, Work work) {
    std::promise<decltype(work())> promise;
    auto future = promise.get_future();
    loop.post([&] {
        if constexpr (std::is_void_v<decltype(work())>) {
            work();
            promise.set_value();
        } else {
            promise.set_value(work());
        }
    });
    return future.get();
}

/// Where a listening socket can be reached.
std::string url_of(int descriptor) {
    sockaddr_storage address = {};
    socklen_t length = sizeof(address);
    getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &length);
    std::array<char, INET6_ADDRSTRLEN> text = {};
    if (address.ss_family == AF_UNIX) {
        sockaddr_un path = {};
        std::memcpy(&path, &address, std::min<size_t>(length, sizeof(path)));
        return "http+unix://" + percent_encode(path.sun_path);
    }
    if (address.ss_family == AF_INET) {
        sockaddr_in v4;
        std::memcpy(&v4, &address, sizeof(v4));
        inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
        return fmt::format("http://{}:{}", text.data(), ntohs(v4.sin_port));
    }
    sockaddr_in6 v6;
    std::memcpy(&v6, &address, sizeof(v6));
    inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
    return fmt::format("http://[{}]:{}", text.data(), ntohs(v6.sin6_port));
}

}  // namespace

void Proxy::State::push(Update const& update) {
    for (auto& worker : workers) worker->push(update);
    auto const* revocation = std::get_if<Revocation>(&update);
    if (revocation != nullptr && predecessor) predecessor->revoke(*revocation);
    if (revocation != nullptr && snapshot) snapshot->add(*revocation);
}

HandoverSource::Settled Proxy::State::settle() {
    return on_side_thread(*side_loop, [this] {
        gate->shut();
        // Nothing changes any more, and a successor's file is not overwritten.
        if (snapshot) (void)snapshot->flush();  // which logs why it cannot
        Settled settled;
        for (auto const& worker : workers)
            settled.listeners.emplace_back("public", worker->listener_descriptor());
        if (redirects) settled.listeners.emplace_back("redirect", redirects->listener_descriptor());
        settled.listeners.emplace_back("api", api_server->descriptor());
        if (metrics_server) settled.listeners.emplace_back("metrics", metrics_server->descriptor());
        settled.routes = api->routes().saved();
        settled.revocations = api->revocations();
        return settled;
    });
}

void Proxy::State::unsettle() {
    on_side_thread(*side_loop, [this] { gate->open(); });
}

std::vector<Parcel> Proxy::State::freeze() {
    std::vector<Parcel> all;
    for (auto& worker : workers)
        for (auto& parcel : worker->freeze()) all.push_back(std::move(parcel));
    return all;
}

void Proxy::State::thaw() {
    for (auto& worker : workers) worker->thaw();
}

void Proxy::State::leave(std::function<void(Parcel)> to_successor) {
    {
        std::scoped_lock const lock(mutex);
        hand_on = to_successor;
        for (auto& worker : workers) worker->leave(to_successor, options.drain_time);
    }
    // It keeps nobody's connection.
    if (redirects) redirects->stop(options.stop_grace);
    on_side_thread(*side_loop, [this] {
        own_socket.clear();  // the successor's now
        own_metrics_socket.clear();
        if (metrics_server) metrics_server->give_up_listening();
        api->routes().record(nullptr);
        snapshot.reset();
        auto url = options.api_tls.enabled() ? std::string() : url_of(api_server->descriptor());
        api_server->give_up_listening();
        gate->open_to(std::move(url));
    });
    set_departure(Departure::HandedOver);
    drain_thread = std::thread([this] { wait_until_drained(); });
}

void Proxy::State::revoke(Revocation const& revocation) { push(revocation); }

void Proxy::State::report_activity(std::function<void(ActivityMessage const&)> report) {
    for (auto& worker : workers)
        worker->report_activity([report](Route const& route) {
            report({.path = route.path, .last_activity = route.activity->last()});
        });
}

void Proxy::State::adopt_later(Parcel parcel) {
    std::scoped_lock const lock(mutex);
    if (hand_on)
        hand_on(std::move(parcel));
    else
        workers[next_worker++ % workers.size()]->adopt(std::move(parcel));
}

void Proxy::State::note_activity(ActivityMessage const& message) {
    side_loop->post(
        [this, message] { api->routes().note_activity(message.path, message.last_activity); });
}

void Proxy::State::wait_until_drained() {
    auto const lingered = Deadline::after(api_linger);
    for (auto& thread : threads) thread.join();
    threads.clear();
    std::unique_lock lock(mutex);
    // What our own predecessor still finishes comes through us.
    while (!stopping && (!lingered.passed() || (predecessor && predecessor->is_present())))
        changed.wait_for(lock, Milliseconds(200));
    lock.unlock();
    set_departure(Departure::Drained);
}

void Proxy::State::set_departure(Departure now) {
    {
        std::scoped_lock const lock(mutex);
        departure = now;
    }
    if (on_departure) on_departure();
}

void Proxy::State::let_others_hold_sockets() {
    if (options.handover_socket.empty()) return;
    for (auto& worker : workers) worker->loop().let_others_hold();
    if (redirects) redirects->loop().let_others_hold();
    side_loop->let_others_hold();
}

void Proxy::State::load_routes() {
    if (options.routes_file.empty()) return;
    auto const now = clock.now().time_since_epoch().count();
    auto const known = RouteSnapshot::load(options.routes_file, now);
    for (auto const& route : known.routes)
        if (auto const restored = api->restore({route}, {}); !restored)
            log::warn("route_not_restored", {{"cause", restored.error().message}});
    (void)api->restore({}, known.revocations);
}

Result<> Proxy::State::keep_routes() {
    if (options.routes_file.empty()) return {};
    auto known = api->routes().saved();
    std::erase_if(known, [this](SavedRoute const& route) {
        return api->routes().find(route.path)->route->passing;
    });
    TRY(snapshot,
        RouteSnapshot::create(options.routes_file, {std::move(known), api->revocations()}));
    api->routes().record(snapshot.get());
    return {};
}

Result<> Proxy::take_over() {
    TRY(auto parcels, state_->predecessor->take());
    log::info("taken_over",
              {{"connections", parcels.size()}, {"routes", state_->predecessor->routes().size()}});
    for (auto& parcel : parcels) state_->adopt_later(std::move(parcel));
    if (auto const kept = state_->keep_routes(); !kept) {
        log::error("routes_not_kept", {{"cause", kept.error().message}});
        // The predecessor's lacks what is revoked from now on.
        unlink(state_->options.routes_file.c_str());
    }
    return {};
}

Result<> Proxy::await_successors() {
    if (state_->options.handover_socket.empty()) return {};
    TRY(state_->giver, HandoverGiver::create(state_->options.handover_socket, *state_));
    return {};
}

Proxy::Departure Proxy::departure() const {
    std::scoped_lock const lock(state_->mutex);
    return state_->departure;
}

void Proxy::on_departure(std::function<void()> call) { state_->on_departure = std::move(call); }

}  // namespace carrel::proxy

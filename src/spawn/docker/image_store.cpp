#include "spawn/docker/image_store.hpp"

#include "runtime/log.hpp"

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/this_coro.hpp>

namespace carrel {

namespace {

constexpr Milliseconds patience{10'000};
constexpr Milliseconds between_reports{250};
/// Of a start's percentages: what lies between "asked for" and "can be started".
constexpr int first_percent = 10;
constexpr int last_percent = 60;

/// The engine's reasons, for somebody who waits for a notebook.
Error explained(std::string const& image, std::string const& cause) {
    auto const has = [&](std::string_view words) { return cause.contains(words); };
    if (has("no space left"))
        return {Code::LimitReached,
                fmt::format("the image {} could not be fetched: there is no space left on the disk",
                            image)};
    if (has("manifest unknown") || has("not found") || has("does not exist"))
        return {Code::NotFound, fmt::format("there is no image {}: {}", image, cause)};
    if (has("denied") || has("unauthorized") || has("no basic auth credentials"))
        return {Code::PermissionDenied,
                fmt::format("the image {} may not be fetched: {}", image, cause)};
    return {Code::Unavailable, fmt::format("the image {} could not be fetched: {}", image, cause)};
}

}  // namespace

/// In the background: of several who wait for it any may go.
Task<> ImageStore::carry_out(ImageReference image, std::shared_ptr<Fetch> fetch,
                             std::shared_ptr<Fetches> all, BlockingPool& pool,
                             Milliseconds longest) {
    auto const name = image.text();
    log::info("image_fetch_begins", {{"image", name}});
    auto outcome = co_await pool.run([&]() -> Result<> {
        auto const login = all->logins.of(image);
        if (!login) return std::unexpected(explained(name, login.error().message));
        auto const pulled = all->engine.pull(
            image, *login, [&](std::string_view line) { fetch->progress.take(line); },
            [&] { return fetch->stop.load(); }, Deadline::after(longest));
        if (!pulled && pulled.error().code == Code::Cancelled) return pulled;
        auto const error = fetch->progress.figures().error;
        if (!error.empty()) return std::unexpected(explained(name, error));
        if (!pulled) return std::unexpected(explained(name, pulled.error().message));
        return {};
    });
    if (outcome)
        log::info("image_fetched", {{"image", name}});
    else
        log::warn("image_not_fetched", {{"image", name}, {"cause", outcome.error().message}});
    fetch->outcome = std::move(outcome);
    fetch->ended = true;
    all->of.erase(name);
    co_return Result<>();
}

Task<> ImageStore::wait_for(ImageReference const& image, Spawner::Progress const& report) {
    auto& place = fetches_->of[image.text()];
    if (!place) {
        place = std::make_shared<Fetch>();
        spawn_detached(co_await asio::this_coro::executor, "fetch image",
                       carry_out(image, place, fetches_, pool_, longest_));
    }
    auto const fetch = place;
    struct Waiting {
        explicit Waiting(Fetch& what) : fetch(what) { ++fetch.waiting; }
        ~Waiting() {
            if (--fetch.waiting == 0) fetch.stop = true;
        }
        Waiting(Waiting const&) = delete;
        Waiting& operator=(Waiting const&) = delete;
        Fetch& fetch;
    } const waiting(*fetch);
    while (!fetch->ended) {
        auto const figures = fetch->progress.figures();
        report(first_percent + figures.percent * (last_percent - first_percent) / 100,
               figures.message);
        CO_TRY_VOID(co_await sleep_for(between_reports));
    }
    co_return fetch->outcome;
}

Task<EngineImage> ImageStore::provide(std::string const& name, Spawner::Progress report) {
    CO_TRY(auto const image, parse_image_reference(name));
    auto const look = [&] { return fetches_->engine.image(image, Deadline::after(patience)); };
    for (;;) {
        auto present = co_await pool_.run(look);
        if (present || present.error().code != Code::NotFound) co_return present;
        auto const fetched = co_await wait_for(image, report);
        // When all others who waited had gone just before we came, it is begun once more.
        auto const state = co_await asio::this_coro::cancellation_state;
        bool const given_up = !fetched && fetched.error().code == Code::Cancelled &&
                              state.cancelled() == asio::cancellation_type::none;
        if (!fetched && !given_up) co_return std::unexpected(fetched.error());
    }
}

}  // namespace carrel

#include "spawn/docker/docker_words.hpp"

#include "base/text.hpp"

namespace carrel {

namespace {

/// Around an outage as we noticed it: containers end before their engine does, and those that it
/// finds when it is back are ended then.
constexpr Seconds around{30};

/// The engine's signals to its containers: asked to end, or ended by force.
bool ended_from_outside(int code) {
    constexpr int interrupted = 130;
    constexpr int killed = 137;
    constexpr int terminated = 143;
    constexpr int lost = 255;
    return code == 0 || code == interrupted || code == killed || code == terminated || code == lost;
}

}  // namespace

std::string reason_of(std::string const& message) {
    auto const has = [&](std::string_view words) { return message.contains(words); };
    if (has("executable file not found") || has("no such file or directory: unknown"))
        return fmt::format(
            "the notebook command could not be started: the image has no such "
            "program ({})",
            message);
    if (has("permission denied: unknown"))
        return fmt::format("the notebook command could not be started: it may not be run ({})",
                           message);
    if (has("no space left on device"))
        return "there is no space left on the disk of the Docker Engine";
    return message;
}

std::optional<std::string> reason_in_log(std::string const& log) {
    auto const mark = log.rfind("[FATAL tini");
    auto const begin = mark == std::string::npos ? mark : log.find("] exec ", mark);
    if (begin == std::string::npos) return {};
    constexpr size_t words = 7;
    auto const line = std::string_view(log).substr(begin + words);
    return fmt::format("the notebook command could not be started: {}",
                       trimmed(line.substr(0, line.find('\n'))));
}

bool ended_with_the_engine(EngineContainer const& container,
                           std::optional<ContainerWatch::Outage> const& outage) {
    if (!outage || container.out_of_memory || !ended_from_outside(container.exit_code))
        return false;
    return container.finished_at >= outage->from - around &&
           container.finished_at <= outage->until + around;
}

Isolation isolation_of_engine(Result<EngineFacts> const& facts, std::string const& no_network) {
    using Level = Isolation::Level;
    Isolation isolation{.level = Level::Full, .notices = {}};
    auto const partial = [&](std::string notice) {
        isolation.level = Level::Partial;
        isolation.notices.push_back(std::move(notice));
    };
    if (!facts) {
        isolation.notices.push_back(fmt::format(
            "No server can be started as a container, since {}.", facts.error().message));
        return isolation;
    }
    if (facts->rootless || facts->maps_users)
        isolation.notices.emplace_back(
            "No server can be started as a container, since the Docker Engine runs as another user "
            "than root or with userns-remap.");
    if (!facts->limits_memory)
        partial(
            "Containers' memory is not limited, since the kernel does not let the Docker Engine.");
    if (!facts->limits_processes)
        partial(
            "Containers' processes are not limited in number, since the kernel does not let the "
            "Docker Engine.");
    if (!no_network.empty())
        isolation.notices.push_back(
            fmt::format("Containers have no network at all, since {}.", no_network));
    return isolation;
}

}  // namespace carrel

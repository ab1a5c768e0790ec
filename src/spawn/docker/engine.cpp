#include "spawn/docker/engine.hpp"

#include "base/encoding.hpp"
#include "base/text.hpp"
#include "base/time_text.hpp"

#include <nlohmann/json.hpp>

#include <thread>

namespace carrel {

using nlohmann::json;

namespace {

constexpr size_t longest_report = 1024UL * 1024 * 1024;
constexpr size_t longest_error = 4096;
constexpr size_t longest_line = 64UL * 1024;
constexpr Milliseconds between_looks{50};

Code code_of(unsigned status) {
    switch (status) {
        case 400:
            return Code::InvalidArgument;
        case 403:
        case 409:
            return Code::Conflict;
        case 404:
            return Code::NotFound;
        default:
            return Code::Unavailable;
    }
}

/// What the engine says for itself, in one line.
std::string message_of(std::string const& body) {
    auto const parsed = json::parse(body, nullptr, false);
    auto text = parsed.is_object() ? parsed.value("message", std::string()) : std::string();
    return for_log(trimmed(text.empty() ? "it does not say why" : text), 400);
}

std::string filter_by_label(std::string const& label) {
    return percent_encode(json{{"label", json::array({label})}}.dump());
}

template <class T>
T value_or(json const& object, char const* key, T usual) {
    auto const found = object.is_object() ? object.find(key) : object.end();
    if (!object.is_object() || found == object.end() || found->is_null()) return usual;
    return found->get<T>();
}

json const& part(json const& object, char const* key) {
    static json const nothing = json::object();
    auto const found = object.is_object() ? object.find(key) : object.end();
    return !object.is_object() || found == object.end() || found->is_null() ? nothing : *found;
}

/// Reading an answer that is not what the API promises must not end more than the call.
template <class Read>
auto read(Read&& reader) -> decltype(reader()) try {
    return reader();
} catch (json::exception const& error) {
    return fail(Code::Unavailable, "the Docker Engine's answer cannot be read: {}", error.what());
}

EngineVolume to_volume(json const& answer) {
    return {.name = value_or(answer, "Name", std::string()),
            .device = value_or(part(answer, "Options"), "device", std::string()),
            .labels = value_or(answer, "Labels", std::map<std::string, std::string>())};
}

std::vector<unsigned> ports_of(json const& exposed) {
    std::vector<unsigned> ports;
    for (auto const& [name, nothing] : exposed.items())
        if (name.ends_with("/tcp"))
            if (auto const port = parse_whole(name.substr(0, name.size() - 4)))
                ports.push_back(static_cast<unsigned>(*port));
    return ports;
}

std::vector<std::string> names_of(json const& object) {
    std::vector<std::string> names;
    for (auto const& [name, nothing] : object.items()) names.push_back(name);
    return names;
}

/// Cuts a stream into its lines.
class Lines {
public:
    explicit Lines(std::function<void(std::string_view)> on_line) : on_line_(std::move(on_line)) {}
    void take(std::string_view piece) {
        waiting_ += piece;
        size_t begin = 0;
        for (size_t end = 0; (end = waiting_.find('\n', begin)) != std::string::npos;
             begin = end + 1)
            on_line_(trimmed(std::string_view(waiting_).substr(begin, end - begin)));
        waiting_.erase(0, begin);
        if (waiting_.size() > longest_line) waiting_.clear();  // no report of ours
    }
    void end() { on_line_(trimmed(waiting_)); }

private:
    std::function<void(std::string_view)> on_line_;
    std::string waiting_;
};

}  // namespace

bool EngineContainer::running() const {
    return status == "running" || status == "paused" || status == "restarting" ||
           status == "created";
}

Engine::Engine(http::Client& client, std::string const& socket)
    : client_(client),
      socket_(socket),
      base_(fmt::format("http+unix://{}{}", percent_encode(socket), engine_api)) {}

Result<std::string> Engine::ask(Call const& call, Deadline deadline) const {
    // Of an answer that is handed out in pieces, the beginning is kept: it may be an error.
    std::string beginning;
    auto const on_piece = [&](std::string_view piece) {
        beginning += piece.substr(0, longest_error - std::min(longest_error, beginning.size()));
        call.on_piece(piece);
    };
    auto const answer = client_.fetch({.method = call.method,
                                       .url = base_ + call.path,
                                       .headers = call.headers,
                                       .body = call.body,
                                       .largest_body = call.largest_answer,
                                       .to_file = {},
                                       .on_piece = call.on_piece ? on_piece : call.on_piece,
                                       .stop_requested = call.stop_requested},
                                      deadline);
    if (!answer) {
        auto const& error = answer.error();
        if (error.code == Code::Cancelled) return std::unexpected(error);
        if (error.code == Code::Timeout)
            return fail(Code::Timeout, "the Docker Engine does not answer");
        return fail(Code::Unavailable, "the Docker Engine cannot be reached at {}", socket_);
    }
    if ((answer->status >= 200 && answer->status <= 299) || answer->status == 304)
        return answer->body;
    return fail(code_of(answer->status), "the Docker Engine says: {}",
                message_of(call.on_piece ? beginning : answer->body));
}

Result<json> Engine::ask_json(Call const& call, Deadline deadline) const {
    TRY(auto const text, ask(call, deadline));
    auto parsed = json::parse(text, nullptr, false);
    if (parsed.is_discarded())
        return fail(Code::Unavailable, "the Docker Engine's answer cannot be read");
    return parsed;
}

Result<EngineFacts> Engine::facts(Deadline deadline) const {
    TRY(auto const info, ask_json({.path = "/info"}, deadline));
    return read([&]() -> Result<EngineFacts> {
        EngineFacts facts{.version = value_or(info, "ServerVersion", std::string()),
                          .filters_bridges = value_or(info, "BridgeNfIptables", false),
                          .limits_memory = value_or(info, "MemoryLimit", false),
                          .limits_processes = value_or(info, "PidsLimit", false),
                          .init = value_or(info, "InitBinary", std::string())};
        facts.guarded = info.contains("CarrelGuard");
        facts.no_network = value_or(part(info, "CarrelGuard"), "NoNetwork", std::string());
        for (auto const& option : part(info, "SecurityOptions")) {
            auto const text = option.get<std::string>();
            facts.rootless = facts.rootless || text.starts_with("name=rootless");
            facts.maps_users = facts.maps_users || text.starts_with("name=userns");
        }
        return facts;
    });
}

Result<EngineImage> Engine::image(ImageReference const& image, Deadline deadline) const {
    TRY(auto const answer,
        ask_json({.path = fmt::format("/images/{}/json", percent_encode(image.text(), "/:@"))},
                 deadline));
    return read([&]() -> Result<EngineImage> {
        auto const& config = part(answer, "Config");
        using Words = std::vector<std::string>;
        return EngineImage{.id = value_or(answer, "Id", std::string()),
                           .entrypoint = value_or(config, "Entrypoint", Words()),
                           .command = value_or(config, "Cmd", Words()),
                           .variables = value_or(config, "Env", Words()),
                           .ports = ports_of(part(config, "ExposedPorts")),
                           .volumes = names_of(part(config, "Volumes"))};
    });
}

Result<> Engine::pull(ImageReference const& image, std::string const& login,
                      std::function<void(std::string_view)> on_line,
                      std::function<bool()> stop_requested, Deadline deadline) const {
    // Without a tag the engine would fetch every image of that name.
    auto const& version = image.digest.empty() ? image.tag : image.digest;
    http::Headers headers;
    if (!login.empty()) headers.set(registry_login_field, login);
    Lines lines(std::move(on_line));
    TRY_VOID(ask({.method = "POST",
                  .path = fmt::format("/images/create?fromImage={}&tag={}",
                                      percent_encode(image.repository), percent_encode(version)),
                  .headers = std::move(headers),
                  .on_piece = [&](std::string_view piece) { lines.take(piece); },
                  .stop_requested = std::move(stop_requested),
                  .largest_answer = longest_report},
                 deadline));
    lines.end();
    return {};
}

Result<std::string> Engine::create(std::string const& name, json const& body,
                                   Deadline deadline) const {
    TRY(auto const answer, ask_json({.method = "POST",
                                     .path = "/containers/create?name=" + percent_encode(name),
                                     .body = body.dump()},
                                    deadline));
    return read([&]() -> Result<std::string> { return answer.at("Id").get<std::string>(); });
}

Result<> Engine::start(std::string const& container, Deadline deadline) const {
    TRY_VOID(
        ask({.method = "POST", .path = fmt::format("/containers/{}/start", container)}, deadline));
    return {};
}

Result<EngineContainer> Engine::inspect(std::string const& container, Deadline deadline) const {
    TRY(auto const answer,
        ask_json({.path = fmt::format("/containers/{}/json", percent_encode(container))},
                 deadline));
    return read([&]() -> Result<EngineContainer> {
        auto const& state = part(answer, "State");
        auto finished = value_or(state, "FinishedAt", std::string()).substr(0, 19);
        auto const at = parse_time(finished + "Z");
        using Labels = std::map<std::string, std::string>;
        return EngineContainer{.id = value_or(answer, "Id", std::string()),
                               .status = value_or(state, "Status", std::string()),
                               .exit_code = value_or(state, "ExitCode", 0),
                               .out_of_memory = value_or(state, "OOMKilled", false),
                               .error = value_or(state, "Error", std::string()),
                               .finished_at = at ? *at : Time{},
                               .labels = value_or(part(answer, "Config"), "Labels", Labels())};
    });
}

Result<std::vector<EngineContainer>> Engine::containers(std::string const& label,
                                                        Deadline deadline) const {
    TRY(auto const answer,
        ask_json({.path = "/containers/json?all=1&filters=" + filter_by_label(label),
                  .largest_answer = 256UL * 1024 * 1024},
                 deadline));
    return read([&]() -> Result<std::vector<EngineContainer>> {
        std::vector<EngineContainer> found;
        for (auto const& each : answer) {
            using Labels = std::map<std::string, std::string>;
            found.push_back({.id = value_or(each, "Id", std::string()),
                             .status = value_or(each, "State", std::string()),
                             .error = {},
                             .labels = value_or(each, "Labels", Labels())});
        }
        return found;
    });
}

Result<> Engine::signal(std::string const& container, std::string const& name,
                        Deadline deadline) const {
    auto const sent = ask(
        {.method = "POST", .path = fmt::format("/containers/{}/kill?signal={}", container, name)},
        deadline);
    if (sent || sent.error().code == Code::NotFound || sent.error().code == Code::Conflict)
        return {};
    return std::unexpected(sent.error());
}

Result<> Engine::remove(std::string const& container, Deadline deadline) const {
    for (;;) {
        auto const removed =
            ask({.method = "DELETE",
                 .path = fmt::format("/containers/{}?force=1&v=1", percent_encode(container))},
                deadline);
        if (!removed && removed.error().code == Code::NotFound) return {};
        // Somebody else is removing it already.
        bool const under_way = !removed && removed.error().code == Code::Conflict;
        if (!removed && !under_way) return std::unexpected(removed.error());
        if (!under_way) {
            auto const left = inspect(container, deadline);
            if (!left && left.error().code == Code::NotFound) return {};
        }
        if (deadline.passed())
            return fail(Code::Timeout, "the Docker Engine does not remove a container");
        std::this_thread::sleep_for(between_looks);
    }
}

Result<std::string> Engine::log(std::string const& container, int lines, Deadline deadline) const {
    TRY(auto const stream, ask({.path = fmt::format("/containers/{}/logs?stdout=1&stderr=1&tail={}",
                                                    container, lines)},
                               deadline));
    return joined_log(stream);
}

Result<std::vector<EngineNetwork>> Engine::networks(Deadline deadline) const {
    TRY(auto const answer, ask_json({.path = "/networks"}, deadline));
    return read([&]() -> Result<std::vector<EngineNetwork>> {
        std::vector<EngineNetwork> found;
        for (auto const& each : answer) {
            using Labels = std::map<std::string, std::string>;
            EngineNetwork network{.id = value_or(each, "Id", std::string()),
                                  .name = value_or(each, "Name", std::string()),
                                  .subnets = {},
                                  .labels = value_or(each, "Labels", Labels())};
            for (auto const& range : part(part(each, "IPAM"), "Config"))
                network.subnets.push_back(value_or(range, "Subnet", std::string()));
            found.push_back(std::move(network));
        }
        return found;
    });
}

Result<> Engine::create_network(json const& body, Deadline deadline) const {
    TRY_VOID(ask({.method = "POST", .path = "/networks/create", .body = body.dump()}, deadline));
    return {};
}

Result<> Engine::remove_network(std::string const& network, Deadline deadline) const {
    auto const removed =
        ask({.method = "DELETE", .path = "/networks/" + percent_encode(network)}, deadline);
    if (removed || removed.error().code == Code::NotFound) return {};
    return std::unexpected(removed.error());
}

Result<EngineVolume> Engine::volume(std::string const& name, Deadline deadline) const {
    TRY(auto const answer, ask_json({.path = "/volumes/" + percent_encode(name)}, deadline));
    return read([&]() -> Result<EngineVolume> { return to_volume(answer); });
}

Result<> Engine::create_volume(json const& body, Deadline deadline) const {
    TRY_VOID(ask({.method = "POST", .path = "/volumes/create", .body = body.dump()}, deadline));
    return {};
}

Result<std::vector<EngineVolume>> Engine::volumes(std::string const& label,
                                                  Deadline deadline) const {
    TRY(auto const answer,
        ask_json({.path = "/volumes?filters=" + filter_by_label(label)}, deadline));
    return read([&]() -> Result<std::vector<EngineVolume>> {
        std::vector<EngineVolume> found;
        for (auto const& each : part(answer, "Volumes")) found.push_back(to_volume(each));
        return found;
    });
}

Result<> Engine::remove_volume(std::string const& name, Deadline deadline) const {
    auto const removed =
        ask({.method = "DELETE", .path = "/volumes/" + percent_encode(name)}, deadline);
    if (removed || removed.error().code == Code::NotFound) return {};
    return std::unexpected(removed.error());
}

std::string joined_log(std::string_view stream) {
    constexpr size_t head = 8;
    std::string text;
    while (stream.size() >= head) {
        size_t length = 0;
        for (size_t at = 4; at < head; ++at)
            length = (length << 8U) | static_cast<unsigned char>(stream[at]);
        text += stream.substr(head, length);
        stream.remove_prefix(std::min(stream.size(), head + length));
    }
    return text;
}

}  // namespace carrel

#include "spawn/docker/docker_state.hpp"

#include <nlohmann/json.hpp>

namespace carrel {

using nlohmann::json;

namespace {

constexpr std::string_view mark = "docker:";

}  // namespace

bool is_docker_state(std::string_view text) { return text.starts_with(mark); }

std::string to_text(DockerState const& state) {
    json const text = {{"container", state.container},
                       {"id", state.id},
                       {"user", state.user},
                       {"memory_gib", state.memory_gib},
                       {"folder", state.folder.string()},
                       {"log", state.log.string()}};
    return std::string(mark) + text.dump();
}

Result<DockerState> parse_docker_state(std::string const& text) try {
    if (!is_docker_state(text)) return fail(Code::Internal, "read a server's state: no container");
    auto const whole = json::parse(text.substr(mark.size()));
    DockerState state;
    whole.at("container").get_to(state.container);
    whole.at("id").get_to(state.id);
    whole.at("user").get_to(state.user);
    whole.at("memory_gib").get_to(state.memory_gib);
    state.folder = whole.at("folder").get<std::string>();
    state.log = whole.at("log").get<std::string>();
    return state;
} catch (json::exception const& error) {
    return fail(Code::Internal, "read a server's state: {}", error.what());
}

}  // namespace carrel

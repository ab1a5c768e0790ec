#include "domain/server.hpp"

#include <array>
#include <utility>

namespace carrel {

std::string_view name_of(ServerState state) {
    switch (state) {
        case ServerState::Stopped:
            return "stopped";
        case ServerState::Queued:
            return "queued";
        case ServerState::Starting:
            return "starting";
        case ServerState::Running:
            return "running";
        case ServerState::Stopping:
            return "stopping";
        case ServerState::Failed:
            return "failed";
    }
    std::unreachable();
}

Result<ServerState> parse_server_state(std::string_view name) {
    for (auto const state : {ServerState::Stopped, ServerState::Queued, ServerState::Starting,
                             ServerState::Running, ServerState::Stopping, ServerState::Failed})
        if (name_of(state) == name) return state;
    return fail(Code::InvalidArgument, "'{}' is no state of a server", name.substr(0, 40));
}

}  // namespace carrel

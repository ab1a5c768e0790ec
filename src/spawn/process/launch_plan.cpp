#include "spawn/process/launch_plan.hpp"

#include "base/encoding.hpp"

#include <nlohmann/json.hpp>

namespace carrel {

using nlohmann::json;

std::string to_text(LaunchPlan const& plan) {
    json text = {{"arguments", plan.arguments},    {"environment", plan.environment},
                 {"folder", plan.folder.string()}, {"inputs", json::object()},
                 {"outputs", json::object()},      {"entrances", json::array()},
                 {"limits", plan.limits},          {"network_info", plan.network_info},
                 {"own_program", plan.own_program}};
    for (auto const& [descriptor, content] : plan.inputs)
        text["inputs"][std::to_string(descriptor)] = to_base64url(content);
    for (auto const& [descriptor, path] : plan.outputs)
        text["outputs"][std::to_string(descriptor)] = path.string();
    for (auto const& path : plan.entrances) text["entrances"].push_back(path.string());
    return text.dump();
}

Result<LaunchPlan> parse_launch_plan(std::string const& text) try {
    auto const whole = json::parse(text);
    LaunchPlan plan;
    plan.arguments = whole.at("arguments").get<std::vector<std::string>>();
    plan.environment = whole.at("environment").get<std::map<std::string, std::string>>();
    plan.folder = whole.at("folder").get<std::string>();
    for (auto const& [descriptor, content] : whole.at("inputs").items()) {
        TRY(plan.inputs[std::stoi(descriptor)], from_base64url(content.get<std::string>()));
    }
    for (auto const& [descriptor, path] : whole.at("outputs").items())
        plan.outputs[std::stoi(descriptor)] = path.get<std::string>();
    for (auto const& path : whole.at("entrances"))
        plan.entrances.emplace_back(path.get<std::string>());
    plan.limits = whole.at("limits").get<std::map<std::string, long long>>();
    plan.network_info = whole.at("network_info").get<int>();
    plan.own_program = whole.at("own_program").get<int>();
    if (plan.arguments.empty()) return fail(Code::InvalidArgument, "read launch plan: no program");
    return plan;
} catch (std::exception const& error) {
    return fail(Code::InvalidArgument, "read launch plan: {}", error.what());
}

}  // namespace carrel

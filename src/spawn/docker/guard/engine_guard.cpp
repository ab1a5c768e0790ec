#include "spawn/docker/guard/engine_guard.hpp"

#include "base/text.hpp"
#include "base/time_text.hpp"

#include <net/if.h>

#include <algorithm>
#include <deque>
#include <mutex>

namespace carrel {

using http::Request;
using http::Response;
using nlohmann::json;

namespace {

constexpr Milliseconds patience{60'000};
constexpr Milliseconds longest_pull{3'600'000};
constexpr size_t longest_login = 8192;
constexpr Milliseconds between_lines{100};
constexpr int most_log_lines = 10'000;

Deadline soon() { return Deadline::after(patience); }

std::unexpected<Error> not_there(std::string_view what) {
    return fail(Code::NotFound, "No such {}", what);
}

bool has_label(std::map<std::string, std::string> const& labels, std::string_view name,
               std::string_view value) {
    return std::ranges::any_of(
        labels, [&](auto const& each) { return each.first == name && each.second == value; });
}

/// The one label that a list is asked for with: {"label": ["carrel.instance=…"]}.
Result<std::pair<std::string, std::string>> wanted_label(Request const& request) {
    auto const filters = json::parse(request.query("filters").value_or(""), nullptr, false);
    auto const wrong = fail(Code::InvalidArgument, "a list is asked for by one label");
    if (!filters.is_object() || filters.size() != 1 || !filters.contains("label")) return wrong;
    auto const& list = filters["label"];
    if (!list.is_array() || list.size() != 1 || !list[0].is_string()) return wrong;
    auto const text = list[0].get<std::string>();
    auto const equals = text.find('=');
    if (equals == std::string::npos) return wrong;
    return std::pair(text.substr(0, equals), text.substr(equals + 1));
}

/// As the engine writes the pieces of a log.
std::string as_log(std::string const& text) {
    std::string head(8, '\0');
    head[0] = 1;
    for (int at = 0; at < 4; ++at)
        head[static_cast<size_t>(4 + at)] =
            static_cast<char>((text.size() >> (24U - 8U * static_cast<unsigned>(at))) & 0xFFU);
    return text.empty() ? text : head + text;
}

/// "carrel-0123456789ab-0123456789abcdef"
bool is_container_name(std::string_view name) {
    auto const parts = split(name, '-');
    auto const is_hex = [](std::string_view text, size_t length) {
        return text.size() == length &&
               text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
    };
    return parts.size() == 3 && parts[0] == "carrel" && is_hex(parts[1], 12) &&
           is_hex(parts[2], 16);
}

json to_json(EngineVolume const& volume) {
    return {
        {"Name", volume.name}, {"Options", {{"device", volume.device}}}, {"Labels", volume.labels}};
}

/// The report of a fetch, between the thread that reads it and the one that writes it.
struct Report {
    std::mutex mutex;
    std::deque<std::string> lines;
    bool ended = false;
    bool unwanted = false;
};

std::string error_line(std::string const& message) {
    return json{{"errorDetail", {{"message", message}}}, {"error", message}}.dump();
}

/// What went wrong is one of the lines, as with the engine.
void fetch_image(Engine const& engine, ImageReference const& image, std::string const& login,
                 Report& report) {
    auto const add = [&](std::string_view line) {
        std::scoped_lock const lock(report.mutex);
        report.lines.emplace_back(line);
    };
    auto const unwanted = [&] {
        std::scoped_lock const lock(report.mutex);
        return report.unwanted;
    };
    auto const fetched = engine.pull(image, login, add, unwanted, Deadline::after(longest_pull));
    if (!fetched) add(error_line(fetched.error().message));
    std::scoped_lock const lock(report.mutex);
    report.ended = true;
}

Task<> write_report(std::shared_ptr<Report> report, http::Stream& stream) {
    for (;;) {
        std::deque<std::string> lines;
        bool ended = false;
        {
            std::scoped_lock const lock(report->mutex);
            lines.swap(report->lines);
            ended = report->ended;
        }
        for (auto const& line : lines) {
            auto const written = co_await stream.write(line + "\r\n");
            if (written) continue;
            std::scoped_lock const lock(report->mutex);
            report->unwanted = true;
            co_return written;
        }
        if (ended) co_return Result<>();
        auto const slept = co_await sleep_for(between_lines);
        if (slept) continue;
        std::scoped_lock const lock(report->mutex);
        report->unwanted = true;
        co_return slept;
    }
}

}  // namespace

EngineGuard::EngineGuard(Engine engine, GuardRules rules, std::string no_network,
                         BlockingPool& pool)
    : engine_(std::move(engine)),
      rules_(std::move(rules)),
      no_network_(std::move(no_network)),
      pool_(pool),
      router_(pool) {
    add_images();
    add_containers();
    add_networks();
    add_volumes();
}

asio::awaitable<Response> EngineGuard::respond(Request& request) {
    auto answer = co_await router_.handle(request);
    if (answer.status < 400) co_return answer;
    // A problem of ours, in the engine's form.
    auto const problem = json::parse(answer.body, nullptr, false);
    auto message = problem.is_object() ? problem.value("detail", std::string()) : std::string();
    constexpr std::string_view engines_own = "the Docker Engine says: ";
    if (message.starts_with(engines_own)) message.erase(0, engines_own.size());
    co_return Response::json({{"message", message}}, answer.status);
}

Result<EngineContainer> EngineGuard::own_container(std::string const& container) const {
    TRY(auto found, engine_.inspect(container, soon()));
    if (!has_label(found.labels, guard_label, rules_.name)) return not_there("container");
    return found;
}

Result<EngineNetwork> EngineGuard::own_network(std::string const& name_or_id) const {
    TRY(auto const networks, engine_.networks(soon()));
    for (auto const& each : networks)
        if ((each.name == name_or_id || each.id == name_or_id) &&
            has_label(each.labels, guard_label, rules_.name))
            return each;
    return not_there("network");
}

Result<EngineVolume> EngineGuard::own_volume(std::string const& name) const {
    TRY(auto found, engine_.volume(name, soon()));
    if (!has_label(found.labels, guard_label, rules_.name)) return not_there("volume");
    return found;
}

void EngineGuard::add_images() {
    auto const api = std::string(engine_api);
    router_.add_blocking("GET", api + "/info", [this](Request&) -> Result<Response> {
        TRY(auto const facts, engine_.facts(soon()));
        auto options = json::array();
        if (facts.rootless) options.emplace_back("name=rootless");
        if (facts.maps_users) options.emplace_back("name=userns");
        return Response::json({{"ServerVersion", facts.version},
                               {"BridgeNfIptables", facts.filters_bridges},
                               {"MemoryLimit", facts.limits_memory},
                               {"PidsLimit", facts.limits_processes},
                               {"InitBinary", facts.init},
                               {"SecurityOptions", std::move(options)},
                               {"CarrelGuard", {{"NoNetwork", no_network_}}}});
    });
    router_.add_blocking("GET", api + "/images/{rest...}",
                         [this](Request& request) -> Result<Response> {
                             std::string_view name = request.parameter("rest");
                             constexpr std::string_view ending = "/json";
                             if (!name.ends_with(ending)) return not_there("page");
                             name.remove_suffix(ending.size());
                             TRY(auto const reference, parse_image_reference(name));
                             TRY(auto const image, engine_.image(reference, soon()));
                             auto ports = json::object();
                             for (auto const port : image.ports)
                                 ports[fmt::format("{}/tcp", port)] = json::object();
                             auto volumes = json::object();
                             for (auto const& folder : image.volumes)
                                 volumes[folder] = json::object();
                             return Response::json({{"Id", image.id},
                                                    {"Config",
                                                     {{"Entrypoint", image.entrypoint},
                                                      {"Cmd", image.command},
                                                      {"Env", image.variables},
                                                      {"ExposedPorts", std::move(ports)},
                                                      {"Volumes", std::move(volumes)}}}});
                         });
    router_.add("POST", api + "/images/create", [this](Request& request) { return pull(request); });
}

Task<Response> EngineGuard::pull(Request& request) const {
    auto const name = request.query("fromImage").value_or("");
    auto const version = request.query("tag").value_or("");
    CO_TRY(auto const image,
           parse_image_reference(name + (version.contains(':') ? "@" : ":") + version));
    auto login = request.headers.find(registry_login_field).value_or("");
    if (login.size() > longest_login)
        co_return fail(Code::InvalidArgument, "the log-in for the registry is too long");
    auto const report = std::make_shared<Report>();
    auto& pool = pool_;
    auto response = Response::text("");
    response.headers.set("Content-Type", "application/json");
    response.stream = [report, image, login = std::string(login), engine = engine_,
                       &pool](http::Stream& stream) -> Task<> {
        spawn_detached(co_await asio::this_coro::executor, "fetch image",
                       [](auto the_report, auto the_image, auto the_login, auto the_engine,
                          BlockingPool& the_pool) -> Task<> {
                           co_return co_await the_pool.run([&]() -> Result<> {
                               fetch_image(the_engine, the_image, the_login, *the_report);
                               return {};
                           });
                       }(report, image, login, engine, pool));
        co_return co_await write_report(report, stream);
    };
    co_return response;
}

void EngineGuard::add_containers() {
    auto const one = fmt::format("{}/containers/{{id}}", engine_api);
    router_.add_blocking("POST", fmt::format("{}/containers/create", engine_api),
                         [this](Request& request) { return create_container(request); });
    router_.add_blocking("GET", fmt::format("{}/containers/json", engine_api),
                         [this](Request& request) { return list_containers(request); });
    router_.add_blocking("GET", one + "/json", [this](Request& request) -> Result<Response> {
        TRY(auto const found, own_container(request.parameter("id")));
        return Response::json({{"Id", found.id},
                               {"State",
                                {{"Status", found.status},
                                 {"ExitCode", found.exit_code},
                                 {"OOMKilled", found.out_of_memory},
                                 {"Error", found.error},
                                 {"FinishedAt", format_time(found.finished_at)}}},
                               {"Config", {{"Labels", found.labels}}}});
    });
    router_.add_blocking("POST", one + "/start", [this](Request& request) -> Result<Response> {
        TRY(auto const found, own_container(request.parameter("id")));
        TRY_VOID(engine_.start(found.id, soon()));
        return Response::empty();
    });
    router_.add_blocking("POST", one + "/kill", [this](Request& request) -> Result<Response> {
        auto const signal = request.query("signal").value_or("");
        if (signal != "SIGTERM" && signal != "SIGKILL")
            return fail(Code::InvalidArgument, "that signal is not sent");
        TRY(auto const found, own_container(request.parameter("id")));
        TRY_VOID(engine_.signal(found.id, signal, soon()));
        return Response::empty();
    });
    router_.add_blocking("DELETE", one, [this](Request& request) -> Result<Response> {
        TRY(auto const found, own_container(request.parameter("id")));
        TRY_VOID(engine_.remove(found.id, soon()));
        return Response::empty();
    });
    router_.add_blocking("GET", one + "/logs", [this](Request& request) -> Result<Response> {
        auto const lines = parse_whole(request.query("tail").value_or(""));
        if (!lines || *lines > most_log_lines)
            return fail(Code::InvalidArgument, "a log is read by its last lines");
        TRY(auto const found, own_container(request.parameter("id")));
        TRY(auto const text, engine_.log(found.id, static_cast<int>(*lines), soon()));
        auto response = Response::text(as_log(text));
        response.headers.set("Content-Type", "application/octet-stream");
        return response;
    });
}

Result<Response> EngineGuard::create_container(Request& request) const {
    auto const name = request.query("name").value_or("");
    if (!is_container_name(name))
        return fail(Code::InvalidArgument, "that is no name of a container of Carrel's");
    TRY(auto const asked, request.json());
    TRY(auto const body, guarded_container(asked, rules_));
    auto const& host = body.at("HostConfig");
    if (auto const network = host.at("NetworkMode").get<std::string>(); network != "none")
        TRY_VOID(own_network(network));
    for (auto const& mount : host.at("Mounts")) {
        if (mount.at("Type") != "volume") continue;
        TRY(auto const volume, own_volume(mount.at("Source").get<std::string>()));
        // It may have become something else since the volume was made.
        TRY_VOID(check_shared_path(volume.device, rules_));
    }
    TRY(auto const id, engine_.create(name, body, soon()));
    return Response::json({{"Id", id}}, 201);
}

Result<Response> EngineGuard::list_containers(Request& request) const {
    TRY(auto const label, wanted_label(request));
    TRY(auto const all, engine_.containers(fmt::format("{}={}", guard_label, rules_.name), soon()));
    auto list = json::array();
    for (auto const& each : all)
        if (has_label(each.labels, label.first, label.second))
            list.push_back({{"Id", each.id}, {"State", each.status}, {"Labels", each.labels}});
    return Response::json(list);
}

void EngineGuard::add_networks() {
    auto const all = fmt::format("{}/networks", engine_api);
    router_.add_blocking("GET", all, [this](Request&) { return list_networks(); });
    router_.add_blocking("POST", all + "/create",
                         [this](Request& request) { return create_network(request); });
    router_.add_blocking("DELETE", all + "/{id}", [this](Request& request) -> Result<Response> {
        TRY(auto const found, own_network(request.parameter("id")));
        TRY_VOID(engine_.remove_network(found.id, soon()));
        return Response::empty();
    });
}

/// Of others' networks only the addresses are told, which ours must not have.
Result<Response> EngineGuard::list_networks() const {
    TRY(auto const networks, engine_.networks(soon()));
    auto list = json::array();
    for (auto const& each : networks) {
        auto ranges = json::array();
        for (auto const& subnet : each.subnets) ranges.push_back({{"Subnet", subnet}});
        bool const own = has_label(each.labels, guard_label, rules_.name);
        list.push_back({{"Id", own ? each.id : ""},
                        {"Name", own ? each.name : ""},
                        {"IPAM", {{"Config", std::move(ranges)}}},
                        {"Labels", own ? json(each.labels) : json::object()}});
    }
    return Response::json(list);
}

Result<Response> EngineGuard::create_network(Request& request) const {
    if (!no_network_.empty()) return fail(Code::InvalidArgument, "{}", no_network_);
    TRY(auto const asked, request.json());
    TRY(auto const body, guarded_network(asked, rules_));
    TRY_VOID(engine_.create_network(body, soon()));
    TRY(auto const made, own_network(body.at("Name").get<std::string>()));
    // An engine in another network than ours, in a virtual machine perhaps, obeys none of our
    // rules.
    if (::if_nametoindex(("br-" + made.id.substr(0, 12)).c_str()) != 0)
        return Response::json({{"Id", made.id}}, 201);
    TRY_VOID(engine_.remove_network(made.id, soon()));
    return fail(Code::InvalidArgument,
                "the Docker Engine's networks are not this machine's; set docker.network = false");
}

void EngineGuard::add_volumes() {
    auto const all = fmt::format("{}/volumes", engine_api);
    router_.add_blocking("GET", all, [this](Request& request) { return list_volumes(request); });
    router_.add_blocking("POST", all + "/create", [this](Request& request) -> Result<Response> {
        TRY(auto const asked, request.json());
        TRY(auto const body, guarded_volume(asked, rules_));
        TRY_VOID(engine_.create_volume(body, soon()));
        TRY(auto const made, own_volume(body.at("Name").get<std::string>()));
        return Response::json(to_json(made), 201);
    });
    router_.add_blocking("GET", all + "/{name}", [this](Request& request) -> Result<Response> {
        TRY(auto const found, own_volume(request.parameter("name")));
        return Response::json(to_json(found));
    });
    router_.add_blocking("DELETE", all + "/{name}", [this](Request& request) -> Result<Response> {
        TRY(auto const found, own_volume(request.parameter("name")));
        TRY_VOID(engine_.remove_volume(found.name, soon()));
        return Response::empty();
    });
}

Result<Response> EngineGuard::list_volumes(Request& request) const {
    TRY(auto const label, wanted_label(request));
    TRY(auto const all, engine_.volumes(fmt::format("{}={}", guard_label, rules_.name), soon()));
    auto list = json::array();
    for (auto const& each : all)
        if (has_label(each.labels, label.first, label.second)) list.push_back(to_json(each));
    return Response::json({{"Volumes", std::move(list)}});
}

}  // namespace carrel

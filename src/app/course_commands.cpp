#include "app/course_commands.hpp"

#include "app/api_access.hpp"
#include "app/table.hpp"
#include "base/encoding.hpp"
#include "base/text.hpp"
#include "base/time_text.hpp"

namespace carrel {

namespace {

using nlohmann::json;

std::string path_of(CourseFlags const& flags, std::string_view rest = {}) {
    return fmt::format("/courses/{}{}", percent_encode(flags.slug), rest);
}

/// A value as people read it: "" for null.
std::string shown(json const& object, char const* key) {
    auto const found = object.find(key);
    if (found == object.end() || found->is_null()) return {};
    return found->is_string() ? found->get<std::string>() : found->dump();
}

std::string joined(json const& list) {
    std::string text;
    for (auto const& each : list)
        if (each.is_string()) text += (text.empty() ? "" : ", ") + each.get<std::string>();
    return text;
}

void print_json(json const& value) {
    fmt::print("{}\n", value.dump(2, ' ', false, json::error_handler_t::replace));
}

/// The rows of a list, or with --json the list itself.
Result<> print_list(CourseFlags const& flags, std::vector<json> const& items,
                    std::vector<std::pair<std::string, char const*>> const& columns) {
    if (flags.api.json) {
        print_json(items);
        return {};
    }
    std::vector<std::string> head;
    for (auto const& [title, key] : columns) head.push_back(title);
    Table table(head);
    for (auto const& item : items) {
        std::vector<std::string> row;
        for (auto const& [title, key] : columns) row.push_back(shown(item, key));
        table.add(row);
    }
    fmt::print("{}", table.text());
    return {};
}

void print_course(json const& course) {
    auto const size = course.value("resources", json::object());
    auto const counts = course.value("participants", json::object());
    auto const deployment = course.value("deployment", json());
    Table table({"COURSE", shown(course, "slug")});
    auto const line = [&](char const* title, std::string const& value) {
        if (!value.empty()) table.add({title, value});
    };
    line("name", shown(course, "name"));
    line("description", shown(course, "description"));
    line("state", fmt::format("{} since {}", shown(course, "state"), shown(course, "state_since")));
    line("reason", shown(course, "reason"));
    line("wanted", shown(course, "wanted"));
    line("starts", shown(course, "starts_at"));
    line("ends", course.value("ends_at", json()).is_null() ? "never" : shown(course, "ends_at"));
    line("environment", shown(course, "environment"));
    line("image", shown(course, "image"));
    line("course folder", course.value("shared_folder", false) ? "materials, shared" : "materials");
    line("size", fmt::format("{} CPU, {} GiB memory, {} GiB storage", shown(size, "cpu"),
                             shown(size, "memory_gib"), shown(size, "storage_gib")));
    line("participants",
         fmt::format("{} of {}, {} waiting", shown(counts, "accepted"),
                     shown(course, "expected_participants"), shown(counts, "pending")));
    line("leaders", joined(course.value("leaders", json::array())));
    line("hub", shown(course, "hub_url"));
    if (deployment.is_object())
        line("deployment",
             fmt::format("{} {}", shown(deployment, "kind"), shown(deployment, "state")));
    line("you may", joined(course.value("me", json::object()).value("may", json::array())));
    fmt::print("{}", table.text());
}

Result<> print_answer(CourseFlags const& flags, json const& course) {
    if (flags.api.json)
        print_json(course);
    else
        print_course(course);
    return {};
}

Result<> list_courses(CourseFlags const& flags, ApiClient& api) {
    auto const query = flags.state.empty() ? "" : "state=" + percent_encode(flags.state);
    TRY(auto const items, api.list("/courses", query));
    return print_list(flags, items,
                      {{"SLUG", "slug"},
                       {"STATE", "state"},
                       {"STARTS", "starts_at"},
                       {"ENDS", "ends_at"},
                       {"NAME", "name"}});
}

Result<> show_course(CourseFlags const& flags, ApiClient& api) {
    TRY(auto const course, api.get(path_of(flags)));
    return print_answer(flags, course);
}

/// What is not said is what the platform proposes, as in its form.
Result<> request_course(CourseFlags const& flags, ApiClient& api) {
    TRY(auto const options, api.get("/options"));
    auto const usual = [&](char const* limit) {
        return options.value("limits", json::object())
            .value(limit, json::object())
            .value("default", json());
    };
    auto const given_or = [](auto const& given, json proposed) {
        return given ? json(*given) : std::move(proposed);
    };
    auto environment = flags.environment;
    if (auto const known = options.value("environments", json::array());
        environment.empty() && known.size() == 1)
        environment = shown(known[0], "name");
    if (environment.empty())
        return fail(Code::InvalidArgument, "say which environment: this platform has several");
    json const body{
        {"slug", flags.slug},
        {"name", flags.name},
        {"description", flags.description},
        {"starts_at", flags.starts_at.empty() ? format_time(SystemClock().now()) : flags.starts_at},
        {"ends_at", flags.ends_at.empty() ? json() : json(flags.ends_at)},
        {"expected_participants", given_or(flags.participants, usual("participants"))},
        {"resources",
         {{"cpu", given_or(flags.cpu, usual("cpu"))},
          {"memory_gib", given_or(flags.memory_gib, usual("memory_gib"))},
          {"storage_gib", given_or(flags.storage_gib, usual("storage_gib"))}}},
        {"environment", environment},
        {"image", flags.image.empty() ? json() : json(flags.image)},
        {"target", flags.target.empty() ? json() : json(flags.target)},
        {"shared_folder", flags.shared_folder}};
    TRY(auto const course, api.post("/courses", body));
    return print_answer(flags, course);
}

/// accept, cancel, deploy, …: a step of the course's life.
Result<> take_step(CourseFlags const& flags, ApiClient& api, std::string_view step) {
    auto const body = step == "reject" ? json{{"reason", flags.reason}} : json(json::object());
    TRY(auto const course, api.post(path_of(flags, fmt::format("/{}", step)), body));
    return print_answer(flags, course);
}

Result<> show_invitation(CourseFlags const& flags, ApiClient& api) {
    TRY(auto const invitation, flags.rotate
                                   ? api.post(path_of(flags, "/invitation/rotate"), json::object())
                                   : api.get(path_of(flags, "/invitation")));
    if (flags.api.json)
        print_json(invitation);
    else
        fmt::print("{}\n", shown(invitation, "url"));
    return {};
}

Result<> list_participants(CourseFlags const& flags, ApiClient& api) {
    auto const query = flags.state.empty() ? "" : "state=" + percent_encode(flags.state);
    TRY(auto items, api.list(path_of(flags, "/participants"), query));
    if (!flags.api.json)
        for (auto& item : items)
            item["server"] = shown(item.value("server", json::object()), "state");
    return print_list(flags, items,
                      {{"USER", "username"},
                       {"STATE", "state"},
                       {"APPLIED", "applied_at"},
                       {"SERVER", "server"},
                       {"NAME", "display_name"}});
}

/// Accepts or rejects each; the first refusal ends it, and says who it was.
Result<> decide(CourseFlags const& flags, ApiClient& api, std::string_view verdict) {
    std::vector<json> decided;
    Result<> refused;
    for (auto const& person : flags.people) {
        auto const path = fmt::format("/participants/{}/{}", percent_encode(person), verdict);
        auto const answer = api.post(path_of(flags, path), json::object());
        if (!answer) {
            refused =
                std::unexpected(answer.error().wrapped(fmt::format("{} {}", verdict, person)));
            break;
        }
        decided.push_back(*answer);
    }
    // What was done is told even when not all could be.
    if (refused || !decided.empty())
        TRY_VOID(print_list(flags, decided, {{"USER", "username"}, {"STATE", "state"}}));
    return refused;
}

Result<> list_events(CourseFlags const& flags, ApiClient& api) {
    TRY(auto const items, api.list(path_of(flags, "/events"), {}));
    return print_list(flags, items,
                      {{"TIME", "at"},
                       {"KIND", "kind"},
                       {"BY", "actor"},
                       {"USER", "subject"},
                       {"MESSAGE", "message"}});
}

using Command = std::function<Result<>(CourseFlags const&, ApiClient&)>;

std::function<int()> runner(CourseFlags const& flags, Command command) {
    return [&flags, command = std::move(command)] {
        auto api = api_client_from(flags.api);
        return course_exit_status(api ? command(flags, *api)
                                      : Result<>(std::unexpected(api.error())));
    };
}

void add_request_options(CLI::App& command, CourseFlags& flags) {
    command.add_option("--name", flags.name, "what people see")->required();
    command.add_option("--description", flags.description, "what it is about");
    command.add_option("--starts-at", flags.starts_at,
                       "like 2026-11-21T08:00:00Z; now when absent");
    command.add_option("--ends-at", flags.ends_at, "likewise; a standing hub when absent");
    command.add_option("--participants", flags.participants, "how many at most");
    command.add_option("--cpu", flags.cpu, "cores of a participant's server");
    command.add_option("--memory-gib", flags.memory_gib, "its memory");
    command.add_option("--storage-gib", flags.storage_gib, "the size of its home");
    command.add_option("--environment", flags.environment, "what a server runs");
    command.add_option("--image", flags.image,
                       "a container image instead of the environment's, where that is allowed");
    command.add_option("--target", flags.target, "where the hub is made");
    command.add_flag("--shared-folder", flags.shared_folder,
                     "a part of the course folder that everybody in the course may change");
}

}  // namespace

void add_api_options(CLI::App& course, ApiFlags& flags) {
    course.add_option("--url", flags.url,
                      "the platform's address; the local one's, by its settings, when absent");
    course.add_option("--token-file", flags.token_file,
                      "a file with an API token; CARREL_TOKEN when absent");
    course.add_flag("--json", flags.json, "print the API's own answer");
    add_settings_flags(course, flags.settings);
}

int course_exit_status(Result<> const& result) {
    if (result) return 0;
    auto const& error = result.error();
    fmt::print(stderr, "carrel: {}{}{}\n", error.field, error.field.empty() ? "" : ": ",
               error.message);
    switch (error.code) {
        case Code::Unauthenticated:
        case Code::PermissionDenied:
            return 3;
        case Code::NotFound:
            return 4;
        case Code::Conflict:
            return 5;
        case Code::InvalidArgument:
            return 6;
        default:
            return 1;
    }
}

void add_course_commands(CLI::App& course, CourseFlags& flags,
                         std::function<void(std::function<int()>)> const& choose) {
    course.require_subcommand(1);
    course.fallthrough();
    add_api_options(course, flags.api);
    auto const add = [&](char const* name, char const* what, Command command) -> CLI::App& {
        auto& added = *course.add_subcommand(name, what);
        added.fallthrough();
        added.callback(
            [&flags, choose, command = std::move(command)] { choose(runner(flags, command)); });
        return added;
    };
    auto const add_one = [&](char const* name, char const* what, Command command) -> CLI::App& {
        auto& added = add(name, what, std::move(command));
        added.add_option("slug", flags.slug, "the course")->required();
        return added;
    };
    auto const add_step = [&](char const* name, char const* what) -> CLI::App& {
        return add_one(name, what, [name](CourseFlags const& given, ApiClient& api) {
            return take_step(given, api, name);
        });
    };
    auto const add_verdict = [&](char const* name, char const* what, char const* verdict) {
        add_one(name, what,
                [verdict](CourseFlags const& given, ApiClient& api) {
                    return decide(given, api, verdict);
                })
            .add_option("people", flags.people, "user names")
            ->required();
    };

    add("list", "courses that one sees", list_courses)
        .add_option("--state", flags.state, "only those in this state");
    add_one("show", "one course", show_course);
    add_request_options(add_one("request", "ask for a course", request_course), flags);
    add_step("accept", "accept a course that was asked for");
    add_step("reject", "turn it down")
        .add_option("--reason", flags.reason, "why, for who asked")
        ->required();
    add_step("cancel", "withdraw a course that is not deployed");
    add_step("deploy", "deploy an accepted course ahead of its start");
    add_step("degrade", "end a deployed course ahead of its end");
    add_step("redeploy", "deploy a failed course afresh");
    add_one("invitation", "the link that lets people apply", show_invitation)
        .add_flag("--rotate", flags.rotate, "replace it first; the old one stops working");
    add_one("participants", "who applied, and their servers", list_participants)
        .add_option("--state", flags.state, "pending, accepted or rejected");
    add_verdict("admit", "accept applications", "accept");
    add_verdict("refuse", "reject applications, or participants who are in", "reject");
    add_one("events", "what happened, oldest first", list_events);
}

}  // namespace carrel

#include "app/demo/scenario.hpp"

#include "app/demo/zip_reader.hpp"
#include "base/time_text.hpp"

#include <thread>

namespace carrel {

namespace {

using nlohmann::json;

constexpr Seconds start_ahead{4};
constexpr Seconds course_lasts{75};
std::string const course = "/api/v1/courses/demo-course";
std::string const hub_api = "/c/demo-course/hub/api";
std::string const adas_server = "/c/demo-course/user/ada/";

json course_request(Time now) {
    return {{"slug", "demo-course"},
            {"name", "Demo course"},
            {"description", "One course through its whole life"},
            {"starts_at", format_time(now + start_ahead)},
            {"ends_at", format_time(now + course_lasts)},
            {"expected_participants", 10},
            {"resources", {{"cpu", 1}, {"memory_gib", 1}, {"storage_gib", 1}}}};
}

Result<> expect(bool right, std::string const& otherwise) {
    if (right) return {};
    return fail(Code::Internal, "{}", otherwise);
}

/// The `src` of the first script of a page.
Result<std::string> first_script(std::string_view page) {
    auto const script = page.find("<script");
    auto const begin = page.find("src=\"", script == std::string_view::npos ? 0 : script);
    if (script == std::string_view::npos || begin == std::string_view::npos)
        return fail(Code::Internal, "the page of the notebook server loads no script");
    auto const end = page.find('"', begin + 5);
    return std::string(page.substr(begin + 5, end - begin - 5));
}

}  // namespace

Scenario::Scenario(DemoPlatform& platform, Timeline& timeline, std::string password)
    : platform_(platform),
      timeline_(timeline),
      password_(std::move(password)),
      greta_("greta", platform.port()),
      lea_("lea", platform.port()),
      ada_("ada", platform.port()),
      bob_("bob", platform.port()) {}

Result<> Scenario::play() {
    for (auto const chapter :
         {&Scenario::request_and_accept, &Scenario::join, &Scenario::deploy,
          &Scenario::start_server, &Scenario::work, &Scenario::refuse_the_rejected,
          &Scenario::survive_a_kill, &Scenario::end_course, &Scenario::take_out})
        TRY_VOID((this->*chapter)());
    return {};
}

Result<> Scenario::request_and_accept() {
    timeline_.chapter("Lea asks for a course, and Greta accepts it");
    TRY_VOID(timeline_.step("lea and greta log in", [&]() -> Result<> {
        TRY_VOID(lea_.log_in(password_));
        return greta_.log_in(password_);
    }));
    TRY_VOID(timeline_.step("lea requests a course that starts in 4 s", [&]() -> Result<> {
        TRY(auto const options, lea_.call(200, "GET", "/api/v1/options"));
        auto wanted = course_request(SystemClock().now());
        wanted["environment"] = options.at("environments").at(0).at("name");
        TRY(auto const made, lea_.call(201, "POST", "/api/v1/courses", wanted));
        return expect(made.value("state", "") == "pending", "the course is not pending");
    }));
    TRY_VOID(timeline_.step("lea may not accept it herself (403)", [&] {
        return lea_.call(403, "POST", course + "/accept", json::object());
    }));
    TRY_VOID(timeline_.step("greta accepts it", [&] {
        return greta_.call(200, "POST", course + "/accept", json::object());
    }));
    return {};
}

Result<> Scenario::join() {
    timeline_.chapter("Ada and Bob open the invitation; Lea accepts one and rejects the other");
    TRY_VOID(timeline_.step("lea copies the invitation link", [&]() -> Result<> {
        TRY(auto const link, lea_.call(200, "GET", course + "/invitation"));
        invitation_ = link.value("code", "");
        return expect(!invitation_.empty(), "the invitation has no code");
    }));
    for (auto* const person : {&ada_, &bob_})
        TRY_VOID(
            timeline_.step(person->who() + " opens it, signs up and applies", [&]() -> Result<> {
                TRY(auto const page, person->open("/join/" + invitation_));
                TRY_VOID(expect(page.status == 200, "the invitation page does not open"));
                TRY_VOID(person->sign_up(invitation_, password_));
                TRY_VOID(person->call(201, "POST",
                                      "/api/v1/invitations/" + invitation_ + "/applications",
                                      json::object()));
                return {};
            }));
    TRY_VOID(timeline_.step("lea accepts ada and rejects bob", [&]() -> Result<> {
        TRY_VOID(lea_.call(200, "POST", course + "/participants/ada/accept", json::object()));
        TRY_VOID(lea_.call(200, "POST", course + "/participants/bob/reject", json::object()));
        return {};
    }));
    return {};
}

Result<> Scenario::wait_for_state(std::string const& state, Seconds patience) {
    for (auto const deadline = Deadline::after(patience); !deadline.passed();) {
        TRY(auto const now, lea_.call(200, "GET", course));
        if (now.value("state", "") == state) return {};
        if (now.value("state", "") == "failed")
            return fail(Code::Internal, "the course failed: {}", now.at("reason").dump());
        std::this_thread::sleep_for(Milliseconds(50));
    }
    return fail(Code::Timeout, "the course did not become {} within {} s", state, patience.count());
}

Result<> Scenario::deploy() {
    timeline_.chapter("The course starts");
    return timeline_.step("the dispatcher deploys the hub at its time",
                          [&] { return wait_for_state("deployed", Seconds(60)); });
}

Result<> Scenario::open_lab() {
    TRY(auto const page, ada_.open(adas_server + "lab"));
    if (page.status == 404) {  // an environment without JupyterLab
        TRY(auto const tree, ada_.open(adas_server + "tree"));
        return expect(tree.status == 200, fmt::format("/tree answers {}", tree.status));
    }
    TRY_VOID(expect(page.status == 200, fmt::format("/lab answers {}", page.status)));
    TRY(auto const script, first_script(page.body));
    TRY(auto const program, ada_.request("GET", script));
    return expect(program.status == 200 && !program.body.empty(),
                  fmt::format("{} answers {}", script, program.status));
}

Result<> Scenario::start_server() {
    timeline_.chapter("Ada starts her server");
    auto const begun = timeline_.seconds();
    TRY_VOID(timeline_.step("ada clicks start; her server answers", [&]() -> Result<> {
        TRY_VOID(ada_.call(201, "POST", hub_api + "/users/ada/server", json::object()));
        TRY(auto const progress, ada_.request("GET", hub_api + "/users/ada/server/progress"));
        return expect(progress.body.find("\"ready\":true") != std::string::npos,
                      "the progress does not end with ready");
    }));
    TRY_VOID(timeline_.step("ada opens JupyterLab", [&] { return open_lab(); }));
    click_to_lab_seconds_ = timeline_.seconds() - begun;
    return {};
}

Result<> Scenario::work() {
    timeline_.chapter("Ada works");
    TRY_VOID(timeline_.step("ada creates a notebook with a kernel", [&]() -> Result<> {
        TRY(auto notebook, Notebook::create(ada_, adas_server, "first"));
        notebook_.emplace(std::move(notebook));
        return {};
    }));
    TRY_VOID(timeline_.step("a cell computes 6 * 7", [&]() -> Result<> {
        TRY(auto const printed, notebook_->run("print(6 * 7)"));
        return expect(printed == "42\n", "the cell printed '" + printed + "'");
    }));
    return {};
}

Result<> Scenario::expect_refused(std::string const& method, std::string const& path) {
    TRY(auto const answer, bob_.request(method, path));
    return expect(answer.status == 403,
                  fmt::format("{} {} answers bob {}, not 403", method, path, answer.status));
}

Result<> Scenario::refuse_the_rejected() {
    timeline_.chapter("Bob, who was rejected, gets nowhere");
    TRY_VOID(timeline_.step("403 for ada's server and for one of his own", [&]() -> Result<> {
        for (auto const* const user : {"ada", "bob"}) {
            auto const base = fmt::format("/c/demo-course/user/{}/", user);
            TRY(auto const page, bob_.open(base + "lab"));
            TRY_VOID(
                expect(page.status == 403, fmt::format("{}lab answers bob {}", base, page.status)));
            TRY_VOID(expect_refused("GET", base + "api/contents"));
            TRY_VOID(expect_refused("POST", fmt::format("{}/users/{}/server", hub_api, user)));
            TRY_VOID(expect_refused("DELETE", fmt::format("{}/users/{}/server", hub_api, user)));
            TRY_VOID(expect_refused("GET", fmt::format("{}/users/{}", hub_api, user)));
        }
        return {};
    }));
    return timeline_.step("403 for a WebSocket to ada's kernel", [&]() -> Result<> {
        auto const path = adas_server + "api/kernels/" + notebook_->kernel() + "/channels";
        auto const opened = bob_.open_web_socket(path);
        if (opened) return fail(Code::Internal, "bob could open ada's kernel");
        return expect(opened.error().message.find("403") != std::string::npos,
                      "refused, but not by 403: " + opened.error().message);
    });
}

Result<> Scenario::survive_a_kill() {
    timeline_.chapter("The control process is killed while a cell runs");
    return timeline_.step(
        "SIGKILL; it comes back, the cell ends over the same WebSocket", [&]() -> Result<> {
            TRY(auto const printed, notebook_->run("import time\n"
                                                   "for i in range(5):\n"
                                                   "    print('step', i, flush=True)\n"
                                                   "    time.sleep(0.8)\n"
                                                   "print('all done')",
                                                   [&]() -> Result<> {
                                                       TRY(auto const former,
                                                           platform_.kill_control());
                                                       return platform_.wait_for_control(former);
                                                   }));
            TRY_VOID(expect(
                printed.find("step 4") != std::string::npos && printed.ends_with("all done\n"),
                "the cell's output is not whole: " + printed));
            TRY(auto const user, ada_.call(200, "GET", hub_api + "/users/ada"));
            TRY_VOID(expect(user.at("server").is_string(),
                            "the new control does not know ada's server"));
            TRY_VOID(ada_.call(200, "GET", adas_server + "api/kernels/" + notebook_->kernel()));
            return notebook_->save();
        });
}

Result<> Scenario::end_course() {
    timeline_.chapter("The course ends");
    TRY_VOID(timeline_.step("its end comes; homes are exported, the hub is degraded", [&] {
        return wait_for_state("degraded", course_lasts + Seconds(60));
    }));
    TRY_VOID(timeline_.step("the export is verified", [&]() -> Result<> {
        TRY(auto const exports, lea_.call(200, "GET", course + "/exports"));
        for (auto const& item : exports.at("items"))
            if (item.value("username", "") == "ada")
                return expect(item.at("verified_at").is_string(), "ada's export is not verified");
        return fail(Code::Internal, "there is no export of ada's home");
    }));
    return timeline_.step("nothing of the hub is left", [&]() -> Result<> {
        auto const homes = platform_.data() / "homes" / "demo-course";
        std::error_code missing;
        TRY_VOID(
            expect(!std::filesystem::exists(homes) || std::filesystem::is_empty(homes, missing),
                   "a home is still there"));
        TRY(auto const answer, ada_.request("GET", adas_server + "api/status"));
        TRY_VOID(
            expect(answer.status == 424, fmt::format("ada's server answers {}", answer.status)));
        TRY_VOID(ada_.call(409, "POST", hub_api + "/users/ada/server", json::object()));
        return {};
    });
}

Result<> Scenario::take_out() {
    timeline_.chapter("Ada takes her work home");
    return timeline_.step("the take-out has the notebook with its output", [&]() -> Result<> {
        auto const zip = platform_.data() / "take-out.zip";
        TRY_VOID(ada_.download(course + "/takeout", zip));
        TRY(auto const text, read_from_zip(zip, "first.ipynb"));
        auto const notebook = json::parse(text, nullptr, false);
        TRY_VOID(expect(notebook.is_object(), "the notebook is damaged"));
        auto const dump = notebook.dump();
        return expect(
            dump.find("42\\n") != std::string::npos && dump.find("all done") != std::string::npos,
            "the notebook lacks its output");
    });
}

}  // namespace carrel

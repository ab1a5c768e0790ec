#include "app/demo/notebook.hpp"

#include "base/time_text.hpp"

namespace carrel {

namespace {

using nlohmann::json;

constexpr Milliseconds patience{60'000};

json notebook_content(json const& cells) {
    return {{"cells", cells},
            {"metadata",
             {{"kernelspec",
               {{"name", "python3"}, {"display_name", "Python 3"}, {"language", "python"}}}}},
            {"nbformat", 4},
            {"nbformat_minor", 5}};
}

}  // namespace

Notebook::Notebook(Browser& browser, std::string base, std::string name, std::string kernel,
                   http::WebSocketClient channel)
    : browser_(&browser),
      base_(std::move(base)),
      name_(std::move(name)),
      kernel_(std::move(kernel)),
      channel_(std::move(channel)),
      session_(SystemRandom().hex(16)) {}

Result<Notebook> Notebook::create(Browser& browser, std::string base, std::string name) {
    json const file{{"type", "notebook"}, {"content", notebook_content(json::array())}};
    TRY_VOID(browser.call(201, "PUT", base + "api/contents/" + name + ".ipynb", file));
    json const wanted{{"name", name},
                      {"path", name + ".ipynb"},
                      {"type", "notebook"},
                      {"kernel", {{"name", "python3"}}}};
    TRY(auto const session, browser.call(201, "POST", base + "api/sessions", wanted));
    auto kernel = session.at("kernel").at("id").get<std::string>();
    TRY(auto channel, browser.open_web_socket(base + "api/kernels/" + kernel + "/channels"));
    return Notebook(browser, std::move(base), std::move(name), std::move(kernel),
                    std::move(channel));
}

Result<> Notebook::send_execute(std::string const& code, std::string const& id) {
    json const message{{"channel", "shell"},
                       {"header",
                        {{"msg_id", id},
                         {"msg_type", "execute_request"},
                         {"session", session_},
                         {"username", browser_->who()},
                         {"date", format_time(SystemClock().now())},
                         {"version", "5.3"}}},
                       {"parent_header", json::object()},
                       {"metadata", json::object()},
                       {"content",
                        {{"code", code},
                         {"silent", false},
                         {"store_history", true},
                         {"user_expressions", json::object()},
                         {"allow_stdin", false},
                         {"stop_on_error", true}}},
                       {"buffers", json::array()}};
    return channel_.send_text(message.dump(), Deadline::after(patience));
}

Result<std::string> Notebook::run(std::string const& code,
                                  std::function<Result<>()> const& while_running) {
    auto const id = SystemRandom().hex(16);
    TRY_VOID(send_execute(code, id));
    std::string printed;
    bool told = false;
    auto outputs = json::array();
    for (;;) {
        TRY(auto const text, channel_.receive(Deadline::after(patience)));
        auto const message = json::parse(text, nullptr, false);
        if (!message.is_object() || message.at("parent_header").value("msg_id", "") != id) continue;
        auto const type = message.at("header").value("msg_type", "");
        auto const& content = message.at("content");
        if (type == "stream") {
            printed += content.value("text", "");
            if (while_running && !std::exchange(told, true)) TRY_VOID(while_running());
        } else if (type == "error") {
            return fail(Code::Internal, "the cell raised {}: {}", content.value("ename", ""),
                        content.value("evalue", ""));
        } else if (type == "status" && content.value("execution_state", "") == "idle") {
            break;
        }
    }
    outputs.push_back({{"output_type", "stream"}, {"name", "stdout"}, {"text", printed}});
    cells_.push_back({{"cell_type", "code"},
                      {"id", id.substr(0, 8)},
                      {"execution_count", cells_.size() + 1},
                      {"metadata", json::object()},
                      {"source", code},
                      {"outputs", outputs}});
    return printed;
}

Result<> Notebook::save() {
    json const file{{"type", "notebook"}, {"content", notebook_content(cells_)}};
    TRY_VOID(browser_->call(200, "PUT", base_ + "api/contents/" + name_ + ".ipynb", file));
    return {};
}

}  // namespace carrel

#pragma once

/// A notebook with a real kernel, worked on as JupyterLab does: by the contents and sessions APIs
/// of Jupyter Server and the kernel protocol over a WebSocket
/// (https://jupyter-client.readthedocs.io/en/stable/messaging.html).

#include "app/demo/browser.hpp"
#include "base/random.hpp"

#include <functional>

namespace carrel {

class Notebook {
public:
    /// Makes "<name>.ipynb" in the home and starts a Python kernel for it. `base` is the server's
    /// URL:
    /// "/c/bio/user/ada/".
    static Result<Notebook> create(Browser& browser, std::string base, std::string name);

    /// Runs a cell and returns what it printed. `while_running` is called once, after its first
    /// output.
    Result<std::string> run(std::string const& code,
                            std::function<Result<>()> const& while_running = {});

    /// Saves the cells with their outputs.
    Result<> save();

    [[nodiscard]] std::string const& kernel() const { return kernel_; }

private:
    Notebook(Browser& browser, std::string base, std::string name, std::string kernel,
             http::WebSocketClient channel);
    Result<> send_execute(std::string const& code, std::string const& id);

    Browser* browser_;
    std::string base_;
    std::string name_;
    std::string kernel_;
    http::WebSocketClient channel_;
    std::string session_;
    nlohmann::json cells_ = nlohmann::json::array();
};

}  // namespace carrel

#pragma once

/// Starts the program that takes our place, as SIGUSR2 asks: the same command line with
/// --take-over, and whatever is installed by now where our program was. Confined to the main
/// thread.

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace carrel::proxy {

class Successor {
public:
    /// `arguments` without the program's name and the command.
    Successor(std::filesystem::path program, std::vector<std::string> arguments);

    /// Does nothing while another one is on its way. What is wrong is logged, and changes nothing.
    void start();
    /// A child has ended.
    void reap();

private:
    std::filesystem::path program_;
    std::vector<std::string> command_;
    bool possible_ = false;  ///< there is a socket through which it can take over
    pid_t process_ = 0;
};

}  // namespace carrel::proxy

#include "runtime/called_program.hpp"

#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace carrel {

namespace fs = std::filesystem;

fs::path called_program() {
    std::ifstream command_line("/proc/self/cmdline");
    std::string name;
    std::getline(command_line, name, '\0');
    char const* const search = std::getenv("PATH");
    return called_program(name, search == nullptr ? "" : search);
}

fs::path called_program(std::string const& name, std::string const& search) {
    std::error_code error;
    if (name.find('/') != std::string::npos) {
        auto const path = fs::absolute(name, error);
        if (!error && ::access(path.c_str(), X_OK) == 0) return path;
    } else if (!name.empty()) {
        std::istringstream folders(search);
        for (std::string folder; std::getline(folders, folder, ':');) {
            auto const path = fs::absolute(folder.empty() ? "." : folder, error) / name;
            if (!error && ::access(path.c_str(), X_OK) == 0) return path;
        }
    }
    auto const path = fs::read_symlink("/proc/self/exe", error);
    return error ? fs::path("/proc/self/exe") : path;
}

}  // namespace carrel

#pragma once

/// A fresh folder for one test, deleted with everything in it at the end. It is below /tmp whatever
/// TMPDIR says, since the path of a unix socket in it must be short.

#include <stdlib.h>

#include <filesystem>
#include <stdexcept>
#include <string>

namespace carrel {

class TemporaryFolder {
public:
    TemporaryFolder() {
        std::string pattern = "/tmp/carrel-test-XXXXXX";
        if (::mkdtemp(pattern.data()) == nullptr)
            throw std::runtime_error("make a temporary folder");
        path_ = pattern;
    }
    ~TemporaryFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TemporaryFolder(TemporaryFolder const&) = delete;
    TemporaryFolder& operator=(TemporaryFolder const&) = delete;

    [[nodiscard]] std::filesystem::path const& path() const { return path_; }

private:
    std::filesystem::path path_;
};

}  // namespace carrel

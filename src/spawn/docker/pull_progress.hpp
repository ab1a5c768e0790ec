#pragma once

/// How far the engine has got with fetching an image, from its own report: bytes of the layers it
/// knows of. Thread-safe: written on the pool, read by those who wait.

#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace carrel {

class PullProgress {
public:
    /// One line of the engine's report, a JSON object. Anything else is passed over.
    void take(std::string_view line);

    struct Figures {
        int percent = 0;      ///< of what is known so far; never falls
        std::string message;  ///< "Fetching the image: 12 of 80 MB"
        std::string error;    ///< the engine's, when it gave up
    };
    [[nodiscard]] Figures figures() const;

private:
    struct Layer {
        double total = 0;
        double loaded = 0;
        double unpacked = 0;
    };
    mutable std::mutex mutex_;
    std::map<std::string, Layer> layers_;
    std::string error_;
    mutable int most_ = 0;
};

}  // namespace carrel

#include "spawn/spawner.hpp"

#include <utility>

namespace carrel {

std::string_view name_of(Isolation::Level level) {
    switch (level) {
        case Isolation::Level::Full:
            return "full";
        case Isolation::Level::Partial:
            return "partial";
        case Isolation::Level::None:
            return "none";
    }
    std::unreachable();
}

Task<> Spawner::sweep(std::vector<std::string>) { co_return Result<>(); }

}  // namespace carrel

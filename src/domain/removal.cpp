#include "domain/removal.hpp"

#include <utility>

namespace carrel {

std::string_view name_of(Leftovers leftovers) {
    switch (leftovers) {
        case Leftovers::Keep:
            return "keep";
        case Leftovers::Export:
            return "export";
        case Leftovers::Delete:
            return "delete";
    }
    std::unreachable();
}

Result<Leftovers> parse_leftovers(std::string_view name) {
    for (auto const leftovers : {Leftovers::Keep, Leftovers::Export, Leftovers::Delete})
        if (name == name_of(leftovers)) return leftovers;
    return fail_field("leftovers",
                      "say what becomes of the files that they leave behind: keep, export or "
                      "delete");
}

}  // namespace carrel

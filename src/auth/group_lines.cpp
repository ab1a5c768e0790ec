#include "auth/group_lines.hpp"

#include "base/encoding.hpp"
#include "base/text.hpp"

namespace carrel {

std::string to_group_lines(std::vector<std::string> const& groups) {
    std::string lines;
    for (auto const& group : groups)
        if (is_printable_utf8(group) && group.find_first_of("\r\n") == std::string::npos)
            lines += (lines.empty() ? "" : "\n") + group;
    return lines;
}

std::vector<std::string> from_group_lines(std::string_view lines) {
    std::vector<std::string> groups;
    for (auto const line : split(lines, '\n'))
        if (!line.empty()) groups.emplace_back(line);
    return groups;
}

}  // namespace carrel

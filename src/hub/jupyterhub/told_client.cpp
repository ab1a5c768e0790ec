#include "hub/jupyterhub/told_client.hpp"

#include <fmt/format.h>

namespace carrel::jupyterhub {

std::string told_client(std::string_view client, std::string_view slug) {
    return fmt::format("{}*{}", client, slug);
}

std::string client_meant(std::string_view told, std::string_view slug) {
    auto const mark = told.rfind('*');
    if (mark == std::string_view::npos || told.substr(mark + 1) != slug) return std::string(told);
    return std::string(told.substr(0, mark));
}

}  // namespace carrel::jupyterhub

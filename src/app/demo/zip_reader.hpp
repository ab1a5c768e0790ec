#pragma once

#include "base/result.hpp"

#include <filesystem>
#include <string>

namespace carrel {

/// The content of the first entry of a zip whose name ends like this. NotFound: there is none.
[[nodiscard]] Result<std::string> read_from_zip(std::filesystem::path const& zip,
                                                std::string_view name_end);

}  // namespace carrel

#pragma once

/// The web UI inside the program. Defined in the library `carrel_assets`, which
/// cmake/CarrelAssets.cmake generates from web/dist.

#include "http/static_files.hpp"

#include <span>

namespace carrel::http {

/// Every file of the built UI; when it was not built, an /index.html that says so.
[[nodiscard]] std::span<Asset const> embedded_assets();

}  // namespace carrel::http

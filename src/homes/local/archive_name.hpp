#pragma once

/// The names that files of a home have in its archive: what a zip can hold and every unzip can
/// read.

#include <functional>
#include <string>
#include <string_view>

namespace carrel {

[[nodiscard]] bool is_utf8(std::string_view bytes);

/// The name itself when it is well-formed UTF-8. Otherwise each byte that is not, and each "%",
/// becomes %XX, and as long as `taken` has that name already, a "~" is added.
[[nodiscard]] std::string archive_name(std::string const& name,
                                       std::function<bool(std::string const&)> const& taken);

/// The same without asking what is taken.
[[nodiscard]] std::string escaped_name(std::string_view name);

}  // namespace carrel

#pragma once

/// Reading what clients of JupyterHub's REST API send. Pure.

#include "http/message.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <vector>

namespace carrel::jupyterhub {

/// The body as an object; an absent one is {}. InvalidArgument in JupyterHub's words.
[[nodiscard]] Result<nlohmann::json> object_in(http::Request const& request);

/// A field that is a list of strings; nothing when it is not there.
[[nodiscard]] Result<std::optional<std::vector<std::string>>> words_in(nlohmann::json const& body,
                                                                       char const* key);
[[nodiscard]] Result<std::optional<bool>> truth_in(nlohmann::json const& body, char const* key);
[[nodiscard]] Result<std::optional<std::string>> text_in(nlohmann::json const& body,
                                                         char const* key);
/// A field that is an object, as text; nothing when it is not there.
[[nodiscard]] Result<std::optional<std::string>> object_text_in(nlohmann::json const& body,
                                                                char const* key);

}  // namespace carrel::jupyterhub

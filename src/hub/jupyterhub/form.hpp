#pragma once

/// Fields of a query or of a posted form (application/x-www-form-urlencoded), as OAuth has them.

#include "base/result.hpp"
#include "http/message.hpp"

#include <map>
#include <string>
#include <string_view>

namespace carrel::jupyterhub {

class Form {
public:
    /// InvalidArgument: a malformed escape, or a name that comes twice: who reads the first one and
    /// who reads the last one would not mean the same.
    [[nodiscard]] static Result<Form> parse(std::string_view text);
    [[nodiscard]] static Result<Form> of_query(http::Request const& request);
    /// InvalidArgument as well for a body of another type.
    [[nodiscard]] static Result<Form> of_body(http::Request const& request);

    /// "" when it is not there.
    [[nodiscard]] std::string const& get(std::string_view name) const;
    [[nodiscard]] bool has(std::string_view name) const { return fields_.contains(name); }

private:
    std::map<std::string, std::string, std::less<>> fields_;
};

}  // namespace carrel::jupyterhub

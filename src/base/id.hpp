#pragma once

/// Strong identifiers: a `CourseId` cannot be passed or compared where a `UserId` is meant.

#include <fmt/format.h>

#include <compare>
#include <functional>
#include <string>

namespace carrel {

template <class Tag>
class Id {
public:
    Id() = default;
    explicit Id(std::string value) : value_(std::move(value)) {}

    [[nodiscard]] std::string const& value() const { return value_; }
    [[nodiscard]] bool empty() const { return value_.empty(); }
    auto operator<=>(Id const&) const = default;

private:
    std::string value_;
};

using CourseId = Id<struct CourseTag>;
using UserId = Id<struct UserTag>;
using DeploymentId = Id<struct DeploymentTag>;
using SessionId = Id<struct SessionTag>;
using TokenId = Id<struct TokenTag>;

}  // namespace carrel

template <class Tag>
struct std::hash<carrel::Id<Tag>> {
    size_t operator()(carrel::Id<Tag> const& id) const noexcept {
        return std::hash<std::string>{}(id.value());
    }
};

template <class Tag>
struct fmt::formatter<carrel::Id<Tag>> : fmt::formatter<std::string> {
    template <class Context>
    auto format(carrel::Id<Tag> const& id, Context& context) const {
        return fmt::formatter<std::string>::format(id.value(), context);
    }
};

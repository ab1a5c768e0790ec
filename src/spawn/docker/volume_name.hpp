#pragma once

/// Names of volumes: one per person and course, from names of which the Engine takes few
/// characters.
///
///     carrel-0123456789ab__bio__ada_40example.org
///
/// Small letters, digits, "." and "-" stay; every other byte becomes "_" and two hexadecimal
/// digits. So no two people have the same name, and who it was can be read back.

#include "base/result.hpp"

#include <string>
#include <string_view>

namespace carrel {

/// What a volume belongs to.
struct VolumeOwner {
    std::string instance;  ///< the platform's, see `short_instance`
    std::string course;    ///< slug
    std::string user;      ///< user name, any UTF-8

    bool operator==(VolumeOwner const&) const = default;
};

[[nodiscard]] std::string volume_name(VolumeOwner const& owner);
/// InvalidArgument: it is no name that `volume_name` makes.
[[nodiscard]] Result<VolumeOwner> parse_volume_name(std::string_view name);

/// Twelve hexadecimal digits of an instance's name, enough to tell platforms on one engine apart.
[[nodiscard]] std::string short_instance(std::string_view instance);

}  // namespace carrel

#pragma once

/// The network of a course's containers: a way out to the internet, and none to each other, to this
/// machine, or to a cloud's metadata service.
///
/// The engine keeps containers of one network, and networks, apart. The rest is done by routing
/// rules of the machine over the one range from which all networks take their addresses; they are
/// set before the first network is. Blocks; thread-safe. Owned by the DockerSpawner.

#include "spawn/docker/engine.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <set>

namespace carrel {

struct CourseNetworkOptions {
    std::string instance;
    bool wanted = true;                   ///< else containers have no network at all
    std::string range = "10.213.0.0/16";  ///< networks take /22 of it
};

/// Addresses in a row, as "10.213.0.0/22" says.
struct AddressRange {
    unsigned first = 0;
    unsigned last = 0;
};
/// InvalidArgument: not of that form, or not at its own beginning.
[[nodiscard]] Result<AddressRange> parse_address_range(std::string const& text);
/// The first /22 of `range` that none of `taken` touches. What cannot be read is passed over.
[[nodiscard]] std::optional<std::string> free_subnet(AddressRange const& range,
                                                     std::vector<std::string> const& taken);

class CourseNetworks {
public:
    /// Sets the rules where networks are wanted and this user can. InvalidArgument: the range.
    [[nodiscard]] static Result<std::unique_ptr<CourseNetworks>> create(
        Engine const& engine, CourseNetworkOptions options);

    /// The network of a course's containers, made when it is not there; "none" where no safe one
    /// can be had.
    [[nodiscard]] Result<std::string> provide(std::string const& course, EngineFacts const& facts,
                                              Deadline deadline);
    /// Removes those of courses that have no containers, unless just provided.
    [[nodiscard]] Result<> remove_unused(std::set<std::string> const& courses_with_containers,
                                         Deadline deadline);

    /// Why containers have no network, or nothing when they have one.
    [[nodiscard]] std::string obstacle(EngineFacts const& facts) const;

private:
    CourseNetworks(Engine const& engine, CourseNetworkOptions options, AddressRange range,
                   std::string obstacle)
        : engine_(engine),
          options_(std::move(options)),
          range_(range),
          obstacle_(std::move(obstacle)) {}

    [[nodiscard]] std::string obstacle_or(EngineFacts const& facts) const;
    [[nodiscard]] Result<> make(std::string const& name, std::string const& course,
                                Deadline deadline);

    Engine engine_;
    CourseNetworkOptions options_;
    AddressRange range_;
    std::string obstacle_;
    mutable std::mutex mutex_;
    std::map<std::string, Deadline> needed_until_;  ///< by name
};

}  // namespace carrel

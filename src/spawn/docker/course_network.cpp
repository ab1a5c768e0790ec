#include "spawn/docker/course_network.hpp"

#include "base/text.hpp"
#include "runtime/log.hpp"
#include "spawn/docker/container_spec.hpp"
#include "spawn/docker/volume_name.hpp"
#include "spawn/process/metadata_rule.hpp"

#include <nlohmann/json.hpp>

#include <net/if.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace carrel {

using nlohmann::json;

namespace {

/// Of a network: 1,021 containers.
constexpr unsigned network_bits = 22;
constexpr unsigned network_size = 1U << (32 - network_bits);
/// Between a network's being provided and its first container.
constexpr Seconds grace{600};

std::string dotted(unsigned address) {
    return fmt::format("{}.{}.{}.{}", address >> 24U, (address >> 16U) & 0xFFU,
                       (address >> 8U) & 0xFFU, address & 0xFFU);
}

std::string network_name(std::string const& instance, std::string const& course) {
    return fmt::format("carrel-{}-{}", short_instance(instance), course);
}

}  // namespace

Result<AddressRange> parse_address_range(std::string const& text) {
    auto const wrong = [&] {
        return fail(Code::InvalidArgument, "'{}' is no range of IPv4 addresses, as 10.213.0.0/16",
                    for_log(text));
    };
    auto const slash = text.find('/');
    auto const numbers = split(std::string_view(text).substr(0, slash), '.');
    auto const bits = slash == std::string::npos
                          ? std::nullopt
                          : parse_whole(std::string_view(text).substr(slash + 1));
    if (numbers.size() != 4 || !bits || *bits > 32) return wrong();
    unsigned first = 0;
    for (auto const part : numbers) {
        auto const number = parse_whole(part);
        if (!number || *number > 255) return wrong();
        first = (first << 8U) | static_cast<unsigned>(*number);
    }
    auto const size = 1ULL << (32U - static_cast<unsigned>(*bits));
    if (first % size != 0) return wrong();
    return AddressRange{first, static_cast<unsigned>(first + (size - 1))};
}

std::optional<std::string> free_subnet(AddressRange const& range,
                                       std::vector<std::string> const& taken) {
    std::vector<AddressRange> others;
    for (auto const& text : taken)
        if (auto const other = parse_address_range(text)) others.push_back(*other);
    for (unsigned long long first = range.first; first + network_size - 1 <= range.last;
         first += network_size) {
        auto const last = first + network_size - 1;
        bool const touched = std::ranges::any_of(others, [&](AddressRange const& other) {
            return other.first <= last && other.last >= first;
        });
        if (!touched)
            return fmt::format("{}/{}", dotted(static_cast<unsigned>(first)), network_bits);
    }
    return {};
}

Result<std::unique_ptr<CourseNetworks>> CourseNetworks::create(Engine const& engine,
                                                               CourseNetworkOptions options) {
    TRY(auto const range, parse_address_range(options.range));
    if (range.last - range.first + 1ULL < network_size)
        return fail(Code::InvalidArgument, "'{}' is too small for networks of {} addresses each",
                    options.range, network_size);
    std::string obstacle;
    if (!options.wanted)
        obstacle = "the configuration says so";
    else if (::geteuid() != 0)
        obstacle = "only root can keep them from this machine and from metadata services";
    else if (auto const closed = close_machine_to(options.range); !closed)
        obstacle = closed.error().message;
    return std::unique_ptr<CourseNetworks>(
        new CourseNetworks(engine, std::move(options), range, std::move(obstacle)));
}

std::string CourseNetworks::obstacle(EngineFacts const& facts) const {
    std::scoped_lock const lock(mutex_);
    return obstacle_or(facts);
}

std::string CourseNetworks::obstacle_or(EngineFacts const& facts) const {
    if (!options_.wanted) return obstacle_;
    if (facts.guarded && !facts.no_network.empty()) return facts.no_network;
    if (!facts.guarded && !obstacle_.empty()) return obstacle_;
    if (!facts.filters_bridges)
        return "the Docker Engine cannot keep containers of one network apart here (br_netfilter)";
    return {};
}

Result<> CourseNetworks::make(std::string const& name, std::string const& course,
                              Deadline deadline) {
    std::vector<std::string> taken;
    for (;;) {
        TRY(auto const networks, engine_.networks(deadline));
        for (auto const& network : networks) {
            if (network.name == name) return {};
            std::ranges::copy(network.subnets, std::back_inserter(taken));
        }
        auto const subnet = free_subnet(range_, taken);
        if (!subnet)
            return fail(Code::LimitReached,
                        "all addresses for containers' networks are in use; the setting "
                        "docker.subnets can be a larger range");
        auto const made = engine_.create_network(
            {{"Name", name},
             {"CheckDuplicate", true},
             {"Driver", "bridge"},
             {"EnableIPv6", false},
             {"IPAM", {{"Driver", "default"}, {"Config", {{{"Subnet", *subnet}}}}}},
             {"Options",
              {{"com.docker.network.bridge.enable_icc", "false"},
               {"com.docker.network.bridge.enable_ip_masquerade", "true"}}},
             {"Labels", {{instance_label, options_.instance}, {course_label, course}}}},
            deadline);
        if (made) {
            log::info("network_made", {{"network", name}, {"subnet", *subnet}});
            return {};
        }
        if (made.error().code != Code::Conflict || deadline.passed()) return made;
        taken.push_back(*subnet);  // something that is no network of the engine's has it
    }
}

Result<std::string> CourseNetworks::provide(std::string const& course, EngineFacts const& facts,
                                            Deadline deadline) {
    std::scoped_lock const lock(mutex_);
    if (!obstacle_or(facts).empty()) return "none";
    auto const name = network_name(options_.instance, course);
    needed_until_.insert_or_assign(name, Deadline::after(grace));
    TRY_VOID(make(name, course, deadline));
    TRY(auto const networks, engine_.networks(deadline));
    auto const found = std::ranges::find(networks, name, &EngineNetwork::name);
    if (found == networks.end()) return fail(Code::Unavailable, "the course's network is gone");
    // An engine in another network than ours, in a virtual machine perhaps, obeys none of our
    // rules. A guard looks itself, from where the rules are.
    if (facts.guarded) return name;
    if (::if_nametoindex(("br-" + found->id.substr(0, 12)).c_str()) != 0) return name;
    log::warn("network_elsewhere", {{"network", name}});
    obstacle_ = "the Docker Engine's networks are not this machine's";
    return "none";
}

Result<> CourseNetworks::remove_unused(std::set<std::string> const& courses_with_containers,
                                       Deadline deadline) {
    std::scoped_lock const lock(mutex_);
    TRY(auto const networks, engine_.networks(deadline));
    for (auto const& network : networks) {
        auto const instance = network.labels.find(instance_label);
        auto const course = network.labels.find(course_label);
        if (instance == network.labels.end() || instance->second != options_.instance ||
            course == network.labels.end() || courses_with_containers.contains(course->second))
            continue;
        auto const needed = needed_until_.find(network.name);
        if (needed != needed_until_.end() && !needed->second.passed()) continue;
        if (engine_.remove_network(network.id, deadline))
            log::info("network_swept", {{"network", network.name}});
    }
    return {};
}

}  // namespace carrel

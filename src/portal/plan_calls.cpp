/// What a course would need of this machine, before anybody asks for it.

#include "base/text.hpp"
#include "domain/capacity.hpp"
#include "portal/calls.hpp"
#include "portal/machine.hpp"

#include <charconv>

namespace carrel {

namespace {

using nlohmann::json;

/// One of the query's numbers, between these two.
Result<double> read_amount(http::Request const& request, std::string const& name, double least,
                           double most) {
    auto const given = request.query(name);
    double amount = 0;
    if (given) {
        auto const* const end = given->data() + given->size();
        auto const parsed = std::from_chars(given->data(), end, amount);
        if (parsed.ec == std::errc() && parsed.ptr == end && amount >= least && amount <= most)
            return amount;
    }
    return std::unexpected(
        Error{Code::InvalidArgument,
              fmt::format("{} has to be a number from {} to {}", name, least, most), name});
}

Result<int> read_count(http::Request const& request, std::string const& name, int least, int most) {
    TRY(auto const amount, read_amount(request, name, least, most));
    auto const count = static_cast<int>(amount);
    if (static_cast<double>(count) == amount) return count;
    return std::unexpected(Error{Code::InvalidArgument, name + " has to be a whole number", name});
}

json view_of(MachineSize const& size) {
    return {{"cpu", size.cpu}, {"memory_gib", size.memory_gib}, {"storage_gib", size.storage_gib}};
}

Result<http::Response> show_plan(PortalDependencies const& portal, Visit const& visit) {
    auto const& user = visit.who.user;
    if (!user.administrator && !user.leader)
        return fail(Code::PermissionDenied, "only leaders and administrators plan courses");
    auto const& limits = portal.limits;
    Class wanted;
    TRY(wanted.people, read_count(visit.request, "people", 1, limits.most_participants));
    TRY(auto const percent, read_count(visit.request, "at_once_percent", 1, 100));
    TRY(wanted.each.cpu, read_amount(visit.request, "cpu", limits.cpu.least, limits.cpu.most));
    TRY(wanted.each.memory_gib,
        read_amount(visit.request, "memory_gib", limits.memory_gib.least, limits.memory_gib.most));
    TRY(wanted.each.storage_gib, read_amount(visit.request, "storage_gib", limits.storage_gib.least,
                                             limits.storage_gib.most));
    wanted.at_once = at_once_of(wanted.people, percent);
    auto const machine = size_of(read_machine_facts(portal.platform.data));
    auto const carries = carried_by(machine, wanted.each);
    return http::Response::json(
        {{"at_once", wanted.at_once},
         {"needs", view_of(needs_of(wanted))},
         {"machine", view_of(machine)},
         {"carries",
          {{"at_once", carries.at_once},
           {"homes", carries.homes},
           {"scarce", name_of(carries.scarce)}}},
         {"fits", carries.at_once >= wanted.at_once && carries.homes >= wanted.people}});
}

}  // namespace

void add_plan_calls(Calls& calls) {
    calls.topic("Options");
    calls.add({.method = "GET",
               .path = "/plan",
               .summary = "What a course needs of this machine, and how many people it carries",
               .scope = Scope::CoursesRead,
               .gives = "Plan",
               .query = {"people", "at_once_percent", "cpu", "memory_gib", "storage_gib"}},
              show_plan);
}

}  // namespace carrel

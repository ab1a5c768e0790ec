#pragma once

/// One value on its way to or from a column, and how each type of the domain is kept: times as
/// milliseconds, truth as 0 and 1, enumerators by name, ids as text, `nothing` as NULL.

#include "base/clock.hpp"
#include "base/id.hpp"
#include "base/result.hpp"
#include "domain/access.hpp"
#include "domain/course.hpp"
#include "domain/hub_token.hpp"
#include "domain/removal.hpp"
#include "domain/second_factor.hpp"
#include "domain/server.hpp"

#include <soci/soci.h>

#include <concepts>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace carrel {

struct Cell {
    enum class Kind { Integer, Real, Text };
    Kind kind = Kind::Text;
    long long integer = 0;
    double real = 0;
    std::string text;
    soci::indicator indicator = soci::i_ok;

    [[nodiscard]] bool is_null() const { return indicator == soci::i_null; }
};

// How an enumerator is found again by its name.
inline auto parse_stored(std::string_view name, CourseState) { return parse_course_state(name); }
inline auto parse_stored(std::string_view name, ApplicationState) {
    return parse_application_state(name);
}
inline auto parse_stored(std::string_view name, DeploymentKind) {
    return parse_deployment_kind(name);
}
inline auto parse_stored(std::string_view name, DeploymentState) {
    return parse_deployment_state(name);
}
inline auto parse_stored(std::string_view name, ServerState) { return parse_server_state(name); }
inline auto parse_stored(std::string_view name, HubTokenKind) { return parse_hub_token_kind(name); }
inline auto parse_stored(std::string_view name, AccessList) { return parse_access_list(name); }
inline auto parse_stored(std::string_view name, Admission) { return parse_admission(name); }
inline auto parse_stored(std::string_view name, Leftovers) { return parse_leftovers(name); }
inline auto parse_stored(std::string_view name, FactorKind) { return parse_factor_kind(name); }

template <class Value>
struct CellOf;

template <std::integral Value>
struct CellOf<Value> {
    static constexpr auto kind = Cell::Kind::Integer;
    static void store(Cell& cell, Value value) { cell.integer = static_cast<long long>(value); }
    static Result<> load(Cell const& cell, Value& value) {
        if constexpr (std::same_as<Value, bool>) {
            value = cell.integer != 0;
        } else {
            if (!std::in_range<Value>(cell.integer))
                return fail(Code::Internal, "read a number from the store: {} is out of range",
                            cell.integer);
            value = static_cast<Value>(cell.integer);
        }
        return {};
    }
};

template <>
struct CellOf<double> {
    static constexpr auto kind = Cell::Kind::Real;
    static void store(Cell& cell, double value) { cell.real = value; }
    static Result<> load(Cell const& cell, double& value) {
        value = cell.real;
        return {};
    }
};

template <>
struct CellOf<std::string> {
    static constexpr auto kind = Cell::Kind::Text;
    static void store(Cell& cell, std::string_view value) { cell.text = value; }
    static Result<> load(Cell& cell, std::string& value) {
        value = std::move(cell.text);
        return {};
    }
};

template <>
struct CellOf<std::string_view> {
    static constexpr auto kind = Cell::Kind::Text;
    static void store(Cell& cell, std::string_view value) { cell.text = value; }
};

template <class Tag>
struct CellOf<Id<Tag>> {
    static constexpr auto kind = Cell::Kind::Text;
    static void store(Cell& cell, Id<Tag> const& id) { cell.text = id.value(); }
    static Result<> load(Cell& cell, Id<Tag>& id) {
        id = Id<Tag>(std::move(cell.text));
        return {};
    }
};

template <>
struct CellOf<Time> {
    static constexpr auto kind = Cell::Kind::Integer;
    static void store(Cell& cell, Time time) { cell.integer = time.time_since_epoch().count(); }
    static Result<> load(Cell const& cell, Time& time) {
        time = Time(Milliseconds(cell.integer));
        return {};
    }
};

template <class State>
    requires std::is_enum_v<State>
struct CellOf<State> {
    static constexpr auto kind = Cell::Kind::Text;
    static void store(Cell& cell, State state) { cell.text = name_of(state); }
    static Result<> load(Cell const& cell, State& state) {
        auto parsed = parse_stored(cell.text, state);
        if (!parsed) return fail(Code::Internal, "read the store: {}", parsed.error().message);
        state = *parsed;
        return {};
    }
};

template <class Value>
struct CellOf<std::optional<Value>> {
    static constexpr auto kind = CellOf<Value>::kind;
    static void store(Cell& cell, std::optional<Value> const& value) {
        if (value)
            CellOf<Value>::store(cell, *value);
        else
            cell.indicator = soci::i_null;
    }
    static Result<> load(Cell& cell, std::optional<Value>& value) {
        value.reset();
        if (cell.is_null()) return {};
        return CellOf<Value>::load(cell, value.emplace());
    }
};

}  // namespace carrel

#pragma once

/// The parts of a transaction about who may in, and about people who are removed; what is common to
/// all parts is said in store/transaction.hpp.

#include "domain/access.hpp"
#include "domain/removal.hpp"

#include <string_view>
#include <vector>

namespace carrel {

/// Lists of who may in, as far as they are not in the configuration.
class AccessEntries {
public:
    virtual ~AccessEntries() = default;
    /// False when it was there, and stays as it is.
    virtual Result<bool> put(AccessEntry const& entry) = 0;
    /// False when it was not there.
    virtual Result<bool> remove(AccessList list, std::string_view value) = 0;
    /// By list and value.
    virtual Result<std::vector<AccessEntry>> all() = 0;
};

/// Orders to remove people, and those who are.
class Removals {
public:
    virtual ~Removals() = default;
    virtual Result<> insert(Removal const& removal) = 0;  ///< unique: user
    virtual Result<> update(Removal const& removal) = 0;
    virtual Result<Removal> find(UserId const& user) = 0;
    /// Oldest first.
    virtual Result<std::vector<Removal>> unfinished() = 0;
    /// Newest first.
    virtual Result<std::vector<Removal>> newest(int limit) = 0;
    virtual Result<> remove(UserId const& user) = 0;
};

}  // namespace carrel

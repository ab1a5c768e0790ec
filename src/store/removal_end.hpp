#pragma once

/// The end of the removal of a person, and how each step of it is written down. Functions on a
/// transaction.

#include "store/transaction.hpp"

namespace carrel {

/// Every file is where it belongs: the name is free for others, unless the files are kept.
[[nodiscard]] Result<> finish_removal(Transaction& transaction, Removal removal, Time now);

/// An event about whoever is removed, by the name that they had.
[[nodiscard]] Result<> note_removal(Transaction& transaction, Removal const& removal,
                                    std::string_view kind, std::string const& actor,
                                    std::string message, Time now);

}  // namespace carrel

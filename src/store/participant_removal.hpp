#pragma once

/// Somebody is no participant of a course any more: how that is told to the hub, which stops their
/// servers and closes what they have open, even when this process does not live to do it.

#include "store/transaction.hpp"

namespace carrel {

/// The kind of its item in the outbox.
inline constexpr std::string_view removal_announcement = "remove_participant";

/// Written in the transaction that takes the right away.
[[nodiscard]] Result<> announce_removal(Transaction& transaction, CourseId const& course,
                                        UserId const& user, Time now);

}  // namespace carrel

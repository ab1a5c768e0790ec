#pragma once

/// What follows from somebody being let into a server: the right to enter it, at each request anew,
/// and its end. Functions on a transaction.

#include "domain/course.hpp"
#include "domain/user.hpp"
#include "store/transaction.hpp"

namespace carrel {

/// The scopes that others have shared with this user, or with a group that they are in:
/// "access:servers!server=ada/gpu". An owner who has no place in the course any more shares
/// nothing.
[[nodiscard]] Result<std::vector<std::string>> shared_scopes(Transaction& transaction,
                                                             Course const& course,
                                                             UserId const& user);

/// Takes it back: the row goes, so do codes and tokens of the server's OAuth for that user, and the
/// outbox has the proxy refuse their edge tokens and cut their connections.
/// False: there was none.
[[nodiscard]] Result<bool> end_share(Transaction& transaction, Course const& course,
                                     HubShare const& share, Time now);

/// The same for all who are in the group.
[[nodiscard]] Result<bool> end_group_share(Transaction& transaction, Course const& course,
                                           HubGroupShare const& share, Time now);

/// All that is shared with a group, which may be removed then.
[[nodiscard]] Result<> end_sharing_with_group(Transaction& transaction, Course const& course,
                                              std::string_view group, Time now);

/// All shares of one server, and the codes by which there would be more.
[[nodiscard]] Result<> end_sharing_of_server(Transaction& transaction, Course const& course,
                                             UserId const& owner, std::string_view server,
                                             Time now);

/// The server has another name from now on: who was let into it is let into that, and visits of
/// what it was called end. Unavailable: so much is being taken back that this has to wait.
[[nodiscard]] Result<> move_sharing_of_server(Transaction& transaction, Course const& course,
                                              UserId const& owner, std::string_view from,
                                              std::string const& to, Time now);

/// All that this person shares in the course, and all that is shared with them.
[[nodiscard]] Result<> end_sharing_of_person(Transaction& transaction, Course const& course,
                                             UserId const& user, Time now);

}  // namespace carrel

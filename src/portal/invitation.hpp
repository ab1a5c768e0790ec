#pragma once

/// Invitation codes: who knows a course's code may apply to it.

#include "base/random.hpp"
#include "domain/course.hpp"
#include "store/transaction.hpp"

#include <string>
#include <string_view>

namespace carrel {

/// 24 characters of 144 random bits: nobody guesses one.
[[nodiscard]] std::string make_invitation_code(Random& random);

/// NotFound, with one sentence for a code that is wrong and for one that was replaced.
[[nodiscard]] Result<Course> find_invited(Transaction& transaction, std::string_view code);

}  // namespace carrel

#pragma once

/// The columns of the tables about who may in and who is removed; see rows.hpp.

#include "domain/access.hpp"
#include "domain/removal.hpp"

namespace carrel {

template <class Visit>
void visit_columns(AccessEntry& entry, Visit&& visit) {
    visit("list", entry.list);
    visit("value", entry.value);
    visit("added_by", entry.added_by);
    visit("added_at", entry.added_at);
}

template <class Visit>
void visit_columns(Removal& removal, Visit&& visit) {
    visit("user_id", removal.user);
    visit("name", removal.name);
    visit("leftovers", removal.leftovers);
    visit("ordered_by", removal.ordered_by);
    visit("ordered_at", removal.ordered_at);
    visit("finished_at", removal.finished_at);
    visit("problem", removal.problem);
}

}  // namespace carrel

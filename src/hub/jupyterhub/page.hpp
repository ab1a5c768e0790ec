#pragma once

/// Which part of a list is asked for, and how it is answered: JupyterHub's pagination. Pure.

#include "http/message.hpp"

#include <nlohmann/json.hpp>

namespace carrel::jupyterhub {

inline constexpr long long usual_limit = 50;

struct PageRequest {
    bool wrapped = false;  ///< the client asked for items with their place, not for a bare list
    long long offset = 0;
    long long limit = usual_limit;
    /// Where the page before ended, as `page_answer` was told; empty: only the offset is known. A
    /// client hands it back with the address of the next page and need not understand it.
    std::string after = {};
};

/// No page has more than `most` entries. InvalidArgument: an offset or a limit that is no number.
[[nodiscard]] Result<PageRequest> read_page(http::Request const& request, long long most);

/// `items` are those of this page, of `total` in all. `place` is the next page's `after`.
[[nodiscard]] http::Response page_answer(http::Request const& request, PageRequest const& page,
                                         nlohmann::json items, long long total,
                                         std::string_view place = {});
/// The same with items that are JSON already, maybe megabytes: `text` is `page_opening` and they.
[[nodiscard]] http::Response written_page_answer(http::Request const& request,
                                                 PageRequest const& page, std::string text,
                                                 long long total, std::string_view place = {});
[[nodiscard]] std::string_view page_opening(PageRequest const& page);

}  // namespace carrel::jupyterhub

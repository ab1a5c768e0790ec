#include "hub/jupyterhub/page.hpp"

#include "base/encoding.hpp"
#include "base/text.hpp"
#include "hub/jupyterhub/form.hpp"
#include "hub/jupyterhub/json_text.hpp"

#include <algorithm>

namespace carrel::jupyterhub {

namespace {

/// No list is as long; an offset and a limit can still be added up.
constexpr long long furthest = 1'000'000'000'000;
constexpr std::string_view wrapped_type = "application/jupyterhub-pagination+json";

Result<long long> number_in(Form const& query, std::string_view name, long long usual) {
    if (!query.has(name)) return usual;
    auto text = std::string_view(query.get(name));
    bool const negative = text.starts_with('-');
    auto const number = parse_whole(text.substr(negative ? 1 : 0));
    if (!number)
        return fail(Code::InvalidArgument, "Invalid argument type, {} must be an integer", name);
    return negative ? -*number : *number;
}

/// The same question for another part, as the client can send it.
std::string next_url(http::Request const& request, long long offset, long long limit,
                     std::string_view place) {
    std::string url = request.is_secure() ? "https://" : "http://";
    url += request.headers.get("Host");
    url += request.sent_path();
    auto const mark = request.target.find('?');
    char joint = '?';
    if (mark != std::string::npos)
        for (auto const pair : split(std::string_view(request.target).substr(mark + 1), '&')) {
            auto const name = pair.substr(0, pair.find('='));
            if (pair.empty() || name == "offset" || name == "limit" || name == "after") continue;
            url += joint;
            url += pair;
            joint = '&';
        }
    url += fmt::format("{}offset={}&limit={}", joint, offset, limit);
    if (!place.empty()) url += fmt::format("&after={}", place);
    return url;
}

}  // namespace

Result<PageRequest> read_page(http::Request const& request, long long most) {
    TRY(auto const query, Form::of_query(request));
    PageRequest page;
    page.wrapped = request.headers.get("Accept").find(wrapped_type) != std::string_view::npos;
    TRY(page.offset, number_in(query, "offset", 0));
    TRY(page.limit, number_in(query, "limit", page.wrapped ? std::min(usual_limit, most) : most));
    page.after = query.get("after");
    page.offset = std::clamp(page.offset, 0LL, furthest);
    page.limit = std::clamp(page.limit, 1LL, most);
    return page;
}

http::Response page_answer(http::Request const& request, PageRequest const& page,
                           nlohmann::json items, long long total, std::string_view place) {
    auto text = std::string(page_opening(page)) + json_text(items);
    return written_page_answer(request, page, std::move(text), total, place);
}

std::string_view page_opening(PageRequest const& page) {
    return page.wrapped ? R"({"items":)" : "";
}

http::Response written_page_answer(http::Request const& request, PageRequest const& page,
                                   std::string text, long long total, std::string_view place) {
    if (page.wrapped) {
        auto const following = page.offset + page.limit;
        nlohmann::json next = nullptr;
        if (following < total)
            next = {{"offset", following},
                    {"limit", page.limit},
                    {"url", next_url(request, following, page.limit, place)}};
        nlohmann::json const pagination{{"offset", page.offset},
                                        {"limit", page.limit},
                                        {"total", total},
                                        {"next", std::move(next)}};
        text += fmt::format(R"(,"_pagination":{}}})", json_text(pagination));
    }
    auto answer = http::Response::text(std::move(text));
    answer.headers.set("Content-Type", page.wrapped ? wrapped_type : "application/json");
    return answer;
}

}  // namespace carrel::jupyterhub

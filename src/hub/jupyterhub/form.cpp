#include "hub/jupyterhub/form.hpp"

#include "base/encoding.hpp"
#include "base/text.hpp"

#include <algorithm>

namespace carrel::jupyterhub {

namespace {

Result<std::string> decoded(std::string_view text) {
    std::string with_spaces(text);
    std::ranges::replace(with_spaces, '+', ' ');
    return percent_decode(with_spaces);
}

}  // namespace

Result<Form> Form::parse(std::string_view text) {
    Form form;
    for (auto const pair : split(text, '&')) {
        if (pair.empty()) continue;
        auto const equals = pair.find('=');
        TRY(auto name, decoded(pair.substr(0, equals)));
        TRY(auto value, decoded(equals == std::string_view::npos ? "" : pair.substr(equals + 1)));
        auto const [entry, added] = form.fields_.emplace(std::move(name), std::move(value));
        if (!added)
            return fail(Code::InvalidArgument, "'{}' comes more than once",
                        for_log(entry->first, 40));
    }
    return form;
}

Result<Form> Form::of_query(http::Request const& request) {
    auto const mark = request.target.find('?');
    return parse(mark == std::string::npos ? std::string_view()
                                           : std::string_view(request.target).substr(mark + 1));
}

Result<Form> Form::of_body(http::Request const& request) {
    auto const type = request.headers.get("Content-Type");
    if (!equals_ignoring_case(trimmed(type.substr(0, type.find(';'))),
                              "application/x-www-form-urlencoded"))
        return fail(Code::InvalidArgument, "a form was expected");
    return parse(request.body);
}

std::string const& Form::get(std::string_view name) const {
    static std::string const none;
    auto const found = fields_.find(name);
    return found == fields_.end() ? none : found->second;
}

}  // namespace carrel::jupyterhub

#include "base/base64.hpp"

#include "base/encoding.hpp"

#include <algorithm>

namespace carrel {

std::string to_base64(std::string_view bytes) {
    auto text = to_base64url(bytes);
    std::ranges::replace(text, '-', '+');
    std::ranges::replace(text, '_', '/');
    text.append((4 - text.size() % 4) % 4, '=');
    return text;
}

Result<std::string> from_base64(std::string_view text) {
    auto const digits = text.substr(0, text.find('='));
    auto const padding = text.size() - digits.size();
    bool const other_alphabet = digits.find_first_of("-_") != std::string_view::npos;
    if (other_alphabet || text.size() % 4 != 0 || padding > 2 ||
        text.find_first_not_of('=', digits.size()) != std::string_view::npos)
        return fail(Code::InvalidArgument, "not base64");
    std::string plain(digits);
    std::ranges::replace(plain, '+', '-');
    std::ranges::replace(plain, '/', '_');
    return from_base64url(plain);
}

}  // namespace carrel

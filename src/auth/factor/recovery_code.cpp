#include "auth/factor/recovery_code.hpp"

#include "auth/secret.hpp"
#include "base/text.hpp"

#include <array>

namespace carrel {

std::string make_recovery_code(Random& random) {
    constexpr std::string_view letters = "23456789abcdefghjkmnpqrstuvwxyz2";
    static_assert(letters.size() == 32);
    // The last letter is the first again: 31 that nobody mistakes, each of 32 values a letter.
    std::array<std::byte, 16> bytes{};
    random.fill(bytes);
    std::string code;
    for (size_t i = 0; i < bytes.size(); ++i) {
        if (i > 0 && i % 4 == 0) code += '-';
        code += letters[static_cast<size_t>(bytes.at(i)) % letters.size()];
    }
    return code;
}

std::vector<std::string> make_recovery_codes(Random& random) {
    std::vector<std::string> codes;
    while (codes.size() < recovery_codes_made) codes.push_back(make_recovery_code(random));
    return codes;
}

std::string hash_recovery_code(std::string_view code) {
    std::string plain;
    for (auto const letter : to_lower(code))
        if (letter != '-' && letter != ' ') plain += letter;
    return hash_secret("recovery code " + plain);
}

}  // namespace carrel

#include "domain/common_password.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string>

namespace carrel {

namespace {

/// What the passwords that are used most are made of, in English and German, and what belongs to
/// this platform. With ten characters at least, a list of whole passwords would miss most of them:
/// people make "password" long enough by "password123" and "Passwort2026!".
constexpr std::array<std::string_view, 76> usual_words{
    "abc",       "admin",      "administrator", "baseball",     "basketball", "batman",
    "beautiful", "butterfly",  "carrel",        "changeme",     "charlie",    "chocolate",
    "computer",  "cookie",     "course",        "daniel",       "default",    "diamond",
    "dragon",    "email",      "everything",    "football",     "forever",    "freedom",
    "frankfurt", "geheim",     "gewinner",      "guest",        "hallo",      "hallowelt",
    "hello",     "helloworld", "iloveyou",      "ichliebedich", "jennifer",   "jordan",
    "jupyter",   "jupyterhub", "jupyterlab",    "kennwort",     "killer",     "letmein",
    "liebe",     "login",      "lovely",        "master",       "michael",    "michelle",
    "monkey",    "mustang",    "nothing",       "notebook",     "pass",       "passwd",
    "password",  "passwort",   "princess",      "python",       "qwerty",     "qwertz",
    "samsung",   "schalke",    "schatz",        "secret",       "shadow",     "sommer",
    "starwars",  "student",    "summer",        "sunshine",     "superman",   "teacher",
    "test",      "trustnoone", "welcome",       "willkommen"};

constexpr std::array<std::string_view, 9> rows{"abcdefghijklmnopqrstuvwxyz",
                                               "1234567890",
                                               "0123456789",
                                               "qwertyuiop",
                                               "qwertzuiop",
                                               "asdfghjkl",
                                               "zxcvbnm",
                                               "yxcvbnm",
                                               "1q2w3e4r5t6y7u8i9o0p"};

bool is_letter(char c) { return c >= 'a' && c <= 'z'; }

/// Letters that digits and signs are written for.
char meant_by(char c) {
    switch (c) {
        case '0':
            return 'o';
        case '1':
        case '!':
            return 'i';
        case '3':
            return 'e';
        case '4':
        case '@':
            return 'a';
        case '5':
        case '$':
            return 's';
        case '7':
            return 't';
        default:
            return c;
    }
}

/// Without the digits and signs at both ends.
std::string core_of(std::string_view text) {
    while (!text.empty() && !is_letter(text.front())) text.remove_prefix(1);
    while (!text.empty() && !is_letter(text.back())) text.remove_suffix(1);
    return std::string(text);
}

std::string plainly(std::string_view text) {
    std::string plain;
    for (char const c : text) plain += meant_by(c);
    return plain;
}

/// "passpasspass" is "pass".
std::string_view unit_of(std::string_view text) {
    for (size_t size = 1; size <= text.size() / 2; ++size) {
        if (text.size() % size != 0) continue;
        bool repeats = true;
        for (size_t i = size; i < text.size() && repeats; ++i) repeats = text[i] == text[i - size];
        if (repeats) return text.substr(0, size);
    }
    return text;
}

bool is_step(char from, char to) {
    return std::ranges::any_of(rows, [&](std::string_view row) {
        auto const at = row.find(from);
        if (at == std::string_view::npos) return false;
        return (at + 1 < row.size() && row[at + 1] == to) || (at > 0 && row[at - 1] == to);
    });
}

/// Most of it goes step by step along a row, as in "abcdefgh12" or "asdfasdfasdf".
bool is_run(std::string_view text) {
    size_t steps = 0;
    for (size_t i = 1; i < text.size(); ++i)
        if (text[i] == text[i - 1] || is_step(text[i - 1], text[i])) ++steps;
    return steps * 4 >= (text.size() - 1) * 3;
}

}  // namespace

bool is_common_password(std::string_view password, std::string_view user_name) {
    auto const lower = to_lower(password);
    constexpr size_t fewest_letters = 5;
    if (std::set(lower.begin(), lower.end()).size() < fewest_letters) return true;
    if (is_run(lower)) return true;
    auto const name = core_of(to_lower(user_name));
    auto const is_usual = [&](std::string_view word) {
        return std::ranges::find(usual_words, word) != usual_words.end() ||
               (!name.empty() && word == name);
    };
    // "p4ssw0rd1" is "password" once digits are letters, "password1" once they are cut off.
    for (auto const& core : {core_of(lower), plainly(core_of(lower)), core_of(plainly(lower))})
        if (is_usual(core) || is_usual(unit_of(core))) return true;
    return false;
}

}  // namespace carrel

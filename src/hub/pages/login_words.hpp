#pragma once

/// What a hub's log-in form says, in both languages. Pure.

#include "hub/pages/html_page.hpp"

#include <optional>

namespace carrel::jupyterhub {

struct LoginWords {
    std::string_view title, lead, username, password, submit, wrong, expired, limited, foreign,
        with, denied, not_listed, whom;
};

[[nodiscard]] LoginWords const& login_words_in(Language language);

/// Why the lists of who may in keep somebody out, and whom to ask.
[[nodiscard]] std::string refusal_words(LoginWords const& words, Error const& refusal,
                                        std::string const& contact);

/// Why a directory did not let somebody in; nothing when `problem` is not one of
/// `login_problems`. `title` is what the directory is called.
[[nodiscard]] std::optional<std::string> directory_words(std::string_view problem,
                                                         std::string_view title, Language language);

}  // namespace carrel::jupyterhub

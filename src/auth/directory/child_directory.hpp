#pragma once

/// A directory that is asked in a child process of its own for each question: the same program, as
/// `carrel check-password`.
///
/// The libraries that ask (libpam and its modules, libldap) block as long as they like, keep state,
/// and load code that we do not know. A child can be killed at its deadline, and takes everything
/// along. Name and password go to it through a pipe, as JSON, and nowhere else.

#include "auth/directory/directory.hpp"
#include "base/clock.hpp"

#include <nlohmann/json.hpp>

#include <semaphore>
#include <string>
#include <vector>

namespace carrel {

struct ChildDirectoryOptions {
    /// The program and its first arguments.
    std::vector<std::string> program{"/proc/self/exe", "check-password"};
    /// What the child is told beside the question: "kind", and what that needs. May hold secrets.
    nlohmann::json kind = nlohmann::json::object();
    Milliseconds timeout{10'000};      ///< for one question
    Milliseconds most_waiting{5'000};  ///< for a turn
    static constexpr int at_once = 4;  ///< children, of one directory
};

class ChildDirectory final : public Directory {
public:
    ChildDirectory(ProviderSettings settings, ChildDirectoryOptions options)
        : settings_(std::move(settings)), options_(std::move(options)) {}

    [[nodiscard]] ProviderSettings const& settings() const override { return settings_; }
    [[nodiscard]] Result<ProviderPerson> check(DirectoryQuestion const& question) override;

private:
    Result<std::string> ask(std::string const& question);

    ProviderSettings settings_;
    ChildDirectoryOptions options_;
    std::counting_semaphore<ChildDirectoryOptions::at_once> turns_{ChildDirectoryOptions::at_once};
};

/// What the child answers when it knows somebody, and back.
[[nodiscard]] nlohmann::json answer_of(ProviderPerson const& person);
/// What it answers otherwise: "wrong", or one of `login_problems`; `cause` is for the log.
[[nodiscard]] nlohmann::json refusal_of(std::string_view problem, std::string_view cause);

}  // namespace carrel

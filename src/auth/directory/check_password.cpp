#include "auth/directory/check_password.hpp"

#include "auth/directory/child_directory.hpp"
#include "auth/directory/ldap_check.hpp"
#include "auth/directory/pam_check.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <iostream>
#include <iterator>

namespace carrel {

namespace {

using nlohmann::json;

/// What is in memory here must not get to a disk.
void keep_secrets() {
    rlimit const none{0, 0};
    (void)::setrlimit(RLIMIT_CORE, &none);
    (void)::prctl(PR_SET_DUMPABLE, 0);
}

/// Modules print what they like; only we may write the answer.
int take_standard_output() {
    int const answer = ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    (void)::dup2(STDERR_FILENO, STDOUT_FILENO);
    return answer;
}

json answer_to(json const& question) {
    auto const kind = question.value("kind", "");
    if (kind == "pam") return check_by_pam(question);
    if (kind == "ldap") return check_by_ldap(question);
    return refusal_of("failed", "there is no such kind of directory");
}

bool write_all(int descriptor, std::string_view text) {
    while (!text.empty()) {
        auto const count = ::write(descriptor, text.data(), text.size());
        if (count <= 0) return false;
        text.remove_prefix(static_cast<size_t>(count));
    }
    return true;
}

}  // namespace

int check_password_main() {
    keep_secrets();
    // The platform ignores it; modules may rely on what is usual.
    (void)std::signal(SIGPIPE, SIG_DFL);
    int const answers = take_standard_output();
    std::string const text((std::istreambuf_iterator<char>(std::cin)), {});
    auto const question = json::parse(text, nullptr, false);
    if (answers < 0 || !question.is_object()) return 2;
    try {
        ::alarm(static_cast<unsigned>(std::clamp(question.value("seconds", 10), 1, 600)));
        auto const answer = answer_to(question);
        // Names of groups and people need not be UTF-8.
        return write_all(answers, answer.dump(-1, ' ', false, json::error_handler_t::replace)) ? 0
                                                                                               : 1;
    } catch (json::exception const& error) {
        std::fputs(error.what(), stderr);
        return 2;
    }
}

}  // namespace carrel

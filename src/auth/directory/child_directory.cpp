#include "auth/directory/child_directory.hpp"

#include "auth/provider/login_failure.hpp"
#include "base/encoding.hpp"
#include "base/text.hpp"
#include "runtime/subprocess.hpp"

namespace carrel {

namespace {

using nlohmann::json;

/// PAM takes no more (PAM_MAX_RESP_SIZE).
constexpr size_t longest_typed = 512;

std::unexpected<Error> nobody() {
    return fail(Code::Unauthenticated, "the user name or the password is wrong");
}

/// An empty password is no password: to LDAP it means to ask as nobody, which succeeds (RFC 4513
/// section 5.1.2).
bool may_be_asked(std::string const& text) {
    return !text.empty() && text.size() <= longest_typed && is_printable_utf8(text);
}

Code code_of(std::string_view problem) {
    for (auto const* const later : {"unavailable", "misconfigured", "untrusted", "busy", "failed"})
        if (problem == later) return Code::Unavailable;
    return Code::PermissionDenied;
}

std::string text_in(json const& answer, char const* key) {
    auto const found = answer.find(key);
    return found != answer.end() && found->is_string() ? found->get<std::string>() : std::string();
}

Result<ProviderPerson> read_person(json const& answer) {
    ProviderPerson person;
    person.subject = text_in(answer, "subject");
    person.username = text_in(answer, "username");
    person.display_name = text_in(answer, "display_name");
    person.email = text_in(answer, "email");
    if (auto const groups = answer.find("groups"); groups != answer.end() && groups->is_array())
        for (auto const& group : *groups)
            if (group.is_string()) person.groups.push_back(group.get<std::string>());
    if (person.subject.empty() || person.username.empty())
        return login_failure("misconfigured", Code::Unavailable, "the answer names nobody");
    return person;
}

}  // namespace

json answer_of(ProviderPerson const& person) {
    return {{"outcome", "known"},          {"subject", person.subject},
            {"username", person.username}, {"display_name", person.display_name},
            {"email", person.email},       {"groups", person.groups}};
}

json refusal_of(std::string_view problem, std::string_view cause) {
    return {{"outcome", problem}, {"cause", cause}};
}

Result<std::string> ChildDirectory::ask(std::string const& question) {
    if (!turns_.try_acquire_for(options_.most_waiting))
        return login_failure("busy", Code::Unavailable, "{} questions have not been answered yet",
                             ChildDirectoryOptions::at_once);
    auto const done =
        run({.arguments = options_.program, .input = question}, Deadline::after(options_.timeout));
    turns_.release();
    if (!done && done.error().code == Code::Timeout)
        return login_failure("unavailable", Code::Unavailable, "no answer within {} s",
                             std::chrono::ceil<Seconds>(options_.timeout).count());
    if (!done) return login_failure("failed", Code::Unavailable, "{}", done.error().message);
    if (done->exit_code != 0)
        return login_failure("failed", Code::Unavailable, "the child ended with {}: {}",
                             done->exit_code, for_log(done->errors));
    return done->output;
}

Result<ProviderPerson> ChildDirectory::check(DirectoryQuestion const& question) {
    bool const one_line = question.username.find_first_of("\t\r\n") == std::string::npos;
    if (!one_line || !may_be_asked(question.username) || !may_be_asked(question.password))
        return nobody();
    auto asked = options_.kind;
    asked["username"] = question.username;
    asked["password"] = question.password;
    asked["address"] = question.address;
    // Children end by themselves, too, should nobody be left to kill them.
    asked["seconds"] = std::chrono::ceil<Seconds>(options_.timeout).count() + 1;
    TRY(auto const text, ask(asked.dump()));
    auto const answer = json::parse(text, nullptr, false);
    auto const outcome = answer.is_object() ? text_in(answer, "outcome") : std::string();
    if (outcome == "known") return read_person(answer);
    if (outcome == "wrong") return nobody();
    Error const problem{code_of(outcome), for_log(text_in(answer, "cause")), outcome};
    if (login_problem_of(problem) == outcome) return std::unexpected(problem);
    return login_failure("failed", Code::Unavailable, "the child's answer makes no sense");
}

}  // namespace carrel

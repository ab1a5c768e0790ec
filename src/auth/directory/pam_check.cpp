#include "auth/directory/pam_check.hpp"

#include "auth/directory/child_directory.hpp"

#include <grp.h>
#include <pwd.h>
#include <security/pam_appl.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <optional>
#include <vector>

namespace carrel {

namespace {

using nlohmann::json;

/// Whoever has no account of their own on the machine; what NFS makes of strangers, too.
constexpr uid_t nobody_uid = 65534;

struct Typed {
    std::string password;
    bool given = false;       ///< it has been asked for
    bool asked_more = false;  ///< and something else as well, which nobody has typed
};

/// The password answers the first hidden question. Another one means another thing.
int converse(int count, pam_message const** messages, pam_response** responses, void* data) {
    auto& typed = *static_cast<Typed*>(data);
    if (count <= 0 || count > PAM_MAX_NUM_MSG) return PAM_CONV_ERR;
    auto* const answers =
        static_cast<pam_response*>(std::calloc(static_cast<size_t>(count), sizeof(pam_response)));
    if (answers == nullptr) return PAM_BUF_ERR;
    for (int i = 0; i < count; ++i) {
        auto const style = messages[i]->msg_style;
        if (style == PAM_ERROR_MSG || style == PAM_TEXT_INFO) continue;
        if (style == PAM_PROMPT_ECHO_OFF && !typed.given) {
            typed.given = true;
            answers[i].resp = ::strdup(typed.password.c_str());
            if (answers[i].resp != nullptr) continue;
        }
        typed.asked_more = true;
        for (int k = 0; k < i; ++k) std::free(answers[k].resp);
        std::free(answers);
        return PAM_CONV_ERR;
    }
    *responses = answers;
    return PAM_SUCCESS;
}

/// Wrong passwords are slowed down by ourselves; PAM would hold the child for two seconds.
void without_delay(int, unsigned, void*) {}

class Pam {
public:
    Pam(std::string const& service, std::string const& user, pam_conv const& conversation) {
        status_ = ::pam_start(service.c_str(), user.c_str(), &conversation, &handle_);
    }
    ~Pam() {
        if (handle_ != nullptr) ::pam_end(handle_, status_);
    }
    Pam(Pam const&) = delete;
    Pam& operator=(Pam const&) = delete;

    [[nodiscard]] int begun() const { return status_; }
    void set(int item, void const* value) { (void)::pam_set_item(handle_, item, value); }
    int authenticate() {
        return status_ = ::pam_authenticate(handle_, PAM_SILENT | PAM_DISALLOW_NULL_AUTHTOK);
    }
    int check_account() {
        return status_ = ::pam_acct_mgmt(handle_, PAM_SILENT | PAM_DISALLOW_NULL_AUTHTOK);
    }
    /// Modules may have changed it.
    [[nodiscard]] std::string user() {
        void const* found = nullptr;
        if (::pam_get_item(handle_, PAM_USER, &found) != PAM_SUCCESS || found == nullptr) return {};
        return static_cast<char const*>(found);
    }
    [[nodiscard]] std::string said() { return ::pam_strerror(handle_, status_); }

private:
    pam_handle_t* handle_ = nullptr;
    int status_ = PAM_SUCCESS;
};

struct UnixAccount {
    uid_t uid = 0;
    gid_t group = 0;
    std::string name;
    std::string full_name;
};

std::optional<UnixAccount> find_account(std::string const& name) {
    passwd entry{};
    passwd* found = nullptr;
    std::vector<char> memory(64UL * 1024UL);
    if (::getpwnam_r(name.c_str(), &entry, memory.data(), memory.size(), &found) != 0 ||
        found == nullptr)
        return {};
    std::string const about = entry.pw_gecos == nullptr ? "" : entry.pw_gecos;
    return UnixAccount{.uid = entry.pw_uid,
                       .group = entry.pw_gid,
                       .name = entry.pw_name,
                       .full_name = about.substr(0, about.find(','))};
}

std::vector<std::string> groups_of(UnixAccount const& account) {
    int count = 256;
    std::vector<gid_t> ids(static_cast<size_t>(count));
    while (::getgrouplist(account.name.c_str(), account.group, ids.data(), &count) < 0 &&
           static_cast<size_t>(count) > ids.size())
        ids.resize(static_cast<size_t>(count));
    ids.resize(static_cast<size_t>(count));
    std::vector<std::string> names;
    std::vector<char> memory(1024UL * 1024UL);
    for (auto const id : ids) {
        group entry{};
        group* found = nullptr;
        if (::getgrgid_r(id, &entry, memory.data(), memory.size(), &found) == 0 && found != nullptr)
            names.emplace_back(entry.gr_name);
    }
    return names;
}

bool is_a_persons(UnixAccount const& account, long long minimum_uid) {
    return account.uid != 0 && account.uid != nobody_uid &&
           static_cast<long long>(account.uid) >= minimum_uid;
}

/// Whether the service has rules of its own: without, PAM takes those of "other".
bool has_rules(std::string const& service) {
    if (service.empty() || service.find('/') != std::string::npos) return false;
    for (auto const* const folder : {"/etc/pam.d/", "/usr/lib/pam.d/"})
        if (::access((folder + service).c_str(), R_OK) == 0) return true;
    return false;
}

/// Before the password was right, nothing else may be said of an account than that it was wrong.
json refused_password(int status, Typed const& typed, std::string const& said) {
    if (typed.asked_more) return refusal_of("misconfigured", "PAM asks for more than a password");
    switch (status) {
        case PAM_AUTHINFO_UNAVAIL:
            return refusal_of("unavailable", said);
        case PAM_ABORT:
        case PAM_BUF_ERR:
        case PAM_CONV_ERR:
        case PAM_MODULE_UNKNOWN:
        case PAM_OPEN_ERR:
        case PAM_SERVICE_ERR:
        case PAM_SYMBOL_ERR:
        case PAM_SYSTEM_ERR:
            return refusal_of("misconfigured", said);
        default:
            return refusal_of("wrong", said);
    }
}

json refused_account(int status, std::string const& said) {
    switch (status) {
        case PAM_NEW_AUTHTOK_REQD:
        case PAM_AUTHTOK_EXPIRED:
            return refusal_of("password_expired", said);
        case PAM_ACCT_EXPIRED:
            return refusal_of("account_expired", said);
        case PAM_AUTHINFO_UNAVAIL:
            return refusal_of("unavailable", said);
        case PAM_PERM_DENIED:
        case PAM_AUTH_ERR:
        case PAM_USER_UNKNOWN:
            return refusal_of("refused", said);
        default:
            return refusal_of("misconfigured", said);
    }
}

}  // namespace

json check_by_pam(json const& question) {
    auto const service = question.value("service", "");
    auto const username = question.value("username", "");
    auto const address = question.value("address", "");
    auto const minimum_uid = question.value("minimum_uid", 1000LL);
    if (!has_rules(service))
        return refusal_of("misconfigured", "there is no /etc/pam.d/" + service);
    // Nobody even guesses at passwords of the system's own accounts.
    if (auto const known = find_account(username); known && !is_a_persons(*known, minimum_uid))
        return refusal_of("wrong", "an account of the system");

    Typed typed{.password = question.value("password", "")};
    pam_conv const conversation{&converse, &typed};
    Pam pam(service, username, conversation);
    if (pam.begun() != PAM_SUCCESS) return refusal_of("misconfigured", "PAM does not start");
    pam.set(PAM_FAIL_DELAY, reinterpret_cast<void const*>(&without_delay));
    if (!address.empty()) pam.set(PAM_RHOST, address.c_str());
    if (auto const status = pam.authenticate(); status != PAM_SUCCESS)
        return refused_password(status, typed, pam.said());
    if (auto const status = pam.check_account(); status != PAM_SUCCESS)
        return refused_account(status, pam.said());

    auto const account = find_account(pam.user());
    if (!account) return refusal_of("misconfigured", "PAM knows an account that is none here");
    if (!is_a_persons(*account, minimum_uid))
        return refusal_of("wrong", "an account of the system");
    // A number is given to another account some day, and so is a name; both at once is the same
    // one.
    return answer_of({.subject = std::to_string(account->uid) + ":" + account->name,
                      .username = account->name,
                      .display_name = account->full_name,
                      .email = {},
                      .groups = groups_of(*account),
                      .id_token = {},
                      .log_out_at = {}});
}

}  // namespace carrel

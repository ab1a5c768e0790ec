#include "spawn/process/service_launch.hpp"

#include "base/result.hpp"
#include "base/text.hpp"
#include "spawn/process/bridge.hpp"

#include <grp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cstdio>
#include <limits>
#include <string_view>

namespace carrel {

namespace {

Result<> become_account(std::string_view account) {
    if (account != "-") {
        auto const number = parse_whole(account);
        if (!number || *number <= 0 || *number >= std::numeric_limits<uid_t>::max())
            return fail(Code::InvalidArgument, "run as {}: that is no account", account);
        auto const id = static_cast<uid_t>(*number);
        if (::setgroups(0, nullptr) != 0 || ::setresgid(id, id, id) != 0 ||
            ::setresuid(id, id, id) != 0)
            return fail_errno("run as {}", account);
    } else if (::geteuid() == 0) {
        return fail(Code::PermissionDenied, "a service never runs as root");
    }
    // Programs that would give it other rights give it none.
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return fail_errno("give up rights");
    return {};
}

}  // namespace

int service_main(int count, char** arguments) {
    if (count < 7) {
        std::fputs("carrel service: for courses' hubs alone\n", stderr);
        return 127;
    }
    auto const hub = parse_whole(arguments[3]);
    if (auto const become = become_account(arguments[2]); !become) {
        std::fputs(fmt::format("carrel service: {}\n", become.error().message).c_str(), stderr);
        return 127;
    }
    // By force, so that no second one meets the first. After the account, whose change would take
    // it back. The hub may have ended before that, even before this program began: then another one
    // starts the service.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (hub != ::getppid()) return 127;
    // `carrel bridge HUB_SOCKET PAGES_SOCKET COMMAND…` is what is left.
    return bridge_main(count - 2, arguments + 2);
}

}  // namespace carrel

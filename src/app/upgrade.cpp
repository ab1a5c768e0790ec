#include "app/upgrade.hpp"

#include "app/commands.hpp"
#include "runtime/deadline.hpp"
#include "runtime/log.hpp"

#include <fcntl.h>
#include <sys/file.h>

#include <csignal>
#include <fstream>
#include <thread>

namespace carrel {

namespace {

/// Answers under way, unused connections, and a control process that comes back.
constexpr Milliseconds patience{120'000};
constexpr Milliseconds between_looks{50};

/// One at a time: the outcome is for who asked.
Result<int> lock_upgrades(Folders const& folders) {
    auto const path = folders.upgrade_file().string() + ".lock";
    int const file = ::open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    if (file < 0) return fail_errno("open {}", path);
    if (::flock(file, LOCK_EX | LOCK_NB) != 0)
        return fail(Code::Conflict, "another `carrel upgrade` is under way");
    return file;  // held until this process ends
}

}  // namespace

void note_upgrade(Folders const& folders, UpgradeOutcome const& outcome) {
    auto const path = folders.upgrade_file();
    auto const draft = path.string() + ".new";
    std::ofstream file(draft, std::ios::trunc);
    file << (outcome.done ? "done" : "failed") << '\n' << outcome.sentence << '\n';
    file.close();
    if (!file || std::rename(draft.c_str(), path.c_str()) != 0)
        log::warn("upgrade_not_noted", {{"file", path.string()}, {"cause", describe_errno(errno)}});
}

std::optional<UpgradeOutcome> last_upgrade(Folders const& folders) {
    std::ifstream file(folders.upgrade_file());
    std::string state;
    UpgradeOutcome outcome;
    if (!std::getline(file, state) || !std::getline(file, outcome.sentence)) return std::nullopt;
    outcome.done = state == "done";
    return outcome;
}

Result<> upgrade(SettingsFlags const& flags) {
    TRY(auto const settings, settings_from(flags));
    TRY(auto const supervisor, FolderLock::holder(settings.server.data));
    TRY(auto const folders, make_folders(settings.server.data));
    TRY([[maybe_unused]] int const lock, lock_upgrades(folders));
    std::error_code ignored;
    std::filesystem::remove(folders.upgrade_file(), ignored);
    if (::kill(supervisor, SIGUSR2) != 0)
        return fail_errno("ask process {} to upgrade", supervisor);
    for (auto const deadline = Deadline::after(patience); !deadline.passed();) {
        if (auto const outcome = last_upgrade(folders)) {
            if (!outcome->done) return fail(Code::Unavailable, "{}", outcome->sentence);
            fmt::print("Upgraded: {}.\n", outcome->sentence);
            return {};
        }
        TRY_VOID(FolderLock::holder(settings.server.data));
        std::this_thread::sleep_for(between_looks);
    }
    return fail(Code::Timeout,
                "the upgrade is still under way after {} s; the log of `carrel "
                "serve` says how it goes",
                patience.count() / 1000);
}

}  // namespace carrel

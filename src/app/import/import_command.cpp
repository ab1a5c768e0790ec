#include "app/import/import_command.hpp"

#include "app/folders.hpp"
#include "app/import/import_plan.hpp"
#include "app/import/import_report.hpp"
#include "app/open_store.hpp"
#include "auth/local/password_hasher.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

namespace carrel {

namespace {

constexpr size_t password_bytes = 12;  ///< 16 characters

Result<NewNames> read_names(std::string const& file) {
    if (file.empty()) return NewNames();
    std::ifstream stream(file, std::ios::binary);
    if (!stream) return fail_errno("read {}", file);
    auto names = parse_new_names(std::string(std::istreambuf_iterator<char>(stream), {}));
    if (!names) return std::unexpected(names.error().wrapped(file));
    return names;
}

Admins admins_of(std::string_view text) {
    if (text == "leaders") return Admins::Leaders;
    if (text == "administrators") return Admins::Administrators;
    return Admins::Participants;
}

/// First passwords, in a file that nobody else can read and that is on disk before the accounts
/// are: whoever has lost it would have to set every one by hand.
class PasswordFile {
public:
    static Result<PasswordFile> create(std::string const& path) {
        int const file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (file < 0) return fail_errno("make the file of passwords {}", path);
        return PasswordFile(path, file);
    }
    PasswordFile(PasswordFile&& other) noexcept
        : path_(std::move(other.path_)), file_(std::exchange(other.file_, -1)) {}
    PasswordFile& operator=(PasswordFile&&) = delete;
    /// Removes it, unless it was kept: its passwords are nobody's.
    ~PasswordFile() {
        if (file_ < 0) return;
        ::close(file_);
        ::unlink(path_.c_str());
    }

    Result<> write(std::string_view text) {
        while (!text.empty()) {
            auto const written = ::write(file_, text.data(), text.size());
            if (written < 0 && errno == EINTR) continue;
            if (written < 0) return fail_errno("write {}", path_);
            text.remove_prefix(static_cast<size_t>(written));
        }
        if (::fsync(file_) != 0) return fail_errno("write {}", path_);
        return {};
    }
    void keep() { ::close(std::exchange(file_, -1)); }

private:
    PasswordFile(std::string path, int file) : path_(std::move(path)), file_(file) {}

    std::string path_;
    int file_;
};

using Hashes = std::map<std::string, std::string>;

/// Each hash takes a while on purpose, so this is not done inside the transaction.
Result<Hashes> give_passwords(ImportOutcome const& outcome, PasswordFile& file, Random& random) {
    PasswordHasher const hasher;
    Hashes hashes;
    std::string lines;
    for (auto const& decision : outcome.decisions) {
        if (!decision.lacks_password || decision.step == Step::LeaveRejected) continue;
        auto const password = random.secret(password_bytes);
        TRY(auto hash, hasher.hash(password));
        hashes.emplace(decision.person.name, std::move(hash));
        lines += fmt::format("{},{}\n", decision.person.name, password);
    }
    TRY_VOID(file.write(lines));
    return hashes;
}

/// How many came, or why nobody did.
Result<ImportOutcome> carry_out(Store& store, ImportPlan const& plan,
                                JupyterHubImport const& wanted, ImportOutcome const& foreseen) {
    SystemRandom random;
    std::optional<PasswordFile> file;
    Hashes hashes;
    if (!wanted.passwords_to.empty()) {
        TRY(auto made, PasswordFile::create(wanted.passwords_to));
        file.emplace(std::move(made));
        TRY(hashes, give_passwords(foreseen, *file, random));
    }
    auto const admins = admins_of(wanted.admins);
    auto const now = SystemClock().now();
    // Looked at again: somebody may have joined, or the course may have ended.
    TRY(auto outcome, store.write([&](Transaction& transaction) -> Result<ImportOutcome> {
        TRY(auto found, look(transaction, plan, wanted.course, admins));
        TRY_VOID(apply(transaction, found, hashes, random, now));
        return found;
    }));
    if (file) file->keep();
    return outcome;
}

}  // namespace

Result<> import_jupyterhub(SettingsFlags const& flags, JupyterHubImport const& wanted) {
    TRY(auto const contents, read_jupyterhub(wanted.database));
    TRY(auto const names, read_names(wanted.names));
    TRY(auto const plan, plan_import(contents, names));
    TRY(auto const settings, settings_from(flags));
    TRY_VOID(make_folders(settings.server.data));
    TRY(auto const store, open_store(settings));
    TRY(auto outcome, store->read([&](Transaction& transaction) {
        return look(transaction, plan, wanted.course, admins_of(wanted.admins));
    }));
    if (wanted.apply) {
        TRY(outcome, carry_out(*store, plan, wanted, outcome));
    }
    fmt::print("{}", report_of(contents, plan, outcome));
    fmt::print("{}\n", wanted.apply ? "Done." : "Nothing was written; --apply does it.");
    return {};
}

}  // namespace carrel

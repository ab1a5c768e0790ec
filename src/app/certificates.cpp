#include "app/certificates.hpp"

#include "app/self_signed.hpp"
#include "runtime/log.hpp"
#include "runtime/subprocess.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

namespace carrel {

namespace fs = std::filesystem;

namespace {

constexpr std::chrono::hours between_renewals{12};
constexpr std::chrono::minutes after_failure{10};
constexpr Milliseconds longest_run{60'000};
constexpr char const* hook = "/usr/share/uacme/uacme.sh";

Result<> make_private(fs::path const& folder) {
    std::error_code error;
    fs::create_directories(folder, error);
    if (!error) fs::permissions(folder, fs::perms::owner_all, error);
    if (error) return fail(Code::Unavailable, "make {}: {}", folder.string(), error.message());
    return {};
}

/// Replaces `to` at once or not at all.
Result<> copy_over(fs::path const& from, fs::path const& to) {
    auto const draft = fs::path(to.string() + ".new");
    std::error_code error;
    fs::copy_file(from, draft, fs::copy_options::overwrite_existing, error);
    if (!error) fs::permissions(draft, fs::perms::owner_read | fs::perms::owner_write, error);
    if (!error) fs::rename(draft, to, error);
    if (error) return fail(Code::Unavailable, "write {}: {}", to.string(), error.message());
    return {};
}

std::string search_path() {
    auto const* const path = std::getenv("PATH");
    return path == nullptr ? "/usr/local/bin:/usr/bin:/bin" : path;
}

bool same_content(fs::path const& a, fs::path const& b) {
    auto const content = [](fs::path const& path) {
        std::ifstream file(path, std::ios::binary);
        return std::string(std::istreambuf_iterator<char>(file), {});
    };
    return content(a) == content(b);
}

}  // namespace

Result<std::optional<Certificate>> provide_certificate(ServerSettings const& settings,
                                                       fs::path const& data, Clock const& clock) {
    if (settings.tls == "off") return std::optional<Certificate>();
    if (settings.tls == "files")
        return Certificate{
            .certificate = settings.tls_cert, .key = settings.tls_key, .challenges = {}};
    bool const acme = settings.tls == "acme";
    auto const folder = data / "tls" / (acme ? "acme" : "self-signed");
    TRY_VOID(make_private(data / "tls"));
    TRY_VOID(make_private(folder));
    Certificate certificate{
        .certificate = folder / "cert.pem", .key = folder / "key.pem", .challenges = {}};
    // One from an authority is renewed elsewhere; even an old one is better than ours.
    auto const is_for = [&](std::string const& name) {
        return is_fit(certificate.certificate, name, clock.now());
    };
    auto const& users = settings.user_domain;
    bool const missing =
        acme ? !fs::exists(certificate.certificate)
             : !is_for(settings.domain) || (!users.empty() && !is_for("somebody." + users));
    if (missing)
        TRY_VOID(
            write_self_signed(certificate.certificate, certificate.key, settings.domain, users));
    if (acme) {
        certificate.challenges = folder / "challenges";
        TRY_VOID(make_private(certificate.challenges));
    }
    return certificate;
}

AcmeClient::AcmeClient(ServerSettings settings, fs::path const& data, Certificate certificate)
    : settings_(std::move(settings)),
      folder_(data / "tls" / "acme" / "uacme"),
      certificate_(std::move(certificate)),
      cancel_(::eventfd(0, EFD_CLOEXEC)) {}

AcmeClient::~AcmeClient() {
    {
        std::scoped_lock const lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    ::eventfd_write(cancel_, 1);
    if (thread_.joinable()) thread_.join();
    if (cancel_ >= 0) ::close(cancel_);
}

void AcmeClient::start() {
    if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
}

void AcmeClient::run() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        lock.unlock();
        auto const renewed = renew();
        if (!renewed && renewed.error().code != Code::Cancelled)
            log::error("certificate_not_renewed", {{"domain", settings_.domain},
                                                   {"reason", renewed.error().message},
                                                   {"hint", "tried again in ten minutes"}});
        lock.lock();
        auto const pause = renewed ? std::chrono::minutes(between_renewals) : after_failure;
        changed_.wait_for(lock, pause, [this] { return stopping_; });
    }
}

Result<> AcmeClient::uacme(std::vector<std::string> const& arguments) const {
    Command command{.arguments = {"uacme", "-c", folder_.string(), "-y", "-t", "EC", "-h", hook},
                    .environment = {{"PATH", search_path()},
                                    {"UACME_CHALLENGE_PATH", certificate_.challenges.string()}},
                    .cancel = cancel_};
    if (!settings_.acme_url.empty())
        command.arguments.insert(command.arguments.end(), {"-a", settings_.acme_url});
    command.arguments.insert(command.arguments.end(), arguments.begin(), arguments.end());
    TRY(auto const done, carrel::run(command, Deadline::after(longest_run)));
    // 1 is "nothing to do": the account or a certificate that is good for long enough is there.
    if (done.exit_code > 1)
        return fail(Code::Unavailable, "uacme {}: {}", arguments.front(),
                    done.errors.substr(done.errors.size() > 500 ? done.errors.size() - 500 : 0));
    return {};
}

Result<> AcmeClient::renew() const {
    TRY_VOID(make_private(folder_));
    // Harmless when there is an account already, and right when the first attempt came half-way.
    std::vector<std::string> account = {"new"};
    if (!settings_.acme_email.empty()) account.push_back(settings_.acme_email);
    TRY_VOID(uacme(account));
    TRY_VOID(uacme({"issue", settings_.domain}));
    auto const certificate = folder_ / settings_.domain / "cert.pem";
    auto const key = folder_ / "private" / settings_.domain / "key.pem";
    if (same_content(certificate, certificate_.certificate)) return {};
    // The key first: the proxy waits a moment for the other half.
    TRY_VOID(copy_over(key, certificate_.key));
    TRY_VOID(copy_over(certificate, certificate_.certificate));
    log::info("certificate_renewed", {{"domain", settings_.domain}});
    return {};
}

}  // namespace carrel

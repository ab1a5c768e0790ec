#pragma once

/// The certificate of the public port under `carrel serve`: somebody's files, one that we sign
/// ourselves for a first look, or one from an ACME authority, which `uacme` gets and renews.
///
/// What is made lies in `tls/` of the data folder, readable by us alone. The proxy watches the
/// files, so whoever changes them tells nobody.

#include "app/folders.hpp"
#include "base/clock.hpp"
#include "config/settings.hpp"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace carrel {

struct Certificate {
    std::filesystem::path certificate;  ///< PEM, with its chain
    std::filesystem::path key;
    std::filesystem::path challenges;  ///< where answers to ACME's questions lie; "": no ACME
};

/// Nothing without TLS. A self-signed certificate is made when there is none that fits; it stands
/// in for one from an authority, too, until that has come.
[[nodiscard]] Result<std::optional<Certificate>> provide_certificate(
    ServerSettings const& settings, std::filesystem::path const& data, Clock const& clock);

/// True when the certificate in `file` is for `domain`, and for a month yet.
[[nodiscard]] bool is_fit(std::filesystem::path const& file, std::string const& domain, Time now);

/// Gets a certificate from an ACME authority and renews it, on a thread of its own. Belongs to the
/// control process: the supervisor reaps every child itself, also those that are not its own.
class AcmeClient {
public:
    AcmeClient(ServerSettings settings, std::filesystem::path const& data, Certificate certificate);
    ~AcmeClient();
    AcmeClient(AcmeClient const&) = delete;
    AcmeClient& operator=(AcmeClient const&) = delete;

    void start();
    /// One attempt, which `uacme` decides to make or not: it renews when a month is left.
    [[nodiscard]] Result<> renew() const;

private:
    void run();
    [[nodiscard]] Result<> uacme(std::vector<std::string> const& arguments) const;

    ServerSettings const settings_;
    std::filesystem::path const folder_;
    Certificate const certificate_;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool stopping_ = false;  ///< guarded by mutex_
    int const cancel_;       ///< an event: ends a `uacme` that is under way
    std::thread thread_;
};

}  // namespace carrel

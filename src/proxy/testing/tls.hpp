#pragma once

/// For tests: certificates made on the spot, and a client that speaks TLS. Everything blocks.

#include "base/temporary_folder.hpp"
#include "proxy/tls/context.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace carrel::proxy {

/// A folder of PEM files with an authority of its own, removed at the end.
class TestAuthority {
public:
    TestAuthority();
    TestAuthority(TestAuthority const&) = delete;
    TestAuthority& operator=(TestAuthority const&) = delete;

    enum class Life { Valid, Expired };
    /// Writes `<file>.pem` and `<file>.key` for `names`, e.g. "DNS:localhost,IP:127.0.0.1".
    /// Overwrites in place.
    CertificateFiles issue(std::string const& file, std::string const& names,
                           Life life = Life::Valid, std::string const& passphrase = {}) const;
    [[nodiscard]] std::filesystem::path certificate() const { return folder_ / "ca.pem"; }
    [[nodiscard]] std::filesystem::path folder() const { return folder_; }

private:
    TemporaryFolder temporary_;
    std::filesystem::path folder_ = temporary_.path();
    std::unique_ptr<EVP_PKEY, FreeSsl> key_;
    std::unique_ptr<X509, FreeSsl> own_;
};

/// A client, or a scripted server's side, of one TLS connection.
class TlsPeer {
public:
    struct Options {
        std::filesystem::path trusted;  ///< "": trust everybody
        std::string server_name = "localhost";
        std::vector<std::string> alpn = {};
        int version = 0;  ///< both when 0
        CertificateFiles certificate = {};
        SSL_SESSION* resumed = nullptr;
    };
    /// As a client, to a port of this machine.
    TlsPeer(unsigned short port, Options const& options);
    /// As a server, on a descriptor that it then owns.
    TlsPeer(int descriptor, CertificateFiles const& files);
    ~TlsPeer();
    TlsPeer(TlsPeer&&) = default;

    /// False: the handshake failed; `problem` says why.
    [[nodiscard]] bool connected() const { return connected_; }
    [[nodiscard]] std::string const& problem() const { return problem_; }
    void send(std::string_view bytes) const;
    /// Until what has come contains `end`; what there is when the peer closes.
    std::string read_until(std::string_view end);
    /// A head and its body by Content-Length.
    std::string read_message();
    /// Everything until the end; `*orderly` says whether that was announced.
    std::string read_to_end(bool* orderly = nullptr);
    [[nodiscard]] std::string subject_name() const;
    [[nodiscard]] SSL* ssl() const { return ssl_.get(); }

private:
    bool fill();
    SslContext context_;
    std::unique_ptr<SSL, FreeSsl> ssl_;
    int descriptor_ = -1;
    bool connected_ = false;
    bool orderly_ = false;
    std::string pending_;
    std::string problem_;
};

}  // namespace carrel::proxy

#include "proxy/tls/context.hpp"

#include "base/text.hpp"

#include <openssl/err.h>

#include <cstring>

namespace carrel::proxy {

namespace {

/// Forward secrecy and authenticated encryption only; ChaCha for phones without AES instructions.
constexpr char const* own_ciphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr char const* own_suites =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
constexpr char const* own_groups = "X25519:P-256:P-384";

/// Never asks on the terminal: without a passphrase, a key that needs one cannot be read.
int give_passphrase(char* buffer, int size, int, void* passphrase) {
    auto const& text = *static_cast<std::string const*>(passphrase);
    if (text.size() > static_cast<size_t>(size)) return 0;
    std::memcpy(buffer, text.data(), text.size());
    return static_cast<int>(text.size());
}

std::unexpected<Error> fail_file(std::string_view what, std::filesystem::path const& file) {
    return fail(Code::InvalidArgument, "read the {} {}: {}", what, file.string(), take_ssl_error());
}

/// TLS 1.3 has a list of its own, which --ssl-ciphers mixes with that of TLS 1.2.
Result<> use_ciphers(SSL_CTX& context, std::string const& ciphers) {
    std::string list;
    std::string suites;
    for (auto const& name : split(ciphers, ':')) {
        auto& to = name.starts_with("TLS_") ? suites : list;
        to += (to.empty() ? "" : ":") + std::string(name);
    }
    bool const ok = (list.empty() || SSL_CTX_set_cipher_list(&context, list.c_str()) == 1) &&
                    (suites.empty() || SSL_CTX_set_ciphersuites(&context, suites.c_str()) == 1);
    if (!ok)
        return fail(Code::InvalidArgument, "use the ciphers {}: {}", ciphers, take_ssl_error());
    return {};
}

}  // namespace

std::string take_ssl_error() {
    auto const code = ERR_peek_error();
    ERR_clear_error();
    if (code == 0) return "unknown";
    if (ERR_SYSTEM_ERROR(code)) return describe_errno(ERR_GET_REASON(code));
    auto const* const reason = ERR_reason_error_string(code);
    return reason == nullptr ? "unknown" : reason;
}

Result<SslContext> make_context(SSL_METHOD const* method) {
    SslContext context(SSL_CTX_new(method));
    if (!context) return fail(Code::Internal, "set TLS up: {}", take_ssl_error());
    SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
    SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                           SSL_OP_CIPHER_SERVER_PREFERENCE |
                                           SSL_OP_PRIORITIZE_CHACHA);
    SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                        SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_read_ahead(context.get(), 1);
    bool const ok = SSL_CTX_set_cipher_list(context.get(), own_ciphers) == 1 &&
                    SSL_CTX_set_ciphersuites(context.get(), own_suites) == 1 &&
                    SSL_CTX_set1_groups_list(context.get(), own_groups) == 1;
    if (!ok) return fail(Code::Internal, "set TLS up: {}", take_ssl_error());
    return context;
}

Result<> use_certificate(SSL_CTX& context, CertificateFiles const& files,
                         std::string const& passphrase) {
    SSL_CTX_set_default_passwd_cb(&context, give_passphrase);
    SSL_CTX_set_default_passwd_cb_userdata(&context, const_cast<std::string*>(&passphrase));
    auto const forget = [&] { SSL_CTX_set_default_passwd_cb_userdata(&context, nullptr); };
    ERR_clear_error();
    if (SSL_CTX_use_certificate_chain_file(&context, files.certificate.c_str()) != 1) {
        forget();
        return fail_file("certificate", files.certificate);
    }
    // The check that both fit together happens here, too.
    bool const ok = SSL_CTX_use_PrivateKey_file(&context, files.key.c_str(), SSL_FILETYPE_PEM) == 1;
    forget();
    if (!ok) return fail_file("key", files.key);
    return {};
}

Result<> use_authorities(SSL_CTX& context, std::filesystem::path const& file) {
    ERR_clear_error();
    if (file.empty()) {
        if (SSL_CTX_set_default_verify_paths(&context) != 1)
            return fail(Code::Internal, "find the system's authorities: {}", take_ssl_error());
        return {};
    }
    if (SSL_CTX_load_verify_file(&context, file.c_str()) != 1)
        return fail_file("authorities", file);
    return {};
}

Result<> use_protocols(SSL_CTX& context, std::string const& protocol, std::string const& ciphers) {
    int only = 0;
    if (protocol == "TLSv1_2") only = TLS1_2_VERSION;
    if (protocol == "TLSv1_3") only = TLS1_3_VERSION;
    if (only == 0 && !protocol.empty() && protocol != "TLS")
        return fail(Code::InvalidArgument,
                    "use the protocol {}: only TLSv1_2 and TLSv1_3 are safe and supported",
                    for_log(protocol));
    if (only != 0) {
        SSL_CTX_set_min_proto_version(&context, only);
        SSL_CTX_set_max_proto_version(&context, only);
    }
    return ciphers.empty() ? Result<>() : use_ciphers(context, ciphers);
}

}  // namespace carrel::proxy

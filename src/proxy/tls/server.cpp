#include "proxy/tls/server.hpp"

#include "base/text.hpp"
#include "runtime/log.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <ctime>

namespace carrel::proxy {

namespace {

constexpr long ticket_life = 7200;  // seconds; less than keys live

int index_of_server() {
    static int const index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
    return index;
}

TlsServer const& server_of(SSL* ssl) {
    return *static_cast<TlsServer const*>(
        SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), index_of_server()));
}

int on_server_name(SSL* ssl, int*, void*) {
    auto const* const name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    if (name == nullptr) return SSL_TLSEXT_ERR_NOACK;
    auto* const context = server_of(ssl).find(name);
    if (context != SSL_get_SSL_CTX(ssl)) SSL_set_SSL_CTX(ssl, context);
    return SSL_TLSEXT_ERR_OK;
}

/// Our order decides. No protocol in common ends the handshake, so that nobody can be made to take
/// our words for those of another protocol.
int on_protocols(SSL* ssl, unsigned char const** chosen, unsigned char* length,
                 unsigned char const* offered, unsigned size, void*) {
    for (auto const& protocol : server_of(ssl).protocols()) {
        for (unsigned at = 0; at < size; at += 1U + offered[at]) {
            std::string_view const each(reinterpret_cast<char const*>(offered + at + 1),
                                        offered[at]);
            if (each != protocol) continue;
            *chosen = offered + at + 1;
            *length = offered[at];
            return SSL_TLSEXT_ERR_OK;
        }
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

int on_status_request(SSL* ssl, void*) {
    auto const& response = server_of(ssl).ocsp_response(SSL_get_SSL_CTX(ssl));
    if (response.empty()) return SSL_TLSEXT_ERR_NOACK;
    auto* const copy =
        static_cast<unsigned char*>(OPENSSL_memdup(response.data(), response.size()));
    if (copy == nullptr) return SSL_TLSEXT_ERR_NOACK;
    SSL_set_tlsext_status_ocsp_resp(ssl, copy, static_cast<long>(response.size()));
    return SSL_TLSEXT_ERR_OK;
}

int accept_any_certificate(int, X509_STORE_CTX*) { return 1; }

Result<> use_dh(SSL_CTX& context, std::filesystem::path const& file) {
    if (file.empty()) {
        SSL_CTX_set_dh_auto(&context, 1);
        return {};
    }
    ERR_clear_error();
    std::unique_ptr<BIO, FreeSsl> const bio(BIO_new_file(file.c_str(), "r"));
    std::unique_ptr<EVP_PKEY, FreeSsl> parameters(bio ? PEM_read_bio_Parameters(bio.get(), nullptr)
                                                      : nullptr);
    if (!parameters || SSL_CTX_set0_tmp_dh_pkey(&context, parameters.get()) != 1)
        return fail(Code::InvalidArgument, "read the DH parameters {}: {}", file.string(),
                    take_ssl_error());
    (void)parameters.release();
    return {};
}

/// A browser asks the authority itself when there is no staple, so a bad one is no reason not to
/// serve.
Staple staple_of(CertificateFiles const& files, SSL_CTX& context) {
    if (files.ocsp.empty()) return {};
    auto staple = read_staple(files.ocsp, *SSL_CTX_get0_certificate(&context));
    if (staple) return *std::move(staple);
    log::warn("ocsp_not_stapled", {{"cause", staple.error().message}});
    return {};
}

}  // namespace

Result<std::shared_ptr<TlsServer const>> TlsServer::load(ServerTls const& options,
                                                         TicketKeys& tickets) {
    std::shared_ptr<TlsServer> server(new TlsServer(options));
    for (auto const& files : options.certificates) TRY_VOID(server->add(files, tickets));
    return server;
}

Result<> TlsServer::add(CertificateFiles const& files, TicketKeys& tickets) {
    TRY(auto context, make_context(TLS_server_method()));
    TRY_VOID(use_certificate(*context, files, options_.passphrase));
    TRY_VOID(use_protocols(*context, options_.protocol, options_.ciphers));
    TRY_VOID(use_dh(*context, options_.dh_parameters));
    TRY_VOID(use_clients(*context));
    auto* const raw = context.get();
    // Bodies say where they end, so a client that just goes away is nothing worse than one that
    // says so first.
    SSL_CTX_set_options(raw, SSL_OP_IGNORE_UNEXPECTED_EOF);
    if (options_.kernel) SSL_CTX_set_options(raw, SSL_OP_ENABLE_KTLS);
    SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_timeout(raw, ticket_life);
    tickets.serve(*raw);
    SSL_CTX_set_ex_data(raw, index_of_server(), this);
    SSL_CTX_set_tlsext_servername_callback(raw, on_server_name);
    SSL_CTX_set_alpn_select_cb(raw, on_protocols, nullptr);
    SSL_CTX_set_tlsext_status_cb(raw, on_status_request);
    sites_.push_back({.context = std::move(context), .staple = staple_of(files, *raw)});
    take_names(*raw);
    return {};
}

Result<> TlsServer::use_clients(SSL_CTX& context) const {
    static constexpr std::array<unsigned char, 6> scope = {'c', 'a', 'r', 'r', 'e', 'l'};
    SSL_CTX_set_session_id_context(&context, scope.data(), scope.size());
    if (!options_.request_certificate) return {};
    // Who comes back shows the certificate again: it may have been withdrawn since.
    SSL_CTX_set_options(&context, SSL_OP_NO_TICKET);
    SSL_CTX_set_num_tickets(&context, 0);
    TRY_VOID(use_authorities(context, options_.ca));
    if (!options_.ca.empty())
        SSL_CTX_set_client_CA_list(&context, SSL_load_client_CA_file(options_.ca.c_str()));
    if (options_.reject_unauthorized)
        SSL_CTX_set_verify(&context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    else
        SSL_CTX_set_verify(&context, SSL_VERIFY_PEER, accept_any_certificate);
    return {};
}

/// The host names that the certificate is for. The first certificate with a name has it.
void TlsServer::take_names(SSL_CTX& context) {
    auto* const names = static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(
        SSL_CTX_get0_certificate(&context), NID_subject_alt_name, nullptr, nullptr));
    for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i) {
        auto const* const name = sk_GENERAL_NAME_value(names, i);
        if (name->type != GEN_DNS) continue;
        std::string_view const text(
            reinterpret_cast<char const*>(ASN1_STRING_get0_data(name->d.dNSName)),
            static_cast<size_t>(ASN1_STRING_length(name->d.dNSName)));
        names_.emplace(to_lower(text), &context);
    }
    GENERAL_NAMES_free(names);
}

std::unique_ptr<Layer> TlsServer::accept(int descriptor) const {
    return std::make_unique<TlsLayer>(*sites_.front().context, descriptor, TlsLayer::Role::Server,
                                      shared_from_this());
}

SSL_CTX* TlsServer::find(std::string_view name) const {
    auto const host = to_lower(name.ends_with('.') ? name.substr(0, name.size() - 1) : name);
    auto found = names_.find(host);
    if (found == names_.end())
        if (auto const dot = host.find('.'); dot != std::string::npos)
            found = names_.find("*" + host.substr(dot));
    return found == names_.end() ? sites_.front().context.get() : found->second;
}

std::string const& TlsServer::ocsp_response(SSL_CTX const* context) const {
    static std::string const none;
    auto const site = std::ranges::find_if(
        sites_, [&](Site const& each) { return each.context.get() == context; });
    if (site == sites_.end() || site->staple.until <= std::time(nullptr)) return none;
    return site->staple.response;
}

}  // namespace carrel::proxy

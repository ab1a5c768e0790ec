#include "proxy/testing/tls.hpp"

#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <array>
#include <cstdio>
#include <cstdlib>

namespace carrel::proxy {

namespace {

using Name = std::unique_ptr<X509_NAME, decltype(&X509_NAME_free)>;

Name make_name(char const* text) {
    Name name(X509_NAME_new(), X509_NAME_free);
    X509_NAME_add_entry_by_txt(name.get(), "CN", MBSTRING_ASC,
                               reinterpret_cast<unsigned char const*>(text), -1, -1, 0);
    return name;
}

void add_extension(X509& certificate, X509& issuer, int kind, std::string const& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, &issuer, &certificate, nullptr, nullptr, 0);
    auto* const extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
    ASSERT_NE(extension, nullptr) << value;
    X509_add_ext(&certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

std::unique_ptr<X509, FreeSsl> make_certificate(EVP_PKEY* key, char const* name, char const* issuer,
                                                TestAuthority::Life life) {
    static long serial = 1;
    std::unique_ptr<X509, FreeSsl> certificate(X509_new());
    X509_set_version(certificate.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), ++serial);
    bool const expired = life == TestAuthority::Life::Expired;
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), expired ? -7200 : -60);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), expired ? -3600 : 86400);
    X509_set_pubkey(certificate.get(), key);
    X509_set_subject_name(certificate.get(), make_name(name).get());
    X509_set_issuer_name(certificate.get(), make_name(issuer).get());
    return certificate;
}

class File {
public:
    explicit File(std::filesystem::path const& path) : file_(std::fopen(path.c_str(), "w")) {}
    ~File() { std::fclose(file_); }
    File(File const&) = delete;
    File& operator=(File const&) = delete;
    operator FILE*() const { return file_; }  // NOLINT(google-explicit-constructor)

private:
    FILE* file_;
};

}  // namespace

TestAuthority::TestAuthority() : key_(EVP_EC_gen("P-256")) {
    own_ = make_certificate(key_.get(), "test authority", "test authority", Life::Valid);
    add_extension(*own_, *own_, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(*own_, *own_, NID_key_usage, "critical,keyCertSign");
    X509_sign(own_.get(), key_.get(), EVP_sha256());
    PEM_write_X509(File(certificate()), own_.get());
}

CertificateFiles TestAuthority::issue(std::string const& file, std::string const& names, Life life,
                                      std::string const& passphrase) const {
    std::unique_ptr<EVP_PKEY, FreeSsl> const key(EVP_EC_gen("P-256"));
    auto const certificate = make_certificate(key.get(), file.c_str(), "test authority", life);
    if (!names.empty()) add_extension(*certificate, *own_, NID_subject_alt_name, names);
    X509_sign(certificate.get(), key_.get(), EVP_sha256());
    CertificateFiles const files{
        .certificate = folder_ / (file + ".pem"), .key = folder_ / (file + ".key"), .ocsp = {}};
    PEM_write_PrivateKey(File(files.key), key.get(),
                         passphrase.empty() ? nullptr : EVP_aes_256_cbc(),
                         reinterpret_cast<unsigned char const*>(passphrase.data()),
                         static_cast<int>(passphrase.size()), nullptr, nullptr);
    PEM_write_X509(File(files.certificate), certificate.get());
    return files;
}

TlsPeer::TlsPeer(unsigned short port, Options const& options)
    : context_(SSL_CTX_new(TLS_client_method())) {
    if (options.version != 0) {
        SSL_CTX_set_min_proto_version(context_.get(), options.version);
        SSL_CTX_set_max_proto_version(context_.get(), options.version);
    }
    if (!options.trusted.empty()) {
        SSL_CTX_load_verify_file(context_.get(), options.trusted.c_str());
        SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
    }
    if (!options.certificate.certificate.empty()) {
        SSL_CTX_use_certificate_chain_file(context_.get(), options.certificate.certificate.c_str());
        SSL_CTX_use_PrivateKey_file(context_.get(), options.certificate.key.c_str(),
                                    SSL_FILETYPE_PEM);
    }
    descriptor_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    timeval const limit{.tv_sec = 10, .tv_usec = 0};
    setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    ssl_.reset(SSL_new(context_.get()));
    SSL_set_fd(ssl_.get(), descriptor_);
    if (!options.server_name.empty()) {
        SSL_set_tlsext_host_name(ssl_.get(), options.server_name.c_str());
        SSL_set1_host(ssl_.get(), options.server_name.c_str());
    }
    std::string offered;
    for (auto const& name : options.alpn) offered += static_cast<char>(name.size()) + name;
    if (!offered.empty())
        SSL_set_alpn_protos(ssl_.get(), reinterpret_cast<unsigned char const*>(offered.data()),
                            static_cast<unsigned>(offered.size()));
    if (options.resumed != nullptr) SSL_set_session(ssl_.get(), options.resumed);
    ERR_clear_error();
    connected_ = SSL_connect(ssl_.get()) == 1;
    if (!connected_) problem_ = take_ssl_error();
}

TlsPeer::TlsPeer(int descriptor, CertificateFiles const& files)
    : context_(SSL_CTX_new(TLS_server_method())), descriptor_(descriptor) {
    SSL_CTX_use_certificate_chain_file(context_.get(), files.certificate.c_str());
    SSL_CTX_use_PrivateKey_file(context_.get(), files.key.c_str(), SSL_FILETYPE_PEM);
    ssl_.reset(SSL_new(context_.get()));
    SSL_set_fd(ssl_.get(), descriptor_);
    ERR_clear_error();
    connected_ = SSL_accept(ssl_.get()) == 1;
    if (!connected_) problem_ = take_ssl_error();
}

TlsPeer::~TlsPeer() {
    if (!ssl_) return;
    if (connected_) SSL_shutdown(ssl_.get());
    ssl_.reset();
    close(descriptor_);
    ERR_clear_error();
}

void TlsPeer::send(std::string_view bytes) const {
    while (!bytes.empty()) {
        int const count = SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()));
        if (count <= 0) return;
        bytes.remove_prefix(static_cast<size_t>(count));
    }
}

bool TlsPeer::fill() {
    std::array<char, 16384> bytes;
    ERR_clear_error();
    int const count = SSL_read(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()));
    if (count <= 0) {
        orderly_ = SSL_get_error(ssl_.get(), count) == SSL_ERROR_ZERO_RETURN;
        problem_ = take_ssl_error();
        return false;
    }
    pending_.append(bytes.data(), static_cast<size_t>(count));
    return true;
}

std::string TlsPeer::read_until(std::string_view end) {
    while (!pending_.contains(end) && fill()) {
    }
    auto const found = pending_.find(end);
    auto const size = found == std::string::npos ? pending_.size() : found + end.size();
    auto text = pending_.substr(0, size);
    pending_.erase(0, size);
    return text;
}

std::string TlsPeer::read_message() {
    auto text = read_until("\r\n\r\n");
    auto const at = text.find("Content-Length: ");
    auto const size =
        at == std::string::npos ? 0 : std::strtoul(text.c_str() + at + 16, nullptr, 10);
    while (pending_.size() < size && fill()) {
    }
    text += pending_.substr(0, size);
    pending_.erase(0, size);
    return text;
}

std::string TlsPeer::read_to_end(bool* orderly) {
    while (fill()) {
    }
    if (orderly != nullptr) *orderly = orderly_;
    return std::exchange(pending_, {});
}

std::string TlsPeer::subject_name() const {
    std::unique_ptr<X509, FreeSsl> const peer(SSL_get1_peer_certificate(ssl_.get()));
    if (!peer) return {};
    std::array<char, 256> text = {};
    X509_NAME_get_text_by_NID(X509_get_subject_name(peer.get()), NID_commonName, text.data(),
                              text.size());
    return text.data();
}

}  // namespace carrel::proxy

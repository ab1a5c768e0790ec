#include "app/self_signed.hpp"

#include "app/certificates.hpp"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <fcntl.h>
#include <unistd.h>
#include <cstdio>
#include <memory>

namespace carrel {

namespace fs = std::filesystem;

namespace {

constexpr long life = 365L * 24 * 3600;
constexpr std::chrono::hours month{30 * 24};

struct Free {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(X509* certificate) const { X509_free(certificate); }
    void operator()(X509_NAME* name) const { X509_NAME_free(name); }
    void operator()(BIGNUM* number) const { BN_free(number); }
    void operator()(BIO* bio) const { BIO_free(bio); }
    void operator()(X509_EXTENSION* extension) const { X509_EXTENSION_free(extension); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

bool add_extension(X509* certificate, int kind, std::string const& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
    Owned<X509_EXTENSION> const extension(
        X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
    return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

Owned<X509> make_certificate(EVP_PKEY* key, std::string const& domain,
                             std::string const& user_domain) {
    Owned<X509> certificate(X509_new());
    Owned<BIGNUM> const serial(BN_new());
    Owned<X509_NAME> const name(X509_NAME_new());
    auto const subject = domain.empty() ? std::string("localhost") : domain;
    std::string names = "DNS:localhost,DNS:*.localhost,IP:127.0.0.1,IP:::1";
    for (auto const& each : {user_domain, domain})
        if (!each.empty()) names = "DNS:" + each + ",DNS:*." + each + "," + names;
    bool const ok =
        X509_set_version(certificate.get(), 2) == 1 &&
        BN_rand(serial.get(), 127, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
        BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(certificate.get())) != nullptr &&
        X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600) != nullptr &&
        X509_gmtime_adj(X509_getm_notAfter(certificate.get()), life) != nullptr &&
        X509_set_pubkey(certificate.get(), key) == 1 &&
        X509_NAME_add_entry_by_txt(name.get(), "CN", MBSTRING_UTF8,
                                   reinterpret_cast<unsigned char const*>(subject.c_str()), -1, -1,
                                   0) == 1 &&
        X509_set_subject_name(certificate.get(), name.get()) == 1 &&
        X509_set_issuer_name(certificate.get(), name.get()) == 1 &&
        add_extension(certificate.get(), NID_basic_constraints, "critical,CA:FALSE") &&
        add_extension(certificate.get(), NID_ext_key_usage, "serverAuth") &&
        add_extension(certificate.get(), NID_subject_alt_name, names) &&
        X509_sign(certificate.get(), key, EVP_sha256()) > 0;
    return ok ? std::move(certificate) : nullptr;
}

template <class Write>
Result<> write_file(fs::path const& path, Write write) {
    auto const draft = path.string() + ".new";
    int const descriptor = ::open(draft.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    FILE* const file = descriptor < 0 ? nullptr : ::fdopen(descriptor, "w");
    if (file == nullptr) return fail_errno("write {}", draft);
    bool const written = write(file);
    bool const closed = std::fclose(file) == 0;
    if (!written || !closed || ::rename(draft.c_str(), path.c_str()) != 0)
        return fail_errno("write {}", path.string());
    return {};
}

}  // namespace

Result<> write_self_signed(fs::path const& certificate, fs::path const& key,
                           std::string const& domain, std::string const& user_domain) {
    Owned<EVP_PKEY> const made(EVP_EC_gen("P-256"));
    auto const signed_by_it = made ? make_certificate(made.get(), domain, user_domain) : nullptr;
    if (!signed_by_it)
        return fail(Code::Internal, "make a certificate for '{}': OpenSSL refuses", domain);
    TRY_VOID(write_file(key, [&](FILE* file) {
        return PEM_write_PrivateKey(file, made.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1;
    }));
    return write_file(certificate,
                      [&](FILE* file) { return PEM_write_X509(file, signed_by_it.get()) == 1; });
}

bool is_fit(fs::path const& file, std::string const& domain, Time now) {
    Owned<BIO> const bio(BIO_new_file(file.c_str(), "r"));
    Owned<X509> const certificate(bio ? PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)
                                      : nullptr);
    if (!certificate) return false;
    auto const in_a_month = std::chrono::system_clock::to_time_t(now + month);
    auto const host = domain.empty() ? std::string("localhost") : domain;
    return X509_cmp_time(X509_get0_notAfter(certificate.get()), const_cast<time_t*>(&in_a_month)) >
               0 &&
           X509_check_host(certificate.get(), host.data(), host.size(), 0, nullptr) == 1;
}

}  // namespace carrel

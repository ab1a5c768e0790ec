#include "proxy/tls/layer.hpp"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace carrel::proxy {

namespace {

constexpr size_t largest_record = SSL3_RT_MAX_PLAIN_LENGTH;

bool is_address(std::string const& host) {
    std::array<unsigned char, sizeof(in6_addr)> ignored;
    return inet_pton(AF_INET, host.c_str(), ignored.data()) == 1 ||
           inet_pton(AF_INET6, host.c_str(), ignored.data()) == 1;
}

}  // namespace

TlsLayer::TlsLayer(SSL_CTX& context, int descriptor, Role role, std::shared_ptr<void const> owner)
    : ssl_(SSL_new(&context)), owner_(std::move(owner)) {
    if (!ssl_ || SSL_set_fd(ssl_.get(), descriptor) != 1) {
        broken_ = true;
        ERR_clear_error();
        return;
    }
    auto* const bio = SSL_get_rbio(ssl_.get());
    BIO_set_callback_ex(bio, watch_reads);
    BIO_set_callback_arg(bio, reinterpret_cast<char*>(this));
    if (role == Role::Server)
        SSL_set_accept_state(ssl_.get());
    else
        SSL_set_connect_state(ssl_.get());
}

/// Tells a descriptor that has nothing left from one that may: the difference of one system call
/// for each request.
long TlsLayer::watch_reads(BIO* bio, int operation, char const*, size_t wanted, int, long, int ok,
                           size_t* read) {
    if (operation == (BIO_CB_READ | BIO_CB_RETURN)) {
        auto* const self = reinterpret_cast<TlsLayer*>(BIO_get_callback_arg(bio));
        self->drained_ = ok <= 0 || *read < wanted;
    }
    return ok;
}

void TlsLayer::expect_host(std::string const& host) {
    if (broken_) return;
    auto* const parameters = SSL_get0_param(ssl_.get());
    bool ok = true;
    if (is_address(host)) {
        ok = X509_VERIFY_PARAM_set1_ip_asc(parameters, host.c_str()) == 1;
    } else {
        X509_VERIFY_PARAM_set_hostflags(parameters, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
        ok = X509_VERIFY_PARAM_set1_host(parameters, host.data(), host.size()) == 1 &&
             SSL_set_tlsext_host_name(ssl_.get(), host.c_str()) == 1;
    }
    if (!ok) broken_ = true;
}

int TlsLayer::establish() {
    if (broken_) {
        errno = EPROTO;
        return -1;
    }
    ERR_clear_error();
    int const result = SSL_do_handshake(ssl_.get());
    if (result == 1) {
        owner_.reset();
        crossed_ = false;
        return 0;
    }
    return failed(result, true);
}

ssize_t TlsLayer::receive(char* bytes, size_t size) {
    if (broken_) {
        errno = EPROTO;
        return -1;
    }
    ERR_clear_error();
    size_t count = 0;
    // As much as there is without waiting: a record may be smaller than what there is room for.
    while (count < size) {
        size_t got = 0;
        int const result = SSL_read_ex(ssl_.get(), bytes + count, size - count, &got);
        if (result != 1) {
            int const what = failed(result, true);
            if (count == 0) return what;
            // An end or a break is for the next call to tell; no event will come for it.
            if (what == 0 || errno != EAGAIN) drained_ = false;
            return static_cast<ssize_t>(count);
        }
        count += got;
        if (SSL_has_pending(ssl_.get()) == 0) break;
    }
    crossed_ = false;
    return static_cast<ssize_t>(count);
}

ssize_t TlsLayer::send_some(char const* bytes, size_t size) {
    ERR_clear_error();
    size_t written = 0;
    int const result = SSL_write_ex(ssl_.get(), bytes, size, &written);
    if (result != 1) return failed(result, false);
    crossed_ = false;
    return static_cast<ssize_t>(written);
}

ssize_t TlsLayer::send(iovec const* parts, int count) {
    if (broken_) {
        errno = EPIPE;
        return -1;
    }
    // A small head goes into one record with what follows it.
    static thread_local std::array<char, largest_record> scratch;
    size_t total = 0;
    for (int i = 0; i < count; ++i) {
        auto const* bytes = static_cast<char const*>(parts[i].iov_base);
        size_t left = parts[i].iov_len;
        if (i + 1 < count && left < scratch.size()) {
            std::memcpy(scratch.data(), bytes, left);
            auto const more = std::min(scratch.size() - left, parts[i + 1].iov_len);
            std::memcpy(scratch.data() + left, parts[i + 1].iov_base, more);
            auto const sent = send_some(scratch.data(), left + more);
            // Only part of the scratch taken: the rest comes with the next call.
            if (sent < 0) return total > 0 ? static_cast<ssize_t>(total) : sent;
            total += static_cast<size_t>(sent);
            if (static_cast<size_t>(sent) < left + more) return static_cast<ssize_t>(total);
            ++i;
            bytes = static_cast<char const*>(parts[i].iov_base) + more;
            left = parts[i].iov_len - more;
        }
        while (left > 0) {
            auto const sent = send_some(bytes, left);
            if (sent < 0) return total > 0 ? static_cast<ssize_t>(total) : sent;
            bytes += sent;
            left -= static_cast<size_t>(sent);
            total += static_cast<size_t>(sent);
        }
    }
    return static_cast<ssize_t>(total);
}

/// Sets errno as the system calls do; returns -1, or 0 for the peer's orderly end.
int TlsLayer::failed(int result, bool reading) {
    int const system_error = errno;
    switch (SSL_get_error(ssl_.get(), result)) {
        case SSL_ERROR_ZERO_RETURN:
            return 0;
        case SSL_ERROR_WANT_READ:
            crossed_ = !reading;
            errno = EAGAIN;
            return -1;
        case SSL_ERROR_WANT_WRITE:
            crossed_ = reading;
            errno = EAGAIN;
            return -1;
        case SSL_ERROR_SYSCALL:
            broken_ = true;
            error_ = ERR_peek_error();
            errno = system_error == 0 || system_error == EAGAIN ? ECONNRESET : system_error;
            break;
        default:
            broken_ = true;
            error_ = ERR_peek_error();
            errno = EPROTO;
            break;
    }
    ERR_clear_error();
    return -1;
}

bool TlsLayer::pending() const { return !drained_ || SSL_has_pending(ssl_.get()) == 1; }

/// If it cannot be sent at once, the peer has to do without.
void TlsLayer::say_goodbye() {
    if (broken_ || SSL_in_init(ssl_.get()) == 1) return;
    ERR_clear_error();
    if ((SSL_get_shutdown(ssl_.get()) & SSL_SENT_SHUTDOWN) == 0) SSL_shutdown(ssl_.get());
    ERR_clear_error();
}

std::string_view TlsLayer::protocol() const {
    unsigned char const* name = nullptr;
    unsigned length = 0;
    SSL_get0_alpn_selected(ssl_.get(), &name, &length);
    return {reinterpret_cast<char const*>(name), length};
}

bool TlsLayer::transparent() const {
    return !broken_ && BIO_get_ktls_send(SSL_get_wbio(ssl_.get())) == 1;
}

std::string TlsLayer::problem() const {
    if (!ssl_) return "out of memory";
    if (auto const result = SSL_get_verify_result(ssl_.get()); result != X509_V_OK)
        return X509_verify_cert_error_string(result);
    auto const* const reason = error_ == 0 ? nullptr : ERR_reason_error_string(error_);
    return reason == nullptr ? "the peer closed the connection" : reason;
}

}  // namespace carrel::proxy

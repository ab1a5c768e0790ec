#include "proxy/tls/client.hpp"

#include <array>

namespace carrel::proxy {

Result<TlsClientPointer> TlsClient::load(ClientTls const& options) {
    TRY(auto context, make_context(TLS_client_method()));
    if (!options.certificate.certificate.empty())
        TRY_VOID(use_certificate(*context, options.certificate, options.passphrase));
    if (options.verify) TRY_VOID(use_authorities(*context, options.ca));
    SSL_CTX_set_verify(context.get(), options.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
    static constexpr std::array<unsigned char, 9> http = {8,   'h', 't', 't', 'p',
                                                          '/', '1', '.', '1'};
    SSL_CTX_set_alpn_protos(context.get(), http.data(), http.size());
    return TlsClientPointer(new TlsClient(std::move(context)));
}

std::unique_ptr<Layer> TlsClient::connect(int descriptor, std::string const& host) const {
    auto layer = std::make_unique<TlsLayer>(*context_, descriptor, TlsLayer::Role::Client, nullptr);
    layer->expect_host(host);
    return layer;
}

}  // namespace carrel::proxy

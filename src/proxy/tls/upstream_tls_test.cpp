/// https:// targets, and TLS in front of the REST API.

#include "proxy/testing/peers.hpp"
#include "proxy/testing/tls.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <thread>

namespace carrel::proxy {
namespace {

using testing::EndsWith;
using testing::StartsWith;

/// Another proxy with TLS is the upstream: what it does with its own side is tested elsewhere.
class TlsUpstream {
public:
    TlsUpstream(CertificateFiles const& files, std::string const& target,
                std::filesystem::path const& clients = {})
        : proxy_(options(files, clients)) {
        proxy_.add_route("/", target);
    }
    std::string url(std::string const& host = "localhost") {
        return fmt::format("https://{}:{}", host, (*proxy_).port());
    }

private:
    static Options options(CertificateFiles const& files, std::filesystem::path const& clients) {
        auto all = TestProxy::options();
        all.tls.certificates = {files};
        all.tls.ca = clients;
        all.tls.request_certificate = all.tls.reject_unauthorized = !clients.empty();
        return all;
    }
    TestProxy proxy_;
};

class UpstreamTls : public testing::Test {
protected:
    Options options() {
        auto all = TestProxy::options();
        all.upstream_tls.ca = authority_.certificate();
        return all;
    }
    /// What a client gets through a proxy with `given` and a route to `url`.
    static std::string ask(Options const& given, std::string const& url) {
        TestProxy proxy(given);
        proxy.add_route("/", url);
        return proxy.get("/x");
    }
    TestAuthority authority_;
    ScriptedUpstream behind_{always_answer("from behind")};
};

TEST_F(UpstreamTls, ForwardsToWhoProvesToBeTheHost) {
    TlsUpstream upstream(authority_.issue("u", "DNS:localhost,IP:127.0.0.1"), behind_.url());
    EXPECT_THAT(ask(options(), upstream.url()), EndsWith("from behind"));
    EXPECT_THAT(ask(options(), upstream.url("127.0.0.1")), EndsWith("from behind"));
}

TEST_F(UpstreamTls, RefusesAnotherHostsCertificate) {
    TlsUpstream upstream(authority_.issue("u", "DNS:elsewhere.test"), behind_.url());
    EXPECT_THAT(ask(options(), upstream.url()), StartsWith("HTTP/1.1 503"));
}

TEST_F(UpstreamTls, RefusesAnExpiredCertificate) {
    TlsUpstream upstream(authority_.issue("u", "DNS:localhost", TestAuthority::Life::Expired),
                         behind_.url());
    EXPECT_THAT(ask(options(), upstream.url()), StartsWith("HTTP/1.1 503"));
}

TEST_F(UpstreamTls, RefusesAStrangersCertificateUnlessToldTo) {
    TestAuthority const stranger;
    TlsUpstream upstream(stranger.issue("u", "DNS:localhost"), behind_.url());
    EXPECT_THAT(ask(options(), upstream.url()), StartsWith("HTTP/1.1 503"));
    auto insecure = options();
    insecure.upstream_tls.verify = false;
    EXPECT_THAT(ask(insecure, upstream.url()), EndsWith("from behind"));
}

TEST_F(UpstreamTls, ShowsItsOwnCertificate) {
    TlsUpstream upstream(authority_.issue("u", "DNS:localhost"), behind_.url(),
                         authority_.certificate());
    EXPECT_THAT(ask(options(), upstream.url()), StartsWith("HTTP/1.1 503"));
    auto known = options();
    auto const files = authority_.issue("me", "");
    known.upstream_tls.certificate = files;
    EXPECT_THAT(ask(known, upstream.url()), EndsWith("from behind"));
}

TEST_F(UpstreamTls, KeepsConnectionsAndMovesLargeBodies) {
    std::string const body(3'000'000, 'y');
    ScriptedUpstream large(always_answer(body));
    TlsUpstream upstream(authority_.issue("u", "DNS:localhost"), large.url());
    TestProxy proxy(options());
    proxy.add_route("/", upstream.url());
    auto client = proxy.connect();
    for (int i = 0; i < 3; ++i) {
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        EXPECT_THAT(client.read_message(), EndsWith(body));
    }
    EXPECT_EQ(large.connections(), 1);
}

TEST_F(UpstreamTls, AnswersAtOnceWhenTheTargetSpeaksNoTls) {
    ScriptedUpstream plain([](Peer& peer) { peer.send("HTTP/1.1 400 No\r\n\r\n"); });
    EXPECT_THAT(ask(options(), fmt::format("https://localhost:{}", plain.port())),
                StartsWith("HTTP/1.1 503"));
}

TEST_F(UpstreamTls, GuardsTheRestApiByBothSidesCertificates) {
    auto all = TestProxy::options();
    auto const files = authority_.issue("api", "DNS:localhost");
    all.api_tls.certificates = {files};
    all.api_tls.ca = authority_.certificate();
    all.api_tls.request_certificate = all.api_tls.reject_unauthorized = true;
    TestProxy proxy(all);
    auto const call = [&](CertificateFiles const& certificate) {
        TlsPeer peer((*proxy).api_port(),
                     {.trusted = authority_.certificate(), .certificate = certificate});
        peer.send(
            "GET /api/routes HTTP/1.1\r\nHost: a\r\nAuthorization: token secret\r\n"
            "Connection: close\r\n\r\n");
        return peer.read_to_end();
    };
    auto const mine = authority_.issue("me", "");
    for (int i = 0; i < 3; ++i) EXPECT_THAT(call(mine), StartsWith("HTTP/1.1 200"));
    EXPECT_EQ(call({}), "");
    TestAuthority const stranger;
    EXPECT_EQ(call(stranger.issue("me", "")), "");
}

}  // namespace
}  // namespace carrel::proxy

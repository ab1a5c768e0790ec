/// The proxy with TLS on its public side, on real sockets.

#include "proxy/testing/tls.hpp"
#include "proxy/testing/peers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>

#include <openssl/x509.h>

#include <fstream>
#include <thread>

namespace carrel::proxy {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

std::string request(std::string const& target = "/", std::string const& more = {}) {
    return fmt::format("GET {} HTTP/1.1\r\nHost: localhost\r\n{}\r\n", target, more);
}

class Tls : public testing::Test {
protected:
    Options options() {
        auto all = TestProxy::options();
        auto const files = authority_.issue("localhost", "DNS:localhost,IP:127.0.0.1");
        all.tls.certificates = {files};
        return all;
    }
    TlsPeer connect(TestProxy& proxy, TlsPeer::Options peer = {}) {
        if (peer.trusted.empty()) peer.trusted = authority_.certificate();
        return {(*proxy).port(), peer};
    }
    TestAuthority authority_;
};

TEST_F(Tls, ServesBothVersionsAndNoOther) {
    ScriptedUpstream upstream(echo());
    TestProxy proxy(options());
    proxy.add_route("/", upstream.url());
    for (int const version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        auto peer = connect(proxy, {.version = version});
        ASSERT_TRUE(peer.connected()) << peer.problem();
        EXPECT_EQ(SSL_version(peer.ssl()), version);
        peer.send(request("/a") + request("/b"));
        auto const first = peer.read_message();
        EXPECT_THAT(first, HasSubstr("GET /a HTTP"));
        EXPECT_THAT(first, HasSubstr("X-Forwarded-Proto: https\r\n"));
        EXPECT_THAT(first, HasSubstr("X-Forwarded-Port: 443\r\n"));
        EXPECT_THAT(peer.read_message(), HasSubstr("GET /b HTTP"));
    }
    EXPECT_FALSE(connect(proxy, {.version = TLS1_1_VERSION}).connected());
}

TEST_F(Tls, MovesLargeBodiesBothWays) {
    std::string const body(5'000'000, 'x');
    ScriptedUpstream upstream([&](Peer& peer) {
        peer.read_head();
        EXPECT_EQ(peer.read_exactly(body.size()), body);
        peer.send(
            fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{}", body.size(), body));
    });
    TestProxy proxy(options());
    proxy.add_route("/", upstream.url());
    auto peer = connect(proxy);
    peer.send(fmt::format("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n", body.size()));
    peer.send(body);
    EXPECT_THAT(peer.read_message(), EndsWith(body));
}

TEST_F(Tls, TunnelsWebSocketsAndPassesTheEndOn) {
    ScriptedUpstream upstream([](Peer& peer) {
        EXPECT_THAT(peer.read_head(), HasSubstr("X-Forwarded-Proto: wss\r\n"));
        peer.send("HTTP/1.1 101 X\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
        peer.send(peer.read_exactly(5));
        EXPECT_TRUE(peer.is_closed());
        peer.send("bye");
    });
    TestProxy proxy(options());
    proxy.add_route("/", upstream.url());
    auto peer = connect(proxy);
    peer.send(request("/", "Connection: Upgrade\r\nUpgrade: websocket\r\n"));
    EXPECT_THAT(peer.read_until("\r\n\r\n"), StartsWith("HTTP/1.1 101"));
    peer.send("hello");
    EXPECT_EQ(peer.read_until("hello"), "hello");
    SSL_shutdown(peer.ssl());
    bool orderly = false;
    EXPECT_EQ(peer.read_to_end(&orderly), "bye");
    EXPECT_TRUE(orderly);
}

TEST_F(Tls, DoesNotPassACutAnswerOffAsComplete) {
    ScriptedUpstream upstream([](Peer& peer) {
        peer.read_head();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
    });
    TestProxy proxy(options());
    proxy.add_route("/", upstream.url());
    auto peer = connect(proxy);
    peer.send(request());
    bool orderly = true;
    peer.read_to_end(&orderly);
    EXPECT_FALSE(orderly);
}

TEST_F(Tls, AnswersKeyUpdates) {
    ScriptedUpstream upstream(echo());
    TestProxy proxy(options());
    proxy.add_route("/", upstream.url());
    auto peer = connect(proxy, {.version = TLS1_3_VERSION});
    for (int i = 0; i < 5; ++i) {
        ASSERT_EQ(SSL_key_update(peer.ssl(), SSL_KEY_UPDATE_REQUESTED), 1);
        peer.send(request(fmt::format("/{}", i)));
        EXPECT_THAT(peer.read_message(), HasSubstr(fmt::format("GET /{} HTTP", i)));
    }
}

TEST_F(Tls, ChoosesTheCertificateByTheNameAskedFor) {
    auto all = options();
    all.tls.certificates.push_back(authority_.issue("other", "DNS:other.test"));
    all.tls.certificates.push_back(authority_.issue("wild", "DNS:*.wild.test"));
    TestProxy proxy(all);
    auto const shown = [&](std::string const& name) {
        TlsPeer const peer((*proxy).port(), {.server_name = name});
        return peer.subject_name();
    };
    EXPECT_EQ(shown("localhost"), "localhost");
    EXPECT_EQ(shown("OTHER.test"), "other");
    EXPECT_EQ(shown("a.wild.test"), "wild");
    EXPECT_EQ(shown("a.b.wild.test"), "localhost");
    EXPECT_EQ(shown("wild.test"), "localhost");
    EXPECT_EQ(shown(""), "localhost");
}

TEST_F(Tls, AgreesOnHttp11AndOnNothingElse) {
    TestProxy proxy(options());
    auto const peer = connect(proxy, {.alpn = {"h3", "http/1.1"}});
    unsigned char const* name = nullptr;
    unsigned length = 0;
    SSL_get0_alpn_selected(peer.ssl(), &name, &length);
    EXPECT_EQ(std::string(reinterpret_cast<char const*>(name), length), "http/1.1");
    EXPECT_FALSE(connect(proxy, {.alpn = {"smtp"}}).connected());
}

TEST_F(Tls, ResumesASessionByItsTicket) {
    ScriptedUpstream upstream(always_answer("x"));
    TestProxy proxy(options());
    proxy.add_route("/", upstream.url());
    for (int const version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        auto first = connect(proxy, {.version = version});
        first.send(request());
        first.read_message();
        EXPECT_EQ(SSL_session_reused(first.ssl()), 0);
        auto* const session = SSL_get1_session(first.ssl());
        (*proxy).reload();
        auto const again = connect(proxy, {.version = version, .resumed = session});
        EXPECT_EQ(SSL_session_reused(again.ssl()), 1);
        SSL_SESSION_free(session);
    }
}

TEST_F(Tls, AsksForCertificatesAndRefusesWhoHasNone) {
    auto all = options();
    all.tls.request_certificate = all.tls.reject_unauthorized = true;
    all.tls.ca = authority_.certificate();
    TestAuthority const stranger;
    ScriptedUpstream upstream(always_answer("let in"));
    TestProxy proxy(all);
    proxy.add_route("/", upstream.url());
    auto const answer = [&](CertificateFiles const& files) {
        auto peer = connect(proxy, {.certificate = files});
        peer.send(request());
        return peer.read_message();
    };
    EXPECT_THAT(answer(authority_.issue("me", "")), EndsWith("let in"));
    EXPECT_THAT(answer({}), IsEmpty());
    EXPECT_THAT(answer(stranger.issue("me", "")), IsEmpty());
    EXPECT_THAT(answer(authority_.issue("old", "", TestAuthority::Life::Expired)), IsEmpty());
}

TEST_F(Tls, LeadsPlainHttpOnItsPortToHttps) {
    auto all = options();
    all.redirect_to = 443;
    TestProxy proxy(all);
    auto const answer = proxy.ask("GET /a?b HTTP/1.1\r\nHost: x.test:80\r\n\r\n");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 301 Moved Permanently\r\n"));
    EXPECT_THAT(answer, HasSubstr("Location: https://x.test/a?b\r\n"));
}

TEST_F(Tls, EndsAConnectionThatSpeaksNothingItKnows) {
    TestProxy proxy(options());
    auto peer = proxy.connect();
    using std::string_view_literals::operator""sv;
    peer.send("\x16\x03\x01\x00\x05hello and more than that"sv);
    EXPECT_THAT(peer.read_to_end(), Not(HasSubstr("HTTP")));
}

TEST_F(Tls, TellsBrowsersToInsistOnIt) {
    auto all = options();
    all.hsts = Seconds(300);
    ScriptedUpstream upstream([](Peer& peer) {
        peer.read_head();
        peer.send(
            "HTTP/1.1 200 OK\r\nStrict-Transport-Security: max-age=9\r\nContent-Length: 0\r\n\r\n");
    });
    TestProxy proxy(all);
    proxy.add_route("/there", upstream.url());
    auto peer = connect(proxy);
    for (auto const* const target : {"/there", "/nothing"}) {
        peer.send(request(target));
        auto const answer = peer.read_message();
        EXPECT_THAT(answer, HasSubstr("Strict-Transport-Security: max-age=300\r\n"));
        EXPECT_THAT(answer, Not(HasSubstr("max-age=9\r\n")));
    }
}

TEST_F(Tls, ReadsAKeyWithItsPassphrase) {
    auto all = options();
    auto const files =
        authority_.issue("sealed", "DNS:localhost", TestAuthority::Life::Valid, "open sesame");
    all.tls.certificates = {files};
    EXPECT_FALSE(Proxy::create(all));
    all.tls.passphrase = "open sesame";
    TestProxy proxy(all);
    EXPECT_EQ(connect(proxy).subject_name(), "sealed");
}

TEST_F(Tls, SaysWhichFileIsUnfit) {
    auto all = options();
    auto const why = [&](Options const& given) {
        auto const proxy = Proxy::create(given);
        return proxy ? "nothing" : proxy.error().message;
    };
    all.tls.certificates.front().key = authority_.issue("other", "").key;
    EXPECT_THAT(why(all), HasSubstr("other.key: key values mismatch"));
    all.tls.certificates.front().key = "/nowhere/x.key";
    EXPECT_THAT(why(all), HasSubstr("/nowhere/x.key: No such file"));
    all = options();
    all.tls.protocol = "SSLv3";
    EXPECT_THAT(why(all), HasSubstr("SSLv3"));
    all = options();
    all.tls.ciphers = "RC4-MD5";
    EXPECT_THAT(why(all), HasSubstr("RC4-MD5"));
}

TEST_F(Tls, UsesANewCertificateWhileOldConnectionsLiveOn) {
    ScriptedUpstream upstream(always_answer("x"));
    TestProxy proxy(options());
    proxy.add_route("/", upstream.url());
    auto old = connect(proxy);
    auto const serial = [](TlsPeer const& peer) {
        std::unique_ptr<X509, FreeSsl> const shown(SSL_get1_peer_certificate(peer.ssl()));
        return ASN1_INTEGER_get(X509_get0_serialNumber(shown.get()));
    };
    auto const first = serial(old);
    authority_.issue("localhost", "DNS:localhost");
    while (serial(connect(proxy)) == first) std::this_thread::yield();
    old.send(request());
    EXPECT_THAT(old.read_message(), EndsWith("x"));

    auto const second = serial(connect(proxy));
    std::ofstream(authority_.folder() / "localhost.pem") << "rubbish";
    (*proxy).reload();
    authority_.issue("localhost", "DNS:localhost");
    (*proxy).reload();
    while (serial(connect(proxy)) == second) std::this_thread::yield();
}

TEST_F(Tls, KeepsTheOldCertificateWhenTheNewOneIsUnfit) {
    TestProxy proxy(options());
    testing::internal::CaptureStderr();
    std::ofstream(authority_.folder() / "localhost.pem") << "rubbish";
    (*proxy).reload();
    EXPECT_EQ(connect(proxy).subject_name(), "localhost");
    EXPECT_TRUE(connect(proxy).connected());
    testing::internal::GetCapturedStderr();
}

}  // namespace
}  // namespace carrel::proxy

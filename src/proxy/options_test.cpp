#include "proxy/options.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace carrel::proxy {
namespace {

using testing::HasSubstr;

TEST(Options, TakesConfigurableHttpProxysCommandLine) {
    auto const parsed = parse_options({"--ip",
                                       "127.0.0.1",
                                       "--port=9000",
                                       "--default-target",
                                       "http+unix://%2Frun%2Fc.sock",
                                       "--error-target=http://127.0.0.1:1/e",
                                       "--no-x-forward",
                                       "--no-prepend-path",
                                       "--no-include-prefix",
                                       "--auto-rewrite",
                                       "--change-origin",
                                       "--protocol-rewrite",
                                       "https",
                                       "--custom-header",
                                       "X-A: b:c",
                                       "--custom-header",
                                       "X-D:e",
                                       "--insecure",
                                       "--host-routing",
                                       "--log-level=warn",
                                       "--timeout",
                                       "1000",
                                       "--proxy-timeout",
                                       "2000",
                                       "--keep-alive-timeout",
                                       "3000"});
    ASSERT_FALSE(parsed.message) << *parsed.message;
    auto const& options = parsed.options;
    EXPECT_EQ(options.ip, "127.0.0.1");
    EXPECT_EQ(options.port, 9000);
    EXPECT_EQ(options.api_port, 9001);
    EXPECT_EQ(options.default_target->url, "http+unix://%2Frun%2Fc.sock");
    EXPECT_EQ(options.error_target->path, "/e");
    EXPECT_FALSE(options.x_forward || options.prepend_path || options.include_prefix);
    EXPECT_TRUE(options.auto_rewrite && options.change_origin && options.host_routing);
    EXPECT_EQ(options.custom_headers.size(), 2U);
    EXPECT_EQ(options.custom_headers[0], std::pair(std::string("X-A"), std::string("b:c")));
    EXPECT_EQ(options.log_level, log::Level::Warn);
    EXPECT_EQ(options.client_timeout, Milliseconds(1000));
    EXPECT_EQ(options.upstream_timeout, Milliseconds(2000));
    EXPECT_EQ(options.keep_alive_timeout, Milliseconds(3000));
}

TEST(Options, SaysWhatIsWrong) {
    auto const message = [](std::vector<std::string> arguments) {
        auto const parsed = parse_options(std::move(arguments));
        EXPECT_EQ(parsed.exit_code, 1);
        return parsed.message.value_or("nothing");
    };
    EXPECT_THAT(message({"--custom-header", "x"}), HasSubstr("A colon was expected"));
    EXPECT_THAT(message({"--custom-header", "x: a\nb"}), HasSubstr("malformed custom header"));
    EXPECT_THAT(message({"--storage-backend", "x"}), HasSubstr("JavaScript"));
    EXPECT_THAT(message({"--redirect-port", "80"}), HasSubstr("certificates not provided"));
    EXPECT_THAT(message({"--ssl-key", "x"}), HasSubstr("only of use together"));
    EXPECT_THAT(message({"--socket", "/s", "--port", "1"}), HasSubstr("--socket"));
    EXPECT_THAT(message({"--default-target", "ftp://a"}), HasSubstr("only http"));
    EXPECT_THAT(message({"--log-level", "loud"}), HasSubstr("--log-level"));
    EXPECT_THAT(message({"--port", "70000"}), HasSubstr("--port"));
    EXPECT_THAT(message({"--unknown"}), HasSubstr("--unknown"));
    EXPECT_THAT(message({"--error-target", "http://127.0.0.1:1", "--error-path", "/x"}),
                HasSubstr("--error-path"));
}

TEST(Options, TakesEverySideOfTls) {
    auto const parsed = parse_options({"--ssl-key=k", "--ssl-cert=c", "--ssl-protocol=TLSv1_2",
                                       "--ssl-allow-rc4", "--api-ssl-key", "ak", "--api-ssl-cert",
                                       "ac", "--api-ssl-ca", "aa", "--api-ssl-request-cert",
                                       "--api-ssl-reject-unauthorized", "--client-ssl-ca=ca",
                                       "--redirect-port=80", "--redirect-to=443", "--insecure"});
    ASSERT_FALSE(parsed.message) << *parsed.message;
    auto const& options = parsed.options;
    EXPECT_TRUE(options.tls.enabled() && options.api_tls.enabled());
    EXPECT_EQ(options.tls.certificates.at(0).certificate, "c");
    EXPECT_EQ(options.tls.certificates.at(0).key, "k");
    EXPECT_EQ(options.api_tls.certificates.at(0).certificate, "ac");
    EXPECT_EQ(options.api_tls.ca, "aa");
    EXPECT_TRUE(options.api_tls.request_certificate && options.api_tls.reject_unauthorized);
    EXPECT_FALSE(options.tls.request_certificate);
    EXPECT_EQ(options.api_tls.protocol, "TLSv1_2");
    EXPECT_EQ(options.upstream_tls.ca, "ca");
    EXPECT_FALSE(options.upstream_tls.verify);
    EXPECT_EQ(options.redirect_port, 80);
    EXPECT_EQ(options.redirect_to, 443);
}

TEST(Options, LogsInTheWordsOfTheProgramItWasStartedAs) {
    EXPECT_FALSE(parse_options({}).options.legacy_log);
    EXPECT_TRUE(parse_options({}, true).options.legacy_log);
    EXPECT_TRUE(parse_options({"--log-format=configurable-http-proxy"}).options.legacy_log);
    EXPECT_FALSE(parse_options({"--log-format", "structured"}, true).options.legacy_log);
}

TEST(Options, PrintsVersionAndHelp) {
    EXPECT_EQ(parse_options({"-V"}).exit_code, 0);
    EXPECT_THAT(parse_options({"-V"}).message.value_or(""), HasSubstr("carrel"));
    EXPECT_THAT(parse_options({"--help"}).message.value_or(""), HasSubstr("--api-socket"));
}

TEST(Options, Http2ComesWithTlsUnlessItIsSwitchedOff) {
    auto const usual = parse_options({}).options;
    EXPECT_EQ(usual.tls.protocols.front(), "h2");
    EXPECT_FALSE(usual.cleartext_http2);
    EXPECT_EQ(parse_options({"--no-http2"}).options.tls.protocols.front(), "http/1.1");
    EXPECT_TRUE(parse_options({"--cleartext-http2"}).options.cleartext_http2);
}

}  // namespace
}  // namespace carrel::proxy

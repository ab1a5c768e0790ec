#include "http/smtp.hpp"

#include <gtest/gtest.h>

namespace carrel::http {
namespace {

TEST(Smtp, WordsThatAreNotAsciiAreEncoded) {
    EXPECT_EQ(mail_words("A new password"), "A new password");
    EXPECT_EQ(mail_words("für"), "=?utf-8?B?ZsO8cg==?=");
    EXPECT_EQ(mail_words("Carrel, \"Lab\""), "=?utf-8?B?Q2FycmVsLCAiTGFiIg==?=");
    auto const longer = mail_words("äöüäöüäöüäöüäöüäöüäöüäöüäöüäöü");
    EXPECT_NE(longer.find("?= =?utf-8?B?"), std::string::npos);
    EXPECT_EQ(mail_words("a\r\nBcc: eve@example.org").find('\n'), std::string::npos);
}

TEST(Smtp, DatesAreThoseOfMail) {
    EXPECT_EQ(mail_date(Time(std::chrono::seconds(1'763'784'000))),
              "Sat, 22 Nov 2025 04:00:00 +0000");
}

TEST(Smtp, NothingIsSentWhoseHeaderCouldBecomeAnother) {
    // Nobody listens there: what is refused is refused before.
    SmtpServer const server{.host = "127.0.0.1", .port = 1, .security = SmtpSecurity::None};
    MailMessage const good{.from = "carrel@example.org",
                           .to = "ada@example.org",
                           .subject = "Hello",
                           .text = "x",
                           .id = "1"};
    EXPECT_EQ(send_mail(server, good).error().code, Code::Unavailable);
    for (auto const* const to : {"", "ada", "ada@example.org\r\nBcc: eve@example.org",
                                 "ada@example.org>", "a@b,c@d", "a@b c"}) {
        auto message = good;
        message.to = to;
        EXPECT_EQ(send_mail(server, message).error().code, Code::InvalidArgument) << to;
    }
    auto subject = good;
    subject.subject = "x\nBcc: eve@example.org";
    EXPECT_EQ(send_mail(server, subject).error().code, Code::InvalidArgument);
    auto name = good;
    name.from_name = "x\r\ny";
    EXPECT_EQ(send_mail(server, name).error().code, Code::InvalidArgument);
}

}  // namespace
}  // namespace carrel::http

#include "domain/mail.hpp"

#include <gtest/gtest.h>

namespace carrel {
namespace {

TEST(Mail, NamesOfKindsGoBothWays) {
    for (auto const kind : {MailKind::ConfirmEmail, MailKind::ResetPassword, MailKind::Nothing})
        EXPECT_EQ(parse_mail_kind(name_of(kind)), kind);
    EXPECT_FALSE(parse_mail_kind("newsletter"));
}

TEST(Mail, UsualAddressesCanBeMailed) {
    for (auto const* const address :
         {"ada@example.org", "a.b+c_d@sub.example.org", "x@localhost", "o'neil@example.org"})
        EXPECT_TRUE(is_mailable(address)) << address;
}

TEST(Mail, NothingBeginsAnotherLineOrAnotherAddress) {
    for (auto const* const address :
         {"", "ada", "@example.org", "ada@", "ada@example.org\nBcc: eve@example.org",
          "ada@example.org\r\nSubject: x", "ada@example.org,eve@example.org", "a@b@c",
          "<ada@example.org>", "\"a b\"@example.org", "ada@example.org>", "a da@example.org",
          "zo\xc3\xab@example.org", "ada@ex\xc3\xa4mple.org", "-oQ/tmp@example.org",
          ".ada@example.org", "ada@-x.org", "ada@[127.0.0.1]", "ada@example.org\t"})
        EXPECT_FALSE(is_mailable(address)) << address;
    EXPECT_FALSE(is_mailable(std::string("ada@example.org\0", 16)));
    EXPECT_FALSE(is_mailable(std::string(250, 'a') + "@example.org"));
}

}  // namespace
}  // namespace carrel

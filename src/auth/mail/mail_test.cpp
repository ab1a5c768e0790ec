#include "auth/mail/mail_desk.hpp"
#include "auth/mail/mail_texts.hpp"
#include "auth/mail/mailer.hpp"
#include "auth/test_store.hpp"
#include "store/mail_tables.hpp"

#include <gmock/gmock.h>

#include <fstream>

namespace carrel {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class MailTest : public ::testing::Test {
protected:
    MailTest() {
        ada_ = store_.add_user("ada");
        store_.change_user("ada", [&](User& user) {
            user.email = "ada@example.org";
            user.password_hash = "a hash";
            user.language = "de";
            ada_ = user;
        });
    }
    void confirm_address(User const& user) {
        store_.write([&](Transaction& transaction) {
            return mail_of(transaction).confirmed_emails().put(user.id, user.email, clock_.now());
        });
    }
    /// The token of the newest message.
    std::string token() const {
        auto const& text = sent_.back().text;
        auto const start = text.find('#') + 1;
        return text.substr(start, text.find('\n', start) - start);
    }
    void send_all() { ASSERT_TRUE(mailer_.pass()); }
    Result<> ask(std::string const& account) { return desk_.ask_for_reset(account, "192.0.2.1"); }
    Result<> reset(std::string const& token, std::string const& password = "four green turtles") {
        return desk_.reset(token, password, "192.0.2.1");
    }
    long long waiting() {
        long long count = 0;
        store_.write([&](Transaction& transaction) -> Result<> {
            TRY(bool const due,
                mail_of(transaction).mail_outbox().is_due(Time(Seconds(1LL << 40))));
            count = due ? 1 : 0;
            return {};
        });
        return count;
    }
    std::string hash_of_ada() {
        return store_
            .write([&](Transaction& transaction) { return transaction.users().find(ada_.id); })
            .password_hash;
    }

    TestStore store_;
    ManualClock clock_{Time(Seconds(1'700'000'000))};
    SystemRandom random_;
    PasswordHasher hasher_{cheapest_password_cost};
    MailDesk desk_{*store_, hasher_, clock_};
    std::vector<http::MailMessage> sent_;
    std::optional<Error> refusal_;
    Mailer mailer_{*store_,
                   clock_,
                   random_,
                   {.platform = "https://hub.example.org",
                    .from = "carrel@example.org",
                    .from_name = "Carrel"},
                   [this](http::MailMessage const& message) -> Result<> {
                       sent_.push_back(message);
                       if (refusal_) return std::unexpected(*refusal_);
                       return {};
                   }};
    User ada_;
};

TEST_F(MailTest, ANewPasswordBySomethingThatOnlyTheAddressGets) {
    confirm_address(ada_);
    ASSERT_TRUE(ask("Ada "));
    EXPECT_TRUE(sent_.empty());
    send_all();
    ASSERT_EQ(sent_.size(), 1U);
    EXPECT_EQ(sent_[0].to, "ada@example.org");
    EXPECT_THAT(sent_[0].text, HasSubstr("https://hub.example.org/reset-password#"));
    EXPECT_THAT(sent_[0].subject, HasSubstr("Passwort"));
    EXPECT_EQ(waiting(), 0);

    EXPECT_EQ(reset(token(), "short").error().field, "password");
    ASSERT_TRUE(reset(token()));
    EXPECT_TRUE(hasher_.matches(hash_of_ada(), "four green turtles"));
    EXPECT_EQ(store_.events().at(0).kind, "password_reset");
    // Once.
    EXPECT_EQ(reset(token(), "five green turtles").error().field, "token");
    EXPECT_TRUE(hasher_.matches(hash_of_ada(), "four green turtles"));
}

TEST_F(MailTest, AResetEndsEverySession) {
    confirm_address(ada_);
    store_.write([&](Transaction& transaction) {
        return transaction.sessions().insert({.id = SessionId("s"),
                                              .secret_hash = "h",
                                              .csrf_token = "c",
                                              .user = ada_.id,
                                              .created_at = clock_.now(),
                                              .expires_at = clock_.now() + Seconds(3600),
                                              .last_used_at = clock_.now()});
    });
    ASSERT_TRUE(ask("ada@example.org"));
    send_all();
    ASSERT_TRUE(reset(token()));
    EXPECT_FALSE(store_->read(
        [](Transaction& transaction) { return transaction.sessions().find_by_secret_hash("h"); }));
}

TEST_F(MailTest, NobodyLearnsWhoHasAnAccount) {
    // Unconfirmed, unknown, disabled, without a password of here: the same answer and one row each.
    for (auto const* const account : {"ada", "ada@example.org", "nobody", "x@example.org", ""}) {
        EXPECT_TRUE(ask(account)) << account;
        EXPECT_EQ(waiting(), 1) << account;
        send_all();
        EXPECT_EQ(waiting(), 0) << account;
    }
    confirm_address(ada_);
    store_.change_user("ada", [](User& user) { user.disabled = true; });
    EXPECT_TRUE(ask("ada"));
    store_.change_user("ada", [](User& user) {
        user.disabled = false;
        user.password_hash = "";
    });
    EXPECT_TRUE(ask("ada"));
    send_all();
    EXPECT_TRUE(sent_.empty());
}

TEST_F(MailTest, LinksEndAfterHalfAnHourAndWhenANewerOneIsSent) {
    confirm_address(ada_);
    ASSERT_TRUE(ask("ada"));
    send_all();
    auto const first = token();
    clock_.advance(Seconds(600));
    ASSERT_TRUE(ask("ada"));
    send_all();
    auto const second = token();
    EXPECT_EQ(reset(first).error().field, "token");
    clock_.advance(reset_link_lasts);
    EXPECT_EQ(reset(second).error().field, "token");
    EXPECT_EQ(hash_of_ada(), "a hash");
}

TEST_F(MailTest, ALinkIsWorthNothingForAnotherAddressOrAnotherPurpose) {
    ASSERT_TRUE(desk_.ask_for_confirmation(ada_));
    send_all();
    EXPECT_THAT(sent_[0].text, HasSubstr("/confirm-email#"));
    auto const confirming = token();
    EXPECT_EQ(reset(confirming).error().field, "token");
    store_.change_user("ada", [](User& user) { user.email = "eve@example.org"; });
    EXPECT_EQ(desk_.confirm(confirming, "192.0.2.1").error().field, "token");
    store_.change_user("ada", [](User& user) { user.email = "ada@example.org"; });
    ASSERT_TRUE(desk_.confirm(confirming, "192.0.2.1"));
    EXPECT_TRUE(*desk_.is_confirmed(ada_));
    EXPECT_EQ(desk_.ask_for_confirmation(ada_).error().code, Code::Conflict);
    // A reset that was asked for before the address changed.
    ASSERT_TRUE(ask("ada"));
    send_all();
    store_.change_user("ada", [](User& user) { user.email = "eve@example.org"; });
    EXPECT_EQ(reset(token()).error().field, "token");
}

TEST_F(MailTest, NoTokenAndNoTextIsInTheStore) {
    confirm_address(ada_);
    ASSERT_TRUE(ask("ada"));
    send_all();
    std::string all;
    for (auto const* const name : {"carrel.sqlite", "carrel.sqlite-wal"}) {
        std::ifstream file(store_.folder() / name, std::ios::binary);
        all.append(std::istreambuf_iterator<char>(file), {});
    }
    EXPECT_THAT(all, HasSubstr("ada@example.org"));
    EXPECT_THAT(all, Not(HasSubstr(token())));
    EXPECT_THAT(all, Not(HasSubstr("reset-password#")));
}

TEST_F(MailTest, WhatIsNotTakenIsTriedAgainAndGivenUpAfterADay) {
    confirm_address(ada_);
    ASSERT_TRUE(ask("ada"));
    refusal_ = Error{Code::Unavailable, "down"};
    send_all();
    send_all();
    EXPECT_EQ(sent_.size(), 1U);
    clock_.advance(Seconds(5));
    send_all();
    EXPECT_EQ(sent_.size(), 2U);
    EXPECT_NE(sent_[0].text, sent_[1].text);
    clock_.advance(Seconds(24 * 3600));
    EXPECT_EQ(waiting(), 1);
    send_all();
    EXPECT_EQ(waiting(), 0);
}

TEST_F(MailTest, WhatIsRefusedForGoodIsNotTriedAgain) {
    confirm_address(ada_);
    ASSERT_TRUE(ask("ada"));
    refusal_ = Error{Code::InvalidArgument, "550"};
    send_all();
    EXPECT_EQ(waiting(), 0);
}

TEST_F(MailTest, WhatAProcessWasSendingWhenItDiedComesRoundAgain) {
    confirm_address(ada_);
    ASSERT_TRUE(ask("ada"));
    // As `pass` takes it, and then nothing more.
    store_.write([&](Transaction& transaction) {
        return mail_of(transaction).mail_outbox().take(clock_.now(), clock_.now() + Seconds(45));
    });
    send_all();
    EXPECT_TRUE(sent_.empty());
    clock_.advance(Seconds(45));
    send_all();
    EXPECT_EQ(sent_.size(), 1U);
}

TEST_F(MailTest, MessagesAndGuessesAreLimited) {
    confirm_address(ada_);
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(ask("ada"));
    EXPECT_EQ(ask("ada").error().code, Code::LimitReached);
    EXPECT_EQ(ask("ADA").error().code, Code::LimitReached);
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(ask("nobody"));
    EXPECT_EQ(ask("nobody").error().code, Code::LimitReached);
    send_all();
    // One that waits is enough.
    EXPECT_EQ(sent_.size(), 1U);
    for (int i = 0; i < 10; ++i) EXPECT_EQ(reset("guess").error().field, "token");
    EXPECT_EQ(reset(token()).error().code, Code::LimitReached);
}

TEST_F(MailTest, WhoMayNotEnterGetsNone) {
    confirm_address(ada_);
    ASSERT_TRUE(ask("ada"));
    store_.change_user("ada", [](User& user) { user.admission = Admission::Denied; });
    send_all();
    ASSERT_TRUE(ask("ada"));
    send_all();
    EXPECT_TRUE(sent_.empty());
}

TEST_F(MailTest, AnAddressThatCannotBeMailedIsNot) {
    store_.change_user("ada", [&](User& user) {
        user.email = "zo\xc3\xab@example.org";
        ada_ = user;
    });
    EXPECT_EQ(desk_.ask_for_confirmation(ada_).error().code, Code::Conflict);
    store_.write(
        [&](Transaction& transaction) { return desk_.address_changed(transaction, ada_); });
    EXPECT_EQ(waiting(), 0);
}

TEST(MailTexts, AreInTheReadersLanguageAndHaveTheLink) {
    for (auto const kind : {MailKind::ConfirmEmail, MailKind::ResetPassword})
        for (auto const* const language : {"en", "de", ""}) {
            auto const text = mail_text(kind, language, "ada", "https://x.example", "LINK");
            EXPECT_THAT(text.body, HasSubstr("LINK"));
            EXPECT_THAT(text.body, HasSubstr("ada"));
            EXPECT_EQ(text.body.find("Guten Tag") != std::string::npos,
                      std::string_view(language) == "de");
        }
    EXPECT_EQ(mail_link("https://x.example", MailKind::ResetPassword, "t"),
              "https://x.example/reset-password#t");
}

}  // namespace
}  // namespace carrel

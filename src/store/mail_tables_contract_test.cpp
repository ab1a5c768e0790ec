#include "store/mail_tables.hpp"

#include "store/store_contract.hpp"

#include <gmock/gmock.h>

namespace carrel {

class MailTablesContract : public StoreContract {
protected:
    void SetUp() override {
        StoreContract::SetUp();
        add_user("ada");
        add_user("bob");
    }
    static UserId id_of(std::string const& name) { return UserId("id-" + name); }
    void add(std::string const& name, MailKind kind, int second) {
        write([&](Transaction& t) {
            return mail_of(t).mail_outbox().add({.kind = kind,
                                                 .user = id_of(name),
                                                 .address = name + "@example.org",
                                                 .language = "de",
                                                 .created_at = at(second),
                                                 .due_at = at(second)});
        });
    }
    std::optional<MailItem> take(int now, int again) {
        return write(
            [&](Transaction& t) { return mail_of(t).mail_outbox().take(at(now), at(again)); });
    }
    void put(std::string const& name, std::string const& hash, MailKind kind, int until) {
        write([&](Transaction& t) {
            return mail_of(t).mail_tokens().put({.hash = hash,
                                                 .kind = kind,
                                                 .user = id_of(name),
                                                 .address = name + "@example.org",
                                                 .expires_at = at(until)});
        });
    }
    bool has(std::string const& hash) {
        return read([&](Transaction& t) -> Result<bool> {
            auto const found = mail_of(t).mail_tokens().find(hash);
            return found.has_value();
        });
    }
};
INSTANTIATE_TEST_SUITE_P(Engines, MailTablesContract, testing::ValuesIn(store_engines()),
                         engine_name);

TEST_P(MailTablesContract, WhatIsDueIsTakenByOneAndComesRoundAgain) {
    add("ada", MailKind::ResetPassword, 2);
    add("bob", MailKind::ConfirmEmail, 1);
    EXPECT_FALSE(take(0, 60));
    auto const first = take(2, 60);
    ASSERT_TRUE(first);
    EXPECT_EQ(first->address, "bob@example.org");
    EXPECT_EQ(first->kind, MailKind::ConfirmEmail);
    EXPECT_EQ(first->language, "de");
    EXPECT_EQ(first->attempts, 1);
    auto const second = take(2, 60);
    ASSERT_TRUE(second);
    EXPECT_EQ(second->user, id_of("ada"));
    EXPECT_FALSE(take(59, 100));
    EXPECT_EQ(take(60, 100)->attempts, 2);
    write([&](Transaction& t) { return mail_of(t).mail_outbox().done(first->id); });
    write([&](Transaction& t) { return mail_of(t).mail_outbox().retry(second->id, at(500)); });
    EXPECT_FALSE(take(499, 600));
    EXPECT_EQ(take(500, 600)->id, second->id);
}

TEST_P(MailTablesContract, SaysWhatWaitsAndWhetherAnythingIsDue) {
    add("ada", MailKind::ResetPassword, 5);
    auto const waits = [&](std::string const& name, MailKind kind) {
        return read(
            [&](Transaction& t) { return mail_of(t).mail_outbox().waits(kind, id_of(name)); });
    };
    EXPECT_TRUE(waits("ada", MailKind::ResetPassword));
    EXPECT_FALSE(waits("ada", MailKind::ConfirmEmail));
    EXPECT_FALSE(waits("bob", MailKind::ResetPassword));
    auto const due = [&](int now) {
        return read([&](Transaction& t) { return mail_of(t).mail_outbox().is_due(at(now)); });
    };
    EXPECT_FALSE(due(4));
    EXPECT_TRUE(due(5));
}

TEST_P(MailTablesContract, AnotherLinkTakesThePlaceOfTheLastOne) {
    put("ada", "one", MailKind::ResetPassword, 10);
    put("ada", "other", MailKind::ConfirmEmail, 10);
    put("bob", "his", MailKind::ResetPassword, 10);
    put("ada", "two", MailKind::ResetPassword, 20);
    EXPECT_FALSE(has("one"));
    EXPECT_TRUE(has("two") && has("other") && has("his"));
    EXPECT_EQ(write([](Transaction& t) { return mail_of(t).mail_tokens().remove_expired(at(10)); }),
              2);
    EXPECT_TRUE(has("two"));
    write([](Transaction& t) {
        return mail_of(t).mail_tokens().remove_of_user(MailKind::ResetPassword, id_of("ada"));
    });
    EXPECT_FALSE(has("two"));
}

TEST_P(MailTablesContract, AnAddressIsConfirmedAsItWasWritten) {
    auto const put_address = [&](std::string const& name, std::string const& address) {
        write([&](Transaction& t) {
            return mail_of(t).confirmed_emails().put(id_of(name), address, at(1));
        });
    };
    auto const of = [&](std::string const& name) {
        return read(
            [&](Transaction& t) { return mail_of(t).confirmed_emails().of_user(id_of(name)); });
    };
    EXPECT_EQ(of("ada"), "");
    put_address("ada", "Ada@Example.org");
    put_address("bob", "ada@example.org");
    EXPECT_EQ(of("ada"), "Ada@Example.org");
    auto const users = read(
        [&](Transaction& t) { return mail_of(t).confirmed_emails().users_of("ADA@example.org"); });
    EXPECT_THAT(users, testing::ElementsAre(id_of("ada"), id_of("bob")));
    put_address("bob", "bob@example.org");
    EXPECT_EQ(read([&](Transaction& t) {
                  return mail_of(t).confirmed_emails().users_of("ada@example.org");
              }).size(),
              1U);
    write([&](Transaction& t) { return mail_of(t).confirmed_emails().remove(id_of("bob")); });
    EXPECT_EQ(of("bob"), "");
    EXPECT_EQ(of("ada"), "Ada@Example.org");
}

}  // namespace carrel

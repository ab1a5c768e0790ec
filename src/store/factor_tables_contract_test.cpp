#include "store/store_contract.hpp"

namespace carrel {

class FactorTablesContract : public StoreContract {
protected:
    void SetUp() override {
        StoreContract::SetUp();
        add_user("ada");
        add_user("bob");
    }
    static UserId id_of(std::string const& name) { return UserId("id-" + name); }
    static SecondFactor some_factor(std::string const& id, std::string const& credential = "") {
        return {.id = id,
                .user = id_of("ada"),
                .kind = credential.empty() ? FactorKind::Totp : FactorKind::WebAuthn,
                .name = "phone",
                .credential = credential,
                .secret = "sealed",
                .counter = 7,
                .created_at = at(1),
                .last_used_at = {}};
    }
    void insert(SecondFactor const& factor) {
        write([&](Transaction& t) { return t.second_factors().insert(factor); });
    }
    bool use(std::string const& id, long long counter) {
        return write([&](Transaction& t) { return t.second_factors().use(id, counter, at(9)); });
    }
    std::vector<SecondFactor> factors_of(std::string const& name) {
        return read([&](Transaction& t) { return t.second_factors().of_user(id_of(name)); });
    }
    void put(FactorChallenge const& challenge) {
        write([&](Transaction& t) { return t.half_logins().put_challenge(challenge); });
    }
    bool take(std::string const& id, std::string const& owner, std::string const& purpose) {
        return store_
            ->write(
                [&](Transaction& t) { return t.half_logins().take_challenge(id, owner, purpose); })
            .has_value();
    }
};
INSTANTIATE_TEST_SUITE_P(Engines, FactorTablesContract, testing::ValuesIn(store_engines()),
                         engine_name);

TEST_P(FactorTablesContract, AFactorComesBackAsItWasWritten) {
    insert(some_factor("f1", "credential"));
    auto const found = factors_of("ada").at(0);
    EXPECT_EQ(found.id, "f1");
    EXPECT_EQ(found.kind, FactorKind::WebAuthn);
    EXPECT_EQ(found.name, "phone");
    EXPECT_EQ(found.credential, "credential");
    EXPECT_EQ(found.secret, "sealed");
    EXPECT_EQ(found.counter, 7);
    EXPECT_EQ(found.created_at, at(1));
    EXPECT_EQ(found.last_used_at, std::nullopt);
    EXPECT_TRUE(factors_of("bob").empty());
    write([](Transaction& t) { return t.second_factors().remove("f1"); });
    EXPECT_TRUE(factors_of("ada").empty());
}

TEST_P(FactorTablesContract, AKeyBelongsToOnePersonAndAppsHaveNone) {
    insert(some_factor("f1", "credential"));
    EXPECT_EQ(write_error([](Transaction& t) {
                  return t.second_factors().insert(some_factor("f2", "credential"));
              }).code,
              Code::Conflict);
    insert(some_factor("f3"));
    insert(some_factor("f4"));
    EXPECT_EQ(factors_of("ada").size(), 3U);
}

TEST_P(FactorTablesContract, AFactorOnlyCountsOn) {
    insert(some_factor("f1"));
    EXPECT_FALSE(use("f1", 6));
    EXPECT_FALSE(use("f1", 7));
    EXPECT_FALSE(use("f1", 0)) << "one that has counted does not stop counting";
    EXPECT_TRUE(use("f1", 8));
    EXPECT_FALSE(use("f1", 8));
    EXPECT_EQ(factors_of("ada").at(0).last_used_at, at(9));
    EXPECT_FALSE(use("gone", 9));
    // Keys that do not count at all always say 0.
    auto never = some_factor("f2", "credential");
    never.counter = 0;
    insert(never);
    EXPECT_TRUE(use("f2", 0));
    EXPECT_TRUE(use("f2", 0));
}

TEST_P(FactorTablesContract, ARecoveryCodeIsTakenOnceByItsOwner) {
    auto const set = [&](std::vector<std::string> const& hashes) {
        write([&](Transaction& t) {
            return t.second_factors().set_recovery_codes(id_of("ada"), hashes);
        });
    };
    auto const use_code = [&](std::string const& name, std::string const& hash) {
        return write([&](Transaction& t) {
            return t.second_factors().use_recovery_code(id_of(name), hash);
        });
    };
    auto const left = [&] {
        return read(
            [&](Transaction& t) { return t.second_factors().recovery_codes_left(id_of("ada")); });
    };
    set({"a", "b"});
    EXPECT_FALSE(use_code("bob", "a"));
    EXPECT_TRUE(use_code("ada", "a"));
    EXPECT_FALSE(use_code("ada", "a"));
    EXPECT_EQ(left(), 1);
    set({"c", "d", "e"});
    EXPECT_FALSE(use_code("ada", "b")) << "new ones are in place of the old ones";
    EXPECT_EQ(left(), 3);
}

TEST_P(FactorTablesContract, AHalfLoginIsFoundCountedAndRemovedOnce) {
    auto const login = [](std::string const& hash) {
        return HalfLogin{hash, id_of("ada"), 0, at(1), at(100)};
    };
    for (auto const* const hash : {"h1", "h2"})
        write([&](Transaction& t) { return t.half_logins().insert(login(hash)); });
    write([](Transaction& t) { return t.half_logins().count_wrong("h1"); });
    auto const find = [](std::string const& hash) {
        return [hash](Transaction& t) { return t.half_logins().find(hash); };
    };
    EXPECT_EQ(read(find("h1")).wrong, 1);
    EXPECT_EQ(read(find("h1")).expires_at, at(100));
    auto const remove = [](Transaction& t) { return t.half_logins().remove("h1"); };
    EXPECT_TRUE(write(remove));
    EXPECT_FALSE(write(remove));
    EXPECT_EQ(read_error(find("h1")).code, Code::NotFound);
    write([](Transaction& t) { return t.half_logins().remove_of_user(id_of("ada")); });
    EXPECT_EQ(read_error(find("h2")).code, Code::NotFound);
}

TEST_P(FactorTablesContract, AChallengeIsTakenOnceByWhoeverItWasGivenTo) {
    put({"c1", "owner", "login", "payload", at(100)});
    EXPECT_FALSE(take("c1", "another", "login"));
    EXPECT_FALSE(take("c1", "owner", "confirm"));
    EXPECT_TRUE(take("c1", "owner", "login"));
    EXPECT_FALSE(take("c1", "owner", "login"));

    put({"c2", "owner", "login", "", at(100)});
    put({"c3", "owner", "login", "", at(100)});
    EXPECT_FALSE(take("c2", "owner", "login")) << "the newer one is in its place";
    EXPECT_TRUE(take("c3", "owner", "login"));
}

TEST_P(FactorTablesContract, WhatHasExpiredGoes) {
    write([](Transaction& t) {
        return t.half_logins().insert({"h1", id_of("ada"), 0, at(1), at(100)});
    });
    put({"c1", "h1", "login", "", at(100)});
    auto const expire = [&](int second) {
        return write([&](Transaction& t) { return t.half_logins().remove_expired(at(second)); });
    };
    EXPECT_EQ(expire(99), 0);
    EXPECT_EQ(expire(100), 1);
    EXPECT_FALSE(take("c1", "h1", "login"));
}

TEST_P(FactorTablesContract, ASessionIsConfirmed) {
    write([](Transaction& t) {
        return t.sessions().insert(
            {SessionId("s1"), "hash", "csrf", id_of("ada"), at(1), at(100), at(1)});
    });
    auto const find = [](Transaction& t) { return t.sessions().find_by_secret_hash("hash"); };
    EXPECT_EQ(read(find).confirmed_at, std::nullopt);
    write([](Transaction& t) { return t.sessions().confirm(SessionId("s1"), at(5)); });
    EXPECT_EQ(read(find).confirmed_at, at(5));
    EXPECT_FALSE(read(find).by_provider);
}

}  // namespace carrel

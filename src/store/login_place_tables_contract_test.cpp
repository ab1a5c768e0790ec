#include "store/store_contract.hpp"

namespace carrel {

class LoginPlaceTablesContract : public StoreContract {
protected:
    void SetUp() override {
        StoreContract::SetUp();
        add_user("ada");
        add_user("bob");
    }
    static UserId id_of(std::string const& name) { return UserId("id-" + name); }
    void note(std::string const& name, std::string const& place, int second) {
        write(
            [&](Transaction& t) { return t.login_places().note(id_of(name), place, at(second)); });
    }
    bool knows(std::string const& name, std::string const& place) {
        return read([&](Transaction& t) { return t.login_places().knows(id_of(name), place); });
    }
};
INSTANTIATE_TEST_SUITE_P(Engines, LoginPlaceTablesContract, testing::ValuesIn(store_engines()),
                         engine_name);

TEST_P(LoginPlaceTablesContract, APlaceIsKnownToWhoeverLoggedInThere) {
    note("ada", "address 192.0.2.1", 1);
    note("ada", "address 192.0.2.1", 2);
    EXPECT_TRUE(knows("ada", "address 192.0.2.1"));
    EXPECT_FALSE(knows("ada", "address 192.0.2.2"));
    EXPECT_FALSE(knows("bob", "address 192.0.2.1"));
}

TEST_P(LoginPlaceTablesContract, OldPlacesAreForgotten) {
    note("ada", "here", 10);
    note("ada", "there", 20);
    EXPECT_EQ(write([](Transaction& t) { return t.login_places().remove_before(at(20)); }), 1);
    EXPECT_FALSE(knows("ada", "here"));
    EXPECT_TRUE(knows("ada", "there"));
}

TEST_P(LoginPlaceTablesContract, OnesPlacesGoAlone) {
    note("ada", "here", 10);
    note("bob", "here", 10);
    write([](Transaction& t) { return t.login_places().remove_of_user(id_of("ada")); });
    EXPECT_FALSE(knows("ada", "here"));
    EXPECT_TRUE(knows("bob", "here"));
}

TEST_P(LoginPlaceTablesContract, NobodyKeepsMoreThanTheNewestPlaces) {
    note("bob", "his", 1);
    for (int i = 0; i <= LoginPlaces::most; ++i) note("ada", fmt::format("place {}", i), i);
    EXPECT_FALSE(knows("ada", "place 0"));
    EXPECT_TRUE(knows("ada", "place 1"));
    EXPECT_TRUE(knows("ada", fmt::format("place {}", LoginPlaces::most)));
    EXPECT_TRUE(knows("bob", "his"));
}

}  // namespace carrel

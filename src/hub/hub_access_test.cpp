#include "hub/hub_access.hpp"

#include "hub/hub_fixture.hpp"

namespace carrel {

class HubAccessTest : public HubFixture {
protected:
    bool may(User const& who) {
        return store_->read([&](Transaction& t) { return may_have_server(t, course_, who.id); })
            .value();
    }
};

TEST_F(HubAccessTest, ParticipantsAndLeadersMayHaveAServer) {
    EXPECT_TRUE(may(ada_));
    EXPECT_TRUE(may(lea_));
}

TEST_F(HubAccessTest, RejectedPendingAndStrangersMayNot) {
    auto const bob = add_user("bob");
    auto const cyd = add_user("cyd");
    auto const dan = add_user("dan");
    admit(bob, ApplicationState::Rejected);
    admit(cyd, ApplicationState::Pending);
    for (auto const& person : {bob, cyd, dan}) EXPECT_FALSE(may(person)) << person.name;
}

}  // namespace carrel

// Connections with TLS stay with the predecessor; nobody among them is left without an answer.

#include "proxy/testing/generations.hpp"
#include "proxy/testing/tls.hpp"

namespace carrel::proxy {
namespace {

using testing::HasSubstr;

class TlsHandover : public testing::Test {
protected:
    TlsHandover() {
        tls_.certificates = {authority_.issue("a", "DNS:localhost")};
        old_ = std::make_unique<Generation>(authority_.folder(), false, 1, tls_);
        old_->start();
        old_->add_route("/", upstream_.url());
    }
    void hand_over() {
        new_ = std::make_unique<Generation>(authority_.folder(), true, 1, tls_);
        new_->take_over();
        new_->start();
        ASSERT_TRUE(old_->wait_for(Proxy::Departure::HandedOver));
    }
    TlsPeer connect(Generation const& generation) const {
        return {generation.port(), {.trusted = authority_.certificate()}};
    }

    TestAuthority authority_;
    ServerTls tls_;
    ScriptedUpstream upstream_{echo()};
    std::unique_ptr<Generation> old_;
    std::unique_ptr<Generation> new_;
};

TEST_F(TlsHandover, WhoHasJustComeIsAnsweredByThePredecessor) {
    auto newcomer = connect(*old_);
    auto known = connect(*old_);
    ASSERT_TRUE(newcomer.connected() && known.connected());
    known.send(get("/known"));
    EXPECT_THAT(known.read_message(), HasSubstr("GET /known "));
    hand_over();
    // Between two requests a client has to expect the end.
    EXPECT_EQ(known.read_to_end(), "");
    newcomer.send(get("/newcomer"));
    auto const answer = newcomer.read_to_end();
    EXPECT_THAT(answer, HasSubstr("GET /newcomer "));
    EXPECT_THAT(answer, HasSubstr("onnection: close"));
    auto later = connect(*new_);
    later.send(get("/later"));
    EXPECT_THAT(later.read_message(), HasSubstr("GET /later "));
    // Nobody is left.
    EXPECT_TRUE(old_->wait_for(Proxy::Departure::Drained));
}

}  // namespace
}  // namespace carrel::proxy

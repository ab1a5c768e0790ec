#include "proxy/data_plane/tidier.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace carrel::proxy {
namespace {

class TidierTest : public testing::Test {
protected:
    /// As much as a crowd may need at a time, and gives it back.
    void use_buffers() {
        std::vector<BufferBlock*> blocks(500);
        for (auto*& block : blocks) block = buffers_.take(4096);
        for (auto* block : blocks) buffers_.give_back(block);
    }

    std::unique_ptr<EventLoop> loop_ = EventLoop::create().value();
    BufferPool buffers_;
    Tidier tidier_{*loop_, buffers_};
};

TEST_F(TidierTest, GivesBackWhenMostConnectionsHaveGone) {
    use_buffers();
    tidier_.note(2 * Tidier::many);
    tidier_.note(Tidier::many);
    ASSERT_GT(buffers_.spare(), 0U);
    tidier_.on_deadline();
    EXPECT_EQ(buffers_.spare(), 0U);
}

TEST_F(TidierTest, LetsBeWhatIsStillInUseOrSoonAgain) {
    use_buffers();
    tidier_.note(Tidier::many - 1);
    tidier_.note(0);
    tidier_.on_deadline();
    EXPECT_GT(buffers_.spare(), 0U) << "for a few it is not worth it";
    tidier_.note(4 * Tidier::many);
    tidier_.note(Tidier::many);
    tidier_.note(3 * Tidier::many);
    tidier_.on_deadline();
    EXPECT_GT(buffers_.spare(), 0U) << "they came back before the calm was over";
}

TEST_F(TidierTest, DoesSoOnceForOneCrowd) {
    tidier_.note(2 * Tidier::many);
    tidier_.note(0);
    tidier_.on_deadline();
    use_buffers();
    tidier_.note(1);
    tidier_.on_deadline();
    EXPECT_GT(buffers_.spare(), 0U);
}

}  // namespace
}  // namespace carrel::proxy

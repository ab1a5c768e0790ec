#include "spawn/process/process_spawner.hpp"

#include "spawn/process/process_world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <signal.h>

namespace carrel {
namespace {

using testing::HasSubstr;
using testing::Not;

class ProcessSpawnerTest : public testing::Test {
protected:
    ProcessWorld world;
};

TEST_F(ProcessSpawnerTest, ServerAnswersAtItsEndpointWithItsSecret) {
    auto const ada = world.spec(1, "ada");
    auto const started = world.start_or_fail(ada);

    auto const answer = world.run_inside(ada, started, "id -u; pwd; echo $HOME; whoami");

    EXPECT_EQ(answer.code, 0);
    EXPECT_EQ(answer.output, fmt::format("{}\n/home/ada\n/home/ada\nada\n", ada.number));
}

}  // namespace
}  // namespace carrel

#include "app/folders.hpp"

#include "app/port_check.hpp"
#include "app/secrets.hpp"
#include "base/temporary_folder.hpp"
#include "http/test_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <thread>

namespace carrel {

using testing::HasSubstr;

class FoldersTest : public testing::Test {
protected:
    [[nodiscard]] static mode_t mode_of(std::filesystem::path const& path) {
        struct stat status{};
        EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
        return status.st_mode & 0777U;
    }

    TemporaryFolder folder_;
};

TEST_F(FoldersTest, AreMadePrivateAndSocketsHaveShortPaths) {
    auto const deep = folder_.path() / std::string(100, 'd') / std::string(100, 'e');
    auto const folders = make_folders(deep).value();
    EXPECT_EQ(mode_of(folders.secrets()), 0700U);
    EXPECT_EQ(mode_of(folders.runtime), 0711U);
    EXPECT_LT(folders.control_socket().native().size(), 100U);
    EXPECT_EQ(make_folders(deep)->runtime, folders.runtime);
    std::filesystem::remove_all(folders.runtime);
}

TEST_F(FoldersTest, FileInTheWayIsOneSentence) {
    std::ofstream(folder_.path() / "data") << "a file";
    auto const folders = make_folders(folder_.path() / "data" / "below");
    ASSERT_FALSE(folders);
    EXPECT_THAT(folders.error().message, HasSubstr("cannot be made"));
}

TEST_F(FoldersTest, SecondHolderOfADataFolderIsRefused) {
    auto first = FolderLock::acquire(folder_.path());
    ASSERT_TRUE(first);
    auto const second = FolderLock::acquire(folder_.path());
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, Code::Conflict);
    EXPECT_THAT(second.error().message, HasSubstr("another Carrel"));
    {
        auto const released = *std::move(first);
    }
    EXPECT_TRUE(FolderLock::acquire(folder_.path()));
}

TEST_F(FoldersTest, SecondControlProcessWaitsForTheFirstToEnd) {
    auto first = FolderLock::acquire_for_control(folder_.path(), Milliseconds(0));
    ASSERT_TRUE(first);
    auto const second = FolderLock::acquire_for_control(folder_.path(), Milliseconds(1));
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, Code::Conflict);
    EXPECT_THAT(second.error().message, HasSubstr("another control process"));
    EXPECT_TRUE(FolderLock::acquire(folder_.path())) << "its supervisor holds another lock";
    std::jthread const ending([&] { auto const released = *std::move(first); });
    EXPECT_TRUE(FolderLock::acquire_for_control(folder_.path(), Milliseconds(60'000)));
}

TEST_F(FoldersTest, SecretsAreMadeOnceAndKept) {
    SystemRandom random;
    auto const first = load_secrets(folder_.path(), random).value();
    auto const second = load_secrets(folder_.path(), random).value();
    EXPECT_EQ(first.edge_key, second.edge_key);
    EXPECT_EQ(first.proxy_token, second.proxy_token);
    EXPECT_EQ(first.edge_key.size(), 32U);
    EXPECT_FALSE(first.instance.empty());
    EXPECT_EQ(first.instance, second.instance);
    EXPECT_EQ(mode_of(folder_.path() / "edge-key"), 0600U);
}

TEST_F(FoldersTest, SecretThatWasCutShortIsNotUsed) {
    SystemRandom random;
    std::ofstream(folder_.path() / "edge-key") << "short";
    EXPECT_THAT(load_secrets(folder_.path(), random).error().message, HasSubstr("cut short"));
}

TEST(PortCheck, TellsAFreePortFromATakenOne) {
    boost::asio::io_context context;
    auto const server = http::Server::create(context.get_executor(), http::TcpAddress{},
                                             [](http::Request&) -> asio::awaitable<http::Response> {
                                                 co_return http::Response::empty();
                                             });
    ASSERT_TRUE(server);
    auto const taken = check_port_is_free("127.0.0.1", (*server)->port());
    ASSERT_FALSE(taken);
    EXPECT_THAT(taken.error().message, HasSubstr("--port"));
    EXPECT_TRUE(check_port_is_free("127.0.0.1", 0));
    EXPECT_THAT(check_port_is_free("no.such.host.invalid", 8000).error().message,
                HasSubstr("no address to listen on"));
}

}  // namespace carrel

#include "spawn/process/server_folder.hpp"

#include "base/temporary_folder.hpp"
#include "spawn/process/descriptor.hpp"

#include <gtest/gtest.h>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

namespace carrel {
namespace {

namespace fs = std::filesystem;

class ServerFolderTest : public testing::Test {
protected:
    void SetUp() override { ASSERT_TRUE(server_.make({})); }

    /// As a server does that begins to listen.
    void listen() {
        fs::remove(server_.inner_socket());
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strncpy(address.sun_path, server_.inner_socket().c_str(), sizeof address.sun_path - 1);
        Descriptor const socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        ASSERT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    }
    bool is_published() {
        struct stat inner{};
        struct stat outer{};
        return ::lstat(server_.inner_socket().c_str(), &inner) == 0 &&
               ::lstat(server_.socket().c_str(), &outer) == 0 && inner.st_ino == outer.st_ino;
    }

    TemporaryFolder folder_;
    ServerFolder server_ = ServerFolder::of(folder_.path(), "course.ada");
    uid_t owner_ = ::geteuid();
};

TEST_F(ServerFolderTest, PublishesTheSocketThatTheServerHasMade) {
    EXPECT_EQ(server_.publish_socket(owner_).error().code, Code::NotFound);
    listen();
    EXPECT_TRUE(server_.publish_socket(owner_));
    EXPECT_TRUE(is_published());
    EXPECT_TRUE(server_.publish_socket(owner_));
    // A second socket, while the first one's place is still taken.
    fs::rename(server_.inner_socket(), server_.box() / "old");
    listen();
    EXPECT_TRUE(server_.publish_socket(owner_));
    EXPECT_TRUE(is_published());
}

TEST_F(ServerFolderTest, PublishesNothingThatIsNotTheServersSocket) {
    listen();
    EXPECT_EQ(server_.publish_socket(owner_ + 1).error().code, Code::PermissionDenied);
    EXPECT_FALSE(fs::exists(server_.socket()));
    fs::rename(server_.inner_socket(), folder_.path() / "another.sock");
    fs::create_symlink(folder_.path() / "another.sock", server_.inner_socket());
    EXPECT_FALSE(server_.publish_socket(owner_));
    EXPECT_FALSE(fs::exists(fs::symlink_status(server_.socket())));
}

}  // namespace
}  // namespace carrel

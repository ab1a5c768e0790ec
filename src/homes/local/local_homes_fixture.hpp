#pragma once

/// For tests of this module alone: one local home store in a folder of its own, and ada's home.

#include "base/temporary_folder.hpp"
#include "homes/local/local_home_store.hpp"
#include "homes/local/zip_directory.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

namespace carrel {

inline LocalHomeOptions options_in(std::filesystem::path const& folder) {
    LocalHomeOptions options;
    options.homes_folder = folder / "homes";
    options.exports_folder = folder / "exports";
    options.own_uids = ::geteuid() == 0;
    return options;
}

class LocalHomes : public testing::Test {
protected:
    LocalHomes() { restart(options_in(folder_.path())); }
    void restart(LocalHomeOptions const& options) {
        homes_ = LocalHomeStore::create(options).value();
    }
    std::filesystem::path home() { return homes_->provide(ada_).value(); }
    Result<VerifiedExport> exported() {
        return homes_->export_home(ada_, [] { return false; });
    }
    static void write(std::filesystem::path const& file, std::string_view text) {
        std::ofstream(file, std::ios::binary) << text;
    }
    static std::string text_of(std::filesystem::path const& path) {
        std::ifstream file(path, std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }
    /// Exports the home, deletes it, and brings it back.
    VerifiedExport there_and_back() {
        auto made = exported();
        EXPECT_TRUE(made) << made.error().message;
        EXPECT_TRUE(removed_for_good(*made));
        auto const back = homes_->restore(ada_, *made, [] { return false; });
        EXPECT_TRUE(back) << back.error().message;
        return *made;
    }
    /// Names in the archive, as unzip sees them.
    static std::vector<std::string> names_in(std::filesystem::path const& zip) {
        FileDescriptor const file(::open(zip.c_str(), O_RDONLY | O_CLOEXEC));
        auto directory = ZipDirectory::open(file.number()).value();
        std::vector<std::string> names;
        while (auto const entry = directory.next().value()) names.push_back(entry->name);
        return names;
    }
    static struct stat status_of(std::filesystem::path const& path) {
        struct stat status{};
        EXPECT_EQ(::lstat(path.c_str(), &status), 0) << path;
        return status;
    }
    /// Folders in folders, deeper than any path can be.
    static void dig(std::filesystem::path const& home, int depth, std::string const& name) {
        FileDescriptor present(::open(home.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        for (int i = 0; i < depth; ++i) {
            ASSERT_EQ(::mkdirat(present.number(), name.c_str(), 0700), 0);
            present = FileDescriptor(
                ::openat(present.number(), name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        }
        FileDescriptor const file(
            ::openat(present.number(), "treasure", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
        ASSERT_EQ(::write(file.number(), "gold", 4), 4);
    }
    static void flip(FileDescriptor const& file, long long at) {
        char byte = 0;
        ASSERT_EQ(::pread(file.number(), &byte, 1, at), 1);
        byte = static_cast<char>(byte ^ 0x40);
        ASSERT_EQ(::pwrite(file.number(), &byte, 1, at), 1);
    }
    bool removed_for_good(VerifiedExport const& made) {
        auto const removed = homes_->remove(ada_, made);
        EXPECT_TRUE(removed) << removed.error().message;
        return removed && homes_->left_of("python").value().empty();
    }

    TemporaryFolder folder_;
    std::unique_ptr<LocalHomeStore> homes_;
    HomeKey const ada_{"python", "ada", 200000};
};

}  // namespace carrel

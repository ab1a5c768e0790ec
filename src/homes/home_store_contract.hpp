#pragma once

/// What every HomeStore keeps to. A kind's test instantiates it:
///
///     INSTANTIATE_TEST_SUITE_P(Local, HomeStoreContract, testing::Values(make_local_home_stores));

#include "homes/home_store.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <memory>

namespace carrel {

/// A store with nothing in it, and what it needs to exist.
struct EmptyHomeStore {
    std::shared_ptr<void> surroundings;
    std::shared_ptr<HomeStore> homes;
};
using MakeHomeStore = std::function<EmptyHomeStore()>;

class HomeStoreContract : public testing::TestWithParam<MakeHomeStore> {
protected:
    HomeStore& homes() { return *empty_.homes; }
    static bool never() { return false; }

    std::filesystem::path provide(HomeKey const& key) {
        auto const home = homes().provide(key);
        EXPECT_TRUE(home) << home.error().message;
        return home.value_or("");
    }
    static void write(std::filesystem::path const& file, std::string_view text) {
        std::ofstream(file, std::ios::binary) << text;
    }
    VerifiedExport exported(HomeKey const& key) {
        auto const made = homes().export_home(key, never);
        EXPECT_TRUE(made) << made.error().message;
        return made.value_or(VerifiedExport{});
    }

    HomeKey const ada_{"python", "ada", 200000};
    HomeKey const ben_{"python", "ben", 200001};

private:
    EmptyHomeStore empty_ = GetParam()();
};

TEST_P(HomeStoreContract, ProvidesTheSameFolderEveryTime) {
    auto const first = provide(ada_);
    write(first / "a.txt", "kept");
    EXPECT_EQ(provide(ada_), first);
    EXPECT_TRUE(std::filesystem::exists(first / "a.txt"));
}

TEST_P(HomeStoreContract, KeepsPeopleAndCoursesApart) {
    HomeKey const elsewhere{"rust", "ada", 200002};
    EXPECT_NE(provide(ada_), provide(ben_));
    EXPECT_NE(provide(ada_), provide(elsewhere));
}

TEST_P(HomeStoreContract, RefusesNamesThatLeadElsewhere) {
    for (auto const* const name : {"", ".", "..", "a/b", "../b", ".hidden"}) {
        HomeKey const user{"python", name, 200000};
        HomeKey const course{name, "ada", 200000};
        EXPECT_FALSE(homes().provide(user)) << name;
        EXPECT_FALSE(homes().provide(course)) << name;
        EXPECT_FALSE(homes().export_home(user, never)) << name;
        EXPECT_FALSE(homes().left_of(name)) << name;
    }
}

TEST_P(HomeStoreContract, KeepsACourseFolderAsItKeepsHomes) {
    auto const key = course_folder_of("python");
    auto const folder = provide(key);
    for (auto const part : course_parts) EXPECT_TRUE(std::filesystem::is_directory(folder / part));
    write(folder / materials_part / "notes", "week 1");
    write(folder / shared_part / "list", "ada, ben");
    EXPECT_EQ(provide(key), folder);
    provide(ada_);
    EXPECT_EQ(homes().left_of("python").value().size(), 2U);
    auto const made = exported(key);
    EXPECT_EQ(made.files, 2);
    EXPECT_FALSE(homes().remove(ada_, made)) << "it is no export of her home";
    EXPECT_TRUE(homes().remove(key, made));
    EXPECT_EQ(homes().left_of("python").value(), std::vector<std::string>{"ada"});
    EXPECT_TRUE(homes().restore(key, made, never).value());
    EXPECT_TRUE(std::filesystem::exists(folder / materials_part / "notes"));
    EXPECT_TRUE(std::filesystem::exists(folder / shared_part / "list"));
}

TEST_P(HomeStoreContract, MeasuresAHome) {
    EXPECT_EQ(homes().size(ada_).value_or(-1), 0);
    write(provide(ada_) / "a.txt", std::string(100'000, 'x'));
    EXPECT_GE(homes().size(ada_).value_or(-1), 100'000);
}

TEST_P(HomeStoreContract, ExportsAnEmptyHome) {
    provide(ada_);
    auto const made = exported(ada_);
    EXPECT_EQ(made.files, 0);
    EXPECT_GT(made.bytes, 0);
    EXPECT_TRUE(homes().verify(made.file, made.sha256));
}

TEST_P(HomeStoreContract, ExportsThatThereIsNoHomeAsNotFound) {
    auto const made = homes().export_home(ada_, never);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, Code::NotFound);
}

TEST_P(HomeStoreContract, EndsAnExportWhenAskedTo) {
    write(provide(ada_) / "a.txt", "x");
    auto const made = homes().export_home(ada_, [] { return true; });
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, Code::Cancelled);
}

TEST_P(HomeStoreContract, ExportsAnUnchangedHomeToTheSameArchive) {
    write(provide(ada_) / "a.txt", "x");
    auto const first = exported(ada_);
    auto const second = exported(ada_);
    EXPECT_EQ(second.sha256, first.sha256);
    EXPECT_EQ(second.file, first.file);
}

TEST_P(HomeStoreContract, NeverReplacesAnExportWithOtherContent) {
    auto const home = provide(ada_);
    write(home / "a.txt", "the work of a term");
    auto const first = exported(ada_);
    std::filesystem::remove(home / "a.txt");
    auto const second = exported(ada_);
    EXPECT_NE(second.file, first.file);
    EXPECT_TRUE(homes().verify(first.file, first.sha256));
    EXPECT_TRUE(homes().verify(second.file, second.sha256));
}

TEST_P(HomeStoreContract, RemovesAnExportedHomeAndProvesIt) {
    provide(ada_);
    provide(ben_);
    EXPECT_EQ(homes().left_of("python").value(), (std::vector<std::string>{"ada", "ben"}));
    ASSERT_TRUE(homes().remove(ada_, exported(ada_)));
    EXPECT_EQ(homes().left_of("python").value(), std::vector<std::string>{"ben"});
    auto const made = exported(ben_);
    ASSERT_TRUE(homes().remove(ben_, made));
    EXPECT_TRUE(homes().remove(ben_, made)) << "twice is once";
    EXPECT_TRUE(homes().left_of("python").value().empty());
}

TEST_P(HomeStoreContract, DoesNotRemoveAHomeWhoseExportIsDamagedOrSomebodyElses) {
    auto const home = provide(ada_);
    write(home / "a.txt", "the work of a term");
    provide(ben_);
    auto const bens = exported(ben_);
    auto const made = exported(ada_);
    auto const refused = [&](VerifiedExport const& with) {
        auto const removed = homes().remove(ada_, with);
        return !removed && removed.error().code == Code::Conflict &&
               std::filesystem::exists(home / "a.txt");
    };
    EXPECT_TRUE(refused({}));
    EXPECT_TRUE(refused(bens));
    std::filesystem::resize_file(made.file, static_cast<uintmax_t>(made.bytes - 1));
    EXPECT_TRUE(refused(made));
    EXPECT_FALSE(homes().verify(made.file, made.sha256));
    std::filesystem::remove(made.file);
    EXPECT_TRUE(refused(made));
}

TEST_P(HomeStoreContract, RestoresARemovedHomeWhole) {
    auto const home = provide(ada_);
    write(home / "a.txt", "the work of a term");
    std::filesystem::create_directories(home / "work" / "empty");
    write(home / "work" / "b.txt", std::string(700'000, 'b'));
    auto const made = exported(ada_);
    ASSERT_TRUE(homes().remove(ada_, made));
    EXPECT_TRUE(homes().restore(ada_, made, never).value());
    EXPECT_EQ(provide(ada_), home);
    EXPECT_EQ(std::filesystem::file_size(home / "work" / "b.txt"), 700'000U);
    EXPECT_TRUE(std::filesystem::is_directory(home / "work" / "empty"));
    EXPECT_EQ(homes().left_of("python").value(), std::vector<std::string>{"ada"});
    auto const again = exported(ada_);
    EXPECT_EQ(again.files, 2);
    EXPECT_EQ(again.sha256, made.sha256) << "it is as it was";
    EXPECT_TRUE(homes().remove(ada_, again));
}

TEST_P(HomeStoreContract, LeavesAHomeThatIsThereAsItIs) {
    auto const home = provide(ada_);
    write(home / "a.txt", "before");
    auto const made = exported(ada_);
    write(home / "a.txt", "work since then");
    EXPECT_FALSE(homes().restore(ada_, made, never).value());
    EXPECT_EQ(std::filesystem::file_size(home / "a.txt"), 15U);
}

TEST_P(HomeStoreContract, RestoresNothingFromAnExportThatIsDamagedGoneOrSomebodyElses) {
    write(provide(ada_) / "a.txt", "the work of a term");
    write(provide(ben_) / "b.txt", "other work");
    auto const made = exported(ada_);
    auto const bens = exported(ben_);
    ASSERT_TRUE(homes().remove(ada_, made));
    auto const refused = [&](VerifiedExport const& from) {
        return !homes().restore(ada_, from, never) &&
               homes().left_of("python").value() == std::vector<std::string>{"ben"};
    };
    EXPECT_TRUE(refused({}));
    EXPECT_TRUE(refused(bens));
    auto fewer = made;
    fewer.files = 0;
    EXPECT_TRUE(refused(fewer));
    std::filesystem::resize_file(made.file, static_cast<uintmax_t>(made.bytes - 1));
    EXPECT_TRUE(refused(made));
    std::filesystem::remove(made.file);
    EXPECT_TRUE(refused(made));
}

TEST_P(HomeStoreContract, EndsARestorationWhenAskedToAndDoesItAgain) {
    write(provide(ada_) / "a.txt", "the work of a term");
    auto const made = exported(ada_);
    ASSERT_TRUE(homes().remove(ada_, made));
    // At each of the moments at which it asks.
    int moments = 0;
    for (bool restored = false; !restored; ++moments) {
        int asked = 0;
        auto const done = homes().restore(ada_, made, [&] { return asked++ == moments; });
        restored = done.has_value();
        if (restored) break;
        EXPECT_EQ(done.error().code, Code::Cancelled);
        EXPECT_TRUE(homes().left_of("python").value().empty());
    }
    EXPECT_GT(moments, 3);
    EXPECT_EQ(exported(ada_).sha256, made.sha256);
}

}  // namespace carrel

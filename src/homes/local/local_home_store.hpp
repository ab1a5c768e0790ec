#pragma once

/// Homes as folders of this machine: `<homes>/<slug>/<user>/`, exports as
/// `<exports>/<slug>/<user>.zip`.
///
/// A home has mode 0700. The folders above it have 0711 and belong to us, so that nobody lists who
/// is in which course. An export never replaces one with other content: it then appears beside it
/// as `<user>~2.zip`. A home is deleted under the name `.removing.<user>` and restored under the
/// name `.restoring.<user>`: one that has its own name is whole.

#include "homes/home_eraser.hpp"
#include "homes/home_store.hpp"
#include "homes/local/file_descriptor.hpp"
#include "homes/local/home_walk.hpp"

#include <memory>

namespace carrel {

struct LocalHomeOptions {
    std::filesystem::path homes_folder;
    std::filesystem::path exports_folder;
    /// Gives each home to the user and group of its number. Only root can.
    bool own_uids = false;
    WalkLimits limits = {};
};

class LocalHomeStore final : public HomeStore, public HomeEraser {
public:
    /// Makes both folders when they are not there.
    [[nodiscard]] static Result<std::unique_ptr<LocalHomeStore>> create(LocalHomeOptions options);

    Result<std::filesystem::path> provide(HomeKey const& key) override;
    Result<> limit(HomeKey const& key, long long bytes) override;
    [[nodiscard]] std::optional<std::string> unlimited_because() const override {
        return unlimited_because_;
    }
    Result<long long> size(HomeKey const& key) override;
    Result<VerifiedExport> export_home(HomeKey const& key,
                                       std::function<bool()> const& stop_requested) override;
    Result<> verify(std::filesystem::path const& file, std::string const& sha256) override;
    Result<bool> restore(HomeKey const& key, VerifiedExport const& exported,
                         std::function<bool()> const& stop_requested) override;
    Result<> remove(HomeKey const& key, VerifiedExport const& exported) override;
    Result<std::vector<std::string>> left_of(std::string const& course) override;
    Result<> erase_home(HomeKey const& key) override;
    Result<> erase_exports(HomeKey const& key,
                           std::vector<std::filesystem::path> const& others) override;

private:
    LocalHomeStore(LocalHomeOptions options, FileDescriptor homes, FileDescriptor exports);

    Result<> own(int course, std::string const& name, HomeKey const& key) const;
    Result<HomeWalk> walk(int course, HomeKey const& key) const;
    Result<VerifiedExport> write_export(int course, HomeKey const& key, int exports,
                                        std::string const& unfinished,
                                        std::function<bool()> const& stop_requested) const;
    Result<> publish(VerifiedExport& exported, int exports, HomeKey const& key,
                     std::string const& unfinished,
                     std::function<bool()> const& stop_requested) const;
    Result<> unpack(int course, std::string const& unfinished, HomeKey const& key,
                    VerifiedExport const& exported,
                    std::function<bool()> const& stop_requested) const;
    [[nodiscard]] bool is_export_of(HomeKey const& key, std::filesystem::path const& file) const;

    LocalHomeOptions options_;
    FileDescriptor homes_;
    FileDescriptor exports_;
    std::optional<std::string> unlimited_because_;
};

}  // namespace carrel

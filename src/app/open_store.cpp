#include "app/open_store.hpp"

#include "spawn/process/process_state.hpp"
#include "store/sqlite/sqlite_store.hpp"

namespace carrel {

Result<std::unique_ptr<Store>> open_store(Settings const& settings) {
    constexpr std::string_view sqlite = "sqlite:";
    std::string_view const url = settings.store.url;
    if (url.starts_with(sqlite))
        return open_sqlite_store(url.substr(sqlite.size()), {.boot = boot_id()});
    return fail(Code::InvalidArgument, "there is no store of the kind '{}'",
                url.substr(0, url.find(':')));
}

}  // namespace carrel

#pragma once

/// All that a proxy owns for TLS besides its workers: ticket keys, what was loaded from the files,
/// and the watch over these. Changed files are loaded anew and handed to the workers; files that
/// are unfit change nothing and are complained about. Owned by `Proxy`.

#include "base/clock.hpp"
#include "base/random.hpp"
#include "proxy/data_plane/worker.hpp"
#include "proxy/options.hpp"
#include "proxy/tls/file_watch.hpp"
#include "proxy/tls/ticket_keys.hpp"

#include <functional>
#include <memory>

namespace carrel::proxy {

class TlsSetup {
public:
    /// Takes what is loaded, first of all during `create`; later on the watch's thread.
    struct Users {
        std::function<void(Update const&)> workers;
        std::function<void(TlsServerPointer)> api;  ///< may be empty when the API has no TLS
    };

    /// InvalidArgument: a file is missing or unfit. `options` must outlive it.
    [[nodiscard]] static Result<std::unique_ptr<TlsSetup>> create(Options const& options,
                                                                  Clock const& clock, Users users);

    /// Watches the files from now on.
    void start();
    /// Loads everything again. Thread-safe.
    void reload();

private:
    TlsSetup(Options const& options, Clock const& clock, Users users);
    Result<> load_public();
    Result<> load_api();
    Result<> load_upstream();
    void load_again(char const* what, Result<> (TlsSetup::*load)());
    [[nodiscard]] std::vector<FileWatch::Group> groups();

    Options const& options_;
    SystemRandom random_;
    TicketKeys tickets_;
    Users users_;
    std::unique_ptr<FileWatch> watch_;
};

}  // namespace carrel::proxy

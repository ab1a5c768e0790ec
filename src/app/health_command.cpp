#include "app/commands.hpp"
#include "app/folders.hpp"
#include "http/client.hpp"

namespace carrel {

namespace {

constexpr Milliseconds patience{5'000};

}  // namespace

Result<> health(SettingsFlags const& flags) {
    TRY(auto const settings, settings_from(flags));
    TRY(auto const folders, find_folders(settings.server.data));
    http::Client client;
    auto const control = client.fetch({.url = socket_url(folders.control_socket()) + "/readyz"},
                                      Deadline::after(patience));
    if (!control)
        return fail(Code::Unavailable, "no control process answers for the data folder {}",
                    folders.data.string());
    if (control->status != 200)
        return fail(Code::Unavailable, "the control process is not ready (status {})",
                    control->status);
    // Without its token: that it refuses proves that it is there.
    auto const proxy = client.fetch({.url = socket_url(folders.proxy_socket()) + "/api/routes"},
                                    Deadline::after(patience));
    if (!proxy)
        return fail(Code::Unavailable, "no proxy answers for the data folder {}",
                    folders.data.string());
    fmt::print("control and proxy answer\n");
    return {};
}

}  // namespace carrel

#pragma once

/// Logging in with a provider: takes a browser there and knows it again when it comes back.
///
/// What has begun is in the store, so that another process may end it. Answers are redirects,
/// failures too: to the page that has a sentence for them. A provider that is slow keeps nobody
/// waiting but its own people: each has threads of its own. Thread-safe. Owned by app/wiring.

#include "auth/factor/sealer.hpp"
#include "auth/local/login_limit.hpp"
#include "auth/login_steps.hpp"
#include "auth/provider/provider.hpp"
#include "runtime/blocking_pool.hpp"

#include <atomic>
#include <map>

namespace carrel {

struct ProviderLoginOptions {
    /// Neighbouring host names are not to be trusted; as `SessionPolicy`.
    bool bound_to_host = false;
    /// "https://hub.example.org"; empty: what the request's Host says.
    std::string public_url;
    /// A whole class begins at once, behind one address.
    AccessPolicy* access = nullptr;  ///< who may in; null: everybody
    Sealer const* sealer = nullptr;  ///< of refresh tokens; null: none are kept
    LoginLimitPolicy limit{.tries_per_place = 500, .place_refill = Seconds(1)};
};

class ProviderLogin {
public:
    ProviderLogin(Store& store, Gate& gate, LoginSteps& steps, Clock const& clock, Random& random,
                  ProviderLoginOptions options,
                  std::vector<std::unique_ptr<LoginProvider>> providers);
    ~ProviderLogin();

    /// What the log-in page offers, in the order of their names.
    [[nodiscard]] std::vector<ProviderSettings const*> offered() const;
    /// Those that are asked again about who is logged in; see `SessionRefresher`.
    [[nodiscard]] std::vector<LoginProvider*> asked_again() const;

    /// `GET /login/{login}?next=`: to the provider. With `?join=`, for whoever has asked for it by
    /// `join_path`. The request has to outlive the task.
    Task<http::Response> begin(http::Request const& request, std::string login);
    /// `GET /login/{login}/callback`: from the provider, and on to `next`.
    Task<http::Response> end(http::Request const& request, std::string login);

    /// Where somebody who is logged in goes to join an account of the provider to theirs; good
    /// once, for some minutes, and for nobody else. NotFound: there is no such provider.
    [[nodiscard]] Result<std::string> join_path(std::string_view login, Identity const& who);

    /// Where the session is ended at the provider, too, if it began there and that is wished for.
    /// Asks the store: before the session ends.
    [[nodiscard]] std::optional<std::string> log_out_url(Identity const& who,
                                                         http::Request const& request) const;

private:
    struct Entry;
    /// Which page tells about a failure, and where it goes on from there.
    struct Way {
        std::string_view page = "/login";
        std::string next = "/";
    };
    using Answer = Result<http::Response>;

    Task<http::Response> on_its_threads(Entry& entry, std::function<http::Response()> work);
    http::Response start(LoginProvider& provider, http::Request const& request);
    http::Response finish(LoginProvider& provider, http::Request const& request);
    Result<UserId> who_joins(LoginProvider const& provider, http::Request const& request,
                             std::string_view ticket);
    Answer send_away(LoginProvider& provider, http::Request const& request, PendingLogin pending);
    Result<PendingLogin> take(LoginProvider const& provider, http::Request const& request) const;
    Answer take_in(LoginProvider& provider, http::Request const& request,
                   PendingLogin const& pending);
    Answer let_in(LoginProvider const& provider, http::Request const& request,
                  PendingLogin const& pending, ProviderPerson const& person);
    [[nodiscard]] std::optional<ProviderSession> kept_of(ProviderSettings const& settings,
                                                         ProviderPerson const& person) const;
    http::Response failed(LoginProvider const& provider, http::Request const& request,
                          Way const& way, Error const& error) const;
    [[nodiscard]] std::string cookie_name(std::string_view state_hash) const;
    void set_cookie(http::Response& response, http::Request const& request,
                    PendingLogin const& pending, std::string value, Seconds lasts) const;
    [[nodiscard]] std::string root_of(http::Request const& request) const;

    Store& store_;
    Gate& gate_;
    LoginSteps& steps_;
    Clock const& clock_;
    Random& random_;
    ProviderLoginOptions options_;
    LoginLimit limit_;
    std::map<std::string, std::unique_ptr<Entry>, std::less<>> entries_;
};

}  // namespace carrel

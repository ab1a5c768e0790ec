/// Carrel with servers that cost nothing, to measure what the hub itself costs.
///
///   BENCH_SERVER=http://127.0.0.1:PORT bench_idle_hub serve …      takes carrel's own
///   arguments
///
/// Everything is the program's own but the spawner: a "server" is the one that the variable names,
/// asked once whether it answers, as the spawner of processes asks. What is left out is the
/// process, its sandbox and its folder. CARREL_BENCH_DELAY_MS is how long each start waits before
/// that.

#include "app/program.hpp"
#include "http/client.hpp"
#include "runtime/blocking_pool.hpp"

#include <cstdlib>

namespace carrel {

namespace {

class IdleSpawner final : public Spawner {
public:
    IdleSpawner(BlockingPool& pool, http::Client& client, std::string server)
        : pool_(pool), client_(client), server_(std::move(server)) {}

    Task<Started> start(ServerSpec spec, Deadline deadline, Progress) override {
        if (spec.user.starts_with("slow-")) CO_TRY_VOID(co_await sleep_for(Seconds(20)));
        http::ClientRequest request{.url = server_ + spec.base_url + spec.environment.ready_path};
        request.headers.add("Connection", "close");
        CO_TRY(auto const answer,
               co_await pool_.run([&] { return client_.fetch(request, deadline); }));
        if (answer.status >= 500) co_return fail(Code::Unavailable, "it does not answer");
        co_return Started{.endpoint = server_, .state = spec.id};
    }
    Task<> stop(std::string, Deadline) override { co_return Result<>(); }
    Task<std::optional<Ending>> poll(std::string) override { co_return std::optional<Ending>(); }
    [[nodiscard]] std::optional<Ending> last_failure(std::string const&) const override {
        return {};
    }
    [[nodiscard]] Isolation isolation() const override {
        return {.level = Isolation::Level::None,
                .notices = {"Servers are not started: this program is for measurements."}};
    }

private:
    BlockingPool& pool_;
    http::Client& client_;
    std::string server_;
};

Result<std::unique_ptr<Spawner>> make_spawner(BlockingPool& pool, http::Client& client) {
    auto const* const server = std::getenv("BENCH_SERVER");
    if (server == nullptr) return fail(Code::InvalidArgument, "set BENCH_SERVER");
    return std::make_unique<IdleSpawner>(pool, client, server);
}

}  // namespace

}  // namespace carrel

int main(int count, char** arguments) {
    return carrel::run_program(count, arguments, carrel::make_spawner);
}

#include "auth/access/access_keeper.hpp"

#include "runtime/log.hpp"

namespace carrel {

namespace {

/// The file counts at the second look after a change, so that whoever is kept out by it is out well
/// within two seconds.
constexpr Milliseconds between_looks{250};

}  // namespace

AccessKeeper::AccessKeeper(Store& store, Clock const& clock, BlockingPool& pool,
                           AccessPolicy& policy, std::optional<UserlistFile> file)
    : store_(store), clock_(clock), pool_(pool), policy_(policy), file_(std::move(file)) {
    if (file_)
        state_ = UserlistState{.path = file_->path(), .people = 0, .read_at = {}, .problem = {}};
}

Result<> AccessKeeper::begin() {
    if (file_) {
        TRY(auto const list, file_->read());
        TRY_VOID(take(list));
    } else {
        TRY_VOID(store_.read([&](Transaction& transaction) -> Result<> {
            TRY(auto const all, policy_.lists(transaction));
            return AccessPolicy::check_administrator_left(transaction, *all);
        }));
    }
    TRY_VOID(look());
    return {};
}

Task<> AccessKeeper::run() {
    for (;;) {
        CO_TRY_VOID(co_await sleep_for(between_looks));
        auto const looked = co_await pool_.run([&] { return look(); });
        if (!looked && looked.error().code == Code::Cancelled)
            co_return std::unexpected(looked.error());
        // The next look does what this one could not.
        if (!looked) log::warn("access_not_settled", {{"cause", looked.error().message}});
    }
}

Result<size_t> AccessKeeper::look() {
    if (file_) {
        if (auto const changed = file_->look()) {
            auto const& read = *changed;
            auto const taken = read ? take(*read) : Result<>(std::unexpected(read.error()));
            if (!taken) note_problem(taken.error().message);
        }
    }
    TRY(auto const version,
        store_.read([](Transaction& transaction) { return access_version(transaction); }));
    if (passed_version_ == version) return 0;
    TRY(auto const changed, pass());
    passed_version_ = version;
    return changed;
}

/// What is in the file counts from now on, unless it would lock everybody out who could mend it.
Result<> AccessKeeper::take(Userlist const& list) {
    TRY_VOID(store_.read([&](Transaction& transaction) -> Result<> {
        TRY(auto const all, policy_.lists_with(transaction, list.lists));
        return AccessPolicy::check_administrator_left(transaction, all);
    }));
    for (auto const& remark : list.remarks)
        log::warn("userlist_line", {{"file", file_->path().string()}, {"remark", remark}});
    log::info("userlist_read", {{"file", file_->path().string()}, {"people", list.people}});
    {
        std::scoped_lock const lock(mutex_);
        state_ = UserlistState{
            .path = file_->path(), .people = list.people, .read_at = clock_.now(), .problem = {}};
    }
    policy_.set_file(list.lists);
    passed_version_.reset();
    return {};
}

void AccessKeeper::note_problem(std::string problem) {
    log::error("userlist_not_taken", {{"file", file_->path().string()},
                                      {"cause", problem},
                                      {"hint", "what was read from it before still counts"}});
    std::scoped_lock const lock(mutex_);
    state_->problem = std::move(problem);
}

std::optional<UserlistState> AccessKeeper::userlist() const {
    std::scoped_lock const lock(mutex_);
    return state_;
}

Result<size_t> AccessKeeper::pass() {
    size_t count = 0;
    constexpr int page_size = 200;
    for (Page page{.limit = page_size, .after = ""};;) {
        std::vector<UserId> stale;
        TRY(auto const users,
            store_.read([&](Transaction& transaction) -> Result<std::vector<User>> {
                TRY(auto found, transaction.users().list(page));
                for (auto const& user : found) {
                    TRY(auto const verdict, policy_.judge(transaction, user));
                    if (verdict != user.admission) stale.push_back(user.id);
                }
                return found;
            }));
        if (!stale.empty())
            TRY_VOID(store_.write([&](Transaction& transaction) -> Result<> {
                for (auto const& id : stale) {
                    TRY(auto user, transaction.users().find(id));
                    if (!user.removed_at) TRY_VOID(policy_.settle(transaction, user, clock_.now()));
                }
                return {};
            }));
        count += stale.size();
        if (users.size() < page_size) break;
        page.after = users.back().name;
    }
    if (count > 0) log::info("access_settled", {{"accounts", count}});
    return count;
}

}  // namespace carrel

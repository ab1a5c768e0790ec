#include "store/sql/user_tables.hpp"

#include "store/sql/query.hpp"

#include <boost/container_hash/hash.hpp>
#include <boost/unordered/unordered_flat_set.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <set>
#include <string_view>
#include <tuple>

namespace carrel {

namespace {

std::string select_where(std::string_view condition) {
    return fmt::format("select {} from users where {}", columns<User>(), condition);
}

/// A page of so many is most of a big course, or all of a small one.
constexpr long long nearly_all = 10'000;

/// An index gives the order, so nothing is sorted. Everybody is looked at in it, rather than the
/// course's people one by one, which pays off for big courses.
std::string in_order(Users::CoursePage const& page) {
    bool const by_name = page.order == Users::CoursePage::Order::Name;
    auto const* const way = page.reversed ? "desc" : "asc";
    auto const* const place = by_name ? "name {} :name" : "(created_at, name) {} (:created, :name)";
    return fmt::format(
        "{} order by {}",
        page.after ? "and " + fmt::format(fmt::runtime(place), page.reversed ? '<' : '>') : "",
        by_name ? fmt::format("name {}", way) : fmt::format("created_at {0}, name {0}", way));
}

/// The same order, for people or places that have been read already.
auto precedes(Users::CoursePage const& page) {
    return [&page](auto const& first, auto const& second) {
        auto const order = page.order == Users::CoursePage::Order::Name
                               ? first.name <=> second.name
                               : std::tie(first.created_at, first.name) <=>
                                     std::tie(second.created_at, second.name);
        return page.reversed ? order > 0 : order < 0;
    };
}

/// Many ids, each to be looked up once, when its place has long left the processor's caches: so
/// they lie side by side, each whole in one place.
class IdSet {
public:
    /// They are found once `close` has been called: then it is known for how many there must be
    /// room, and one way through the table takes them all.
    void add(std::string_view id) {
        if (auto const key = key_of(id))
            added_.push_back(*key);
        else
            long_ids_.emplace(id);
    }
    void close() {
        ids_.reserve(added_.size());
        ids_.insert(added_.begin(), added_.end());
        added_ = {};
    }
    [[nodiscard]] size_t size() const { return ids_.size() + long_ids_.size(); }
    [[nodiscard]] bool contains(std::string_view id) const {
        auto const key = key_of(id);
        return key ? ids_.contains(*key) : long_ids_.contains(id);
    }

private:
    /// Room for a UUID, with zeros behind it.
    using Key = std::array<uint64_t, 5>;
    struct Hash {
        size_t operator()(Key const& key) const {
            return boost::hash_range(key.begin(), key.end());
        }
    };
    static std::optional<Key> key_of(std::string_view id) {
        Key key{};
        if (id.size() > sizeof(key) || id.contains('\0')) return std::nullopt;
        std::memcpy(key.data(), id.data(), id.size());
        return key;
    }

    std::vector<Key> added_;
    boost::unordered_flat_set<Key, Hash> ids_;
    std::set<std::string, std::less<>> long_ids_;
};

void use_place(Query& query, Users::CoursePage const& page) {
    if (!page.after) return;
    if (page.order == Users::CoursePage::Order::Created) query.use(page.after->created_at);
    query.use(page.after->name);
}

std::string select_sessions(std::string_view condition) {
    return fmt::format("select {} from sessions where {}", columns<Session>(), condition);
}

std::string select_tokens(std::string_view condition) {
    return fmt::format("select {} from tokens where {}", columns<Token>(), condition);
}

}  // namespace

Result<> UsersTable::insert(User const& user) {
    return done(Query(connection_, insert_into<User>("users")).use_row(user).run());
}

Result<> UsersTable::update(User const& user) {
    return Query(connection_, update_of<User>("users") + " where id = :key")
        .use_row(user)
        .use(user.id)
        .run_on_one("user");
}

Result<User> UsersTable::find(UserId const& id) {
    return Query(connection_, select_where("id = :id")).use(id).one<User>("user");
}

Result<User> UsersTable::find_by_name(std::string_view name) {
    return Query(connection_, select_where("name = :name")).use(name).one<User>("user");
}

Result<std::vector<User>> UsersTable::list(Page const& page) {
    return Query(connection_,
                 select_where("name > :after and removed_at is null order by name limit "
                              ":limit"))
        .use(page.after)
        .use(page.limit)
        .rows<User>();
}

Result<long long> UsersTable::count() {
    TRY(auto const count, Query(connection_, "select count(*) from users where removed_at is null")
                              .value<long long>());
    return count.value_or(0);
}

Result<std::map<UserId, User>> UsersTable::find_all(std::vector<UserId> const& ids) {
    std::map<UserId, User> found;
    for (auto const& chunk : in_chunks(ids)) {
        TRY(auto users, Query(connection_, select_where(fmt::format("id in ({})", chunk.places)))
                            .use_all(chunk.values)
                            .rows<User>());
        for (auto& user : users) found.emplace(user.id, std::move(user));
    }
    return found;
}

std::string UsersTable::in_course_sql(CoursePage const& page) {
    return fmt::format(
        "select {} from users left join applications a on a.course_id = :course and a.user_id = "
        "users.id where (a.state = :state or users.id in (select user_id from course_leaders where "
        "course_id = :led)) {} limit :limit offset :offset",
        columns<Listed>(), in_order(page));
}

Result<std::vector<Users::Listed>> UsersTable::in_course(CourseId const& course,
                                                         CoursePage const& page) {
    if (page.limit >= nearly_all) return in_course_at_once(course, page);
    Query query(connection_, in_course_sql(page));
    query.use(course).use(ApplicationState::Accepted).use(course);
    use_place(query, page);
    return query.use(page.limit).use(page.after ? 0 : page.offset).rows<Listed>();
}

/// Looking somebody up among the applications, and going from an index to their row, costs more
/// than reading the row. So for very many it is found out beforehand who takes part; everybody is
/// read in the order in which they lie there, which is nearly that of their creation.
Result<std::vector<Users::Listed>> UsersTable::in_course_at_once(CourseId const& course,
                                                                 CoursePage const& page) {
    IdSet members;
    TRY_VOID(Query(connection_,
                   "select user_id from applications where course_id = :course and state = :state "
                   "union all select user_id from course_leaders where course_id = :led")
                 .use(course)
                 .use(ApplicationState::Accepted)
                 .use(course)
                 .each_value<std::string>([&](std::string const& id) { members.add(id); }));
    members.close();
    auto const before = precedes(page);
    TRY(auto users, Query(connection_, fmt::format("select {} from users", columns<Listed>()))
                        .rows<Listed>(members.size(), [&](Listed const& user) {
                            return members.contains(user.id.value()) &&
                                   (!page.after || before(*page.after, user));
                        }));
    if (!std::ranges::is_sorted(users, before)) std::ranges::sort(users, before);
    auto const left_out = page.after ? 0 : std::min<long long>(page.offset, std::ssize(users));
    users.erase(users.begin(), users.begin() + left_out);
    if (std::ssize(users) > page.limit) users.resize(static_cast<size_t>(page.limit));
    return users;
}

Result<> SessionsTable::insert(Session const& session) {
    return done(Query(connection_, insert_into<Session>("sessions")).use_row(session).run());
}

Result<Session> SessionsTable::find_by_secret_hash(std::string_view hash) {
    return Query(connection_, select_sessions("secret_hash = :hash"))
        .use(hash)
        .one<Session>("session");
}

Result<> SessionsTable::touch(SessionId const& id, Time used_at, Time expires_at) {
    return Query(connection_,
                 "update sessions set last_used_at = :used, expires_at = :expires where id = :id")
        .use(used_at)
        .use(expires_at)
        .use(id)
        .run_on_one("session");
}

Result<> SessionsTable::confirm(SessionId const& id, Time at) {
    return Query(connection_, "update sessions set confirmed_at = :at where id = :id")
        .use(at)
        .use(id)
        .run_on_one("session");
}

Result<> SessionsTable::remove(SessionId const& id) {
    return done(Query(connection_, "delete from sessions where id = :id").use(id).run());
}

Result<std::vector<Session>> SessionsTable::of_user(UserId const& user) {
    return Query(connection_, select_sessions("user_id = :user order by created_at, id"))
        .use(user)
        .rows<Session>();
}

Result<long long> SessionsTable::remove_expired(Time now) {
    return Query(connection_, "delete from sessions where expires_at <= :now").use(now).run();
}

Result<> TokensTable::insert(Token const& token) {
    return done(Query(connection_, insert_into<Token>("tokens")).use_row(token).run());
}

Result<Token> TokensTable::find_by_secret_hash(std::string_view hash) {
    return Query(connection_, select_tokens("secret_hash = :hash")).use(hash).one<Token>("token");
}

Result<Token> TokensTable::find(TokenId const& id) {
    return Query(connection_, select_tokens("id = :id")).use(id).one<Token>("token");
}

Result<> TokensTable::touch(TokenId const& id, Time used_at) {
    return Query(connection_, "update tokens set last_used_at = :used where id = :id")
        .use(used_at)
        .use(id)
        .run_on_one("token");
}

Result<> TokensTable::remove(TokenId const& id) {
    return done(Query(connection_, "delete from tokens where id = :id").use(id).run());
}

Result<std::vector<Token>> TokensTable::of_user(UserId const& user) {
    return Query(connection_, select_tokens("user_id = :user order by created_at, id"))
        .use(user)
        .rows<Token>();
}

}  // namespace carrel

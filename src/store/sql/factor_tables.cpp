#include "store/sql/factor_tables.hpp"

#include "store/sql/query.hpp"

namespace carrel {

Result<> SecondFactorsTable::insert(SecondFactor const& factor) {
    return done(
        Query(connection_, insert_into<SecondFactor>("second_factors")).use_row(factor).run());
}

Result<std::vector<SecondFactor>> SecondFactorsTable::of_user(UserId const& user) {
    return Query(connection_, fmt::format("select {} from second_factors where user_id = :user "
                                          "order by created_at, id",
                                          columns<SecondFactor>()))
        .use(user)
        .rows<SecondFactor>();
}

Result<bool> SecondFactorsTable::use(std::string_view id, long long counter, Time at) {
    TRY(auto const changed,
        Query(connection_,
              "update second_factors set counter = :counter, last_used_at = :at where id = :id "
              "and (counter < :more or (:none = 0 and counter = 0))")
            .use(counter)
            .use(at)
            .use(id)
            .use(counter)
            .use(counter)
            .run());
    return changed == 1;
}

Result<> SecondFactorsTable::remove(std::string_view id) {
    return done(Query(connection_, "delete from second_factors where id = :id").use(id).run());
}

Result<> SecondFactorsTable::set_recovery_codes(UserId const& user,
                                                std::vector<std::string> const& hashes) {
    TRY_VOID(
        Query(connection_, "delete from recovery_codes where user_id = :user").use(user).run());
    for (auto const& hash : hashes)
        TRY_VOID(
            Query(connection_, "insert into recovery_codes (user_id, hash) values (:user, :hash)")
                .use(user)
                .use(hash)
                .run());
    return {};
}

Result<bool> SecondFactorsTable::use_recovery_code(UserId const& user, std::string_view hash) {
    TRY(auto const removed,
        Query(connection_, "delete from recovery_codes where user_id = :user and hash = :hash")
            .use(user)
            .use(hash)
            .run());
    return removed == 1;
}

Result<long long> SecondFactorsTable::recovery_codes_left(UserId const& user) {
    TRY(auto const count,
        Query(connection_, "select count(*) from recovery_codes where user_id = :user")
            .use(user)
            .value<long long>());
    return count.value_or(0);
}

Result<> HalfLoginsTable::insert(HalfLogin const& login) {
    return done(Query(connection_, insert_into<HalfLogin>("half_logins")).use_row(login).run());
}

Result<HalfLogin> HalfLoginsTable::find(std::string_view hash) {
    return Query(connection_,
                 fmt::format("select {} from half_logins where hash = :hash", columns<HalfLogin>()))
        .use(hash)
        .one<HalfLogin>("login");
}

Result<> HalfLoginsTable::count_wrong(std::string_view hash) {
    return Query(connection_, "update half_logins set wrong = wrong + 1 where hash = :hash")
        .use(hash)
        .run_on_one("login");
}

Result<bool> HalfLoginsTable::remove(std::string_view hash) {
    TRY(auto const removed,
        Query(connection_, "delete from half_logins where hash = :hash").use(hash).run());
    TRY_VOID(
        Query(connection_, "delete from factor_challenges where owner = :owner").use(hash).run());
    return removed == 1;
}

Result<> HalfLoginsTable::remove_of_user(UserId const& user) {
    return done(
        Query(connection_, "delete from half_logins where user_id = :user").use(user).run());
}

Result<> HalfLoginsTable::put_challenge(FactorChallenge const& challenge) {
    TRY_VOID(Query(connection_,
                   "delete from factor_challenges where owner = :owner and purpose = :purpose")
                 .use(challenge.owner)
                 .use(challenge.purpose)
                 .run());
    return done(Query(connection_, insert_into<FactorChallenge>("factor_challenges"))
                    .use_row(challenge)
                    .run());
}

Result<FactorChallenge> HalfLoginsTable::take_challenge(std::string_view id, std::string_view owner,
                                                        std::string_view purpose) {
    TRY(auto challenge,
        Query(connection_, fmt::format("select {} from factor_challenges where id = :id "
                                       "and owner = :owner and purpose = :purpose",
                                       columns<FactorChallenge>()))
            .use(id)
            .use(owner)
            .use(purpose)
            .one<FactorChallenge>("challenge"));
    TRY_VOID(Query(connection_, "delete from factor_challenges where id = :id").use(id).run());
    return challenge;
}

Result<long long> HalfLoginsTable::remove_expired(Time now) {
    TRY_VOID(Query(connection_, "delete from factor_challenges where expires_at <= :now")
                 .use(now)
                 .run());
    return Query(connection_, "delete from half_logins where expires_at <= :now").use(now).run();
}

}  // namespace carrel

#pragma once

/// The parts of a transaction about what JupyterHub's API knows beside people and servers: tokens,
/// groups, services and shares. What is common to all parts is said in store/transaction.hpp.

#include "base/clock.hpp"
#include "base/id.hpp"
#include "base/result.hpp"
#include "domain/hub_group.hpp"
#include "domain/hub_share.hpp"
#include "domain/hub_token.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace carrel {

/// Tokens that courses' hubs issue, in JupyterHub's manner.
class HubTokens {
public:
    virtual ~HubTokens() = default;
    /// The row's id is given by the store and returned.
    virtual Result<long long> insert(HubToken const& token) = 0;
    virtual Result<HubToken> find_by_secret_hash(std::string_view hash) = 0;
    virtual Result<HubToken> find(CourseId const& course, long long id) = 0;
    /// Oldest first.
    virtual Result<std::vector<HubToken>> of_user(CourseId const& course, UserId const& user) = 0;
    /// Those of running servers that are this OAuth client. More than one when names run together:
    /// "ada-gpu" has a server, and so has "ada", called "gpu".
    virtual Result<std::vector<HubToken>> of_servers(CourseId const& course,
                                                     std::string_view client) = 0;
    virtual Result<> touch(long long id, Time used_at) = 0;
    virtual Result<> remove(long long id) = 0;
    /// A server's own; what was given to its visitors stays.
    virtual Result<long long> remove_of_server(CourseId const& course, UserId const& user,
                                               std::string_view server) = 0;
    /// What an OAuth client was given for this user.
    virtual Result<long long> remove_of_client(CourseId const& course, UserId const& user,
                                               std::string_view client) = 0;
    /// The ids of what ends with it.
    virtual Result<std::vector<long long>> of_login(SessionId const& login) = 0;
    virtual Result<long long> remove_of_code(std::string_view code) = 0;
    /// A service's own, and what it was given as an OAuth client.
    virtual Result<long long> remove_of_service(CourseId const& course,
                                                std::string_view service) = 0;
    virtual Result<long long> remove_expired(Time now) = 0;
    /// A service's own; what was given to its visitors stays.
    virtual Result<long long> remove_own_of_service(CourseId const& course,
                                                    std::string_view service) = 0;
};

class HubCodes {
public:
    virtual ~HubCodes() = default;
    virtual Result<> insert(HubCode const& code) = 0;
    virtual Result<HubCode> find(std::string_view hash) = 0;
    virtual Result<> mark_used(std::string_view hash, Time at) = 0;
    virtual Result<long long> remove_of_login(SessionId const& login) = 0;
    virtual Result<long long> remove_expired(Time now) = 0;
};

/// Groups of courses' hubs and who is in them.
class HubGroups {
public:
    virtual ~HubGroups() = default;
    virtual Result<> insert(HubGroup const& group) = 0;  ///< unique: course and name ("name")
    virtual Result<> update(HubGroup const& group) = 0;
    virtual Result<HubGroup> find(CourseId const& course, std::string_view name) = 0;
    /// With its memberships. Whatever is shared with it ends before: `end_sharing_with_group`.
    virtual Result<> remove(CourseId const& course, std::string_view name) = 0;
    /// By name.
    virtual Result<std::vector<HubGroup>> of_course(CourseId const& course) = 0;
    /// Those that the user is in, by name.
    virtual Result<std::vector<HubGroup>> of_user(CourseId const& course, UserId const& user) = 0;

    /// NotFound: there is no such group or user. Adding a member again succeeds.
    virtual Result<> add_member(CourseId const& course, std::string_view group,
                                UserId const& user) = 0;
    virtual Result<> remove_member(CourseId const& course, std::string_view group,
                                   UserId const& user) = 0;
    /// From every group of the course.
    virtual Result<> remove_user(CourseId const& course, UserId const& user) = 0;
    virtual Result<std::vector<UserId>> members(CourseId const& course, std::string_view group) = 0;
    /// The groups of each member, both by name.
    virtual Result<std::map<UserId, std::vector<std::string>>> memberships(
        CourseId const& course) = 0;
};

/// Services that were made known by the REST API of a course's hub.
class HubServices {
public:
    virtual ~HubServices() = default;
    virtual Result<> insert(HubService const& service) = 0;  ///< unique: course and name ("name")
    virtual Result<HubService> find(CourseId const& course, std::string_view name) = 0;
    virtual Result<> remove(CourseId const& course, std::string_view name) = 0;
    /// By name.
    virtual Result<std::vector<HubService>> of_course(CourseId const& course) = 0;
    /// Of every course, by course and name.
    virtual Result<std::vector<HubService>> all() = 0;
};

/// Who may enter whose server, beside those who may enter every one.
class HubShares {
public:
    virtual ~HubShares() = default;
    virtual Result<> put(HubShare const& share) = 0;  ///< one that is there stays as it is
    /// Of one server, oldest first.
    virtual Result<std::vector<HubShare>> of_server(CourseId const& course, UserId const& owner,
                                                    std::string_view server) = 0;
    /// Of all that somebody owns, by server and oldest first.
    virtual Result<std::vector<HubShare>> of_owner(CourseId const& course, UserId const& owner) = 0;
    /// What somebody was let into, oldest first.
    virtual Result<std::vector<HubShare>> of_user(CourseId const& course, UserId const& user) = 0;
    /// The number of those that were there.
    virtual Result<long long> remove(HubShare const& share) = 0;
};

/// The same for all who are in a group.
class HubGroupShares {
public:
    virtual ~HubGroupShares() = default;
    /// One that is there stays as it is. The group must be there.
    virtual Result<> put(HubGroupShare const& share) = 0;
    /// Of all that somebody owns, by server and oldest first.
    virtual Result<std::vector<HubGroupShare>> of_owner(CourseId const& course,
                                                        UserId const& owner) = 0;
    /// What a group was let into, oldest first.
    virtual Result<std::vector<HubGroupShare>> of_group(CourseId const& course,
                                                        std::string_view group) = 0;
    /// What the groups that somebody is in were let into, oldest first.
    virtual Result<std::vector<HubGroupShare>> of_user(CourseId const& course,
                                                       UserId const& user) = 0;
    /// The number of those that were there.
    virtual Result<long long> remove(HubGroupShare const& share) = 0;
};

class HubShareCodes {
public:
    virtual ~HubShareCodes() = default;
    /// The row's id is given by the store and returned.
    virtual Result<long long> insert(HubShareCode const& code) = 0;
    virtual Result<HubShareCode> find(std::string_view hash) = 0;
    /// Of all that somebody owns, oldest first.
    virtual Result<std::vector<HubShareCode>> of_owner(CourseId const& course,
                                                       UserId const& owner) = 0;
    virtual Result<> note_exchange(long long id, Time at) = 0;
    /// The server has another name from now on.
    virtual Result<> move(long long id, std::string_view server) = 0;
    virtual Result<> remove(long long id) = 0;
    virtual Result<long long> remove_expired(Time now) = 0;
};

}  // namespace carrel

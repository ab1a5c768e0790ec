#include "store/sql/course_tables.hpp"

#include "store/sql/query.hpp"

#include <unordered_map>

namespace carrel {

namespace {

std::string select_where(std::string_view condition) {
    return fmt::format("select {} from courses where {}", columns<Course>(), condition);
}

// Each branch is one index range, so that the cost is that of what is due and not of what exists.
constexpr std::string_view due_condition = R"sql(id in (
    select id from courses where state = 'accepted' and starts_at <= :starts_before
    union
    select id from courses where state = 'deployed' and ends_at <= :ended
    union
    select id from courses where wanted in ('deploy', 'degrade')
        and state in ('accepted', 'deployed', 'failed')
    union
    select id from courses where state in ('deploying', 'degrading') and lease_until is null
    union
    select id from courses where state in ('deploying', 'degrading') and lease_until <= :lease
    union
    select id from courses where state in ('deploying', 'degrading') and deadline <= :deadline
) order by updated_at, id limit :limit)sql";

constexpr std::string_view concerning = R"sql(id in (
    select id from courses where requested_by = :requester
    union
    select course_id from course_leaders where user_id = :leader
    union
    select course_id from applications where user_id = :applicant
))sql";

}  // namespace

Result<> CoursesTable::insert(Course const& course) {
    TRY_VOID(Query(connection_, insert_into<Course>("courses")).use_row(course).run());
    return write_leaders(course);
}

Result<> CoursesTable::update(Course const& course) {
    TRY_VOID(Query(connection_, update_of<Course>("courses") + " where id = :key")
                 .use_row(course)
                 .use(course.id)
                 .run_on_one("course"));
    TRY(auto const leaders, leaders_of(course.id));
    if (leaders == course.leaders) return {};
    TRY_VOID(Query(connection_, "delete from course_leaders where course_id = :course")
                 .use(course.id)
                 .run());
    return write_leaders(course);
}

Result<> CoursesTable::write_leaders(Course const& course) {
    long long position = 0;
    for (auto const& leader : course.leaders)
        TRY_VOID(Query(connection_,
                       "insert into course_leaders (course_id, position, user_id) "
                       "values (:course, :position, :user)")
                     .use(course.id)
                     .use(position++)
                     .use(leader)
                     .run());
    return {};
}

Result<std::vector<UserId>> CoursesTable::leaders_of(CourseId const& course) {
    TRY(auto const rows,
        Query(connection_,
              "select user_id from course_leaders where course_id = :course order by position")
            .use(course)
            .values<UserId>());
    std::vector<UserId> leaders;
    for (auto const& [leader] : rows) leaders.push_back(leader);
    return leaders;
}

Result<Course> CoursesTable::find_where(std::string_view condition, std::string_view value) {
    TRY(auto course, Query(connection_, select_where(condition)).use(value).one<Course>("course"));
    TRY(course.leaders, leaders_of(course.id));
    return course;
}

Result<Course> CoursesTable::find(CourseId const& id) { return find_where("id = :id", id.value()); }

Result<Course> CoursesTable::find_by_slug(std::string_view slug) {
    return find_where("slug = :slug", slug);
}

Result<Course> CoursesTable::find_by_invitation(std::string_view code) {
    return find_where("invitation_code = :code", code);
}

Result<std::vector<Course>> CoursesTable::with_leaders(Result<std::vector<Course>> courses) {
    if (!courses) return courses;
    std::vector<CourseId> ids;
    std::unordered_map<CourseId, Course*> by_id;
    for (auto& course : *courses) {
        ids.push_back(course.id);
        by_id.emplace(course.id, &course);
    }
    for (auto const& chunk : in_chunks(ids)) {
        auto const sql = fmt::format(
            "select course_id, user_id from course_leaders where course_id in ({}) "
            "order by course_id, position",
            chunk.places);
        TRY(auto const rows,
            Query(connection_, sql).use_all(chunk.values).values<CourseId, UserId>());
        for (auto const& [course, leader] : rows) by_id.at(course)->leaders.push_back(leader);
    }
    return courses;
}

Result<std::vector<Course>> CoursesTable::list(Filter const& filter, Page const& page) {
    std::string condition = "slug > :after";
    if (filter.state) condition += " and state = :state";
    if (filter.concerning) condition += fmt::format(" and {}", concerning);
    Query query(connection_, select_where(condition + " order by slug limit :limit"));
    query.use(page.after);
    if (filter.state) query.use(*filter.state);
    if (filter.concerning)
        query.use(*filter.concerning).use(*filter.concerning).use(*filter.concerning);
    query.use(page.limit);
    return with_leaders(query.rows<Course>());
}

Result<std::map<CourseState, long long>> CoursesTable::count_by_state() {
    return Query(connection_, "select state, count(*) from courses group by state")
        .counts<CourseState>();
}

std::string CoursesTable::due_sql() { return select_where(due_condition); }

Result<std::vector<Course>> CoursesTable::due(Time now, Time starts_before, int limit) {
    return with_leaders(Query(connection_, due_sql())
                            .use(starts_before)
                            .use(now)
                            .use(now)
                            .use(now)
                            .use(limit)
                            .rows<Course>());
}

Result<> ApplicationsTable::insert(Application const& application) {
    return done(
        Query(connection_, insert_into<Application>("applications")).use_row(application).run());
}

Result<> ApplicationsTable::update(Application const& application) {
    return Query(connection_, update_of<Application>("applications") +
                                  " where course_id = :course and user_id = :user")
        .use_row(application)
        .use(application.course)
        .use(application.user)
        .run_on_one("application");
}

Result<> ApplicationsTable::remove(CourseId const& course, UserId const& user) {
    return done(
        Query(connection_, "delete from applications where course_id = :course and user_id = :user")
            .use(course)
            .use(user)
            .run());
}

Result<Application> ApplicationsTable::find(CourseId const& course, UserId const& user) {
    return Query(connection_,
                 fmt::format("select {} from applications where course_id = :course and "
                             "user_id = :user",
                             columns<Application>()))
        .use(course)
        .use(user)
        .one<Application>("application");
}

Result<std::vector<Application>> ApplicationsTable::of_course(CourseId const& course,
                                                              std::optional<ApplicationState> state,
                                                              Page const& page) {
    Query query(connection_,
                fmt::format("select {} from applications where course_id = :course {} "
                            "and user_id > :after order by user_id limit :limit",
                            columns<Application>(), state ? "and state = :state" : ""));
    query.use(course);
    if (state) query.use(*state);
    return query.use(page.after).use(page.limit).rows<Application>();
}

Result<std::vector<Application>> ApplicationsTable::of_user(UserId const& user) {
    return Query(connection_, fmt::format("select {} from applications where user_id = :user "
                                          "order by applied_at, course_id",
                                          columns<Application>()))
        .use(user)
        .rows<Application>();
}

Result<std::map<ApplicationState, long long>> ApplicationsTable::count(CourseId const& course) {
    // Counting the entries of an index, state by state, takes half as long as sorting them out.
    std::map<ApplicationState, long long> counts;
    for (auto const state :
         {ApplicationState::Pending, ApplicationState::Accepted, ApplicationState::Rejected}) {
        TRY(auto const count,
            Query(connection_,
                  "select count(*) from applications where course_id = :course and state = :state")
                .use(course)
                .use(state)
                .value<long long>());
        if (count.value_or(0) > 0) counts.emplace(state, *count);
    }
    return counts;
}

Result<> DeploymentsTable::insert(Deployment const& deployment) {
    return done(
        Query(connection_, insert_into<Deployment>("deployments")).use_row(deployment).run());
}

Result<> DeploymentsTable::update(Deployment const& deployment) {
    return Query(connection_, update_of<Deployment>("deployments") + " where id = :key")
        .use_row(deployment)
        .use(deployment.id)
        .run_on_one("deployment");
}

Result<Deployment> DeploymentsTable::find(DeploymentId const& id) {
    return Query(connection_,
                 fmt::format("select {} from deployments where id = :id", columns<Deployment>()))
        .use(id)
        .one<Deployment>("deployment");
}

Result<std::vector<Deployment>> DeploymentsTable::of_course(CourseId const& course) {
    return Query(connection_, fmt::format("select {} from deployments where course_id = :course "
                                          "order by started_at desc, id desc",
                                          columns<Deployment>()))
        .use(course)
        .rows<Deployment>();
}

}  // namespace carrel

/// What is left of a degraded course: everybody's verified export, and that of its folder.
///
/// A download is written down when it begins. A HEAD, by which a program looks whether there is
/// one, is none; and a browser that asks twice, or in parts, downloads once.

#include "portal/calls.hpp"
#include "portal/input.hpp"
#include "portal/record.hpp"
#include "portal/views.hpp"

namespace carrel {

namespace {

Result<http::Response> list_exports(PortalDependencies const& portal, Visit const& visit) {
    TRY(auto const page, read_page(visit.request));
    std::vector<nlohmann::json> items;
    std::vector<std::string> keys;
    TRY_VOID(portal.store.read([&](Transaction& transaction) -> Result<> {
        TRY(auto const seen,
            see_managed_course(transaction, visit.who.user, visit.request.parameter("slug")));
        TRY(auto const rows, transaction.exports().of_course(seen.course.id));
        std::vector<UserId> ids;
        for (auto const& row : rows) ids.push_back(row.user);
        TRY(auto const users, transaction.users().find_all(ids));
        std::map<std::string, Export const*> by_name;
        for (auto const& row : rows) by_name.emplace(users.at(row.user).name, &row);
        for (auto row = by_name.upper_bound(page.after); row != by_name.end(); ++row) {
            keys.push_back(row->first);
            items.push_back(view_of(*row->second, row->first));
        }
        return {};
    }));
    return http::Response::json(page_of(std::move(items), keys, page.limit));
}

/// An archive that somebody may have, and how having had it is written down.
struct TakeOut {
    Export row;
    std::string file_name;
    Happening download;
};

Result<User> find_owner(Transaction& transaction, Visit const& visit, SeenCourse const& seen) {
    auto const text = visit.request.query("user");
    if (!text) return visit.who.user;
    auto const name = parse_user_name(*text);
    if (name && *name == visit.who.user.name) return visit.who.user;
    if (!seen.managed())
        return fail(Code::PermissionDenied, "only leaders may download somebody else's take-out");
    auto const nobody = fail(Code::NotFound, "there is no take-out of this user");
    // As the list of exports calls somebody who is removed: no name that anybody could choose.
    bool const removed = text->find('~') != std::string::npos;
    if (!name && !removed) return nobody;
    auto user = transaction.users().find_by_name(name ? *name : *text);
    if (!user && user.error().code == Code::NotFound) return nobody;
    return user;
}

Result<TakeOut> find_take_out(Transaction& transaction, Visit const& visit) {
    auto const& user = visit.who.user;
    TRY(auto const seen, see_course(transaction, user, visit.request.parameter("slug")));
    TRY(auto const owner, find_owner(transaction, visit, seen));
    auto row = transaction.exports().find(seen.course.id, owner.id);
    bool const missing = !row && row.error().code == Code::NotFound;
    if (missing || (row && !row->verified_at))
        return fail(Code::NotFound, "there is no verified export of {} in this course", owner.name);
    if (!row) return std::unexpected(std::move(row).error());
    return TakeOut{.row = *std::move(row),
                   .file_name = fmt::format("{}-{}.zip", seen.course.request.slug, owner.name),
                   .download = {.kind = "takeout_downloaded",
                                .course = seen.course.id,
                                .actor = user.name,
                                .subject = owner.name,
                                .message = fmt::format("{} downloaded the take-out of {}",
                                                       user.name, owner.name)}};
}

/// The course folder was everybody's who was in the course.
Result<TakeOut> find_folder(Transaction& transaction, Visit const& visit) {
    auto const& user = visit.who.user;
    TRY(auto const seen, see_course(transaction, user, visit.request.parameter("slug")));
    if (!seen.belongs())
        return fail(Code::PermissionDenied, "the course folder is for who is in the course");
    TRY(auto row, folder_export(transaction, seen));
    if (!row) return fail(Code::NotFound, "there is no export of this course's folder");
    return TakeOut{.row = *std::move(row),
                   .file_name = seen.course.request.slug + ".zip",
                   .download = {.kind = "folder_downloaded",
                                .course = seen.course.id,
                                .actor = user.name,
                                .message = user.name + " downloaded the course folder"}};
}

/// What comes again so soon is the same download.
constexpr Seconds one_download{600};
/// How far back it is looked for; with more events than these meanwhile, it is written down again.
constexpr int events_looked_at = 50;

Result<> record_download(Transaction& transaction, Happening const& download, Time now) {
    TRY(auto const newest, transaction.events().newest(0, events_looked_at));
    for (auto const& event : newest)
        if (event.kind == download.kind && event.course == download.course &&
            event.actor == download.actor && event.subject == download.subject &&
            event.at + one_download > now)
            return {};
    return record(transaction, now, download);
}

using Find = Result<TakeOut> (*)(Transaction&, Visit const&);

Result<http::Response> deliver(PortalDependencies const& portal, Visit const& visit, Find find) {
    auto const look = [&](Transaction& transaction) -> Result<TakeOut> {
        TRY(auto wanted, find(transaction, visit));
        std::error_code ignored;
        if (!std::filesystem::is_regular_file(wanted.row.file, ignored))
            return fail(Code::Unavailable, "the file of this export is not there at present");
        return wanted;
    };
    auto const look_and_record = [&](Transaction& transaction) -> Result<TakeOut> {
        TRY(auto wanted, look(transaction));
        TRY_VOID(record_download(transaction, wanted.download, portal.clock.now()));
        return wanted;
    };
    TRY(auto const found, visit.request.method == "HEAD" ? portal.store.read(look)
                                                         : portal.store.write(look_and_record));
    http::Response response;
    response.headers.set("Content-Type", "application/zip");
    response.headers.set("Content-Disposition",
                         fmt::format("attachment; filename=\"{}\"", found.file_name));
    response.headers.set("X-Content-Type-Options", "nosniff");
    response.file = found.row.file;
    return response;
}

Result<http::Response> take_out(PortalDependencies const& portal, Visit const& visit) {
    return deliver(portal, visit, find_take_out);
}

Result<http::Response> take_folder_out(PortalDependencies const& portal, Visit const& visit) {
    return deliver(portal, visit, find_folder);
}

}  // namespace

void add_export_calls(Calls& calls) {
    calls.topic("Exports");
    calls.add({.method = "GET",
               .path = "/courses/{slug}/exports",
               .summary = "The exports of a course's homes, by user name; for leaders",
               .scope = Scope::CoursesRead,
               .gives = "Export[]",
               .problems = {404}},
              list_exports);
    calls.add({.method = "GET",
               .path = "/courses/{slug}/takeout",
               .summary = "One's own verified export; leaders may name somebody else",
               .scope = Scope::AccessServers,
               .query = {"user"},
               .problems = {404, 503},
               .also_gives = "application/zip"},
              take_out);
    calls.add({.method = "GET",
               .path = "/courses/{slug}/folder",
               .summary = "The verified export of the course folder; for all who are in the course",
               .scope = Scope::AccessServers,
               .problems = {404, 503},
               .also_gives = "application/zip"},
              take_folder_out);
}

}  // namespace carrel

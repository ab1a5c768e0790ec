#include "hub/services/service_book.hpp"

#include "auth/secret.hpp"
#include "base/text.hpp"

#include <algorithm>

namespace carrel {

bool Service::is_of(std::string_view slug) const {
    return courses.empty() || std::ranges::find(courses, slug) != courses.end();
}

std::string service_client(std::string_view name) { return fmt::format("service-{}", name); }

HubToken service_token(CourseId const& course, std::string const& name, std::string_view secret,
                       Time now) {
    HubToken token;
    token.secret_hash = hash_secret(secret);
    token.course = course;
    token.service = name;
    token.kind = HubTokenKind::Service;
    token.client = service_client(name);
    token.scopes = "inherit";
    token.note = "Service " + name;
    token.created_at = now;
    return token;
}

std::string service_callback(HubPaths const& paths, std::string_view slug, Service const& service) {
    if (!service.redirect_uri.empty()) return service.redirect_uri;
    return paths.service(slug, service.name) + "oauth_callback";
}

bool is_service_name(std::string_view name) {
    auto const plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    return !name.empty() && name.size() <= 63 && plain(name.front()) &&
           std::ranges::all_of(
               name, [&](char c) { return plain(c) || c == '.' || c == '_' || c == '-'; });
}

ServiceBook::ServiceBook(std::vector<Service> services) : services_(std::move(services)) {
    std::ranges::sort(services_, {}, &Service::name);
}

ServiceBook const& ServiceBook::none() {
    static ServiceBook const book;
    return book;
}

Service const* ServiceBook::configured(std::string_view slug, std::string_view name) const {
    for (auto const& service : services_)
        if (service.name == name && service.is_of(slug)) return &service;
    return nullptr;
}

Service const* ServiceBook::by_token(std::string_view slug, std::string_view secret) const {
    if (services_.empty()) return nullptr;
    auto const hash = hash_secret(secret);
    for (auto const& service : services_)
        if (!service.token_hash.empty() && service.token_hash == hash && service.is_of(slug))
            return &service;
    return nullptr;
}

Result<Service> ServiceBook::find(Transaction& transaction, Course const& course,
                                  std::string_view name) const {
    if (auto const* const service = configured(course.request.slug, name)) return *service;
    auto const row = transaction.hub_services().find(course.id, name);
    if (row) return to_service(*row);
    if (row.error().code != Code::NotFound) return std::unexpected(row.error());
    return fail(Code::NotFound, "No such service: {}", for_log(name, 80));
}

Result<std::vector<Service>> ServiceBook::of_course(Transaction& transaction,
                                                    Course const& course) const {
    std::vector<Service> found;
    for (auto const& service : services_)
        if (service.is_of(course.request.slug)) found.push_back(service);
    TRY(auto const rows, transaction.hub_services().of_course(course.id));
    for (auto const& row : rows)
        // The configuration may have got one of the same name since.
        if (configured(course.request.slug, row.name) == nullptr) found.push_back(to_service(row));
    std::ranges::sort(found, {}, &Service::name);
    return found;
}

Service to_service(HubService const& row) {
    Service service;
    service.name = row.name;
    service.url = row.url;
    service.administrator = row.administrator;
    service.redirect_uri = row.redirect_uri;
    service.no_confirm = row.no_confirm;
    service.display = row.display;
    service.info = row.info;
    service.configured = false;
    return service;
}

}  // namespace carrel

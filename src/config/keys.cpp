#include "config/keys.hpp"

#include <algorithm>

namespace carrel {

namespace {

constexpr double week = 7 * 24 * 3600;

std::vector<Key<Settings>> const all_platform_keys{
    {"server",
     "ip",
     [](Settings& s) -> Field { return &s.server.ip; },
     {},
     {},
     "The address that the public port is opened on. `0.0.0.0` or `::` is every one."},
    {"server",
     "port",
     [](Settings& s) -> Field { return &s.server.port; },
     {0, 65535},
     {},
     "The public port; `0` takes any free one."},
    {"server",
     "data",
     [](Settings& s) -> Field { return &s.server.data; },
     {},
     {},
     "The folder that holds everything Carrel must not forget. A relative path starts where Carrel "
     "is started."},
    {"server",
     "domain",
     [](Settings& s) -> Field { return &s.server.domain; },
     {},
     {},
     "The name under which people reach the platform, for links; empty: as the browser says."},
    {"server",
     "user_domain",
     [](Settings& s) -> Field { return &s.server.user_domain; },
     {},
     {},
     "A domain below which every person's servers have a host name of their own, "
     "`<person>.<user_domain>`, so that a browser keeps them apart from each other and from "
     "Carrel's "
     "pages. It may be `domain` itself or, safer still, another one; `localhost` for a first look. "
     "Its "
     "names (`*.<user_domain>`) lead to this platform, and the certificate covers them. Empty: all "
     "on "
     "one host name, which protects less (see SECURITY.md)."},
    {"server",
     "public_url",
     [](Settings& s) -> Field { return &s.server.public_url; },
     {},
     {},
     "Where people reach the platform, as `https://hub.example.org`, when it is not `domain` with "
     "`port` "
     "because something else stands in front; for links, and for `user_domain`."},
    {"server",
     "tls_cert",
     [](Settings& s) -> Field { return &s.server.tls_cert; },
     {},
     {},
     "The PEM file of the certificate with its chain. Changed files are used at once."},
    {"server",
     "tls_key",
     [](Settings& s) -> Field { return &s.server.tls_key; },
     {},
     {},
     "The PEM file of its private key."},
    {"server",
     "tls",
     [](Settings& s) -> Field { return &s.server.tls; },
     {},
     {"", "off", "files", "self-signed", "acme"},
     "How the public port gets its certificate: from `tls_cert` and `tls_key`, one that is made "
     "for "
     "a first look (browsers warn), or one from an ACME authority such as Let's Encrypt. Empty: "
     "`files` when these are given, else `off`."},
    {"server",
     "redirect_port",
     [](Settings& s) -> Field { return &s.server.redirect_port; },
     {0, 65535},
     {},
     "A port for plain HTTP that leads to HTTPS, and answers the authority of `tls = \"acme\"`; "
     "`0`: "
     "none."},
    {"server",
     "acme_url",
     [](Settings& s) -> Field { return &s.server.acme_url; },
     {},
     {},
     "The directory of the ACME authority; empty: Let's Encrypt's."},
    {"server",
     "acme_email",
     [](Settings& s) -> Field { return &s.server.acme_email; },
     {},
     {},
     "Where the authority may write to."},
    {"server",
     "hsts_seconds",
     [](Settings& s) -> Field { return &s.server.hsts_seconds; },
     {0, 63'072'000},
     {},
     "How long browsers insist on HTTPS once they have seen it (HSTS); `0`: not at all."},
    {"store",
     "url",
     [](Settings& s) -> Field { return &s.store.url; },
     {},
     {},
     "`sqlite:PATH`; empty: `carrel.sqlite` in the data folder. `postgresql://…` is not supported "
     "yet."},
    {"dispatcher",
     "tick_seconds",
     [](Settings& s) -> Field { return &s.dispatcher.tick; },
     {0.05, 3600},
     {},
     "How often the dispatcher looks for courses that have to be moved along."},
    {"dispatcher",
     "lead_seconds",
     [](Settings& s) -> Field { return &s.dispatcher.lead; },
     {0, week},
     {},
     "How long before its start a course is deployed."},
    {"dispatcher",
     "deploy_deadline_seconds",
     [](Settings& s) -> Field { return &s.dispatcher.deploy_deadline; },
     {1, week},
     {},
     "A deploy that takes longer has failed."},
    {"dispatcher",
     "degrade_deadline_seconds",
     [](Settings& s) -> Field { return &s.dispatcher.degrade_deadline; },
     {1, week},
     {},
     "A degrade, with the export of every home, that takes longer has failed."},
    {"hub",
     "concurrent_starts",
     [](Settings& s) -> Field { return &s.hub.concurrent_starts; },
     {1, 10'000},
     {},
     "How many servers start at once; the others wait in a visible queue."},
    {"hub",
     "start_timeout_seconds",
     [](Settings& s) -> Field { return &s.hub.start_timeout; },
     {0.1, 24 * 3600},
     {},
     "A server that does not answer by then has failed."},
    {"hub",
     "idle_timeout_seconds",
     [](Settings& s) -> Field { return &s.hub.idle_timeout; },
     {0, 52 * week},
     {},
     "A server without activity for so long is stopped; `0`: never."},
    {"hub",
     "idle_warning_seconds",
     [](Settings& s) -> Field { return &s.hub.idle_warning; },
     {0, 52 * week},
     {},
     "How long before that its owner is told, in Carrel's pages and in JupyterLab; at most half of "
     "`idle_timeout_seconds`. `0`: not at all."},
    {"hub",
     "stop_timeout_seconds",
     [](Settings& s) -> Field { return &s.hub.stop_timeout; },
     {0, 3600},
     {},
     "How long a server may take to end before it is ended by force."},
    {"hub",
     "named_servers",
     [](Settings& s) -> Field { return &s.hub.named_servers; },
     {0, 1'000},
     {},
     "How many servers a person may have in a course beside the default one. Each has the course's "
     "cores and memory to itself; all share one home. `0`: none."},
    {"hub",
     "sharing",
     [](Settings& s) -> Field { return &s.hub.sharing; },
     {},
     {},
     "Whether participants may let each other into their servers. Whoever is let in can do there "
     "what the owner can."},
    {"hub",
     "root_course",
     [](Settings& s) -> Field { return &s.hub.root_course; },
     {},
     {},
     "The slug of the standing hub that is at `/hub/…`, `/user/…` and `/services/…`, as a "
     "JupyterHub "
     "of its own; its pages below `/c/<slug>/` lead there. Empty: none."},
    {"hub",
     "api_page_max_limit",
     [](Settings& s) -> Field { return &s.hub.api_page_max_limit; },
     {1, 1'000'000},
     {},
     "How many entries a list of a hub's API has at most, whatever `limit` its client asks for. "
     "Clients that know nothing of pages get so many."},
    {"docker",
     "socket",
     [](Settings& s) -> Field { return &s.docker.socket; },
     {},
     {},
     "Where the Docker Engine listens that runs servers whose environment has an `image`. Who may "
     "use it is root on this machine (see SECURITY.md)."},
    {"docker",
     "most_processes",
     [](Settings& s) -> Field { return &s.docker.most_processes; },
     {16, 1'000'000},
     {},
     "Processes and threads that one container may have."},
    {"docker",
     "network",
     [](Settings& s) -> Field { return &s.docker.network; },
     {},
     {},
     "Whether containers reach the internet. They never reach each other, this machine, or a "
     "cloud's metadata service. Needs root."},
    {"docker",
     "subnets",
     [](Settings& s) -> Field { return &s.docker.subnets; },
     {},
     {},
     "The addresses of their networks: each course whose servers run has a `/22` of it. Nothing "
     "else on this machine or its network may use them."},
    {"docker",
     "registry_logins",
     [](Settings& s) -> Field { return &s.docker.registry_logins; },
     {},
     {},
     "A file with log-ins for image registries, as `docker login` writes it (`config.json`). It is "
     "read anew for each image that is fetched. Empty: images that anybody may fetch."},
    {"docker",
     "pull_timeout_seconds",
     [](Settings& s) -> Field { return &s.docker.pull_timeout; },
     {1, 24 * 3600},
     {},
     "How long the engine may take to fetch an image that it does not have. It does not count "
     "against `hub.start_timeout_seconds`."},
    {"accounts",
     "second_factor_roles",
     [](Settings& s) -> Field { return &s.accounts.second_factor_roles; },
     {},
     {},
     "Who has to have a second factor: `administrator`, `leader`, `everybody`. Whoever has none "
     "can "
     "do nothing but set one up, also with API tokens."},
    {"accounts",
     "second_factor_after_provider",
     [](Settings& s) -> Field { return &s.accounts.second_factor_after_provider; },
     {},
     {},
     "Whether a second factor is also asked for after a log-in at a provider, who may have asked "
     "for "
     "one of its own."},
    {"governance",
     "accept_own_courses",
     [](Settings& s) -> Field { return &s.governance.accept_own_courses; },
     {},
     {},
     "Whether an administrator may accept a course that they lead or asked for."},
    {"limits",
     "cpu_max",
     [](Settings& s) -> Field { return &s.limits.cpu_max; },
     {0.25, 1024},
     {},
     "Cores that a participant's server may have."},
    {"limits",
     "cpu_default",
     [](Settings& s) -> Field { return &s.limits.cpu_default; },
     {0.25, 1024},
     {},
     "Cores that the form for a course proposes."},
    {"limits",
     "memory_gib_max",
     [](Settings& s) -> Field { return &s.limits.memory_gib_max; },
     {0.25, 65'536},
     {},
     "Memory of a server, in GiB."},
    {"limits",
     "memory_gib_default",
     [](Settings& s) -> Field { return &s.limits.memory_gib_default; },
     {0.25, 65'536},
     {},
     "Memory that the form proposes, in GiB."},
    {"limits",
     "storage_gib_max",
     [](Settings& s) -> Field { return &s.limits.storage_gib_max; },
     {0.5, 1'048'576},
     {},
     "Size of a home, in GiB."},
    {"limits",
     "storage_gib_default",
     [](Settings& s) -> Field { return &s.limits.storage_gib_default; },
     {0.5, 1'048'576},
     {},
     "Size of a home that the form proposes, in GiB."},
    {"limits",
     "participants_max",
     [](Settings& s) -> Field { return &s.limits.participants_max; },
     {1, 100'000},
     {},
     "Participants that a course may expect."},
    {"limits",
     "participants_default",
     [](Settings& s) -> Field { return &s.limits.participants_default; },
     {1, 100'000},
     {},
     "Participants that the form proposes."},
    {"audit",
     "keep_days",
     [](Settings& s) -> Field { return &s.audit.keep_days; },
     {0, 36'500},
     {},
     "How long is remembered what happened: the audit list and the timelines of courses, of which "
     "a standing hub's lose their beginning too. `0`: for ever."},
    {"log",
     "level",
     [](Settings& s) -> Field { return &s.log.level; },
     {},
     {"debug", "info", "warn", "error"},
     "The least important lines that are logged."},
};

size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<size_t> row(b.size() + 1);
    for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (size_t i = 1; i <= a.size(); ++i) {
        size_t diagonal = std::exchange(row[0], i);
        for (size_t j = 1; j <= b.size(); ++j) {
            size_t const replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
        }
    }
    return row.back();
}

}  // namespace

std::span<Key<Settings> const> platform_keys() {
    static auto const all = [] {
        auto keys = all_platform_keys;
        auto const more = mail_keys();
        keys.insert(keys.end(), more.begin(), more.end());
        keys.insert(keys.end(), access_keys().begin(), access_keys().end());
        return keys;
    }();
    return all;
}

std::vector<std::string_view> sections() {
    std::vector<std::string_view> found;
    for (auto const& key : platform_keys())
        if (found.empty() || found.back() != key.section) found.push_back(key.section);
    return found;
}

std::string suggestion(std::string_view written, std::vector<std::string_view> const& known) {
    std::string_view nearest;
    // Further away it would be a guess, not a spelling mistake.
    size_t least = std::max<size_t>(2, written.size() / 3) + 1;
    for (auto const& name : known) {
        bool const part = written.size() >= 3 && name.contains(written);
        auto const distance = part ? 1 : edit_distance(written.substr(0, 64), name);
        if (distance < least) {
            least = distance;
            nearest = name;
        }
    }
    return nearest.empty() ? "" : fmt::format("; did you mean '{}'?", nearest);
}

}  // namespace carrel

#include "proxy/api/route_snapshot.hpp"

#include "runtime/log.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/crc.hpp>
#include <nlohmann/json.hpp>

#include <cstring>
#include <map>

namespace carrel::proxy {

namespace fs = std::filesystem;

namespace {

/// The first line of the file, and with it the version of what follows.
constexpr std::string_view magic = "carrel routes 1\n";
/// Before each record: its length and a checksum, four bytes each.
constexpr size_t header_size = 8;
constexpr size_t largest_record = size_t{2} * 1024 * 1024;
constexpr size_t smallest_compaction = size_t{4} * 1024 * 1024;

enum class Kind : char { Put = 1, Remove, Revoke };

void put_number(std::string& out, uint32_t value) {
    for (unsigned shift = 0; shift < 32; shift += 8)
        out += static_cast<char>(value >> shift & 0xFFU);
}

uint32_t number_at(std::string_view bytes) {
    uint32_t value = 0;
    for (size_t i = 0; i < 4; ++i)
        value |= static_cast<uint32_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
    return value;
}

uint32_t checksum(std::string_view bytes) {
    boost::crc_32_type crc;
    crc.process_bytes(bytes.data(), bytes.size());
    return crc.checksum();
}

std::string record_of(Kind kind, std::string_view body) {
    std::string content(1, static_cast<char>(kind));
    content += body;
    std::string record;
    put_number(record, static_cast<uint32_t>(content.size()));
    put_number(record, checksum(content));
    return record += content;
}

std::string records_of(KnownRoutes const& known) {
    std::string all(magic);
    for (auto const& route : known.routes) all += record_of(Kind::Put, encode(route));
    for (auto const& revocation : known.revocations)
        all += record_of(Kind::Revoke, encode(revocation));
    return all;
}

Result<> write_all(int file, std::string_view bytes) {
    while (!bytes.empty()) {
        auto const count = write(file, bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return fail_errno("write");
        bytes.remove_prefix(static_cast<size_t>(count));
    }
    return {};
}

/// Either the old content or the new is there, whatever happens. Returns the open new file.
Result<int> replace(fs::path const& path, std::string const& content) {
    auto const temporary = path.string() + ".new";
    int const file = open(temporary.c_str(), O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0600);
    if (file < 0) return fail_errno("open {}", temporary);
    auto written = write_all(file, content);
    if (written && (fsync(file) != 0 || rename(temporary.c_str(), path.c_str()) != 0))
        written = fail_errno("put {} in place", path.string());
    if (!written) {
        close(file);
        return std::unexpected(written.error());
    }
    auto const folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
    if (int const directory = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        directory >= 0) {
        fsync(directory);
        close(directory);
    }
    return file;
}

Result<std::string> read_all(fs::path const& path) {
    int const file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return fail_errno("read {}", path.string());
    std::string content;
    std::string part(size_t{1} << 20U, '\0');
    ssize_t count = 0;
    while ((count = read(file, part.data(), part.size())) > 0)
        content.append(part.data(), static_cast<size_t>(count));
    int const number = errno;
    close(file);
    errno = number;
    if (count < 0) return fail_errno("read {}", path.string());
    return content;
}

/// What the records say together.
class Replay {
public:
    /// False: this is no record.
    bool apply(std::string_view content) {
        auto const body = content.substr(1);
        switch (static_cast<Kind>(content.front())) {
            case Kind::Put: {
                auto route = decode<SavedRoute>(body);
                if (!route) return false;
                auto path = route->path;
                routes_.insert_or_assign(std::move(path), *std::move(route));
                return true;
            }
            case Kind::Remove: {
                auto const route = decode<SavedRoute>(body);
                if (route) routes_.erase(route->path);
                return route.has_value();
            }
            case Kind::Revoke: {
                auto revocation = decode<Revocation>(body);
                if (!revocation) return false;
                known_.revocations.push_back(*std::move(revocation));
                return true;
            }
        }
        return false;
    }
    KnownRoutes done() {
        for (auto& [path, route] : routes_) known_.routes.push_back(std::move(route));
        return std::move(known_);
    }

private:
    std::map<std::string, SavedRoute> routes_;
    KnownRoutes known_;
};

/// Applies whole records and returns how many bytes they are.
size_t replay(std::string_view content, Replay& into) {
    size_t at = magic.size();
    while (content.size() - at > header_size) {
        auto const rest = content.substr(at);
        size_t const length = number_at(rest);
        if (length == 0 || length > largest_record || length > rest.size() - header_size) break;
        auto const record = rest.substr(header_size, length);
        if (checksum(record) != number_at(rest.substr(4)) || !into.apply(record)) break;
        at += header_size + length;
    }
    return at;
}

/// Text that cannot be read counts as guarded.
bool is_guarded(SavedRoute const& route) {
    auto const data = nlohmann::json::parse(route.data, nullptr, false);
    return !data.is_object() || data.contains("auth");
}

void move_aside(fs::path const& path) {
    auto const aside = path.string() + ".unreadable";
    rename(path.c_str(), aside.c_str());
    log::error("routes_file_foreign",
               {{"file", path.string()}, {"kept_as", aside}, {"routes", "none"}});
}

}  // namespace

KnownRoutes RouteSnapshot::load(fs::path const& path, int64_t now) {
    auto const content = read_all(path);
    if (!content) {
        if (content.error().code != Code::NotFound)
            log::error("routes_file_unreadable", {{"cause", content.error().message}});
        return {};
    }
    if (content->empty()) return {};
    if (!content->starts_with(magic)) {
        move_aside(path);
        return {};
    }
    Replay all;
    auto const good = replay(*content, all);
    auto known = all.done();
    for (auto& route : known.routes) route.last_activity = route.last_change = now;
    if (good < content->size()) {
        std::erase_if(known.routes, [](SavedRoute const& route) { return is_guarded(route); });
        log::warn("routes_file_torn", {{"file", path.string()},
                                       {"lost_bytes", content->size() - good},
                                       {"routes", known.routes.size()}});
    }
    return known;
}

Result<std::unique_ptr<RouteSnapshot>> RouteSnapshot::create(fs::path const& path,
                                                             KnownRoutes const& known) {
    auto const content = records_of(known);
    auto const file = replace(path, content);
    if (!file) return std::unexpected(file.error().wrapped("keep the routes"));
    return std::unique_ptr<RouteSnapshot>(new RouteSnapshot(path, *file, content.size()));
}

RouteSnapshot::RouteSnapshot(fs::path path, int file, size_t size)
    : path_(std::move(path)),
      file_(file),
      size_(size),
      compact_size_(std::max(3 * size, smallest_compaction)),
      thread_([this] { run(); }) {}

RouteSnapshot::~RouteSnapshot() {
    {
        std::scoped_lock const lock(mutex_);
        stopped_ = true;
        changed_.notify_all();
    }
    thread_.join();
    close(file_);
}

void RouteSnapshot::put(std::string const& path, std::string data) {
    note(path, record_of(Kind::Put, encode(SavedRoute{path, std::move(data), 0})));
}

void RouteSnapshot::remove(std::string const& path) {
    note(path, record_of(Kind::Remove, encode(SavedRoute{path, {}, 0})));
}

void RouteSnapshot::add(Revocation const& revocation) {
    auto body = encode(revocation);
    note(body, record_of(Kind::Revoke, body));  // no path begins as it does
}

void RouteSnapshot::note(std::string key, std::string record) {
    std::scoped_lock const lock(mutex_);
    if (pending_.empty()) changed_.notify_all();
    pending_.insert_or_assign(std::move(key), std::move(record));
    ++noted_;
}

Result<> RouteSnapshot::flush() {
    std::unique_lock lock(mutex_);
    auto const mine = noted_;
    if (settled_ >= mine && outcome_) return {};
    hurry_ = true;
    auto const before = attempts_;
    changed_.notify_all();
    // One that has begun already may have left our changes out.
    changed_.wait(lock, [&] { return attempts_ > before && settled_ >= mine; });
    return outcome_;
}

void RouteSnapshot::run() {
    bool failing = false;
    std::unique_lock lock(mutex_);
    for (bool last = false; !last;) {
        changed_.wait(lock, [this] { return stopped_ || hurry_ || !pending_.empty(); });
        // More may come, and is written along.
        changed_.wait_for(lock, write_interval, [this] { return stopped_ || hurry_; });
        last = stopped_;
        hurry_ = false;
        auto const noted = noted_;
        std::string records;
        for (auto const& [key, record] : pending_) records += record;
        auto const taken = std::exchange(pending_, {});
        lock.unlock();
        auto written = records.empty() ? Result<>() : append(records);
        if (written && size_ > compact_size_ && !last) {
            // What matters is there; another attempt is made when there is half as much again.
            if (auto const compacted = compact(); !compacted) {
                log::warn("routes_file_grows", {{"cause", compacted.error().message}});
                compact_size_ += compact_size_ / 2;
            }
        }
        if (!written && !failing)
            log::error("routes_not_kept", {{"cause", written.error().message}});
        lock.lock();
        // Tried again with the next change; what has changed meanwhile counts.
        if (!written && !records.empty())
            for (auto const& [key, record] : taken) pending_.try_emplace(key, record);
        failing = !written;
        settled_ = noted;
        ++attempts_;
        outcome_ = std::move(written);
        changed_.notify_all();
    }
}

Result<> RouteSnapshot::append(std::string const& records) {
    auto written = write_all(file_, records);
    if (written && fdatasync(file_) != 0) written = fail_errno("sync");
    if (!written) {
        // Half a record would hide everything behind it.
        if (ftruncate(file_, static_cast<off_t>(size_)) == 0)
            lseek(file_, static_cast<off_t>(size_), SEEK_SET);
        return std::unexpected(written.error().wrapped("keep the routes in " + path_.string()));
    }
    size_ += records.size();
    return {};
}

Result<> RouteSnapshot::compact() {
    TRY(auto const content, read_all(path_));
    Replay all;
    (void)replay(content, all);
    auto const compacted = records_of(all.done());
    TRY(int const file, replace(path_, compacted));
    close(file_);
    file_ = file;
    size_ = compacted.size();
    compact_size_ = std::max(3 * size_, smallest_compaction);
    return {};
}

}  // namespace carrel::proxy

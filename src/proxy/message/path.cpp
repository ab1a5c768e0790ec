#include "proxy/message/path.hpp"

#include "base/encoding.hpp"

#include <algorithm>

namespace carrel::proxy {

namespace {

bool is_dot_segment(std::string_view segment) {
    segment = segment.substr(0, segment.find(';'));
    return segment == "." || segment == "..";
}

/// A backslash, which only an encoded one can be here, separates segments to some servers.
bool has_dot_segment(std::string_view path) {
    if (path.find("/.") == std::string_view::npos && path.find("\\.") == std::string_view::npos)
        return false;
    while (!path.empty()) {
        path.remove_prefix(1);
        auto const end = std::min(path.find_first_of("/\\"), path.size());
        if (is_dot_segment(path.substr(0, end))) return true;
        path.remove_prefix(end);
    }
    return false;
}

}  // namespace

Result<std::string_view> decode_path(std::string_view raw, std::string& storage) {
    auto decoded = raw;
    if (raw.find('%') != std::string_view::npos) {
        TRY(storage, percent_decode(raw));
        decoded = storage;
        if (decoded.find('\0') != std::string_view::npos)
            return fail(Code::InvalidArgument, "a NUL in the path");
    }
    if (has_dot_segment(decoded)) return fail(Code::InvalidArgument, "a dot segment in the path");
    return decoded;
}

Result<> check_path(std::string_view decoded) {
    if (decoded.find('\0') != std::string_view::npos)
        return fail(Code::InvalidArgument, "a NUL in the path");
    if (has_dot_segment(decoded)) return fail(Code::InvalidArgument, "a dot segment in the path");
    return {};
}

std::string route_key(std::string_view path) {
    while (path.starts_with('/')) path.remove_prefix(1);
    while (path.ends_with('/')) path.remove_suffix(1);
    return "/" + std::string(path);
}

std::string_view without_prefix(std::string_view raw_target, std::string_view key) {
    if (key == "/") return raw_target;
    auto const path_end = std::min(raw_target.find('?'), raw_target.size());
    // An encoded slash separates segments of the decoded path too, so raw bytes are counted off.
    size_t at = 0;
    for (size_t decoded = 0; decoded < key.size() && at < path_end; ++decoded)
        at += raw_target[at] == '%' ? 3 : 1;
    return raw_target.substr(std::min(at, path_end));
}

}  // namespace carrel::proxy

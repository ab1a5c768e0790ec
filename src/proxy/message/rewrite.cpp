#include "proxy/message/rewrite.hpp"

#include "proxy/message/characters.hpp"
#include "proxy/message/cookies.hpp"
#include "proxy/message/error_page.hpp"
#include "proxy/message/path.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace carrel::proxy {

namespace {

/// What is added to a request beyond its own head, without custom header fields.
constexpr size_t usual_additions = 1024;

/// Appends pieces to a buffer and remembers whether all of them fitted.
class Writer {
public:
    Writer(Buffer& buffer, BufferPool& pool, size_t expected) : buffer_(buffer), pool_(pool) {
        fits_ = buffer.reserve(pool, expected);
    }
    template <class... Pieces>
    void put(Pieces... pieces) {
        ((fits_ = fits_ && buffer_.append(pool_, pieces)), ...);
    }
    void field(std::string_view name, std::string_view value) { put(name, ": ", value, "\r\n"); }
    [[nodiscard]] bool fits() const { return fits_; }
    Buffer& buffer() { return buffer_; }
    BufferPool& pool() { return pool_; }

private:
    Buffer& buffer_;
    BufferPool& pool_;
    bool fits_;
};

/// Passes fields on as they came. Those that stand next to each other, which most do, are one copy.
class FieldRun {
public:
    explicit FieldRun(Writer& out) : out_(out) {}
    ~FieldRun() { flush(); }
    FieldRun(FieldRun const&) = delete;
    FieldRun& operator=(FieldRun const&) = delete;

    /// `field` must be where `parse` found it.
    void pass(Field const& field) {
        auto const* const begin = field.name.data();
        auto const* const value = field.value.data();
        auto const* const end = value + field.value.size();
        // Anything but one blank before the value and none behind is put right on the way.
        bool const as_usual = value == begin + field.name.size() + 2 && value[-1] == ' ' &&
                              end[0] == '\r' && end[1] == '\n';
        if (!as_usual) {
            flush();
            out_.field(field.name, field.value);
        } else if (run_.data() + run_.size() == begin) {
            run_ = {run_.data(), end + 2};
        } else {
            flush();
            run_ = {begin, end + 2};
        }
    }
    /// Before anything else is written.
    void flush() { out_.put(std::exchange(run_, {})); }

private:
    Writer& out_;
    std::string_view run_;
};

bool is_fit_request_id(std::string_view id) {
    return !id.empty() && id.size() <= 128 && std::ranges::all_of(id, is_token);
}

bool is_overridden(Options const& options, std::string_view name) {
    return std::ranges::any_of(options.custom_headers,
                               [&](auto const& custom) { return same_name(custom.first, name); });
}

size_t size_of(Fields const& fields) {
    size_t size = 0;
    for (auto const& field : fields) size += field.name.size() + field.value.size() + 4;
    return size;
}

/// True when the field must not reach the upstream as it is.
bool is_withheld(Field const& field, RequestHead const& head, Forwarding const& forwarding) {
    auto const& options = forwarding.options;
    if (is_hop_by_hop(field.known)) return true;
    switch (field.known) {
        case Known::Host:
        case Known::XCarrel:
        case Known::Disguised:
            return true;
        case Known::XForwardedFor:
        case Known::XForwardedPort:
        case Known::XForwardedProto:
            return options.x_forward && !forwarding.client_address.empty();
        case Known::XRequestId:
            return !is_fit_request_id(field.value);
        case Known::Authorization:
            return forwarding.decision.by_bearer || !forwarding.route.secret.empty();
        case Known::Expect:
            return !head.expects_continue;
        default:
            break;
    }
    if (head.framing.names_fields && is_named_by_connection(head.fields, field.name)) return true;
    return !options.custom_headers.empty() && is_overridden(options, field.name);
}

void write_cookie(Writer& out, FieldRun& run, Field const& field) {
    auto const [name, value, known] = field;
    if (!has_own_cookie(value)) return run.pass(field);
    run.flush();
    // The name must not be written before it is known that something is left.
    bool foreign = false;
    for_each_cookie(value, [&](std::string_view each, std::string_view, std::string_view) {
        return foreign = !is_own_cookie(each);
    });
    if (!foreign) return;
    out.put(name, ": ");
    if (append_foreign_cookies(out.buffer(), out.pool(), value)) out.put("\r\n");
}

/// One field that each proxy on the way adds its part to.
void append_forwarded(Writer& out, Fields const& fields, Known known, std::string_view name,
                      std::string_view value) {
    out.put(name, ": ");
    for (auto const& field : fields)
        if (field.known == known && !field.value.empty()) out.put(field.value, ",");
    out.put(value, "\r\n");
}

void write_forwarded(Writer& out, RequestHead const& head, Forwarding const& forwarding) {
    if (!forwarding.options.x_forward || forwarding.client_address.empty()) return;
    auto const colon = head.host.rfind(':');
    bool const has_port =
        colon != std::string_view::npos && head.host.find(']', colon) == std::string_view::npos;
    append_forwarded(out, head.fields, Known::XForwardedFor, "X-Forwarded-For",
                     forwarding.client_address);
    append_forwarded(out, head.fields, Known::XForwardedPort, "X-Forwarded-Port",
                     has_port ? head.host.substr(colon + 1) : (forwarding.secure ? "443" : "80"));
    append_forwarded(
        out, head.fields, Known::XForwardedProto, "X-Forwarded-Proto",
        forwarding.secure ? (head.websocket ? "wss" : "https") : (head.websocket ? "ws" : "http"));
    if (!head.websocket && !head.fields.find(Known::XForwardedHost) && !head.host.empty())
        out.field("X-Forwarded-Host", head.host);
}

void write_target(Writer& out, RequestHead const& head, Forwarding const& forwarding) {
    auto const& options = forwarding.options;
    auto rest = head.target;
    if (options.prepend_path) out.put(forwarding.target.path);
    if (!options.include_prefix || forwarding.route.strip_path)
        rest = without_prefix(rest, forwarding.route.path);
    if (!rest.starts_with('/')) out.put("/");
    out.put(rest);
}

void write_framing(Writer& out, RequestHead const& head) {
    if (head.framing.chunked) {
        out.field("Transfer-Encoding", "chunked");
    } else if (head.framing.content_length) {
        out.put("Content-Length: ",
                std::string_view(fmt::format_int(*head.framing.content_length).c_str()), "\r\n");
    } else if (head.method != "GET" && head.method != "HEAD") {
        out.field("Content-Length", "0");
    }
    if (head.websocket) out.put("Connection: Upgrade\r\nUpgrade: websocket\r\n");
}

/// Fields by which one path could change how the browser treats the whole origin.
bool is_origin_wide(std::string_view name) {
    return same_name(name, "service-worker-allowed") || same_name(name, "clear-site-data") ||
           same_name(name, "strict-transport-security") || same_name(name, "alt-svc");
}

bool is_kept_from_client(Field const& field, ResponseHead const& head, Answering const& answering) {
    if (is_hop_by_hop(field.known)) {
        bool const length_of_no_body = field.known == Known::ContentLength &&
                                       answering.coding == BodyCoding::None && head.status != 204 &&
                                       !answering.switching_protocols && head.status >= 200;
        bool const switching = field.known == Known::Upgrade && answering.switching_protocols;
        return !length_of_no_body && !switching;
    }
    // Of an error page only its content is wanted.
    if (answering.error_status != 0)
        return field.known != Known::ContentType && field.known != Known::ContentEncoding;
    auto const& route = *answering.route;
    if (field.known == Known::SetCookie && !route.trusted && sets_own_cookie(field.value))
        return true;
    if (field.known == Known::SetCookie && route.confined && sets_hub_cookie(field.value))
        return true;
    if (field.known == Known::Other && answering.secure && answering.options.hsts.count() > 0 &&
        same_name(field.name, "strict-transport-security"))
        return true;
    if (field.known == Known::Other && route.confined && is_origin_wide(field.name)) return true;
    return head.framing.names_fields && is_named_by_connection(head.fields, field.name);
}

bool is_redirect(unsigned status) {
    return status == 201 || status == 301 || status == 302 || status == 307 || status == 308;
}

/// --auto-rewrite and --protocol-rewrite: a redirect to the target itself leads back to us.
std::string rewritten_location(std::string_view location, Answering const& answering) {
    auto const& options = answering.options;
    if (!options.auto_rewrite && options.protocol_rewrite.empty()) return std::string(location);
    auto const scheme_end = location.find("://");
    if (scheme_end == std::string_view::npos) return std::string(location);
    auto const rest = location.substr(scheme_end + 3);
    auto const authority = rest.substr(0, rest.find_first_of("/?#"));
    if (!same_name(authority, answering.target->authority)) return std::string(location);
    auto const scheme = options.protocol_rewrite.empty()
                            ? location.substr(0, scheme_end)
                            : std::string_view(options.protocol_rewrite);
    return fmt::format("{}://{}{}", scheme,
                       options.auto_rewrite ? answering.client_host : authority,
                       rest.substr(authority.size()));
}

void write_answer_framing(Writer& out, ResponseHead const& head, Answering const& answering) {
    if (answering.switching_protocols) {
        out.put("Connection: Upgrade\r\n");
        return;
    }
    if (answering.coding == BodyCoding::Length)
        out.put("Content-Length: ",
                std::string_view(fmt::format_int(head.framing.content_length.value_or(0)).c_str()),
                "\r\n");
    if (answering.coding == BodyCoding::Chunked) out.field("Transfer-Encoding", "chunked");
    if (head.status < 200) return;
    if (!answering.keep_alive)
        out.field("Connection", "close");
    else if (answering.client_minor_version == 0)
        out.field("Connection", "keep-alive");
}

}  // namespace

std::string hsts_field(Options const& options) {
    return fmt::format("Strict-Transport-Security: max-age={}\r\n", options.hsts.count());
}

bool write_request_head(Buffer& buffer, BufferPool& pool, RequestHead const& head,
                        Forwarding const& forwarding) {
    auto const& options = forwarding.options;
    auto const& route = forwarding.route;
    Writer out(buffer, pool, size_of(head.fields) + head.target.size() + usual_additions);
    out.put(head.method, " ");
    write_target(out, head, forwarding);
    out.put(" HTTP/1.1\r\nHost: ",
            options.change_origin || head.host.empty() ? forwarding.target.authority : head.host,
            "\r\n");
    bool has_request_id = false;
    FieldRun run(out);
    for (auto const& field : head.fields) {
        if (is_withheld(field, head, forwarding)) continue;
        has_request_id |= field.known == Known::XRequestId;
        if (field.known == Known::Cookie && !route.trusted)
            write_cookie(out, run, field);
        else
            run.pass(field);
    }
    run.flush();
    write_forwarded(out, head, forwarding);
    if (!has_request_id) out.field("X-Request-Id", forwarding.new_request_id);
    if (!route.secret.empty()) out.put("Authorization: token ", route.secret, "\r\n");
    if (forwarding.decision.token) out.field("X-Carrel-User", forwarding.decision.token->user);
    for (auto const& [name, value] : options.custom_headers) out.field(name, value);
    write_framing(out, head);
    out.put("\r\n");
    return out.fits();
}

bool write_response_head(Buffer& buffer, BufferPool& pool, ResponseHead const& head,
                         Answering const& answering) {
    Writer out(buffer, pool, size_of(head.fields) + head.reason.size() + 256);
    auto const error = answering.error_status;
    auto const status = error != 0 ? error : head.status;
    out.put("HTTP/1.1 ", std::string_view(fmt::format_int(status).c_str()), " ",
            error != 0 ? reason_phrase(error) : head.reason, "\r\n");
    FieldRun run(out);
    for (auto const& field : head.fields) {
        if (is_kept_from_client(field, head, answering)) continue;
        if (field.known == Known::Location && is_redirect(status)) {
            run.flush();
            out.field(field.name, rewritten_location(field.value, answering));
        } else {
            run.pass(field);
        }
    }
    run.flush();
    if (answering.secure && answering.options.hsts.count() > 0)
        out.put(hsts_field(answering.options));
    write_answer_framing(out, head, answering);
    out.put("\r\n");
    return out.fits();
}

}  // namespace carrel::proxy

/// The page that a link with a code leads to.

#include "auth/csrf.hpp"
#include "auth/secret.hpp"
#include "base/encoding.hpp"
#include "http/problem.hpp"
#include "hub/hub_access.hpp"
#include "hub/jupyterhub/answers.hpp"
#include "hub/jupyterhub/audit.hpp"
#include "hub/jupyterhub/form.hpp"
#include "hub/jupyterhub/names.hpp"
#include "hub/jupyterhub/share_calls.hpp"
#include "hub/pages/html_page.hpp"
#include "runtime/log.hpp"

namespace carrel::jupyterhub {

namespace {

struct Offer {
    HubShareCode code;
    User owner;
};

http::Response no_such_link() {
    return page("This link lets nobody in",
                "<p>It was taken back, has run out, or belongs to another course. Ask whoever sent "
                "it for a new one.</p><p><a href=\"/\">Back to your courses</a></p>",
                404);
}

http::Response refused(Error const& error) {
    if (error.code == Code::NotFound) return no_such_link();
    if (error.code == Code::Internal || error.code == Code::Unavailable) {
        log::error("share_failed", {{"cause", error.message}});
        return page("Something went wrong", "<p>Try again in a moment.</p>",
                    http::status_of(error.code));
    }
    return page("You cannot use this link",
                "<p>You are no participant of this course.</p>"
                "<p><a href=\"/\">Back to your courses</a></p>",
                403);
}

/// What the code offers now. NotFound: nothing, any more: whoever made it may have left the course,
/// or lost the right to share.
Result<Offer> find_offer(Transaction& transaction, CallerGate const& callers, Course const& course,
                         http::Request const& request, Time now) {
    TRY(auto const code,
        transaction.hub_share_codes().find(hash_secret(request.query("code").value_or(""))));
    auto const gone = fail(Code::NotFound, "there is no such code");
    if (code.course != course.id || code.expires_at <= now) return gone;
    TRY(auto const owner, transaction.users().find(code.owner));
    TRY(bool const entitled, may_have_server(transaction, course, owner.id));
    if (!entitled || !owner.may_enter()) return gone;
    if (!code.server.empty())
        TRY_VOID(transaction.servers().find(course.id, owner.id, code.server));
    TRY(auto const rights, rights_of(transaction, callers.roles(), course, owner));
    auto const may = rights.scopes.allows("shares", {.user = owner.name, .server = code.server},
                                          rbac::no_groups);
    if (!may) return gone;
    return Offer{code, owner};
}

}  // namespace

http::Response ShareCalls::ask_to_accept(http::Request& request) {
    auto const caller = callers_.identify(request, Surface::Page);
    if (!caller && caller.error().code == Code::Unauthenticated)
        return http::Response::redirect("/login?next=" + percent_encode(request.target));
    if (!caller) return refused(caller.error());
    if (!caller->by_cookie) return refused({.code = Code::PermissionDenied});
    auto const offer = use_.store.read([&](Transaction& transaction) {
        return find_offer(transaction, callers_, caller->course, request, use_.clock.now());
    });
    if (!offer) return refused(offer.error());
    auto const& [code, owner] = *offer;
    if (owner.id == caller->user.id)
        return page("This is your own server",
                    "<p>Send the link to whom you want to let in.</p>"
                    "<p><a href=\"/\">Back to your courses</a></p>",
                    200);
    auto const identity = gate_.identify(request);
    if (!identity) return refused(identity.error());
    auto const which = code.server.empty() ? "" : fmt::format(" “{}”", code.server);
    return page(
        fmt::format("{} lets you in", owner.name),
        fmt::format("<div class=\"card\"><p>You may enter the server{} of <b>{}</b>, as long as "
                    "they do not "
                    "take it back. That you accept, and each of your visits, is written "
                    "down and {} can read it.</p><form method=\"post\">"
                    "<input type=\"hidden\" name=\"_xsrf\" value=\"{}\">"
                    "<div class=\"actions\"><button>Accept</button><a href=\"/\">No</a></div>"
                    "</form></div>",
                    html(which), html(owner.name), html(owner.name), html(identity->csrf_token)),
        200);
}

http::Response ShareCalls::accept(http::Request& request) {
    // A form cannot send a header field; the gate wants the session's token in one.
    auto const form = Form::of_body(request);
    request.headers.set(csrf_header, form ? form->get("_xsrf") : "");
    auto const caller = callers_.identify(request, Surface::Page);
    if (!caller) return refused(caller.error());
    if (!caller->by_cookie) return refused({.code = Code::PermissionDenied});
    auto const offer = use_.store.write([&](Transaction& transaction) -> Result<Offer> {
        auto const now = use_.clock.now();
        TRY(auto const found, find_offer(transaction, callers_, caller->course, request, now));
        auto const& [code, owner] = found;
        if (owner.id == caller->user.id) return found;
        TRY_VOID(transaction.hub_share_codes().note_exchange(code.id, now));
        TRY_VOID(transaction.hub_shares().put({.course = code.course,
                                               .owner = owner.id,
                                               .server = code.server,
                                               .user = caller->user.id,
                                               .created_at = now}));
        TRY_VOID(note_change(transaction, *caller, now,
                             {.kind = "share_accepted",
                              .subject = owner.name,
                              .message = fmt::format(
                                  "accepted the link into {} of {}",
                                  code.server.empty() ? std::string("the server")
                                                      : fmt::format("the server “{}”", code.server),
                                  owner.name)}));
        return found;
    });
    if (!offer) return refused(offer.error());
    return http::Response::redirect(
        use_.paths.server(caller->course.request.slug, offer->owner.name, offer->code.server));
}

}  // namespace carrel::jupyterhub

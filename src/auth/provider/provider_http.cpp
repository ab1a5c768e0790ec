#include "auth/provider/provider_http.hpp"

#include "auth/provider/login_failure.hpp"
#include "auth/secret.hpp"
#include "base/base64.hpp"
#include "base/encoding.hpp"
#include "base/text.hpp"

#include <algorithm>

namespace carrel {

namespace {

using nlohmann::json;

/// Somebody waits in front of a screen.
constexpr Milliseconds patience{10'000};
/// A token with hundreds of groups has some ten KiB.
constexpr size_t largest_answer = 256UL * 1024UL;
constexpr size_t most_groups = 5'000;

/// What an error answer says about itself, for the log.
std::string error_in(http::ClientResponse const& answer) {
    auto const body = json::parse(answer.body, nullptr, false);
    auto text = fmt::format("status {}", answer.status);
    for (auto const* const name : {"error", "error_description"})
        if (auto const said = claim_text(body, name); !said.empty())
            text += fmt::format(", {}", for_log(said));
    return text;
}

json const* find_claim(json const& claims, std::string_view name) {
    if (!claims.is_object() || name.empty()) return nullptr;
    auto const found = claims.find(name);
    return found == claims.end() ? nullptr : &*found;
}

}  // namespace

std::string form_of(FormFields const& fields) {
    std::string text;
    for (auto const& [name, value] : fields) {
        if (!text.empty()) text += '&';
        text += percent_encode(name) + '=' + percent_encode(value);
    }
    return text;
}

std::string with_query(std::string_view url, FormFields const& fields) {
    return fmt::format("{}{}{}", url, url.find('?') == std::string_view::npos ? '?' : '&',
                       form_of(fields));
}

std::string pkce_challenge(std::string_view verifier) { return to_base64url(sha256(verifier)); }

Result<http::ClientResponse> ProviderHttp::fetch(http::ClientRequest request) {
    request.largest_body = largest_answer;
    request.ca_file = ca_file_;
    request.headers.set("Accept", "application/json");
    request.headers.set("User-Agent", "carrel");
    auto answer = client_.fetch(request, Deadline::after(patience));
    if (!answer && answer.error().code == Code::LimitReached)
        return login_failure("untrusted", Code::LimitReached, "{}", answer.error().message);
    if (!answer)
        return login_failure("unavailable", answer.error().code, "{}", answer.error().message);
    if (answer->status >= 500)
        return login_failure("unavailable", Code::Unavailable, "{} {}: {}", request.method,
                             for_log(request.url), error_in(*answer));
    return answer;
}

Result<std::string> ProviderHttp::get(std::string const& url, std::string const& bearer) {
    http::ClientRequest request{.url = url};
    if (!bearer.empty()) request.headers.set("Authorization", "Bearer " + bearer);
    TRY(auto answer, fetch(std::move(request)));
    if (answer.status != 200)
        return login_failure("misconfigured", Code::Unavailable, "GET {}: {}", for_log(url),
                             error_in(answer));
    return std::move(answer.body);
}

Result<json> ProviderHttp::get_json(std::string const& url, std::string const& bearer) {
    TRY(auto const body, get(url, bearer));
    auto parsed = json::parse(body, nullptr, false);
    if (!parsed.is_object())
        return login_failure("misconfigured", Code::Unavailable, "GET {}: no JSON object",
                             for_log(url));
    return parsed;
}

Result<ProviderHttp::TokenAnswer> ProviderHttp::ask_for_tokens(std::string const& token_url,
                                                               ClientProof proof,
                                                               ProviderSettings const& settings,
                                                               FormFields fields) {
    http::ClientRequest request{.method = "POST", .url = token_url};
    bool const basic = proof == ClientProof::Basic && !settings.client_secret.empty();
    if (basic) {
        auto const pair =
            percent_encode(settings.client_id) + ':' + percent_encode(settings.client_secret);
        request.headers.set("Authorization", "Basic " + to_base64(pair));
    } else {
        fields.emplace_back("client_id", settings.client_id);
        if (!settings.client_secret.empty())
            fields.emplace_back("client_secret", settings.client_secret);
    }
    request.headers.set("Content-Type", "application/x-www-form-urlencoded");
    request.body = form_of(fields);
    TRY(auto const answer, fetch(std::move(request)));
    TokenAnswer found{.tokens = json::parse(answer.body, nullptr, false),
                      .error = {},
                      .details = error_in(answer)};
    // GitHub says 200 to everything.
    found.error = claim_text(found.tokens, "error");
    found.good = answer.status == 200 && found.error.empty() &&
                 !claim_text(found.tokens, "access_token").empty();
    return found;
}

Result<json> ProviderHttp::exchange(std::string const& token_url, ClientProof proof,
                                    ProviderSettings const& settings, std::string const& code,
                                    ProviderQuestion const& question) {
    TRY(auto answer, ask_for_tokens(token_url, proof, settings,
                                    {{"grant_type", "authorization_code"},
                                     {"code", code},
                                     {"redirect_uri", question.redirect_uri},
                                     {"code_verifier", question.verifier}}));
    if (answer.good) return std::move(answer.tokens);
    if (answer.error == "invalid_grant" || answer.error == "bad_verification_code")
        return login_failure("stale", Code::Unauthenticated, "exchange the code: {}",
                             answer.details);
    return login_failure("misconfigured", Code::Unavailable, "exchange the code: {}",
                         answer.details);
}

Result<json> ProviderHttp::refresh(std::string const& token_url, ClientProof proof,
                                   ProviderSettings const& settings, std::string& refresh_token) {
    TRY(auto answer,
        ask_for_tokens(token_url, proof, settings,
                       {{"grant_type", "refresh_token"}, {"refresh_token", refresh_token}}));
    if (answer.good) {
        auto next = claim_text(answer.tokens, "refresh_token");
        if (!next.empty()) refresh_token = std::move(next);
        return std::move(answer.tokens);
    }
    if (answer.error == "invalid_grant" || answer.error == "bad_refresh_token")
        return login_failure("refused", Code::PermissionDenied, "ask again: {}", answer.details);
    return login_failure("misconfigured", Code::Unavailable, "ask again: {}", answer.details);
}

std::string claim_text(json const& claims, std::string_view name) {
    auto const* const found = find_claim(claims, name);
    if (found == nullptr) return {};
    if (found->is_string()) return found->get<std::string>();
    if (found->is_number_integer()) return found->dump();
    return {};
}

std::vector<std::string> claim_list(json const& claims, std::string_view name) {
    auto const* const found = find_claim(claims, name);
    if (found == nullptr) return {};
    if (found->is_string()) return {found->get<std::string>()};
    std::vector<std::string> texts;
    if (!found->is_array()) return texts;
    for (auto const& each : *found)
        if (each.is_string() && texts.size() < most_groups)
            texts.push_back(each.get<std::string>());
    return texts;
}

ProviderPerson person_of(json const& claims, ClaimNames const& names) {
    ProviderPerson person;
    person.username = claim_text(claims, names.username);
    person.display_name = claim_text(claims, names.display_name);
    person.email = claim_text(claims, names.email);
    person.groups = claim_list(claims, names.groups);
    auto const* const verified = find_claim(claims, "email_verified");
    if (verified != nullptr && (*verified == false || *verified == "false")) person.email.clear();
    return person;
}

}  // namespace carrel

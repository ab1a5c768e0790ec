#include "http/smtp.hpp"

#include "base/base64.hpp"
#include "base/text.hpp"

#include <fmt/chrono.h>

#include <curl/curl.h>

#include <algorithm>
#include <memory>
#include <string_view>

namespace carrel::http {

namespace {

constexpr std::string_view system_name = "carrel";

struct FreeCurl {
    void operator()(CURL* curl) const { ::curl_easy_cleanup(curl); }
    void operator()(curl_slist* list) const { ::curl_slist_free_all(list); }
};

class Lines {
public:
    void add(std::string const& line) {
        auto* const longer = ::curl_slist_append(list_.get(), line.c_str());
        if (longer == nullptr) throw std::bad_alloc();
        (void)list_.release();
        list_.reset(longer);
    }
    [[nodiscard]] curl_slist* get() const { return list_.get(); }

private:
    std::unique_ptr<curl_slist, FreeCurl> list_;
};

bool is_one_line(std::string_view text) {
    return std::ranges::none_of(text, [](char letter) {
        return static_cast<unsigned char>(letter) < 0x20 || letter == 0x7f;
    });
}

/// An address that can stand between "<" and ">", whoever gave it.
bool is_address(std::string_view text) {
    return is_one_line(text) && text.find_first_of("<>\" ,;") == std::string_view::npos &&
           std::ranges::count(text, '@') == 1;
}

/// Lines of 76 characters.
std::string wrapped(std::string text) {
    constexpr size_t longest = 76;
    std::string lines;
    for (size_t at = 0; at < text.size(); at += longest) lines += text.substr(at, longest) + "\r\n";
    return lines;
}

std::string with_line_ends(std::string_view text) {
    std::string lines;
    for (auto const line : split(text, '\n')) lines += std::string(line) + "\r\n";
    return lines;
}

/// As it goes over the line (RFC 5322).
std::string written_out(MailMessage const& message) {
    auto const sender = message.from_name.empty()
                            ? message.from
                            : fmt::format("{} <{}>", mail_words(message.from_name), message.from);
    auto const domain = message.from.substr(message.from.find('@') + 1);
    bool const plain = std::ranges::all_of(
        message.text, [](char letter) { return static_cast<unsigned char>(letter) < 0x80; });
    // Auto-Submitted: nobody's out-of-office note is to answer (RFC 3834).
    return fmt::format(
        "From: {}\r\nTo: {}\r\nSubject: {}\r\nDate: {}\r\nMessage-ID: <{}.{}@{}>\r\n"
        "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
        "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: {}\r\n\r\n{}",
        sender, message.to, mail_words(message.subject), mail_date(message.at), message.id,
        system_name, domain, plain ? "7bit" : "base64",
        plain ? with_line_ends(message.text) : wrapped(to_base64(message.text)));
}

size_t hand_out(char* into, size_t size, size_t count, void* from) {
    auto& left = *static_cast<std::string_view*>(from);
    auto const taken = left.copy(into, size * count);
    left.remove_prefix(taken);
    return taken;
}

Code code_of(CURLcode outcome, long answer) {
    // The sender, the address or the message: 5xx is for good, 4xx is for later (RFC 5321).
    bool const about_the_mail = outcome == CURLE_SEND_ERROR || outcome == CURLE_RECV_ERROR ||
                                outcome == CURLE_WEIRD_SERVER_REPLY;
    bool const for_good = answer == 550 || answer == 551 || answer == 553 || answer == 501;
    return about_the_mail && for_good ? Code::InvalidArgument : Code::Unavailable;
}

}  // namespace

std::string mail_words(std::string_view text) {
    bool const plain =
        std::ranges::all_of(text, [](char letter) { return letter >= 0x20 && letter < 0x7f; });
    bool const special = text.find_first_of("()<>[]:;@\\,\"=?") != std::string_view::npos;
    if (plain && !special) return std::string(text);
    // Each word holds at most 75 characters and whole characters of UTF-8.
    constexpr size_t longest = 39;
    std::string words;
    while (!text.empty()) {
        auto length = std::min(longest, text.size());
        while (length < text.size() && length > 1 &&
               (static_cast<unsigned char>(text[length]) & 0xc0U) == 0x80U)
            --length;
        words += fmt::format("{}=?utf-8?B?{}?=", words.empty() ? "" : " ",
                             to_base64(text.substr(0, length)));
        text.remove_prefix(length);
    }
    return words;
}

std::string mail_date(Time time) {
    auto const seconds = std::chrono::floor<std::chrono::seconds>(time);
    return fmt::format("{:%a, %d %b %Y %H:%M:%S} +0000",
                       fmt::gmtime(std::time_t(seconds.time_since_epoch().count())));
}

Result<> send_mail(SmtpServer const& server, MailMessage const& message) {
    if (!is_address(message.to) || !is_address(message.from) || !is_one_line(message.subject) ||
        !is_one_line(message.from_name) || !is_one_line(message.id))
        return fail(Code::InvalidArgument, "this message cannot be sent: its header is not plain");
    std::unique_ptr<CURL, FreeCurl> const curl(::curl_easy_init());
    if (!curl) return fail(Code::Unavailable, "libcurl does not start");
    auto* const handle = curl.get();
    auto const set = [&](auto option, auto value) { ::curl_easy_setopt(handle, option, value); };

    bool const tls = server.security == SmtpSecurity::Tls;
    auto const host =
        server.host.find(':') == std::string::npos ? server.host : "[" + server.host + "]";
    // What follows the host is what we call ourselves.
    auto const url =
        fmt::format("{}://{}:{}/{}", tls ? "smtps" : "smtp", host, server.port, system_name);
    set(CURLOPT_URL, url.c_str());
    set(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    set(CURLOPT_USE_SSL,
        server.security == SmtpSecurity::None ? long{CURLUSESSL_NONE} : long{CURLUSESSL_ALL});
    set(CURLOPT_SSLVERSION, long{CURL_SSLVERSION_TLSv1_2});
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_PROXY, "");
    set(CURLOPT_TIMEOUT_MS, static_cast<long>(server.timeout.count()));
    if (!server.ca_file.empty()) set(CURLOPT_CAINFO, server.ca_file.c_str());
    if (!server.username.empty()) {
        set(CURLOPT_USERNAME, server.username.c_str());
        set(CURLOPT_PASSWORD, server.password.c_str());
    }
    auto const from = "<" + message.from + ">";
    set(CURLOPT_MAIL_FROM, from.c_str());
    Lines to;
    to.add("<" + message.to + ">");
    set(CURLOPT_MAIL_RCPT, to.get());
    auto const text = written_out(message);
    std::string_view left(text);
    set(CURLOPT_UPLOAD, 1L);
    set(CURLOPT_READFUNCTION, &hand_out);
    set(CURLOPT_READDATA, &left);

    auto const outcome = ::curl_easy_perform(handle);
    if (outcome == CURLE_OK) return {};
    long answer = 0;
    ::curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &answer);
    auto const said = answer == 0 ? std::string() : fmt::format(" (the server said {})", answer);
    return fail(code_of(outcome, answer), "{}:{}: {}{}", server.host, server.port,
                ::curl_easy_strerror(outcome), said);
}

}  // namespace carrel::http

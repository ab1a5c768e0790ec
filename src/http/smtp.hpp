#pragma once

/// Sends one message to one address, by SMTP (libcurl). Blocks, until its deadline at most.

#include "base/clock.hpp"
#include "base/result.hpp"

#include <string>

namespace carrel::http {

enum class SmtpSecurity {
    None,      ///< for a server on this machine
    StartTls,  ///< on the usual port; required, not only offered
    Tls,       ///< from the first byte
};

struct SmtpServer {
    std::string host;
    int port = 587;
    SmtpSecurity security = SmtpSecurity::StartTls;
    std::string username;  ///< empty: without logging in
    std::string password;
    std::string ca_file;  ///< empty: the system's authorities
    Milliseconds timeout{20'000};
};

/// Plain text in UTF-8. The addresses are `is_mailable`; the subject is one line.
struct MailMessage {
    std::string from;
    std::string from_name;  ///< may be empty
    std::string to;
    std::string subject;
    std::string text;
    std::string id;  ///< for Message-ID, without brackets
    Time at;
};

/// InvalidArgument: the server refuses this address or this message for good (5xx), or it is not
/// one that can be sent. Unavailable: it may work later. Permission to be used is the latter, too:
/// a wrong password of ours is no reason to forget what is to be sent.
[[nodiscard]] Result<> send_mail(SmtpServer const& server, MailMessage const& message);

/// One header field's value: as it is when it is ASCII, else as RFC 2047 has it.
[[nodiscard]] std::string mail_words(std::string_view text);
/// "Sun, 22 Nov 2026 04:00:00 +0000".
[[nodiscard]] std::string mail_date(Time time);

}  // namespace carrel::http

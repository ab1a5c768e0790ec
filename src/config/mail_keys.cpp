/// The keys of [mail]: how mail is sent.

#include "config/keys.hpp"

namespace carrel {

namespace {

std::vector<Key<Settings>> const all_mail_keys{
    {"mail",
     "server",
     [](Settings& s) -> Field { return &s.mail.server; },
     {},
     {},
     "The host name of the SMTP server that takes messages; empty: none are sent, and nobody "
     "gets a new password by mail. Needs `server.public_url`."},
    {"mail",
     "security",
     [](Settings& s) -> Field { return &s.mail.security; },
     {},
     {"", "starttls", "tls", "none"},
     "How it is spoken to: `starttls` and `tls` want a certificate that is trusted; `none` is for "
     "a server on this machine. Empty: `tls` on port 465, else `starttls`."},
    {"mail",
     "port",
     [](Settings& s) -> Field { return &s.mail.port; },
     {0, 65535},
     {},
     "Its port; `0`: 587, with `tls` 465, with `none` 25."},
    {"mail",
     "from",
     [](Settings& s) -> Field { return &s.mail.from; },
     {},
     {},
     "The sender's address. Needed."},
    {"mail",
     "from_name",
     [](Settings& s) -> Field { return &s.mail.from_name; },
     {},
     {},
     "What the sender is called in messages; may be empty."},
    {"mail",
     "username",
     [](Settings& s) -> Field { return &s.mail.username; },
     {},
     {},
     "As whom messages are handed in; empty: as nobody."},
    {"mail",
     "password_file",
     [](Settings& s) -> Field { return &s.mail.password_file; },
     {},
     {},
     "The file with the password that belongs to it; only its owner should be able to read it."},
    {"mail",
     "ca_file",
     [](Settings& s) -> Field { return &s.mail.ca_file; },
     {},
     {},
     "PEM file of the authority that has signed the server's certificate; empty: the system's."},
};

}  // namespace

std::span<Key<Settings> const> mail_keys() { return all_mail_keys; }

}  // namespace carrel

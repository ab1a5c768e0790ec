#include "config/mail_settings.hpp"

#include "base/text.hpp"
#include "config/begin_at.hpp"
#include "config/loopback.hpp"

#include <fstream>

namespace carrel {

namespace {

std::unexpected<Error> wrong(std::string_view key, std::string_view what) {
    return fail_field(fmt::format("mail.{}", key), "mail.{} {}", key, what);
}

Result<> read_password(MailSettings& mail, std::filesystem::path const& folder) {
    if (mail.password_file.empty()) return {};
    auto const path = folder / mail.password_file;
    std::ifstream file(path);
    if (!std::getline(file, mail.password))
        return wrong("password_file", fmt::format("cannot be read ({})", path.string()));
    mail.password = std::string(trimmed(mail.password));
    return {};
}

Result<> finish_security(MailSettings& mail) {
    bool const here = is_loopback_name(mail.server);
    if (mail.security.empty()) mail.security = mail.port == 465 ? "tls" : "starttls";
    if (mail.security == "none" && !here)
        return wrong("security",
                     "is \"none\" for a server on this machine alone: others could "
                     "read the links");
    if (mail.security == "none" && !mail.username.empty())
        return wrong("username", "needs security = \"starttls\" or \"tls\"");
    if (mail.port == 0)
        mail.port = mail.security == "tls" ? 465 : mail.security == "none" ? 25 : 587;
    return {};
}

}  // namespace

Result<> finish_mail(MailSettings& mail, std::string const& public_url,
                     std::filesystem::path const& folder) {
    if (!mail.is_on()) return {};
    if (mail.server.find_first_of(" /@?#\t\r\n") != std::string::npos)
        return wrong("server", "is a host name, without a port");
    auto const at = mail.from.find('@');
    if (mail.from.empty() || at == std::string::npos || at == 0 || at + 1 == mail.from.size() ||
        mail.from.find_first_of("<>\", \t\r\n") != std::string::npos)
        return wrong("from", "is the sender's address, as carrel@example.org");
    if (mail.from_name.find_first_of("\r\n") != std::string::npos)
        return wrong("from_name", "is one line");
    // What a request says of its host must never get into a message.
    if (public_url.empty())
        return wrong("server", "needs server.public_url, where links in messages lead");
    TRY_VOID(read_password(mail, folder));
    if (mail.username.empty() != mail.password.empty())
        return wrong("username", "and password_file belong together");
    TRY_VOID(finish_security(mail));
    if (mail.ca_file.empty()) return {};
    begin_at(folder, mail.ca_file);
    if (!std::ifstream(mail.ca_file))
        return wrong("ca_file", fmt::format("cannot be read ({})", mail.ca_file));
    return {};
}

}  // namespace carrel

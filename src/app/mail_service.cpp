#include "app/mail_service.hpp"

#include "app/commands.hpp"
#include "base/text.hpp"

#include <fmt/format.h>

namespace carrel {

namespace {

http::SmtpServer to_server(MailSettings const& from) {
    return {.host = from.server,
            .port = from.port,
            .security = from.security == "tls"    ? http::SmtpSecurity::Tls
                        : from.security == "none" ? http::SmtpSecurity::None
                                                  : http::SmtpSecurity::StartTls,
            .username = from.username,
            .password = from.password,
            .ca_file = from.ca_file};
}

}  // namespace

Mailer::Send mail_sender(MailSettings const& settings) {
    return [server = to_server(settings)](http::MailMessage const& message) {
        return http::send_mail(server, message);
    };
}

MailService mail_service(Settings const& settings, Store& store, PasswordHasher const& passwords,
                         Clock const& clock, Random& random) {
    auto const& mail = settings.mail;
    if (!mail.is_on()) return {};
    return {.desk = std::make_unique<MailDesk>(store, passwords, clock),
            .mailer = std::make_unique<Mailer>(store, clock, random,
                                               MailerOptions{.platform = settings.server.public_url,
                                                             .from = mail.from,
                                                             .from_name = mail.from_name},
                                               mail_sender(mail))};
}

Result<> mail_test(SettingsFlags const& flags, std::string const& address) {
    TRY(auto const settings, settings_from(flags));
    auto const& mail = settings.mail;
    if (!mail.is_on()) return fail(Code::InvalidArgument, "mail.server is not set");
    if (!is_mailable(address))
        return fail(Code::InvalidArgument, "{} is no address that can be mailed",
                    for_log(address, 100));
    SystemRandom random;
    auto const sent = mail_sender(mail)(
        {.from = mail.from,
         .from_name = mail.from_name,
         .to = address,
         .subject = "A test message",
         .text = fmt::format("Carrel at {} can send mail.\n", settings.server.public_url),
         .id = random.uuid(),
         .at = SystemClock().now()});
    if (!sent) return std::unexpected(sent.error().wrapped("send a test message"));
    fmt::print("{}:{} has taken a test message for {}\n", mail.server, mail.port, address);
    return {};
}

}  // namespace carrel

#pragma once

/// Mail, from the settings: nothing where none is configured.

#include "auth/mail/mail_desk.hpp"
#include "auth/mail/mailer.hpp"
#include "config/settings.hpp"

#include <memory>

namespace carrel {

struct MailService {
    std::unique_ptr<MailDesk> desk = {};
    std::unique_ptr<Mailer> mailer = {};
};

/// All that is given outlives it.
[[nodiscard]] MailService mail_service(Settings const& settings, Store& store,
                                       PasswordHasher const& passwords, Clock const& clock,
                                       Random& random);

/// How the settings say that one message is sent.
[[nodiscard]] Mailer::Send mail_sender(MailSettings const& settings);

}  // namespace carrel

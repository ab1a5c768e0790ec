#pragma once

/// Sends what is in the outbox of mail: each message at least once, and again, later and later,
/// while the server does not take it; after a day it is given up.
///
/// A message is made when it is sent, and its token with it, so that neither is ever in the store.
/// One at a time. A process that dies while it sends leaves the row, which comes round again. Made
/// and run by app/wiring, on the control thread; sending blocks a thread of its own.

#include "base/random.hpp"
#include "domain/mail.hpp"
#include "http/smtp.hpp"
#include "runtime/blocking_pool.hpp"
#include "store/store.hpp"

#include <functional>

namespace carrel {

struct MailerOptions {
    std::string platform;  ///< "https://hub.example.org", where links lead
    std::string from;
    std::string from_name;
};

class Mailer {
public:
    /// Sends one message; what `http::send_mail` promises.
    using Send = std::function<Result<>(http::MailMessage const&)>;

    Mailer(Store& store, Clock const& clock, Random& random, MailerOptions options, Send send);

    /// Until it is cancelled.
    Task<> run();
    /// Sends what is due, and returns how many items were looked at. Blocks.
    [[nodiscard]] Result<int> pass();

private:
    /// What became of an item, for the outbox.
    Result<> handle(MailItem const& item);
    Result<http::MailMessage> make(MailItem const& item);
    Result<> retry_later(MailItem const& item, Error const& error);
    Result<> forget(MailItem const& item);

    Store& store_;
    Clock const& clock_;
    Random& random_;
    MailerOptions options_;
    Send send_;
    BlockingPool pool_{1};
};

}  // namespace carrel

#pragma once

/// All tables on one connection, for as long as one transaction lasts.

#include "store/sql/course_tables.hpp"
#include "store/sql/event_tables.hpp"
#include "store/sql/factor_tables.hpp"
#include "store/sql/hub_group_tables.hpp"
#include "store/sql/hub_share_tables.hpp"
#include "store/sql/hub_tables.hpp"
#include "store/sql/login_place_tables.hpp"
#include "store/sql/login_tables.hpp"
#include "store/sql/mail_tables.hpp"
#include "store/sql/people_tables.hpp"
#include "store/sql/server_tables.hpp"
#include "store/sql/user_tables.hpp"

namespace carrel {

class SqlTransaction final : public Transaction, public MailTables {
public:
    explicit SqlTransaction(Connection& connection)
        : users_(connection),
          sessions_(connection),
          login_places_(connection),
          second_factors_(connection),
          half_logins_(connection),
          tokens_(connection),
          login_identities_(connection),
          pending_logins_(connection),
          provider_sessions_(connection),
          hub_tokens_(connection),
          hub_codes_(connection),
          hub_shares_(connection),
          hub_group_shares_(connection),
          hub_share_codes_(connection),
          hub_groups_(connection),
          hub_services_(connection),
          courses_(connection),
          applications_(connection),
          deployments_(connection),
          servers_(connection),
          homes_(connection),
          exports_(connection),
          events_(connection),
          outbox_(connection),
          settings_(connection),
          mail_outbox_(connection),
          mail_tokens_(connection),
          confirmed_emails_(connection),
          access_entries_(connection),
          removals_(connection) {}

    Users& users() override { return users_; }
    Sessions& sessions() override { return sessions_; }
    LoginPlaces& login_places() override { return login_places_; }
    SecondFactors& second_factors() override { return second_factors_; }
    HalfLogins& half_logins() override { return half_logins_; }
    Tokens& tokens() override { return tokens_; }
    LoginIdentities& login_identities() override { return login_identities_; }
    PendingLogins& pending_logins() override { return pending_logins_; }
    ProviderSessions& provider_sessions() override { return provider_sessions_; }
    HubTokens& hub_tokens() override { return hub_tokens_; }
    HubCodes& hub_codes() override { return hub_codes_; }
    HubShares& hub_shares() override { return hub_shares_; }
    HubGroupShares& hub_group_shares() override { return hub_group_shares_; }
    HubShareCodes& hub_share_codes() override { return hub_share_codes_; }
    HubGroups& hub_groups() override { return hub_groups_; }
    HubServices& hub_services() override { return hub_services_; }
    Courses& courses() override { return courses_; }
    Applications& applications() override { return applications_; }
    Deployments& deployments() override { return deployments_; }
    Servers& servers() override { return servers_; }
    Homes& homes() override { return homes_; }
    Exports& exports() override { return exports_; }
    Events& events() override { return events_; }
    Outbox& outbox() override { return outbox_; }
    StoredSettings& settings() override { return settings_; }
    MailOutbox& mail_outbox() override { return mail_outbox_; }
    MailTokens& mail_tokens() override { return mail_tokens_; }
    ConfirmedEmails& confirmed_emails() override { return confirmed_emails_; }
    AccessEntries& access_entries() override { return access_entries_; }
    Removals& removals() override { return removals_; }

private:
    UsersTable users_;
    SessionsTable sessions_;
    LoginPlacesTable login_places_;
    SecondFactorsTable second_factors_;
    HalfLoginsTable half_logins_;
    TokensTable tokens_;
    LoginIdentitiesTable login_identities_;
    PendingLoginsTable pending_logins_;
    ProviderSessionsTable provider_sessions_;
    HubTokensTable hub_tokens_;
    HubCodesTable hub_codes_;
    HubSharesTable hub_shares_;
    HubGroupSharesTable hub_group_shares_;
    HubShareCodesTable hub_share_codes_;
    HubGroupsTable hub_groups_;
    HubServicesTable hub_services_;
    CoursesTable courses_;
    ApplicationsTable applications_;
    DeploymentsTable deployments_;
    ServersTable servers_;
    HomesTable homes_;
    ExportsTable exports_;
    EventsTable events_;
    OutboxTable outbox_;
    SettingsTable settings_;
    MailOutboxTable mail_outbox_;
    MailTokensTable mail_tokens_;
    ConfirmedEmailsTable confirmed_emails_;
    AccessEntriesTable access_entries_;
    RemovalsTable removals_;
};

}  // namespace carrel

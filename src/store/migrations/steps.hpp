#pragma once

/// The text of each migration; one source file each.

#include <string_view>

namespace carrel {

/// Present before the first step, so that every step can be recorded.
inline constexpr std::string_view schema_table = R"sql(
create table if not exists schema_version (
    version {integer} not null primary key,
    name {text} not null,
    applied_at {integer} not null
) {strict};
)sql";

extern std::string_view const migration_0001_first;
extern std::string_view const migration_0002_token_maker;
extern std::string_view const migration_0003_instance;
extern std::string_view const migration_0004_hub_tokens;
extern std::string_view const migration_0005_hub_groups;
extern std::string_view const migration_0006_hub_shares;
extern std::string_view const migration_0007_user_order;
extern std::string_view const migration_0008_group_shares;
extern std::string_view const migration_0009_logins;
extern std::string_view const migration_0010_session_places;
extern std::string_view const migration_0011_login_places;
extern std::string_view const migration_0012_second_factors;
extern std::string_view const migration_0013_mail;
extern std::string_view const migration_0014_access;
extern std::string_view const migration_0015_removals;
extern std::string_view const migration_0016_course_images;
extern std::string_view const migration_0017_user_options;
extern std::string_view const migration_0018_refresh;
extern std::string_view const migration_0019_home_numbers;
extern std::string_view const migration_0020_course_folders;
extern std::string_view const migration_0021_display_names;

}  // namespace carrel

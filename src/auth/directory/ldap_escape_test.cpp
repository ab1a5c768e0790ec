#include "auth/directory/ldap_escape.hpp"

#include <gtest/gtest.h>

namespace carrel {
namespace {

TEST(LdapEscape, LeavesUsualNamesAlone) {
    EXPECT_EQ(ldap_escaped("ada.lovelace-2_x@example.org"), "ada.lovelace-2_x@example.org");
    EXPECT_EQ(ldap_escaped(""), "");
}

TEST(LdapEscape, NothingTypedMeansAnythingButItself) {
    EXPECT_EQ(ldap_escaped("*)(uid=*"), "\\2a\\29\\28uid\\3d\\2a");
    EXPECT_EQ(ldap_escaped("\\2a"), "\\5c2a");
    EXPECT_EQ(ldap_escaped(std::string_view("a\0b", 3)), "a\\00b");
    EXPECT_EQ(ldap_escaped("ada,ou=admins"), "ada\\2cou\\3dadmins");
    EXPECT_EQ(ldap_escaped(" #ada+x\"<>; "), "\\20\\23ada\\2bx\\22\\3c\\3e\\3b\\20");
    EXPECT_EQ(ldap_escaped("zo\xc3\xab"), "zo\\c3\\ab");
    EXPECT_EQ(ldap_escaped("a\r\nb"), "a\\0d\\0ab");
}

TEST(LdapEscape, FillsATemplateInOnePass) {
    EXPECT_EQ(ldap_filled("(&(uid={username})(x={username}))", {{"username", "a*"}}),
              "(&(uid=a\\2a)(x=a\\2a))");
    EXPECT_EQ(ldap_filled("(member={dn})", {{"dn", "uid=ada,dc=x"}, {"username", "ada"}}),
              "(member=uid\\3dada\\2cdc\\3dx)");
    EXPECT_EQ(ldap_filled("uid={username}", {{"username", "{dn}"}, {"dn", "x"}}), "uid=\\7bdn\\7d");
    EXPECT_EQ(ldap_filled("{other}{", {{"username", "a"}}), "{other}{");
}

}  // namespace
}  // namespace carrel

# Every third-party library of the program. All come from Debian 12; docs/design/dependencies.md says why each.

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(CURL REQUIRED)
find_package(GTest REQUIRED)
pkg_check_modules(sodium REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(fido2 REQUIRED IMPORTED_TARGET libfido2)
pkg_check_modules(nghttp2 REQUIRED IMPORTED_TARGET libnghttp2)
pkg_check_modules(sqlite REQUIRED IMPORTED_TARGET sqlite3)
pkg_check_modules(utf8proc REQUIRED IMPORTED_TARGET libutf8proc)
pkg_check_modules(ldap REQUIRED IMPORTED_TARGET ldap)
pkg_check_modules(archive REQUIRED IMPORTED_TARGET libarchive)
pkg_check_modules(acl REQUIRED IMPORTED_TARGET libacl)

# Debian 12's libpam has no pkg-config file.
find_path(PAM_INCLUDE security/pam_appl.h REQUIRED)
find_library(PAM_LIBRARY pam REQUIRED)
add_library(PAM::PAM INTERFACE IMPORTED)
set_target_properties(PAM::PAM PROPERTIES INTERFACE_LINK_LIBRARIES ${PAM_LIBRARY})

# Boost 1.81 as headers only (Asio, Beast); URL needs its library.
find_path(BOOST_INCLUDE boost/asio.hpp REQUIRED)
add_library(carrel_boost INTERFACE)
target_include_directories(carrel_boost SYSTEM INTERFACE ${BOOST_INCLUDE})
target_compile_definitions(carrel_boost INTERFACE BOOST_ASIO_NO_DEPRECATED)
target_link_libraries(carrel_boost INTERFACE Threads::Threads)

# Debian's SOCI ships no CMake package file that works with clang, so its two libraries are named here.
find_library(SOCI_CORE soci_core REQUIRED)
find_library(SOCI_SQLITE soci_sqlite3 REQUIRED)
add_library(carrel_soci INTERFACE)
target_include_directories(carrel_soci SYSTEM INTERFACE /usr/include/soci)
target_link_libraries(carrel_soci INTERFACE ${SOCI_CORE} ${SOCI_SQLITE} PkgConfig::sqlite)

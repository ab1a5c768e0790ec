#include "auth/csrf.hpp"

#include <gtest/gtest.h>

namespace carrel {
namespace {

TEST(CsrfToken, IsNeverEmpty) {
    http::Request request;
    EXPECT_FALSE(check_csrf_token(request, ""));
    request.headers.set("X-CSRF-Token", "");
    EXPECT_FALSE(check_csrf_token(request, ""));
    EXPECT_FALSE(check_csrf_token(request, "the token"));
    request.headers.set("X-CSRF-Token", "the token");
    EXPECT_TRUE(check_csrf_token(request, "the token"));
    EXPECT_FALSE(check_csrf_token(request, ""));
}

}  // namespace
}  // namespace carrel

#include "domain/course_image.hpp"

#include <gmock/gmock.h>

namespace carrel {
namespace {

using testing::AllOf;
using testing::HasSubstr;

AllowedImages const allowed{
    {"lab", {ImagePattern::parse("quay.io/jupyter/*").value()}},
    {"closed", {}},
};

std::string refusal(std::string const& environment, std::string const& image) {
    CourseRequest request;
    request.environment = environment;
    request.image = image;
    auto const checked = check_course_image(request, allowed);
    if (checked) return "";
    EXPECT_EQ(checked.error().field, "image");
    return checked.error().message;
}

TEST(CourseImage, IsKeptAsItIsSpelledInFull) {
    EXPECT_EQ(spell_course_image("jupyter/lab").value(), "docker.io/jupyter/lab:latest");
    auto const wrong = spell_course_image("lab; reboot");
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().field, "image");
    EXPECT_THAT(wrong.error().message, HasSubstr("is no image"));
}

TEST(CourseImage, IsTheEnvironmentsWhenNoneIsNamed) {
    EXPECT_EQ(refusal("lab", ""), "");
    EXPECT_EQ(refusal("closed", ""), "");
    EXPECT_EQ(refusal("gone", ""), "");
}

TEST(CourseImage, IsOneThatTheEnvironmentAllows) {
    EXPECT_EQ(refusal("lab", "quay.io/jupyter/lab:v1"), "");
    EXPECT_THAT(refusal("lab", "quay.io/other/lab:v1"),
                AllOf(HasSubstr("quay.io/other/lab:v1"), HasSubstr("'lab'"),
                      HasSubstr("only quay.io/jupyter/*")));
    EXPECT_THAT(refusal("closed", "quay.io/jupyter/lab:v1"), HasSubstr("nobody names one"));
    EXPECT_THAT(refusal("gone", "quay.io/jupyter/lab:v1"), HasSubstr("nobody names one"));
}

TEST(CourseImage, IsComparedAsItIsSpelledInFull) {
    EXPECT_NE(refusal("lab", "jupyter/lab"), "");
    EXPECT_NE(refusal("lab", "jupyter/lab:v1"), "");
    EXPECT_NE(refusal("lab", "docker.io/jupyter/lab"), "");
}

TEST(CourseImage, ThatIsNoneIsRefused) {
    EXPECT_THAT(refusal("lab", "quay.io/jupyter/lab;reboot"), HasSubstr("is no image"));
    EXPECT_THAT(refusal("lab", "quay.io/jupyter/$(id)"), HasSubstr("is no image"));
}

}  // namespace
}  // namespace carrel

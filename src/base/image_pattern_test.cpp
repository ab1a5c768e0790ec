#include "base/image_pattern.hpp"

#include <gmock/gmock.h>

namespace carrel {
namespace {

std::string const digest = "sha256:" + std::string(64, 'a');
std::string const other_digest = "sha256:" + std::string(64, 'b');

bool matches(std::string const& pattern, std::string const& image) {
    auto const parsed = ImagePattern::parse(pattern);
    EXPECT_TRUE(parsed) << parsed.error().message;
    auto const reference = parse_image_reference(image);
    EXPECT_TRUE(reference) << image;
    return parsed && reference && parsed->matches(*reference);
}

std::string refusal(std::string const& pattern) {
    auto const parsed = ImagePattern::parse(pattern);
    return parsed ? "" : parsed.error().message;
}

TEST(ImagePattern, StandsForTheNamesItSays) {
    struct {
        std::string pattern;
        std::vector<std::string> fitting;
        std::vector<std::string> others;
    } const table[]{
        {"quay.io/jupyter/lab",
         {"quay.io/jupyter/lab", "quay.io/jupyter/lab:v1", "quay.io/jupyter/lab@" + digest,
          "QUAY.IO/jupyter/lab"},
         {"quay.io/jupyter/lab2", "quay.io/jupyter", "quay.io/jupyter/lab/x", "jupyter/lab"}},
        {"quay.io/jupyter/*",
         {"quay.io/jupyter/lab", "quay.io/jupyter/base-notebook:2026-01-01"},
         {"quay.io/jupyter/a/b", "quay.io/jupyterx/lab", "quay.io.evil.org/jupyter/lab",
          "evil.org/quay.io/jupyter/lab", "quay.io:5000/jupyter/lab", "ghcr.io/jupyter/lab"}},
        {"quay.io/jupyter/*-notebook",
         {"quay.io/jupyter/base-notebook", "quay.io/jupyter/r-notebook:x"},
         {"quay.io/jupyter/notebook", "quay.io/jupyter/base-notebook2"}},
        {"quay.io/jupyter/a*c*e",
         {"quay.io/jupyter/ace", "quay.io/jupyter/abcde", "quay.io/jupyter/accee"},
         {"quay.io/jupyter/aec", "quay.io/jupyter/abde"}},
        {"registry.example.org:5000/courses/**",
         {"registry.example.org:5000/courses/a", "registry.example.org:5000/courses/a/b/c:v1"},
         {"registry.example.org:5000/courses", "registry.example.org/courses/a",
          "registry.example.org:5001/courses/a"}},
        {"registry.example.org/**/lab",
         {"registry.example.org/a/lab", "registry.example.org/a/b/lab"},
         {"registry.example.org/lab", "registry.example.org/a/b/lab/c"}},
        {"docker.io/library/python", {"python", "docker.io/python:3.12"}, {"team/python"}},
        {"docker.io/jupyter/*", {"jupyter/lab"}, {"quay.io/jupyter/lab", "lab"}},
        {"localhost/lab", {"localhost/lab"}, {"lab"}},
    };
    for (auto const& [pattern, fitting, others] : table) {
        for (auto const& image : fitting)
            EXPECT_TRUE(matches(pattern, image)) << pattern << " " << image;
        for (auto const& image : others)
            EXPECT_FALSE(matches(pattern, image)) << pattern << " " << image;
    }
}

TEST(ImagePattern, TakesNoLongerForManyStars) {
    auto const stars = std::string("quay.io/*a*a*a*a*a*a*a*b");
    auto const letters = std::string("quay.io/") + std::string(200, 'a');
    EXPECT_FALSE(matches(stars, letters));
    EXPECT_TRUE(matches(stars, letters + "b"));
}

TEST(ImagePattern, WithATagWantsThatTagAndNoDigest) {
    EXPECT_TRUE(matches("quay.io/jupyter/lab:2026-*", "quay.io/jupyter/lab:2026-01-01"));
    EXPECT_FALSE(matches("quay.io/jupyter/lab:2026-*", "quay.io/jupyter/lab:2025-01-01"));
    EXPECT_FALSE(matches("quay.io/jupyter/lab:2026-*", "quay.io/jupyter/lab"));
    EXPECT_TRUE(matches("quay.io/jupyter/lab:latest", "quay.io/jupyter/lab"));
    EXPECT_FALSE(matches("quay.io/jupyter/lab:v1", "quay.io/jupyter/lab:v1@" + digest))
        << "what is fetched is the digest's, whatever the tag says";
    EXPECT_TRUE(matches("host.org:5000/lab:*", "host.org:5000/lab:x"));
}

TEST(ImagePattern, WithADigestWantsOne) {
    EXPECT_TRUE(matches("quay.io/jupyter/*@sha256:*", "quay.io/jupyter/lab@" + digest));
    EXPECT_TRUE(matches("quay.io/jupyter/*@sha256:*", "quay.io/jupyter/lab:v1@" + digest));
    EXPECT_FALSE(matches("quay.io/jupyter/*@sha256:*", "quay.io/jupyter/lab:v1"));
    EXPECT_TRUE(matches("quay.io/jupyter/lab@" + digest, "quay.io/jupyter/lab@" + digest));
    EXPECT_FALSE(matches("quay.io/jupyter/lab@" + digest, "quay.io/jupyter/lab@" + other_digest));
}

TEST(ImagePattern, RefusesWhatCouldNotBeMeant) {
    using testing::HasSubstr;
    EXPECT_THAT(refusal(""), HasSubstr("is no pattern for images"));
    EXPECT_THAT(refusal("*"), HasSubstr("written out"));
    EXPECT_THAT(refusal("**"), HasSubstr("written out"));
    EXPECT_THAT(refusal("*/lab"), HasSubstr("begins with one registry"));
    EXPECT_THAT(refusal("*.example.org/lab"), HasSubstr("begins with one registry"));
    EXPECT_THAT(refusal("quay.*/lab"), HasSubstr("begins with one registry"));
    EXPECT_THAT(refusal("jupyter/*"), HasSubstr("docker.io/jupyter/a"));
    EXPECT_THAT(refusal("python"), HasSubstr("docker.io/library/python"));
    EXPECT_THAT(refusal("docker.io/python"), HasSubstr("docker.io/library/python"));
    EXPECT_THAT(refusal("index.docker.io/jupyter/lab"), HasSubstr("docker.io/jupyter/lab"));
    EXPECT_THAT(refusal("Quay.io/jupyter/*"), HasSubstr("small letters"));
    EXPECT_THAT(refusal("quay.io/jupyter/a**"), HasSubstr("alone between slashes"));
    EXPECT_THAT(refusal("quay.io/jupyter/***"), HasSubstr("alone between slashes"));
    EXPECT_THAT(refusal("quay.io/lab:v**"), HasSubstr("alone between slashes"));
    EXPECT_THAT(refusal("quay.io/lab:v1@" + digest), HasSubstr("not both"));
    EXPECT_THAT(refusal("quay.io/lab:v1@sha256:*"), HasSubstr("not both"));
    EXPECT_THAT(refusal("quay.io/lab@sha256:ab*"), HasSubstr("sha256:*"));
    EXPECT_THAT(refusal("quay.io/lab@*"), HasSubstr("sha256:*"));
    EXPECT_THAT(refusal("quay.io/*/*/*/*/*/*/*/*/*"), HasSubstr("eight stars"));
    for (auto const* text : {"quay.io/lab; reboot", "quay.io/Lab", "quay.io/[ab]", "quay.io/lab?",
                             "https://quay.io/lab", "quay.io/", "quay.io//lab",
                             "quay.io/lab:", "quay.io/lab@", "quay.io/^lab$", "quay.io:*/lab"})
        EXPECT_NE(refusal(text), "") << text;
}

TEST(ImagePattern, MatchesAnyOfSeveral) {
    std::vector const patterns{ImagePattern::parse("quay.io/jupyter/*").value(),
                               ImagePattern::parse("ghcr.io/team/lab").value()};
    EXPECT_TRUE(matches_any(*parse_image_reference("ghcr.io/team/lab:v1"), patterns));
    EXPECT_FALSE(matches_any(*parse_image_reference("ghcr.io/team/other"), patterns));
    EXPECT_FALSE(matches_any(*parse_image_reference("ghcr.io/team/lab"), {}));
}

}  // namespace
}  // namespace carrel

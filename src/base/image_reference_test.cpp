#include "base/image_reference.hpp"

#include <gtest/gtest.h>

namespace carrel {
namespace {

std::string const digest = "sha256:" + std::string(64, 'a');

TEST(ImageReference, OfNoTagIsTheLatest) {
    EXPECT_EQ(parse_image_reference("python"),
              (ImageReference{.repository = "python", .tag = "latest", .digest = ""}));
    EXPECT_EQ(parse_image_reference("python")->text(), "python:latest");
}

TEST(ImageReference, KnowsAPortFromATag) {
    auto const plain = parse_image_reference("registry.example.org:5000/team/lab");
    ASSERT_TRUE(plain);
    EXPECT_EQ(plain->repository, "registry.example.org:5000/team/lab");
    EXPECT_EQ(plain->tag, "latest");
    auto const tagged = parse_image_reference("registry.example.org:5000/team/lab:v1.2_3");
    ASSERT_TRUE(tagged);
    EXPECT_EQ(tagged->repository, "registry.example.org:5000/team/lab");
    EXPECT_EQ(tagged->tag, "v1.2_3");
    EXPECT_EQ(parse_image_reference("localhost/lab")->repository, "localhost/lab");
}

TEST(ImageReference, KeepsADigestAndNeedsNoTagBesideIt) {
    auto const image = parse_image_reference("quay.io/jupyter/base-notebook@" + digest);
    ASSERT_TRUE(image);
    EXPECT_EQ(image->tag, "");
    EXPECT_EQ(image->text(), "quay.io/jupyter/base-notebook@" + digest);
    EXPECT_EQ(parse_image_reference("lab:v1@" + digest)->text(), "lab@" + digest);
}

TEST(ImageReference, HasOneFullSpelling) {
    struct {
        std::string written;
        std::string full;
    } const table[]{
        {"python", "docker.io/library/python:latest"},
        {"python:3.12-slim", "docker.io/library/python:3.12-slim"},
        {"docker.io/python", "docker.io/library/python:latest"},
        {"index.docker.io/python", "docker.io/library/python:latest"},
        {"library/python", "docker.io/library/python:latest"},
        {"docker.io", "docker.io/library/docker.io:latest"},
        {"jupyter/lab", "docker.io/jupyter/lab:latest"},
        {"index.docker.io/jupyter/lab:v1", "docker.io/jupyter/lab:v1"},
        {"quay.io/lab", "quay.io/lab:latest"},
        {"QUAY.io/jupyter/lab:V1", "quay.io/jupyter/lab:V1"},
        {"localhost/lab", "localhost/lab:latest"},
        {"localhost:5000/lab", "localhost:5000/lab:latest"},
        {"127.0.0.1:5000/a/b/c:x", "127.0.0.1:5000/a/b/c:x"},
        {"registry.example.org:5000/a__b/c-d.e@" + digest,
         "registry.example.org:5000/a__b/c-d.e@" + digest},
        {"lab:v1@" + digest, "docker.io/library/lab:v1@" + digest},
        {"registry:5000/lab", "registry:5000/lab:latest"},
        {"registry/lab:5000", "docker.io/registry/lab:5000"},
    };
    for (auto const& [written, full] : table) {
        auto const image = parse_image_reference(written);
        ASSERT_TRUE(image) << written;
        EXPECT_EQ(image->full_text(), full);
        auto const again = parse_image_reference(full);
        ASSERT_TRUE(again) << full;
        EXPECT_EQ(again->full_text(), full);
    }
}

TEST(ImageReference, OfTheGreatestLengthIsOneInFull) {
    std::string const longest(255 - std::string_view("docker.io/library/").size(), 'a');
    auto const image = parse_image_reference(longest);
    ASSERT_TRUE(image);
    EXPECT_TRUE(parse_image_reference(image->full_text()));
    EXPECT_FALSE(parse_image_reference(longest + "a"));
    EXPECT_TRUE(parse_image_reference("lab:" + std::string(128, 'a')));
}

TEST(ImageReference, RefusesAnImagesOwnNumberAsDockerDoes) {
    EXPECT_FALSE(parse_image_reference(std::string(64, 'a')));
    EXPECT_FALSE(parse_image_reference(std::string(64, 'a') + ":v1"));
    EXPECT_TRUE(parse_image_reference(std::string(63, 'a')));
    EXPECT_TRUE(parse_image_reference("team/" + std::string(64, 'a')));
}

TEST(ImageReference, RefusesWhatIsNone) {
    for (auto const* text : {"",
                             "/",
                             "lab/",
                             "/lab",
                             "a//b",
                             "Lab",
                             "team/Lab",
                             "lab:",
                             "lab:-x",
                             "lab:.x",
                             "lab@",
                             "lab@sha256:abc",
                             "lab@md5:aaaa",
                             "lab_",
                             "-lab",
                             "a..b",
                             "a___b",
                             "a_.b",
                             "host:0/lab",
                             "host:99999/lab",
                             "-host.org/lab",
                             "lab:a:b",
                             "a b",
                             "lab\n",
                             "../lab",
                             "lab/..",
                             "http://host/lab",
                             "ünicode"})
        EXPECT_FALSE(parse_image_reference(text)) << text;
    EXPECT_FALSE(parse_image_reference(std::string(256, 'a')));
    EXPECT_FALSE(parse_image_reference("lab:" + std::string(129, 'a')));
}

TEST(ImageReference, RefusesEveryCharacterOfAShell) {
    for (char const c : std::string("; &|$`'\"\\<>(){}[]*?!#~=%^,+\t\n\r"))
        for (auto const& text : {std::string("lab") + c + "x", std::string("lab:v") + c + "1",
                                 std::string("host.org") + c + "/lab", std::string(1, c) + "lab"})
            EXPECT_FALSE(parse_image_reference(text)) << text;
    EXPECT_FALSE(parse_image_reference(std::string_view("lab\0x", 5)));
}

}  // namespace
}  // namespace carrel

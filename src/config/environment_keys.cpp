#include "config/keys.hpp"

namespace carrel {

namespace {

std::vector<Key<EnvironmentSettings>> const all_environment_keys{
    {"",
     "title",
     [](EnvironmentSettings& e) -> Field { return &e.title; },
     {},
     {},
     "What people see; without one, the name."},
    {"",
     "description",
     [](EnvironmentSettings& e) -> Field { return &e.description; },
     {},
     {},
     "A sentence or two for who chooses."},
    {"",
     "command",
     [](EnvironmentSettings& e) -> Field { return &e.command; },
     {},
     {},
     "The program and its arguments, as a list or as one text that is split on spaces. Needed "
     "unless there is an `image`, which has a command of its own. "
     "`{socket}` (or `{port}`), `{base_url}`, `{base_path}` (the same without a slash at its end), "
     "`{home}` and `{user}` are replaced. In a container a program that names neither `{socket}` "
     "nor "
     "`{port}` is found at the one port that its image names. Of the kind `jupyterhub` "
     "it "
     "needs none of them: it finds its address in JUPYTERHUB_SERVICE_URL."},
    {"",
     "image",
     [](EnvironmentSettings& e) -> Field { return &e.image; },
     {},
     {},
     "The container image that its servers run in, as `quay.io/jupyter/base-notebook:2025-01-01`, "
     "with a registry's port, a tag or a digest where wanted; fetched when the Docker Engine does "
     "not have it. `command` is then run by the image's entrypoint. Empty: servers are processes "
     "of this machine."},
    {"",
     "allowed_images",
     [](EnvironmentSettings& e) -> Field { return &e.allowed_images; },
     {},
     {},
     "Which other images a leader may name for a course instead of `image`: patterns as "
     "`quay.io/jupyter/*`, the registry written out. `*` stands for characters of one part of the "
     "name or of the tag, `**` between slashes for one or more parts, `@sha256:*` at the end for "
     "any digest. Without a tag or a digest in the pattern any will do. Empty: nobody names one."},
    {"",
     "writable_root",
     [](EnvironmentSettings& e) -> Field { return &e.writable_root; },
     {},
     {},
     "Whether a container may change its own system, for images that need it. What it changes is "
     "lost when it ends, and its size is not limited."},
    {"",
     "default_url",
     [](EnvironmentSettings& e) -> Field { return &e.default_url; },
     {},
     {},
     "The page that a server opens with, below its own address."},
    {"",
     "strip_base_url",
     [](EnvironmentSettings& e) -> Field { return &e.strip_base_url; },
     {},
     {},
     "Whether a server is asked without its own path, `/c/<course>/user/<name>`: for programs that "
     "live only at the top of an address and find their pages by relative links."},
    {"",
     "read_only",
     [](EnvironmentSettings& e) -> Field { return &e.read_only; },
     {},
     {},
     "Folders that the command needs besides the system's, or data for everybody; servers see them "
     "at the same path and cannot write."},
    {"",
     "kind",
     [](EnvironmentSettings& e) -> Field { return &e.kind; },
     {},
     {"edge", "jupyterhub"},
     "Who lets visitors in. `edge`: Carrel's proxy, for any application. `jupyterhub`: the server "
     "itself, which asks the hub: an unmodified `jupyterhub-singleuser`, JupyterHub 3 or later."},
    {"",
     "ready_path",
     [](EnvironmentSettings& e) -> Field { return &e.ready_path; },
     {},
     {},
     "A server that answers here, below its own address, is ready. Of the kind `jupyterhub` any "
     "answer but a server error will do."},
    {"",
     "variables",
     [](EnvironmentSettings& e) -> Field { return &e.variables; },
     {},
     {},
     "Environment variables of its servers. Their values are never printed."},
};

}  // namespace

std::span<Key<EnvironmentSettings> const> environment_keys() { return all_environment_keys; }

}  // namespace carrel

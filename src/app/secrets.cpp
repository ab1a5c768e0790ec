#include "app/secrets.hpp"

#include "base/encoding.hpp"
#include "base/text.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>

namespace carrel {

namespace fs = std::filesystem;

namespace {

Result<std::string> read_secret(fs::path const& file) {
    int const descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return fail_errno("read {}", file.string());
    std::array<char, 256> buffer{};
    auto const count = ::read(descriptor, buffer.data(), buffer.size());
    ::close(descriptor);
    if (count < 0) return fail_errno("read {}", file.string());
    auto const text = trimmed({buffer.data(), static_cast<size_t>(count)});
    if (text.size() < 32)
        return fail(Code::Internal,
                    "the secret in {} is cut short; delete the file, a new one will be made",
                    file.string());
    return std::string(text);
}

/// Appears under its name only when it is complete, so that a crash leaves none rather than half of
/// one.
Result<> write_secret(fs::path const& file, std::string const& secret) {
    auto const draft = fs::path(file.string() + ".new");
    int const descriptor = ::open(draft.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    if (descriptor < 0) return fail_errno("write {}", draft.string());
    bool const written =
        ::write(descriptor, secret.data(), secret.size()) == static_cast<ssize_t>(secret.size()) &&
        ::fsync(descriptor) == 0;
    int const number = errno;
    ::close(descriptor);
    errno = number;
    if (!written) return fail_errno("write {}", draft.string());
    if (::rename(draft.c_str(), file.c_str()) != 0) return fail_errno("write {}", file.string());
    return {};
}

Result<std::string> load(fs::path const& file, Random& random) {
    auto kept = read_secret(file);
    if (kept || kept.error().code != Code::NotFound) return kept;
    auto fresh = random.secret(32);
    TRY_VOID(write_secret(file, fresh));
    return fresh;
}

}  // namespace

Result<Secrets> load_secrets(fs::path const& folder, Random& random) {
    TRY(auto proxy_token, load(folder / "proxy-token", random));
    TRY(auto const edge_key, load(folder / "edge-key", random));
    TRY(auto key, from_base64url(edge_key));
    TRY(auto const sealing_text, load(folder / "sealing-key", random));
    TRY(auto sealing_key, from_base64url(sealing_text));
    TRY(auto instance, load(folder / "instance", random));
    return Secrets{.proxy_token = std::move(proxy_token),
                   .edge_key = std::move(key),
                   .sealing_key = std::move(sealing_key),
                   .instance = std::move(instance)};
}

}  // namespace carrel

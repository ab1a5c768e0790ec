#include "homes/local/checksum.hpp"

#include "base/encoding.hpp"

#include <openssl/evp.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <vector>

namespace carrel {

Result<std::string> sha256_of_file(int file, std::function<bool()> const& stop_requested) {
    std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> const context(EVP_MD_CTX_new(),
                                                                          &EVP_MD_CTX_free);
    if (!context || EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) != 1)
        return fail(Code::Internal, "start a checksum");
    std::vector<char> buffer(256 * 1024);
    off_t at = 0;
    for (;;) {
        if (stop_requested()) return fail(Code::Cancelled, "checksum: cancelled");
        auto const got = ::pread(file, buffer.data(), buffer.size(), at);
        if (got < 0) return fail_errno("read a file for its checksum");
        if (got == 0) break;
        EVP_DigestUpdate(context.get(), buffer.data(), static_cast<size_t>(got));
        at += got;
    }
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned length = 0;
    EVP_DigestFinal_ex(context.get(), digest.data(), &length);
    return to_hex({reinterpret_cast<char const*>(digest.data()), length});
}

}  // namespace carrel

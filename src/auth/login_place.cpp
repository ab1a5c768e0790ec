#include "auth/login_place.hpp"

#include "auth/secret.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

namespace carrel {

std::string address_key(std::string_view address) {
    std::string const text(address);
    std::array<unsigned char, 16> bytes{};
    if (inet_pton(AF_INET6, text.c_str(), bytes.data()) != 1) return text;
    constexpr std::array<unsigned char, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    if (std::equal(mapped.begin(), mapped.end(), bytes.begin()))
        return std::to_string(bytes[12]) + '.' + std::to_string(bytes[13]) + '.' +
               std::to_string(bytes[14]) + '.' + std::to_string(bytes[15]);
    std::fill(bytes.begin() + 8, bytes.end(), static_cast<unsigned char>(0));
    std::array<char, INET6_ADDRSTRLEN> network{};
    inet_ntop(AF_INET6, bytes.data(), network.data(), network.size());
    return std::string(network.data()) + "/64";
}

std::string browser_of(http::Request const& request) {
    if (auto const bound = request.cookie(host_browser_cookie)) return *bound;
    return request.cookie(browser_cookie).value_or("");
}

std::string place_of_address(std::string_view address) {
    return address.empty() ? std::string() : "address " + address_key(address);
}

std::string place_of_browser(std::string_view cookie) {
    return cookie.empty() ? std::string() : "browser " + hash_secret(cookie);
}

}  // namespace carrel

#include "proxy/tls/staple.hpp"

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/ocsp.h>

#include <ctime>
#include <fstream>
#include <iterator>
#include <memory>

namespace carrel::proxy {

namespace {

/// By which the authority's clock and ours may differ.
constexpr long leeway_seconds = 300;

using Response = std::unique_ptr<OCSP_RESPONSE, decltype(&OCSP_RESPONSE_free)>;
using Basic = std::unique_ptr<OCSP_BASICRESP, decltype(&OCSP_BASICRESP_free)>;

/// The part that is about the certificate, by its serial number; null when there is none.
OCSP_SINGLERESP* part_about(OCSP_BASICRESP& basic, X509& certificate) {
    for (int i = 0; i < OCSP_resp_count(&basic); ++i) {
        auto* const single = OCSP_resp_get0(&basic, i);
        ASN1_INTEGER* serial = nullptr;
        auto* const id = const_cast<OCSP_CERTID*>(OCSP_SINGLERESP_get0_id(single));
        OCSP_id_get0_info(nullptr, nullptr, nullptr, &serial, id);
        if (serial != nullptr &&
            ASN1_INTEGER_cmp(serial, X509_get0_serialNumber(&certificate)) == 0)
            return single;
    }
    return nullptr;
}

int64_t seconds_of(ASN1_GENERALIZEDTIME const& time) {
    std::tm parts = {};
    return ASN1_TIME_to_tm(&time, &parts) == 1 ? ::timegm(&parts) : 0;
}

}  // namespace

Result<Staple> read_staple(std::filesystem::path const& path, X509& certificate) {
    std::ifstream file(path, std::ios::binary);
    Staple staple;
    staple.response.assign(std::istreambuf_iterator<char>(file), {});
    auto const refuse = [&](char const* why) {
        ERR_clear_error();
        return fail(Code::InvalidArgument, "read the OCSP response {}: {}", path.string(), why);
    };
    auto const* at = reinterpret_cast<unsigned char const*>(staple.response.data());
    auto const* const end = at + staple.response.size();
    Response const response(
        d2i_OCSP_RESPONSE(nullptr, &at, static_cast<long>(staple.response.size())),
        OCSP_RESPONSE_free);
    if (!response || at != end) return refuse("it is none");
    if (OCSP_response_status(response.get()) != OCSP_RESPONSE_STATUS_SUCCESSFUL)
        return refuse("it says that the authority could not answer");
    Basic const basic(OCSP_response_get1_basic(response.get()), OCSP_BASICRESP_free);
    if (!basic) return refuse("it is of an unknown type");
    auto* const single = part_about(*basic, certificate);
    if (single == nullptr) return refuse("it is about another certificate");
    ASN1_GENERALIZEDTIME* from = nullptr;
    ASN1_GENERALIZEDTIME* until = nullptr;
    OCSP_single_get0_status(single, nullptr, nullptr, &from, &until);
    if (OCSP_check_validity(from, until, leeway_seconds, -1) != 1)
        return refuse("it is not, or no longer, in date");
    if (until != nullptr) staple.until = seconds_of(*until);
    return staple;
}

}  // namespace carrel::proxy

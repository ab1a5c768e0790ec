// The command line, one argument per line.

#include "fuzz.hpp"

#include "proxy/options.hpp"

#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(uint8_t const* data, size_t size) {
    auto text = carrel::fuzz::text_of(data, size);
    std::vector<std::string> arguments;
    while (!text.empty() && arguments.size() < 32)
        arguments.emplace_back(carrel::fuzz::cut(text, '\n'));
    auto const legacy = arguments.size() % 2 == 1;
    auto const parsed = carrel::proxy::parse_options(std::move(arguments), legacy);
    carrel::fuzz::require(parsed.message || parsed.exit_code == 0, "a failure without a message");
    return 0;
}

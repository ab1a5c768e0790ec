# Flags that every target of the project shares.

set(CARREL_SANITIZERS "" CACHE STRING "Comma-separated sanitizers, e.g. address,undefined")
option(CARREL_FUZZ "Build the fuzz targets of tests/fuzz, and everything instrumented for them" OFF)
option(CARREL_COVERAGE "Count which lines are run" OFF)
option(CARREL_HARDENING "Fortify, stack protector, full RELRO" OFF)

add_library(carrel_flags INTERFACE)
target_compile_options(carrel_flags INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror -Wno-missing-designated-field-initializers
    -fno-omit-frame-pointer
    -fcolor-diagnostics)
target_link_options(carrel_flags INTERFACE -Wl,--as-needed)

if(CARREL_SANITIZERS)
    target_compile_options(carrel_flags INTERFACE -fsanitize=${CARREL_SANITIZERS} -fno-sanitize-recover=all)
    target_link_options(carrel_flags INTERFACE -fsanitize=${CARREL_SANITIZERS})
endif()

if(CARREL_HARDENING)
    target_compile_options(carrel_flags INTERFACE -fstack-protector-strong -D_FORTIFY_SOURCE=2 -D_GLIBCXX_ASSERTIONS)
    target_link_options(carrel_flags INTERFACE -Wl,-z,relro -Wl,-z,now)
endif()

if(CARREL_FUZZ)
    target_compile_options(carrel_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

if(CARREL_COVERAGE)
    target_compile_options(carrel_flags INTERFACE -fprofile-instr-generate -fcoverage-mapping)
    target_link_options(carrel_flags INTERFACE -fprofile-instr-generate)
endif()

# carrel_module(name DEPENDS module... [LIBRARIES target...] [PUBLIC_LIBRARIES target...])
#
# One folder of src/ = one static library `carrel_<name>` with an include root of its own: a link
# build/<preset>/modules/<name>/<name> -> src/<name>. A module sees only the roots of what it depends on, so an
# include against the module direction fails with "file not found".
# Tests stand beside the code: every *_test.cpp goes into one program, `<name>_test`, run by ctest.
function(carrel_module name)
    cmake_parse_arguments(arg "" "" "DEPENDS;LIBRARIES;PUBLIC_LIBRARIES" ${ARGN})
    set(folder ${CMAKE_CURRENT_SOURCE_DIR}/${name})
    set(root ${CMAKE_BINARY_DIR}/modules/${name})
    file(MAKE_DIRECTORY ${root})
    file(CREATE_LINK ${folder} ${root}/${name} SYMBOLIC)

    file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${folder}/*.cpp)
    file(GLOB_RECURSE headers CONFIGURE_DEPENDS ${folder}/*.hpp)
    set(tests ${sources})
    list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
    list(FILTER sources EXCLUDE REGEX "(_test|/main)\\.cpp$")

    list(TRANSFORM arg_DEPENDS PREPEND carrel_ OUTPUT_VARIABLE modules)
    if(sources)
        add_library(carrel_${name} STATIC ${sources})
        set(kind PUBLIC)
        target_link_libraries(carrel_${name} PRIVATE carrel_flags ${arg_LIBRARIES})
        carrel_use_precompiled(carrel_${name} standard)
    else()
        add_library(carrel_${name} INTERFACE)
        set(kind INTERFACE)
    endif()
    target_include_directories(carrel_${name} ${kind} ${root})
    target_link_libraries(carrel_${name} ${kind} fmt::fmt ${modules} ${arg_PUBLIC_LIBRARIES})
    set_property(GLOBAL APPEND PROPERTY CARREL_HEADERS ${headers})

    if(tests)
        add_executable(${name}_test ${tests})
        target_link_libraries(${name}_test PRIVATE carrel_flags carrel_${name} ${arg_LIBRARIES} GTest::gmock GTest::gtest_main)
        carrel_use_precompiled(${name}_test tests)
        add_test(NAME ${name} COMMAND ${name}_test)
    endif()
endfunction()

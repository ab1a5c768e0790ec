# carrel_precompile(name header option...)
#
# Compiles `header` once, with what every target is compiled with and the given options, and makes the interface
# target carrel_<name> for the sources that use it. Not CMake's own precompiled headers: those hold the path of the
# build folder, so that no other checkout could use what ccache keeps of one. Here ccache reads, instead of the
# precompiled header, a checksum beside it of all that went into it.
function(carrel_precompile name header)
    string(TOUPPER "${CMAKE_BUILD_TYPE}" configuration)
    separate_arguments(flags UNIX_COMMAND "${CMAKE_CXX_FLAGS} ${CMAKE_CXX_FLAGS_${configuration}}")
    set(definitions "")
    foreach(library fmt::fmt carrel_boost)
        get_target_property(values ${library} INTERFACE_COMPILE_DEFINITIONS)
        list(APPEND definitions ${values})
    endforeach()
    list(TRANSFORM definitions PREPEND -D)
    set(command ${CMAKE_CXX_COMPILER} ${flags} ${CMAKE_CXX23_STANDARD_COMPILE_OPTION} ${definitions}
        $<TARGET_PROPERTY:carrel_flags,INTERFACE_COMPILE_OPTIONS> ${ARGN} -Wno-pragma-once-outside-header -x c++-header ${header})
    set(compiled ${CMAKE_CURRENT_BINARY_DIR}/${name}.pch)
    add_custom_command(OUTPUT ${compiled} ${compiled}.sum DEPENDS ${header} DEPFILE ${compiled}.d
        COMMAND ${command} -fpch-instantiate-templates -Xclang -fno-pch-timestamp -MD -MT ${compiled} -MF ${compiled}.d -o ${compiled}
        COMMAND ${command} -E -P -o ${compiled}.text
        COMMAND sh -c "sha256sum <\"$0\" >\"$1\" && rm \"$0\"" ${compiled}.text ${compiled}.sum
        COMMENT "Precompiling ${name}" COMMAND_EXPAND_LISTS VERBATIM)
    add_library(carrel_${name} INTERFACE)
    target_compile_options(carrel_${name} INTERFACE ${ARGN} "SHELL:-include-pch ${compiled}")
    target_compile_definitions(carrel_${name} INTERFACE BOOST_ASIO_NO_DEPRECATED)
    set_property(TARGET carrel_${name} PROPERTY CARREL_COMPILED ${compiled})
endfunction()

# carrel_use_precompiled(target name): `target` is compiled with what carrel_precompile(name …) made.
function(carrel_use_precompiled target name)
    target_link_libraries(${target} PRIVATE carrel_${name})
    get_target_property(compiled carrel_${name} CARREL_COMPILED)
    get_target_property(sources ${target} SOURCES)
    set_property(SOURCE ${sources} APPEND PROPERTY OBJECT_DEPENDS ${compiled})
endfunction()

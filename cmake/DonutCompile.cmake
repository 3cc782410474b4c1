# How our own code is compiled: one place for warnings, sanitizers, ccache and
# precompiled headers.

if(NOT PROJECT_IS_TOP_LEVEL)
  # The project around this one links what is found here.
  set(CMAKE_FIND_PACKAGE_TARGETS_GLOBAL ON)
endif()
find_package(Threads REQUIRED)
find_package(Protobuf REQUIRED)  # before gRPC: its config looks for the target names that this one sets
find_package(gRPC CONFIG REQUIRED)
find_package(absl REQUIRED)
if(DONUT_PROGRAMS)
  find_package(PkgConfig REQUIRED)
endif()

find_program(CCACHE ccache)
if(CCACHE)
  # Precompiled headers need the sloppiness; the base folder lets clones share a cache.
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${CCACHE})
endif()

# Debug information of one line per frame: enough for backtraces, half the link time.
string(REPLACE "-g" "-g1" CMAKE_CXX_FLAGS_RELWITHDEBINFO "${CMAKE_CXX_FLAGS_RELWITHDEBINFO}")
string(REPLACE "-DNDEBUG" "" CMAKE_CXX_FLAGS_RELWITHDEBINFO "${CMAKE_CXX_FLAGS_RELWITHDEBINFO}")

add_library(donut_compile_options INTERFACE)
target_compile_features(donut_compile_options INTERFACE cxx_std_20)
target_compile_options(donut_compile_options INTERFACE -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Werror)
target_include_directories(donut_compile_options INTERFACE ${PROJECT_SOURCE_DIR})
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(donut_compile_options INTERFACE -fpch-preprocess)
  # gcc 12 sees ghosts in std::string under optimisation (gcc bug 105651).
  target_compile_options(donut_compile_options INTERFACE -Wno-restrict)
else()
  target_compile_options(donut_compile_options INTERFACE -Wthread-safety)
endif()
if(DONUT_SANITIZE)
  target_compile_options(donut_compile_options INTERFACE
    -fsanitize=${DONUT_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all
    # Half the time to compile, and better backtraces.
    -O1)
  target_link_options(donut_compile_options INTERFACE -fsanitize=${DONUT_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # Instrumented code confuses gcc 12: it warns inside std::regex.
    target_compile_options(donut_compile_options INTERFACE -Wno-maybe-uninitialized)
  endif()
  if(DONUT_SANITIZE MATCHES "thread")
    # protobuf's map fields have more members where this is defined: not those of the packaged library.
    target_compile_options(donut_compile_options INTERFACE -U__SANITIZE_THREAD__)
    target_compile_definitions(donut_compile_options INTERFACE DONUT_THREAD_SANITIZER)
  endif()
endif()

# The headers that make gRPC code slow to compile, compiled once for everybody, and once more with those
# of the tests for the tests.
set(DONUT_PCH_HEADERS
    <algorithm> <chrono> <cstdint> <functional> <map> <memory> <mutex> <optional> <string> <string_view>
    <thread> <utility> <variant> <vector>
    <absl/container/flat_hash_map.h> <absl/status/statusor.h> <absl/strings/str_cat.h> <absl/strings/str_format.h>
    <absl/time/time.h> <google/protobuf/struct.pb.h> <google/protobuf/timestamp.pb.h> <grpcpp/grpcpp.h>)
set(DONUT_PCH_LIBRARIES
    donut_compile_options donut_event_proto gRPC::grpc++ absl::statusor absl::strings absl::time absl::synchronization
    absl::flat_hash_map)

# donut_pch(name LIBS ... HEADERS ...): precompiled headers for donut_precompile(), made once.
function(donut_pch name)
  cmake_parse_arguments(ARG "" "" "LIBS;HEADERS" ${ARGN})
  if(TARGET ${name})
    return()
  endif()
  file(WRITE ${PROJECT_BINARY_DIR}/${name}.cc "")
  add_library(${name} OBJECT ${PROJECT_BINARY_DIR}/${name}.cc)
  target_link_libraries(${name} PRIVATE ${ARG_LIBS})
  target_precompile_headers(${name} PRIVATE ${ARG_HEADERS})
endfunction()

function(donut_precompile target pch)
  get_target_property(type ${target} TYPE)
  if(CMAKE_POSITION_INDEPENDENT_CODE AND type STREQUAL "EXECUTABLE")
    return()  # libraries are then compiled with -fPIC and programs with -fPIE: they cannot share
  endif()
  donut_pch(donut_pch LIBS ${DONUT_PCH_LIBRARIES} HEADERS ${DONUT_PCH_HEADERS})
  target_precompile_headers(${target} REUSE_FROM ${pch})
endfunction()

# donut_library(name SOURCES ... PUBLIC ... PRIVATE ... [PROTO target] [NO_GRPC])
# PROTO: the generated code it is linked with, if not all of it (donut_proto). NO_GRPC leaves out that
# and the precompiled headers, for code that must not see gRPC.
function(donut_library name)
  cmake_parse_arguments(ARG "NO_GRPC" "PROTO" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  if(NOT ARG_PROTO)
    set(ARG_PROTO donut_proto)
  endif()
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE} $<BUILD_INTERFACE:donut_compile_options>)
  target_include_directories(${name} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>)
  if(NOT ARG_NO_GRPC)
    target_link_libraries(${name} PUBLIC ${ARG_PROTO})
    donut_precompile(${name} donut_pch)
  endif()
endfunction()

# donut_program(name SOURCES ... LIBS ... [OUTPUT name-on-disk] [PCH target])
function(donut_program name)
  cmake_parse_arguments(ARG "" "OUTPUT;PCH" "SOURCES;LIBS" ${ARGN})
  if(NOT ARG_PCH)
    set(ARG_PCH donut_pch)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_LIBS} donut_proto donut_compile_options)
  if(ARG_OUTPUT)
    set_target_properties(${name} PROPERTIES OUTPUT_NAME ${ARG_OUTPUT})
  endif()
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
  donut_precompile(${name} ${ARG_PCH})
endfunction()

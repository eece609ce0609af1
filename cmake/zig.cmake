# Cross build with Zig (its command in the environment variable ZIG) for the target that OSTINATO_ZIG_TARGET names, a triple of
# scripts/platforms/targets.cjs. Programs are linked statically where the C library is musl.
if(DEFINED ENV{OSTINATO_ZIG_TARGET})
  set(zig_target "$ENV{OSTINATO_ZIG_TARGET}")
endif()
if(zig_target MATCHES "windows")
  set(CMAKE_SYSTEM_NAME Windows)
else()
  set(CMAKE_SYSTEM_NAME Linux)
endif()
string(REGEX MATCH "^[^-]+" CMAKE_SYSTEM_PROCESSOR "${zig_target}")
set(CMAKE_CXX_COMPILER "$ENV{ZIG}" c++ -target "${zig_target}")
# clang says of each loop that it did not vectorize as GCC is asked to.
set(CMAKE_CXX_FLAGS_INIT "-Wno-pass-failed -fomit-frame-pointer")
set(CMAKE_CXX_FLAGS_DEBUG "-g0 -DNDEBUG" CACHE STRING "As scripts/prebuild.cjs compiles" FORCE)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)

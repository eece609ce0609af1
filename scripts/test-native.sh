#!/usr/bin/env bash
# Builds and runs the native tests (test/native, on doctest):
#   scripts/test-native.sh [plain|sanitize|threads|avx512|sets|aarch64|TARGET] [arguments of kernel_tests]
# sanitize: under AddressSanitizer and UndefinedBehaviorSanitizer. threads: under ThreadSanitizer. avx512: the AVX-512 set emulated on
# AVX2 (test/native/avx512), for processors without it. sets: plain where the processor has AVX-512, else avx512. aarch64: cross-compiled, run by qemu-aarch64.
# TARGET: the compiled kernels of a prebuilt add-on (npm run prebuild, which is run where they are older than their sources) in a program
# for its C library, by Zig ($ZIG, zig by default): linux-x64, linux-x64-musl, linux-arm64, linux-arm64-musl (run by qemu-aarch64) or
# win32-x64 (run by wine).
# OSTINATO_JOBS limits the compilations at one time.
set -euo pipefail
cd "$(dirname "$0")/.."
kind=plain
case "${1:-}" in plain | sanitize | threads | avx512 | sets | aarch64 | linux-x64 | linux-x64-musl | linux-arm64 | linux-arm64-musl | win32-x64) kind=$1; shift ;; esac

if [ $kind = sets ]; then
  kind=avx512
  if grep -qw avx512f /proc/cpuinfo 2>/dev/null; then kind=plain; fi
fi

target=kernel_tests
target_suffix=
runner=()
options=(-DOSTINATO_TESTS=ON)
# plain and avx512 take the kernels' objects out of the add-on's build folder where there is one.
folder=build/cmake
if [ ! -f $folder/CMakeCache.txt ]; then
  folder=build/tests
  options+=(-DOSTINATO_ADDON=OFF)
fi
case $kind in
  avx512) target=kernel_tests_avx512 ;;
  sanitize)
    folder=build/tests-sanitize
    options+=(-DOSTINATO_ADDON=OFF -DCMAKE_BUILD_TYPE=Debug -DOSTINATO_SANITIZE=address,undefined)
    # The wider sets differ in simd/isa.h only, and the sanitizers do not look into loads and stores by a mask, which AVX-512 has
    # for all rests; `sets` runs it.
    options+=('-DOSTINATO_ISAS=scalar;avx2;neon')
    ;;
  threads)
    folder=build/tests-threads
    # Which elements a thread reads and writes does not depend on the instruction set.
    options+=(-DOSTINATO_ADDON=OFF -DCMAKE_BUILD_TYPE=Debug -DOSTINATO_SANITIZE=thread -DOSTINATO_ISAS=scalar)
    # A child of fork computes with threads of its own.
    export TSAN_OPTIONS="die_after_fork=0:${TSAN_OPTIONS:-}"
    # Its shadow memory needs addresses that a system may otherwise give to libraries.
    if [ "$(uname)" = Linux ]; then runner=(setarch "$(uname -m)" --addr-no-randomize); fi
    ;;
  aarch64)
    folder=build/tests-aarch64
    options+=(-DOSTINATO_ADDON=OFF -DCMAKE_BUILD_TYPE=Debug
      -DCMAKE_TOOLCHAIN_FILE="$PWD/cmake/aarch64-linux.cmake")
    runner=(qemu-aarch64)
    ;;
  linux-* | win32-*)
    folder=build/tests-$kind
    kernels=build/prebuild/${kind%-musl}-kernels
    export ZIG=${ZIG:-zig}
    # Fails where the add-on is older than its sources.
    node -e "process.exit(require('./scripts/builders/project.cjs').isStale('build/prebuild/$kind/ostinato.node') ? 1 : 0)" ||
      node scripts/prebuild.cjs "$kind"
    OSTINATO_ZIG_TARGET=$(node -p "require('./scripts/platforms/targets.cjs').triples['$kind']")
    export OSTINATO_ZIG_TARGET
    options+=(-DOSTINATO_ADDON=OFF -DCMAKE_BUILD_TYPE=Debug
      -DCMAKE_TOOLCHAIN_FILE="$PWD/cmake/zig.cmake" -DOSTINATO_KERNEL_OBJECTS="$PWD/$kernels")
    case $kind in linux-arm64*) runner=(qemu-aarch64 -L /usr/aarch64-linux-gnu) ;; win32-*) runner=(wine) target_suffix=.exe ;; esac
    ;;
esac

cmake -S . -B "$folder" "${options[@]}" >/dev/null
cmake --build "$folder" --target $target --parallel "${OSTINATO_JOBS:-$(getconf _NPROCESSORS_ONLN)}"
if [ $kind = threads ] &&
  "${runner[@]}" "$folder/test/native/$target" --no-skip --test-case='a race' >/dev/null 2>&1; then
  echo 'ThreadSanitizer reports no race' >&2
  exit 1
fi
"${runner[@]}" "$folder/test/native/$target$target_suffix" "$@"

#!/usr/bin/env bash
# Builds and runs the native tests (test/native, on doctest):
#   scripts/test-native.sh [plain|sanitize|avx512|aarch64] [arguments of kernel_tests]
# sanitize: under AddressSanitizer and UndefinedBehaviorSanitizer. avx512: the AVX-512 set emulated on
# AVX2 (test/native/avx512), for processors without it. aarch64: cross-compiled, run by qemu-aarch64.
# OSTINATO_JOBS limits the compilations at one time.
set -euo pipefail
cd "$(dirname "$0")/.."
kind=plain
case "${1:-}" in plain | sanitize | avx512 | aarch64) kind=$1; shift ;; esac

options=(-DOSTINATO_ADDON=OFF -DOSTINATO_TESTS=ON -DCMAKE_BUILD_TYPE=Debug)
runner=()
case $kind in
  sanitize)
    options+=(-DOSTINATO_SANITIZE=address,undefined)
    # What this processor cannot run need not be compiled, slowly.
    if [ -r /proc/cpuinfo ] && ! grep -qw avx512f /proc/cpuinfo; then
      options+=('-DOSTINATO_ISAS=scalar;avx2;neon')
    fi
    ;;
  avx512) options+=(-DOSTINATO_EMULATE_AVX512=ON) ;;
  aarch64)
    options+=(-DCMAKE_TOOLCHAIN_FILE="$PWD/cmake/aarch64-linux.cmake")
    runner=(qemu-aarch64)
    ;;
esac

cmake -S . -B "build/tests-$kind" "${options[@]}" >/dev/null
cmake --build "build/tests-$kind" --parallel "${OSTINATO_JOBS:-$(getconf _NPROCESSORS_ONLN)}"
"${runner[@]}" "build/tests-$kind/test/native/kernel_tests" "$@"

#!/usr/bin/env bash
# clang-format over every C++ file of the repository; the arguments say what it does (-i, or
# --dry-run -Werror). Where clang-format is not installed it says so and leaves the files alone, so that
# "npm run format" works on a machine without it; CI always has it.
set -euo pipefail
cd "$(dirname "$0")/.."
if ! command -v clang-format >/dev/null; then
  echo 'clang-format is not installed: C++ files were left alone' >&2
  exit 0
fi
git ls-files --cached --others --exclude-standard '*.cc' '*.h' | sort |
  xargs clang-format --style=file "$@"

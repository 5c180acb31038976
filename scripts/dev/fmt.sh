# usage: fmt [--check]           lay out the C++ sources (clang-format 19), or only say what is not
set -euo pipefail

find_clang_format() {
  local name
  for name in clang-format-19 clang-format; do
    if command -v "$name" >/dev/null && "$name" --version | grep -q 'version 19\.'; then
      echo "$name"
      return
    fi
  done
}

tool=$(find_clang_format)
if [ -z "$tool" ]; then
  bash scripts/dev/setup.sh lint
  tool=$(find_clang_format)
fi

mode=(-i)
if [ "${1:-}" = --check ]; then mode=(--dry-run --Werror); fi
git ls-files -co --exclude-standard -z -- '*.h' '*.cc' | xargs -0 -r "$tool" --style=file "${mode[@]}"

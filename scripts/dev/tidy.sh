# usage: tidy [--changed|FILE...]  clang-tidy over all sources, those that differ from main, or these
set -euo pipefail

bash scripts/dev/setup.sh tidy
[ -f build/dev/build.ninja ] || cmake --preset dev

if [ "${1:-}" = --changed ]; then
  base=$(git merge-base HEAD origin/main 2>/dev/null || git rev-parse main)
  mapfile -t files < <(git diff --name-only --diff-filter=d "$base" -- 'src/*.cc' 'apps/*.cc')
elif [ $# -gt 0 ]; then
  files=("$@")
else
  mapfile -t files < <(git ls-files -- 'src/*.cc' 'apps/*.cc')
fi
[ ${#files[@]} -gt 0 ] || { echo "tidy: no files"; exit 0; }
printf '%s\0' "${files[@]}" |
  xargs -0 -n 1 -P "${JOBS:-$(nproc)}" clang-tidy-19 -p build/dev --quiet

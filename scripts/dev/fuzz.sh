# usage: fuzz TARGET SECONDS | --smoke SECONDS  run a libFuzzer target of fuzz/, or each for its share of the time
#
# Starts from fuzz/corpus; what it finds interesting goes to .cache/fuzz, a crashing input to .cache/fuzz/crashes.
set -euo pipefail

# fuzz_for TARGET SECONDS
fuzz_for() {
  local target=$1 seconds=$2 found=.cache/fuzz/$1
  mkdir -p "$found" .cache/fuzz/crashes
  # A decode target learns from every format, the others from the folder that bears their name.
  local seeds=()
  if [ -d "fuzz/corpus/${target%_fuzzer}" ]; then
    seeds=("fuzz/corpus/${target%_fuzzer}")
  else
    seeds=(fuzz/corpus/*/)
  fi
  echo "== $target, $seconds s"
  "build/fuzz/bin/$target" -max_total_time="$seconds" -rss_limit_mb=2048 -timeout=25 -max_len=65536 \
    -artifact_prefix=.cache/fuzz/crashes/ -print_final_stats=1 -verbosity=0 "$found" "${seeds[@]}"
}

[ $# -eq 2 ] || { echo "fuzz: TARGET SECONDS or --smoke SECONDS" >&2; exit 2; }
mapfile -t targets < <(git ls-files -co --exclude-standard -- 'fuzz/*_fuzzer.cc' | sed 's|.*/||; s|\.cc$||')
if [ ${#targets[@]} -eq 0 ]; then
  echo "fuzz: there are no targets in fuzz/ yet"
  exit 0
fi

if [ "$1" = --smoke ]; then
  bash scripts/dev/build.sh fuzz "${targets[@]}"
  for target in "${targets[@]}"; do fuzz_for "$target" $(($2 / ${#targets[@]} + 1)); done
else
  bash scripts/dev/build.sh fuzz "$1"
  fuzz_for "$1" "$2"
fi

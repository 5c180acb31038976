# usage: bench prepare | search | embed | dedupe | compare REF | list [OPTION...]  ratios against peers, or against another commit (--help)
#
#   ./dev bench prepare [--files 500] [--size 640] [--data DIR] [--reps 9] [--cores 2] [--only SCENARIO,...]
#   ./dev bench search [--rows 1000000] [--hnsw-rows 100000] [--reps 9] [--only exact,hnsw,hashes]   beside faiss
#   ./dev bench embed [--files 500] [--data DIR] [--reps 9] [--cores 2] [--only fp32,int8]           beside Python, and the ideal
#   ./dev bench dedupe [--data DIR] [--reps 9]   copies of 40 photographs found again, beside imagehash
#   ./dev bench compare REF [the same options]   old and new binary in turns
#   ./dev bench list                             the scenarios
#
# Whole processes, interleaved, medians; needs at least 500 files and 9 rounds to mean something, and a quiet
# machine. Results are kept in .cache/bench/results, a JSON line a scenario, keyed by commit and machine.
set -euo pipefail

[ $# -gt 0 ] || set -- list
python=$(bash scripts/python_env.sh bench/venv bench/requirements.txt)
if [ "$1" = search ]; then
  bash scripts/dev/setup.sh bench
  bash scripts/dev/build.sh bench vector_search
elif [ "$1" = embed ]; then
  bash scripts/dev/setup.sh bench
  bash scripts/dev/build.sh release
elif [ "$1" = dedupe ]; then
  bash scripts/dev/build.sh release
elif [ "$1" != list ]; then
  bash scripts/dev/setup.sh bench
  bash scripts/dev/build.sh release
  bash scripts/dev/build.sh bench decode_floor
  cp bench/peers/prepare_sharp.mjs "$(bash scripts/sharp_env.sh)"
fi
export XDG_CONFIG_HOME=/nonexistent  # the default options are measured, not the developer's
exec "$python" bench/run_bench.py "$@"

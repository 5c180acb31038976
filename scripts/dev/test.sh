# usage: test [PATTERN...] | --all | --parity  build and run the tests: the fast ones, some, or more (--help)
#
#   ./dev test            everything but tests labelled slow, optimised build with assertions
#   ./dev test PATTERN    tests whose name matches the regular expression, slow ones included
#   ./dev test --all      slow ones too; then a minute of fuzzing, the thread sanitizer over what has threads,
#                         and the address and undefined behaviour sanitizers over everything fast
#   ./dev test --parity   our pixels against reference decoders and resizers (Python, needs the test pictures)
set -euo pipefail

jobs=${JOBS:-$(nproc)}

# run_tests PRESET CTEST-ARGUMENT...
run_tests() {
  local preset=$1
  shift
  bash scripts/dev/build.sh "$preset"
  ctest --test-dir "build/$preset" -j "$jobs" --output-on-failure --no-tests=error "$@"
}

case ${1:-} in
  '')
    run_tests relassert -LE '^slow$'
    ;;
  --all)
    run_tests relassert
    bash scripts/dev/fuzz.sh --smoke 60
    # The thread sanitizer's shadow memory does not fit every layout that the kernel may choose.
    fixed_layout=()
    if setarch "$(uname -m)" -R true 2>/dev/null; then fixed_layout=(setarch "$(uname -m)" -R); fi
    bash scripts/dev/build.sh tsan
    "${fixed_layout[@]}" ctest --test-dir build/tsan -j "$jobs" --output-on-failure \
      --no-tests=error -R '^(pipeline|engine|store|infer|jobs|telemetry|vectors)_test/'
    run_tests asan -LE '^slow$'
    ;;
  --parity)
    exec bash tests/parity/run.sh
    ;;
  -*)
    echo "test: no option '$1'; ./dev test --help" >&2
    exit 2
    ;;
  *)
    pattern=$(IFS='|'; echo "$*")
    run_tests relassert -R "$pattern"
    ;;
esac

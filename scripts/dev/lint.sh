# usage: lint                    layout, layers, names, file heads, shell scripts, corpora: everything but compiling
set -euo pipefail

bash scripts/dev/setup.sh lint
command -v python3 >/dev/null || bash scripts/dev/setup.sh build
failed=0

# complain RULE LINES: prints the lines under the rule, when there are any.
complain() {
  [ -n "$2" ] || return 0
  printf 'lint: %s\n' "$1"
  printf '%s\n' "$2" | sed 's/^/  /'
  failed=1
}

# Tracked and new files, not the ignored ones; peers are frozen copies.
files() {
  git ls-files -co --exclude-standard -- "$@" | grep -v '^bench/peers/' |
    while read -r file; do if [ -f "$file" ]; then echo "$file"; fi; done
}
# matches PATTERN FILE...: file:line:text of text files.
matches() { grep -nIPH -e "$1" "${@:2}" /dev/null || true; }

mapfile -t all < <(files)
mapfile -t sources < <(files '*.h' '*.cc')
mapfile -t headers < <(files '*.h')
mapfile -t library < <(files 'include/*.h' 'src/*.h' 'src/*.cc' | grep -vE '_(test|bench)\.cc$|^src/base/check')
mapfile -t texts < <(printf '%s\n' "${all[@]}" | grep -vE '^(LICENSE$|fuzz/corpus/|tests/fixtures/)')

bash scripts/dev/fmt.sh --check || failed=1
python3 scripts/dev/layers.py || failed=1

complain "a name that says nothing; name it by its noun" \
  "$(printf '%s\n' "${all[@]}" | grep -E '(^|[/_.-])(utils?|helpers|common|misc)([_./-]|$)' || true)"

heads=$(for f in "${sources[@]}"; do
  head -n 2 "$f" | grep -q 'SPDX-License-Identifier: Apache-2.0' || echo "$f"
done)
complain "no copyright and licence in the first two lines" "$heads"
# Highway's -inl.h are included once for each target.
complain "a header without #pragma once" \
  "$(grep -L '^#pragma once$' "${headers[@]}" /dev/null | grep -vE '^/dev/null$|-inl\.h$' || true)"

complain "white space at the end of a line" "$(matches '[ \t]+$' "${texts[@]}")"
complain "a tab in a C++ source" "$(matches '\t' "${sources[@]}")"
# What a terminal shows, and tests of text, may have other letters in their strings.
complain "not ASCII in a source of the library" "$(matches '[^\x00-\x7F]' "${library[@]}")"
unfinished=$(for f in "${texts[@]}"; do
  if [ -s "$f" ] && grep -qI . "$f" && [ -n "$(tail -c 1 "$f")" ]; then echo "$f"; fi
done)
complain "no newline at the end of the file" "$unfinished"

complain "the library prints, exits or reads the environment" \
  "$(matches '\b(std::cout|std::cerr|fmt::print|getenv|printf|fprintf|puts|exit|abort)\b\s*[(<]' "${library[@]}" | grep -vE ':\s*//' || true)"

complain "a path of one machine" "$(matches '(^|[^\w.])/(root|work|home|farm)/[A-Za-z.]' "${texts[@]}")"
complain "a package registry named by host" \
  "$(matches '(?i)(pypi|npmjs|debian|nodesource|pythonhosted|crates|maven)[.](org|io|com)' "${texts[@]}")"

# A job that users cannot read about does not exist for them.
jobs=$(grep -ohsP 'JobInfo kInfo\{"\K[a-z_]+' src/jobs/*.cc || true)
for job in $jobs; do
  grep -q "^| \`$job\` |" README.md || complain "a job without a row in README.md" "$job"
done

# A link in the documentation leads somewhere.
dead=$(for f in $(files '*.md'); do
  { grep -oP '\]\(\K[^)#:]+(?=[)#])' "$f" || true; } | while read -r link; do
    if [ ! -e "$(dirname "$f")/$link" ]; then echo "$f: $link"; fi
  done
done)
complain "a link to a file that is not there" "$dead"

if command -v shellcheck >/dev/null; then
  mapfile -t scripts < <(files dev '*.sh' .ci/run)
  shellcheck --shell=bash "${scripts[@]}" || failed=1
else
  echo "lint: shellcheck is not installed, shell scripts are not checked"
fi

# A format that reads hostile bytes has seeds for its fuzzer.
formats=$(sed -n 's/.*CodecRow{FileFormat::k\([A-Za-z0-9]*\),.*/\L\1/p' src/codec/registry.cc)
for format in $formats; do
  [ -n "$(files "fuzz/corpus/$format/*")" ] ||
    complain "a codec without a fuzz corpus" "$format: put small valid and broken files into fuzz/corpus/$format/"
done

if [ "$failed" -ne 0 ]; then exit 1; fi
echo "lint: ${#all[@]} files, nothing to say"

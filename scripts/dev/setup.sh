# usage: setup [GROUP...]        install what is missing of build, test, fuzz, python, bench, lint, tidy (Debian 12)
#
# Without a group: build and test. Quick, and needs no rights, when everything is there.
set -euo pipefail

[ $# -gt 0 ] || set -- build test
list=scripts/dev/packages.txt

if ! command -v dpkg-query >/dev/null; then
  echo "setup: not a Debian system; needed are the libraries of $list under this system's own names" >&2
  exit 0
fi

wanted=()
for group in "$@"; do
  grep -q "^$group " "$list" || { echo "setup: no group '$group' in $list" >&2; exit 2; }
  while read -r _ package substitute; do
    if [ -z "$substitute" ] || ! command -v "$substitute" >/dev/null; then wanted+=("$package"); fi
  done < <(grep "^$group " "$list")
done
# What comes from elsewhere, once the packages are there.
fetch_others() {
  local group
  for group in "$@"; do
    case $group in
      build) bash scripts/dev/onnxruntime.sh headers ;;
      test) bash scripts/dev/onnxruntime.sh library ;;
    esac
  done
}

installed=$(dpkg-query -W -f='${Package} ${db:Status-Status}\n' "${wanted[@]}" 2>/dev/null || true)
missing=()
for package in "${wanted[@]}"; do
  grep -q "^$package installed$" <<<"$installed" || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
  fetch_others "$@"
  exit 0
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then as_root=(sudo); fi
echo "setup: installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update -q
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
  apt-get install -q -y --no-install-recommends "${missing[@]}"
fetch_others "$@"

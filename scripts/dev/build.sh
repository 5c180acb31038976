# usage: build [PRESET] [TARGET...]  configure and build; PRESET is one of CMakePresets.json, relassert by default
#
# JOBS=n ./dev build limits the compilers that run at once.
set -euo pipefail

preset=relassert
if [ $# -gt 0 ] && grep -q "\"configurePreset\": \"$1\"" CMakePresets.json; then
  preset=$1
  shift
fi

case $preset in
  release | minimal) bash scripts/dev/setup.sh build ;;
  fuzz) bash scripts/dev/setup.sh build test fuzz ;;
  *) bash scripts/dev/setup.sh build test ;;
esac

folder=build/$preset
# CMake itself does not look at the presets again once it has configured.
if [ ! -f "$folder/build.ninja" ] || [ CMakePresets.json -nt "$folder/build.ninja" ]; then
  cmake --preset "$preset"
fi
exec ninja -C "$folder" -j "${JOBS:-$(nproc)}" "$@"

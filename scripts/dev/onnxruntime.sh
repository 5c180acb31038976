# usage: onnxruntime headers|library   puts ONNX Runtime's headers, or the library that tests load, into .cache/onnxruntime
#
# The headers are Debian's libonnxruntime-dev: of the system where it is installed (Debian 13 and later have it), else that
# one package of the testing suite of this machine's own mirror, unpacked and not installed. The library comes from PyPI's
# wheel: it is what users have.
set -euo pipefail

place=$PWD/.cache/onnxruntime

fetch_headers() {
  [ ! -e /usr/include/onnxruntime/onnxruntime_cxx_api.h ] || return 0
  [ ! -e "$place/include/onnxruntime/onnxruntime_cxx_api.h" ] || return 0
  command -v apt-get >/dev/null || {
    echo "onnxruntime: no apt-get here; install ONNX Runtime's headers (onnxruntime_cxx_api.h) and name their folder with" \
      "-DONNXRUNTIME_INCLUDE_DIR" >&2
    return 1
  }
  local mirror apt
  # shellcheck disable=SC2016  # apt's own variable
  mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | grep -v security | grep -m1 '/debian/\?$')
  apt=$(mktemp -d)
  # shellcheck disable=SC2064  # the folder of now
  trap "rm -rf '$apt'" EXIT
  mkdir -p "$apt/lists/partial" "$apt/archives/partial"
  local options=(-q -o "Dir::Etc::SourceList=$apt/sources.list" -o Dir::Etc::SourceParts=/dev/null
    -o "Dir::State::Lists=$apt/lists" -o "Dir::Cache=$apt" -o "APT::Sandbox::User=$(id -un)"
    -o Acquire::Languages=none -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false)
  for suite in testing stable; do
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" >"$apt/sources.list"
    echo "onnxruntime: fetching the headers of libonnxruntime-dev ($suite)"
    if apt-get "${options[@]}" update && (cd "$apt" && apt-get "${options[@]}" download libonnxruntime-dev); then
      mkdir -p "$place"
      dpkg-deb -x "$apt"/libonnxruntime-dev_*.deb "$apt/unpacked"
      rm -rf "$place/include"
      mv "$apt/unpacked/usr/include" "$place/include"
      return 0
    fi
  done
  echo "onnxruntime: $mirror has no libonnxruntime-dev in testing or stable" >&2
  return 1
}

fetch_library() {
  compgen -G "$place/lib/libonnxruntime.so.*" >/dev/null && return 0
  echo "onnxruntime: fetching the library of PyPI's onnxruntime"
  python3 -m venv "$place/venv"
  "$place/venv/bin/pip" install --quiet --disable-pip-version-check --no-deps onnxruntime
  mkdir -p "$place/lib"
  cp "$place"/venv/lib/python3*/site-packages/onnxruntime/capi/libonnxruntime*.so* "$place/lib/"
  rm -rf "$place/venv"
}

case "${1:-}" in
  headers) fetch_headers ;;
  library) fetch_library ;;
  *) echo "usage: ./dev onnxruntime headers|library" >&2; exit 2 ;;
esac

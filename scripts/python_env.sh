#!/usr/bin/env bash
# usage: scripts/python_env.sh NAME REQUIREMENTS.txt
#
# Makes .cache/NAME, a virtual environment with the pinned packages, unless it is there and up to date. Prints its python.
set -euo pipefail

folder=.cache/$1
requirements=$2
if ! cmp -s "$requirements" "$folder/requirements.txt"; then
  bash scripts/dev/setup.sh python >&2
  rm -rf "$folder"
  python3 -m venv "$folder" >&2
  "$folder/bin/python" -m pip install -q --disable-pip-version-check --only-binary=:all: -r "$requirements" >&2
  cp "$requirements" "$folder/requirements.txt"
fi
echo "$PWD/$folder/bin/python"

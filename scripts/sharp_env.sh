#!/usr/bin/env bash
# usage: scripts/sharp_env.sh
#
# Installs the peer sharp (bench/package.json pins it) into .cache/node, unless it is there. Prints that folder: node
# finds packages by the place of the script it runs, so scripts that use it are copied there.
set -euo pipefail

folder=.cache/node
if ! cmp -s bench/package.json "$folder/package.json"; then
  bash scripts/dev/setup.sh bench >&2
  mkdir -p "$folder"
  version=$(sed -n 's/.*"sharp": "\(.*\)".*/\1/p' bench/package.json)
  npm install --prefix "$folder" --no-audit --no-fund --loglevel=error "sharp@$version" >&2
  cp bench/package.json "$folder/package.json"
fi
echo "$PWD/$folder"

#!/usr/bin/env bash
# Behind ./dev test --parity: our pixels against reference programs, on the real test pictures.
#
# IMAGEMILL_BINARY names another binary than the one built here.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
if [ -z "${IMAGEMILL_BINARY:-}" ]; then
  bash scripts/dev/build.sh release
  export IMAGEMILL_BINARY=$PWD/build/release/bin/imagemill
fi
python=$(bash scripts/python_env.sh test-venv tests/parity/requirements.txt)
cp tests/parity/sharp_resize.mjs "$(bash scripts/sharp_env.sh)"
export XDG_CONFIG_HOME=/nonexistent  # the developer's own settings are no part of it
exec "$python" -m pytest -q -rs -p no:cacheprovider tests/parity "$@"

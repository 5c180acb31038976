# usage: ci                      what a change has to pass: lint, then the tests
set -euo pipefail
exec bash .ci/run

# usage: demo                    build the release binary, collect pictures, run every job on them, say where to look
set -euo pipefail

bash scripts/dev/build.sh release
python=$(bash scripts/python_env.sh demo-venv demo/requirements.txt)

wheels=.cache/demo-wheels
if ! compgen -G "$wheels/scikit_image-*.whl" >/dev/null; then
  "$python" -m pip download -q --no-deps --only-binary=:all: --dest "$wheels" scikit-image
fi
rm -rf demo/pictures demo/out
"$python" demo/make_pictures.py "$wheels"/scikit_image-*.whl demo/pictures

# Exit code 3: finished, and some items failed. Here some are meant to.
build/release/bin/imagemill run demo/pictures demo/out --no-config --jobs prepare,thumbs,quality,dedupe --prepare.size 640 ||
  [ $? -eq 3 ]
echo
echo "pictures  demo/pictures"
echo "output    demo/out"
echo "report    demo/out/.imagemill/report.html"

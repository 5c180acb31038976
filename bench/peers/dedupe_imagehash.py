#!/usr/bin/env python3
"""imagehash.phash of every picture of a folder, one after the other, as its readme does it.

usage: dedupe_imagehash.py FOLDER OUT.json   {"name": "16 hexadecimal digits"}
"""
import json
import pathlib
import sys

import imagehash
from PIL import Image, ImageOps

Image.MAX_IMAGE_PIXELS = None
hashes = {}
for path in sorted(pathlib.Path(sys.argv[1]).rglob("*")):
    if path.is_file():
        with Image.open(path) as image:
            hashes[path.relative_to(sys.argv[1]).as_posix()] = str(imagehash.phash(ImageOps.exif_transpose(image)))
pathlib.Path(sys.argv[2]).write_text(json.dumps(hashes))

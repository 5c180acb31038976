#!/usr/bin/env python3
# Copyright 2026 The Imagemill Authors
# SPDX-License-Identifier: Apache-2.0
"""An installed program finds its helper and the helper its codecs; nothing of the tests is there."""

import subprocess

from harness import *

GIF = (b"GIF89a\1\0\1\0\x80\0\0\xff\xff\xff\0\0\0" + b"\x2c\0\0\0\0\1\0\1\0\0" + b"\2\2\x44\1\0" +
       b"\x3b")


def main():
    args = arguments(__doc__, ("--build", {"type": Path, "required": True}))
    cmake = shutil.which("cmake")
    if cmake is None:
        skip("no cmake on the path")
    with WorkFolder(args) as folder:
        prefix = folder / "usr"
        subprocess.run([cmake, "--install", str(args.build), "--prefix", str(prefix)], check=True,
                       stdout=subprocess.DEVNULL)
        # Moved, so that it cannot find the build's.
        moved = prefix.rename(folder / "moved")
        tests = [str(p) for p in files_below(moved) if "test" in p.name]
        check(not tests, f"installed although for tests only: {tests}")
        source = folder / "in"
        source.mkdir()
        (source / "a.gif").write_bytes(GIF)
        (source / "b.png").write_bytes(png(20, 20, 1))
        for options in ([], ["--isolate"]):
            found = printed_json([moved / "bin/imagemill", "inspect", *options, source], EXIT_DONE)
            check(found["pictures"] == 2, f"{options}: {found}")


if __name__ == "__main__":
    main()

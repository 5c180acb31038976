#!/usr/bin/env python3
# Copyright 2026 The Imagemill Authors
# SPDX-License-Identifier: Apache-2.0
"""Runs into a full disk, makes room, and runs the same command again.

The output lies on a small tmpfs, filled up to leave more and more room, so that the disk is full
now for a picture, now for the run store, now for the last records. Mounting needs root.
"""

import os
import subprocess
import time

from harness import *

DISK_BYTES = 8 << 20
WORDS = ("No space left on device", "disk is full")


def fill(disk, leave):
    """A file that leaves about `leave` bytes of the disk."""
    free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
    (disk / "ballast").write_bytes(b"\0" * max(0, free - leave))


def test_kind(args, folder, disk, kind, steps):
    began = time.monotonic()
    name, options = OUTPUTS[kind]
    options = ["--group-items", "8", "--format", "png", *options]
    run(command(args.bin, [folder / "in"], folder / kind / name, *options), EXIT_SOME_FAILED)
    unbroken = Finished(folder / kind / name)
    output = disk / kind / name
    argv = command(args.bin, [folder / "in"], output, *options)
    full = 0
    for step in range(steps):
        output.parent.mkdir()
        leave = (4 << 10) + (step * (3 << 20)) // steps
        fill(disk, leave)
        what = f"{kind} with {leave} bytes left"
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, text=True, timeout=60)
        check(done.returncode in (EXIT_FAILED, EXIT_SOME_FAILED),
              f"{what}: exit code {done.returncode}: {done.stderr}")
        if done.returncode == EXIT_FAILED:
            full += 1
            check(any(words in done.stderr for words in WORDS),
                  f"{what}: the message does not say so: {done.stderr}")
        (disk / "ballast").unlink()
        run(argv, EXIT_SOME_FAILED)
        unbroken.check_equal(Finished(output), what)
        subprocess.run(["rm", "-rf", str(output.parent)], check=True)
    check(full * 4 >= steps, f"{kind}: the disk was full in {full} of {steps} runs only")
    timed(f"{kind}: full {full} times of {steps}", began)


def main():
    args = arguments(__doc__, ("--steps", {"type": int, "default": 12}))
    if os.geteuid() != 0:
        skip("mounting a small disk needs root")
    with WorkFolder(args) as folder:
        disk = folder / "disk"
        disk.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs",
                                  str(disk)], stderr=subprocess.PIPE, text=True)
        if mounted.returncode != 0:
            skip(f"cannot mount a small disk: {mounted.stderr.strip()}")
        try:
            make_pictures(folder / "in", 100, width=64, height=48)
            for kind in OUTPUTS:
                test_kind(args, folder, disk, kind, args.steps)
        finally:
            subprocess.run(["umount", str(disk)], check=False)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
# Copyright 2026 The Imagemill Authors
# SPDX-License-Identifier: Apache-2.0
"""Kills a run before every one of its system calls that change the disk, then resumes it.

strace delivers SIGKILL as the N-th call of a kind is entered, so the call does not happen: over all
kinds and all N this visits every state that the disk passes through. After the kill whatever the
store calls done must be there; after the same command once more everything must equal what an
unbroken run leaves.
"""

import collections
import random
import re
import shutil
import subprocess
import time

from harness import *

ITEMS = 50
CALLS = ("openat", "open", "creat", "write", "pwrite64", "writev", "pwritev", "rename", "renameat",
         "renameat2", "unlink", "unlinkat", "rmdir", "mkdir", "mkdirat", "fsync", "fdatasync",
         "syncfs", "ftruncate", "fallocate", "link", "linkat", "symlink", "symlinkat", "mmap",
         "flock", "exit_group")
CHANGING_OPEN = re.compile(r"O_CREAT|O_TRUNC")


def trace_argument(calls):
    return "trace=" + ",".join(calls)


def kill_points(argv, log):
    """(call, N) for every call that changes the disk. strace counts by thread, and so do we."""
    subprocess.run(["strace", "-f", "-qq", "-o", str(log), "-e", trace_argument(CALLS), *argv],
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=120)
    seen = collections.Counter()
    points = set()
    for line in log.read_text(errors="replace").splitlines():
        match = re.match(r"(\d+)\s+(\w+)\((.*)", line)
        if not match or "resumed>" in line:
            continue
        thread, call, rest = match.groups()
        if call not in CALLS:
            continue
        seen[thread, call] += 1
        if call.startswith("open") and not CHANGING_OPEN.search(rest):
            continue
        if call == "mmap" and "MAP_SHARED" not in rest:
            continue
        points.add((call, seen[thread, call]))
    check(len(points) > ITEMS, f"only {len(points)} calls traced: {sorted(points)[:9]}")
    return sorted(points)


def killed_run(argv, call, n):
    outcome = subprocess.run(
        ["strace", "-f", "-qq", "-o", "/dev/null", "-e", trace_argument([call]),
         "-e", f"inject={call}:signal=SIGKILL:when={n}", *argv],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=120)
    return outcome.returncode


def check_committed(output, kind, scratch, what):
    """What the store calls done is in the folder. (Archives are checked once they are whole.)"""
    for path, size in committed_outputs(output, scratch):
        if kind != "folder":
            continue
        file = output / path
        check(file.is_file() and file.stat().st_size == size,
              f"{what}: {path} is committed, but not there with {size} bytes")


def test_kind(args, folder, kind):
    began = time.monotonic()
    name, options = OUTPUTS[kind]
    output = folder / kind / name
    output.parent.mkdir()
    argv = command(args.bin, [folder / "in"], output, "--executor", "serial", "--threads", "1",
                   "--group-items", "8", "--format", "jpeg",
                   "--where", "item.width != 26", *options)
    run(argv, EXIT_SOME_FAILED)
    unbroken = Finished(output)
    remove_output(output)

    points = kill_points(argv, folder / "trace.log")
    chosen = points
    if not args.full and len(points) > args.sample:
        chosen = random.Random(args.seed).sample(points, args.sample)
    kills = 0
    for call, n in chosen:
        remove_output(output)
        what = f"{kind}: killed at {call} {n}"
        code = killed_run(argv, call, n)
        kills += code in (-9, 137)
        check_committed(output, kind, folder, what)
        run(argv, EXIT_SOME_FAILED)
        unbroken.check_equal(Finished(output), what)
        # A finished run that is run once more changes nothing.
        if n % 16 == 0:
            run(argv, EXIT_SOME_FAILED)
            unbroken.check_equal(Finished(output), what + ", run three times")
    check(kills * 10 >= len(chosen) * 8, f"{kind}: only {kills} of {len(chosen)} runs were killed")
    timed(f"{kind}: {kills} kills at {len(chosen)} of {len(points)} calls", began)


def main():
    args = arguments(__doc__, ("--sample", {"type": int, "default": 25}),
                     ("--full", {"action": "store_true"}), ("--seed", {"type": int, "default": 1}),
                     ("--kind", {"choices": list(OUTPUTS), "action": "append"}))
    if shutil.which("strace") is None:
        skip("strace is not installed")
    if subprocess.run(["strace", "-qq", "-o", "/dev/null", "true"],
                      stderr=subprocess.DEVNULL).returncode != 0:
        skip("strace may not trace here")
    with WorkFolder(args) as folder:
        make_pictures(folder / "in", ITEMS - 2)
        for kind in args.kind or OUTPUTS:
            test_kind(args, folder, kind)


if __name__ == "__main__":
    main()

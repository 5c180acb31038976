#!/usr/bin/env python3
# Copyright 2026 The Imagemill Authors
# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C: the first lets a run end in order within two seconds, the second ends it at once; the
same command goes on from there."""

import os
import signal
import subprocess
import time

from harness import *

SECONDS_TO_DRAIN = 2.0


def start(argv):
    # A process group of its own, as a shell gives it: Ctrl-C reaches the helpers as well.
    return subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                            stderr=subprocess.PIPE, text=True, start_new_session=True)


def wait_for_outputs(output, process):
    """Until the run has begun to write."""
    state = state_folder(output)
    deadline = time.monotonic() + 60
    while not any((state / "staging").glob("*")) and process.poll() is None:
        check(time.monotonic() < deadline, "no output in a minute")
        time.sleep(0.01)


def interrupt(argv, output, signals, delay):
    """Returns the seconds from the first signal to the end."""
    process = start(argv)
    wait_for_outputs(output, process)
    time.sleep(delay)
    began = time.monotonic()
    for sent in signals:
        try:
            os.killpg(process.pid, sent)
        except ProcessLookupError:
            break
        time.sleep(0.02)
    _, said = process.communicate(timeout=60)
    seconds = time.monotonic() - began
    check(process.returncode in (EXIT_CANCELLED, EXIT_SOME_FAILED),
          f"exit code {process.returncode}, expected {EXIT_CANCELLED}: {said}")
    if process.returncode == EXIT_CANCELLED and len(signals) == 1:
        strays = list((state_folder(output) / "staging").iterdir())
        check(not strays, f"staged files left after a run that ended in order: {strays[:3]}")
    return process.returncode == EXIT_CANCELLED, seconds


def test_kind(args, folder, kind):
    name, options = OUTPUTS[kind]
    output = folder / kind / name
    output.parent.mkdir()
    argv = command(args.bin, [folder / "in"], output, "--size", "800", "--enlarge", "true",
                   "--format", "jpeg", *options)
    run(argv, EXIT_SOME_FAILED)
    unbroken = Finished(output)
    for signals in ([signal.SIGINT], [signal.SIGTERM], [signal.SIGINT, signal.SIGINT]):
        remove_output(output)
        hit = 0
        slowest = 0.0
        for step in range(4):
            was_cancelled, seconds = interrupt(argv, output, signals, 0.1 * step)
            hit += was_cancelled
            slowest = max(slowest, seconds)
        check(hit > 0, "no run was interrupted at work: more pictures are needed")
        check(slowest < SECONDS_TO_DRAIN, f"{slowest:.2f} s to stop after {signals}")
        run(argv, EXIT_SOME_FAILED)
        unbroken.check_equal(Finished(output), f"{kind} after {signals}")
        print(f"{kind}: {len(signals)} x {signals[0].name}: {hit} interrupted, "
              f"slowest {slowest:.2f} s", flush=True)


def main():
    args = arguments(__doc__)
    with WorkFolder(args) as folder:
        make_pictures(folder / "in", 250, width=160, height=120)
        for kind in OUTPUTS:
            test_kind(args, folder, kind)


if __name__ == "__main__":
    main()

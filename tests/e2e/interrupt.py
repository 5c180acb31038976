#!/usr/bin/env python3
# Copyright 2026 The Imagemill Authors
# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C: the first lets a run end in order within two seconds, the second ends it at once; the
same command goes on from there."""

import os
import signal
import subprocess
import time
import zlib
from pathlib import Path

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


def slow_png(side):
    """A picture that takes seconds to decode: Paeth's filter over many pixels, in a small file."""
    packer = zlib.compressobj(1)
    row = b"\4" + b"\1" * (side * 3)
    body = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()
    return png_file(side, side, body)


def wait_for_work(process, seconds):
    """Until the process and its helpers have used so much processor time."""
    deadline = time.monotonic() + 60
    tick = os.sysconf("SC_CLK_TCK")
    while process.poll() is None:
        fields = Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        if (int(fields[11]) + int(fields[12])) / tick >= seconds:
            return
        check(time.monotonic() < deadline, "no work in a minute")
        time.sleep(0.01)


def test_slow_file(folder, name, program, picture, options, busy_seconds):
    """The first Ctrl-C does not wait for a file that takes long; it is not held against the file."""
    source, output = folder / name / "in", folder / name / "out"
    source.mkdir(parents=True)
    (source / picture[0]).write_bytes(picture[1])
    process = start(command(program, [source], output, "--size", "64", *options))
    if busy_seconds:
        wait_for_work(process, busy_seconds)
    else:
        time.sleep(1.5)  # a helper that sleeps uses no time that could be waited for
    check(process.poll() is None, f"{name}: over before it was interrupted: {process.returncode}")
    began = time.monotonic()
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=60)
    seconds = time.monotonic() - began
    check(process.returncode == EXIT_CANCELLED, f"{name}: exit code {process.returncode}: {said}")
    check(seconds < SECONDS_TO_DRAIN, f"{name}: {seconds:.2f} s to stop")
    rejects = (state_folder(output) / "rejects.jsonl").read_text()
    check(not rejects, f"{name}: a stopped item counts as failed: {rejects}")
    print(f"{name}: stopped in {seconds:.2f} s", flush=True)
    return source, output


def test_temporary_folder(args, folder, picture):
    """A command without an output takes its folder away; signals that were turned off stay off."""
    temporary = folder / "temporary"
    temporary.mkdir()
    (folder / picture[0]).write_bytes(picture[1])
    for ignored, sent in ((None, [signal.SIGHUP]), (signal.SIGINT, [signal.SIGINT, signal.SIGINT, signal.SIGTERM])):
        process = subprocess.Popen([args.bin, "inspect", folder / picture[0]], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
                                   env={**os.environ, "TMPDIR": str(temporary)},
                                   preexec_fn=lambda: ignored and signal.signal(ignored, signal.SIG_IGN))
        wait_for_work(process, 0.2)
        for one in sent:
            process.send_signal(one)
            time.sleep(0.02)
        code = process.wait(timeout=60)
        check(code == EXIT_CANCELLED, f"{sent}: exit code {code}")
        check(not list(temporary.iterdir()), f"{sent}: left behind: {list(temporary.iterdir())}")


def test_slow_files(args, folder):
    png_picture = ("slow.png", slow_png(15000))
    test_temporary_folder(args, folder, png_picture)
    test_slow_file(folder, "png", args.bin, png_picture, [], 0.5)
    if not (args.bin.parent / "imagemill-codec").exists():
        return
    test_slow_file(folder, "png isolated", args.bin, png_picture, ["--isolate"], 0)
    program = program_with_broken_codecs(args.bin, folder / "bin", "pnm")
    for words in ("sleep", "spin", "header-sleep"):
        source, output = test_slow_file(folder, words, program,
                                        ("slow.ppm", b"P6 " + words.encode()), [], 0)
    # The same command goes on: with the real codec the file is done.
    (source / "slow.ppm").write_bytes(b"P6 1 1 255\n123")
    run(command(args.bin, [source], output, "--size", "64"), EXIT_DONE)


def main():
    args = arguments(__doc__)
    with WorkFolder(args) as folder:
        test_slow_files(args, folder)
        make_pictures(folder / "in", 250, width=160, height=120)
        for kind in OUTPUTS:
            test_kind(args, folder, kind)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
# Copyright 2026 The Imagemill Authors
# SPDX-License-Identifier: Apache-2.0
"""A codec that hangs, crashes, eats memory or lies costs one item: the run names it and does all
others. The codecs that do so are put in the place of real ones, PNM's and with --isolate JPEG's."""

import json

from harness import *

CORRUPT, EXHAUSTED = "corrupt_input", "resource_exhausted"

# What the file says -> stage, code and a part of the message.
MISDEEDS = {
    "crash": ("read", CORRUPT, "SIGSEGV"),
    "header-sleep": ("read", EXHAUSTED, "took longer"),
    "sleep": ("decode", EXHAUSTED, "took longer"),
    "spin": ("decode", EXHAUSTED, "took longer"),
    "abort": ("decode", CORRUPT, "SIGABRT"),
    "exit": ("decode", CORRUPT, "exit status 7"),
    "leave": ("decode", CORRUPT, "exit status 0"),
    "memory": ("decode", EXHAUSTED, "memory"),
    "garbage": ("decode", CORRUPT, "senseless"),
    "lie short": ("decode", CORRUPT, "senseless"),
    "lie kind": ("decode", CORRUPT, "kind 99"),
    "lie order": ("decode", CORRUPT, "senseless"),
    "lie long": ("decode", CORRUPT, "bytes, expected at most"),
    "lie format": ("decode", CORRUPT, "another format"),
    "throw": ("decode", CORRUPT, "thrown"),
    "fail": ("decode", CORRUPT, "told to fail"),
}


def test_misdeeds(args, folder, family, signature, suffix, options):
    program = program_with_broken_codecs(args.bin, folder / "bin", family)
    source, output = folder / "in", folder / "out"
    make_pictures(source, 20)
    for words in MISDEEDS:
        (source / f"{words.replace(' ', '-')}{suffix}").write_bytes(signature + words.encode())
    for i in range(5):
        (source / f"good{i}{suffix}").write_bytes(signature + b"good")
    began = time.monotonic()
    run(command(program, [source], output, "--limit-seconds", "0.5", "--max-memory", "600M",
                "--threads", "2", *options), EXIT_SOME_FAILED)
    timed(f"{family}: {len(MISDEEDS)} misdeeds", began)

    rejects = {r["key"]: r for r in map(json.loads, (state_folder(output) / "rejects.jsonl")
                                        .read_text().splitlines())}
    wanted = {w: e for w, e in MISDEEDS.items() if not (args.sanitized and w == "memory")}
    for words, (stage, code, message) in wanted.items():
        reject = rejects.pop(f"in/{words.replace(' ', '-')}{suffix}", None)
        check(reject, f"{words}: no reject")
        seen = (reject["stage"], reject["code"])
        check(seen == (stage, code), f"{words}: {seen}, expected {(stage, code)}")
        check(message in reject["message"], f"{words}: says {reject['message']}")
    rejects.pop(f"in/memory{suffix}", None)
    # To the codec that misbehaves no file is broken.
    others = [] if family == "builtin" else ["in/broken.png"]
    check(list(rejects) == others, f"others failed: {rejects}")
    done = [p for p in output_files(output) if "good" in p]
    check(len(done) == 5, f"{len(done)} of 5 sound files of the same codec are done")
    check(len(output_files(output)) == 26 - len(others), "sound files are missing")


def main():
    args = arguments(__doc__, ("--sanitized", {"action": "store_true",
                                               "help": "helpers have no limit on memory"}))
    with WorkFolder(args) as folder:
        test_misdeeds(args, folder / "pnm", "pnm", b"P6 ", ".ppm", [])
        test_misdeeds(args, folder / "isolated", "builtin", b"\xff\xd8\xff ", ".jpg", ["--isolate"])


if __name__ == "__main__":
    main()

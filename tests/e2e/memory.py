#!/usr/bin/env python3
# Copyright 2026 The Imagemill Authors
# SPDX-License-Identifier: Apache-2.0
"""Memory is flat in the number of inputs, and stays below --max-memory whatever the inputs are."""

import json
import os

from harness import *
from hostile import progressive_jpeg, watched_run

MEMORY = 512 << 20
GROWTH = 1.1


def link_many(original, folder, count):
    """`count` names of one file; pictures cost a run the same whether they are equal or not."""
    for i in range(count):
        target = folder / f"{i // 100:04}" / f"{i:06}{original.suffix}"
        target.parent.mkdir(parents=True, exist_ok=True)
        os.link(original, target)


def one_file(folder):
    return files_below(folder / "0000")[0]


def peak_bytes(args, source, output, *options):
    """What the process says of itself (exact), and of it and its helpers together (sampled)."""
    argv = command(args.bin, [source], output, *options)
    code, said, peak, seconds = watched_run(argv, timeout=600)
    check(code == EXIT_DONE, f"exit code {code}: {said}")
    own = json.loads((state_folder(output) / "run.json").read_text())["peak_resident_bytes"]
    remove_output(output)
    return max(own, peak), seconds


def picture(args, folder, name, width, height, *options):
    """A picture with something in it, larger than Python makes them in good time."""
    source, output = folder / f"{name}-source", folder / f"{name}-made"
    source.mkdir()
    (source / "p.png").write_bytes(png(300, 200, 5))
    run(command(args.bin, [source], output, "--size", f"{width}x{height}", "--fit", "fill",
                *options), EXIT_DONE)
    return next(p for p in files_below(output) if p.stem == "p" and state_folder(output) not in p.parents)


def test_flat(args, folder):
    small = picture(args, folder, "small", 640, 480, "--format", "jpeg")
    peaks = {}
    for count in (args.inputs // 10, args.inputs):
        source = folder / f"{count}"
        # A shard holds its index until it is closed, so what is compared has equal shards.
        link_many(small, source, count)
        for name, options in (("folder", []), ("zip", []), (
                "webdataset", ["--layout", "webdataset", "--shard-entries", "1000"])):
            output = folder / OUTPUTS[name][0]
            peaks[name, count], seconds = peak_bytes(args, source, output, "--size", "320",
                                                     "--threads", "2", *options)
            print(f"{count} inputs to {name}: {peaks[name, count] / 2**20:.1f} MB, {seconds:.1f} s",
                  flush=True)
    for name in ("folder", "zip", "webdataset"):
        few, many = peaks[name, args.inputs // 10], peaks[name, args.inputs]
        check(many <= few * GROWTH, f"{name}: {many / few:.2f} of the memory for ten times the inputs")


def test_limit(args, folder):
    large = folder / "large"
    large.mkdir()
    progressive = large / "progressive.jpg"
    progressive.write_bytes(progressive_jpeg(6000, 4000, 3, 2))
    inputs = {
        "24 MP JPEG": picture(args, folder, "jpeg24", 6000, 4000, "--format", "jpeg"),
        "24 MP PNG": picture(args, folder, "png24", 6000, 4000, "--format", "png", "--png-level", "1"),
        "24 MP WebP": picture(args, folder, "webp24", 6000, 4000, "--format", "webp", "--quality", "50"),
        "24 MP TIFF": picture(args, folder, "tiff24", 6000, 4000, "--format", "tiff"),
        "24 MP progressive JPEG": progressive,
    }
    for name, original in inputs.items():
        source = folder / name.replace(" ", "-")
        link_many(original, source, args.large)
        for threads in (2, 8):
            for size in ([], ["--size", "640"]):
                if not size and "WebP" in name and not args.full:
                    continue  # minutes of encoding
                peak, seconds = peak_bytes(args, source, folder / "out", "--max-memory", "512M",
                                           "--threads", str(threads), *size)
                what = f"{name} {' '.join(size) or 'as it is'}, {threads} threads"
                print(f"{what}: {peak / 2**20:.0f} MB, {seconds:.1f} s", flush=True)
                check(peak <= MEMORY or args.look, f"{what}: {peak >> 20} MB, expected {MEMORY >> 20}")


def main():
    args = arguments(__doc__, ("--inputs", {"type": int, "default": 10_000}),
                     ("--large", {"type": int, "default": 12}),
                     ("--look", {"action": "store_true", "help": "go on above the limit"}),
                     ("--only", {"choices": ["flat", "limit"]}),
                     ("--full", {"action": "store_true"}))
    with WorkFolder(args) as folder:
        if args.only != "limit":
            test_flat(args, folder)
        if args.only != "flat":
            test_limit(args, folder)


if __name__ == "__main__":
    main()

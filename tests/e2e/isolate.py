#!/usr/bin/env python3
# Copyright 2026 The Imagemill Authors
# SPDX-License-Identifier: Apache-2.0
"""--isolate: decoding every format in helper processes changes nothing that a run leaves."""

import random

from harness import *


def run_job(args, job, source, output, *options, expected=EXIT_SOME_FAILED):
    return run([str(args.bin), *job, "--progress", "none", *options, str(source), str(output)],
               expected)


def make_inputs(args, folder):
    """Every format that is decoded in the process, whole, cut and damaged; one of the helpers'."""
    sources = folder / "sources"
    make_pictures(sources, 6, width=301, height=203)
    for kind in ("jpeg", "webp", "tiff", "png"):
        run_job(args, ["prepare"], sources, folder / "in" / kind, "--format", kind,
                "--metadata", "keep")
        shutil.rmtree(state_folder(folder / "in" / kind))
    noise = random.Random(7)
    for path in [p for p in files_below(folder / "in") if "0000" in p.name or "0001" in p.name]:
        content = path.read_bytes()
        path.with_stem(path.stem + "-cut").write_bytes(content[:len(content) * 2 // 3])
        damaged = bytearray(content)
        for _ in range(8):
            damaged[noise.randrange(len(content) // 3, len(content))] ^= 0x55
        path.with_stem(path.stem + "-damaged").write_bytes(damaged)
    (folder / "in" / "plain.ppm").write_bytes(b"P6 9 7 255\n" + bytes(9 * 7 * 3))
    (folder / "in" / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 and nothing more")


def test_jobs(args, folder):
    jobs = {
        "prepare": (["prepare"], ["--size", "100"]),
        "full": (["prepare"], ["--fail-on", "error", "--threads", "4"]),
        "thumbs": (["thumbs"], []),
        "quality": (["quality"], []),
        "all": (["run", "--jobs", "prepare,quality"], ["--prepare.size", "64"]),
        "small": (["prepare"], ["--size", "50", "--max-memory", "150M", "--executor", "serial"]),
    }
    for name, (job, options) in jobs.items():
        plain, isolated = folder / name, folder / f"{name}-isolated" / name
        run_job(args, job, folder / "in", plain, *options)
        isolated.parent.mkdir()
        run_job(args, job, folder / "in", isolated, *options, "--isolate")
        Finished(plain).check_equal(Finished(isolated), name)
        print(f"{name}: equal", flush=True)


def test_resume(args, folder):
    """It is no option of the results: a run goes on with it or without it."""
    output = folder / "resumed"
    unbroken = Finished(folder / "prepare")
    for option in (["--isolate"], [], ["--isolate"]):
        run_job(args, ["prepare"], folder / "in", output, "--size", "100", *option)
        unbroken.check_equal(Finished(output), f"resumed with {option}")


def test_inspect(args, folder):
    def inspect(*options):
        return printed_json([args.bin, "inspect", *options, folder / "in"], EXIT_SOME_FAILED)

    check(inspect() == inspect("--isolate"), "inspect: different reports")


def test_without_helper(args, folder):
    alone = folder / "alone"
    alone.mkdir()
    shutil.copy2(args.bin, alone / "imagemill")
    said = run([str(alone / "imagemill"), "prepare", "--isolate", str(folder / "in"),
                str(folder / "none")], EXIT_FAILED)
    check("imagemill-codec" in said, f"no word on the helper: {said}")
    check(not (folder / "none").exists(), "an output although nothing could be done")


def main():
    args = arguments(__doc__)
    with WorkFolder(args) as folder:
        make_inputs(args, folder)
        test_jobs(args, folder)
        test_resume(args, folder)
        test_inspect(args, folder)
        test_without_helper(args, folder)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
# Copyright 2026 The Imagemill Authors
# SPDX-License-Identifier: Apache-2.0
"""`imagemill embed` as a whole: rows do not depend on batch, threads, order or container, survive kills,
and are not worked out twice."""

import json
import random
import zipfile

from harness import *
from onnx_bytes import channel_means
from random_kills import kill_until_done

PICTURES = 60
BROKEN = 10  # every tenth


def make_heap(folder):
    for i in range(PICTURES):
        data = png(30 + i % 7, 20 + i % 5, i)
        (folder / f"{i:03}.png").write_bytes(data[:60] if i % BROKEN == BROKEN - 1 else data)


def stem_of(key):
    """Of a file, or of an archive's entry."""
    return Path(key.rsplit("!", 1)[-1]).stem


class Embed:
    def __init__(self, args, folder):
        self.bin = args.bin
        self.folder = folder
        self.model = folder / "means.onnx"
        self.model.write_bytes(channel_means(24))

    def argv(self, source, output, *options):
        return [str(self.bin), "embed", "--progress", "none", str(source), str(output),
                "--model", str(self.model), *map(str, options)]

    def rows(self, source, name, *options, cache="off"):
        """Picture's name -> vector, in the order of the store."""
        output = self.folder / name
        run(self.argv(source, output, "--cache", cache, *options), EXIT_SOME_FAILED)
        rows = {}
        for key, _, features, dims, *_ in store_rows(output)["rows_embed"]:
            check(len(features) == 4 * dims, f"{key}: {len(features)} bytes for {dims} numbers")
            stem = stem_of(key)
            check(stem not in rows, f"{name}: {stem} twice")
            rows[stem] = struct.unpack(f"<{dims}f", features)
        return rows


def check_same(expected, rows, what):
    check(rows.keys() == expected.keys(), f"{what}: {len(rows)} rows, expected {len(expected)}")
    worst = max(abs(a - b) for key in expected for a, b in zip(expected[key], rows[key]))
    check(worst <= 1e-4, f"{what}: rows differ by {worst}")


def test_rows(embed, heap):
    expected = embed.rows(heap, "one", "--batch", 1, "--threads", 1, "--executor", "serial")
    check(len(expected) == PICTURES - PICTURES // BROKEN, f"{len(expected)} rows")
    for batch in (1, 3, 8, 32, 0):
        for threads in (1, 2, 8):
            what = f"batch {batch}, {threads} threads"
            check_same(expected, embed.rows(heap, f"b{batch}t{threads}", "--batch", batch,
                                            "--threads", threads), what)
    check_same(expected, embed.rows(heap, "shuffled", "--shuffle", 5), "shuffled")
    for name in ("tuning", "tuned"):
        check_same(expected, embed.rows(heap, name, "--cache-size", 0, cache=embed.folder / "networks"), name)
    check(files_below(embed.folder / "networks/graphs"), "no network is kept")
    check(not files_below(Path(os.environ["IMAGEMILL_CACHE"])), "something is kept in spite of --cache off")
    packed = embed.folder / "heap.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for path in random.Random(3).sample(files_below(heap), PICTURES):
            archive.write(path, path.name)
    check_same(expected, embed.rows(packed, "zipped"), "from a ZIP")
    listed = embed.folder / "heap.txt"
    listed.write_text("".join(f"{p}\n" for p in random.Random(4).sample(files_below(heap), PICTURES)))
    check_same(expected, embed.rows(listed, "listed"), "from a list")
    return expected


def test_index(embed, heap):
    """Row by row the .npy and its index say the same as the store."""
    output = embed.folder / "one"
    npy = (output / "features.npy").read_bytes()
    vectors = npy[len(npy) - 4 * 3 * (PICTURES - PICTURES // BROKEN):]
    lines = (output / "features_index.csv").read_text().split()[1:]
    stored = store_rows(output)["rows_embed"]
    check(len(lines) == len(stored), f"{len(lines)} lines, {len(stored)} rows")
    by_key = {row[0]: row[2] for row in stored}
    for i, line in enumerate(lines):
        row, file, key, size, digest, status = line.split(",")
        check((int(row), file, status) == (i, "features.npy", "done"), line)
        check(by_key[key] == vectors[12 * i:12 * i + 12], f"{key} is not in row {i}")
        check(int(size) == (heap / Path(key).name).stat().st_size, line)
    rejects = (state_folder(output) / "rejects.jsonl").read_text().splitlines()
    check(len(rejects) == PICTURES // BROKEN, f"{len(rejects)} rejects")


def test_other_jobs(embed, heap, expected):
    output = embed.folder / "both"
    run([str(embed.bin), "run", "--progress", "none", str(heap), str(output), "--jobs",
         "prepare,embed,quality", "--prepare.size", "16", "--embed.model", str(embed.model),
         "--cache", "off"], EXIT_SOME_FAILED)
    rows = {Path(row[0]).stem: struct.unpack("<3f", row[2])
            for row in store_rows(output)["rows_embed"]}
    check_same(expected, rows, "beside prepare and quality")  # PNG: decoded in full either way


def test_kills(args, embed, heap, expected):
    chance = random.Random(args.seed)
    output = embed.folder / "killed"
    options = ["--group-items", "4", "--batch", "4", "--cache", "off"]
    whole = embed.folder / "unbroken"
    began = time.monotonic()
    run(embed.argv(heap, whole, *options), EXIT_SOME_FAILED)
    longest = 1.2 * (time.monotonic() - began)
    kills = 0
    while kills < args.kills:
        remove_output(output)
        kills += kill_until_done(embed.argv(heap, output, *options), longest, args.kills - kills,
                                 chance)
        run(embed.argv(heap, output, *options), EXIT_SOME_FAILED)
        Finished(whole).check_equal(Finished(output), f"after {kills} kills")
    print(f"{kills} kills")


def test_known(embed, heap, expected):
    """The second time nothing is worked out: not even the runtime is loaded."""
    library = Path(os.environ["IMAGEMILL_ONNXRUNTIME"])
    copy = embed.folder / "ort"
    copy.mkdir()
    original = next(p for p in sorted(library.glob("libonnxruntime.so*")) if not p.is_symlink())
    shutil.copy2(original, copy / original.name)
    cache = embed.folder / "cache"
    arguments = ["--onnxruntime", copy]
    first = embed.rows(heap, "first", *arguments, cache=cache)
    check_same(expected, first, "with an empty cache")
    stat = (copy / original.name).stat()
    with open(copy / original.name, "r+b") as file:
        file.write(b"\0" * stat.st_size)  # whoever loads this fails
    os.utime(copy / original.name, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    moved = embed.folder / "moved"
    shutil.copytree(heap, moved / "deep")
    for path in (moved / "deep").iterdir():
        path.rename(path.with_name("x" + path.name))
    second = embed.rows(moved, "second", *arguments, cache=cache)
    check({name[1:]: row for name, row in second.items()} == first, "rows of renamed files differ")
    reused = json.loads((embed.folder / "second/.imagemill/run.json").read_text())["results_reused"]
    check(reused == len(first), f"{reused} results reused, expected {len(first)}")
    said = run(embed.argv(heap, embed.folder / "third", *arguments, "--cache", "off"), EXIT_FAILED)
    check("ONNX Runtime" in said, f"the library was to be unusable: {said}")


def main():
    args = arguments(__doc__, ("--kills", {"type": int, "default": 20}),
                     ("--seed", {"type": int, "default": 1}))
    need_onnxruntime()
    with WorkFolder(args) as folder:
        embed = Embed(args, folder)
        heap = folder / "heap"
        heap.mkdir()
        make_heap(heap)
        expected = test_rows(embed, heap)
        test_index(embed, heap)
        test_other_jobs(embed, heap, expected)
        test_known(embed, heap, expected)
        test_kills(args, embed, heap, expected)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
# Copyright 2026 The Imagemill Authors
# SPDX-License-Identifier: Apache-2.0
"""Hostile input: fuzzing corpora, crash reproducers, zip-slip archives, and bombs made here.

Whatever comes in: no crash, exit code 3 (0 where nothing fails), every reject with stage, code and
message, nothing written outside the output, memory and time within their limits.
"""

import io
import json
import os
import struct
import subprocess
import tarfile
import threading
import time
import zipfile
import zlib

from harness import *

MEMORY = 512 << 20
SECONDS_PER_FILE = 10


class MemoryWatch:
    """Most memory that a process and its children held together, in bytes, sampled. Proportional
    set size: what two of them share (libraries, the pixels a helper hands over) counts once."""

    def __init__(self, pid):
        self.pid = pid
        self.peak = 0
        self.done = threading.Event()
        self.thread = threading.Thread(target=self.watch)
        self.thread.start()

    def watch(self):
        while not self.done.wait(0.02):
            self.peak = max(self.peak, sum(self.resident(pid) for pid in self.tree()))

    def tree(self):
        todo, out = [self.pid], []
        while todo:
            pid = todo.pop()
            out.append(pid)
            try:
                for task in os.listdir(f"/proc/{pid}/task"):
                    with open(f"/proc/{pid}/task/{task}/children") as children:
                        todo += [int(child) for child in children.read().split()]
            except (FileNotFoundError, ProcessLookupError):
                pass
        return out

    @staticmethod
    def resident(pid):
        try:
            with open(f"/proc/{pid}/smaps_rollup") as rollup:
                for line in rollup:
                    if line.startswith("Pss:"):
                        return int(line.split()[1]) << 10
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            pass
        return 0

    def stop(self):
        self.done.set()
        self.thread.join()
        return self.peak


def watched_run(argv, timeout):
    """(exit code, standard error, peak bytes, seconds)"""
    began = time.monotonic()
    process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, text=True, errors="replace")
    watch = MemoryWatch(process.pid)
    try:
        _, said = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise AssertionError(f"still at work after {timeout} s: {' '.join(argv)}") from None
    finally:
        peak = watch.stop()
    return process.returncode, said, peak, time.monotonic() - began


def check_rejects(output):
    path = state_folder(output) / "rejects.jsonl"
    if not path.exists():
        return []
    rejects = [json.loads(line) for line in path.read_text().splitlines()]
    for reject in rejects:
        for name in ("key", "stage", "code", "message"):
            check(reject.get(name), f"{output}: a reject without {name}: {reject}")
    internal = [r for r in rejects if r["code"] == "internal"]
    check(not internal, f"{output}: rejected for a bug of ours: {internal[:3]}")
    return rejects


class Hostile:
    def __init__(self, args, folder):
        self.args = args
        self.folder = folder
        self.runs = 0
        self.slowest = (0.0, "")
        self.largest = (0, "")

    def try_input(self, source, timeout, codes=(EXIT_DONE, EXIT_SOME_FAILED)):
        # Deep enough that "../" a few times stays in sight.
        cage = self.folder / "cage"
        output = cage / "a/b/c/out"
        subprocess.run(["rm", "-rf", str(cage)], check=True)
        output.parent.mkdir(parents=True)
        argv = command(self.args.bin, [source], output, "--max-memory", "512M", "--size", "320",
                       "--format", "jpeg", *self.args.option)
        code, said, peak, seconds = watched_run(argv, timeout)
        what = f"{source.name}: "
        check(code in codes, f"{what}exit code {code}: {said}")
        strays = [p for p in files_below(cage) if output not in p.parents]
        check(not strays, f"{what}wrote outside the output: {strays}")
        rejects = check_rejects(output)
        if code == EXIT_SOME_FAILED:
            check(rejects, f"{what}exit code 3 without a reject")
        if not self.args.sanitized:
            check(peak <= MEMORY, f"{what}{peak >> 20} MB resident, expected {MEMORY >> 20}")
        self.runs += 1
        self.slowest = max(self.slowest, (seconds, source.name))
        self.largest = max(self.largest, (peak, source.name))
        return rejects

    def try_alone(self, source, **keywords):
        limit = SECONDS_PER_FILE
        return self.try_input(source, limit * (10 if self.args.sanitized else 1), **keywords)

    def report(self, what):
        print(f"{what}: {self.runs} runs, slowest {self.slowest[0]:.1f} s ({self.slowest[1]}), "
              f"most memory {self.largest[0] >> 20} MB ({self.largest[1]})", flush=True)


def jpeg_segment(marker, body):
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def progressive_jpeg(width, height, components, scans):
    """A JPEG without content: all blocks are zero. Each scan after the first says so in a few
    bytes, and costs a decoder a walk over every coefficient."""
    out = b"\xff\xd8" + jpeg_segment(0xDB, b"\0" + b"\x10" * 64)
    frame = struct.pack(">BHHB", 8, height, width, components)
    frame += b"".join(bytes((c + 1, 0x11, 0)) for c in range(components))
    out += jpeg_segment(0xC2, frame)
    one_code = b"\x01" + b"\0" * 15
    out += jpeg_segment(0xC4, b"\x00" + one_code + b"\x00")  # DC: difference 0
    out += jpeg_segment(0xC4, b"\x10" + one_code + b"\xe0")  # AC: a run of empty blocks
    blocks = -(-width // 8) * -(-height // 8)
    first = bytes((components,)) + b"".join(bytes((c + 1, 0)) for c in range(components))
    out += jpeg_segment(0xDA, first + b"\0\0\0") + b"\0" * (blocks * components // 8 + 1)
    bits = ("0" + "1" * 14) * (blocks // 32767 + 1)
    bits += "1" * (-len(bits) % 8)
    run = int(bits, 2).to_bytes(len(bits) // 8, "big").replace(b"\xff", b"\xff\0")
    scan = jpeg_segment(0xDA, b"\x01\x01\x00\x01\x3f\x00") + run
    return out + scan * scans + b"\xff\xd9"


def bmp_header(width, height):
    return (b"BM" + struct.pack("<IHHI", 54 + 1000, 0, 0, 54) +
            struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0) + b"\0" * 1000)


def tiff_header(width, height):
    entries = [(256, 4, width), (257, 4, height), (258, 3, 8), (259, 3, 1), (262, 3, 1),
               (273, 4, 200), (277, 3, 1), (278, 4, height), (279, 4, width * height)]
    ifd = struct.pack("<H", len(entries))
    for tag, kind, value in entries:
        ifd += struct.pack("<HHII", tag, kind, 1, value & 0xFFFFFFFF)
    return b"II*\0" + struct.pack("<I", 8) + ifd + b"\0" * 400


def overlapping_zip():
    """Two entries of the directory that share one entry's bytes."""
    store = io.BytesIO()
    with zipfile.ZipFile(store, "w") as archive:
        archive.writestr("a.png", png(9, 9, 1))
        archive.writestr("b.png", png(9, 9, 2))
    data = bytearray(store.getvalue())
    second = data.rfind(b"PK\1\2")
    struct.pack_into("<I", data, second + 42, 0)
    return bytes(data)


def many_members_zip(count):
    """A directory of more members than an archive may have, all empty and all at one place."""
    record = struct.pack("<4s6H3I5H2I", b"PK\1\2", 20, 20, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0,
                         0) + b"a"
    local = struct.pack("<4s5H3I2H", b"PK\3\4", 20, 0, 0, 0, 0, 0, 0, 0, 1, 0) + b"a"
    size = len(record) * count
    end64 = struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, size, len(local))
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, len(local) + size, 1)
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    return local + record * count + end64 + locator + end


def zip_of(members):
    store = io.BytesIO()
    with zipfile.ZipFile(store, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return store.getvalue()


def tar_of(members):
    store = io.BytesIO()
    with tarfile.open(fileobj=store, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for name, content in members:
            info = tarfile.TarInfo(name)
            if isinstance(content, str):
                info.type, info.linkname = tarfile.SYMTYPE, content
                archive.addfile(info)
            else:
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
    return store.getvalue()


def big_png(side):
    """A sound picture of one colour, as small as zlib makes it."""
    packer = zlib.compressobj(9)
    row = b"\0" * (1 + side * 3)
    body = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()
    return png_file(side, side, body)


REFUSED = -1  # as a whole: one reject, of the archive's own name


def bombs():
    """Name -> content, and how many rejects there must be (None: some or none)."""
    good = png(16, 16, 3)
    escapes = [("../evil.png", good), ("../../../evil.png", good), ("/tmp/imagemill-evil.png", good),
               ("a/../../evil.png", good), ("good.png", good)]
    return {
        "header.png": (png_file(31623, 31623, zlib.compress(b"\0" * 100)), 1),
        "header.tiff": (tiff_header(31623, 31623), 1),
        "header.bmp": (bmp_header(31623, 31623), 1),
        "sides.bmp": (bmp_header(2**31 - 1, -(2**31)), 1),
        "coefficients.jpg": (progressive_jpeg(16000, 16000, 3, 1), 1),
        "scans.jpg": (progressive_jpeg(8000, 8000, 1, 1000), 1),
        "flat.png": (big_png(12000), None),
        "overlap.zip": (overlapping_zip(), REFUSED),
        "directory.zip": (b"PK\3\4 and no directory", REFUSED),
        "members.zip": (many_members_zip(1_100_000), REFUSED),
        "noise.tgz": (b"\x1f\x8b" + b"no gzip" * 100, REFUSED),
        "ratio.zip": (zip_of([("zeros.png", b"\0" * (300 << 20)), ("good.png", good)]), 1),
        "nested.zip": (zip_of([("inner.zip", zip_of([("x.png", good)])), ("good.png", good)]), None),
        "slip.zip": (zip_of(escapes), None),
        "slip.tar": (tar_of([*escapes, ("link.png", "/etc/passwd"), ("up", "../.."),
                             ("up/evil.png", good)]), None),
        # Names that cannot be written side by side, or not at all.
        "names.zip": (zip_of([("a.jpg", good), ("a.jpg/b.jpg", good), ("c.png", good),
                              ("c.jpg/d.png", good), ("n" * 250 + ".png", good),
                              ("n" * 300 + ".png", good), (".imagemill/run.png", good),
                              ("/".join(["deep"] * 1000) + "/e.png", good),
                              ("con\ttrol\n.png", good)]), 2),
    }


def try_bombs(args, folder):
    hostile = Hostile(args, folder)
    place = folder / "bombs"
    place.mkdir(exist_ok=True)
    for name, (content, rejects) in bombs().items():
        (place / name).write_bytes(content)
        expected = 1 if rejects == REFUSED else rejects
        seen = hostile.try_alone(place / name)
        check(expected is None or len(seen) == expected,
              f"{name}: {len(seen)} rejects, expected {expected}: {seen}")
        check(rejects != REFUSED or seen[0]["key"] == name, f"{name}: reject named {seen}")
        if args.verbose:
            print(name, [(r["stage"], r["code"], r["message"][:90]) for r in seen], flush=True)
    check(not os.path.exists("/tmp/imagemill-evil.png"), "slip: wrote to /tmp")
    hostile.report(f"bombs {' '.join(args.option)}")


def try_refused_beside_others(args, folder):
    """A refused archive costs nobody else anything; what is not there is the user's to mend."""
    place = folder / "beside"
    good = place / "good"
    good.mkdir(parents=True)
    (good / "a.png").write_bytes(png(16, 16, 3))
    refused = place / "overlap.zip"
    refused.write_bytes(overlapping_zip())
    output = place / "out"
    run(command(args.bin, [refused, good], output), EXIT_SOME_FAILED)
    rejects = check_rejects(output)
    check([r["key"] for r in rejects] == ["overlap.zip"], f"rejects: {rejects}")
    check((output / "good/a.png").exists(), "the other input was not done")
    said = run(command(args.bin, [place / "absent.zip", good], place / "none"), EXIT_FAILED)
    check("absent.zip" in said, f"unclear: {said}")
    check(not (place / "none").exists(), "an output although an input is missing")


def try_corpus(args, folder, data):
    hostile = Hostile(args, folder)
    files = sorted(p for p in data.iterdir() if p.is_file())
    rejects = hostile.try_input(data, timeout=300 * (10 if args.sanitized else 1))
    hostile.report(f"{len(files)} files as one folder, {len(rejects)} rejected")
    for path in files:
        hostile.try_alone(path)
    hostile.report("each file as an input of its own")


def main():
    args = arguments(__doc__, ("--data", {"type": Path}),
                     ("--sanitized", {"action": "store_true",
                                      "help": "a sanitizer's build: memory and time are its own"}),
                     ("--verbose", {"action": "store_true"}),
                     ("--option", {"action": "append", "default": [],
                                   "help": "passed on, as --option=--threads=4"}))
    with WorkFolder(args) as folder:
        try_bombs(args, folder)
        try_refused_beside_others(args, folder)
        if (args.bin.parent / "imagemill-codec").exists():
            args.option.append("--isolate")
            try_bombs(args, folder)
            args.option.remove("--isolate")
        root = os.environ.get("IMAGEMILL_TEST_DATA",
                              Path(__file__).resolve().parents[2] / "../shared/data")
        data = args.data or Path(root) / "hostile"
        if not data.is_dir():
            print("the corpus of hostile files is not here: bombs alone")
            return
        try_corpus(args, folder, data)


if __name__ == "__main__":
    main()

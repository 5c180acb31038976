# Copyright 2026 The Imagemill Authors
# SPDX-License-Identifier: Apache-2.0
"""What the whole-run tests share: small pictures, runs, and comparing what runs leave behind."""

import argparse
import atexit
import hashlib
import json
import os
import random
import shutil
import sqlite3
import struct
import subprocess
import sys
import tempfile
import time
import zlib
from pathlib import Path

# Whatever settings the developer has are no part of a test, nor what earlier runs kept.
os.environ["XDG_CONFIG_HOME"] = "/nonexistent"
os.environ["IMAGEMILL_CACHE"] = tempfile.mkdtemp(prefix="imagemill-cache-")
atexit.register(shutil.rmtree, os.environ["IMAGEMILL_CACHE"], ignore_errors=True)

# Where ./dev put ONNX Runtime, unless the developer says something else.
os.environ.setdefault("IMAGEMILL_ONNXRUNTIME",
                      str(Path(__file__).resolve().parents[2] / ".cache" / "onnxruntime" / "lib"))

SKIPPED = 77  # ctest's SKIP_RETURN_CODE
EXIT_DONE, EXIT_FAILED, EXIT_USAGE, EXIT_SOME_FAILED, EXIT_CANCELLED = 0, 1, 2, 3, 130


def arguments(description, *options):
    """Parses the command line; `options` are (name, keywords) of the script's own."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--bin", required=True, type=Path, help="the imagemill binary")
    parser.add_argument("--keep", action="store_true", help="leave the working folder")
    for name, keywords in options:
        parser.add_argument(name, **keywords)
    args = parser.parse_args()
    args.bin = args.bin.resolve()
    return args


def skip(why):
    print(f"skipped: {why}")
    sys.exit(SKIPPED)


class WorkFolder:
    """A folder of the test's own, removed at the end unless --keep was given or the test failed."""

    def __init__(self, args, parent=None):
        self.keep = args.keep
        self.path = Path(tempfile.mkdtemp(prefix="imagemill-e2e-", dir=parent))

    def __enter__(self):
        return self.path

    def __exit__(self, kind, *_):
        if self.keep or (kind is not None and kind is not SystemExit):
            print(f"left in place: {self.path}")
        else:
            shutil.rmtree(self.path, ignore_errors=True)


def png(width, height, seed):
    """A truecolour picture: soft gradients with a little noise, different for every seed."""
    noise = random.Random(seed)
    r0, g0, b0 = (noise.randrange(256) for _ in range(3))
    rows = []
    for y in range(height):
        row = bytearray(b"\0")
        for x in range(width):
            grain = noise.randrange(8)
            row += bytes(((r0 + x + grain) & 255, (g0 + y) & 255, (b0 + x + y + grain) & 255))
        rows.append(bytes(row))
    return png_file(width, height, zlib.compress(b"".join(rows), 1))


def png_chunk(kind, body):
    return (struct.pack(">I", len(body)) + kind + body +
            struct.pack(">I", zlib.crc32(kind + body)))


def png_file(width, height, idat, depth=8, colour=2):
    return (b"\x89PNG\r\n\x1a\n" +
            png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)) +
            png_chunk(b"IDAT", idat) + png_chunk(b"IEND", b""))


def make_pictures(folder, count, width=24, height=16, per_folder=20):
    """PNG files below `folder`, and two that are no pictures: one skipped, one that fails."""
    for i in range(count):
        path = folder / f"{i // per_folder:02}" / f"{i:04}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(png(width + i % 5, height + i % 3, i))
    (folder / "note.txt").write_bytes(b"no picture\n")
    (folder / "broken.png").write_bytes(png(8, 8, 1)[:20])


def command(binary, inputs, output, *options):
    return [str(binary), "prepare", "--progress", "none", *options,
            *[str(i) for i in inputs], str(output)]


def printed(argv, expected, **keywords):
    """Runs to the end and checks the exit code. Returns standard output and standard error."""
    keywords.setdefault("timeout", 300)
    argv = [os.fsdecode(word) if isinstance(word, bytes) else str(word) for word in argv]
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          errors="replace", **keywords)
    if isinstance(expected, int):
        expected = (expected,)
    check(done.returncode in expected,
          f"exit code {done.returncode}, expected {expected}: {' '.join(argv)}\n"
          f"{done.stdout[-2000:]}{done.stderr}")
    return done.stdout, done.stderr


def run(argv, expected, **keywords):
    """The same for what prints nothing that matters; returns standard error."""
    return printed(argv, expected, **keywords)[1]


def printed_json(argv, expected, **keywords):
    """What a program makes for programs."""
    return json.loads(printed([*argv, "--json"], expected, **keywords)[0])


def need_onnxruntime():
    library = os.environ["IMAGEMILL_ONNXRUNTIME"]
    if not Path(library).exists():
        skip(f"no ONNX Runtime at {library}: ./dev setup test puts it there")


def check(condition, message):
    if not condition:
        raise AssertionError(message)


def state_folder(output):
    return Path(f"{output}.imagemill") if output.suffix == ".zip" else output / ".imagemill"


def sha(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def files_below(folder):
    return sorted(Path(base) / name for base, _, names in os.walk(folder) for name in names)


def output_files(output):
    """Name -> hash of everything a user sees."""
    if output.suffix == ".zip":
        beside = output.parent.glob(output.name + "*")
        return {p.name: sha(p) for p in sorted(beside) if p.is_file()}
    state = state_folder(output)
    return {str(p.relative_to(output)): sha(p)
            for p in files_below(output) if state not in p.parents}


def store_rows(output):
    """Every row of every table of the run store, in the order of the tables' keys."""
    store = sqlite3.connect(f"file:{state_folder(output) / 'run.sqlite'}?immutable=1",
                            uri=True)
    try:
        tables = [t for (t,) in store.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")]
        return {t: sorted(store.execute(f'SELECT * FROM "{t}"'), key=repr) for t in tables}
    finally:
        store.close()


def committed_outputs(output, scratch):
    """(path, bytes) that the store says are there, from a copy: looking must not mend anything."""
    store = state_folder(output) / "run.sqlite"
    if not store.exists():
        return []
    for suffix in ("", "-wal"):
        there = Path(f"{store}{suffix}")
        copy = scratch / f"copy.sqlite{suffix}"
        copy.unlink(missing_ok=True)
        if there.exists():
            shutil.copyfile(there, copy)
    (scratch / "copy.sqlite-shm").unlink(missing_ok=True)
    copy = sqlite3.connect(scratch / "copy.sqlite")
    try:
        if not copy.execute("SELECT 1 FROM sqlite_schema WHERE name = 'outputs'").fetchone():
            return []
        return copy.execute("SELECT path, bytes FROM outputs").fetchall()
    finally:
        copy.close()


class Finished:
    """What a finished run left, for comparing."""

    def __init__(self, output):
        self.files = output_files(output)
        self.rejects = (state_folder(output) / "rejects.jsonl").read_text()
        self.strays = [str(p) for p in files_below(state_folder(output))
                       if p.name not in ("run.sqlite", "run.sqlite.lock", "rejects.jsonl",
                                         "run.json", "report.html")]
        self.rows = store_rows(output)

    def check_equal(self, other, what):
        """`self` is of the unbroken run."""
        check(not other.strays, f"{what}: left behind: {other.strays}")
        missing = sorted(self.files.keys() - other.files.keys())
        extra = sorted(other.files.keys() - self.files.keys())
        changed = sorted(k for k in self.files.keys() & other.files.keys()
                         if self.files[k] != other.files[k])
        check(not (missing or extra or changed),
              f"{what}: missing {missing[:5]}, extra {extra[:5]}, different {changed[:5]}")
        for table in sorted(self.rows.keys() | other.rows.keys()):
            ours, theirs = self.rows.get(table), other.rows.get(table)
            check(ours == theirs, f"{what}: table {table} differs:\n"
                  f"  lost {[r for r in ours or [] if r not in (theirs or [])][:3]}\n"
                  f"  new  {[r for r in theirs or [] if r not in (ours or [])][:3]}")
        check(self.rejects == other.rejects, f"{what}: rejects.jsonl differs")


def program_with_broken_codecs(binary, folder, *families):
    """A copy of the program in `folder` whose codecs of `families` are the ones that misbehave as a
    file tells them (apps/codec_host/test_family.cc). Returns its path."""
    place = binary.parent
    misbehaving = place / "imagemill-codec-test.so"
    if not misbehaving.exists():
        skip(f"{misbehaving} was not built")
    folder.mkdir(parents=True)
    # Copies, not links: each program looks for the next beside itself.
    for name in ("imagemill", "imagemill-codec"):
        shutil.copy2(place / name, folder / name)
    for module in place.glob("imagemill-codec-*.so"):
        (folder / module.name).symlink_to(module)
    for family in families:
        module = folder / f"imagemill-codec-{family}.so"
        module.unlink()
        module.symlink_to(misbehaving)
    return folder / "imagemill"


def remove_output(output):
    for path in output.parent.glob(output.name + "*"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()


OUTPUTS = {  # kind -> (name of the output, options)
    "folder": ("out", []),
    "zip": ("out.zip", []),
    "webdataset": ("shards", ["--layout", "webdataset", "--shard-entries", "20"]),
}


def run_tests(tests, *words):
    """One after the other, and how long each took."""
    for test in tests:
        began = time.monotonic()
        test(*words)
        timed(test.__name__, began)


def timed(what, began):
    print(f"{what}: {time.monotonic() - began:.1f} s", flush=True)

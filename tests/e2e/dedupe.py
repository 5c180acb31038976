#!/usr/bin/env python3
# Copyright 2026 The Imagemill Authors
# SPDX-License-Identifier: Apache-2.0
"""Copies found again, none that are no copies, and nothing lost when they are put aside.

The pictures are made here, as PNG files; bench/dedupe.py does the like with photographs."""

import csv
import hashlib
import json
import os
import random
import signal
import subprocess
import time
import zlib

from harness import (EXIT_DONE, EXIT_SOME_FAILED, EXIT_USAGE, WorkFolder, arguments, check,
                     files_below, png_file, run, timed)

SCENES = 40


class Scene:
    """Smooth blobs of grey at places that depend on the seed."""

    def __init__(self, seed):
        noise = random.Random(seed)
        self.blobs = [(noise.random(), noise.random(), 0.05 + 0.15 * noise.random(),
                       noise.random() - 0.45) for _ in range(14)]

    def at(self, u, v):
        light = 0.45
        for x, y, size, strength in self.blobs:
            away = ((u - x) ** 2 + (v - y) ** 2) / (size * size)
            if away < 4:
                light += strength * (1 - away / 4) ** 2
        return light

    def png(self, width, height, place=lambda u, v: (u, v), lift=0.0, level=6):
        rows = bytearray()
        for y in range(height):
            rows.append(0)
            for x in range(width):
                light = self.at(*place((x + 0.5) / width, (y + 0.5) / height)) + lift
                rows.append(max(0, min(255, round(255 * light))))
        return png_file(width, height, zlib.compress(bytes(rows), level), colour=0)


def crop(u, v):
    return 0.02 + 0.96 * u, 0.02 + 0.96 * v


# Kind of copy -> how it is made of a scene, 72 x 54 as an original.
COPIES = {
    "exact": lambda s: s.png(72, 54),
    "repacked": lambda s: s.png(72, 54, level=1),
    "smaller": lambda s: s.png(36, 27),
    "larger": lambda s: s.png(110, 82),
    "brighter": lambda s: s.png(72, 54, lift=0.1),
    "cropped": lambda s: s.png(69, 52, crop),
    "mirrored": lambda s: s.png(72, 54, lambda u, v: (1 - u, v)),
    "turned_left": lambda s: s.png(54, 72, lambda u, v: (1 - v, u)),
    "upside_down": lambda s: s.png(72, 54, lambda u, v: (1 - u, 1 - v)),
}
TURNED = ("mirrored", "turned_left", "upside_down")


def make_heap(folder):
    """folder/00.png ... and folder/copies/00_exact.png ..."""
    (folder / "copies").mkdir(parents=True)
    for i in range(SCENES):
        scene = Scene(i)
        (folder / f"{i:02}.png").write_bytes(scene.png(72, 54))
        # Not all of each: the time goes into making them.
        for k, (kind, make) in enumerate(COPIES.items()):
            if (i + k) % 3 == 0:
                (folder / "copies" / f"{i:02}_{kind}.png").write_bytes(make(scene))


def groups_in(output):
    """Number of the group -> names of its files, without folder and suffix; and the best ones."""
    groups, best = {}, set()
    with open(output / "duplicates.csv", newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            name = row["key"].rsplit("/", 1)[1].rsplit(".", 1)[0]
            groups.setdefault(row["group"], []).append(name)
            if row["kind"] == "best":
                best.add(name)
    return groups, best


def scene_of(name):
    return name.split("_", 1)[0]


def check_groups(folder, output, expected_kinds):
    groups, best = groups_in(output)
    for names in groups.values():
        check(len({scene_of(n) for n in names}) == 1, f"different scenes in one group: {names}")
    check(len(best) == len(groups), "a group without a best picture")
    together = {n: set(names) for names in groups.values() for n in names}
    found = {}
    for path in (folder / "copies").iterdir():
        scene, kind = path.stem.split("_", 1)
        if kind in expected_kinds:
            found.setdefault(kind, []).append(scene in together.get(path.stem, ()))
    for kind, hits in sorted(found.items()):
        recall = sum(hits) / len(hits)
        print(f"  {kind}: {sum(hits)} of {len(hits)}")
        check(recall >= (0.9 if kind == "cropped" else 0.98), f"{kind}: recall {recall:.3f}")


def dedupe(args, *words):
    return [str(args.bin), "dedupe", "--progress", "none", *[str(w) for w in words]]


def test_finds(args, folder, heap):
    run(dedupe(args, heap, folder / "upright"), EXIT_DONE)
    check_groups(heap, folder / "upright", set(COPIES) - set(TURNED))
    run(dedupe(args, heap, folder / "turned", "--variants", "mirror,rotate"), EXIT_DONE)
    check_groups(heap, folder / "turned", set(COPIES))
    page = (folder / "turned" / "duplicates.html").read_text(encoding="utf-8")
    check("data:image/jpeg" in page and "upside down" in page, "the page shows no pictures")
    # Whatever the threads, and when rows are there already.
    again = folder / "again"
    run(dedupe(args, heap, again, "--threads", "1"), EXIT_DONE)
    run(dedupe(args, heap, again, "--variants", "mirror,rotate"), EXIT_DONE)
    for name in ("duplicates.csv", "duplicates.json"):
        check((again / name).read_bytes() == (folder / "turned" / name).read_bytes(),
              f"{name} depends on how the run went")


def test_without_output(args, heap):
    said = subprocess.run(dedupe(args, heap, "--json"), check=True, capture_output=True, text=True)
    check(json.loads(said.stdout)["pictures"] == len(files_below(heap)), said.stdout[:300])
    # What is there already, and not from a run, is one more input.
    said = subprocess.run(dedupe(args, heap, heap / "copies", "--json"), check=True,
                          capture_output=True, text=True)
    check(json.loads(said.stdout)["pictures"] == len(files_below(heap)) +
          len(files_below(heap / "copies")), said.stdout[:300])
    run(dedupe(args, heap, "--action", "move"), EXIT_USAGE)


def contents(*folders):
    """Hashes of all pictures, wherever they are."""
    return {hashlib.sha256(p.read_bytes()).hexdigest() for folder in folders
            for p in files_below(folder) if p.suffix == ".png"}


def copy_of(heap, place):
    place.mkdir()
    for path in files_below(heap):
        target = place / path.relative_to(heap)
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(path.read_bytes())
    return place


def test_actions(args, folder, heap):
    for action in ("move", "trash", "hardlink", "symlink"):
        place = copy_of(heap, folder / f"{action}_in")
        out, home = folder / f"{action}_out", folder / f"{action}_home"
        files = len(files_below(place))
        env = {**os.environ, "XDG_DATA_HOME": str(home)}
        run(dedupe(args, place, out, "--action", action), EXIT_DONE, env=env)
        check(len(files_below(place)) == files and not (out / "duplicates_journal.jsonl").exists(),
              f"{action}: a dry run did something")
        # What was a copy then is another picture now.
        changed = place / "copies" / "00_exact.png"
        changed.write_bytes(Scene(SCENES).png(72, 54))
        before = contents(place)
        links = action.endswith("link")
        # What only looks the same is no case for a link, and told.
        run(dedupe(args, place, out, "--action", action, "--apply"),
            EXIT_SOME_FAILED if links else EXIT_DONE, env=env)
        check(changed.exists(), f"{action}: a picture of its own was put aside")
        lines = (out / "duplicates_journal.jsonl").read_text(encoding="utf-8").splitlines()
        check(lines and all(json.loads(line)["action"] == action for line in lines), action)
        lost = before - contents(place, out, *([home] if home.exists() else []))
        check(not lost, f"{action}: {len(lost)} pictures are gone")
        left = len(files_below(place))
        check(left == files if links else left == files - len(lines),
              f"{action}: {left} of {files} files are left, {len(lines)} were put aside")


def test_kill(args, folder, heap):
    """Killed again and again while it moves, then left to finish."""
    place, out = copy_of(heap, folder / "kill_in"), folder / "kill_out"
    before = contents(place)
    run(dedupe(args, place, out), EXIT_DONE)
    words = dedupe(args, place, out, "--action", "move", "--apply")
    noise = random.Random(1)
    for _ in range(6):
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        time.sleep(noise.uniform(0.01, 0.12))
        process.send_signal(signal.SIGKILL)
        process.wait()
        check(contents(place, out) == before, "a kill lost a picture")
    run(words, EXIT_DONE)
    check(contents(place, out) == before, "a picture was lost")
    groups, _ = groups_in(out)
    check((out / "duplicates").exists(), f"nothing was moved: {groups}")


def main():
    args = arguments(__doc__)
    with WorkFolder(args) as folder:
        heap = folder / "heap"
        began = time.monotonic()
        make_heap(heap)
        timed("made", began)
        for test, words in ((test_finds, (folder, heap)), (test_without_output, (heap,)),
                            (test_actions, (folder, heap)), (test_kill, (folder, heap))):
            began = time.monotonic()
            test(args, *words)
            timed(test.__name__, began)


if __name__ == "__main__":
    main()

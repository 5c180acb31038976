#!/usr/bin/env python3
# Copyright 2026 The Imagemill Authors
# SPDX-License-Identifier: Apache-2.0
"""Copies found again, none that are no copies, and nothing lost when they are put aside.

The pictures are made here, as PNG files; bench/dedupe.py does the like with photographs."""

import csv
import fcntl
import hashlib
import itertools
import json
import os
import random
import signal
import subprocess
import time
import zlib
from collections import Counter
from urllib.parse import unquote_to_bytes

from harness import (EXIT_CANCELLED, EXIT_DONE, EXIT_FAILED, EXIT_SOME_FAILED, EXIT_USAGE,
                     WorkFolder, arguments, check, files_below, png_file, printed_json, run,
                     run_tests, timed)

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


def test_without_output(args, folder, heap):
    found = printed_json(dedupe(args, heap), EXIT_DONE)
    check(found["pictures"] == len(files_below(heap)), str(found)[:300])
    # What is there already, and not from a run, is one more input.
    found = printed_json(dedupe(args, heap, heap / "copies"), EXIT_DONE)
    check(found["pictures"] == len(files_below(heap)) + len(files_below(heap / "copies")),
          str(found)[:300])
    run(dedupe(args, heap, "--action", "move"), EXIT_USAGE)
    # No records are left that would name what failed.
    gone = folder / "list.txt"
    gone.write_text(f"{heap / '00.png'}\n{heap / 'gone.png'}\n")
    check("gone.png" in run(dedupe(args, gone), EXIT_SOME_FAILED), "what failed is not named")


def contents(*folders):
    """Hash -> how many files have it, wherever they are: links are none, names of one file one."""
    files = {p.stat().st_ino: p for folder in folders if folder.exists()
             for p in files_below(folder)
             if not p.is_symlink() and (p.suffix == ".png" or is_private(p))}
    return Counter(hashlib.sha256(p.read_bytes()).hexdigest() for p in files.values())


def is_private(path):
    return path.name.startswith(".imagemill-aside-")


def private_names(*folders):
    return [p for folder in folders for p in files_below(folder) if is_private(p)]


def json_lines(path):
    """The whole lines of a journal; a kill may have cut the last one."""
    if not path.exists():
        return []
    text = path.read_text(encoding="utf-8")
    return [json.loads(line) for line in text[:text.rfind("\n") + 1].splitlines()]


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
        after = contents(place, out, home)
        # A link takes the place of one file with these bytes, never of the last one.
        lost = before.keys() - after.keys() if links else before - after
        check(not lost, f"{action}: {len(lost)} pictures are gone")
        check(not private_names(place, out), f"{action}: {private_names(place, out)}")
        left = len(files_below(place))
        check(left == files if links else left == files - len(lines),
              f"{action}: {left} of {files} files are left, {len(lines)} were put aside")
        for step in json_lines(out / "duplicates_journal.jsonl"):
            check(os.path.isabs(step["to"]) and os.path.exists(step["to"]), f"{action}: {step}")


def test_linked_already(args, folder):
    """Once more, there is nothing to do and nothing wrong."""
    place, out = folder / "linked_in", folder / "linked_out"
    place.mkdir()
    picture = Scene(1).png(72, 54)
    for name in ("a.png", "b.png"):
        (place / name).write_bytes(picture)
    words = dedupe(args, place, out, "--action", "hardlink", "--apply", "--json")
    for state in ("done", "there"):
        said = subprocess.run(words, capture_output=True, text=True, check=False)
        check(said.returncode == EXIT_DONE, f"{state}: exit code {said.returncode}: {said.stdout}")
        steps = json.loads(said.stdout)["steps"]
        check([step["state"] for step in steps] == [state], f"{steps}")
    check((place / "a.png").stat().st_nlink == 2, "not linked")


def test_events(args, folder, heap):
    """One object a line, `finished` last, and it knows the exit code."""
    place, out = copy_of(heap, folder / "events_in"), folder / "events_out"
    said = subprocess.run(dedupe(args, place, out, "--action", "hardlink", "--apply",
                                 "--json-events"), capture_output=True, text=True, check=False)
    events = [json.loads(line) for line in said.stdout.splitlines()]
    check(events[0]["event"] == "started" and events[-1]["event"] == "finished", said.stdout[-500:])
    check(events[-1]["exit_code"] == said.returncode == EXIT_SOME_FAILED, f"{events[-1]}")
    states = Counter(e["state"] for e in events if e["event"] == "duplicate_step")
    check(states["done"] > 0 and states["left"] == events[-1]["copies_left"] > 0, f"{states}")
    found = [e for e in events if e["event"] == "duplicates"]
    check(len(found) == 1 and found[0]["copies"] == sum(states.values()), f"{found} {states}")


def test_stopped(args, folder, heap):
    """Without a journal nothing is done; what was done until a run was cancelled is told."""
    place, out = copy_of(heap, folder / "unwritten_in"), folder / "unwritten_out"
    (out / "duplicates_journal.jsonl").mkdir(parents=True)
    (out / ".imagemill").mkdir()
    run(dedupe(args, place, out, "--action", "move", "--apply"), EXIT_FAILED)
    check(contents(place) == contents(heap), "something was done without a journal")
    for attempt in range(5):  # the interrupt may come too late
        place, out = copy_of(heap, folder / f"stop{attempt}_in"), folder / f"stop{attempt}_out"
        for i in range(100):
            (place / f"again_{i:03}.png").write_bytes((heap / "00.png").read_bytes())
        if stopped_in_time(dedupe(args, place, out, "--action", "move", "--apply"), place, out):
            return
    check(False, "no interrupt fell into the actions")


def stopped_in_time(words, place, out):
    files = len(files_below(place))
    journal = out / "duplicates_journal.jsonl"
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    check(wait_for_growth(journal, 0, process), "nothing was done")
    process.send_signal(signal.SIGSTOP)
    with open(out / ".imagemill" / "run.sqlite.lock", "rb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            is_locked = False
        except BlockingIOError:
            is_locked = True
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGCONT)
    text, _ = process.communicate()
    if process.returncode == EXIT_DONE:
        return False
    check(is_locked, "files are touched without the lock")
    done = files - len(files_below(place))
    check(f"{done} done" in text and str(journal) in text, text)
    check(process.returncode == EXIT_CANCELLED and "not reached: cancelled" in text,
          f"{process.returncode} {text}")
    return True


def test_links_and_odd_names(args, folder):
    """What an input link leads to stays; names that are no UTF-8 are in the journal to the byte."""
    place, out = folder / "odd_in", folder / "odd_out"
    place.mkdir()
    picture = Scene(2).png(72, 54)
    odd = os.fsencode(place) + b"/b\xff.png"
    for name in (b"a.png", b"t.png"):
        (place / os.fsdecode(name)).write_bytes(picture)
    with open(odd, "wb") as file:
        file.write(picture)
    (place / "z.png").symlink_to("t.png")
    run(dedupe(args, place, out, "--keep", "first", "--action", "move", "--apply"),
        EXIT_SOME_FAILED)
    check((place / "z.png").read_bytes() == picture, "a link leads nowhere")
    steps = json_lines(out / "duplicates_journal.jsonl")
    decoded = [unquote_to_bytes(step["from"]) for step in steps
               if "from" in step.get("encoded", ())]
    check(decoded == [os.path.realpath(odd)], f"{steps}")
    check(os.path.exists(os.path.join(os.fsencode(out), b"duplicates")), "nothing was moved")


# Run as root of a user namespace, where file systems may be mounted.
TWO_VIEWS = """
set -e
cd "$1"
mkdir -p low up work view out
cp a.png low/a.png
mount -t overlay overlay -o lowerdir=low,upperdir=up,workdir=work view
cp a.png view/b.png
shift
set +e
"$@"
code=$?
ls -l view up >&2
cat view/b.png > seen
umount view
exit $code
"""


def test_two_views(args, folder):
    """One file under two device numbers is never taken for its own copy."""
    if subprocess.run(["unshare", "-Urm", "true"], capture_output=True, check=False).returncode:
        print("  two views: skipped, no user namespaces here")
        return
    picture = Scene(3).png(72, 54)
    for action, keep in itertools.product(("move", "trash", "symlink", "hardlink"),
                                          ("first", "newest")):
        place = folder / f"views_{action}_{keep}"
        place.mkdir()
        (place / "a.png").write_bytes(picture)
        words = dedupe(args, "view/b.png", "up", "out", "--keep", keep, "--action", action,
                       "--apply")
        env = {**os.environ, "XDG_DATA_HOME": str(place / "home")}
        done = subprocess.run(["unshare", "-Urm", "sh", "-c", TWO_VIEWS, "sh", str(place), *words],
                              capture_output=True, text=True, env=env, check=False)
        if "mount:" in done.stderr:
            print(f"  two views: skipped, {done.stderr.strip()}")
            return
        check((place / "up" / "b.png").read_bytes() == picture and
              (place / "seen").read_bytes() == picture,
              f"{action}, {keep}: the only file is gone\n{done.stdout}{done.stderr}")
        check(done.returncode == EXIT_SOME_FAILED, f"{action}: {done.returncode}\n{done.stdout}")
        if action in ("symlink", "hardlink"):
            check("on another file system" in done.stdout, f"{action}: {done.stdout}")


def wait_for_growth(journal, bytes_before, process):
    """Until the journal has grown or the program has ended. True: it has grown."""
    while process.poll() is None:
        if journal.exists() and journal.stat().st_size > bytes_before:
            return True
    return journal.exists() and journal.stat().st_size > bytes_before


def test_kill(args, folder, heap):
    """Killed again and again while it acts, then left to finish."""
    for action in ("move", "symlink"):
        place, out = copy_of(heap, folder / f"kill_{action}_in"), folder / f"kill_{action}_out"
        # Many that are the same, for something to be left to do after each kill.
        for i in range(40):
            (place / f"again_{i:02}.png").write_bytes((heap / "00.png").read_bytes())
        before = contents(place)
        run(dedupe(args, place, out), EXIT_DONE)
        words = dedupe(args, place, out, "--action", action, "--apply")
        journal = out / "duplicates_journal.jsonl"
        noise = random.Random(1)
        kills = 0
        for _ in range(6):
            process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL)
            size = journal.stat().st_size if journal.exists() else 0
            if wait_for_growth(journal, size, process):
                time.sleep(noise.uniform(0, 0.002))
                kills += process.poll() is None
            process.send_signal(signal.SIGKILL)
            process.wait()
            after = contents(place, out)
            lost = before - after if action == "move" else before.keys() - after.keys()
            check(not lost, f"{action}: a kill lost {len(lost)} pictures")
        check(kills > 0, f"{action}: no kill fell into the actions")
        run(words, EXIT_DONE if action == "move" else EXIT_SOME_FAILED)
        after = contents(place, out)
        lost = before - after if action == "move" else before.keys() - after.keys()
        check(not lost, f"{action}: {len(lost)} pictures were lost")
        check(not private_names(place, out), f"{action}: {private_names(place, out)}")
        steps = [step for step in json_lines(journal) if "action" in step]
        check(steps, f"{action}: nothing was done")


def main():
    args = arguments(__doc__)
    with WorkFolder(args) as folder:
        heap = folder / "heap"
        began = time.monotonic()
        make_heap(heap)
        timed("made", began)
        run_tests((test_finds, test_without_output, test_actions, test_events, test_stopped,
                   test_kill), args, folder, heap)
        run_tests((test_linked_already, test_links_and_odd_names, test_two_views), args, folder)


if __name__ == "__main__":
    main()

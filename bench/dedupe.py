"""Copies of photographs found again, and how fast, beside imagehash.

Recall is the share of copies that end up with their original; where hashes alone are compared a copy is found when its
own is within the radius. A false pair joins two different photographs.
"""
import csv
import io
import itertools
import json
import pathlib
import shutil
import subprocess
import sys

from PIL import Image, ImageEnhance, ImageOps

from corpus import find_photographs
from measure import Contender, first_cores, interleave, machine, store

ROOT = pathlib.Path(__file__).resolve().parents[1]
CACHE = ROOT / ".cache" / "bench"
OURS = ROOT / "build" / "release" / "bin" / "imagemill"
PEER = ROOT / "bench" / "peers" / "dedupe_imagehash.py"
ORIGINALS, RADIUS, LARGEST = 40, 10, 40_000_000


def reencoded(quality):
    def make(image):
        out = io.BytesIO()
        image.save(out, "JPEG", quality=quality)
        return Image.open(out)
    return make


def resized(factor):
    return lambda image: image.resize([max(1, round(side * factor)) for side in image.size], Image.BICUBIC)


def cropped(image):
    x, y = image.width * 0.01, image.height * 0.01
    return image.crop((round(x), round(y), round(image.width - x), round(image.height - y)))


# Kind -> (how it is made, whether a hash of the upright picture can find it).
COPIES = {
    **{f"quality {q}": (reencoded(q), True) for q in (30, 60, 95)},
    **{f"size x{f}": (resized(f), True) for f in (0.25, 0.5, 2, 4)},
    "cropped": (cropped, True),
    **{f"brightness x{f}": (lambda image, f=f: ImageEnhance.Brightness(image).enhance(f), True) for f in (0.8, 1.2)},
    "mirrored": (ImageOps.mirror, False),
    **{f"turned by {a}": (lambda image, a=a: image.rotate(a, expand=True), False) for a in (90, 180, 270)},
}


def make_heap(photographs: list[pathlib.Path]) -> pathlib.Path:
    """heap/<number>.jpg, the photographs as they are, and heap/<number> <kind>.jpg."""
    heap = CACHE / "dedupe"
    if (heap / "whole").exists():
        return heap / "heap"
    shutil.rmtree(heap, ignore_errors=True)
    (heap / "heap").mkdir(parents=True)
    for number, path in enumerate(photographs):
        shutil.copyfile(path, heap / "heap" / f"{number:02}.jpg")
        shutil.copyfile(path, heap / "heap" / f"{number:02} exact.jpg")
        image = ImageOps.exif_transpose(Image.open(path)).convert("RGB")
        for kind, (make, _) in COPIES.items():
            if not kind.startswith("size x") or image.width * image.height * float(kind[6:]) ** 2 <= LARGEST:
                make(image).save(heap / "heap" / f"{number:02} {kind}.jpg", "JPEG", quality=90)
    (heap / "whole").touch()
    return heap / "heap"


def split(name: str) -> tuple[str, str]:
    number, _, kind = pathlib.PurePath(name).stem.partition(" ")
    return number, kind


def our_groups(ours: Contender) -> list[list[str]]:
    """Of one more run: nothing is left of those that are timed."""
    output = CACHE / "dedupe" / "groups"
    shutil.rmtree(output, ignore_errors=True)
    subprocess.run([word.replace("{out}", str(output)) for word in ours.command], check=True, capture_output=True)
    groups: dict[str, list[str]] = {}
    with open(output / "duplicates.csv", newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            groups.setdefault(row["group"], []).append(row["key"].split("/", 1)[1])
    return list(groups.values())


def recall_of_groups(groups: list[list[str]], names: list[str]) -> tuple[dict[str, float], int]:
    together = {name: {pathlib.PurePath(n).stem for n in group} for group in groups for name in group}
    hits: dict[str, list[bool]] = {}
    for name in names:
        number, kind = split(name)
        if kind:
            hits.setdefault(kind, []).append(number in together.get(name, ()))
    false = sum(split(a)[0] != split(b)[0] for group in groups for a, b in itertools.combinations(group, 2))
    return {kind: sum(h) / len(h) for kind, h in hits.items()}, false


def recall_of_hashes(hashes: dict[str, str], radius: int) -> tuple[dict[str, float], int]:
    values = {name: int(text, 16) for name, text in hashes.items()}
    hits: dict[str, list[bool]] = {}
    for name, value in values.items():
        number, kind = split(name)
        if kind:
            hits.setdefault(kind, []).append((value ^ values[f"{number}.jpg"]).bit_count() <= radius)
    false = sum(split(a)[0] != split(b)[0] and (values[a] ^ values[b]).bit_count() <= radius
                for a, b in itertools.combinations(values, 2))
    return {kind: sum(h) / len(h) for kind, h in hits.items()}, false


def mean(values) -> float:
    values = list(values)
    return sum(values) / len(values)


def run(options) -> bool:
    photographs = [p for p in find_photographs(options.data) if p.suffix.lower() in (".jpg", ".jpeg")][:ORIGINALS]
    heap = make_heap(photographs)
    names = sorted(p.name for p in heap.iterdir())
    ours = Contender("imagemill", [str(OURS), "dedupe", str(heap), "{out}", "--variants", "mirror,rotate", "--cache", "off",
                                   "--page-groups", "0", "--progress", "none"])
    hash_file = CACHE / "dedupe" / "imagehash.json"
    peer = Contender("imagehash", [sys.executable, str(PEER), str(heap), str(hash_file)])
    cores = first_cores(options.cores)
    results = interleave([ours, peer], options.reps, CACHE / "scratch", cores)
    store(CACHE / "results", "dedupe", {"files": len(names), "reps": options.reps, "cores": len(cores)}, results, ROOT)
    groups = our_groups(ours)
    recall, false = recall_of_groups(groups, names)
    hashes = json.loads(hash_file.read_text())
    # Its best radius without more false pairs than ours has; at least the usual one.
    radius = max([r for r in range(0, 33) if recall_of_hashes(hashes, r)[1] <= false], default=0)
    theirs, _ = recall_of_hashes(hashes, radius)
    usual, usual_false = recall_of_hashes(hashes, RADIUS)
    print(f"{len(photographs)} photographs, {len(names)} files")
    print(f"{'copies':<20}{'imagemill':>12}{f'imagehash {radius}':>16}{f'imagehash {RADIUS}':>16}")
    for kind in sorted(recall):
        print(f"{kind:<20}{recall[kind]:>12.3f}{theirs[kind]:>16.3f}{usual[kind]:>16.3f}")
    print(f"{'false pairs':<20}{false:>12}{recall_of_hashes(hashes, radius)[1]:>16}{usual_false:>16}")
    both = [kind for kind in recall if COPIES.get(kind, (None, True))[1]]
    speed = results["imagehash"].median / results["imagemill"].median
    rows = [("recall of all copies", mean(recall.values()), 0.98),
            ("recall of cropped ones", recall["cropped"], 0.9),
            ("no pair of different photographs", float(false == 0), 1),
            ("recall less imagehash's, of what both can find", mean(recall[k] - theirs[k] for k in both), 0),
            ("imagehash's time / ours", speed, 10)]
    for what, value, target in rows:
        print(f"{what:<50}{value:>10.3f}   >={target:>6.2f}  {'pass' if value >= target else 'MISS'}")
    print(f"\n{machine()}; {options.reps} rounds, {len(cores)} cores used; ours {results['imagemill'].median:.2f} s")
    return all(value >= target for _, value, target in rows)

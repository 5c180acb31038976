#!/usr/bin/env python3
# Copyright 2026 The Imagemill Authors
# SPDX-License-Identifier: Apache-2.0
"""`imagemill search`, `compare` and `stability` over what `imagemill embed` left, by a network whose
features are the mean of each channel. With the shared pictures and MobileNetV2 too, where they are."""

import os
import re

from harness import *
from onnx_bytes import channel_means

ROOT = Path(__file__).resolve().parents[2]
COLOURS = {"black": (0, 0, 0), "blue": (20, 30, 200), "green": (20, 200, 30), "olive": (110, 120, 20),
           "red": (200, 20, 30), "white": (255, 255, 255)}


def flat(colour, width=40, height=30):
    return png_file(width, height, zlib.compress((b"\0" + bytes(colour) * width) * height))


class Program:
    def __init__(self, args, folder):
        self.binary = args.bin
        self.folder = folder
        self.environment = {**os.environ, "XDG_CACHE_HOME": str(folder / "cache")}

    def __call__(self, expected, *words):
        out, err = printed([self.binary, *words], expected, env=self.environment, cwd=self.folder)
        return out if expected in (EXIT_DONE, EXIT_SOME_FAILED) else err

    def json(self, expected, *words):
        return printed_json([self.binary, *words], expected, env=self.environment, cwd=self.folder)


def names(query):
    return [Path(hit["key"]).stem for hit in query["results"]]


def test_search(run, folder):
    for metric in ("cosine", "l2"):
        found = run.json(EXIT_DONE, "search", "out", "--image", "photos/red.png", "-k", "3",
                         "--metric", metric)
        query = found["queries"][0]
        check(names(query)[0] == "red" and len(query["results"]) == 3, f"{metric}: {query}")
        check((folder / query["results"][0]["path"]).exists(), f"{metric}: {query}")
    both = run.json(EXIT_SOME_FAILED, "search", "out", "--image", "photos/blue.png", "--image",
                    "photos/broken.png", "--key", "photos/white.png", "-k", "99")
    check([names(q)[:1] for q in both["queries"]] == [["blue"], [], names(both["queries"][2])[:1]],
          str(both))
    check(both["queries"][1]["error"], "the broken query has no error")
    check("white" not in names(both["queries"][2]), "a picture is its own neighbour")
    check(len(both["queries"][0]["results"]) == len(COLOURS), str(both))
    text = run(EXIT_DONE, "search", "out", "--key", "photos/red.png")
    check("RANK" in text and "photos/white.png" in text, text)


def test_page(run, folder):
    run(EXIT_DONE, "search", "out", "--image", "photos/red.png", "--html", "page.html")
    page = (folder / "page.html").read_text()
    check(page.count("data:image/jpeg;base64,") == 1 + len(COLOURS), "not every thumbnail is there")
    check(not re.search(r'(src|href)="(?!data:)', page), "the page wants something from elsewhere")


def test_refusals(run, folder):
    check("not the output of a run" in run(EXIT_USAGE, "search", "photos", "--image",
                                           "photos/red.png"), "a folder of pictures was searched")
    check("--image" in run(EXIT_USAGE, "search", "out"), "no query, no word")
    run(EXIT_DONE, "prepare", "--progress", "none", "photos/red.png", "prepared")
    check("made by prepare" in run(EXIT_USAGE, "search", "prepared", "--key", "red.png"),
          "an output without vectors was searched")
    (folder / "moved").mkdir()
    os.rename(folder / "means.onnx", folder / "moved/means.onnx")
    check("--model" in run(EXIT_FAILED, "search", "out", "--image", "photos/red.png"),
          "no word about the model that is gone")
    (folder / "means.onnx").write_bytes(channel_means(8, name="others"))
    check("differs" in run(EXIT_USAGE, "search", "out", "--image", "photos/red.png"),
          "another model was taken")
    run(EXIT_DONE, "search", "out", "--image", "photos/red.png", "--model", "moved/means.onnx")
    os.rename(folder / "moved/means.onnx", folder / "means.onnx")


def test_compare(run, folder):
    same = run.json(EXIT_DONE, "compare", "photos/red.png", "photos/red.png")
    check(same["likeness"] == "same_file", str(same))
    found = run.json(EXIT_DONE, "compare", "photos/red.png", "photos/white.png", "--model",
                     "means.onnx")
    check(found["likeness"] == "different" and -1 <= found["cosine"] < 0.99, str(found))
    check("broken.png" in run(EXIT_FAILED, "compare", "photos/broken.png", "photos/red.png"),
          "the broken file is not named")


def test_stability(run, folder):
    found = run.json(EXIT_DONE, "stability", "out", "--sample", "4")
    check(found["sample"] == 4 and not found["skipped"], str(found))
    variants = {v["name"]: v for v in found["variants"]}
    for name in ("unchanged", "mirrored", "half size"):
        check(variants[name]["worst"] > 0.9999 and variants[name]["found"] == 1, str(variants[name]))
    check("unchanged" in run(EXIT_DONE, "stability", "out", "--sample", "2"), "no table")


def test_shared_pictures(run, folder):
    data = Path(os.environ.get("IMAGEMILL_TEST_DATA", ROOT / "../shared/data"))
    pictures = data / "images/kodak"
    model = data / "models/mobilenetv2-12_deq_fp32.onnx"
    if not (pictures.exists() and model.exists()):
        print("the shared pictures are not here: that part is left out")
        return
    run(EXIT_DONE, "embed", "--progress", "none", "--model", model, pictures, "real")
    queries = sorted(p for p in pictures.iterdir() if p.is_file() and p.suffix == ".png")
    for query in queries[:3]:
        found = run.json(EXIT_DONE, "search", "real", "--image", query, "-k", "2")
        hits = found["queries"][0]["results"]
        check(hits[0]["path"] == str(query) and hits[0]["score"] > 0.9999, str(found))
    stable = run.json(EXIT_DONE, "stability", "real")
    check(stable["variants"][0]["mean"] > 0.9999, str(stable["variants"][0]))


def main():
    args = arguments(__doc__)
    need_onnxruntime()
    with WorkFolder(args) as folder:
        run = Program(args, folder)
        (folder / "photos").mkdir()
        for name, colour in COLOURS.items():
            (folder / "photos" / f"{name}.png").write_bytes(flat(colour))
        (folder / "photos/broken.png").write_bytes(flat((1, 2, 3))[:40])
        (folder / "means.onnx").write_bytes(channel_means(8))
        run(EXIT_SOME_FAILED, "embed", "--progress", "none", "--model", "means.onnx", "photos", "out")
        run_tests((test_search, test_page, test_refusals, test_compare, test_stability,
                   test_shared_pictures), run, folder)


if __name__ == "__main__":
    main()

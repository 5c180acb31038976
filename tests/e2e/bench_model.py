#!/usr/bin/env python3
# Copyright 2026 The Imagemill Authors
# SPDX-License-Identifier: Apache-2.0
"""`imagemill bench-model`: figures for every size, what is remembered, Ctrl-C, what is missing."""

import json
import os
import signal
import subprocess

from harness import *
from onnx_bytes import channel_means


class Bench:
    def __init__(self, args, folder):
        self.bin = args.bin
        self.cache = folder / "cache"
        self.environment = dict(os.environ, IMAGEMILL_MODELS=str(folder / "models"),
                                IMAGEMILL_CACHE=str(self.cache))
        self.model = folder / "toy.onnx"
        self.model.write_bytes(channel_means(16))

    def argv(self, *words):
        return [str(self.bin), "bench-model", *map(str, words)]

    def run(self, expected, *words, **environment):
        return printed(self.argv(*words), expected, env=dict(self.environment, **environment),
                       timeout=60)


def test_figures(bench):
    out, _ = bench.run(EXIT_DONE, bench.model, "--json", "--seconds", 0.3, "--threads", 2,
                       "--batch", "8,1,2")
    report = json.loads(out)
    check([row["batch"] for row in report["rows"]] == [1, 2, 8], str(report))
    for row in report["rows"]:
        check(row["images_per_second"] > 0 and row["batch_seconds"] > 0, str(row))
        check(0 < row["resident_bytes"] <= report["peak_resident_bytes"], str(report))
    check(report["best_batch"] in (1, 2, 8) and report["runs_at_once"] == 2, str(report))
    kept = [path.read_text() for path in files_below(bench.cache / "batches")]
    check(kept == [str(report["remembered_batch"])] == [str(report["best_batch"])], f"{kept}: {report}")
    out, _ = bench.run(EXIT_DONE, bench.model, "--seconds", 0.3, "--batch", 4)
    check("IMAGES/S" in out and "best" in out and "remembered" not in out, out)


def test_what_is_missing(bench):
    _, err = bench.run(EXIT_FAILED, "no-such-model")
    check("no-such-model" in err and "models list" in err, err)
    _, err = bench.run(EXIT_FAILED, bench.model, IMAGEMILL_ONNXRUNTIME="/nonexistent")
    check("pip install onnxruntime" in err, err)
    _, err = bench.run(EXIT_USAGE, bench.model, "--batch", "0")
    check("--batch: '0'" in err, err)
    bench.run(EXIT_USAGE)


def test_interrupt(bench):
    process = subprocess.Popen(bench.argv(bench.model, "--seconds", 3000), env=bench.environment,
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    # The optimised graph is there when the network is open and the figures are on their way.
    deadline = time.monotonic() + 30
    while not files_below(bench.cache / "graphs") and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=20)
    check(process.returncode == EXIT_CANCELLED, f"exit code {process.returncode}: {out}")
    check("stopped before the end" in out, out)


def main():
    args = arguments(__doc__)
    need_onnxruntime()
    for test in (test_figures, test_what_is_missing, test_interrupt):
        with WorkFolder(args) as folder:
            run_tests((test,), Bench(args, folder))


if __name__ == "__main__":
    main()

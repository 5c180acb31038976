#!/usr/bin/env python3
# Copyright 2026 The Imagemill Authors
# SPDX-License-Identifier: Apache-2.0
"""Resumes a run that is finished: nothing is done again, and soon said so.

100,000 pictures take long to do, so the store and the outputs of all but a few are made here, as
the run of those few left theirs. Times are compared with --report alone.
"""

import os
import shutil
import sqlite3
import time

from harness import *

SECONDS = 3.0
PER_FOLDER = 1000


def multiply(source, output, count):
    """Names inputs, outputs and rows of one finished picture `count` times."""
    model = source / "000" / "model.png"
    made = output / "000" / "model.png"
    store = sqlite3.connect(state_folder(output) / "run.sqlite")
    item = store.execute("SELECT * FROM items").fetchone()
    columns = [c[1] for c in store.execute("PRAGMA table_info(items)")]
    written = store.execute("SELECT * FROM outputs").fetchone()
    output_columns = [c[1] for c in store.execute("PRAGMA table_info(outputs)")]
    key_before = item[columns.index("key")]
    items, outputs = [], []
    for i in range(count):
        path = f"{i // PER_FOLDER:03}/picture-{i:06}.png"
        for folder, original in ((source, model), (output, made)):
            target = folder / path
            first = target.parent / "picture-first.png"
            if i % PER_FOLDER == 0:  # a file system limits the links of one file
                target.parent.mkdir(exist_ok=True)
                shutil.copy2(original, first)
            os.link(first, target)
            if i % PER_FOLDER == PER_FOLDER - 1:
                first.unlink()
        key = key_before.replace("000/model.png", path)
        items.append([key if c == "key" else i + 1 if c == "sequence" else v
                      for c, v in zip(columns, item)])
        outputs.append([key if c == "key" else path if c == "path" else v
                        for c, v in zip(output_columns, written)])
    with store:
        store.executemany(f"INSERT INTO items VALUES ({','.join('?' * len(columns))})", items)
        store.executemany(f"INSERT INTO outputs VALUES ({','.join('?' * len(output_columns))})",
                          outputs)
    store.close()


def main():
    args = arguments(__doc__, ("--items", {"type": int, "default": 100_000}),
                     ("--report", {"action": "store_true", "help": "the time counts"}))
    with WorkFolder(args) as folder:
        source, output = folder / "in", folder / "out"
        (source / "000").mkdir(parents=True)
        (source / "000/model.png").write_bytes(png(12, 12, 1))
        argv = command(args.bin, [source], output)
        run(argv, EXIT_DONE)
        multiply(source, output, args.items)
        before = output_files(output)
        times = []
        for _ in range(3):
            began = time.monotonic()
            run(argv, EXIT_DONE)
            times.append(time.monotonic() - began)
        check(output_files(output) == before, "a resumed run with nothing to do changed the output")
        check(len(store_rows(output)["items"]) == args.items + 1, "rows were lost or doubled")
        print(f"resuming {args.items} finished items: {min(times):.2f} s "
              f"(of {', '.join(f'{t:.2f}' for t in times)})", flush=True)
        check(not args.report or min(times) < SECONDS, f"expected less than {SECONDS} s")


if __name__ == "__main__":
    main()

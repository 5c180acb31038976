#!/usr/bin/env python3
# Copyright 2026 The Imagemill Authors
# SPDX-License-Identifier: Apache-2.0
"""Kills runs at random moments, over and over, and resumes them until they are done.

Other than kill_everywhere.py this is the default executor with all its threads, no debugger slows
it, and kills follow on kills. A run that was done with kills to spare is begun anew.
"""

import random
import subprocess
import time

from harness import *


def kill_until_done(argv, longest, budget, chance):
    """Returns the number of kills that hit a run at work."""
    kills = 0
    while kills < budget:
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        try:
            code = process.wait(timeout=chance.uniform(0, longest))
            check(code == EXIT_SOME_FAILED, f"exit code {code}: {' '.join(argv)}")
            return kills
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            kills += 1
    return kills


def test_kind(args, folder, kind, kills_wanted):
    began = time.monotonic()
    name, options = OUTPUTS[kind]
    output = folder / kind / name
    output.parent.mkdir()
    argv = command(args.bin, [folder / "in"], output, "--group-items", "16", "--threads", "4",
                   "--format", "jpeg", *options)
    started = time.monotonic()
    run(argv, EXIT_SOME_FAILED)
    seconds = time.monotonic() - started
    unbroken = Finished(output)

    chance = random.Random(args.seed)
    kills = rounds = 0
    while kills < kills_wanted and rounds < kills_wanted:
        remove_output(output)
        # Now short lives of which hardly one brings the run forward, now long ones.
        longest = seconds * chance.choice((0.3, 0.6, 1.2))
        kills += kill_until_done(argv, longest, kills_wanted - kills, chance)
        run(argv, EXIT_SOME_FAILED)
        unbroken.check_equal(Finished(output), f"{kind}, round {rounds} after {kills} kills")
        rounds += 1
    timed(f"{kind}: {kills} kills in {rounds} rounds", began)


def main():
    args = arguments(__doc__, ("--kills", {"type": int, "default": 200}),
                     ("--pictures", {"type": int, "default": 300}),
                     ("--seed", {"type": int, "default": 1}))
    with WorkFolder(args) as folder:
        make_pictures(folder / "in", args.pictures, width=96, height=64)
        for kind in OUTPUTS:
            test_kind(args, folder, kind, -(-args.kills // len(OUTPUTS)))


if __name__ == "__main__":
    main()

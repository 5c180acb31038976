#!/usr/bin/env python3
"""End-to-end benchmarks against peers. Ratios within one run, never absolute times.

usage: ./dev bench prepare [--files 500] [--size 640] [--data DIR] [--reps 9] [--only NAME,...]
       ./dev bench search [--rows 1000000] [--hnsw-rows 100000] [--reps 9] [--only exact,hnsw,hashes]
       ./dev bench embed [--files 500] [--data DIR] [--reps 9] [--only fp32,int8]
       ./dev bench dedupe [--data DIR] [--reps 9]
       ./dev bench compare REF [the same options]
       ./dev bench list
"""
import argparse
import pathlib
import subprocess
import sys
import zipfile

import dedupe
import embed
import search
from corpus import Corpus, find_photographs
from measure import Contender, Measured, first_cores, interleave, machine, rank_test, store

ROOT = pathlib.Path(__file__).resolve().parents[1]
CACHE = ROOT / ".cache" / "bench"
PEERS = ROOT / "bench" / "peers"
RELEASE = ROOT / "build" / "release" / "bin" / "imagemill"
SHARP = ROOT / ".cache" / "node" / "prepare_sharp.mjs"
FLOOR = ROOT / "build" / "bench" / "bin" / "decode_floor"
MIN_FILES, MIN_REPS = 500, 9


class Bench:
    def __init__(self, options):
        self.options = options
        self.cores = first_cores(options.cores)
        self.corpus = Corpus(CACHE, find_photographs(options.data), options.files)
        self.rows: list[tuple[str, str, float, str, float]] = []

    # Contenders.

    def ours(self, source, *more: str, name: str = "imagemill", binary: pathlib.Path = RELEASE) -> Contender:
        return Contender(name, [str(binary), "prepare", str(source), "{out}", "--quality", "85", *more], (0, 3))

    def sharp(self, source, size: int, kind: str = "jpeg") -> Contender:
        # node finds sharp by the script's place: the peer runs from a copy beside node_modules.
        return Contender("sharp", ["node", str(SHARP), str(source), "{out}", str(size), kind])

    def pillow(self, source, size: int, kind: str = "jpeg") -> Contender:
        return Contender("pillow", [sys.executable, str(PEERS / "prepare_pillow.py"), str(source), "{out}", str(size), kind])

    def floor(self, source, size: int) -> Contender:
        return Contender("floor", [str(FLOOR), str(source), str(size), str(len(self.cores))])

    # Running and judging.

    def run(self, scenario: str, contenders: list[Contender]) -> dict[str, Measured]:
        print(f"{scenario}: {', '.join(c.name for c in contenders)}", flush=True)
        results = interleave(contenders, self.options.reps, CACHE / "scratch", self.cores)
        for name, measured in results.items():
            print(f"  {name:<14}{measured.median:9.3f} s  +-{measured.spread:5.1%}  {measured.peak_bytes / 2**20:7.0f} MiB"
                  f"  {measured.output_files:6} files {measured.output_bytes / 2**20:8.1f} MiB")
        settings = {key: value for key, value in vars(self.options).items() if key not in ("workload", "only")}
        store(CACHE / "results", scenario, settings, results, ROOT)
        return results

    def judge(self, scenario: str, what: str, value: float, relation: str, target: float) -> None:
        self.rows.append((scenario, what, value, relation, target))

    def table(self) -> bool:
        print(f"\n{'scenario':<14}{'ratio':<40}{'measured':>10}{'target':>12}")
        passed = True
        for scenario, what, value, relation, target in self.rows:
            good = value >= target if relation == ">=" else value <= target
            passed &= good
            print(f"{scenario:<14}{what:<40}{value:>10.3f}{relation:>5}{target:>7.2f}  {'pass' if good else 'MISS'}")
        print(f"\n{machine()}; {self.options.files} files, {self.options.reps} rounds, {len(self.cores)} cores used")
        if self.options.files < MIN_FILES or self.options.reps < MIN_REPS:
            print(f"a look, not a measurement: that takes {MIN_FILES} files and {MIN_REPS} rounds at least")
        return passed


# Scenarios: each runs its contenders in one interleaved series and judges the ratios.

def prepare_small(bench: Bench) -> None:
    source, size = bench.corpus.camera(), bench.options.size
    r = bench.run("prepare", [bench.ours(source, "--size", str(size)), bench.sharp(source, size), bench.pillow(source, size),
                              bench.floor(source, size)])
    ours = r["imagemill"]
    bench.judge("prepare", "sharp's time / ours", r["sharp"].median / ours.median, ">=", 1.8)
    bench.judge("prepare", "Pillow's time / ours", r["pillow"].median / ours.median, ">=", 4)
    bench.judge("prepare", "our time / the decoder's alone", ours.median / r["floor"].median, "<=", 1.25)
    bench.judge("prepare", "our bytes / sharp's", per_file(ours) / per_file(r["sharp"]), "<=", 1.03)
    bench.judge("prepare", "our bytes / sharp's", per_file(ours) / per_file(r["sharp"]), ">=", 0.97)


def prepare_large(bench: Bench) -> None:
    source = bench.corpus.camera()
    r = bench.run("prepare-1600", [bench.ours(source, "--size", "1600"), bench.sharp(source, 1600)])
    bench.judge("prepare-1600", "sharp's time / ours", r["sharp"].median / r["imagemill"].median, ">=", 2.5)


def prepare_p3(bench: Bench) -> None:
    source, size = bench.corpus.p3(), bench.options.size
    r = bench.run("prepare-p3", [bench.ours(source, "--size", str(size)), bench.sharp(source, size)])
    bench.judge("prepare-p3", "sharp's time / ours", r["sharp"].median / r["imagemill"].median, ">=", 1.5)


def prepare_png(bench: Bench) -> None:
    source, size = bench.corpus.camera(), bench.options.size
    r = bench.run("prepare-png", [bench.ours(source, "--size", str(size), "--format", "png"), bench.pillow(source, size, "png")])
    bench.judge("prepare-png", "Pillow's time / ours", r["pillow"].median / r["imagemill"].median, ">=", 3)
    bench.judge("prepare-png", "our bytes / Pillow's", per_file(r["imagemill"]) / per_file(r["pillow"]), "<=", 1.02)


def three_jobs(bench: Bench) -> None:
    source, size = bench.corpus.camera(), str(bench.options.size)
    three = Contender("three-jobs", [str(RELEASE), "run", str(source), "{out}", "--jobs", "prepare,thumbs,quality", "--cache", "off",
                                     "--prepare.size", size, "--prepare.quality", "85"], (0, 3))
    r = bench.run("jobs", [bench.ours(source, "--size", size), three])
    bench.judge("jobs", "three jobs' time / prepare's alone", r["three-jobs"].median / r["imagemill"].median, "<=", 1.25)


def archives(bench: Bench) -> None:
    size = str(bench.options.size)
    stored, deflated = bench.corpus.archive(zipfile.ZIP_STORED), bench.corpus.archive(zipfile.ZIP_DEFLATED)
    r = bench.run("zip", [bench.ours(bench.corpus.camera(), "--size", size, name="folder"),
                          bench.ours(stored, "--size", size, name="zip-stored"),
                          bench.ours(deflated, "--size", size, name="zip-deflated")])
    bench.judge("zip", "a stored archive's time / the folder's", r["zip-stored"].median / r["folder"].median, "<=", 1.05)
    bench.judge("zip", "a deflated archive's time / the folder's", r["zip-deflated"].median / r["folder"].median, "<=", 1.15)


def start_up(bench: Bench) -> None:
    r = bench.run("start-up", [Contender("imagemill", [str(RELEASE), "--help"])])
    bench.judge("start-up", "--help, milliseconds", r["imagemill"].median * 1000, "<=", 20)


def memory(bench: Bench) -> None:
    few, many = (bench.ours(bench.corpus.small(n), "--size", "640", name=str(n)) for n in (1_000, 10_000))
    print("memory: 1000 and 10000 inputs", flush=True)
    r = interleave([few, many], 1, CACHE / "scratch", bench.cores)
    bench.judge("memory", "peak at 10,000 inputs / at 1,000", r["10000"].peak_bytes / r["1000"].peak_bytes, "<=", 1.1)


SCENARIOS = {
    "prepare": prepare_small,
    "prepare-1600": prepare_large,
    "prepare-p3": prepare_p3,
    "prepare-png": prepare_png,
    "jobs": three_jobs,
    "zip": archives,
    "start-up": start_up,
    "memory": memory,
}


def per_file(measured: Measured) -> float:
    return measured.output_bytes / max(1, measured.output_files)


def build_other(ref: str) -> pathlib.Path:
    """The release binary of another commit, built in a work tree of its own below the cache."""
    git = ["git", "-C", str(ROOT)]
    sha = subprocess.run([*git, "rev-parse", "--verify", f"{ref}^{{commit}}"], capture_output=True, text=True, check=True).stdout.strip()
    tree = CACHE / "trees" / sha[:12]
    if not tree.is_dir():
        subprocess.run([*git, "worktree", "prune"], check=True)
        subprocess.run([*git, "worktree", "add", "--detach", str(tree), sha], check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["bash", "dev", "build", "release"], cwd=tree, check=True)
    return tree / "build" / "release" / "bin" / "imagemill"


def compare(bench: Bench, ref: str) -> None:
    """Old and new binary in turns, on the workloads that both know."""
    old_binary = build_other(ref)
    source, size = bench.corpus.camera(), str(bench.options.size)
    workloads = {"prepare": ["--size", size], "prepare-1600": ["--size", "1600"], "prepare-png": ["--size", size, "--format", "png"]}
    for name, arguments in workloads.items():
        if bench.options.only and name not in bench.options.only:
            continue
        r = bench.run(f"compare {name}", [bench.ours(source, *arguments, name="old", binary=old_binary),
                                          bench.ours(source, *arguments, name="new")])
        old, new = r["old"], r["new"]
        p = rank_test(old.seconds, new.seconds)
        verdict = "no difference seen" if p > 0.01 else "faster" if new.median < old.median else "SLOWER"
        print(f"  {name}: new / old = {new.median / old.median:.3f}, p = {p:.3f}: {verdict}\n")


def main() -> int:
    parser = argparse.ArgumentParser(usage=__doc__.split("usage: ", 1)[1], allow_abbrev=False)
    parser.add_argument("workload", choices=["prepare", "search", "embed", "dedupe", "compare", "list"])
    parser.add_argument("ref", nargs="?")
    parser.add_argument("--files", type=int, default=MIN_FILES)
    parser.add_argument("--size", type=int, default=640)
    parser.add_argument("--rows", type=int, default=search.MIN_ROWS)
    parser.add_argument("--hnsw-rows", type=int, default=100_000)
    parser.add_argument("--reps", type=int, default=MIN_REPS)
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--data")
    parser.add_argument("--only", type=lambda text: text.split(","), default=[])
    options = parser.parse_args()
    scenarios = {"search": search.SCENARIOS, "embed": embed.PRECISIONS}.get(options.workload, SCENARIOS)
    unknown = [name for name in options.only if name not in scenarios]
    if unknown:
        parser.error(f"no scenario {unknown[0]}: {', '.join(scenarios)}")
    if options.workload == "list":
        print("\n".join([*SCENARIOS, *(f"search: {name}" for name in search.SCENARIOS), *(f"embed: {name}" for name in embed.PRECISIONS)]))
        return 0
    if options.workload == "dedupe":
        return 0 if dedupe.run(options) else 1
    if options.workload == "search":
        return 0 if search.run(options) else 1
    if options.workload == "embed":
        return 0 if embed.run(options) else 1
    bench = Bench(options)
    if options.workload == "compare":
        if not options.ref:
            parser.error("compare what with: a commit, a branch, a tag")
        compare(bench, options.ref)
        return 0
    for name, scenario in SCENARIOS.items():
        if not options.only or name in options.only:
            scenario(bench)
    return 0 if bench.table() else 1


if __name__ == "__main__":
    sys.exit(main())

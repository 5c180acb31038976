"""Search and near hashes at a million, beside faiss. Ratios within one run, in turns."""
import json
import os
import pathlib
import statistics
import subprocess
import sys

import numpy as np

from measure import Measured, Ratio, first_cores, machine, store

ROOT = pathlib.Path(__file__).resolve().parents[1]
CACHE = ROOT / ".cache" / "bench"
OURS = ROOT / "build" / "bench" / "bin" / "vector_search"
FAISS = ROOT / "bench" / "peers" / "search_faiss.py"
DIMS, K, QUERIES, ONE_BY_ONE = 512, 10, 64, 8
HNSW_LINKS, HNSW_EF_CONSTRUCTION, HNSW_EF = 16, 200, (16, 64, 256)
HASH_KINDS = ("random", "clusters", "flat", "nearly-flat", "crowd")
MIN_ROWS, MIN_REPS = 1_000_000, 9


def unit_rows(random, count: int) -> np.ndarray:
    rows = random.standard_normal((count, DIMS), dtype=np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def make_vectors(rows: int) -> tuple[pathlib.Path, pathlib.Path]:
    """Faces: twenty pictures each of many people, a tenth strangers; queries of the same kind."""
    folder = CACHE / "vectors"
    paths = folder / f"{rows}x{DIMS}.npy", folder / f"{rows}x{DIMS}_queries.npy"
    if all(path.exists() for path in paths):
        return paths
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(0)
    of_people = int(rows * 0.9)
    centres = unit_rows(random, max(1, of_people // 20))

    def pictures(count: int) -> np.ndarray:
        return centres[random.integers(0, len(centres), count)] + np.float32(0.55) * unit_rows(random, count)

    out = np.lib.format.open_memmap(folder / "making.npy", "w+", np.float32, (rows, DIMS))
    for first in range(0, rows, 50_000):
        last = min(rows, first + 50_000)
        known = max(0, min(last, of_people) - first)
        part = np.concatenate([pictures(known), unit_rows(random, last - first - known)])
        out[first:last] = part / np.linalg.norm(part, axis=1, keepdims=True)
    out.flush()
    queries = np.concatenate([pictures(QUERIES * 9 // 10), unit_rows(random, QUERIES - QUERIES * 9 // 10)])
    np.save(paths[1], random.permutation(queries / np.linalg.norm(queries, axis=1, keepdims=True)))
    (folder / "making.npy").rename(paths[0])
    return paths


def exact_rows(x_path: pathlib.Path, q_path: pathlib.Path) -> list[list[int]]:
    """By double precision over all rows."""
    x, queries = np.load(x_path, mmap_mode="r"), np.load(q_path).astype(np.float64)
    queries /= np.linalg.norm(queries, axis=1, keepdims=True)
    best: list[list[tuple[float, int]]] = [[] for _ in queries]
    for first in range(0, len(x), 50_000):
        part = np.asarray(x[first:first + 50_000], dtype=np.float64)
        scores = queries @ (part / np.linalg.norm(part, axis=1, keepdims=True)).T
        nearest = np.argpartition(-scores, min(K, scores.shape[1] - 1), axis=1)[:, :K]
        for q, rows in enumerate(nearest):
            best[q] = sorted(best[q] + [(-scores[q, row], first + int(row)) for row in rows])[:K]
    return [[row for _, row in rows] for rows in best]


class Search:
    """A program that has loaded its vectors and waits for questions."""

    def __init__(self, name: str, command: list, cores: list[int]):
        self.name = name
        self.child = subprocess.Popen(["taskset", "-c", ",".join(map(str, cores)), *map(str, command)],
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        ready = self.answer()
        self.build_seconds, self.bytes = ready["seconds"], ready["bytes"]

    def answer(self) -> dict:
        line = self.child.stdout.readline()
        if not line:
            raise SystemExit(f"{self.name} exited {self.child.wait()}")
        return json.loads(line)

    def ask(self, how: str, first: int, count: int, ef: int = 0) -> dict:
        self.child.stdin.write(f"{how} {first} {count} {ef}\n")
        self.child.stdin.flush()
        return self.answer()

    def close(self) -> None:
        self.child.stdin.close()
        self.child.wait()


def in_turns(searches: list[Search], reps: int, how: str, count: int, ef: int = 0) -> dict[str, Measured]:
    """Seconds a query; one round more before, not counted."""
    results = {search.name: Measured() for search in searches}
    for turn in range(-1, reps):
        first = 0 if how == "batch" else (turn + 1) * count % QUERIES
        for search in searches[turn % len(searches):] + searches[:turn % len(searches)]:
            seconds = search.ask(how, first, count, ef)["seconds"] / count
            if turn >= 0:
                results[search.name].seconds.append(seconds)
    for name, measured in results.items():
        print(f"  {name:<14}{measured.median * 1000:9.3f} ms  +-{measured.spread:5.1%}", flush=True)
    return results


def recall(found: list[list[int]], truth: list[list[int]]) -> float:
    return sum(len(set(a) & set(b)) for a, b in zip(found, truth)) / sum(map(len, truth))


def bench_exact(options, cores: list[int]) -> list[Ratio]:
    x, queries = make_vectors(options.rows)
    common = [x, queries, K, len(cores)]
    print(f"exact: {options.rows} x {DIMS}, {K} nearest by cosine", flush=True)
    ours = Search("imagemill", [OURS, "exact", *common], cores)
    flat = Search("faiss-flat", [sys.executable, FAISS, "flat", *common], cores)
    found = ours.ask("one", 0, QUERIES)["rows"]
    is_exact = sum(a == b for a, b in zip(found, exact_rows(x, queries))) / QUERIES
    one = in_turns([ours, flat], options.reps, "one", ONE_BY_ONE)
    batch = in_turns([ours, flat], min(options.reps, 5), "batch", QUERIES)
    flat.close()
    shards = Search("faiss-shards", [sys.executable, FAISS, "shards", *common], cores)
    sharded = in_turns([ours, shards], options.reps, "one", ONE_BY_ONE)
    shards.close()
    ours.close()
    settings = {"rows": options.rows, "reps": options.reps, "cores": len(cores)}
    store(CACHE / "results", "search-one", settings, one, ROOT)
    store(CACHE / "results", "search-batch", settings, batch, ROOT)
    return [
        Ratio("exact: share of queries answered as float64 does", is_exact, ">=", 1),
        Ratio("exact: IndexFlat's time / ours, one query", one["faiss-flat"].median / one["imagemill"].median, ">=", 3),
        Ratio(f"exact: IndexFlat's time / ours, {QUERIES} at once", batch["faiss-flat"].median / batch["imagemill"].median, ">=", 1),
        Ratio("exact: IndexShards' time (all cores) / ours, one query",
              sharded["faiss-shards"].median / sharded["imagemill"].median),
        Ratio("exact: ms of one query", one["imagemill"].median * 1000),
        Ratio(f"exact: ms a query, {QUERIES} at once", batch["imagemill"].median * 1000),
        Ratio("exact: prefilter bytes / the vectors'", ours.bytes / (options.rows * DIMS * 4)),
    ]


def bench_hnsw(options, cores: list[int]) -> list[Ratio]:
    x, queries = make_vectors(options.hnsw_rows)
    common = [x, queries, K, len(cores), HNSW_LINKS, HNSW_EF_CONSTRUCTION]
    print(f"HNSW: {options.hnsw_rows} x {DIMS}, {HNSW_LINKS} links, ef {HNSW_EF_CONSTRUCTION}", flush=True)
    ours = Search("imagemill", [OURS, "hnsw", *common], cores)
    faiss = Search("faiss-hnsw", [sys.executable, FAISS, "hnsw", *common], cores)
    truth = exact_rows(x, queries)
    ratios = [
        Ratio("HNSW: faiss's build time / ours", faiss.build_seconds / ours.build_seconds),
        Ratio("HNSW: our seconds of building", ours.build_seconds),
        Ratio("HNSW: our bytes / faiss's", ours.bytes / faiss.bytes),
    ]
    for ef in HNSW_EF:
        one = in_turns([ours, faiss], options.reps, "one", ONE_BY_ONE, ef)
        ratios += [
            Ratio(f"HNSW: faiss's query time / ours, ef {ef}", one["faiss-hnsw"].median / one["imagemill"].median),
            Ratio(f"HNSW: our recall of {K}, ef {ef}", recall(ours.ask("one", 0, QUERIES, ef)["rows"], truth)),
            Ratio(f"HNSW: faiss's recall of {K}, ef {ef}", recall(faiss.ask("one", 0, QUERIES, ef)["rows"], truth)),
        ]
    ours.close()
    faiss.close()
    return ratios


def bench_hashes(options, cores: list[int]) -> list[Ratio]:
    ratios = []
    for kind in HASH_KINDS:
        command = ["taskset", "-c", ",".join(map(str, cores)), str(OURS), "hamming", kind, str(options.rows), "10", str(len(cores))]
        runs = [json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout) for _ in range(3)]
        seconds = statistics.median(run["seconds"] for run in runs)
        ratios.append(Ratio(f"hashes: seconds to group {options.rows}, {kind}", seconds, "<=", 60))
    return ratios


SCENARIOS = {"exact": bench_exact, "hnsw": bench_hnsw, "hashes": bench_hashes}


def run(options) -> bool:
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    cores = first_cores(options.cores)
    ratios = []
    for name, scenario in SCENARIOS.items():
        if not options.only or name in options.only:
            ratios += scenario(options, cores)
    print(f"\n{'ratio':<58}{'measured':>12}{'target':>12}")
    print("\n".join(ratio.line() for ratio in ratios))
    print(f"\n{machine()}; {options.reps} rounds, {len(cores)} cores used")
    if options.rows < MIN_ROWS or options.reps < MIN_REPS:
        print(f"a look, not a measurement: that takes {MIN_ROWS} rows and {MIN_REPS} rounds at least")
    return all(ratio.passes() for ratio in ratios)

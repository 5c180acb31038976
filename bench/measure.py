"""Whole processes, side by side: run them in turns, take medians, keep what was measured."""
import dataclasses
import json
import math
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import sys
import time


@dataclasses.dataclass
class Contender:
    """A command that turns a folder of pictures into another; {out} in it becomes a fresh folder a run."""

    name: str
    command: list[str]
    may_exit: tuple[int, ...] = (0,)  # imagemill says 3 when some items failed, as broken ones do


@dataclasses.dataclass
class Measured:
    seconds: list[float] = dataclasses.field(default_factory=list)
    peak_bytes: int = 0
    output_bytes: int = 0
    output_files: int = 0

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    @property
    def spread(self) -> float:
        """Half the range between the quartiles, as a share of the median."""
        if len(self.seconds) < 4:
            return (max(self.seconds) - min(self.seconds)) / 2 / self.median
        low, _, high = statistics.quantiles(self.seconds, n=4)
        return (high - low) / 2 / self.median


@dataclasses.dataclass
class Ratio:
    what: str
    value: float
    relation: str = ""  # "": stated, not judged
    target: float = 0

    def passes(self) -> bool:
        return {"": True, ">=": self.value >= self.target, "<=": self.value <= self.target}[self.relation]

    def line(self) -> str:
        judged = f"{self.relation:>5}{self.target:>7.2f}  {'pass' if self.passes() else 'MISS'}" if self.relation else ""
        return f"{self.what:<58}{self.value:>12.3f}{judged}"


def first_cores(count: int) -> list[int]:
    return sorted(os.sched_getaffinity(0))[:count]


def run_once(contender: Contender, scratch: pathlib.Path, cores: list[int], measured: Measured) -> None:
    out = scratch / contender.name
    shutil.rmtree(out, ignore_errors=True)
    command = ["taskset", "-c", ",".join(map(str, cores))] + [a.replace("{out}", str(out)) for a in contender.command]
    environment = dict(os.environ, UV_THREADPOOL_SIZE=str(len(cores)))
    log = scratch / f"{contender.name}.log"
    with open(log, "wb") as sink:
        start = time.perf_counter()
        child = subprocess.Popen(command, stdout=sink, stderr=sink, stdin=subprocess.DEVNULL, env=environment)
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode not in contender.may_exit:
        raise SystemExit(f"{contender.name} exited {child.returncode}: {' '.join(command)}\n{log.read_text(errors='replace')[-2000:]}")
    measured.seconds.append(seconds)
    measured.peak_bytes = max(measured.peak_bytes, usage.ru_maxrss * 1024)
    files = [p for p in out.rglob("*") if p.is_file() and ".imagemill" not in p.parts] if out.exists() else []
    measured.output_files = len(files)
    measured.output_bytes = sum(p.stat().st_size for p in files)
    shutil.rmtree(out, ignore_errors=True)


def interleave(contenders: list[Contender], reps: int, scratch: pathlib.Path, cores: list[int]) -> dict[str, Measured]:
    """Every contender once a round, the first of a round another one each time; one more round before, not counted."""
    scratch.mkdir(parents=True, exist_ok=True)
    results = {c.name: Measured() for c in contenders}
    for round_number in range(-1, reps):
        turn = round_number % len(contenders)
        for contender in contenders[turn:] + contenders[:turn]:
            run_once(contender, scratch, cores, results[contender.name] if round_number >= 0 else Measured())
        if sys.stdout.isatty():
            print(f"  round {round_number + 1} of {reps}", end="\r", flush=True)
    return results


def rank_test(old: list[float], new: list[float]) -> float:
    """Two-sided p of the Mann-Whitney U test, normal approximation; both at least 9 long."""
    wins = sum((a > b) + (a == b) / 2 for a in old for b in new)
    n, m = len(old), len(new)
    deviation = math.sqrt(n * m * (n + m + 1) / 12)
    return math.erfc(abs(wins - n * m / 2) / deviation / math.sqrt(2))


def machine() -> str:
    model = platform.machine()
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    return f"{model}, {os.cpu_count()} cores"


def commit(root: pathlib.Path) -> str:
    describe = ["git", "-C", str(root), "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]
    return subprocess.run(describe, capture_output=True, text=True, check=True).stdout.strip()


def store(folder: pathlib.Path, scenario: str, settings: dict, results: dict[str, Measured], root: pathlib.Path) -> None:
    """One JSON line into the scenario's file, keyed by commit and machine."""
    folder.mkdir(parents=True, exist_ok=True)
    line = {
        "commit": commit(root),
        "machine": machine(),
        "when": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "scenario": scenario,
        "settings": settings,
        "results": {name: dataclasses.asdict(measured) for name, measured in results.items()},
    }
    with open(folder / f"{scenario}.jsonl", "a", encoding="utf-8") as out:
        out.write(json.dumps(line) + "\n")

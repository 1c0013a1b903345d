"""One run: the times of every case, shape and dtype; then memory; then ten times the samples."""

import contextlib
import importlib.metadata
import math
import os
import platform
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import comparisons, memory
from benchmarks.cases import is_there
from benchmarks.cases.base import VALUE_AND_GRAD, Case, Mode, Shape, Task
from benchmarks.contenders import CORES, EARLIER, ONE_THREAD, PEERS, installed
from benchmarks.contenders.base import Contender
from benchmarks.memory import Peak
from benchmarks.report import Results, time_text
from benchmarks.timing import Timing, compare

CORES_TIME = Path("/proc/stat")
NO_MEMORY = ("small", "boosting")


def run(cases: Sequence[Case], largest: float, seconds: float, earlier: Path | None = None) -> Results:
    contenders, absent = installed(earlier)
    for name, reason in absent.items():
        say(f"absent: {name} ({reason})")
    results = Results(datetime.now(UTC).strftime("%Y-%m-%d"), machine(), versions(), absent)
    start, others_start = time.perf_counter(), seconds_of_others()
    shapes = {}
    for case in cases:
        if is_there(case):
            shapes[case] = [shape for shape in case.shapes if math.prod(shape) <= largest]
        else:
            say(f"not in this library yet: {case.needs}")
    results.timings += time_all(contenders, shapes, seconds)
    for comparison in comparisons.chosen([case.name for case in cases], largest):
        results.compared.append(comparisons.measure(contenders, comparison, seconds))
        say(" | ".join(comparisons.row(comparison, results.compared[-1])))
    results.peaks += measure_memory(contenders, {case: kept[-1] for case, kept in shapes.items() if kept})
    took = time.perf_counter() - start
    results.machine["Cores kept busy by other programs"] = f"{(seconds_of_others() - others_start) / took:.2f}"
    results.machine["The run took"] = f"{took / 60:.0f} minutes, with --seconds {seconds:g}"
    return results


def time_all(
    contenders: Mapping[str, Contender], shapes: Mapping[Case, list[Shape]], seconds: float
) -> Iterator[Timing]:
    tasks = [
        Task(case, shape, dtype, mode)
        for case in shapes
        for dtype in case.dtypes
        for shape in shapes[case]
        for mode in case.modes
    ]
    for number, task in enumerate(tasks, 1):
        taking_part = {name: contender for name, contender in contenders.items() if name not in task.case.left_out}
        if task.mode != VALUE_AND_GRAD:  # the races of one thread are run for value and grad
            taking_part = {name: each for name, each in taking_part.items() if name not in ONE_THREAD}
        timing = compare(taking_part, task, seconds)
        ours = "losses" if "losses" in timing.wall else "losses, 1 thread"
        lead, peer = timing.lead(ours, PEERS)
        against = f", {peer} takes {lead:.2f}×" if peer else ""
        say(f"[{number}/{len(tasks)}] {timing.title}: {time_text(timing.median(ours))}{against}")
        yield timing


def measure_memory(contenders: Mapping[str, Contender], shapes: Mapping[Case, Shape]) -> list[Peak]:
    tasks = [
        (case, shape, mode) for case, shape in shapes.items() if case.family not in NO_MEMORY for mode in case.modes
    ]
    jobs = [(case.name, shape, mode) for case, shape, mode in tasks]
    extra: list[dict[str, int]] = [{} for _ in jobs]
    for name in contenders:
        numbers = [
            number
            for number, (case, _, mode) in enumerate(tasks)
            if name not in (*case.left_out, *ONE_THREAD, EARLIER) and takes_part(contenders[name], case, mode)
        ]
        if not numbers:
            continue
        say(f"memory: {name}")
        for number, peak in zip(numbers, memory.peaks(name, [jobs[number] for number in numbers]), strict=True):
            if peak is not None:
                extra[number][name] = peak
    return [Peak(*job, found) for job, found in zip(jobs, extra, strict=True)]


def takes_part(contender: Contender, case: Case, mode: Mode) -> bool:
    return mode in contender.modes and hasattr(case, contender.language)


def seconds_of_others() -> float:
    """The cores' time that went to other programs; threads that wait for each other suffer most from those."""
    try:
        user, nice, system, _idle, _wait, irq, softirq, steal = map(int, CORES_TIME.read_text().split()[1:9])
    except OSError:
        return math.nan
    ticks = user + nice + system + irq + softirq + steal
    return ticks / os.sysconf("SC_CLK_TCK") - sum(os.times()[:4])


def machine() -> dict[str, str]:
    model = platform.processor() or platform.machine()
    with contextlib.suppress(OSError, StopIteration):
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    return {
        "Machine": f"{model}, {CORES} cores",
        "System": f"{platform.system()} {platform.release()}",
    }


def versions() -> dict[str, str]:
    found = {"Python": platform.python_version()}
    for package in (
        "losses",
        "numpy",
        "torch",
        "jax",
        "optax",
        "rax",
        "scikit-learn",
        "lightgbm",
        "xgboost",
        "xgboost-cpu",
    ):
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found[package] = importlib.metadata.version(package)
    return found


def say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)

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

import numpy as np

from benchmarks import memory
from benchmarks.cases import Case, Shape, shape_text
from benchmarks.contenders import CORES, PEERS, Contender, installed
from benchmarks.report import Results, time_text
from benchmarks.timing import Growth, Peak, Timing, Turn, compare, interleave, ratio

DTYPES = ("float32", "float64")
CORES_TIME = Path("/proc/stat")


def run(cases: Sequence[Case], largest: float, seconds: float) -> Results:
    contenders, absent = installed()
    for name, reason in absent.items():
        say(f"absent: {name} ({reason})")
    results = Results(datetime.now(UTC).strftime("%Y-%m-%d"), machine(), versions(), absent)
    start, others_start = time.perf_counter(), seconds_of_others()
    shapes = {case: [shape for shape in case.shapes if math.prod(shape) <= largest] for case in cases}
    results.timings += time_all(contenders, shapes, seconds)
    most = {case: kept[-1] for case, kept in shapes.items() if kept}
    results.peaks += measure_memory(list(contenders), most)
    elementwise = {case: shape for case, shape in most.items() if case.family != "ranking" and len(shape) == 1}
    results.growths += measure_growth(contenders["losses"], elementwise, seconds)
    busy = (seconds_of_others() - others_start) / (time.perf_counter() - start)
    results.machine["Cores kept busy by other programs"] = f"{busy:.2f}"
    return results


def time_all(
    contenders: Mapping[str, Contender], shapes: Mapping[Case, list[Shape]], seconds: float
) -> Iterator[Timing]:
    rows = [(case, shape, dtype) for case in shapes for dtype in DTYPES for shape in shapes[case]]
    for number, (case, shape, dtype) in enumerate(rows, 1):
        data = case.data(np.random.default_rng(0), shape, dtype)
        taking_part = {name: contender for name, contender in contenders.items() if name not in case.left_out}
        for with_grad in case.modes:
            timing = compare(taking_part, case, data, with_grad, seconds)
            lead, peer = timing.lead("losses", PEERS)
            against = f", {peer} takes {lead:.2f}×" if peer else ""
            say(f"[{number}/{len(rows)}] {timing.title}: {time_text(timing.median('losses'))}{against}")
            yield timing


def measure_memory(contenders: Sequence[str], shapes: Mapping[Case, Shape]) -> list[Peak]:
    wanted = [(case, shape, mode) for mode in (True, False) for case, shape in shapes.items() if mode in case.modes]
    jobs = [(case.name, shape, with_grad) for case, shape, with_grad in wanted]
    extra: list[dict[str, int]] = [{} for _ in jobs]
    for name in contenders:
        say(f"memory: {name}")
        numbers = [number for number, (case, _, _) in enumerate(wanted) if name not in case.left_out]
        if not numbers:
            continue
        for number, peak in zip(numbers, memory.peaks(name, [jobs[number] for number in numbers]), strict=True):
            if peak is not None:
                extra[number][name] = peak
    return [Peak(*job, found) for job, found in zip(jobs, extra, strict=True)]


def measure_growth(contender: Contender, shapes: Mapping[Case, Shape], seconds: float) -> Iterator[Growth]:
    """What the value costs on ten times as many samples as in each shape."""
    for case, shape in shapes.items():
        larger = (10 * shape[0],)
        turns = {}
        for each in (shape, larger):
            data = case.data(np.random.default_rng(0), each, memory.DTYPE)
            call = contender.prepare(case, *data, with_grad=False)
            assert call is not None
            turns[each] = Turn(contender, call)
        times = interleave(turns, seconds)
        before, after = memory.peaks("losses", [(case.name, each, False) for each in turns])
        growth = Growth(
            case.name,
            larger,
            times_longer=ratio(times[larger], times[shape]),
            more_memory=None if before is None or after is None else after - before,
        )
        say(f"{case.name}, value: {shape_text(larger)} takes {growth.times_longer:.1f}× {shape_text(shape)}")
        yield growth


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
    for package in ("losses", "numpy", "torch", "jax", "optax", "rax", "scikit-learn"):
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found[package] = importlib.metadata.version(package)
    return found


def say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)

"""Peak extra memory of one call, in a fresh process for each contender.

It is the operating system that counts resident pages, so that every library's memory is seen alike;
``tracemalloc`` would see NumPy's alone. Arrays, preallocated results and compiled code are in place before the
count starts. Linux only.
"""

import gc
import json
import math
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.cases import CASES
from benchmarks.cases.base import VALUE_AND_GRAD, Mode, Shape, Task
from benchmarks.contenders import CONTENDERS
from benchmarks.contenders.base import Call

Job = tuple[str, Shape, Mode]
"""A case's name, the shape, and what is asked for."""

LARGE = 1_000_000
DTYPE = "float32"
STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")
# glibc hands freed blocks back to the system at once, so that none is reused unseen.
ALLOCATOR = {"MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_TRIM_THRESHOLD_": "65536"}


@dataclass(frozen=True)
class Peak:
    """Extra bytes at the peak of one call, by contender."""

    case: str
    shape: Shape
    mode: Mode
    extra: dict[str, int]


def peaks(contender: str, jobs: Sequence[Job]) -> list[int | None]:
    """Bytes for each job, None where the contender has no such thing or the system doesn't tell."""
    if not (STATUS.exists() and CLEAR.exists()):
        return [None] * len(jobs)
    command = [sys.executable, "-m", __name__, contender, json.dumps(jobs)]
    root = Path(__file__).parents[1]
    environment = os.environ | ALLOCATOR
    process = subprocess.run(command, cwd=root, env=environment, stdout=subprocess.PIPE, check=True, text=True)
    return list(json.loads(process.stdout))


def measure(contender_name: str, jobs: Sequence[Job]) -> list[int | None]:
    contender = CONTENDERS[contender_name]()
    cases = {case.name: case for case in CASES}
    found: list[int | None] = []
    for name, shape, mode in jobs:
        task = Task(cases[name], tuple(shape), DTYPE, mode)
        call = contender.prepare(task, task.arrays())
        if call is None:
            found.append(None)
            continue
        with contender.running():
            found.append(extra(call))
    return found


def extra(call: Call) -> int:
    call()
    gc.collect()
    CLEAR.write_text("5")  # the peak starts again from what is resident now
    before = resident("VmRSS")
    call()
    return resident("VmHWM") - before


def resident(field: str) -> int:
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith(field))
    return 1024 * int(line.split()[1])


def memory_rows(found: Iterable[Peak]) -> list[list[str]]:
    """The rows of the table of targets: items of one query, and embeddings, without an array of their pairs."""
    promises = (
        ("all pairs of 10⁶ items", ("two levels", "all different"), 64 * LARGE + (64 << 20)),
        ("InfoNCE of 8 192 embeddings", ("InfoNCE",), 64 << 20),
        ("LinearCrossEntropy, a tenth of 2 048 × 50 257 logits", ("LinearCrossEntropy",), 4 * 2_048 * 50_257 // 10),
    )
    peaks = [peak for peak in found if peak.mode == VALUE_AND_GRAD and "losses" in peak.extra]
    rows = []
    for what, cases, allowed in promises:
        own = sorted(
            (peak.extra["losses"], peak.case)
            for peak in peaks
            if peak.case.endswith(cases) and math.prod(peak.shape) >= LARGE
        )
        missed = sum(extra > allowed for extra, _ in own)
        verdict = f"missed in {missed} of {len(own)}" if missed else "met" if own else "not measured"
        most, where = (f"{own[-1][0] / 2**20:.1f} MiB", own[-1][1]) if own else ("", "")
        limit = f"≤ {allowed / 2**20:.0f} MiB"
        rows.append([f"{what}, value and grad, losses", "process memory, float32", limit, most, where, verdict])
    return rows


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], json.loads(sys.argv[2]))))

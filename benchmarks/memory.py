"""Peak extra memory of one call, in a fresh process for each contender.

It is the operating system that counts resident pages, so that every library's memory is seen alike;
``tracemalloc`` would see NumPy's alone. Arrays, preallocated results and compiled code are in place before the
count starts. Linux only.
"""

import gc
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.cases import CASES, Shape
from benchmarks.contenders import CONTENDERS, Call

Job = tuple[str, Shape, bool]
"""A case's name, the shape, and whether the gradient is wanted."""

DTYPE = "float32"
STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")
# glibc hands freed blocks back to the system at once, so that none is reused unseen.
ALLOCATOR = {"MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_TRIM_THRESHOLD_": "65536"}


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
    for name, shape, with_grad in jobs:
        y_true, y_pred = cases[name].data(np.random.default_rng(0), tuple(shape), DTYPE)
        call = contender.prepare(cases[name], y_true, y_pred, with_grad)
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


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], json.loads(sys.argv[2]))))

"""What a contender is, and how a call of it is timed."""

import contextlib
import math
import time
import timeit
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, NamedTuple

import numpy as np

from benchmarks.cases.base import VALUE, VALUE_AND_GRAD, Array, Arrays, Case, Mode, Task

Call = Callable[[], Any]

WARM_SECONDS = 0.003
SLOW_SECONDS = 0.05  # a call that takes so long warms itself


class Took(NamedTuple):
    """Seconds by the clock on the wall, and seconds of all the process's threads, for one call."""

    wall: float
    cpu: float


class Numbers(NamedTuple):
    """The mean and derivatives, as far as a call returned them."""

    value: float | None
    derivatives: tuple[Array, ...] = ()


class Contender:
    language: str
    """The method of a case that this contender runs."""
    modes: tuple[Mode, ...] = (VALUE, VALUE_AND_GRAD)

    def prepare(self, task: Task, arrays: Arrays) -> Call | None:
        """What to time, or None where the contender has no such thing."""
        case, size = task.case, math.prod(task.shape)
        if task.mode not in self.modes or not hasattr(case, self.language):
            return None
        if size > case.at_most.get(self.language, size):
            return None
        return self.call(case, arrays, task.mode)

    def call(self, case: Case, arrays: Arrays, mode: Mode) -> Call | None:
        raise NotImplementedError

    def numbers(self, result: Any, mode: Mode) -> Numbers:
        """A call's result; outside the clock."""
        value, derivatives = result if mode == VALUE_AND_GRAD else (result, ())
        return Numbers(float(value), several(derivatives))

    def running(self) -> AbstractContextManager[object]:
        """Held while the call is timed."""
        return contextlib.nullcontext()

    def time(self, call: Call, calls: int) -> Took:
        """Seconds for each call, once the data is in the caches and the last one's threads have come to rest."""
        with self.running():
            return warm_time(call, calls)


def several(derivatives: Any) -> tuple[Array, ...]:
    arrays = derivatives if isinstance(derivatives, tuple) else (derivatives,)
    return tuple(np.asarray(array) for array in arrays)


def warm_time(call: Call, calls: int) -> Took:
    start = time.perf_counter()
    first = timed(call, 1)
    if first.wall > SLOW_SECONDS:
        return first
    while time.perf_counter() < start + WARM_SECONDS:
        call()
    return timed(call, calls)


def timed(call: Call, calls: int) -> Took:
    cpu = time.process_time()
    wall = timeit.timeit(call, number=calls)
    return Took(wall / calls, (time.process_time() - cpu) / calls)

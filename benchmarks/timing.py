"""Checks that the contenders return the same numbers, then times them in turn."""

import math
import random
import statistics
import time
import timeit
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import numpy as np

from benchmarks.cases import Array, Case, Shape, shape_text
from benchmarks.contenders import Call, Contender

WARM_SECONDS, BATCH_SECONDS = 0.003, 0.004
SLOW_SECONDS = 0.25  # a call that takes so long warms itself
MOST_ROUNDS = 25
TOLERANCE = 100  # in eps; each contender sums its 10⁷ terms in an order of its own

Key = TypeVar("Key", bound=Hashable)


class Turn(NamedTuple):
    contender: Contender
    call: Call


class Disagreement(Exception):
    """Two contenders returned different numbers."""


@dataclass(frozen=True)
class Timing:
    """Seconds for one call, one number for each round and contender."""

    case: str
    family: str
    shape: Shape
    dtype: str
    with_grad: bool
    seconds: dict[str, list[float]]

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    @property
    def title(self) -> str:
        return f"{self.case}, {mode(self.with_grad)}, {shape_text(self.shape)}, {self.dtype}"

    def median(self, contender: str) -> float:
        return statistics.median(self.seconds[contender])

    def ratio(self, ours: str, peer: str) -> float:
        """How many times our time the peer takes: the median over the rounds."""
        return ratio(self.seconds[peer], self.seconds[ours])

    def lead(self, ours: str, peers: Iterable[str]) -> tuple[float, str]:
        """The ratio to the fastest of those peers that took part, and its name; nameless where none did."""
        ratios = [(self.ratio(ours, peer), peer) for peer in peers if peer in self.seconds]
        return min(ratios, default=(math.nan, ""))


@dataclass(frozen=True)
class Growth:
    """What this library's value costs at ``shape``, against a tenth of the samples."""

    case: str
    shape: Shape
    times_longer: float
    more_memory: int | None


@dataclass(frozen=True)
class Peak:
    """Extra bytes at the peak of one call, by contender."""

    case: str
    shape: Shape
    with_grad: bool
    extra: dict[str, int]


def mode(with_grad: bool) -> str:
    return "value and grad" if with_grad else "value"


def ratio(slower: Sequence[float], faster: Sequence[float]) -> float:
    """The median over the rounds: both sides of each were timed within the same moment."""
    return statistics.median(a / b for a, b in zip(slower, faster, strict=True))


def compare(
    contenders: Mapping[str, Contender], case: Case, data: tuple[Array, Array], with_grad: bool, seconds: float
) -> Timing:
    turns = agreeing_turns(contenders, case, data, with_grad)
    y_pred = data[1]
    times = interleave(turns, seconds, case.least_rounds)
    return Timing(case.name, case.family, y_pred.shape, str(y_pred.dtype), with_grad, times)


def agreeing_turns(
    contenders: Mapping[str, Contender], case: Case, data: tuple[Array, Array], with_grad: bool
) -> dict[str, Turn]:
    """The calls of those that take part, each run once and found to return what the first returns."""
    turns: dict[str, Turn] = {}
    first = None
    y_pred = data[1]
    tolerance = TOLERANCE * float(np.finfo(y_pred.dtype).eps)
    for name, contender in contenders.items():
        call = contender.prepare(case, *data, with_grad)
        if call is None:
            continue
        turns[name] = Turn(contender, call)
        with contender.running():
            value, grad = contender.numbers(call(), with_grad)
        if first is None:
            first = name, value, grad
        trouble = differing(value, first[1], tolerance) or differing(grad, first[2], tolerance)
        if trouble:
            where = f"{case.name}, {y_pred.dtype}, {shape_text(y_pred.shape)}"
            raise Disagreement(f"{name} and {first[0]} disagree on {where}: {trouble}")
    return turns


def differing(found: float | Array | None, expected: float | Array | None, tolerance: float) -> str:
    """The pair that differs most, if that is by more than ``tolerance`` of the largest; otherwise nothing."""
    if found is None or expected is None:
        return ""
    found, expected = np.asarray(found), np.asarray(expected)
    if (found.dtype, found.shape) != (expected.dtype, expected.shape):
        return f"{found.dtype} {found.shape} against {expected.dtype} {expected.shape}"
    distance = np.abs(found - expected)
    if distance.max() <= tolerance * np.abs(expected).max():
        return ""
    worst = np.unravel_index(np.argmax(distance), distance.shape)
    return f"{found[worst]} against {expected[worst]}"


def interleave(
    turns: Mapping[Key, Turn], seconds: float, least_rounds: int = Case.least_rounds
) -> dict[Key, list[float]]:
    """Rounds in which everyone has one turn, so that a machine that slows down slows down all alike.

    Each round has an order of its own, so that nobody always comes after the same one's lingering threads.
    """
    order = random.Random(0)
    batches = {key: math.ceil(BATCH_SECONDS / time_turn(turn, 1)) for key, turn in turns.items()}
    times: dict[Key, list[float]] = {key: [] for key in turns}
    stop = time.perf_counter() + seconds
    for rounds in range(MOST_ROUNDS):
        if rounds >= least_rounds and time.perf_counter() > stop:
            break
        for key in order.sample(list(turns), len(turns)):
            times[key].append(time_turn(turns[key], batches[key]))
    return times


def time_turn(turn: Turn, calls: int) -> float:
    """Seconds for each call, once the data is back in the caches and the last one's threads have come to rest."""
    with turn.contender.running():
        start = time.perf_counter()
        turn.call()
        taken = time.perf_counter() - start
        if taken > SLOW_SECONDS:
            return taken
        warm = start + WARM_SECONDS
        while time.perf_counter() < warm:
            turn.call()
        return timeit.timeit(turn.call, number=calls) / calls

"""Checks that the contenders return the same numbers, then times them in turn."""

import math
import random
import statistics
import time
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeVar

import numpy as np

from benchmarks.cases.base import Array, Case, Mode, Shape, Task, shape_text
from benchmarks.contenders import OURS
from benchmarks.contenders.base import Call, Contender, Numbers, Took

BATCH_SECONDS = 0.004
MOST_ROUNDS = 25
LONG = 5_000_000  # samples from which on calls take so long that three rounds are enough

Key = TypeVar("Key", bound=Hashable)
Clock = Literal["wall", "cpu"]


class Turn(NamedTuple):
    contender: Contender
    call: Call

    def take(self, calls: int) -> Took:
        return self.contender.time(self.call, calls)


class Disagreement(Exception):
    """Two contenders returned different numbers."""


@dataclass(frozen=True)
class Timing:
    """Seconds for one call, one number for each round and contender: on the wall, and of all cores together."""

    case: str
    family: str
    shape: Shape
    dtype: str
    mode: Mode
    wall: dict[str, list[float]]
    cpu: dict[str, list[float]]

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    @property
    def title(self) -> str:
        return f"{self.case}, {self.mode}, {shape_text(self.shape)}, {self.dtype}"

    def median(self, contender: str, clock: Clock = "wall") -> float:
        return statistics.median(self.seconds(clock)[contender])

    def seconds(self, clock: Clock) -> dict[str, list[float]]:
        return self.wall if clock == "wall" else self.cpu

    def ratio(self, ours: str, peer: str, clock: Clock = "wall") -> float:
        """How many times our time the peer takes: the median over the rounds."""
        seconds = self.seconds(clock)
        return ratio(seconds[peer], seconds[ours])

    def lead(self, ours: str, peers: Iterable[str], clock: Clock = "wall") -> tuple[float, str]:
        """The ratio to the fastest of those peers that took part, and its name; nameless where none did."""
        ratios = [(self.ratio(ours, peer, clock), peer) for peer in peers if {ours, peer} <= self.wall.keys()]
        return min(ratios, default=(math.nan, ""))


def ratio(slower: Sequence[float], faster: Sequence[float]) -> float:
    """The median over the rounds: both sides of each were timed within the same moment."""
    return statistics.median(a / b for a, b in zip(slower, faster, strict=True))


def compare(contenders: Mapping[str, Contender], task: Task, seconds: float) -> Timing:
    turns = agreeing_turns(contenders, task)
    steady = math.prod(task.shape) >= LONG
    took = interleave(turns, seconds, min(task.case.least_rounds, 3) if steady else task.case.least_rounds)
    wall = {name: [each.wall for each in rounds] for name, rounds in took.items()}
    cpu = {name: [each.cpu for each in rounds] for name, rounds in took.items()}
    return Timing(task.case.name, task.case.family, task.shape, task.dtype, task.mode, wall, cpu)


def agreeing_turns(contenders: Mapping[str, Contender], task: Task) -> dict[str, Turn]:
    """The calls of those that take part, each run once and found to return what the first returns.

    With any number of threads, and into preallocated results, this library must return the same bits.
    """
    turns: dict[str, Turn] = {}
    first: tuple[str, Numbers] | None = None
    arrays = task.arrays()
    for name, contender in contenders.items():
        call = contender.prepare(task, arrays)
        if call is None:
            continue
        turns[name] = Turn(contender, call)
        with contender.running():
            numbers = contender.numbers(call(), task.mode)
        if first is None:
            first = name, numbers
        exact = name in OURS and first[0] in OURS and task.case.same_bits
        eps = 0.0 if exact else task.case.tolerance * float(np.finfo(task.dtype).eps)
        trouble = differing(numbers.value, first[1].value, eps)
        for found, expected in zip(numbers.derivatives, first[1].derivatives, strict=False):
            trouble = trouble or differing(found, expected, eps)
        if trouble:
            where = f"{task.case.name}, {task.dtype}, {shape_text(task.shape)}"
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
) -> dict[Key, list[Took]]:
    """Rounds in which everyone has one turn, so that a machine that slows down slows down all alike.

    Each round has an order of its own, so that nobody always comes after the same one's lingering threads.
    """
    order = random.Random(0)
    batches = {key: math.ceil(BATCH_SECONDS / max(turn.take(1).wall, 1e-7)) for key, turn in turns.items()}
    took: dict[Key, list[Took]] = {key: [] for key in turns}
    stop = time.perf_counter() + seconds
    for rounds in range(MOST_ROUNDS):
        if rounds >= least_rounds and time.perf_counter() > stop:
            break
        for key in order.sample(list(turns), len(turns)):
            took[key].append(turns[key].take(batches[key]))
    return took

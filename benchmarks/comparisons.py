"""This library against itself: what one call takes by what another takes, timed in turn."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from benchmarks.cases import CASES, boosting, is_there, lists, pairs, regression, small
from benchmarks.cases.base import BOOSTING, GRAD, VALUE, VALUE_AND_GRAD, Mode, Shape, Task, shape_text
from benchmarks.cases.binary import BinaryLogits, BinaryProbabilities
from benchmarks.cases.classes import ClassLogits
from benchmarks.contenders.base import Contender
from benchmarks.timing import Clock, Turn, interleave, ratio

LARGE = 1_000_000
QUERIES = (10_000, 100)
BY_NAME = {case.name: case for case in CASES}


@dataclass(frozen=True)
class Pair:
    """Two tasks, of which the first takes so many times as long as the second, once `less` is taken off."""

    first: Task
    second: Task
    less: Task | None = None


@dataclass(frozen=True)
class Comparison:
    """A promise about such ratios: each at most, or at least, so large."""

    what: str
    against: str
    pairs: Sequence[Pair]
    at_most: float | None = None
    at_least: float | None = None
    contender: str = "losses, 1 thread"
    clock: Clock = "cpu"
    """With one thread the processor's, which other programs disturb less."""

    def keeps(self, found: float) -> bool:
        return found <= self.at_most if self.at_most is not None else found >= (self.at_least or 0)

    @property
    def limit(self) -> str:
        return f"≤ {self.at_most:g}×" if self.at_most is not None else f"≥ {self.at_least:g}×"


@dataclass(frozen=True)
class Compared:
    """The ratios that were measured for a comparison, by where."""

    what: str
    ratios: dict[str, float] = field(default_factory=dict)


def task(case: str, shape: Shape, mode: Mode = VALUE_AND_GRAD, dtype: str = "float64") -> Task:
    return Task(BY_NAME[case], shape, dtype, mode)


def both_dtypes(pairs: Sequence[Pair]) -> list[Pair]:
    return [
        Pair(replace(pair.first, dtype=dtype), replace(pair.second, dtype=dtype), pair.less)
        for pair in pairs
        for dtype in ("float32", "float64")
    ]


def boosting_cost(cases: Sequence[str], shape: Shape) -> list[Pair]:
    return [Pair(task(case, shape, BOOSTING), task(case, shape, GRAD)) for case in cases]


TWO_LEVELS = [case.name for case in pairs.CASES if case.name.endswith("two levels")]
LISTS = [case.name for case in boosting.ROWS]
SORT = task("one sort of qid", QUERIES, BOOSTING)
ELEMENTWISE = [case.name for case in (*small.ELEMENTWISE, *regression.CASES, BinaryLogits(), BinaryProbabilities())]
MEAN_OF_MANY = [case.name for case in (*regression.CASES, BinaryLogits(), BinaryProbabilities())]

COMPARISONS = (
    Comparison(
        "ranking, grad and curvature, 10⁴ × 100, float32 scores",
        "float64",
        [Pair(task(case, QUERIES, BOOSTING), task(case, QUERIES, BOOSTING, "float32")) for case in LISTS],
        at_least=1.4,
    ),
    Comparison(
        "ranking, grad and curvature, 10⁴ × 100, shuffled qid, less one sort",
        "sorted qid",
        [
            Pair(task(f"{case}, shuffled qid", QUERIES, BOOSTING), task(f"{case}, sorted qid", QUERIES, BOOSTING), SORT)
            for case in LISTS
        ],
        at_most=1.3,
    ),
    Comparison(
        "elementwise, grad and curvature, 10⁶",
        "grad",
        boosting_cost(ELEMENTWISE, (LARGE,)),
        at_most=1.25,
    ),
    Comparison(
        "LambdaRank, PairwiseLogistic, grad and curvature, 10⁴ × 100",
        "grad",
        boosting_cost(["LambdaRank, boosting", "LambdaRank at 30, boosting", "PairwiseLogistic, boosting"], QUERIES),
        at_most=1.4,
    ),
    Comparison(
        "ListNet, value and grad, 10⁴ × 100",
        "CategoricalCrossEntropy",
        both_dtypes([Pair(task(lists.ListNet.name, QUERIES), task(ClassLogits.name, QUERIES))]),
        at_most=3,
    ),
    Comparison(
        "all pairs of 10⁶ items, two levels, value and grad",
        "10⁵",
        both_dtypes([Pair(task(case, (LARGE,)), task(case, (LARGE // 10,))) for case in TWO_LEVELS]),
        at_most=15,
        contender="losses",
        clock="wall",
    ),
    Comparison(
        "all pairs of 10⁶ items, all different, value and grad",
        "two levels",
        both_dtypes(
            [Pair(task("PairwiseLogistic, all different", (LARGE,)), task("PairwiseLogistic, two levels", (LARGE,)))]
        ),
        at_most=25,
        contender="losses",
        clock="wall",
    ),
    Comparison(
        "10⁸ samples in float32, value",
        "10⁷",
        [
            Pair(task(case, (100 * LARGE,), VALUE, "float32"), task(case, (10 * LARGE,), VALUE, "float32"))
            for case in MEAN_OF_MANY
        ],
        at_most=11,
        contender="losses",
        clock="wall",
    ),
)


def measure(contenders: Mapping[str, Contender], comparison: Comparison, seconds: float) -> Compared:
    contender = contenders[comparison.contender]
    ratios = {}
    for pair in comparison.pairs:
        if not is_there(pair.first.case):
            continue
        tasks = {each: prepared(contender, each) for each in (pair.first, pair.second, pair.less) if each is not None}
        took = interleave(tasks, seconds)
        first, second, less = (
            [getattr(each, comparison.clock) for each in took[one]] if one else [0.0] * len(took[pair.first])
            for one in (pair.first, pair.second, pair.less)
        )
        where = f"{pair.first.case.name}, {shape_text(pair.first.shape)}, {pair.first.dtype}"
        ratios[where] = ratio([a - b for a, b in zip(first, less, strict=True)], second)
    return Compared(comparison.what, ratios)


def prepared(contender: Contender, wanted: Task) -> Turn:
    call = contender.prepare(wanted, wanted.arrays())
    assert call is not None
    return Turn(contender, call)


def chosen(cases: Sequence[str], largest: float) -> list[Comparison]:
    """The comparisons of these cases alone, of no array larger than that."""
    found = []
    for comparison in COMPARISONS:
        kept = [
            pair
            for pair in comparison.pairs
            if pair.first.case.name in cases and max(size(pair.first), size(pair.second)) <= largest
        ]
        if kept:
            found.append(replace(comparison, pairs=kept))
    return found


def size(wanted: Task) -> int:
    return math.prod(wanted.shape)


def row(comparison: Comparison, found: Compared | None) -> list[str]:
    """The row of the table of targets."""
    head = [f"{comparison.what}, {comparison.contender}", comparison.against, comparison.limit]
    if found is None or not found.ratios:
        return [*head, "", "", "not measured"]
    worst = (max if comparison.at_most is not None else min)(found.ratios, key=lambda where: found.ratios[where])
    missed = sum(not comparison.keeps(each) for each in found.ratios.values())
    verdict = f"missed in {missed} of {len(found.ratios)}" if missed else "met"
    return [*head, f"{found.ratios[worst]:.2f}×", worst, verdict]

"""What sums over pairs are made of: items and their levels, pair losses, and what comes out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol, TypeAlias

from losses._pairs.grid import Grid
from losses._types import Array

Hook: TypeAlias = Callable[[Array], Array]


class Side(NamedTuple):
    """The items on one side of a crossing, in order of their scores, all finite."""

    scores: Array
    weights: Array


class ColumnSums(NamedTuple):
    """Sums over the pairs of lists in columns: one number for each list, and by order one for each item."""

    numerator: Array
    slopes: Mapping[int, Array]


class ListSums(Protocol):
    """A fast way to sum one pair loss over many short lists of about one length."""

    def __call__(
        self, scores: Array, levels: Array, inside: Array, weights: Array | None, orders: tuple[int, ...]
    ) -> ColumnSums:
        """Return the sums, of weights wᵢwⱼ, that are asked for; the numerator is 0 unless order 0 is among them.

        All arrays have the shape (items, lists). Levels ascend, and are −1 where `inside` is False: past a list's end.
        Scores are float32 or float64, of any size.
        """


class Fields(Protocol):
    """A fast way to sum one pair loss over the pairs of a crossing."""

    def __call__(self, lower: Side, upper: Side, orders: tuple[int, ...]) -> tuple[Sequence[Array], Sequence[Array]]:
        """Return the fields of φ⁽ᵏ⁾ at the upper and at the lower items, for each order k of derivative.

        At an upper item i that is Σⱼ wⱼ φ⁽ᵏ⁾(sᵢ − sⱼ) over the lower ones, at a lower item j it is
        Σᵢ wᵢ φ⁽ᵏ⁾(sᵢ − sⱼ) over the upper ones. Orders are some of 0 to 3 (the stand-in for φ″), the first one is 0 and
        is left out at the lower items. Scores are float64 and at most `largest` in size, neither side is empty.
        """

    @property
    def largest(self) -> float:
        """Scores beyond this are summed pair by pair, as intermediate results of the fast way might overflow."""

    def grid(self, scores: Array, /) -> Grid | None:
        """Return a grid over these scores if they lie close enough together, and the loss is smooth."""

    @property
    def lists(self) -> ListSums | None:
        """The fast way to sum over short lists, if there is one."""


class PairLoss(Protocol):
    """A loss φ(d) of the difference d between the scores of a pair's higher and lower item."""

    def formula(self, d: Array, /) -> Array:
        """Return φ(d)."""

    def derivative(self, d: Array, /) -> Array:
        """Return φ′(d)."""

    def second_derivative(self, d: Array, /) -> Array:
        """Return φ″(d)."""

    def curvature_formula(self, d: Array, /) -> Array:
        """Return a positive stand-in for φ″(d)."""

    @property
    def fast_sums(self) -> Fields | None:
        """The loss's fast way to sum over many items, if it has one."""


@dataclass(frozen=True, eq=False)
class Items:
    """Items sorted by query and, within a query, by ascending level.

    Parameters
    ----------
    scores : array of n float32, float64 or longdouble
        The predicted scores.
    levels : array of n int64
        Larger is more relevant, never negative; compared only within a query.
    weights : array of n float64, or None
        Positive; None stands for ones.
    bounds : array of Q + 1 int64
        Query q's items are those from ``bounds[q]`` to ``bounds[q + 1]``.
    """

    scores: Array
    levels: Array
    weights: Array | None
    bounds: Array


@dataclass(frozen=True, eq=False)
class PairSums:
    """Each query's numerator and denominator, and by order the numerators' derivatives with respect to the scores."""

    numerator: Array
    denominator: Array
    slopes: Mapping[int, Array]


@dataclass(frozen=True)
class Plan:
    """Where the pairs are evaluated one by one and where not.

    The defaults were the fastest for 2·10⁵ items of different levels, for the hinge and the logistic loss.

    Parameters
    ----------
    leaf : int
        Queries, and parts of queries, of at most so many items are not halved further; nor are queries of twice as many
        if there is a fast way to sum over lists.
    direct : float
        A crossing of a by b items is summed pair by pair where a·b ≤ direct·(a + b).
    dense : float
        A query of n items and L levels is summed on a grid of N nodes, if there is one, where N² ≤ dense·n·log₂ L.
    block : float
        In blocks of at most block·N items, or of one level.
    """

    leaf: int = 256
    direct: float = 100.0
    dense: float = 4.0
    block: float = 0.4


def sign(order: int) -> int:
    """Return the sign of a derivative with respect to the lower item's score: d falls as it rises."""
    return -1 if order == 1 else 1

"""Sums of a pair loss over all pairs of items that a query orders.

A query's items have scores s and levels; a pair (i, j) counts where item i has the higher level. With
weights w, a pair loss φ and d = sᵢ − sⱼ, a query's numerator and denominator are

    N = Σ wᵢ wⱼ φ(d),    D = Σ wᵢ wⱼ,

and ∂N/∂sᵢ sums φ′ over the pairs in which i is the higher item, less those in which it is the lower;
∂²N/∂sᵢ² sums φ″ over both.

There are three ways to sum:

- A query whose scores lie close together is cut into blocks of whole levels, and a smooth loss summed over the
  pairs of different blocks on a *grid* (see `pairs_grid`). What is left within the blocks, and other queries, are
  summed in the two other ways.
- A query of few items is a *leaf*: all its pairs are evaluated, many leaves of one size at a time.
- A query of many is halved where a new level begins, again and again, until only leaves are left. Each
  halving leaves the pairs between its halves, every one of which counts: a *crossing*. Each half needs the
  *field* of the other, at a lower item j for instance

      F(sⱼ) = Σᵢ wᵢ φ(sᵢ − sⱼ),

  and the fields of φ′ and φ″. A pair loss may know how to compute them faster than pair by pair (see
  `Fields`): the hinges and the logistic loss do, in time O(n log n).
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from losses._pairs.items import Hook, Items, PairLoss, PairSums, Plan, Side, sign
from losses._pairs.leaves import Leaves, batches, direct_sums, fast_sums, leaf_items
from losses._pairs.tiles import TILE
from losses._types import Array, Box
from losses._walk import summation
from losses._walk.threads import walk


def pair_sums(items: Items, loss: PairLoss, orders: tuple[int, ...] = (0,), plan: Plan | None = None) -> PairSums:
    """Sum a pair loss over all the pairs of each query.

    Parameters
    ----------
    items : Items
        What to sum over. longdouble scores are summed pair by pair and give longdouble results; others give float64.
        float32 scores of queries of few items may be computed in float32.
    loss : PairLoss
        The loss of a pair.
    orders : tuple of int
        What to sum: 0 for the loss (else the numerators are of no use), 1 and 2 for the derivatives, 3 for the stand-in
        for the second. What else is asked for doesn't change a bit of a result, nor does the number of threads.
    plan : Plan, optional
        The choice between ways to sum.
    """
    with np.errstate(all="ignore"):
        return _Summation(items, loss, orders, plan or Plan()).run()


class _Summation:
    """One run of `pair_sums`: what is summed, how, and the sums so far."""

    def __init__(self, items: Items, loss: PairLoss, orders: tuple[int, ...], plan: Plan) -> None:
        dtype = np.result_type(items.scores, np.float64)
        self.items, self.scores = items, items.scores.astype(dtype, copy=False)
        self.levels, self.bounds = items.levels, items.bounds
        ones = np.broadcast_to(np.float64(1), self.scores.shape)
        self.weights = ones if items.weights is None else items.weights
        self.hooks = (loss.formula, loss.derivative, loss.second_derivative, loss.curvature_formula)
        self.fields = loss.fast_sums if dtype == np.float64 else None
        self.slopes = {order: np.zeros(len(self.scores), dtype) for order in orders if order}
        self.orders, self.asked, self.plan = (0, *self.slopes), orders, plan
        self.parts: list[tuple[Array, Array, Array]] = []
        self.leaves: list[tuple[Array, Array, Array]] = []
        self.weights_of_pairs: dict[int, float] = {}

    def run(self) -> PairSums:
        """Sum over every query."""
        queries = np.arange(len(self.bounds) - 1)
        most = self.plan.leaf * (2 if self.fields and self.fields.lists else 1)
        self._part(queries, self.bounds[:-1], self.bounds[1:], most, self._sum_query)
        leaves = batches(self.items, *(np.concatenate(column) for column in zip(*self.leaves, strict=True)))
        self.parts.append((np.zeros(0, np.intp), self.scores[:0], np.zeros(0)))
        self.parts += walk(leaves, self._sum_leaves)
        numerator, denominator = self._by_query()
        for query, weight in self.weights_of_pairs.items():
            denominator[query] = weight
        return PairSums(numerator, denominator, self.slopes)

    def _part(
        self, queries: Array, starts: Array, ends: Array, most: int, of_many: Callable[[int, int, int], Any]
    ) -> None:
        """Set queries, or parts of queries, of at most so many items aside as leaves and sum over the others."""
        few = ends - starts <= most
        self.leaves.append((queries[few], starts[few], ends[few]))
        for query, start, end in zip(queries[~few].tolist(), starts[~few].tolist(), ends[~few].tolist(), strict=True):
            of_many(query, start, end)

    def _sum_query(self, query: int, start: int, end: int) -> None:
        """Sum over the pairs of a query: between blocks on a grid, if it has one, and within what is left."""
        scores, weights = self.scores[start:end], self.weights[start:end]
        levels = np.append(0, 1 + np.flatnonzero(self.levels[start + 1 : end] != self.levels[start : end - 1]))
        if len(levels) == 1:
            return
        self.weights_of_pairs[query] = weight_of_pairs(weights, levels)
        grid = self.fields.grid(scores) if self.fields else None
        if not grid or grid.size**2 > self.plan.dense * len(scores) * len(levels).bit_length():
            self._descend(query, start, end)
            return
        bounds = blocks_of_levels(levels, end - start, max(1, int(self.plan.block * grid.size)))
        slopes = {order: slope[start:end] for order, slope in self.slopes.items()}
        numerator = grid.sums(scores, weights, bounds, slopes)
        self._add_part(query, numerator)
        starts, ends = start + bounds[:-1], start + bounds[1:]
        several = self.levels[starts] < self.levels[ends - 1]
        self._part(
            np.full(np.count_nonzero(several), query), starts[several], ends[several], self.plan.leaf, self._descend
        )

    def _by_query(self) -> tuple[Array, Array]:
        """Add up the parts of each query."""
        queries, *parts = (np.concatenate(column) for column in zip(*self.parts, strict=True))
        order = np.argsort(queries, kind="stable")
        present, first = np.unique(queries[order], return_index=True)
        sums = [np.zeros(len(self.bounds) - 1, part.dtype) for part in parts]
        for total, part in zip(sums, parts, strict=True):
            total[present] = np.add.reduceat(part[order], first) if len(first) else 0
        return sums[0], sums[1]

    def _descend(self, query: int, start: int, end: int) -> tuple[Array, ...]:
        """Sum over the pairs within items start to end; return the items in runs of rising scores."""
        cut = _cut(self.levels, start, end) if end - start > self.plan.leaf else start
        if cut == start:
            self.leaves.append((np.array([query]), np.array([start]), np.array([end])))
            return (start + np.argsort(self.scores[start:end]),)
        lower = self._merge(self._descend(query, start, cut))
        upper = self._merge(self._descend(query, cut, end))
        self._cross(query, lower, upper)
        return lower, upper

    def _merge(self, runs: tuple[Array, ...]) -> Array:
        """Merge runs of rising scores (a stable sort finds the runs and takes linear time)."""
        items = np.concatenate(runs) if len(runs) > 1 else runs[0]
        return items[np.argsort(self.scores[items], kind="stable")] if len(runs) > 1 else items

    def _cross(self, query: int, lower: Array, upper: Array) -> None:
        """Sum over the pairs between two sets of items in order of their scores.

        Items with the score −∞, +∞ or NaN are set apart: all pairs of such a class with the finite scores, or
        with another such class, have the same d.
        """
        lower_classes, upper_classes = (_classes(self.scores, side) for side in (lower, upper))
        for i, low in enumerate(lower_classes):
            for j, high in enumerate(upper_classes):
                if len(low) and len(high):
                    (self._cross_classes if i or j else self._cross_finite)(query, low, high)

    def _cross_classes(self, query: int, lower: Array, upper: Array) -> None:
        """Sum over the pairs between two sets of items, all with the same d."""
        d = self.scores[upper[:1]] - self.scores[lower[:1]]
        v, w = self.weights[lower], self.weights[upper]
        total_v, total_w = np.add.reduce(v), np.add.reduce(w)
        self._add_part(query, total_v * total_w * self.hooks[0](d)[0])
        for order, slope in self.slopes.items():
            bend = self.hooks[order](d)
            slope[upper] += total_v * w * bend
            slope[lower] += sign(order) * total_w * v * bend

    def _cross_finite(self, query: int, lower: Array, upper: Array) -> None:
        """Sum over the pairs between two sets of items in order of their scores, all finite."""
        low = Side(self.scores[lower], self._weights_of(lower))
        high = Side(self.scores[upper], self._weights_of(upper))
        (value, *at_upper), at_lower = self._fields(low, high)
        value *= high.weights
        self._add_part(query, np.add.reduce(value))
        for order, up, down in zip(self.slopes, at_upper, at_lower, strict=True):
            up *= high.weights
            down *= sign(order) * low.weights
            self.slopes[order][upper] += up
            self.slopes[order][lower] += down

    def _weights_of(self, items: Array) -> Array:
        """Return the items' weights; where all are one, without a copy."""
        return self.weights[items] if self.weights.strides[0] else self.weights[: len(items)]

    def _add_part(self, query: int, numerator: Any) -> None:
        """Add to the numerator of a query of many items, whose denominator is known."""
        self.parts.append((np.array([query]), np.array([numerator]), np.zeros(1)))

    def _fields(self, lower: Side, upper: Side) -> tuple[Sequence[Array], Sequence[Array]]:
        """Return the fields at the upper and the lower items, the way that is fastest."""
        a, b = len(lower.scores), len(upper.scores)
        largest = np.max(np.abs([side.scores[[0, -1]] for side in (lower, upper)]))
        if self.fields is None or a * b <= self.plan.direct * (a + b) or largest > self.fields.largest:
            return direct_fields(self.hooks, lower, upper, self.orders)
        return self.fields(lower, upper, self.orders)

    def _sum_leaves(self, box: Box) -> tuple[Array, Array, Array]:
        """Sum over the pairs within some `Leaves`, which share no item with others; return their part of the sums."""
        leaves = Leaves(*box)
        own = leaf_items(self.items, leaves)
        way = self.fields.lists if self.fields else None
        if way is None:
            sums = direct_sums(self.hooks, self.scores, own, self.asked)
        else:
            sums = fast_sums(way, self.items.scores, own, self.asked)
        for order, slope in sums.slopes.items():
            self.slopes[order][own.places[own.inside]] += slope[own.inside]
        return leaves.queries, sums.numerator, own.denominator()


def _classes(scores: Array, items: Array) -> tuple[Array, ...]:
    """Split items in order of their scores into those with the score finite, −∞, +∞ and NaN."""
    if np.isfinite(scores[items[[0, -1]]]).all():
        return items, items[:0], items[:0], items[:0]
    first, nan = np.searchsorted(scores[items], [-np.inf, np.inf], side="right").tolist()
    last = int(np.searchsorted(scores[items], np.inf, side="left"))
    return items[first:last], items[:first], items[last:nan], items[nan:]


def direct_fields(
    hooks: tuple[Hook, ...], lower: Side, upper: Side, orders: tuple[int, ...]
) -> tuple[list[Array], list[Array]]:
    """Return the fields at the upper and the lower items (see `Fields`), pair by pair."""
    at_upper = [np.zeros_like(upper.scores) for _ in orders]
    at_lower = [np.zeros_like(lower.scores) for _ in orders]
    for rows, columns in _tiles(len(upper.scores), len(lower.scores)):
        d = upper.scores[rows, None] - lower.scores[None, columns]
        for order, up, down in zip(orders, at_upper, at_lower, strict=True):
            terms = hooks[order](d)
            up[rows] += np.einsum("ij,j->i", terms, lower.weights[columns])
            if order:
                down[columns] += np.einsum("ij,i->j", terms, upper.weights[rows])
    return at_upper, at_lower[1:]


def _tiles(rows: int, columns: int) -> Iterator[tuple[slice, slice]]:
    """Cover a matrix with tiles of at most TILE entries."""
    width = min(columns, 512)
    height = TILE // max(1, width)
    for i in range(0, rows, height):
        for j in range(0, columns, width):
            yield slice(i, i + height), slice(j, j + width)


def _cut(levels: Array, start: int, end: int) -> int:
    """Return where a new level begins, as near the middle as may be; start if there is one level only."""
    middle = (start + end) // 2
    left = start + int(np.searchsorted(levels[start:end], levels[middle], side="left"))
    right = start + int(np.searchsorted(levels[start:end], levels[middle], side="right"))
    return right if right < end and (left == start or right - middle < middle - left) else left


def weight_of_pairs(weights: Array, levels: Array) -> float:
    """Return Σ wᵢ wⱼ over a query's pairs, given where each level begins, to a few roundings.

    The sums of the weights are kept in two parts, lest the roundings of many equal ones all go the same way.
    """
    upper = summation.upper_parts(weights)
    masses = [np.add.reduceat(part, levels) for part in (upper, weights - upper)]
    below = [np.cumsum(mass) - mass for mass in masses]
    return summation.total(summation.parts((masses[0] + masses[1]) * (below[0] + below[1])))


def blocks_of_levels(levels: Array, count: int, size: int) -> Array:
    """Gather levels, given where each begins, into blocks of at most so many items, or of one level each.

    Returns where the blocks begin, and the end.
    """
    first = levels // size
    last = (np.append(levels[1:], count) - 1) // size
    cut = (first[1:] != first[:-1]) | (first[1:] != last[1:])
    return np.concatenate([[0], levels[1:][cut], [count]])

"""Queries, or parts of queries, of few items: all their pairs are evaluated, many of about one size at a time."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from losses._pairs.columns import column_sums, lists_of_tile
from losses._pairs.items import ColumnSums, Hook, Items, ListSums, sign
from losses._pairs.tiles import TILE
from losses._types import Array

_TILE_BYTES = 1 << 18
"""Size of an array of the items of some leaves, of which a dozen are worked on at a time."""


class Leaves(NamedTuple):
    """Some leaves of at most so many items: their queries, and where their items begin and end."""

    queries: Array
    starts: Array
    ends: Array
    size: int


def batches(items: Items, queries: Array, starts: Array, ends: Array) -> list[Leaves]:
    """Gather the leaves that have pairs, some of about one size at a time."""
    nonempty = ends > starts
    queries, starts, ends = queries[nonempty], starts[nonempty], ends[nonempty]
    paired = items.levels[starts] < items.levels[ends - 1]
    queries, starts, ends = queries[paired], starts[paired], ends[paired]
    sizes = _rounded_up(ends - starts)
    order = np.argsort(sizes, kind="stable")
    found = []
    for group in np.split(order, np.flatnonzero(np.diff(sizes[order])) + 1) if len(order) else ():
        size = int(sizes[group[0]])
        count = lists_of_tile(size, items.scores.itemsize, _TILE_BYTES)
        for some in (group[first : first + count] for first in range(0, len(group), count)):
            found.append(Leaves(queries[some], starts[some], ends[some], size))
    return found


def _rounded_up(sizes: Array) -> Array:
    """Round sizes up by at most an eighth, so that few different ones are left."""
    step: Array = 1 << np.maximum(np.frexp(sizes)[1] - 4, 0)
    return -(-sizes // step) * step


class LeafItems(NamedTuple):
    """The items of some leaves, by level in columns; those past a leaf's end repeat its last one, at level −1.

    Attributes
    ----------
    places, inside
        Where the items lie, and which are within their leaf.
    below
        How many items of the leaf have lower levels.
    """

    places: Array
    inside: Array
    levels: Array
    below: Array
    weights: Array | None

    def denominator(self) -> Array:
        """Return the weight of each leaf's pairs."""
        if self.weights is None:
            return np.asarray(self.below.sum(axis=0), np.float64)
        weight_below = np.concatenate([np.zeros_like(self.weights[:1]), np.cumsum(self.weights, axis=0)])
        return column_sums(self.weights * np.take_along_axis(weight_below, self.below, axis=0), len(self.below))


def leaf_items(items: Items, leaves: Leaves) -> LeafItems:
    """Return the items of some leaves."""
    ranks = np.arange(leaves.size)[:, np.newaxis]
    inside = ranks < leaves.ends - leaves.starts
    places = np.minimum(leaves.starts + ranks, leaves.ends - 1)
    levels = np.where(inside, items.levels[places], -1)
    first_of_level = np.zeros_like(places)
    first_of_level[1:] = np.where(levels[1:] > levels[:-1], ranks[1:], 0)
    below = np.maximum.accumulate(first_of_level, axis=0) * inside
    weights = None if items.weights is None else items.weights[places] * inside
    return LeafItems(places, inside, levels, below, weights)


def fast_sums(way: ListSums, scores: Array, items: LeafItems, orders: tuple[int, ...]) -> ColumnSums:
    """Return the sums over the pairs of leaves, in the loss's own way."""
    return way(scores[items.places], items.levels, items.inside, items.weights, orders)


def direct_sums(hooks: Sequence[Hook], scores: Array, items: LeafItems, orders: tuple[int, ...]) -> ColumnSums:
    """Return the sums over the pairs of leaves, by the loss's hooks, some rows (the pairs' higher items) at a time."""
    s, below = scores[items.places], items.below
    w = np.ones_like(s) if items.weights is None else items.weights
    numerator = np.zeros(s.shape[1], s.dtype)
    slopes = {order: np.zeros_like(s) for order in orders if order}
    ranks = np.arange(len(s))[:, np.newaxis]
    for upper in _rows(*s.shape):
        lower = slice(0, int(below[upper].max()))
        if lower.stop == 0:
            continue
        d = s[upper, np.newaxis] - s[np.newaxis, lower]
        counts = ranks[lower] < below[upper, np.newaxis]
        for order in orders:
            terms = _where(counts, hooks[order](d))
            field = np.einsum("ijq,jq->iq", terms, w[lower])
            if order == 0:
                numerator += np.einsum("iq,iq->q", field, w[upper])
            else:
                slopes[order][upper] += field
                slopes[order][lower] += sign(order) * np.einsum("ijq,iq->jq", terms, w[upper])
    return ColumnSums(numerator, {order: w * slope for order, slope in slopes.items()})


def _rows(size: int, count: int) -> Iterator[slice]:
    """Cut the items of so many leaves, each of which meets all the others."""
    height = max(1, TILE // (size * count))
    for first in range(0, size, height):
        yield slice(first, min(first + height, size))


def _where(condition: Array, values: Array) -> Array:
    """Return values where the condition holds and 0 elsewhere."""
    product: Array = values * condition
    finite = np.isfinite(np.add.reduce(product, axis=None))
    return product if finite else np.where(condition, values, 0)  # 0 times an infinity is not 0

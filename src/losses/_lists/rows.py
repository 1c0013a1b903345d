"""Rows of lists: the order of their items, how they are cut into tiles of columns, and where results are put."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from losses._maths.exponentials import Scale, powers
from losses._pairs.columns import Columns, lists_of_tile
from losses._types import Array


def falling(x: Array) -> Array:
    """Return the order of each row's items by falling x, equal ones in input order."""
    order = _falling_integers(x)
    if order is not None:
        return order
    if x.dtype.kind != "f":  # which may not be negated
        return np.asarray(x.shape[1] - 1 - np.argsort(x[:, ::-1], axis=1, kind="stable")[:, ::-1])
    negative = -x
    order = np.argsort(negative, axis=1)  # not stable, but four times as fast
    ordered = np.take_along_axis(negative, order, axis=1)
    tied = np.flatnonzero((ordered[:, 1:] == ordered[:, :-1]).any(axis=1) | np.isnan(ordered[:, -1]))
    if len(tied):
        order[tied] = np.argsort(negative[tied], axis=1, kind="stable")
    return order


def _falling_integers(x: Array) -> Array | None:
    """Return the same for small integers, such as grades, in a twentieth of the time; None for other numbers.

    What is sorted holds an item's x above, and its place in the row below; so nothing is equal.
    """
    bits = (x.shape[1] - 1).bit_length()
    if bits > 24 or x.size == 0 or not (x[0] == np.rint(x[0])).all():
        return None
    low, high, limit = x.min().item(), x.max().item(), 1 << (29 - bits)
    if not (-limit < low <= high < limit and (x.dtype.kind != "f" or (x == np.rint(x)).all())):
        return None
    keys = x.astype(np.int32)
    np.subtract(int(high), keys, out=keys)
    keys <<= bits
    keys |= np.arange(x.shape[1], dtype=np.int32)
    keys.sort(axis=1)
    keys &= (1 << bits) - 1
    return keys.astype(np.intp)


class Tile(NamedTuple):
    """Some lists in columns.

    Attributes
    ----------
    rows : array (Q,)
        Which lists.
    places : array (m, Q)
        Where their items lie in the raveled input.
    columns : Columns
        Their scores.
    """

    rows: Array
    places: Array
    columns: Columns

    def take(self, x: Array) -> Array:
        """Return these items' entries of an array (q, m)."""
        found: Array = x.reshape(-1).take(self.places)
        return found


_TILE_BYTES = 1 << 19
"""Size of an array of a tile's items. Half as many took up to 1.1 times as long."""


def tiles(s: Array, scale: Scale, order: Array, arrays: int) -> Iterator[Tile]:
    """Cut lists, their items in the order given, into tiles: those that have powers, then those that don't.

    So many `arrays` of pairs are worked on at a time.
    """
    m = s.shape[1]
    power, near = powers(s, scale)
    for kind, rows in ((True, np.flatnonzero(near)), (False, np.flatnonzero(~near))):
        count = max(1, round(len(rows) / lists_of_tile(m, s.itemsize, _TILE_BYTES)))
        step = max(1, -(-len(rows) // count))
        for some in (rows[start : start + step] for start in range(0, len(rows), step)):
            places = np.ascontiguousarray(order[some].T) + m * some
            own = power.reshape(-1).take(places) if kind else None
            yield Tile(some, places, Columns(s.reshape(-1).take(places), own, scale.high, arrays))


class Results:
    """The arrays that a kernel over pairs returns, filled tile by tile."""

    def __init__(self, s: Array, orders: tuple[int, ...]) -> None:
        self.orders = orders
        self.arrays = {order: np.empty(s.shape if order else len(s), s.dtype) for order in orders}

    def put(self, order: int, tile: Tile, values: Array) -> None:
        """Write losses, or derivatives in columns, if they are asked for."""
        if order in self.arrays:
            self.arrays[order].reshape(-1)[tile.places if order else tile.rows] = values

    def put_second(self, tile: Tile, second: Array, least: float) -> None:
        """Write the Hessian's diagonal, and the curvature, which is the same but for a least number."""
        self.put(2, tile, second)
        self.put(3, tile, np.maximum(second, least))

    def all(self, bad: Array) -> tuple[Array, ...]:
        """Return the arrays, NaN for lists that are bad."""
        if bad.any():
            for array in self.arrays.values():
                array[bad] = np.nan
        return tuple(self.arrays[order] for order in self.orders)

    def nan(self) -> Array:
        """Return which lists have NaN anywhere."""
        bad: Array = np.any([np.isnan(a).reshape(len(a), -1).any(axis=1) for a in self.arrays.values()], axis=0)
        return bad

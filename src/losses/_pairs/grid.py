"""Sums of the logistic loss over all pairs of many blocks of items, whose scores lie in few cells.

A block's items all have higher levels than those of the blocks before it. Let m(b) be the masses at the nodes of the
cells (see `chebyshev`) that stand for the items of block b, and K the matrix of φ⁽ᵏ⁾ at the differences between nodes.
The fields at the nodes of block b, of all the blocks below it and of all above it, are

    K Σ_{a < b} m(a)    and    Kᵀ Σ_{a > b} m(a).

So each item is moved to the nodes once, and its field interpolated once, for all its pairs with other blocks' items.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import ldexp

import numpy as np

from losses._maths.chebyshev import anterpolate, chebyshev_nodes, interpolate
from losses._pairs.tiles import TILE, slices
from losses._types import Array


@dataclass(frozen=True, eq=False)
class Grid:
    """Cells side by side, and the nodes in them, for a loss φ(d) with φ⁽ᵏ⁾(d) = σᵏ fₖ(σd).

    Parameters
    ----------
    kernel : callable
        fₖ(z) by k and z.
    sigma : float
        σ.
    exponent : int
        The cells' width is 2 to this power; it is the unit of positions.
    first : float
        The centre of the first cell.
    cells, nodes : int
        The number of cells, and of nodes of a cell.
    """

    kernel: Callable[[int, Array], Array]
    sigma: float
    exponent: int
    first: float
    cells: int
    nodes: int

    @property
    def size(self) -> int:
        """The number of nodes in all."""
        return self.cells * self.nodes

    def sums(self, scores: Array, weights: Array, bounds: Array, slopes: Mapping[int, Array]) -> float:
        """Return the sum of φ over all pairs of items of different blocks, and add up its derivatives.

        Parameters
        ----------
        scores, weights : array of n
            The items' scores and weights.
        bounds : array of B + 1 int
            Block b's items are those from ``bounds[b]`` to ``bounds[b + 1]``.
        slopes : mapping of int to array of n
            By k, where to add Σ w φ⁽ᵏ⁾ over an item's pairs, times (−1)ᵏ where it is the lower.
        """
        batches = [bounds[part.start : part.stop + 1] for part in slices(0, len(bounds) - 1, max(1, TILE // self.size))]
        masses = [self._masses(scores, weights, batch) for batch in batches]
        totals = np.array([np.add.reduce(m, axis=1) for m in masses]).T
        kernels = {order: self._kernels(order) for order in (0, *slopes)}
        value = 0.0
        for m, batch, lower, upper in zip(masses, batches, _before(totals).T, _after(totals).T, strict=True):
            below, above = lower[:, None] + _before(m), upper[:, None] + _after(m)
            value += float(np.add.reduce(m * self._field(kernels[0][0], below), axis=None))
            fields = [
                self._field(kernels[order][0], below) + (-1) ** order * self._field(kernels[order][1], above)
                for order in slopes
            ]
            items = slice(batch[0], batch[-1])
            for (order, slope), field in zip(slopes.items(), self._interpolate(scores, batch, fields), strict=True):
                slope[items] += weights[items] * scaled(field, self.sigma, order)
        return value

    def _masses(self, scores: Array, weights: Array, bounds: Array) -> Array:
        """Return m of each block, as an array of nodes by blocks."""
        x, cell = self._places(scores, bounds)
        blocks = len(bounds) - 1
        masses = anterpolate(x, cell, weights[bounds[0] : bounds[-1]], self.nodes, blocks * self.cells)
        return masses.reshape(self.nodes, blocks, self.cells).transpose(2, 0, 1).reshape(self.size, blocks)

    def _interpolate(self, scores: Array, bounds: Array, fields: list[Array]) -> list[Array]:
        """Return fields at the blocks' items, given arrays of nodes by blocks."""
        by_cell = [field.reshape(self.cells, self.nodes, -1).transpose(1, 2, 0) for field in fields]
        return interpolate(*self._places(scores, bounds), [field.reshape(self.nodes, -1) for field in by_cell])

    def _places(self, scores: Array, bounds: Array) -> tuple[Array, Array]:
        """Return the items' x and their cells, numbered through all cells of a block before those of the next."""
        positions = np.ldexp(scores[bounds[0] : bounds[-1]], -self.exponent)
        centre = np.rint(positions)
        cell = (centre - self.first).astype(np.intp)
        cell += self.cells * np.repeat(np.arange(len(bounds) - 1), np.diff(bounds))
        return 2 * (positions - centre), cell

    def _kernels(self, order: int) -> tuple[Array, Array]:
        """Return fₖ(η(t − x)) and fₖ(η(x − t)), η = σh, for the nodes t of a cell and x of all the cells around it.

        The first axis is t's, the last two are the cells, in ascending order, and the nodes of x.
        """
        u = chebyshev_nodes(self.nodes) / 2
        apart = np.arange(self.cells - 1, -self.cells, -1)[:, None]
        z = ldexp(self.sigma, self.exponent) * (apart + (u[:, None, None] - u))
        return self.kernel(order, z), self.kernel(order, -z)

    def _field(self, kernel: Array, masses: Array) -> Array:
        """Return the field at all nodes."""
        field = np.empty_like(masses)
        for cell in range(self.cells):
            near = kernel[:, self.cells - 1 - cell : 2 * self.cells - 1 - cell].reshape(self.nodes, self.size)
            field[cell * self.nodes : (cell + 1) * self.nodes] = np.einsum("ij,jb->ib", near, masses)
        return field


def scaled(field: Array, sigma: float, order: int) -> Array:
    """Return σᵏ times a field, even where σ² overflows."""
    for _ in range(order):
        field = sigma * field
    return field


def _before(terms: Array) -> Array:
    """Return the sum of the columns before each one."""
    sums = np.zeros_like(terms)
    np.cumsum(terms[:, :-1], axis=1, out=sums[:, 1:])
    return sums


def _after(terms: Array) -> Array:
    """Return the sum of the columns after each one."""
    return _before(terms[:, ::-1])[:, ::-1]

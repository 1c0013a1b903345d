"""Sums of the logistic loss over all pairs, in time O(n log n).

With z = σ(t − x) the field of φ(d) = log(1 + exp(−σd)) and of its derivatives are sums of

    f₀(z) = log(1 + e⁻ᶻ),    f₁(z) = −1/(1 + eᶻ),    f₂(z) = 1/((1 + eᶻ)(1 + e⁻ᶻ)),    φ⁽ᵏ⁾ = σᵏfₖ.

The line of scores is cut into cells of width h, the power of two with 1 ≤ η = σh < 2, around the multiples of
h, so that a score's offset from its cell's centre is exact. Then, as in a fast multipole method:

1. In a cell with many sources their weights are moved to a few nodes (anterpolation, see `chebyshev`).
2. Between neighbouring cells, the fields are summed pair by pair.
3. Cells further apart, |z| ≥ η, act through sums of exponentials, which factorize (`System.fields`).
4. In a cell with many targets, the fields are computed at the nodes and interpolated.

What is bounded below is the error of each pair's fₖ *relative to itself*, so that sums of well-ordered pairs,
however small, are as accurate as any.

The nodes
---------
The fₖ are analytic where |Im z| < π. Let z = x + iy with |y| ≤ θ < π. From |1 + re^{iθ}| ≥ (1 + r) cos(θ/2)
follows |f₁(z)| ≤ sec(θ/2) |f₁(x)|, by integration the same for f₀, and |f₂(z)| ≤ sec²(θ/2) f₂(x); further
|fₖ′| ≤ |fₖ| on the real line. On a cell, an interval of half-width H = η/2, take the Bernstein ellipse with
semi-axes aH and bH = θ, a² = 1 + b², ρ = a + b. No point of it is further than (1 + a)H from any point x of
the cell, in real part, hence |fₖ(z)| ≤ sec²(θ/2) e^{(1+a)H} |fₖ(x)|, and by theorem 8.2 of L. N. Trefethen,
Approximation Theory and Approximation Practice, interpolation in p Chebyshev nodes has an error of at most

    4 sec²(θ/2) e^{(1+a)H} ρ^{1−p} / (ρ − 1)

relative to fₖ(x). `node_count` takes the least p for which some θ makes this 2⁻⁵³ or less: 19 for η = 1, 27
for η = 2. Interpolating in t and x one after the other adds the two errors, the second multiplied by at most
Λe^{2H}, where Λ < 3.2 is the nodes' Lebesgue constant: 25·2⁻⁵³ in all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import ceil, cos, exp, frexp, hypot, ldexp, log, pi

import numpy as np

from losses._maths.chebyshev import anterpolate, chebyshev_nodes, interpolate
from losses._pairs.cells import Places, System, kernel, runs
from losses._pairs.grid import Grid, scaled
from losses._pairs.items import Side
from losses._pairs.logistic_lists import LogisticLists
from losses._pairs.tiles import TILE
from losses._types import Array

MOST_NODES = 1024
"""Of a grid; with more, a million items of different levels were summed as fast without."""


@dataclass(frozen=True)
class LogisticFields:
    """The fields of φ(d) = log(1 + exp(−σd)).

    Parameters
    ----------
    sigma : float
        σ.
    few : int
        Up to so many pairs of points (see `Points`) are summed pair by pair, however far they are apart.
    """

    sigma: float
    few: int = TILE

    @property
    def exponent(self) -> int:
        """The cells' width h is 2 to this power."""
        return 1 - frexp(self.sigma)[1]

    def __call__(self, lower: Side, upper: Side, orders: tuple[int, ...]) -> tuple[list[Array], list[Array]]:
        """Return the fields at the upper and the lower items (see `Fields`)."""
        eta = ldexp(self.sigma, self.exponent)
        low, high = (Points(np.ldexp(side.scores, -self.exponent), node_count(eta)) for side in (lower, upper))
        up = System(eta, 1, high.places, low.places, low.anterpolate(lower.weights))
        down = System(eta, -1, low.places, high.places, high.anterpolate(upper.weights))
        at_upper = high.interpolate(up.fields(orders, self.few))
        at_lower = low.interpolate(down.fields(orders[1:], self.few))
        up_scaled = [scaled(field, self.sigma, order) for field, order in zip(at_upper, orders, strict=True)]
        down_scaled = [scaled(field, self.sigma, order) for field, order in zip(at_lower, orders[1:], strict=True)]
        return up_scaled, down_scaled

    @property
    def largest(self) -> float:
        """The largest scores (see `Fields`)."""
        return 1e100 / max(1.0, self.sigma)

    @property
    def lists(self) -> LogisticLists | None:
        """The way to sum over short lists (see `Fields`)."""
        return LogisticLists(self.sigma) if 1e-30 < self.sigma < 1e30 else None

    def grid(self, scores: Array) -> Grid | None:
        """Return a grid for sums over blocks of items with such scores (see `Fields`)."""
        first, last = np.rint(np.ldexp([scores.min(), scores.max()], -self.exponent)).tolist()
        nodes = node_count(ldexp(self.sigma, self.exponent))
        if not (last - first + 1) * nodes <= MOST_NODES:  # where a score is NaN too
            return None
        return Grid(kernel, self.sigma, self.exponent, first, int(last - first) + 1, nodes)


class Points:
    """Where sorted items are represented: at their own positions, or at nodes of their cell.

    Positions have the cells' width as unit. A cell of more than 2p items is represented at its p nodes (see
    `chebyshev`).

    Attributes
    ----------
    places : Places
        Where the points are.
    """

    def __init__(self, positions: Array, nodes: int) -> None:
        cell = np.rint(positions)
        offset = positions - cell
        first = runs(cell)[1]
        counts = np.diff(np.append(first, len(cell)))
        crowded = counts > 2 * nodes
        self.nodes = nodes
        self.crowded = np.repeat(crowded, counts)
        self.x = 2 * offset[self.crowded]
        self.cells = int(np.count_nonzero(crowded))
        self.cell = np.repeat(np.arange(self.cells), counts[crowded])
        node_cell = np.repeat(cell[first[crowded]], nodes)
        node_offset = np.tile(chebyshev_nodes(nodes) / 2, self.cells)
        cell = np.concatenate([cell[~self.crowded], node_cell])
        offset = np.concatenate([offset[~self.crowded], node_offset])
        self.order = np.argsort(cell, kind="stable") if self.cells else slice(None)
        self.places = Places(cell[self.order], offset[self.order])

    def anterpolate(self, weights: Array) -> Array:
        """Return the weight at each point."""
        masses = anterpolate(self.x, self.cell, weights[self.crowded], self.nodes, self.cells)
        return np.concatenate([weights[~self.crowded], masses.T.reshape(-1)])[self.order]

    def interpolate(self, functions: Sequence[Array]) -> list[Array]:
        """Return at each item each function, given by its values at the points."""
        alone = len(self.crowded) - len(self.x)
        results: list[Array] = []
        at_nodes: list[Array] = []
        for values in functions:
            unsorted = np.empty_like(values)
            unsorted[self.order] = values
            results.append(np.empty(len(self.crowded)))
            results[-1][~self.crowded] = unsorted[:alone]
            at_nodes.append(unsorted[alone:].reshape(-1, self.nodes).T)
        for result, crowd in zip(results, interpolate(self.x, self.cell, at_nodes), strict=True):
            result[self.crowded] = crowd
        return results


@lru_cache
def node_count(eta: float) -> int:
    """Return how many nodes represent a cell of width η to 2⁻⁵³ (the bound is derived above)."""

    def count(theta: float) -> int:
        b = 2 * theta / eta
        a = hypot(1, b)
        bound = 4 / cos(theta / 2) ** 2 * exp((1 + a) * eta / 2) / (a + b - 1)
        return 1 + ceil(log(bound * 2**53) / log(a + b))

    return min(count(pi * i / 64) for i in range(1, 64))

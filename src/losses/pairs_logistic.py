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
from typing import Any, NamedTuple

import numpy as np

from losses.chebyshev import anterpolate, chebyshev_nodes, interpolate
from losses.pairs import Side
from losses.pairs_grid import Grid, scaled
from losses.pairs_hinge import moments_above, sums_above
from losses.tiles import TILE, slices
from losses.types import Array

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

    def grid(self, scores: Array) -> Grid | None:
        """Return a grid for sums over blocks of items with such scores (see `Fields`)."""
        first, last = np.rint(np.ldexp([scores.min(), scores.max()], -self.exponent)).tolist()
        nodes = node_count(ldexp(self.sigma, self.exponent))
        if not (last - first + 1) * nodes <= MOST_NODES:  # where a score is NaN too
            return None
        return Grid(_kernel, self.sigma, self.exponent, first, int(last - first) + 1, nodes)


class Places(NamedTuple):
    """Positions, in ascending order of cells, as their cell's centre and the offset from it."""

    cell: Array
    offset: Array


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
        first = _runs(cell)[1]
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


@dataclass(frozen=True, eq=False)
class System:
    """Targets at t and sources of mass m at x, with z = ±η(t − x).

    Parameters
    ----------
    eta : float
        η, with the cells' width as unit of positions.
    sign : int
        1 where the targets are the upper items, −1 where they are the lower.
    targets, sources : Places
        t and x.
    masses : array
        m.
    """

    eta: float
    sign: int
    targets: Places
    sources: Places
    masses: Array

    def fields(self, orders: tuple[int, ...], few: int) -> list[Array]:
        """Return Σⱼ mⱼ fₖ(zⱼ) at each target, for each order k.

        With t = e^{−|z|} and the tails r₀ = log(1 + t), r₁ = −t/(1 + t), r₂ = t/(1 + t)²,

            f₀ = r₀,  f₁ = r₁,  f₂ = r₂  for z > 0;    f₀ = −z + r₀,  f₁ = −1 − r₁,  f₂ = r₂  for z < 0,

        which is how cells that are not neighbours act, where t ≤ e^{−η}.
        """
        fields: list[Array] = [np.zeros(len(self.targets.cell)) for _ in orders]
        if len(self.targets.cell) * len(self.sources.cell) <= few:
            self._add_all(fields, orders)
        elif orders:
            tails = _tails()[list(orders)]
            signs = np.array([[(-1) ** order] for order in orders])
            self._add_neighbours(fields, orders)
            self._add_tails(fields, tails, self.sign)
            self._add_tails(fields, signs * tails, -self.sign)
            self._add_ramps(fields, orders)
        return fields

    def _z(self, i: Any, j: Any) -> Array:
        """Return z for the targets i and the sources j."""
        cells = self.targets.cell[i] - self.sources.cell[j]
        z: Array = self.sign * self.eta * (cells + (self.targets.offset[i] - self.sources.offset[j]))
        return z

    def _add_all(self, fields: list[Array], orders: tuple[int, ...]) -> None:
        """Add Σⱼ mⱼ fₖ(zⱼ) over all sources, pair by pair."""
        z = self._z(np.s_[:, None], np.s_[None, :])
        for field, order in zip(fields, orders, strict=True):
            field += np.einsum("ij,j->i", _kernel(order, z), self.masses)

    def _add_neighbours(self, fields: list[Array], orders: tuple[int, ...]) -> None:
        """Add Σⱼ mⱼ fₖ(zⱼ) over the sources in each target's cell and its two neighbours."""
        here, there = self.targets.cell, self.sources.cell
        low = np.searchsorted(there, here - 1, side="left")
        counts = np.searchsorted(there, here + 1, side="right") - low
        ends = np.cumsum(counts)
        start = 0
        while start < len(counts):
            before = ends[start] - counts[start]
            stop = max(start + 1, int(np.searchsorted(ends, before + TILE, side="right")))
            n = counts[start:stop]
            first = ends[start:stop] - n - before
            i = np.repeat(np.arange(start, stop), n)
            j = np.arange(len(i)) + np.repeat(low[start:stop] - first, n)
            z = self._z(i, j)
            near = start + np.flatnonzero(n)
            for field, order in zip(fields, orders, strict=True):
                if len(near):
                    field[near] += np.add.reduceat(self.masses[j] * _kernel(order, z), first[near - start])
            start = stop

    def _add_tails(self, fields: list[Array], tails: Array, side: int) -> None:
        """Add Σⱼ mⱼ Σₗ cₗ e^{−l|zⱼ|} over the sources two or more cells away, for each row c of `tails`.

        These are the sources below each target or, for side = −1, those above it: the same with the line of
        scores turned round. The sum over sources of a power e^{−lz} at the cell b follows from that at the
        occupied cell a below it,

            E(b) = M(b) + e^{−lη(b − a)} E(a),

        where M(b) is the sum over the sources in b. All E are found in log₂ n steps, each of which doubles
        the number of cells summed, until the exponential of the distance is zero.
        """
        cells, first = _runs(self.sources.cell)
        cells = side * cells[::side]
        cell, offset = self.targets.cell[::side], self.targets.offset[::side]
        last = np.searchsorted(cells, side * cell - 2, side="right") - 1
        begin = int(np.searchsorted(last, 0))
        block = max(1, TILE // len(self.masses))
        for low in range(0, TERMS, block) if begin < len(last) else ():
            coefficients = tails[:, low : low + block]
            rate = self.eta * np.arange(low + 1, low + 1 + coefficients.shape[1])[:, None]
            powers = self.masses * np.exp(rate * (side * self.sources.offset))
            sums = np.add.reduceat(powers, first, axis=1)[:, ::side]
            step = 1
            while step < len(cells) and rate[0, 0] * step < 746:
                sums[:, step:] += sums[:, :-step] * np.exp(-rate * (cells[step:] - cells[:-step]))
                step *= 2
            for part in slices(begin, len(last), TILE // len(rate)):
                distance = (side * cell[part] - cells[last[part]]) + side * offset[part]
                powers = sums[:, last[part]] * np.exp(-rate * distance)
                for field, coefficient in zip(fields, coefficients, strict=True):
                    field[::side][part] += np.einsum("l,lt->t", coefficient, powers)

    def _add_ramps(self, fields: list[Array], orders: tuple[int, ...]) -> None:
        """Add Σⱼ −mⱼzⱼ for order 0 and Σⱼ −mⱼ for order 1 over the sources two or more cells away, z < 0."""
        sign = self.sign
        cells, first = _runs(self.sources.cell)
        cells = sign * cells[::sign]
        moments = moments_above(cells, np.add.reduceat(self.masses, first)[::sign], 1)
        offsets = sums_above(sign * np.add.reduceat(self.masses * self.sources.offset, first)[::sign])
        arrays = [*moments, offsets, np.append(cells, 0)]
        for part in slices(0, len(self.targets.cell), TILE):
            cell, offset = sign * self.targets.cell[part], sign * self.targets.offset[part]
            beyond = np.searchsorted(cells, cell + 2, side="left")
            mass, distance, offsets_beyond, first_cell = (array[beyond] for array in arrays)
            for field, order in zip(fields, orders, strict=True):
                if order == 0:
                    distance += offsets_beyond + mass * (first_cell - cell - offset)
                    field[part] += self.eta * distance
                elif order == 1:
                    field[part] -= mass


def _runs(cell: Array) -> tuple[Array, Array]:
    """Return the cells that occur in an ascending array, and where each first does."""
    first = np.append(0, 1 + np.flatnonzero(cell[1:] != cell[:-1]))
    return cell[first], first


def _kernel(order: int, z: Array) -> Array:
    """Return fₖ(z)."""
    if order == 1:
        return -1 / (1 + np.exp(z))
    t = np.exp(-np.abs(z))
    return t / (1 + t) ** 2 if order == 2 else np.maximum(-z, 0) + np.log1p(t)


TERMS = 18
"""Powers of t = e^{−|z|} ≤ T = 1/e that represent the tails rₖ(t) in `System.fields`.

Interpolated in 18 Chebyshev nodes of [0, T], rₖ(t)/t is analytic but for t = −1. On the ellipse with foci 0
and T through t = −0.9, whose ρ is 11.7, it is at most 100, against at least 0.53 on [0, T]: by the same
theorem the relative error is at most 4·100/0.53·ρ⁻¹⁷/(ρ − 1) < 2⁻⁵³.
"""


@lru_cache
def _tails() -> Array:
    """Return the coefficients of t, t², … in r₀, r₁ and r₂."""
    from numpy.polynomial import Chebyshev, Polynomial  # here, since it would double the time of import losses

    ratios = (lambda t: np.log1p(t) / t, lambda t: -1 / (1 + t), lambda t: 1 / (1 + t) ** 2)
    fits = (Chebyshev.interpolate(ratio, TERMS - 1, domain=[0, exp(-1)]) for ratio in ratios)
    return np.array([fit.convert(kind=Polynomial, domain=[-1, 1], window=[-1, 1]).coef for fit in fits])


@lru_cache
def node_count(eta: float) -> int:
    """Return how many nodes represent a cell of width η to 2⁻⁵³ (the bound is derived above)."""

    def count(theta: float) -> int:
        b = 2 * theta / eta
        a = hypot(1, b)
        bound = 4 / cos(theta / 2) ** 2 * exp((1 + a) * eta / 2) / (a + b - 1)
        return 1 + ceil(log(bound * 2**53) / log(a + b))

    return min(count(pi * i / 64) for i in range(1, 64))

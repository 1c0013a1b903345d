"""How cells of sources act on targets, for the logistic loss: neighbours pair by pair, others by exponentials."""

from dataclasses import dataclass
from functools import lru_cache
from math import exp
from typing import Any, NamedTuple

import numpy as np

from losses._pairs.hinge import moments_above, sums_above
from losses._pairs.tiles import TILE, slices
from losses._types import Array


class Places(NamedTuple):
    """Positions, in ascending order of cells, as their cell's centre and the offset from it."""

    cell: Array
    offset: Array


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
            field += np.einsum("ij,j->i", kernel(order, z), self.masses)

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
                    field[near] += np.add.reduceat(self.masses[j] * kernel(order, z), first[near - start])
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
        cells, first = runs(self.sources.cell)
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
        cells, first = runs(self.sources.cell)
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


def runs(cell: Array) -> tuple[Array, Array]:
    """Return the cells that occur in an ascending array, and where each first does."""
    first = np.append(0, 1 + np.flatnonzero(cell[1:] != cell[:-1]))
    return cell[first], first


def kernel(order: int, z: Array) -> Array:
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

"""Standard distributions, of which a number is known exactly or to lie in an interval.

Each gives the loss, −log of the density at z or of the probability between a and b, and two derivatives with respect to
a shift of the distribution: the slope, and the bend, which is never negative. Intervals come with their width, which
differences of a and b may not hold; a may be −inf and b inf, and then the width is inf.

Computed to a few eps, in both tails; of bends of the normal distribution, relative to 1. There longdouble is computed
as float64 where an interval is given.
"""

import math
from abc import ABC, abstractmethod
from functools import cached_property

import numpy as np

from losses._maths.logistic import sigmoid, sigmoid_slope, softplus
from losses._maths.special import inverse_mills, log_ndtr_diff, ndtr
from losses._types import FloatArray


class Known(ABC):
    """What is known of some numbers."""

    @abstractmethod
    def loss(self) -> FloatArray:
        """Return −log of the density or the probability."""

    @abstractmethod
    def slope(self) -> FloatArray:
        """Return the first derivative with respect to a shift."""

    @abstractmethod
    def bend(self) -> FloatArray:
        """Return the second derivative with respect to a shift."""


class Exactly(Known):
    """Numbers that are known exactly."""

    def __init__(self, z: FloatArray) -> None:
        self.z = z


class Between(Known):
    """Numbers that are known to lie in intervals."""

    def __init__(self, a: FloatArray, b: FloatArray, width: FloatArray) -> None:
        self.a, self.b, self.width = a, b, width


# ------------------------------------------------------------------------------------------------------- logistic


class LogisticExactly(Exactly):
    """f(z) = σ(z) σ(−z)."""

    def loss(self) -> FloatArray:
        """Return |z| + 2 log(1 + e^−|z|)."""
        size = np.abs(self.z)
        loss: FloatArray = size + 2 * np.log1p(np.exp(-size))
        return loss

    def slope(self) -> FloatArray:
        """Return −tanh(z/2)."""
        slope: FloatArray = 0 - np.tanh(self.z / 2)  # not −0 at 0
        return slope

    def bend(self) -> FloatArray:
        """Return 2σ'(z)."""
        return 2 * sigmoid_slope(self.z)


class LogisticBetween(Between):
    """F(b) − F(a) = σ(b) σ(−a) (1 − e^(a − b))."""

    def loss(self) -> FloatArray:
        """Return −log σ(b) − log σ(−a) − log(1 − e^−width)."""
        gap = np.where(self.width < 1, np.log(-np.expm1(-self.width)), np.log1p(-np.exp(-self.width)))
        return softplus(-self.b) + softplus(self.a) - gap

    def slope(self) -> FloatArray:
        """Return σ(−b) − σ(a)."""
        return sigmoid(-self.b) - sigmoid(self.a)

    def bend(self) -> FloatArray:
        """Return σ'(b) + σ'(a)."""
        return sigmoid_slope(self.b) + sigmoid_slope(self.a)


# ------------------------------------------------------------------------------------------------ extreme values


class ExtremeExactly(Exactly):
    """f(z) = e^z exp(−e^z)."""

    def loss(self) -> FloatArray:
        """Return e^z − z; the last z finite, or +inf would give NaN."""
        loss: FloatArray = np.exp(self.z) - np.minimum(self.z, np.finfo(self.z.dtype).max)
        return loss

    def slope(self) -> FloatArray:
        """Return 1 − e^z."""
        slope: FloatArray = 0 - np.expm1(self.z)
        return slope

    def bend(self) -> FloatArray:
        """Return e^z."""
        return np.exp(self.z)


class ExtremeBetween(Between):
    """F(b) − F(a) = e^−A (1 − e^−D), where A = e^a and D = e^b − e^a."""

    @cached_property
    def _start(self) -> FloatArray:
        """Return A."""
        return np.exp(self.a)

    @cached_property
    def _rise(self) -> FloatArray:
        """Return D, finite and positive."""
        finite = np.finfo(self.b.dtype)
        rise: FloatArray = (np.exp(self.b) * -np.expm1(-self.width)).clip(finite.tiny, finite.max)
        return rise

    @cached_property
    def _pull(self) -> FloatArray:
        """Return r = D/(e^D − 1), which falls from 1 to 0 as D rises."""
        pull: FloatArray = self._rise * np.exp(-self._rise) / -np.expm1(-self._rise)
        return pull

    def loss(self) -> FloatArray:
        """Return A − log(1 − e^−D); for D < 1 with log D = b + log(1 − e^−width), as D may be below all numbers."""
        gone = -np.expm1(-self._rise)
        small = self.b + np.log(-np.expm1(-self.width)) + np.log(gone / self._rise)
        return self._start - np.where(self._rise < 1, small, np.log1p(-np.exp(-self._rise)))

    def slope(self) -> FloatArray:
        """Return r − A."""
        return self._pull - self._start

    def bend(self) -> FloatArray:
        """Return A + r(r + D − 1), where r + D − 1 = D/2 + (D/2 coth(D/2) − 1)."""
        half = self._rise / 2
        rest = np.where(half < 1, half + _coth_excess(np.minimum(half, 1)), self._pull + (self._rise - 1))
        return self._start + self._pull * rest


def _coth_excess(x: FloatArray) -> FloatArray:
    """Return x coth x − 1 for 0 ≤ x ≤ 1, by Lambert's continued fraction, which has only positive terms."""
    square = x * x
    excess = square / 19
    for odd in (17, 15, 13, 11, 9, 7, 5, 3):
        excess = square / (odd + excess)
    return excess


# --------------------------------------------------------------------------------------------------------- normal

_NODES, _WEIGHTS = (half[4:].tolist() for half in np.polynomial.legendre.leggauss(8))
"""Gauss's rule for the mean of an even function over [−1, 1]."""

_FAR = 5.0
"""From here on 1 − x M(x) would lose more than one digit."""


class NormalExactly(Exactly):
    """f(z) = φ(z)."""

    def loss(self) -> FloatArray:
        """Return ½z² + ½ log 2π."""
        return self.z * self.z / 2 + math.log(2 * math.pi) / 2

    def slope(self) -> FloatArray:
        """Return −z."""
        slope: FloatArray = 0 - self.z
        return slope

    def bend(self) -> FloatArray:
        """Return 1."""
        return np.ones_like(self.z)


class NormalBetween(Between):
    """Φ(b) − Φ(a).

    The slope is less the mean of a normal number that is known to lie between a and b, and the bend is 1 less its
    variance. By symmetry, the interval is taken to go from u to v, with v ≥ |u|, and then has the middle m ≥ 0. With
    Mills's ratio M(x) = Φ(−x)/φ(x) and q = e^(−width · m) = φ(v)/φ(u),

        φ(u)/(Φ(v) − Φ(u)) = 1/(M(u) − q M(v)) =: h    and    mean = h (1 − q),    where u ≥ 0.
    """

    def __init__(self, a: FloatArray, b: FloatArray, width: FloatArray) -> None:
        if a.dtype.char == "g":
            a, b, width = (array.astype(np.float64) for array in (a, b, width))
        super().__init__(a, b, width)
        finite = np.finfo(a.dtype).max / 8
        self.side = np.where(a < -b, -1, 1).astype(a.dtype)
        self.u, self.v = np.maximum(a, -b), np.maximum(-a, b)
        self.low, self.high = self.u.clip(-finite, None), self.v.clip(None, finite)
        self.middle = self.low / 2 + self.high / 2
        self.finite_width = width.clip(None, finite)
        self.near = (self.finite_width <= 1) & (self.finite_width * self.middle <= 1)
        self.positive = self.u >= 0

    def loss(self) -> FloatArray:
        """Return −log(Φ(b) − Φ(a))."""
        return -log_ndtr_diff(self.a, self.b, self.width)

    def slope(self) -> FloatArray:
        """Return less the mean."""
        mean = self._hazard * -np.expm1(-self.finite_width * self.middle)
        if self.near.any():
            mean = np.where(self.near, self.middle + self._moments[0], mean)
        return -self.side * mean

    def bend(self) -> FloatArray:
        """Return 1 less the variance.

        Where u < 0, that is mean² − u h + v q h, of which all terms are positive; where u ≥ 0, it is the same as h²
        times (1 − q) (ε(u) − q ε(v)) + q · width · (M(u) − M(v)), with ε(x) = 1 − x M(x).
        """
        h, d = self._hazard, self.finite_width
        q = np.exp(-d * self.middle)
        mean = h * -np.expm1(-d * self.middle)
        across = mean * mean - self.low * h + self.high * (q * h)
        mills_u, mills_v = self._mills
        beside = (1 - q) * (_excess(self.low, mills_u) - q * _excess(self.high, mills_v)) + q * d * (mills_u - mills_v)
        bend = np.where(self.positive, beside * h * h, across)
        if self.near.any():
            bend = np.where(self.near, 1 - self._moments[1], bend)
        return np.where(self.low > 1 / np.finfo(h.dtype).eps, 1, bend)  # h may be infinite

    @cached_property
    def _mills(self) -> tuple[FloatArray, FloatArray]:
        """Return M(|u|) and M(v)."""
        return 1 / inverse_mills(-np.abs(self.low)), 1 / inverse_mills(-self.high)

    @cached_property
    def _hazard(self) -> FloatArray:
        """Return h."""
        mills_u, mills_v = self._mills
        tail = mills_u - np.exp(-self.finite_width * self.middle) * mills_v
        if self.positive.all():
            return 1 / tail
        return np.where(self.positive, 1 / tail, ndtr(-np.abs(self.low)) / mills_u / (ndtr(self.v) - ndtr(self.u)))

    @cached_property
    def _moments(self) -> tuple[FloatArray, FloatArray]:
        """Return the mean, less the middle, and the variance, where the interval is near: by Gauss's rule."""
        half = np.where(self.near, self.finite_width, 1) / 2
        tilt = half * np.where(self.near, self.middle, 0)
        total, first, second = (np.zeros_like(half) for _ in range(3))
        for node, weight in zip(_NODES, _WEIGHTS, strict=True):
            level = -half * half * (node * node / 2)
            rising, falling = weight * np.exp(level + tilt * node), weight * np.exp(level - tilt * node)
            total += rising + falling
            first += (falling - rising) * node
            second += (rising + falling) * (node * node)
        shift = first / total
        return half * shift, half * half * (second / total - shift * shift)


def _excess(x: FloatArray, mills: FloatArray) -> FloatArray:
    """Return 1 − x M(x) for x ≥ 0; for large x as M(x) times Laplace's continued fraction 1/(x + 2/(x + 3/(x + …)))."""
    far = x >= _FAR
    if not far.any():
        return 1 - x * mills
    large = x.clip(_FAR, None)
    fraction = np.zeros_like(x)
    for k in range(24, 0, -1):
        fraction = k / (large + fraction)
    return np.where(far, fraction * mills, 1 - x * mills)


DISTRIBUTIONS: dict[str, tuple[type[Exactly], type[Between]]] = {
    "normal": (NormalExactly, NormalBetween),
    "logistic": (LogisticExactly, LogisticBetween),
    "extreme": (ExtremeExactly, ExtremeBetween),
}

"""Every elementwise loss on few samples, beside what a careful user of NumPy writes by hand.

By hand means: the two expressions, with what they share computed once, behind a check that the shapes are equal. Where
this library also checks a domain, or takes a longer way so as not to overflow, the user by hand does not.
"""

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

import losses
from benchmarks.cases.base import VALUE_AND_GRAD, Array, Arrays, Case, Gradient, Mode, Shape, normal
from benchmarks.cases.classes import ClassLogits
from benchmarks.cases.regression import MSE

ByHand = Callable[[Array, Array], tuple[Array, Array]]
"""From targets and predictions to each sample's loss and its derivative."""
Data = Callable[[np.random.Generator, Shape, str], Arrays]


def residuals(rng: np.random.Generator, shape: Shape, dtype: str) -> Arrays:
    return MSE().data(rng, shape, dtype)


def amounts(rng: np.random.Generator, shape: Shape, dtype: str) -> Arrays:
    y, p = (np.exp(normal(rng, shape, dtype)) for _ in range(2))
    return y, p


def counts(rng: np.random.Generator, shape: Shape, dtype: str) -> Arrays:
    return 1.0 + rng.poisson(3.0, shape).astype(dtype), normal(rng, shape, dtype)


def labels(rng: np.random.Generator, shape: Shape, dtype: str) -> Arrays:
    return (rng.random(shape) < 0.3).astype(dtype), 2 * normal(rng, shape, dtype)


def probabilities(rng: np.random.Generator, shape: Shape, dtype: str) -> Arrays:
    return labels(rng, shape, dtype)[0], np.clip(rng.random(shape), 0.01, 0.99).astype(dtype)


class Small(Case):
    family = "small"
    shapes = ((10,), (1_000,))
    modes: ClassVar[tuple[Mode, ...]] = (VALUE_AND_GRAD,)
    left_out = frozenset({"losses", "losses, out=", "losses, 1 thread, out="})

    def __init__(self, kind: str, data: Data, by_hand: ByHand, **options: Any) -> None:
        self.needs, self.options = kind, options
        self.own_data, self.by_hand = data, by_hand
        self.name = f"{kind}({', '.join(f'{name}={value!r}' for name, value in options.items())}), small"

    def loss(self) -> Any:
        return getattr(losses, self.needs)(**self.options)

    def data(self, rng: np.random.Generator, shape: Shape, dtype: str) -> Arrays:
        return self.own_data(rng, shape, dtype)

    def numpy(self, y: Any, p: Any) -> tuple[Any, Gradient]:
        y, p = np.asarray(y), np.asarray(p)
        if y.shape != p.shape:
            raise ValueError(f"y has shape {y.shape} but p has {p.shape}")
        loss, slope = self.by_hand(y, p)
        return float(np.mean(loss)), lambda: slope / p.size


class SmallClasses(ClassLogits):
    name = "Cross-entropy over classes (logits), small"
    family = "small"
    shapes = ((64, 10),)
    modes = Small.modes
    left_out = Small.left_out | {"PyTorch", "PyTorch, 1 thread", "JAX", "JAX, 1 core"}

    def numpy(self, y: Any, p: Any) -> tuple[Any, Gradient]:
        y, p = np.asarray(y), np.asarray(p)
        if y.shape != p.shape[:-1]:
            raise ValueError(f"y has shape {y.shape} but p has {p.shape}")
        return super().numpy(y, p)

    sklearn: Any = property()  # the peer is the hand


def of_residual(function: Callable[[Array], tuple[Array, Array]]) -> ByHand:
    return lambda y, p: function(p - y)


def of_margin(function: Callable[[Array], tuple[Array, Array]]) -> ByHand:
    def by_hand(y: Array, p: Array) -> tuple[Array, Array]:
        side = 2 * y - 1
        loss, slope = function(side * p)
        return loss, side * slope

    return by_hand


def huber(r: Array) -> tuple[Array, Array]:
    c = np.clip(r, -1, 1)
    return c * (r - c / 2), c


def weighted(r: Array) -> tuple[Array, Array]:
    weighed = np.where(r < 0, 3 * r, r)
    return weighed * r, 2 * weighed


def pinball(r: Array) -> tuple[Array, Array]:
    slope = np.where(r < 0, -0.5, 0.5).astype(r.dtype)
    return slope * r, slope


def asymmetric(r: Array) -> tuple[Array, Array]:
    slope = np.where(r < 0, -3.0, 1.0).astype(r.dtype)
    return slope * r, slope


def pseudo_huber(r: Array) -> tuple[Array, Array]:
    root = np.sqrt(1 + r * r)
    return root - 1, r / root


def cauchy(r: Array) -> tuple[Array, Array]:
    square = r * r
    return np.log1p(square) / 2, r / (1 + square)


def fair(r: Array) -> tuple[Array, Array]:
    size = np.abs(r)
    return size - np.log1p(size), r / (1 + size)


def biweight(r: Array) -> tuple[Array, Array]:
    rest = np.maximum(1 - (r / 4.685) ** 2, 0)
    return 4.685**2 / 6 * (1 - rest**3), r * rest**2


def tube(r: Array) -> tuple[Array, Array]:
    beyond = np.abs(r) - 0.1
    return np.maximum(beyond, 0), np.sign(r) * (beyond > 0)


def squared_tube(r: Array) -> tuple[Array, Array]:
    beyond = np.maximum(np.abs(r) - 0.1, 0)
    return beyond * beyond, 2 * np.sign(r) * beyond


def linex(r: Array) -> tuple[Array, Array]:
    growth = np.expm1(r)
    return growth - r, growth


def log_cosh(r: Array) -> tuple[Array, Array]:
    size = np.abs(r)
    return size + np.log1p(np.exp(-2 * size)) - np.log(2, dtype=r.dtype), np.tanh(r)


def msle(y: Array, p: Array) -> tuple[Array, Array]:
    ratio = np.log1p(p) - np.log1p(y)
    return ratio * ratio, 2 * ratio / (1 + p)


def mape(y: Array, p: Array) -> tuple[Array, Array]:
    r, scale = p - y, np.abs(y)
    return np.abs(r) / scale, np.sign(r) / scale


def smape(y: Array, p: Array) -> tuple[Array, Array]:
    r, total = p - y, np.abs(y) + np.abs(p)
    return 2 * np.abs(r) / total, 4 * np.sign(r) * np.abs(y) / (total * total)


def hinge(z: Array) -> tuple[Array, Array]:
    return np.maximum(1 - z, 0), -(z < 1).astype(z.dtype)


def squared_hinge(z: Array) -> tuple[Array, Array]:
    short = np.maximum(1 - z, 0)
    return short * short, -2 * short


def smoothed_hinge(z: Array) -> tuple[Array, Array]:
    short = np.maximum(1 - z, 0)
    c = np.minimum(short, 1)
    return c * (short - c / 2), -c


def modified_huber(z: Array) -> tuple[Array, Array]:
    short = np.maximum(1 - z, 0)
    c = np.minimum(short, 2)
    return c * (2 * short - c), -2 * c


def perceptron(z: Array) -> tuple[Array, Array]:
    return np.maximum(-z, 0), -(z < 0).astype(z.dtype)


def exponential(z: Array) -> tuple[Array, Array]:
    e = np.exp(-z)
    return e, -e


def poisson(y: Array, p: Array) -> tuple[Array, Array]:
    mean = np.exp(p)
    return mean - y * p, mean - y


def gamma(y: Array, p: Array) -> tuple[Array, Array]:
    ratio = y * np.exp(-p)
    return p + ratio, 1 - ratio


def tweedie(y: Array, p: Array) -> tuple[Array, Array]:
    half = np.exp(p / 2)
    return 2 * (half + y / half), half - y / half


def negative_binomial(y: Array, p: Array) -> tuple[Array, Array]:
    mean = np.exp(p)
    return (y + 1) * np.log1p(mean) - y * p, (mean - y) / (1 + mean)


def logits(y: Array, p: Array) -> tuple[Array, Array]:
    t = np.exp(-np.abs(p))
    return np.log1p(t) + np.maximum(p, 0) - y * p, np.where(p < 0, t, 1) / (1 + t) - y


def of_probabilities(y: Array, p: Array) -> tuple[Array, Array]:
    q = 1 - p
    return -(y * np.log(p) + (1 - y) * np.log(q)), (p - y) / (p * q)


def focal(y: Array, p: Array) -> tuple[Array, Array]:
    hit = np.where(y == 1, p, 1 - p)
    miss, log = 1 - hit, np.log(hit)
    return -miss * miss * log, (2 * y - 1) * (2 * miss * log - miss * miss / hit)


CASES: tuple[Case, ...] = (
    Small("MSE", residuals, of_residual(lambda r: (r * r, 2 * r))),
    Small("MAE", residuals, of_residual(lambda r: (np.abs(r), np.sign(r)))),
    Small("Huber", residuals, of_residual(huber)),
    Small("SmoothL1", residuals, of_residual(huber)),
    Small("Asymmetric", residuals, of_residual(weighted), shortfall_weight=3),
    Small("Asymmetric", residuals, of_residual(asymmetric), shortfall_weight=3, base=losses.MAE()),
    Small("Pinball", residuals, of_residual(pinball)),
    Small("Expectile", residuals, of_residual(lambda r: (r * r / 2, r))),
    Small("LogCosh", residuals, of_residual(log_cosh)),
    Small("PseudoHuber", residuals, of_residual(pseudo_huber)),
    Small("Barron", residuals, of_residual(pseudo_huber)),
    Small("Cauchy", residuals, of_residual(cauchy)),
    Small("Fair", residuals, of_residual(fair)),
    Small("TukeyBiweight", residuals, of_residual(biweight)),
    Small("EpsilonInsensitive", residuals, of_residual(tube)),
    Small("SquaredEpsilonInsensitive", residuals, of_residual(squared_tube)),
    Small("LINEX", residuals, of_residual(linex)),
    Small("MSLE", amounts, msle),
    Small("MAPE", amounts, mape),
    Small("SMAPE", amounts, smape),
    Small("Hinge", labels, of_margin(hinge)),
    Small("SquaredHinge", labels, of_margin(squared_hinge)),
    Small("SmoothedHinge", labels, of_margin(smoothed_hinge)),
    Small("ModifiedHuber", labels, of_margin(modified_huber)),
    Small("Perceptron", labels, of_margin(perceptron)),
    Small("Exponential", labels, of_margin(exponential)),
    Small("Poisson", counts, poisson),
    Small("Gamma", counts, gamma),
    Small("Tweedie", counts, tweedie, power=1.5),
    Small("NegativeBinomial", counts, negative_binomial),
    Small("BinaryCrossEntropy", labels, logits, from_logits=True),
    Small("BinaryCrossEntropy", probabilities, of_probabilities),
    Small("BinaryFocal", probabilities, focal),
    SmallClasses(),
)
ELEMENTWISE = tuple(case for case in CASES if isinstance(case, Small))

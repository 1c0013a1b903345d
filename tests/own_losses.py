"""Losses as users write them, of all the bases. The laws are run over them, too."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from losses import Asymmetric, BinaryCrossEntropy, ElementwiseLoss, ListwiseLoss, PairwiseLoss, ResidualLoss
from losses._loss.samplewise import SampleLoss
from losses._loss.signature import Signature
from registry import CASES, LISTS, RANKED, SURE, Case, labels, reals


@dataclass(frozen=True, kw_only=True)
class Cauchy(ResidualLoss):
    """The example of the documentation, as it stands there."""

    scale: float = 1.0

    def formula(self, r):
        return np.log1p((r / self.scale) ** 2)

    def derivative(self, r):
        return 2 * r / (self.scale**2 + r**2)


@dataclass(frozen=True, kw_only=True)
class LogCosh(ResidualLoss):
    """Every hook; value and derivative share their work."""

    def formula(self, r):
        return self.formula_and_derivative(r)[0]

    def derivative(self, r):
        return self.formula_and_derivative(r)[1]

    def formula_and_derivative(self, r):
        t = np.exp(-2 * np.abs(r))
        return np.abs(r) + np.log1p(t) - np.log(2), np.sign(r) * (1 - t) / (1 + t)

    def second_derivative(self, r):
        return 1 / np.cosh(r) ** 2


@dataclass(frozen=True, kw_only=True)
class Logistic(ElementwiseLoss):
    """A function of target and prediction rather than of their difference, with a flag."""

    from_labels: bool = True

    def formula(self, y, p):
        return np.logaddexp(0, (1 - 2 * y) * p)

    def derivative(self, y, p):
        return (1 - 2 * y) / (1 + np.exp((2 * y - 1) * p))


@dataclass(frozen=True, kw_only=True)
class PairwiseExponential(PairwiseLoss):
    """A loss of pairs of items."""

    def formula(self, d):
        return np.exp(-d / 4)

    def derivative(self, d):
        return -np.exp(-d / 4) / 4

    def second_derivative(self, d):
        return np.exp(-d / 4) / 16


@dataclass(frozen=True, kw_only=True)
class ListSquares(ListwiseLoss):
    """A loss of lists."""

    def formula(self, y, s):
        return ((s - y) ** 2).mean(axis=1)

    def derivative(self, y, s):
        return 2 * (s - y) / s.shape[1]

    def second_derivative(self, y, s):
        return np.full_like(s, 2 / s.shape[1])


@dataclass(frozen=True, kw_only=True)
class ThreeArrays(
    SampleLoss,
    signature=Signature(("anchor", "matrix", "extra"), (), ("tilt",), ("anchor", "matrix", "extra")),
):
    """(anchor · Σ matrix − Σ sin(extra) − tilt)² + Σ exp(matrix/4): three predictions, each of a shape of its own."""

    core: ClassVar = {"matrix": ("row", "column"), "extra": ("feature",)}

    def difference(self, anchor, matrix, extra, *tilt):
        return anchor * matrix.sum(axis=(1, 2)) - np.sin(extra).sum(axis=1) - (tilt[0] if tilt else 0)

    def formula(self, anchor, matrix, extra, *tilt):
        return self.difference(anchor, matrix, extra, *tilt) ** 2 + np.exp(matrix / 4).sum(axis=(1, 2))

    def derivative(self, anchor, matrix, extra, *tilt):
        d = 2 * self.difference(anchor, matrix, extra, *tilt)
        return (
            d * matrix.sum(axis=(1, 2)),
            (d * anchor)[:, np.newaxis, np.newaxis] + np.exp(matrix / 4) / 4,
            -d[:, np.newaxis] * np.cos(extra),
        )

    def second_derivative(self, anchor, matrix, extra, *tilt):
        d = self.difference(anchor, matrix, extra, *tilt)[:, np.newaxis]
        return (
            2 * matrix.sum(axis=(1, 2)) ** 2,
            2 * anchor[:, np.newaxis, np.newaxis] ** 2 + np.exp(matrix / 4) / 16,
            2 * (np.cos(extra) ** 2 + d * np.sin(extra)),
        )


SHAPES = {"columns": {"matrix": (2, 3), "extra": (4,)}}
SMALL = {"anchor": reals(2), "matrix": reals(2), "extra": reals(2)}

OWN = [
    Case(Cauchy(scale=2.0)),
    Case(LogCosh()),
    Case(Logistic(), {"y_true": labels}),
    Case(Asymmetric(shortfall_weight=3.0, base=LogCosh())),
    Case(PairwiseExponential(), RANKED),
    Case(ListSquares(), **LISTS),
    Case(ThreeArrays(), SMALL, **SHAPES),
    Case(ThreeArrays(), {**SMALL, "tilt": reals()}, **SHAPES),
    Case(0.5 * ThreeArrays() - 2 * ThreeArrays(), SMALL, **SHAPES),
]
"""One class and one line here is all that it takes."""

SHAPED = [
    Case(BinaryCrossEntropy(from_logits=True, pos_weight=(0.5, 3.0)), {"y_true": labels}, inner=(2,)),
    Case(
        BinaryCrossEntropy(pos_weight=(0.5, 3.0), label_smoothing=0.1), {"y_true": labels, "y_pred": SURE}, inner=(2,)
    ),
]
"""Losses whose samples cannot have any shape."""

ALL = CASES + OWN + SHAPED

"""Correct losses of four kinds, of this library's bases and of a class of its own, for bugs to be planted in."""

import dataclasses
from dataclasses import dataclass

import numpy as np

from losses import ElementwiseLoss, PairwiseLoss, RowLoss
from losses._loss.samplewise import SampleLoss
from losses._loss.signature import Signature

# ------------------------------------------------------------------------------------------------------- formulas


def element(y, p):
    r = p - y
    return np.log1p(r**2) + np.logaddexp(0, r), 2 * r / (1 + r**2) + sigmoid(r), bend(r) + sigmoid(r) * sigmoid(-r)


def bend(r):
    return 2 * (1 - r**2) / (1 + r**2) ** 2


def sigmoid(x):
    return (1 + np.tanh(x / 2)) / 2


def row(y, p):
    r, q = p[:, 0] - y, p[:, 1]
    root = np.sqrt(1 + q**2)
    slopes = np.stack([2 * r / (1 + r**2), q / root], axis=1)
    return np.log1p(r**2) + root, slopes, np.stack([bend(r), 1 / root**3], axis=1)


def pair(d):
    return np.logaddexp(0, -d), -sigmoid(-d), sigmoid(d) * sigmoid(-d)


def several(a, b):
    d = a - 2 * b
    losses = np.logaddexp(0, d) + a**2 / 8
    b = sigmoid(d) * sigmoid(-d)
    return losses, (sigmoid(d) + a / 4, -2 * sigmoid(d)), (b + 1 / 4, 4 * b)


# ------------------------------------------------------------------------------------------------------- of the library


class Hooks:
    def formula(self, *arrays):
        return type(self).all_of(*arrays)[0]

    def derivative(self, *arrays):
        return type(self).all_of(*arrays)[1]

    def second_derivative(self, *arrays):
        return type(self).all_of(*arrays)[2]


@dataclass(frozen=True, kw_only=True)
class Element(Hooks, ElementwiseLoss):
    all_of = staticmethod(element)


@dataclass(frozen=True, kw_only=True)
class Row(Hooks, RowLoss):
    all_of = staticmethod(row)
    columns = ("location", "other")


@dataclass(frozen=True, kw_only=True)
class Pair(Hooks, PairwiseLoss):
    all_of = staticmethod(pair)


@dataclass(frozen=True, kw_only=True)
class Several(Hooks, SampleLoss, signature=Signature(("a", "b"), predictions=("a", "b"))):
    all_of = staticmethod(several)


# ------------------------------------------------------------------------------------------------------- of their own


@dataclass(frozen=True)
class Own:
    """A loss of samples, that shares nothing with this library but how it is called."""

    reduction: str = "mean"

    def reduce(self, losses, slopes, w):
        w = np.ones(len(losses)) if w is None else np.asarray(w)
        if w.shape != losses.shape:
            raise ValueError("sample_weight has another shape")
        scale = 1 / w.sum() if self.reduction == "mean" else 1.0
        value = w * losses if self.reduction == "none" else scale * np.sum(w * losses)

        def weighed(s):
            return scale * (w * s.T).T

        return value, tuple(map(weighed, slopes)) if isinstance(slopes, tuple) else weighed(slopes)

    def value(self, y_true, y_pred, *, sample_weight=None):
        return self.reduce(*self.terms(y_true, y_pred)[:2], sample_weight)[0]

    def grad(self, y_true, y_pred, *, sample_weight=None, out=None):
        return self.filled(self.reduce(*self.terms(y_true, y_pred)[:2], sample_weight)[1], out)

    def hess(self, y_true, y_pred, *, sample_weight=None, out=None):
        losses, _, bends = self.terms(y_true, y_pred)
        return self.filled(self.reduce(losses, bends, sample_weight)[1], out)

    def value_and_grad(self, y_true, y_pred, *, sample_weight=None):
        return self.reduce(*self.terms(y_true, y_pred)[:2], sample_weight)

    @staticmethod
    def filled(result, out):
        if out is None:
            return result
        for a, b in zip(out, result, strict=True) if isinstance(result, tuple) else [(out, result)]:
            a[...] = b
        return out


class OwnElement(Own):
    def terms(self, y, p):
        if y.shape != p.shape or p.ndim != 1:
            raise ValueError(f"shapes {y.shape} and {p.shape}")
        return element(y, p)


class OwnRow(Own):
    def terms(self, y, p):
        if (*y.shape, 2) != p.shape or p.ndim != 2:
            raise ValueError(f"shapes {y.shape} and {p.shape}")
        return row(y, p)


class OwnSeveral(Own):
    def terms(self, a, b):
        if a.shape != b.shape or a.ndim != 1:
            raise ValueError(f"shapes {a.shape} and {b.shape}")
        return several(a, b)

    def value(self, a, b, *, sample_weight=None):
        return super().value(a, b, sample_weight=sample_weight)


@dataclass(frozen=True)
class OwnPair:
    """Its pairs are those of y_true[i] > y_true[j] in a query."""

    reduction: str = "mean"

    def both(self, y, s, qid, w, k):
        if y.shape != s.shape or y.ndim != 1 or (qid is not None and qid.shape != y.shape):
            raise ValueError("shapes differ")
        w = np.ones(len(y)) if w is None else np.asarray(w)
        if w.shape != y.shape:
            raise ValueError("sample_weight has another shape")
        qid = np.zeros(len(y)) if qid is None else qid
        counts = (y[:, None] > y[None]) & (qid[:, None] == qid[None])
        weight = counts * w[:, None] * w[None]
        d = s[:, None] - s[None]
        scale = 1 / max(weight.sum(), 1e-300) if self.reduction == "mean" else 1.0
        slope = scale * weight * pair(d)[k]
        return scale * np.sum(weight * pair(d)[0]), slope.sum(1) + (-1) ** k * slope.sum(0)

    def value(self, y_true, y_pred, *, qid=None, sample_weight=None):
        return self.both(y_true, y_pred, qid, sample_weight, 1)[0]

    def grad(self, y_true, y_pred, *, qid=None, sample_weight=None):
        return self.both(y_true, y_pred, qid, sample_weight, 1)[1]

    def hess(self, y_true, y_pred, *, qid=None, sample_weight=None):
        return self.both(y_true, y_pred, qid, sample_weight, 2)[1]

    def value_and_grad(self, y_true, y_pred, *, qid=None, sample_weight=None):
        return self.both(y_true, y_pred, qid, sample_weight, 1)

    def with_reduction(self, reduction):
        if reduction == "none":
            raise ValueError("there is no such reduction")
        return dataclasses.replace(self, reduction=reduction)


LIBRARY = {"element": Element, "row": Row, "pair": Pair, "several": Several}
OWN = {"element": OwnElement, "row": OwnRow, "pair": OwnPair, "several": OwnSeveral}
EVERY = {f"{whose} {name}": cls for whose, some in (("library", LIBRARY), ("own", OWN)) for name, cls in some.items()}

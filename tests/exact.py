"""The formulas of the catalogue (section 9 of the contract) in exact arithmetic: `decimal`, to 60 digits.

They share nothing with the package but the parameters of its losses. Each result comes with the scale that its error is
measured by (section 10): an implementation may be wrong by 8 eps times the scale.
"""

import decimal
from decimal import Decimal
from functools import singledispatch
from typing import Any, NamedTuple

import numpy as np

from losses import (
    MAE,
    MSE,
    Asymmetric,
    BinaryCrossEntropy,
    CategoricalCrossEntropy,
    Huber,
    PairwiseHinge,
    PairwiseLogistic,
)
from losses.base import WeightedSum

decimal.setcontext(decimal.Context(prec=60, Emax=decimal.MAX_EMAX, Emin=decimal.MIN_EMIN))


class Exact(NamedTuple):
    """A number and the scale of its permitted error."""

    number: Decimal
    scale: Decimal
    peak: Decimal = Decimal(0)
    """The largest term, before and after the loss's own weights: where it overflows, nothing is promised."""
    floor: Decimal = Decimal(1)
    """The largest factor of a term: the smallest normal number counts before it is multiplied in, too."""


class Term(NamedTuple):
    """A term of a formula, and the weight that the loss's parameters give it."""

    weight: Decimal
    term: Decimal
    floor: Decimal = Decimal(1)

    def weighed(self, weight: Decimal) -> "Term":
        return Term(self.weight * weight, self.term, abs(weight) * self.floor)


def exactly(x: Any) -> Decimal:
    """Return a Python or NumPy number, of any precision, as a decimal."""
    if np.isinf(x):
        return Decimal(float(x))
    numerator, denominator = x.as_integer_ratio()
    return Decimal(numerator) / Decimal(denominator)


def plain(*terms: Decimal) -> list[Term]:
    return [Term(Decimal(1), term) for term in terms]


def total(terms: list[Term]) -> Exact:
    """Return the sum of a formula's terms, with the largest of them as the scale."""
    products = [weight * term for weight, term, _ in terms]
    scale = max(map(abs, products))
    peak = max(scale, *(abs(term) for _, term, _ in terms))
    return Exact(sum(products, Decimal(0)), scale, peak, max(Decimal(1), *(floor for _, _, floor in terms)))


# --------------------------------------------------------------------------------------------- elementwise


def sample(loss: Any, y: Decimal, p: Decimal, eps: Decimal) -> tuple[Exact, Exact]:
    """Return value and grad of a sample; probabilities are clipped to [eps, 1 - eps]."""
    value_terms, grad_terms = terms(loss, y, p, eps)
    return total(value_terms), total(grad_terms)


@singledispatch
def terms(loss: Any, y: Decimal, p: Decimal, eps: Decimal) -> tuple[list[Term], list[Term]]:
    """Return the terms that value and grad of a sample are the sums of."""
    raise NotImplementedError(f"no exact formula of {loss!r}")


def knows(loss: Any) -> bool:
    """Return whether there is an exact formula of an elementwise loss."""
    return all(terms.dispatch(type(term)) is not terms.dispatch(object) for _, term in loss.terms)


def sign(x: Decimal) -> Decimal:
    return Decimal(0) if x == 0 else Decimal(1).copy_sign(x)


@terms.register
def _(loss: MSE, y, p, eps):
    r = p - y
    return plain(r * r), plain(2 * r)


@terms.register
def _(loss: MAE, y, p, eps):
    r = p - y
    return plain(abs(r)), plain(sign(r))


@terms.register
def _(loss: Huber, y, p, eps):
    r, delta = p - y, exactly(loss.delta)
    if abs(r) <= delta:
        return plain(r * r / 2), plain(r)
    return plain(delta * abs(r), -delta * delta / 2), plain(delta * sign(r))


@terms.register
def _(loss: Asymmetric, y, p, eps):
    return added(exactly(loss.shortfall_weight if p < y else loss.overshoot_weight), loss.base, y, p, eps)


@terms.register
def _(loss: WeightedSum, y, p, eps):
    return added(Decimal(1), loss, y, p, eps)


def added(weight: Decimal, loss: Any, y: Decimal, p: Decimal, eps: Decimal) -> tuple[list[Term], list[Term]]:
    """Return the terms of a sum of losses, weighed."""
    value_terms, grad_terms = [], []
    for coefficient, summand in loss.terms:
        of_summand = terms(summand, y, p, eps)
        value_terms += [term.weighed(weight * exactly(coefficient)) for term in of_summand[0]]
        grad_terms += [term.weighed(weight * exactly(coefficient)) for term in of_summand[1]]
    return value_terms, grad_terms


@terms.register
def _(loss: BinaryCrossEntropy, y, p, eps):
    smoothing = exactly(loss.label_smoothing)
    weight = exactly(loss.pos_weight)
    a = y * (1 - smoothing) + smoothing / 2
    b = (1 - y) * (1 - smoothing) + smoothing / 2
    if loss.from_logits:
        value_factors, grad_factors = (softplus(-p), softplus(p)), (-sigmoid(-p), sigmoid(p))
    else:
        p = min(max(p, eps), 1 - eps)
        value_factors, grad_factors = (-p.ln(), -(1 - p).ln()), (-1 / p, 1 / (1 - p))
    return tuple(
        [
            Term(weight, a * of_one, max(Decimal(1), weight) * max(Decimal(1), abs(of_one))),
            Term(Decimal(1), b * of_zero, max(Decimal(1), abs(of_zero))),
        ]
        for of_one, of_zero in (value_factors, grad_factors)
    )


def log1p(t: Decimal) -> Decimal:
    return (1 + t).ln() if t > Decimal("1e-30") else t - t * t / 2 + t * t * t / 3


def softplus(x: Decimal) -> Decimal:
    """Return log(1 + exp(x))."""
    return max(x, Decimal(0)) + log1p((-abs(x)).exp())


def sigmoid(x: Decimal) -> Decimal:
    """Return 1 / (1 + exp(-x))."""
    t = (-abs(x)).exp()
    return (1 if x >= 0 else t) / (1 + t)


# --------------------------------------------------------------------------------------------- rows of classes


def row(
    loss: CategoricalCrossEntropy, y: list[Decimal], p: list[Decimal], eps: Decimal
) -> tuple[Exact, list[Exact], Decimal]:
    """Return value, grad and weight in the denominator of a sample with the target distribution y."""
    classes = len(p)
    smoothing = exactly(loss.label_smoothing)
    weights = [Decimal(1)] * classes if loss.class_weight is None else [exactly(w) for w in loss.class_weight]
    targets = [w * ((1 - smoothing) * share + smoothing / classes) for w, share in zip(weights, y, strict=True)]
    denominator = sum(w * share for w, share in zip(weights, y, strict=True))
    if not loss.from_logits:
        p = [min(max(entry, eps), 1 - eps) for entry in p]
        value = -sum(t * entry.ln() for t, entry in zip(targets, p, strict=True))
        grad = [-t / entry for t, entry in zip(targets, p, strict=True)]
        floor = max(Decimal(1), *weights)
        return Exact(value, value, value, floor), [Exact(g, abs(g), abs(g), floor) for g in grad], denominator
    largest, mass = max(p), sum(targets)
    powers = [(x - largest).exp() for x in p]
    partition = sum(powers)
    log_sum = largest + partition.ln()
    value = sum(t * (log_sum - x) for t, x in zip(targets, p, strict=True))
    grad = [mass * power / partition - t for t, power in zip(targets, powers, strict=True)]
    return (
        Exact(value, max(Decimal(1), *map(abs, p)) * mass),
        [Exact(g, mass) for g in grad],
        denominator,
    )


# --------------------------------------------------------------------------------------------- pairs of items


def pair(loss: PairwiseHinge | PairwiseLogistic, d: Decimal) -> tuple[Exact, Exact]:
    """Return loss and derivative of a pair with the difference d between the scores."""
    if isinstance(loss, PairwiseHinge):
        margin = exactly(loss.margin)
        return Exact(max(margin - d, Decimal(0)), margin + abs(d)), Exact(-Decimal(d < margin), Decimal(1))
    sigma = exactly(loss.sigma)
    value, slope, growth = softplus(-sigma * d), sigma * sigmoid(-sigma * d), 1 + sigma * abs(d)
    return Exact(value, growth * value), Exact(-slope, growth * slope)

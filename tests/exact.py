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
    DPO,
    IPO,
    KTO,
    MAE,
    MSE,
    Asymmetric,
    BinaryCrossEntropy,
    BradleyTerry,
    CategoricalCrossEntropy,
    Huber,
    KLPenalty,
    PairwiseHinge,
    PairwiseLogistic,
    PPOClip,
    SimPO,
)
from losses._loss.sums import WeightedSum

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
    condition: Decimal = Decimal(1)
    """How much larger a relative error of the term may be, as the loss's docstring says."""

    def weighed(self, weight: Decimal) -> "Term":
        return self._replace(weight=self.weight * weight, floor=abs(weight) * self.floor)


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
    products = [part.weight * part.term for part in terms]
    scale = max(abs(product) * part.condition for product, part in zip(products, terms, strict=True))
    peak = max(scale, *(abs(part.term) for part in terms))
    return Exact(sum(products, Decimal(0)), scale, peak, max(Decimal(1), *(part.floor for part in terms)))


# --------------------------------------------------------------------------------------------- elementwise


def sample(loss: Any, y: Decimal, p: Decimal, eps: Decimal, **keywords: Decimal) -> tuple[Exact, Exact]:
    """Return value and grad of a sample; probabilities are clipped to [eps, 1 - eps]."""
    value_terms, grad_terms = terms(loss, y, p, eps, **keywords)
    return total(value_terms), total(grad_terms)


@singledispatch
def terms(loss: Any, y: Decimal, p: Decimal, eps: Decimal, **keywords: Decimal) -> tuple[list[Term], list[Term]]:
    """Return the terms that value and grad of a sample are the sums of."""
    raise NotImplementedError(f"no exact formula of {loss!r}")


def knows(loss: Any) -> bool:
    """Return whether there is an exact formula of an elementwise loss."""
    bases = [term.base if isinstance(term, Asymmetric) else term for _, term in loss.terms]
    return all(terms.dispatch(type(term)) is not terms.dispatch(object) for base in bases for _, term in base.terms)


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
def _(loss: WeightedSum, y, p, eps, **keywords):
    return added(Decimal(1), loss, y, p, eps, **keywords)


def added(
    weight: Decimal, loss: Any, y: Decimal, p: Decimal, eps: Decimal, **keywords: Decimal
) -> tuple[list[Term], list[Term]]:
    """Return the terms of a sum of losses, weighed."""
    value_terms, grad_terms = [], []
    for coefficient, summand in loss.terms:
        of_summand = terms(
            summand, y, p, eps, **{name: keywords[name] for name in summand.signature.names if name in keywords}
        )
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


# --------------------------------------------------------------------------------------------- preferences

# As the papers write them. Where the loss is a function of a difference, its error is relative to the numbers that are
# subtracted: the condition is that of the docstrings. Of two answers the gradient is the one by the rejected.


def conditioned(condition: Decimal, eps: Decimal, *parts: Decimal) -> list[Term]:
    """Return terms whose error may be so many times larger, and which may vanish below the smallest normal number."""
    return [Term(Decimal(1), part, (2 + condition) / (8 * eps), condition) for part in parts]


@terms.register
def _(loss: BradleyTerry, c, r, eps, margin=Decimal(0)):
    """Touvron et al. 2023, eq. (2)."""
    d, condition = c - r - margin, 1 + abs(c - r) + margin
    return conditioned(condition, eps, softplus(-d)), conditioned(condition, eps, sigmoid(-d))


@terms.register
def _(loss: DPO, c, r, eps, ref_chosen, ref_rejected):
    """Rafailov et al. 2023, eq. (7), with Mitchell's smoothing."""
    beta, smoothing = exactly(loss.beta), exactly(loss.label_smoothing)
    h = beta * (c - r - (ref_chosen - ref_rejected))
    condition = 1 + beta * (abs(c - ref_chosen) + abs(r - ref_rejected))
    return (
        conditioned(condition, eps, (1 - smoothing) * softplus(-h), smoothing * softplus(h)),
        conditioned(condition, eps, beta * (1 - smoothing) * sigmoid(-h), -beta * smoothing * sigmoid(h)),
    )


@terms.register
def _(loss: IPO, c, r, eps, ref_chosen, ref_rejected):
    """Azar et al. 2023, eq. (17); relative to the largest of the numbers whose sum is squared."""
    far = 1 / (2 * exactly(loss.beta))
    excess = c - r - (ref_chosen - ref_rejected) - far
    condition = (abs(c - ref_chosen) + abs(r - ref_rejected) + far) / abs(excess) if excess else Decimal(1)
    return conditioned(condition, eps, excess * excess), conditioned(condition, eps, -2 * excess)


@terms.register
def _(loss: SimPO, c, r, eps):
    """Meng et al. 2024, eq. (6)."""
    beta, gamma = exactly(loss.beta), exactly(loss.gamma)
    h, condition = beta * (c - r) - gamma, 1 + beta * abs(c - r) + gamma
    return conditioned(condition, eps, softplus(-h)), conditioned(condition, eps, beta * sigmoid(-h))


@terms.register
def _(loss: KTO, desirable, logp, eps, ref_logp, kl=Decimal(0)):
    """Ethayarajh et al. 2024, eq. (8): λ - v, and its derivative by logp."""
    beta, reward = exactly(loss.beta), logp - ref_logp
    weight = exactly(loss.desirable_weight if desirable else loss.undesirable_weight)
    z = beta * (reward - kl) if desirable else beta * (kl - reward)
    slope = -beta * weight * sigmoid(z) * sigmoid(-z)
    condition = 1 + beta * (abs(reward) + kl)
    return (
        conditioned(condition, eps, weight, -weight * sigmoid(z)),
        conditioned(condition, eps, slope if desirable else -slope),
    )


@terms.register
def _(loss: PPOClip, advantage, logp, eps, old_logp):
    """Schulman et al. 2017, eq. (7)."""
    epsilon, ratio = exactly(loss.epsilon), (logp - old_logp).exp()
    high = epsilon if loss.epsilon_high is None else exactly(loss.epsilon_high)
    clipped = min(max(ratio, 1 - epsilon), 1 + high)
    limited = clipped * advantage < ratio * advantage
    parts = (clipped, Decimal(0)) if limited else (ratio, ratio)
    value, grad = ([term.weighed(-advantage) for term in conditioned(Decimal(1), eps, part)] for part in parts)
    return value, grad


@terms.register
def _(loss: KLPenalty, ref_logp, logp, eps):
    """Schulman 2020, k3."""
    u = ref_logp - logp
    return conditioned(Decimal(1), eps, beyond_tangent(u)), conditioned(Decimal(1), eps, -expm1(u))


def beyond_tangent(u: Decimal) -> Decimal:
    """Return exp(u) - 1 - u."""
    if abs(u) > Decimal("1e-12"):
        return u.exp() - 1 - u
    return u * u / 2 + u**3 / 6 + u**4 / 24 + u**5 / 120


def expm1(u: Decimal) -> Decimal:
    return u.exp() - 1 if abs(u) > Decimal("1e-20") else u + u * u / 2 + u**3 / 6


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
    z, size = exactly(loss.z_loss) * denominator, max(Decimal(1), *map(abs, p))
    value = sum(t * (log_sum - x) for t, x in zip(targets, p, strict=True)) + z * log_sum**2
    grad = [(mass + 2 * z * log_sum) * power / partition - t for t, power in zip(targets, powers, strict=True)]
    return (
        Exact(value, (mass + 2 * z * abs(log_sum)) * size),
        [Exact(g, mass + 2 * z * size) for g in grad],
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

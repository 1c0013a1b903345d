"""The formulas of losses of rows in exact arithmetic, with their derivatives: distributions and ordered grades."""

from decimal import Decimal

import numpy as np

from exact import exactly, log1p, sigmoid, sign, softplus
from hard_points import Rows
from losses import (
    CORAL,
    CumulativeLogit,
    EnsembleCRPS,
    GaussianCRPS,
    GaussianNLL,
    LaplaceNLL,
    MultiQuantile,
    StudentTNLL,
)

PI = Decimal("3.14159265358979323846264338327950288419716939937510582097494459")

# --------------------------------------------------------------------------------------------- distributions


def erf(x):
    """Return erf x by its series of positive terms; beyond 12 it is 1 to 60 digits."""
    if abs(x) > 12:
        return sign(x)
    term = total = 2 * x / PI.sqrt() * (-x * x).exp()
    for n in range(1, 400):
        term *= 2 * x * x / (2 * n + 1)
        total += term
    return total


def distribution(loss, y, p):
    """Return the catalogue's formula of one sample, and its derivatives with respect to each entry."""
    if isinstance(loss, EnsembleCRPS):
        return ensemble(loss, y, p)
    if isinstance(loss, MultiQuantile):
        levels = [exactly(level) for level in loss.quantiles]
        value = [(1 - t) * (q - y) if q > y else t * (y - q) for t, q in zip(levels, p, strict=True)]
        grad = [[(1 - t) if q > y else -t if q < y else Decimal(0)] for t, q in zip(levels, p, strict=True)]
        return Rows(value, grad, [[Decimal(0)]] * len(p))
    r, eta, sigma = y - p[0], p[1], p[1].exp()
    z = r / sigma
    if isinstance(loss, GaussianNLL):
        return Rows([eta, z * z / 2], [[-z / sigma], [Decimal(1), -z * z]], [[1 / sigma**2], [2 * z * z]])
    if isinstance(loss, LaplaceNLL):
        return Rows([eta, abs(z)], [[-sign(z) / sigma], [Decimal(1), -abs(z)]], [[Decimal(0)], [abs(z)]])
    if isinstance(loss, StudentTNLL):
        nu = exactly(loss.df)
        whole = nu + z * z
        return Rows(
            [eta, (nu + 1) / 2 * log1p(z * z / nu)],
            [[-(nu + 1) * z / whole / sigma], [Decimal(1), -(nu + 1) * z * z / whole]],
            [
                [(nu + 1) * nu / (sigma * whole) ** 2, -(nu + 1) * z * z / (sigma * whole) ** 2],
                [2 * (nu + 1) * nu * z * z / whole**2],
            ],
        )
    if isinstance(loss, GaussianCRPS):
        balance, density, rest = erf(z / Decimal(2).sqrt()), (-z * z / 2).exp() / (2 * PI).sqrt(), -sigma / PI.sqrt()
        return Rows(
            [r * balance, 2 * sigma * density, rest],
            [[-balance], [2 * sigma * density, rest]],
            [[2 * density / sigma], [2 * sigma * density * (1 + z * z), rest]],
            condition=1 + z * z,
        )
    t = (-abs(z)).exp()
    near, beside, bend = 2 * sigma * log1p(t), 2 * sigma * abs(z) * t / (1 + t), 2 * t / (1 + t) ** 2
    tanh = z / 2 if abs(z) < Decimal("1e-30") else sign(z) * (1 - t) / (1 + t)
    return Rows(
        [abs(r), near, -sigma],
        [[-tanh], [near, beside, -sigma]],
        [[bend / sigma], [near, beside, sigma * z * z * bend, -sigma]],
        condition=1 + abs(z),
    )


def ensemble(loss, y, x):
    """Return one term for value and each derivative: the docstring promises that nothing cancels."""
    m = len(x)
    pairs = m * (m - loss.fair)
    spread = sum(abs(a - b) for a in x for b in x)
    value = sum(abs(a - y) for a in x) / m - (spread / (2 * pairs) if m > 1 else 0)
    grad = [[sign(a - y) / m - (sum(sign(a - b) for b in x) / pairs if m > 1 else 0)] for a in x]
    zero = abs(value) <= Decimal("1e-45")  # the decimals' own rounding
    return Rows([Decimal(0) if zero else value], grad, [[Decimal(0)]] * m)


# --------------------------------------------------------------------------------------------- ordered grades


def steps(loss, y, p):
    """Return the formula of one sample, and its derivatives with respect to each entry."""
    if isinstance(loss, CumulativeLogit):
        return cumulative(loss, int(y), p[0])
    value, grad, hess = [], [], []
    for k, x in enumerate(p):
        kept = Decimal(isinstance(loss, CORAL) or k <= y)
        side = -1 if y > k else 1
        value.append(kept * softplus(side * x))
        grad.append([kept * side * sigmoid(side * x)])
        hess.append([kept * sigmoid(x) * sigmoid(-x)])
    return Rows(value, grad, hess, condition=1 + max(map(abs, p)))


def cumulative(loss, y, s):
    """Return the catalogue's formula, and the two terms of its derivatives."""
    thresholds = [exactly(threshold) for threshold in loss.thresholds]
    over = slopes(s - thresholds[y]) if y < len(thresholds) else (Decimal(0), Decimal(0))
    under = slopes(thresholds[y - 1] - s) if y > 0 else (Decimal(0), Decimal(0))
    far = max(abs(s - threshold) for threshold in thresholds[max(0, y - 1) : y + 1])
    if y == 0:
        value = softplus(s - thresholds[0])
    elif y == len(thresholds):
        value = softplus(thresholds[-1] - s)
    else:
        width = thresholds[y] - thresholds[y - 1]
        narrow = width if width < Decimal("1e-50") else 1 - (-width).exp()
        value = softplus(s - thresholds[y]) + softplus(thresholds[y - 1] - s) - narrow.ln()
    return Rows([value], [[over[0], -under[0]]], [[over[1], under[1]]], condition=far)


def slopes(x):
    """Return the derivatives of softplus."""
    return sigmoid(x), sigmoid(x) * sigmoid(-x)


def assert_scores_exact(loss, y, s):
    """Assert that results are exact, for a loss of which each sample has one prediction."""
    loss, s = loss.with_reduction("none"), np.asarray(s)
    finfo = np.finfo(s.dtype)
    eps, least = exactly(finfo.eps), exactly(finfo.smallest_normal)
    results = {method: getattr(loss, method)(y, s) for method in ("value", "grad", "hess")}
    for i in range(len(s)):
        exact = steps(loss, Decimal(int(y[i])), [exactly(s[i])])
        for method, found in results.items():
            (terms,) = exact.entries(method)
            allowed = (16 + exact.condition) * eps * max(map(abs, terms))
            assert abs(exactly(found[i]) - sum(terms)) <= max(allowed, 16 * least), (method, y[i], s[i])

"""The formulas of elementwise families in exact arithmetic, with their derivatives."""

import decimal
import math
from decimal import Decimal

from exact import exactly, expm1, log1p, sigmoid, softplus
from hard_points import Formula
from losses import (
    LINEX,
    MAPE,
    MSLE,
    Asymmetric,
    AsymmetricFocal,
    Barron,
    Cauchy,
    EpsilonInsensitive,
    Expectile,
    Fair,
    Gamma,
    Hinge,
    LogCosh,
    ModifiedHuber,
    NegativeBinomial,
    Perceptron,
    Pinball,
    Poisson,
    PseudoHuber,
    SmoothedHinge,
    SmoothL1,
    SquaredEpsilonInsensitive,
    SquaredHinge,
    TukeyBiweight,
)

INF = math.inf
ZERO, ONE = Decimal(0), Decimal(1)

# --------------------------------------------------------------------------------------------- deviances

NEAR = Decimal("1e-3")


def deviance(loss, y, s, eps):
    """Return the catalogue's formula, and its derivatives."""
    if isinstance(loss, Poisson):
        if not loss.log_input:
            return Formula([s, -y * s.ln()], [Decimal(1), -y / s], [y / s / s])
        return Formula([s.exp(), -y * s], [s.exp(), -y], [s.exp()])
    if isinstance(loss, Gamma):
        ratio = y * (-s).exp()
        return Formula([s, ratio], [Decimal(1), -ratio], [ratio])
    if isinstance(loss, NegativeBinomial):
        alpha, mu = exactly(loss.dispersion), s.exp()
        growth = 1 + alpha * mu
        value = [(y + 1 / alpha) * log1p(alpha * mu), -y * s]
        bend = mu * (1 + alpha * y) / growth**2
        return Formula(value, [mu / growth, -y / growth], [bend], slack=(Decimal(0), Decimal(0), eps * abs(s) * bend))
    one, two = 1 - exactly(loss.power), 2 - exactly(loss.power)
    a, b = (s * two).exp(), y * (s * one).exp()
    first = s if two == 0 else (exp_less_1(s * two) if abs(two) < NEAR else a) / two
    second = y * s if one == 0 else (y * exp_less_1(s * one) if abs(one) < NEAR else b) / one
    return Formula([first, -second], [a, -b], [two * a, -one * b], 16 + abs(s) * max(abs(one), abs(two)))


def exp_less_1(a):
    """Return e^a − 1."""
    return a + a * a / 2 + a**3 / 6 if abs(a) < Decimal("1e-20") else a.exp() - 1


# --------------------------------------------------------------------------------------------- focal losses


def power(base, exponent):
    """Return base^exponent, with 0⁰ = 1."""
    return ONE if exponent == 0 else Decimal(0) if base == 0 else base**exponent


def by_logit(w, right, cost, gamma):
    """Return terms of w^γ · cost and its derivatives with respect to the logit of w, where cost is −log(1 − w)."""
    p = power(w, gamma)
    slope = [p * gamma * right * cost, p * w]
    bend = [p * gamma * right * cost * gamma * right, -p * gamma * right * cost * w, p * (1 + 2 * gamma) * w * right]
    return [p * cost], slope, bend


def by_probability(w, right, cost, gamma):
    """Return the same with respect to w."""
    p = power(w, gamma)
    slope = [p * gamma * cost / w, p / right]
    bend = [p * gamma * (gamma - 1) * cost / w**2, p * 2 * gamma / (w * right), p / right**2]
    return [p * cost], slope, bend


def weighed(a, one, b, zero, factor, slack=(0, 0, 0)):
    """Return aℓ₁ + bℓ₀, where slopes of ℓ₁ point the other way."""
    signs = (1, -1, 1)
    sums = [
        [a * sign * term for term in left] + [b * term for term in right]
        for sign, left, right in zip(signs, one, zero, strict=True)
    ]
    return Formula(*sums, factor, tuple(b * extra for extra in slack))


def factor_of(*powers):
    """Return 16 + γ(4 + |log w|), as the docstrings say, the larger of two."""
    return 16 + max(gamma * (4 + abs(w.ln()) if w else 4) for gamma, w in powers)


def focal(loss, y, x, eps):
    if isinstance(loss, AsymmetricFocal):
        return asymmetric(loss, y, x, eps)
    gamma = exactly(loss.gamma)
    alpha = None if loss.alpha is None else exactly(loss.alpha)
    a, b = (y, 1 - y) if alpha is None else (alpha * y, (1 - alpha) * (1 - y))
    if loss.from_logits:
        p, q, cost_of_one, cost_of_zero, terms = sigmoid(x), sigmoid(-x), softplus(-x), softplus(x), by_logit
    else:
        p = min(max(x, eps), 1 - eps)
        q, cost_of_one, cost_of_zero, terms = 1 - p, -p.ln(), -(1 - p).ln(), by_probability
    counting = [(gamma, q)] * (a > 0) + [(gamma, p)] * (b > 0)
    one, zero = terms(q, p, cost_of_one, gamma), terms(p, q, cost_of_zero, gamma)
    return weighed(a, one, b, zero, factor_of(*counting) if counting else Decimal(16))


def asymmetric(loss, y, x, eps):
    p, q, clip = sigmoid(x), sigmoid(-x), exactly(loss.clip)
    pos, neg = exactly(loss.gamma_pos), exactly(loss.gamma_neg)
    one = by_logit(q, p, softplus(-x), pos)
    counting = [(pos, q)] * (y > 0) + [(neg, max(p - clip, Decimal(0)))] * (y < 1)
    if clip == 0:
        zero = by_logit(p, q, softplus(x), neg)
        return weighed(y, one, 1 - y, zero, factor_of(*counting))

    def shifted(m):
        if m <= 0:
            return [Decimal(0)], [Decimal(0)], [Decimal(0)]
        value, slope, bend = by_probability(m, 1 - m, log1p(m / (1 - m)), neg)
        return (
            value,
            [p * q * each for each in slope],
            [(p * q) ** 2 * each for each in bend] + [p * q * (q - p) * each for each in slope],
        )

    zero, shift = shifted(p - clip), 4 * eps * p
    near = [shifted(p - clip + side) for side in (-shift, shift)]
    slack = [max(abs(sum(other[k]) - sum(zero[k])) for other in near) for k in range(3)]
    return weighed(y, one, 1 - y, zero, factor_of(*counting), slack)


# --------------------------------------------------------------------------------------------- losses of the margin


def of_margin(loss, z):
    """Return the catalogue's formula as a function of the margin, branch by branch: its terms, slope and bend."""
    below = 1 - z
    if isinstance(loss, Hinge):
        return ([Decimal(1), -z], Decimal(-1), ZERO) if z < 1 else ([ZERO], ZERO, ZERO)
    if isinstance(loss, SquaredHinge):
        return ([below * below], -2 * below, Decimal(2)) if z < 1 else ([ZERO], ZERO, ZERO)
    if isinstance(loss, Perceptron):
        return ([-z], Decimal(-1), ZERO) if z < 0 else ([ZERO], ZERO, ZERO)
    if isinstance(loss, SmoothedHinge):
        gamma = exactly(loss.gamma)
        if z >= 1:
            return [ZERO], ZERO, ZERO
        if z >= 1 - gamma:
            return [below * below / (2 * gamma)], -below / gamma, 1 / gamma
        return [Decimal(1), -gamma / 2, -z], Decimal(-1), ZERO
    if isinstance(loss, ModifiedHuber):
        if z >= -1:
            return ([below * below], -2 * below, Decimal(2)) if z < 1 else ([ZERO], ZERO, ZERO)
        return [-4 * z], Decimal(-4), ZERO
    return [(-z).exp()], -(-z).exp(), (-z).exp()


def margin(loss, y, s, eps):
    sign = 1 if y == 1 else -1
    value, slope, bend = of_margin(loss, sign * s)
    return Formula(value, [sign * slope], [bend])


# --------------------------------------------------------------------------------------------- residuals


def barron(loss, r):
    """Barron 2019, eq. 8, its derivative, and the logarithm of the weight w."""
    alpha, c = loss.alpha, Decimal(loss.scale)
    u = (r / c) ** 2
    if alpha == -INF or alpha < -1e200:
        return -expm1(-u / 2), r / c**2 * (-u / 2).exp(), u / 2
    a = Decimal(alpha)
    if a == 2:
        return u / 2, r / c**2, Decimal(0)
    v = 1 + u / (2 - a)
    weight = (v.ln() * (a / 2 - 1)).exp()
    tiny = abs(a) < Decimal("1e-100")
    value = (1 + u / 2).ln() if tiny else (2 - a) / a * expm1(v.ln() * a / 2)
    return value, weight * r / c**2, -weight.ln()


def fair(loss, r):
    c, a = Decimal(loss.c), abs(r)
    return c * c * (a / c - (1 + a / c).ln()), r / (1 + a / c)


def linex(loss, r):
    a = Decimal(loss.a)
    return (a * r).exp() - a * r - 1, a * ((a * r).exp() - 1), abs(a * r)


def tilted(level, r, power):
    weight = Decimal(level) if r < 0 else 1 - Decimal(level)
    slope = weight * (r if power == 2 else 1 if r > 0 else -1) * power
    return weight * abs(r) ** power, slope if power == 2 or r else Decimal(0)


def log_cosh(loss, r):
    e, f = r.exp(), (-r).exp()
    return ((e + f) / 2).ln(), (e - f) / (e + f)


def pseudo_huber(loss, r):
    delta = Decimal(loss.delta)
    root = (1 + (r / delta) ** 2).sqrt()
    return delta * delta * (root - 1), r / root


def cauchy(loss, r):
    c = Decimal(loss.scale)
    return c * c / 2 * (1 + (r / c) ** 2).ln(), r / (1 + (r / c) ** 2)


def smooth_l1(loss, r):
    beta, a = Decimal(loss.beta), abs(r)
    return (a * a / (2 * beta), r / beta) if a < beta else (a - beta / 2, Decimal(1).copy_sign(r))


def tukey(loss, r):
    c = Decimal(loss.c)
    k = 1 - (r / c) ** 2
    return (c * c / 6, Decimal(0)) if abs(r) > c else (c * c / 6 * (1 - k**3), r * k * k)


def insensitive(loss, r, power):
    excess = abs(r) - Decimal(loss.epsilon)
    if excess <= 0:
        return Decimal(0), Decimal(0)
    return excess**power, Decimal(power).copy_sign(r) * excess ** (power - 1)


OF_RESIDUALS = {
    LogCosh: log_cosh,
    PseudoHuber: pseudo_huber,
    Cauchy: cauchy,
    Fair: fair,
    Barron: barron,
    TukeyBiweight: tukey,
    SmoothL1: smooth_l1,
    Pinball: lambda loss, r: tilted(loss.quantile, r, 1),
    Expectile: lambda loss, r: tilted(loss.expectile, r, 2),
    EpsilonInsensitive: lambda loss, r: insensitive(loss, r, 1),
    SquaredEpsilonInsensitive: lambda loss, r: insensitive(loss, r, 2),
    LINEX: linex,
}
"""By loss, functions of r that return the loss, its derivative, and q where errors may be larger by a factor 1 + q."""


def residual(loss, y, p, eps):
    """Return the value and the derivative of a loss of residuals; there are other tests of second derivatives."""
    r = p - y
    if isinstance(loss, Asymmetric):
        weight = exactly(loss.shortfall_weight if r < 0 else loss.overshoot_weight)
        value, grad, _, factor, _ = residual(loss.base, y, p, eps)
        return Formula([weight * term for term in value], [weight * term for term in grad], [], factor)
    with decimal.localcontext(prec=140):
        value, slope, *condition = OF_RESIDUALS[type(loss)](loss, r)
    steep = isinstance(loss, LINEX) or (isinstance(loss, Barron) and loss.alpha < -2)
    size = eps * 16 * abs(r) if isinstance(loss, EpsilonInsensitive | SquaredEpsilonInsensitive) else ZERO
    slack = (size, ZERO if isinstance(loss, EpsilonInsensitive) else size, ZERO)
    return Formula([value], [slope], [], 16 * (1 + condition[0] if steep else ONE), slack)


def relative(loss, y, p, eps):
    """Return the same of MSLE, MAPE and SMAPE."""
    r = p - y
    side = Decimal(0) if r == 0 else Decimal(1).copy_sign(r)
    if isinstance(loss, MSLE):
        log = (1 + p).ln() - (1 + y).ln()
        return Formula([log * log], [2 * log / (1 + p)], [])
    if isinstance(loss, MAPE):
        return Formula([abs(r / y)], [side / abs(y)], [])
    both = abs(y) + abs(p)
    return Formula([2 * abs(r) / both], [2 * side / both, -2 * abs(r) * Decimal(1).copy_sign(p) / both**2], [])

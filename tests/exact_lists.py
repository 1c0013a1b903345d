"""The ranking losses in decimal arithmetic, item by item, and scores of every kind.

Each function takes one list and returns the loss, gradient, Hessian's diagonal and curvature (without its least
number), and for each the size.
"""

from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, localcontext
from functools import wraps

import numpy as np

ONE, ZERO, LN2 = Decimal(1), Decimal(0), Context(prec=50).ln(Decimal(2))


def exactly(function):
    """Compute with 50 digits, and take floats as they are."""

    @wraps(function)
    def wrapped(*arguments):
        with localcontext(prec=50, Emax=MAX_EMAX, Emin=MIN_EMIN):
            return function(*([Decimal(float(v)) for v in x] if hasattr(x, "tolist") else x for x in arguments))

    return wrapped


def log1p(x: Decimal) -> Decimal:
    return x - x * x / 2 + x * x * x / 3 if abs(x) < Decimal("1e-16") else (1 + x).ln()


def sigmoid(z: Decimal) -> Decimal:
    return 1 / (1 + (-z).exp()) if z > 0 else z.exp() / (1 + z.exp())


def softplus(z: Decimal) -> Decimal:
    return max(z, ZERO) + log1p((-abs(z)).exp())


def softmax(x: list[Decimal]) -> list[Decimal]:
    e = [(v - max(x)).exp() for v in x]
    return [v / sum(e) for v in e]


@exactly
def listnet(y, s, temperature):
    scale = 1 / Decimal(temperature)
    y, s = [v * scale for v in y], [v * scale for v in s]
    t, p = softmax(y), softmax(s)
    log_z = max(s) + sum((v - max(s)).exp() for v in s).ln()
    value = sum(a * (log_z - v) for a, v in zip(t, s, strict=True))
    grad = [(a - b) * scale for a, b in zip(p, t, strict=True)]
    hess = [a * (1 - a) * scale**2 for a in p]
    sizes = [scale] * len(s), [scale**2] * len(s), [scale**2] * len(s)
    return (value, grad, hess, hess), (max(ONE, max(s) - min(s)), *sizes)


@exactly
def listmle(s):
    m, value, size = len(s), ZERO, ZERO
    grad, hess, sizes = [ZERO] * m, [ZERO] * m, [ZERO] * m
    for i in range(m):
        high = max(s[i:])
        total = sum((v - high).exp() for v in s[i:])
        term = high - s[i] + total.ln()
        value += term
        size += max(ONE, term)
        for k in range(i, m):
            p = (s[k] - high).exp() / total
            missed = p if i < k else sum(((v - high).exp() for v in s[i + 1 :]), ZERO) / total
            grad[k] += p if i < k else -missed
            hess[k] += p * (1 - p) if i < k else p * missed
            sizes[k] += missed * (1 + abs(missed.ln()) if missed else 0)
    return (value, grad, hess, hess), (size, sizes, sizes, sizes)


def weighted_pairs(weights, s, sigma):
    """Σ over pairs of weight · φ(sᵢ − sⱼ), with (weight, size of weight) by pair."""
    m, value, size = len(s), ZERO, ZERO
    found, sizes = [[ZERO] * m, [ZERO] * m], [[ZERO] * m, [ZERO] * m]
    for (i, j), (w, w_size) in weights.items():
        z = sigma * (s[j] - s[i])
        slopes = sigma * sigmoid(z), sigma**2 * sigmoid(z) * sigmoid(-z)
        value += w * softplus(z)
        size += w_size * softplus(z) * (1 + abs(z))
        for k, sign in ((i, -1), (j, 1)):
            for order, slope in enumerate(slopes):
                found[order][k] += (sign if order == 0 else 1) * w * slope
                sizes[order][k] += w_size * slope * (1 + abs(z))
    return (value, found[0], found[1], found[1]), (size, sizes[0], sizes[1], sizes[1])


@exactly
def pairwise_logistic(y, s, w, sigma):
    weights = {(i, j): (w[i] * w[j],) * 2 for i in range(len(y)) for j in range(len(y)) if y[i] > y[j]}
    return weighted_pairs(weights, s, Decimal(sigma))


def gains(y, top):
    gain = [2**v - 1 for v in y]
    ideal = sum(g * discount(Decimal(r)) for r, g in enumerate(sorted(gain, reverse=True)[:top], 1))
    return [g / ideal for g in gain]


def discount(rank: Decimal) -> Decimal:
    return LN2 / (1 + rank).ln()


@exactly
def lambdarank(y, s, sigma, truncation):
    m = len(y)
    top = min(m, truncation or m)
    g = gains(y, top)
    order = sorted(range(m), key=lambda i: (-s[i], i))
    steps = [discount(Decimal(r + 1)) if r < top else ZERO for r in range(m)]
    pairs = {}
    for i in range(m):
        for j in range(m):
            step = abs(steps[order.index(i)] - steps[order.index(j)])
            if y[i] > y[j] and step:
                pairs[i, j] = ((g[i] - g[j]) * step, (g[i] + g[j]) * step)
    return weighted_pairs(pairs, s, Decimal(sigma))


@exactly
def approx_ndcg(y, s, temperature):
    m, scale, g = len(y), 1 / Decimal(temperature), gains(y, len(y))
    gap = [[(s[j] - s[i]) * scale for j in range(m)] for i in range(m)]
    bend = [[sigmoid(d) * sigmoid(-d) for d in row] for row in gap]
    rho = [1 + sum(sigmoid(gap[i][j]) for j in range(m) if j != i) for i in range(m)]
    # Errors of the ranks, relative to them, and what they do to b
    loose = [max(1 + abs(gap[i][j]) if bend[i][j] > Decimal("1e-30") else ONE for j in range(m)) for i in range(m)]
    value = 1 - sum(a * discount(r) for a, r in zip(g, rho, strict=True))
    b = [a * LN2 / ((1 + r).ln() ** 2 * (1 + r)) for a, r in zip(g, rho, strict=True)]
    grad, curvature, sizes = [ZERO] * m, [ZERO] * m, [ZERO] * m
    for i in range(m):
        for j in (j for j in range(m) if j != i):
            grad[i] -= (b[i] - b[j]) * bend[i][j] * scale
            curvature[i] += (b[i] + b[j]) * bend[i][j] * scale**2
            size = b[i] * loose[i] + b[j] * loose[j] + (b[i] + b[j]) * (1 + abs(gap[i][j]))
            sizes[i] += size * bend[i][j] * scale
    size = 1 + sum(a * c for a, c in zip(g, loose, strict=True))
    return (value, grad, curvature, curvature), (size, sizes, sizes, [v * scale for v in sizes])


LENGTH = 7
DTYPES = [np.float32, np.float64]
KINDS = {
    "near": lambda rng, x: x,
    "tied": lambda rng, x: np.round(x),
    "equal": lambda rng, x: 0 * x,
    "tiny": lambda rng, x: 1e-20 * x,
    "level": lambda rng, x: 1000 + x,
    "level within reach": lambda rng, x: 36 + x,
    "high level within reach": lambda rng, x: -270 + 10 * x,
    "wide level": lambda rng, x: 1e4 + 60 * x,
    "wide": lambda rng, x: 30 * x,
    "wider": lambda rng, x: 300 * x,
    "huge": lambda rng, x: 1e12 * x,
    "mixed": lambda rng, x: np.where(rng.random(x.shape) < 0.3, 1e12 * x, x),
    "clusters": lambda rng, x: 1e5 * np.round(x) + rng.normal(size=x.shape),
    "padded": lambda rng, x: np.where(rng.random(x.shape) < 0.2, -1e30, x),
    "falling": lambda rng, x: -np.sort(-20 * x, axis=1),
    "rising": lambda rng, x: np.sort(20 * x, axis=1),
}


def score_rows(kind, dtype, rows=5):
    rng = np.random.default_rng(sum(map(ord, kind)))
    return KINDS[kind](rng, rng.normal(size=(rows, LENGTH))).astype(dtype)

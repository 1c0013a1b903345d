"""Formulas, libraries and points of the elementwise losses (catalogue, sections 1, 2, 6 and 7); see make_catalogue.py.

Each formula is the catalogue's, in mpmath, on one sample; `LIBRARY` says which library has the same loss
and what to do to its numbers to get ours. Nothing here imports `losses`.
"""

import keras
import numpy as np
import scipy.optimize
import scipy.special
import sklearn._loss.loss as sk
import sklearn.metrics as metrics
import statsmodels.api as sm
import torch
import torch.nn.functional as F
from mpmath import mp, mpf
from sklearn.linear_model import _sgd_fast as sgd
from statsmodels.robust.norms import TukeyBiweight

INF = float("inf")


# ------------------------------------------------------------------------------------------- formulas


def tilted(low, high, power):
    """low·|r|^power where ŷ < y, else high·|r|^power."""
    return lambda y, p: (low if p < y else high) * abs(p - y) ** power


def barron(y, p, alpha, scale):
    """Barron 2019, eq. 8."""
    x = ((p - y) / mpf(scale)) ** 2
    if alpha == -INF:
        return -mp.expm1(-x / 2)
    a = mpf(alpha)
    if a == 2:
        return x / 2
    return mp.log1p(x / 2) if a == 0 else abs(a - 2) / a * ((x / abs(a - 2) + 1) ** (a / 2) - 1)


def tukey(y, p, c):
    return mpf(c) ** 2 / 6 * (1 - (1 - min(mpf(1), ((p - y) / mpf(c)) ** 2)) ** 3)


def poisson(y, p, log_input):
    return mp.exp(p) - y * p if log_input else p - (y * mp.log(p) if y else 0)


def tweedie(y, s, power):
    p = mpf(power)
    if p == 1:
        return mp.exp(s) - y * s
    if p == 2:
        return s + y * mp.exp(-s)
    one, two = (int(abs(p - k) < 1e-3) for k in (1, 2))  # the pole at 1 or 2 is taken off close to it
    return (mp.exp(s * (2 - p)) - two) / (2 - p) - y * (mp.exp(s * (1 - p)) - one) / (1 - p)


def negative_binomial(y, s, dispersion):
    a = mpf(dispersion)
    return (y + 1 / a) * mp.log1p(a * mp.exp(s)) - y * s


def margin(phi):
    """Of labels {0, 1} or {−1, 1}: phi of z = ±ŷ."""
    return lambda y, p, **kw: phi(p if y == 1 else -p, **kw)


def smoothed_hinge(z, gamma):
    g = mpf(gamma)
    return mpf(0) if z >= 1 else (1 - z) ** 2 / (2 * g) if z >= 1 - g else 1 - g / 2 - z


def log_sigmoid(x):
    return -mp.log1p(mp.exp(-x)) if x > 0 else x - mp.log1p(mp.exp(x))


def power_of(base, exponent):
    return mpf(1) if exponent == 0 else base ** mpf(exponent)


def binary_focal(y, x, gamma, alpha, from_logits):
    a = 1 if alpha is None else mpf(alpha) if y == 1 else 1 - mpf(alpha)
    if from_logits:
        z = x if y == 1 else -x
        return -a * mp.exp(log_sigmoid(-z) * mpf(gamma)) * log_sigmoid(z)
    p_t = x if y == 1 else 1 - x
    return -a * power_of(1 - p_t, gamma) * mp.log(p_t)


def asymmetric_focal(y, x, gamma_pos, gamma_neg, clip):
    if y == 1:
        return -mp.exp(log_sigmoid(-x) * mpf(gamma_pos)) * log_sigmoid(x)
    if clip == 0:
        return -mp.exp(log_sigmoid(x) * mpf(gamma_neg)) * log_sigmoid(-x)
    m = max(mp.exp(log_sigmoid(x)) - mpf(clip), mpf(0))
    return -power_of(m, gamma_neg) * mp.log1p(-m)


FORMULA = {
    "LogCosh": lambda y, p: mp.log(mp.cosh(p - y)),
    "PseudoHuber": lambda y, p, delta: mpf(delta) ** 2 * (mp.sqrt(1 + ((p - y) / mpf(delta)) ** 2) - 1),
    "SmoothL1": lambda y, p, beta: (
        (p - y) ** 2 / (2 * mpf(beta)) if abs(p - y) < mpf(beta) else abs(p - y) - mpf(beta) / 2
    ),
    "Pinball": lambda y, p, quantile: tilted(mpf(quantile), 1 - mpf(quantile), 1)(y, p),
    "Expectile": lambda y, p, expectile: tilted(mpf(expectile), 1 - mpf(expectile), 2)(y, p),
    "EpsilonInsensitive": lambda y, p, epsilon: max(mpf(0), abs(p - y) - mpf(epsilon)),
    "SquaredEpsilonInsensitive": lambda y, p, epsilon: max(mpf(0), abs(p - y) - mpf(epsilon)) ** 2,
    "LINEX": lambda y, p, a: mp.exp(mpf(a) * (p - y)) - mpf(a) * (p - y) - 1,
    "Cauchy": lambda y, p, scale: mpf(scale) ** 2 / 2 * mp.log1p(((p - y) / mpf(scale)) ** 2),
    "Fair": lambda y, p, c: mpf(c) ** 2 * (abs(p - y) / mpf(c) - mp.log1p(abs(p - y) / mpf(c))),
    "Barron": barron,
    "TukeyBiweight": tukey,
    "MSLE": lambda y, p: (mp.log1p(p) - mp.log1p(y)) ** 2,
    "MAPE": lambda y, p: abs(p - y) / max(abs(y), mpf(2) ** -52),
    "SMAPE": lambda y, p: 2 * abs(p - y) / (abs(y) + abs(p)) if y or p else mpf(0),
    "Poisson": poisson,
    "Gamma": lambda y, s: s + y * mp.exp(-s),
    "Tweedie": tweedie,
    "NegativeBinomial": negative_binomial,
    "Hinge": margin(lambda z: max(mpf(0), 1 - z)),
    "SquaredHinge": margin(lambda z: max(mpf(0), 1 - z) ** 2),
    "Perceptron": margin(lambda z: max(mpf(0), -z)),
    "SmoothedHinge": margin(smoothed_hinge),
    "ModifiedHuber": margin(lambda z: max(mpf(0), 1 - z) ** 2 if z >= -1 else -4 * z),
    "Exponential": margin(lambda z: mp.exp(-z)),
    "BinaryFocal": binary_focal,
    "AsymmetricFocal": asymmetric_focal,
}

# ------------------------------------------------------------------------------------------- libraries
# label, function of (y, p, parameters) to per-sample losses and, where the library has them, gradients and Hessians


def autograd(f):
    def call(y, p, kw):
        p = torch.tensor(p, dtype=torch.float64, requires_grad=True)
        loss = f(torch.tensor(y, dtype=torch.float64), p, **kw)
        (grad,) = torch.autograd.grad(loss.sum(), p, create_graph=True)
        hess = torch.autograd.grad(grad.sum(), p)[0].numpy() if grad.requires_grad else None
        return loss.detach().numpy(), grad.detach().numpy(), hess if p.ndim == 1 else None

    return call


def sklearn_loss(make, offset=lambda y, kw: 0 * y):
    def call(y, p, kw):
        loss = make(**kw)
        grad, hess = loss.gradient_hessian(y, p)
        return loss.loss(y, p) - offset(y, kw), grad, None if "Pinball" in type(loss).__name__ else hess

    return call


def sgd_loss(make, labels=True):
    def call(y, p, kw):
        loss, y = make(**kw), [float(a) for a in y]
        pairs = [(float(b), (1.0 if a == 1 else -1.0) if labels else a) for a, b in zip(y, p, strict=True)]
        values, grads = [loss.py_loss(*q) for q in pairs], [loss.py_dloss(*q) for q in pairs]
        return np.array(values), np.array(grads), None

    return call


def each(f):
    return lambda y, p, kw: (np.array([f(a, b, **kw) for a, b in zip(y, p, strict=True)]), None, None)


def keras_loss(f):
    return lambda y, p, kw: (f(y[:, None], p[:, None]).numpy(), None, None)


def least_squares(loss):
    def cost(y, p, **kw):
        (scale,) = kw.values()
        return scipy.optimize.least_squares(lambda x: p - y + 0 * x, [0.0], loss=loss, f_scale=scale).cost

    return each(cost)


def statsmodels_tukey(y, p, kw):
    norm = TukeyBiweight(**kw)
    return norm.rho(p - y), norm.psi(p - y), norm.psi_deriv(p - y)


def statsmodels_nb(y, p, kw):
    a = kw["dispersion"]
    family = sm.families.NegativeBinomial(alpha=a)
    log_gamma = scipy.special.gammaln
    of_y = log_gamma(y + 1 / a) - log_gamma(1 / a) - log_gamma(y + 1) + y * np.log(a)
    return of_y - family.loglike_obs(y, np.exp(p)), None, None


def torch_focal(y, x, gamma, alpha, from_logits):
    """The formula of torchvision.ops.sigmoid_focal_loss, retyped."""
    p = torch.sigmoid(x) if from_logits else x
    if from_logits:
        ce = F.binary_cross_entropy_with_logits(x, y, reduction="none")
    else:
        ce = -y * torch.log(x) - (1 - y) * torch.log1p(-x)  # F.binary_cross_entropy's second derivative has an ε
    p_t = p * y + (1 - p) * (1 - y)
    loss = ce * (1 - p_t) ** gamma
    return loss if alpha is None else (alpha * y + (1 - alpha) * (1 - y)) * loss


def torch_asymmetric(y, x, gamma_pos, gamma_neg, clip):
    """The formula of AsymmetricLoss of Alibaba-MIIL/ASL, retyped, without its clamp of the logarithm at 1e-8."""
    pos = torch.sigmoid(x)
    neg = (1 - pos + clip).clamp(max=1)
    p_t = pos * y + neg * (1 - y)
    loss = y * torch.log(pos) + (1 - y) * torch.log(neg)
    return -loss * (1 - p_t) ** (gamma_pos * y + gamma_neg * (1 - y))


SK = "sklearn {sklearn} "
LIBRARY = {
    "LogCosh": ("keras {keras} losses.log_cosh", keras_loss(keras.losses.log_cosh), 1e-6),
    "PseudoHuber": (
        "scipy {scipy} special.pseudo_huber",
        each(lambda y, p, delta: scipy.special.pseudo_huber(delta, p - y)),
    ),
    "SmoothL1": (
        "torch {torch} F.smooth_l1_loss, autograd",
        autograd(lambda y, p, beta: F.smooth_l1_loss(p, y, beta=beta, reduction="none")),
    ),
    "Pinball": (SK + "_loss.PinballLoss", sklearn_loss(sk.PinballLoss)),
    "EpsilonInsensitive": (SK + "_sgd_fast.EpsilonInsensitive", sgd_loss(sgd.EpsilonInsensitive, labels=False)),
    "SquaredEpsilonInsensitive": (
        SK + "_sgd_fast.SquaredEpsilonInsensitive",
        sgd_loss(sgd.SquaredEpsilonInsensitive, labels=False),
    ),
    "Cauchy": ("scipy {scipy} least_squares(loss='cauchy').cost", least_squares("cauchy")),
    "TukeyBiweight": ("statsmodels {statsmodels} robust.norms.TukeyBiweight", statsmodels_tukey),
    "MSLE": (SK + "mean_squared_log_error", each(lambda y, p: metrics.mean_squared_log_error([y], [p]))),
    "MAPE": (
        SK + "mean_absolute_percentage_error",
        each(lambda y, p: metrics.mean_absolute_percentage_error([y], [p])),
    ),
    "Poisson": (
        "torch {torch} F.poisson_nll_loss(eps=0), autograd",
        autograd(lambda y, p, log_input: F.poisson_nll_loss(p, y, log_input=log_input, eps=0.0, reduction="none")),
    ),
    "Gamma": (SK + "_loss.HalfGammaLoss", sklearn_loss(sk.HalfGammaLoss)),
    "Tweedie": (
        SK + "_loss.HalfTweedieLoss",
        sklearn_loss(sk.HalfTweedieLoss, lambda y, kw: y**2 / 2 * (kw["power"] == 0)),
    ),
    "NegativeBinomial": ("statsmodels {statsmodels} families.NegativeBinomial.loglike_obs", statsmodels_nb),
    "Hinge": (SK + "_sgd_fast.Hinge(1)", sgd_loss(lambda: sgd.Hinge(1.0))),
    "SquaredHinge": (SK + "_sgd_fast.SquaredHinge(1)", sgd_loss(lambda: sgd.SquaredHinge(1.0))),
    "Perceptron": (SK + "_sgd_fast.Hinge(0)", sgd_loss(lambda: sgd.Hinge(0.0))),
    "ModifiedHuber": (SK + "_sgd_fast.ModifiedHuber", sgd_loss(sgd.ModifiedHuber)),
    "Exponential": (SK + "_loss.ExponentialLoss", sklearn_loss(sk.ExponentialLoss)),
    "BinaryFocal": ("torch {torch} autograd, sigmoid_focal_loss's formula retyped", autograd(torch_focal)),
    "AsymmetricFocal": ("torch {torch} autograd, Alibaba-MIIL/ASL's formula retyped", autograd(torch_asymmetric)),
}
NOTE = {
    "Tweedie": "at power 0 sklearn adds y²/2, taken off; within 1e-3 of power 1 the value is the formula + y/(1−p), "
    "within 1e-3 of 2 the formula − 1/(2−p), so that it tends to Poisson and Gamma; derivatives need no such choice",
    "NegativeBinomial": "the terms of y alone were added to statsmodels' log-likelihood",
    "BinaryFocal": "probabilities are clipped to [2^-52, 1-2^-52], derivatives are those at the clipped one; None "
    "is torchvision's -1",
    "AsymmetricFocal": "gradients flow through the focal weight",
    "Exponential": "sklearn's takes labels {0, 1} and the same z",
}

# ------------------------------------------------------------------------------------------- points

REAL = ([1.0, -2.5, 0.125, 3.25, -0.75, 10.0, 0.1, 5.0], [1.5, -2.0, 0.3, 3.0, -4.0, -2.5, 0.05, 5.000001])
FAR = [0.0, 1e-170, -1e-8, 1e-4, -0.3, 30.0, -700.0, 1e10, -1e150, 1e300]
COUNTS = ([0.0, 1.0, 2.0, 7.0, 0.0, 3.5, 40.0, 1.0], [-1.2, 0.3, 1.5, 1.9, 0.7, -2.0, 3.6, 0.02])
AMOUNTS = ([0.2, 1.0, 2.0, 7.0, 1e-3, 3.5, 40.0, 1.0], COUNTS[1])
LABELS = ([1, 0, 1, 1, 0, 0, 1, 0], [0.4, -0.3, -0.7, 2.5, 1.7, -3.0, -1.6, 0.9])
SIGNS = ([1, -1, 1, 1, -1, -1, 1, -1], LABELS[1])
BINARY, PROBABILITIES = LABELS[0], [0.6, 0.3, 0.11, 0.97, 0.8, 0.02, 1e-5, 0.5]
ZERO, BOTH = [0.0] * len(FAR), [1, 0] * 6
LOGITS = [1e4, 1e4, -1e4, -1e4, 36.0, 36.0, -36.0, -36.0, 300.0, -300.0, -745.0, 1e-9]
RISKY = ([0.0, 1.0, 3.0, 0.0, 2.0, 1.0], [709.0, 709.78, 700.0, -745.0, -1e4, 1e-9])
PLACES = [0.0, 1e-170, -1e-9, 0.5, -3.0, 100.0, -1e6, 1e150]

ENDS = ([0, 1, 0, 1, 1, 0], [0.0, 0.0, 1.0, 1.0, 1e-300, 1e-12])
SAFE = (BOTH, [v for v in LOGITS if v != 1e4] + [1e300, -1e300])
LOGS = ([0.0, 2.5, 0.1, 30.0, -0.5, 1.0, 7.0, 3.0], [0.5, 2.0, 0.3, 3.0, -0.9, 2.5, 7.5, 3.000001])
LOGS_FAR = ([-1 + 1e-12, 0.0, 1e300, 1e-10, -0.999], [0.0, 1e-170, 1e-5, 3e-10, 1e300])
SMALL_Y = ([0.0, 1e-17, 1e-300, 1e300, -2.0], [1.0, -1e-17, 2e-300, 3e299, 1e10])
RATIOS = ([1e-300, 1e300, -2.0, 1.0], [2e-300, 3e299, 1e10, 1 + 1e-15])
RATES, RATES_FAR = [0.3, 1.2, 4.5, 7.1, 2.0, 0.01, 38.0, 1.02], ([0.0, 3.0, 1.0, 1e300], [1e-300, 1e-300, 1e300, 1e300])
AMOUNTS_FAR = ([1.0, 1e-300, 1e300, 2.0, 1.0], [-709.0, -709.5, 690.0, 1e4, 1e-9])
TWEEDIE_FAR = ([0.0, 1.0, 3.0, 0.0, 2.0, 1.0], [300.0, 300.0, 30.0, -300.0, -300.0, 1e-9])
NB_FAR = ([0.0, 1.0, 3.0, 0.0, 2.0, 5.0, 1e6], [300.0, 1e4, 1.5, -745.0, -1e4, 1e-9, 14.0])
ANY = ([-3.0, 0.0, 2.0, 7.0, 1.0, -0.5, 40.0, 1.0], COUNTS[1])


def sets(names, *rows):
    return [dict(zip(names.split(), row if isinstance(row, tuple) else (row,), strict=True)) for row in rows]


def without_zero(points):
    return tuple(a[1:] for a in points)


FOCAL, ASL, FAR_R = "gamma alpha from_logits", "gamma_pos gamma_neg clip", (ZERO, FAR)
NEAR = (1.0, 0.0, -2.0, -INF, 2 - 1e-9, 2 - 1e-4, 1e-9, -1e-9, 1e-30, -1e-4, -1e9)

# loss, parameter sets, (y, ŷ) of the ordinary points, [(parameter sets, (y, ŷ)) of the hard ones]
# fmt: off
CASES = [
    ("LogCosh", [{}], REAL, [([{}], FAR_R), ([{}], ([1e-170, 1e300, 5.0], [3e-170, -1e300, 5.0 + 2e-15]))]),
    ("PseudoHuber", sets("delta", 1.0, 2.5), REAL, [(sets("delta", 1.0, 1e-3), FAR_R)]),
    ("SmoothL1", sets("beta", 1.0, 0.4), REAL, [(sets("beta", 1.0), (ZERO, [*FAR[:9], 1.0]))]),
    ("Pinball", sets("quantile", 0.5, 0.9, 0.05), REAL, [(sets("quantile", 0.9), without_zero(FAR_R))]),
    ("Expectile", sets("expectile", 0.5, 0.9), REAL, [(sets("expectile", 0.2), without_zero(FAR_R))]),
    ("EpsilonInsensitive", sets("epsilon", 0.1, 0.35), REAL, [(sets("epsilon", 1e-5), FAR_R)]),
    ("SquaredEpsilonInsensitive", sets("epsilon", 0.1, 0.35), REAL, [(sets("epsilon", 1e-5), FAR_R)]),
    ("LINEX", sets("a", 1.0, -0.5), REAL, [(sets("a", 1.0, -1e-3, 1e-9), (ZERO[:7], FAR[:7]))]),
    ("Cauchy", sets("scale", 1.0, 2.5), REAL, [(sets("scale", 1.0, 1e3), FAR_R)]),
    ("Fair", sets("c", 1.0, 2.5), REAL, [(sets("c", 1.0, 1e3), FAR_R)]),
    ("Barron", sets("alpha scale", *((a, c) for a in (2.0, 1.0, 0.0, -2.0, -INF, 0.5) for c in (1.0, 1.7))), REAL,
     [(sets("alpha scale", *((a, 1.0) for a in NEAR)), (ZERO[:8], PLACES))]),
    ("TukeyBiweight", sets("c", 4.685, 1.5), REAL, [(sets("c", 4.685), (ZERO, [*FAR[:9], 4.684999999]))]),
    ("MSLE", [{}], LOGS, [([{}], LOGS_FAR)]),
    ("MAPE", [{}], REAL, [([{}], SMALL_Y)]),
    ("SMAPE", [{}], REAL, [([{}], RATIOS), ([{}], ([0.0, 0.0, 3.0], [0.0, -2.0, 0.0]))]),
    ("Poisson", sets("log_input", True), COUNTS, [(sets("log_input", True), RISKY)]),
    ("Poisson", sets("log_input", False), (COUNTS[0], RATES), [(sets("log_input", False), RATES_FAR)]),
    ("Gamma", [{}], AMOUNTS, [([{}], AMOUNTS_FAR)]),
    ("Tweedie", sets("power", 1.0, 1.1, 1.5, 1.9), COUNTS,
     [(sets("power", 1 + 1e-9, 1 + 1e-6, 1.5, 2 - 1e-9), TWEEDIE_FAR)]),
    ("Tweedie", sets("power", 2.0, 2.5, 3.0, 0.0), AMOUNTS,
     [(sets("power", 2 + 1e-9, 3.0), ([1e-9, 1.0, 3.0, 2.0], [200.0, -200.0, 3.0, 1e-9]))]),
    ("Tweedie", sets("power", 0.0, -1.0), ANY, []),
    ("NegativeBinomial", sets("dispersion", 1.0, 0.3, 2.5), COUNTS,
     [(sets("dispersion", 1e-12, 1e-5, 1.0, 1e3), NB_FAR)]),
    *[(name, [{}], SIGNS, [([{}], SAFE)]) for name in ("Hinge", "SquaredHinge", "Perceptron", "ModifiedHuber")],
    ("Hinge", [{}], LABELS, []),
    ("SmoothedHinge", sets("gamma", 1.0, 0.5, 2.0), LABELS, [(sets("gamma", 1e-9), (BOTH, LOGITS))]),
    ("Exponential", [{}], LABELS, [([{}], (BOTH[:6], [709.0, 709.5, -709.5, -1e4, 1e4, 1e-100]))]),
    ("BinaryFocal", sets(FOCAL, (2.0, None, True), (2.0, 0.25, True), (0.5, 0.9, True), (0.0, None, True)), LABELS,
     [(sets(FOCAL, *((g, None, True) for g in (2.0, 0.5, 0.0))), (BOTH, LOGITS))]),
    ("BinaryFocal", sets(FOCAL, (2.0, None, False), (3.5, 0.25, False), (0.0, None, False)), (BINARY, PROBABILITIES),
     [(sets(FOCAL, (2.0, None, False), (0.0, None, False)), ENDS)]),
    ("AsymmetricFocal", sets(ASL, (0.0, 4.0, 0.05), (1.0, 2.0, 0.0), (0.0, 1.0, 0.2)), LABELS,
     [(sets(ASL, (0.0, 4.0, 0.05), (1.0, 4.0, 0.0)), (BOTH, LOGITS)),
      (sets(ASL, (0.0, 4.0, 0.05)), ([0, 0, 0], [-2.94443897, -2.9444, 40.0]))]),
]
# fmt: on

"""Formulas, libraries and points of sections 3 to 5 (distributions, survival, grades); see make_catalogue.py.

Each formula is the catalogue's, in mpmath, on one sample (Cox: one stratum). Nothing here imports `losses`.
"""

import lifelines.fitters.coxph_fitter as lifelines
import numpy as np
import pandas as pd
import scipy.special
import scipy.stats
import scoringrules
import torch
import torch.nn.functional as F
import xgboost
from make_catalogue_elementwise import autograd, log_sigmoid
from mpmath import mp, mpf
from sklearn.metrics import mean_pinball_loss
from statsmodels.duration.hazard_regression import PHReg
from statsmodels.miscmodels.ordinal_model import OrderedModel

INF = float("inf")


# ------------------------------------------------------------------------------------------- distributions


def gaussian_nll(y, q):
    return q[1] + ((y - q[0]) * mp.exp(-q[1])) ** 2 / 2


def laplace_nll(y, q):
    return q[1] + abs(y - q[0]) * mp.exp(-q[1])


def student_nll(y, q, df):
    return q[1] + (mpf(df) + 1) / 2 * mp.log1p(((y - q[0]) * mp.exp(-q[1])) ** 2 / mpf(df))


def gaussian_crps(y, q):
    sigma, z = mp.exp(q[1]), (y - q[0]) * mp.exp(-q[1])
    return sigma * (z * mp.erf(z / mp.sqrt(2)) + 2 * mp.exp(-z * z / 2) / mp.sqrt(2 * mp.pi) - 1 / mp.sqrt(mp.pi))


def logistic_crps(y, q):
    scale, z = mp.exp(q[1]), (y - q[0]) * mp.exp(-q[1])
    return scale * (z - 2 * log_sigmoid(z) - 1)


def ensemble_crps(y, q, fair):
    m = len(q)
    spread = sum(abs(a - b) for a in q for b in q)
    return sum(abs(a - y) for a in q) / m - spread / (2 * m * (m - 1) if fair else 2 * m * m)


def multi_quantile(y, q, quantiles):
    return sum((mpf(t) if a <= y else 1 - mpf(t)) * abs(y - a) for t, a in zip(quantiles, q, strict=True))


# ------------------------------------------------------------------------------------------- survival


def tails(z, distribution):
    """log f, F and 1 − F at z."""
    if distribution == "normal":
        return -z * z / 2 - mp.log(2 * mp.pi) / 2, mp.erfc(-z / mp.sqrt(2)) / 2, mp.erfc(z / mp.sqrt(2)) / 2
    if distribution == "logistic":
        return log_sigmoid(z) + log_sigmoid(-z), mp.exp(log_sigmoid(z)), mp.exp(log_sigmoid(-z))
    return z - mp.exp(z), -mp.expm1(-mp.exp(z)), mp.exp(-mp.exp(z))


def aft(lower, s, upper=None, *, distribution, scale):
    scale = mpf(scale)
    if upper is None or upper == lower:
        z = (mp.log(lower) - s) / scale
        return -tails(z, distribution)[0] + mp.log(scale * lower)
    _, below_upper, above_upper = (None, 1, 0) if upper == mp.inf else tails((mp.log(upper) - s) / scale, distribution)
    _, below, above = (None, 0, 1) if lower == 0 else tails((mp.log(lower) - s) / scale, distribution)
    return -mp.log(above - above_upper if above < below else below_upper - below)


def strata(arrays, weight):
    """Per stratum, in order of first appearance, its (index, time, event, weight), without items of weight zero."""
    n = len(arrays["time"])
    qid, event, weight = arrays.get("qid", [0] * n), arrays.get("event", [True] * n), weight or [1.0] * n
    return [
        [(i, arrays["time"][i], event[i], mpf(weight[i])) for i in range(n) if qid[i] == q and weight[i] > 0]
        for q in dict.fromkeys(qid)
    ]


def cox(stratum, risk, ties):
    """Breslow 1974 and Efron 1977, as the catalogue weighs them."""
    total = mpf(0)
    for t in sorted({t for _, t, event, _ in stratum if event}):
        at_risk = sum(w * mp.exp(risk[i]) for i, time, _, w in stratum if time >= t)
        dead = [(w, risk[i]) for i, time, event, w in stratum if event and time == t]
        d, weight, tied = len(dead), sum(w for w, _ in dead), sum(w * mp.exp(s) for w, s in dead)
        lost = [0] * d if ties == "breslow" else range(d)
        total += sum(weight / d * mp.log(at_risk - mpf(k) / d * tied) for k in lost) - sum(w * s for w, s in dead)
    return total


def check_cox(strata_, arrays, ties, value, grad, hess, agree):
    """PHReg by one indicator a sample, so that its score is our gradient; weighted Efron by lifelines' internals.

    Weighted Breslow: PHReg with each row repeated 4·weight times is 4·(our loss + log 4 · Σ events' weight).
    """
    n = len(arrays["time"])
    index, time, event, weight = (np.array([float(r[k]) for s in strata_ for r in s]) for k in range(4))
    index, group = index.astype(int), np.repeat(np.arange(len(strata_)), [len(s) for s in strata_])
    risk, eye = np.array(arrays["risk"]), np.eye(n)
    if not event.any():
        return None
    if ties == "efron" and (weight != 1).any():
        theirs = [0.0, 0.0, 0.0]
        for k in set(group):
            order = np.flatnonzero(group == k)
            order = order[np.argsort(time[order], kind="stable")]
            frame = pd.DataFrame(eye[index[order]])
            h, g, v = lifelines.SemiParametricPHFitter._get_efron_values_single(
                None, frame, *(pd.Series(a[order]) for a in (time, event, weight)), None, risk
            )
            theirs = [theirs[0] - v, theirs[1] - g, theirs[2] - np.diag(h)]
        label = "lifelines {lifelines} CoxPHFitter's log-likelihood (weights), one indicator a sample"
    else:
        k = 1 if (weight == 1).all() else 4
        r = np.repeat(np.arange(len(index)), (k * weight).astype(int))
        model = PHReg(time[r], eye[index[r]], status=event[r], ties=ties, strata=group[r])
        theirs = [-model.loglike(risk) / k - np.log(k) * (weight * event).sum()]
        theirs += [-model.score(risk) / k, -np.diag(model.hessian(risk)) / k]
        label = "statsmodels {statsmodels} PHReg, one indicator a sample" + ", rows repeated 4w times" * (k == 4)
    for ours, other in zip(([value], grad, hess), (theirs[:1], *theirs[1:]), strict=True):
        agree(f"Cox {ties}", ours, other, 1e-9)
    return label


# ------------------------------------------------------------------------------------------- grades


def cumulative(y, s, thresholds):
    k = int(y)
    upper = mpf(thresholds[k]) - s if k < len(thresholds) else mp.inf
    lower = mpf(thresholds[k - 1]) - s if k else -mp.inf
    if upper == mp.inf:
        return -log_sigmoid(-lower)
    if lower > 0:  # the same by symmetry, in the tail where the digits are
        upper, lower = -lower, -upper
    return -log_sigmoid(upper) if lower == -mp.inf else -mp.log(mp.exp(log_sigmoid(upper)) - mp.exp(log_sigmoid(lower)))


def coral(y, q):
    return sum(-log_sigmoid(a if y > k else -a) for k, a in enumerate(q))


def corn(y, q):
    return sum(-log_sigmoid(a if y > k else -a) for k, a in enumerate(q) if k <= y)


FORMULA = {
    "GaussianNLL": gaussian_nll,
    "LaplaceNLL": laplace_nll,
    "StudentTNLL": student_nll,
    "GaussianCRPS": gaussian_crps,
    "LogisticCRPS": logistic_crps,
    "EnsembleCRPS": ensemble_crps,
    "MultiQuantile": multi_quantile,
    "AFT": aft,
    "CumulativeLogit": cumulative,
    "CORAL": coral,
    "CORN": corn,
}

# ------------------------------------------------------------------------------------------- libraries


def values(f):
    return lambda *arrays: (f(*arrays[:-1], **arrays[-1]), None, None)


def torch_gaussian(y, q):
    return F.gaussian_nll_loss(q[:, 0], y, torch.exp(2 * q[:, 1]), reduction="none")


def torch_laplace(y, q):
    return -torch.distributions.Laplace(q[:, 0], torch.exp(q[:, 1])).log_prob(y) - np.log(2.0)


def torch_student(y, q, df):
    of_df = scipy.stats.t.logpdf(0.0, df)
    return of_df - torch.distributions.StudentT(df, q[:, 0], torch.exp(q[:, 1])).log_prob(y)


def torch_coral(y, q):
    on = (y[:, None] > torch.arange(q.shape[1])).to(q.dtype)
    return F.binary_cross_entropy_with_logits(q, on, reduction="none").sum(1)


def torch_corn(y, q):
    level = torch.arange(q.shape[1])
    terms = F.binary_cross_entropy_with_logits(q, (y[:, None] > level).to(q.dtype), reduction="none")
    return torch.where(level <= y[:, None], terms, 0.0).sum(1)


def ordered_model(y, s, thresholds):
    grades = np.arange(len(thresholds) + 1.0)  # one more of each, so that none is missing
    model = OrderedModel(np.r_[y, grades], np.r_[s, 0 * grades][:, None], distr="logit")
    return -model.loglikeobs(np.r_[1.0, thresholds[0], np.log(np.diff(thresholds))])[: len(y)]


def xgboost_aft(lower, s, upper, kw):
    """Value by the metric aft-nloglik; a one-leaf tree is −g/(h + λ), so that two λ give g and h (in float32)."""
    base = {
        "objective": "survival:aft",
        "eval_metric": "aft-nloglik",
        "min_child_weight": 0,
        "eta": 1.0,
        "base_score": 1.0,
    }
    base |= {"aft_loss_distribution": kw["distribution"], "aft_loss_distribution_scale": kw["scale"]}
    out = []
    for a, b, c in zip(lower, s, upper, strict=True):
        data = xgboost.DMatrix(np.zeros((1, 1)), base_margin=[b])
        data.set_float_info("label_lower_bound", [a])
        data.set_float_info("label_upper_bound", [c])
        value = float(xgboost.Booster(base, [data]).eval(data).split(":")[1])
        trees = [xgboost.train({**base, "lambda": k}, data, 1) for k in (0, 1)]
        zero, one = (float(tree.predict(data, output_margin=True)[0]) - b for tree in trees)
        out.append((value, zero * one / (one - zero), one / (zero - one)))
    return tuple(np.array(out).T)


LIBRARY = {
    "GaussianNLL": ("torch {torch} F.gaussian_nll_loss, autograd", autograd(torch_gaussian)),
    "LaplaceNLL": ("torch {torch} distributions.Laplace, autograd", autograd(torch_laplace)),
    "StudentTNLL": ("torch {torch} distributions.StudentT, autograd", autograd(torch_student)),
    "GaussianCRPS": (
        "scoringrules {scoringrules} crps_normal",
        values(lambda y, q: scoringrules.crps_normal(y, q[:, 0], np.exp(q[:, 1]))),
    ),
    "LogisticCRPS": (
        "scoringrules {scoringrules} crps_logistic",
        values(lambda y, q: scoringrules.crps_logistic(y, q[:, 0], np.exp(q[:, 1]))),
    ),
    "EnsembleCRPS": (
        "scoringrules {scoringrules} crps_ensemble(estimator='nrg' or 'fair')",
        values(lambda y, q, fair: scoringrules.crps_ensemble(y, q, estimator="fair" if fair else "nrg")),
    ),
    "MultiQuantile": (
        "sklearn {sklearn} mean_pinball_loss, summed",
        values(lambda y, q, quantiles: np.array([
            sum(mean_pinball_loss([a], [b], alpha=t) for t, b in zip(quantiles, row, strict=True))
            for a, row in zip(y, q, strict=True)
        ])),
    ),
    "AFT": ("xgboost {xgboost} survival:aft (metric aft-nloglik; leaves for gradient and Hessian)", xgboost_aft, 2e-6),
    "CumulativeLogit": ("statsmodels {statsmodels} OrderedModel(logit).loglikeobs", values(ordered_model)),
    "CORAL": ("torch {torch} F.binary_cross_entropy_with_logits, autograd", autograd(torch_coral)),
    "CORN": ("torch {torch} F.binary_cross_entropy_with_logits, autograd", autograd(torch_corn)),
}  # fmt: skip
NOTE = {
    "GaussianNLL": "torch's takes the variance; gradients by log σ",
    "LaplaceNLL": "the log-density without log 2",
    "StudentTNLL": "the log-density without its constants of ν",
    "AFT": "times and scores are exact in float32, which XGBoost reads; its values agree to 1e-14, its leaves to 1e-6",
    "CORN": "the sum of the terms; the authors' code divides by their number",
}

# ------------------------------------------------------------------------------------------- points

Y = [1.0, -2.5, 0.125, 3.25, -0.75, 10.0]
TWO = [[1.5, 0.0], [-2.0, -0.7], [0.3, 1.3], [3.0, -1.5], [-4.0, 0.4], [-2.5, 2.0]]
TINY, HUGE = -345.3877639491069, 345.3877639491069  # log 1e∓150
SCALES = {
    "y_true": [0.0] * 8,
    "y_pred": [[m, TINY] for m in (-1e-150, 3e-150, 4e-149, 1.0)]
    + [[1e150, HUGE], [-4e151, HUGE], [1.0, HUGE], [1e-9, 0.0]],
}
WIDE = {"y_true": [0.0] * 4, "y_pred": [[40.0, 0.0], [-40.0, 0.0], [800.0, 0.0], [-1e4, 0.0]]}
FIVE = [
    *([1.5, 0.25, -1.0, 3.0, 0.5], [-2.0, -2.25, -3.0, 0.0, 1.0], [0.3, 0.4, 0.1, 0.2, 0.0]),
    *([9.0, 8.0, 7.0, 6.0, 5.0], [-0.5, -0.25, 1.0, 2.0, -1e3], [1.0, 1e6, 10.5, -3.0, 9.5]),
]
TIED = [[1.0, 1.0, 3.0, 3.0], [0.0, 0.0, 0.0, 0.0], [1e150, -1e150, 1e10, 1.0]]
THREE = [[0.5, 1.5, 2.0], [-4.0, -2.0, -1.0], [1.0, 0.2, 0.1], [3.0, 3.2, 3.3], [-4.0, -3.0, -2.0], [11.0, 12.0, 12.5]]
TIMES = {
    "lower": [1.5, 2.0, 0.0, 0.5, 3.0, 0.25, 8.0],
    "s": [0.25, 0.5, 0.75, -0.5, 1.5, 0.5, 1.0],
    "upper": [1.5, INF, 2.0, 4.0, 3.0, 0.5, INF],
}
# log 1 = 0, so that z = ∓s at scale 1: events, right-, left- and interval-censored in both tails, narrow intervals
EVENTS = {"lower": [1.0, 1.0, 1.0, 1e-300, 1e300], "s": [40.0, -40.0, 1e-9, 0.0, 0.0]}
CENSORED = {
    "lower": [1.0, 1.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 0.0],
    "s": [40.0, -40.0, 40.0, -40.0, 40.0, -40.0, 0.3, -3.0, 2.0],
    "upper": [INF, INF, 1.0, 1.0, 2.0, 2.0, 1.0 + 2.0**-50, 1.0 + 2.0**-30, INF],
}
GRADES = {"y_true": [0, 1, 2, 3, 1, 2], "y_pred": [0.5, -0.25, 1.0, 3.0, 0.0, -2.0]}
CLOSE = {"y_true": [1] * 8, "y_pred": [0.5, 0.0, 40.0, -40.0, 1e4, -1e4, 700.0, 1e-9]}
ENDS = {"y_true": [0, 0, 0, 0, 2, 2, 2, 2], "y_pred": [40.0, -40.0, 1e4, -1e4, 40.0, -40.0, 1e4, -1e4]}
FOUR = {
    "y_true": [0, 1, 2, 3, 1, 2],
    "y_pred": [
        *([0.5, -1.0, 2.0], [1.5, 0.3, -0.2], [3.0, 1.0, -2.0]),
        *([0.1, 0.2, 0.3], [-4.0, -3.0, 5.0], [2.0, 2.0, 2.0]),
    ],
}
SATURATED = {
    "y_true": [0, 1, 2, 3],
    "y_pred": [[-40.0, -1e4, 1e4], [1e4, -1e4, 36.0], [-36.0, -300.0, 300.0], [745.0, 1e-9, 40.0]],
}

# loss, parameter sets, the ordinary arrays, [(parameter sets, hard arrays)]
# fmt: off
GAUSS = {"y_true": Y, "y_pred": TWO}
LEVELS = {"quantiles": [0.1, 0.5, 0.9]}
KINDS = ("normal", "logistic", "extreme")
CASES = [
    ("GaussianNLL", [{}], GAUSS, [([{}], SCALES)]),
    ("LaplaceNLL", [{}], GAUSS, [([{}], SCALES)]),
    ("StudentTNLL", [{"df": v} for v in (4.0, 1.0, 30.0)], GAUSS, [([{"df": 4.0}, {"df": 1e9}], SCALES)]),
    ("GaussianCRPS", [{}], GAUSS, [([{}], SCALES), ([{}], WIDE)]),
    ("LogisticCRPS", [{}], GAUSS, [([{}], SCALES), ([{}], WIDE)]),
    ("EnsembleCRPS", [{"fair": False}, {"fair": True}], {"y_true": Y, "y_pred": FIVE},
     [([{"fair": False}], {"y_true": [1.0, 2.0], "y_pred": [[1.5], [-3.0]]}),
      ([{"fair": False}, {"fair": True}], {"y_true": [0.5, 0.0, 2.0], "y_pred": TIED})]),
    ("MultiQuantile", [LEVELS, {"quantiles": [0.01, 0.25, 0.99]}], {"y_true": Y, "y_pred": THREE},
     [([LEVELS], {"y_true": [0.0, 0.0], "y_pred": [[-1e300, 1e-300, 1e300], [0.0, 0.0, 0.0]]})]),
    ("AFT", [{"distribution": d, "scale": c} for d in KINDS for c in (1.0, 1.5)], TIMES,
     [([{"distribution": d, "scale": 1.0} for d in KINDS], a) for a in (EVENTS, CENSORED)]),
    ("CumulativeLogit", [{"thresholds": [-1.0, 0.25, 2.0]}], GRADES,
     [([{"thresholds": [0.5, 0.5 + 1e-9]}, {"thresholds": [-3.0, 4.0]}], CLOSE),
      ([{"thresholds": [-1.0, 0.5]}], ENDS)]),
    ("CORAL", [{}], FOUR, [([{}], SATURATED)]),
    ("CORN", [{}], FOUR, [([{}], SATURATED)]),
]
# fmt: on

BASE = {
    "time": [5.0, 2.0, 2.0, 7.0, 3.0, 3.0, 3.0, 1.0, 9.0, 5.0],
    "risk": [0.3, -0.5, 1.2, 0.0, 0.8, -1.1, 0.4, 2.0, -0.3, 0.6],
}
SEEN = {**BASE, "event": [True, True, True, False, True, True, False, True, False, True]}
STRATA = {**SEEN, "qid": [0, 1, 0, 1, 1, 1, 0, 0, 1, 0]}
NAMED = {**SEEN, "qid": ["b", "a", "b", "a", "a", "a", "b", "b", "c", "b"]}
W = [1.0, 0.5, 2.0, 1.5, 3.0, 0.25, 1.0, 0.75, 2.0, 1.25]
W0 = [1.0, 0.5, 2.0, 1.5, 0.0, 0.25, 1.0, 0.75, 2.0, 0.0]
FAR = {**SEEN, "risk": [1e4, -1e4, 1e4, 0.0, -1e4, 1e4, 5.0, -1e4, 1e4, -9999.0]}
NONE = {**BASE, "event": [False] * 10}
COX_CASES = [
    (ties, arrays, weight, hard)
    for ties in ("breslow", "efron")
    for hard, arrays, weight in [
        *((False, a, w) for a, w in ((BASE, None), (SEEN, None), (SEEN, W), (STRATA, None), (STRATA, W), (NAMED, W0))),
        *((True, a, w) for a, w in ((FAR, None), (FAR, W), (NONE, None))),
    ]
]

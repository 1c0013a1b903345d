r"""Make networks.json: values and derivatives of the losses that networks are trained with, computed without `losses`.

    pip install numpy==2.4.6 torch==2.13.0 scikit-learn==1.9.1 keras==3.15.1 optax==0.2.8
    python tests/references/make_networks.py

The numbers are PyTorch's in float64, of its own functions where it has the loss, else of the formula of the paper or of
another library, written out here; derivatives are those of autograd. Where Keras, Optax or scikit-learn has the loss,
it must give the same values, else this script fails. Derivatives are those of the weighted sum of the losses; `hess` is
null where the loss has none of use. A sequence that can't fit has no stored gradient, since PyTorch's is NaN.
"""

import json
import os
import pathlib

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
import numpy as np
import optax
import torch
import torch.nn.functional as F
from sklearn.metrics import hinge_loss

keras.config.set_floatx("float64")

rng = np.random.default_rng(2024)
N, C = 7, 5
IDS = rng.integers(0, C, N)
IDS[:C] = np.arange(C)
SHARES = rng.dirichlet(np.ones(C), N)
LOGITS = rng.normal(size=(N, C)) * 2
PROBABILITIES = rng.dirichlet(np.ones(C), N)
WEIGHTS = rng.uniform(0.25, 2, N)
CLASS_WEIGHT = [0.5, 1.0, 2.0, 0.25, 1.5]
RECORDS = []


def tensor(a):
    return torch.tensor(np.asarray(a))


def record(loss, parameters, arrays, by, formula, source, second=True, other=None):
    """Store the losses of all samples, and derivatives of their sum, plain and weighted."""
    predictions = [tensor(arrays[name]).requires_grad_() for name in by]
    rest = {name: tensor(a) for name, a in arrays.items() if name not in by}

    def total(*given, weight=None):
        each = formula(**rest, **dict(zip(by, given, strict=True)))
        return (each if weight is None else each * weight).sum()

    each = formula(**rest, **dict(zip(by, predictions, strict=True))).detach().numpy()
    if other is not None:
        np.testing.assert_allclose(other, each, rtol=1e-6 if "Optax" in source else 1e-12)
    for weight in (None, WEIGHTS[: len(each)]):
        w = None if weight is None else tensor(weight)
        grads = torch.autograd.grad(total(*predictions, weight=w), predictions)
        hess = None
        if second:
            hess = []
            for k, prediction in enumerate(predictions):

                def of_one(x, k=k, w=w):
                    return total(*(x if j == k else p.detach() for j, p in enumerate(predictions)), weight=w)

                full = torch.autograd.functional.hessian(of_one, prediction.detach())
                size = prediction.numel()
                hess.append(full.reshape(size, size).diagonal().reshape(prediction.shape).tolist())
        fits = np.isfinite(each).all()
        RECORDS.append(
            {
                "loss": loss,
                "parameters": parameters,
                "arrays": {name: np.asarray(a).tolist() for name, a in arrays.items()},
                "sample_weight": None if weight is None else weight.tolist(),
                "value": [v if np.isfinite(v) else "inf" for v in (each if weight is None else each * weight).tolist()],
                "grad": [g.tolist() for g in grads] if fits else None,
                "hess": hess if fits else None,
                "source": source,
            }
        )


def of_classes(loss, parameters, formula, source, y, x, **keywords):
    record(loss, parameters, {"y_true": y, "y_pred": x}, ["y_pred"], formula, source, **keywords)


def chosen(a, y):
    """The true class's entry, or the mean by shares."""
    return a.gather(1, y[:, None])[:, 0] if y.ndim == 1 else (y * a).sum(1)


# --------------------------------------------------------------------------------------------- classes


def z_loss(zeta):
    return lambda y_true, y_pred: F.cross_entropy(y_pred, y_true, reduction="none") + zeta * y_pred.logsumexp(1) ** 2


for y in (IDS, SHARES):
    of_classes(
        "CategoricalCrossEntropy",
        {"from_logits": True, "z_loss": 0.01},
        z_loss(0.01),
        "torch cross_entropy + 0.01 logsumexp² (PaLM, section 5)",
        y,
        LOGITS,
    )
    of_classes(
        "GeneralizedCrossEntropy",
        {"q": 0.7},
        lambda y_true, y_pred: chosen((1 - y_pred.softmax(1) ** 0.7) / 0.7, y_true),
        "formula of Zhang & Sabuncu, eq. (6), in torch",
        y,
        LOGITS,
    )
    one_hot = np.eye(C)[y] if y.ndim == 1 else y
    of_classes(
        "Poly1CrossEntropy",
        {"epsilon": 2.0},
        lambda y_true, y_pred: (
            F.cross_entropy(y_pred, y_true, reduction="none") + 2 * (1 - chosen(y_pred.softmax(1), y_true))
        ),
        "formula of Leng et al., eq. (6), in torch; Optax poly_loss_cross_entropy in float32",
        y,
        LOGITS,
        other=np.asarray(optax.losses.poly_loss_cross_entropy(LOGITS.astype(np.float32), one_hot, epsilon=2.0)),
    )
    of_classes(
        "CategoricalFocal",
        {"gamma": 1.5, "alpha": 0.25, "from_logits": True},
        lambda y_true, y_pred: 0.25 * chosen(-((1 - y_pred.softmax(1)) ** 1.5) * y_pred.log_softmax(1), y_true),
        "formula of Lin et al., eq. (5), in torch; Keras CategoricalFocalCrossentropy",
        y,
        LOGITS,
        other=keras.losses.CategoricalFocalCrossentropy(0.25, 1.5, from_logits=True, reduction=None)(
            tensor(one_hot), tensor(LOGITS)
        ),
    )
    of_classes(
        "CategoricalFocal",
        {"gamma": 2.0, "alpha": CLASS_WEIGHT},
        lambda y_true, y_pred: chosen(tensor(CLASS_WEIGHT) * -((1 - y_pred) ** 2) * y_pred.log(), y_true),
        "formula of Lin et al., eq. (5), in torch; Keras CategoricalFocalCrossentropy",
        y,
        PROBABILITIES,
        other=keras.losses.CategoricalFocalCrossentropy(CLASS_WEIGHT, 2.0, reduction=None)(
            tensor(one_hot), tensor(PROBABILITIES)
        ),
    )
of_classes(
    "NLL",
    {},
    lambda y_true, y_pred: F.nll_loss(y_pred, y_true, reduction="none"),
    "torch nll_loss",
    IDS,
    np.log(PROBABILITIES),
)
of_classes(
    "NLL",
    {"class_weight": CLASS_WEIGHT, "ignore_index": 3},
    lambda y_true, y_pred: F.nll_loss(y_pred, y_true, tensor(CLASS_WEIGHT), ignore_index=3, reduction="none"),
    "torch nll_loss",
    IDS,
    np.log(PROBABILITIES),
)
of_classes(
    "KLDivergence",
    {"log_input": True},
    lambda y_true, y_pred: F.kl_div(y_pred, y_true, reduction="none").sum(1),
    "torch kl_div",
    SHARES,
    np.log(PROBABILITIES),
)
of_classes(
    "KLDivergence",
    {},
    lambda y_true, y_pred: F.kl_div(y_pred.log(), y_true, reduction="none").sum(1),
    "torch kl_div of the logarithm; Keras KLDivergence",
    SHARES,
    PROBABILITIES,
    other=keras.losses.KLDivergence(reduction=None)(tensor(SHARES), tensor(PROBABILITIES)),
)


def sparsemax_loss(y_true, y_pred):
    z = y_pred.sort(1, descending=True).values
    count = torch.arange(1, z.shape[1] + 1)
    inside = 1 + count * z > z.cumsum(1)
    threshold = ((z * inside).sum(1) - 1) / inside.sum(1)
    return -chosen(y_pred, y_true) + (inside * (z**2 - threshold[:, None] ** 2)).sum(1) / 2 + 0.5


def hinge(y_true, y_pred):
    rivals = y_pred.masked_fill(F.one_hot(y_true, y_pred.shape[1]).bool(), -torch.inf)
    return (1 + rivals.max(1).values - chosen(y_pred, y_true)).clamp(min=0)


of_classes("Sparsemax", {}, sparsemax_loss, "formula of Martins & Astudillo, eq. (22), in torch", IDS, LOGITS)
of_classes(
    "CategoricalHinge",
    {},
    hinge,
    "formula of Crammer & Singer in torch; scikit-learn hinge_loss",
    IDS,
    LOGITS,
    second=False,
    other=[hinge_loss(IDS[i : i + 1], LOGITS[i : i + 1], labels=range(C)) for i in range(N)],
)
for margin in (1.0, 0.75):
    of_classes(
        "MultiMargin",
        {"margin": margin},
        lambda y_true, y_pred, m=margin: F.multi_margin_loss(y_pred, y_true, margin=m, reduction="none"),
        "torch multi_margin_loss",
        IDS,
        LOGITS,
        second=False,
    )
ON = (rng.random((N, C)) < 0.5).astype(int)
PADDED = np.array([np.append(np.flatnonzero(row), [-1] * (C - row.sum())) for row in ON])
of_classes(
    "MultiLabelMargin",
    {},
    lambda y_true, y_pred: F.multilabel_margin_loss(y_pred, tensor(PADDED), reduction="none"),
    "torch multilabel_margin_loss",
    ON,
    LOGITS,
    second=False,
)

# --------------------------------------------------------------------------------------------- regions

MASKS, GUESSES = (rng.random((N, 3, 4)) < 0.4).astype(float), rng.random((N, 3, 4))


def tversky(alpha, beta, k):
    def formula(y_true, y_pred):
        both, false = (y_true * y_pred).sum((1, 2)), ((1 - y_true) * y_pred).sum((1, 2))
        missed = (y_true * (1 - y_pred)).sum((1, 2))
        return 1 - (both + k) / (both + alpha * false + beta * missed + k)

    return formula


def dice(k):
    return lambda y_true, y_pred: 1 - (2 * (y_true * y_pred).sum((1, 2)) + k) / ((y_true + y_pred).sum((1, 2)) + k)


for k in (1.0, 0.0):
    of_classes("Dice", {"smooth": k}, dice(k), "formula of Sudre et al., eq. (1), in torch", MASKS, GUESSES)
of_classes(
    "Tversky",
    {"alpha": 0.3, "beta": 0.7, "smooth": 0.5},
    tversky(0.3, 0.7, 0.5),
    "formula of Salehi et al., eq. (3), in torch",
    MASKS,
    GUESSES,
)

# --------------------------------------------------------------------------------------------- sequences


def ctc(blank):
    return lambda labels, logits, input_lengths, label_lengths: F.ctc_loss(
        logits.log_softmax(-1).transpose(0, 1), labels, input_lengths, label_lengths, blank, reduction="none"
    )


SPOKEN = {
    "labels": [[1, 1, 2], [3, 2, 3], [1, 4, 4], [2, 2, 2], [4, 1, 1]],
    "logits": rng.normal(size=(5, 8, C)) * 2,
    "input_lengths": [8, 6, 7, 8, 5],
    "label_lengths": [3, 3, 3, 1, 0],
}
record("CTC", {}, SPOKEN, ["logits"], ctc(0), "torch ctc_loss", second=False)
record(
    "CTC",
    {"blank": 4},
    {**SPOKEN, "labels": [[1, 1, 2], [3, 2, 3], [1, 0, 0], [2, 2, 2], [0, 1, 1]]},
    ["logits"],
    ctc(4),
    "torch ctc_loss",
    second=False,
)
record("CTC", {}, {**SPOKEN, "input_lengths": [8, 2, 3, 8, 5]}, ["logits"], ctc(0), "torch ctc_loss", second=False)

# --------------------------------------------------------------------------------------------- language models

CHOSEN, REJECTED = -rng.uniform(0.05, 4, (2, N))


def orpo(beta):
    def formula(chosen, rejected):
        odds = (chosen - rejected) - (torch.log1p(-chosen.exp()) - torch.log1p(-rejected.exp()))
        return -chosen - beta * F.logsigmoid(odds)

    return formula


def ppo(epsilon, high):
    def formula(advantages, logp, old_logp):
        ratio = (logp - old_logp).exp()
        return -torch.minimum(ratio * advantages, ratio.clamp(1 - epsilon, 1 + high) * advantages)

    return formula


for beta in (0.1, 1.0):
    record(
        "ORPO",
        {"beta": beta},
        {"chosen": CHOSEN, "rejected": REJECTED},
        ["chosen", "rejected"],
        orpo(beta),
        "formula of TRL's ORPOTrainer in torch",
    )
record(
    "PPOClip",
    {"epsilon": 0.2, "epsilon_high": 0.28},
    {"advantages": rng.normal(size=N), "logp": rng.normal(size=N) / 2, "old_logp": rng.normal(size=N) / 2},
    ["logp"],
    ppo(0.2, 0.28),
    "formula of DAPO, eq. (8), in torch",
)

path = pathlib.Path(__file__).with_name("networks.json")
path.write_text("[\n" + ",\n".join(json.dumps(each) for each in RECORDS) + "\n]\n", encoding="utf-8")
print(f"wrote {len(RECORDS)} records to {path.name}")

"""Write embeddings.json: losses of embeddings and of a linear layer, and their gradients, by PyTorch's autograd.

``python tests/references/make_embeddings.py``; it needs PyTorch. Where PyTorch has the loss it is called (its triplet
loss with eps=0), else its formula is written out in tensors: that of CLIP, and eq. (2) of Khosla et al. (2020).
"""

import json
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

rng = np.random.default_rng(15)
records = []


def normal(*shape):
    return rng.normal(size=shape).round(3)


def record(name, parameters, arrays, predictions, each, source, denominator=None):
    """Store value and gradients under each reduction, without weights and with them."""
    n = len(next(iter(arrays.values())))
    for weight in (None, rng.uniform(0.5, 2, n).round(3)):
        for reduction in ("mean", "sum", "none"):
            tensors = {k: torch.tensor(v) for k, v in arrays.items()}
            for k in predictions:
                tensors[k].requires_grad_(True)
            w = torch.ones(n, dtype=torch.float64) if weight is None else torch.tensor(weight)
            losses = each(**tensors) * w
            counted = w if denominator is None else w * torch.tensor(denominator)
            total = losses.sum() / (counted.sum() if reduction == "mean" else 1)
            total.backward()
            records.append(
                {
                    "loss": name,
                    "parameters": parameters,
                    "arrays": {k: np.asarray(v).tolist() for k, v in arrays.items()},
                    "sample_weight": None if weight is None else weight.tolist(),
                    "reduction": reduction,
                    "value": (losses if reduction == "none" else total).detach().numpy().tolist(),
                    "grad": [tensors[k].grad.numpy().tolist() for k in predictions],
                    "source": source,
                }
            )


def info_nce(queries, keys, temperature, symmetric):
    s = F.normalize(queries, dim=1) @ F.normalize(keys, dim=1).T / temperature
    target = torch.arange(len(s))
    rows = F.cross_entropy(s, target, reduction="none")
    return (rows + F.cross_entropy(s.T, target, reduction="none")) / 2 if symmetric else rows


def sup_con(ids, embeddings, temperature):
    z = F.normalize(embeddings, dim=1)
    s = z @ z.T / temperature
    other = ~torch.eye(len(z), dtype=bool)
    log_p = s - s.masked_fill(~other, -torch.inf).logsumexp(dim=1, keepdim=True)
    positive = (ids[:, None] == ids) & other
    return -(log_p * positive).sum(dim=1) / positive.sum(dim=1).clamp(min=1)


torch_name = f"PyTorch {torch.__version__.split('+')[0]}"
signs = np.array([1.0, -1.0, 1.0, -1.0, -1.0, 1.0])
distances = rng.uniform(0, 2, 6).round(3)

record(
    "CosineDistance",
    {},
    {"y_true": normal(5, 4), "y_pred": normal(5, 4)},
    ["y_pred"],
    lambda y_true, y_pred: 1 - F.cosine_similarity(y_true, y_pred, dim=1, eps=0),
    f"{torch_name} 1 - cosine_similarity",
)
for margin in (0.75, 1.5):
    record(
        "Contrastive",
        {"margin": margin},
        {"same": (signs + 1) / 2, "distance": distances},
        ["distance"],
        lambda same, distance, m=margin: same * distance**2 + (1 - same) * (m - distance).clamp(min=0) ** 2,
        f"{torch_name}, formula in tensors",
    )
    record(
        "HingeEmbedding",
        {"margin": margin},
        {"sign": signs, "distance": distances},
        ["distance"],
        lambda sign, distance, m=margin: F.hinge_embedding_loss(distance, sign, margin=m, reduction="none"),
        f"{torch_name} hinge_embedding_loss",
    )
    record(
        "MarginRanking",
        {"margin": margin},
        {"sign": signs, "first": normal(6), "second": normal(6)},
        ["first", "second"],
        lambda sign, first, second, m=margin: F.margin_ranking_loss(first, second, sign, margin=m, reduction="none"),
        f"{torch_name} margin_ranking_loss",
    )
    names = ["anchor", "positive", "negative"]
    record(
        "Triplet",
        {"margin": margin},
        {name: normal(6, 3) for name in names},
        names,
        lambda anchor, positive, negative, m=margin: F.triplet_margin_loss(
            anchor, positive, negative, margin=m, eps=0, reduction="none"
        ),
        f"{torch_name} triplet_margin_loss, eps=0",
    )
for temperature in (0.07, 0.5):
    for symmetric in (False, True):
        record(
            "InfoNCE",
            {"temperature": temperature, "symmetric": symmetric},
            {"queries": normal(7, 4), "keys": normal(7, 4)},
            ["queries", "keys"],
            lambda queries, keys, t=temperature, b=symmetric: info_nce(queries, keys, t, b),
            f"{torch_name} normalize and cross_entropy",
        )
    ids = np.array([3, 1, 3, 2, 1, 3, 9])
    record(
        "SupCon",
        {"temperature": temperature},
        {"ids": ids, "embeddings": normal(7, 4)},
        ["embeddings"],
        lambda ids, embeddings, t=temperature: sup_con(ids, embeddings, t),
        f"{torch_name}, formula in tensors",
        denominator=np.isin(ids, [1, 3]).astype(float),
    )
kappa = [1.0, 0.5, 2.0, 1.5, 0.25]
for parameters in ({}, {"label_smoothing": 0.1}, {"class_weight": kappa}, {"ignore_index": 2}, {"z_loss": 0.01}):
    ids = np.array([0, 2, 4, 1, 2, 3])
    layer = {"ids": ids, "hidden": normal(6, 3), "weight": normal(5, 3), "bias": normal(5)}

    def cross_entropy(ids, hidden, weight, bias, p=parameters):
        x = F.linear(hidden, weight, bias)
        options = {k: v for k, v in p.items() if k in ("label_smoothing", "ignore_index")}
        if "class_weight" in p:
            options["weight"] = torch.tensor(p["class_weight"], dtype=torch.float64)
        losses = F.cross_entropy(x, ids, reduction="none", **options)
        return losses + p.get("z_loss", 0.0) * x.logsumexp(dim=1) ** 2

    counted = np.array(kappa)[ids] if "class_weight" in parameters else ids != parameters.get("ignore_index", -1)
    record(
        "LinearCrossEntropy",
        parameters,
        layer,
        ["hidden", "weight", "bias"],
        cross_entropy,
        f"{torch_name} linear and cross_entropy",
        denominator=counted.astype(float),
    )

path = Path(__file__).with_name("embeddings.json")
path.write_text("[\n" + ",\n".join(json.dumps(each) for each in records) + "\n]\n", encoding="utf-8")

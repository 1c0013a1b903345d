"""Loss functions with exact gradients and Hessians, for NumPy."""

import importlib
from typing import Any

__version__ = "0.2.0"

_NAMES = {
    "_loss.base": ("Loss",),
    "_loss.catalogue": ("available", "get"),
    "_loss.elementwise": ("ElementwiseLoss", "ResidualLoss"),
    "_loss.margin": ("MarginLoss",),
    "_loss.rows": ("RowLoss",),
    "_loss.ranking": ("ListwiseLoss", "PairwiseLoss"),
    "_walk.threads": ("get_num_threads", "set_num_threads"),
    "binary": ("AsymmetricFocal", "BinaryCrossEntropy", "BinaryFocal"),
    "categorical": ("NLL", "CategoricalCrossEntropy", "KLDivergence", "perplexity"),
    "deviance": ("Gamma", "NegativeBinomial", "Poisson", "Tweedie"),
    "distribution": (
        "EnsembleCRPS",
        "GaussianCRPS",
        "GaussianNLL",
        "LaplaceNLL",
        "LogisticCRPS",
        "MultiQuantile",
        "StudentTNLL",
    ),
    "embedding": ("Contrastive", "CosineDistance", "HingeEmbedding", "InfoNCE", "MarginRanking", "SupCon", "Triplet"),
    "language": ("LinearCrossEntropy",),
    "likelihood": ("CategoricalFocal", "GeneralizedCrossEntropy", "Poly1CrossEntropy"),
    "listwise": ("ApproxNDCG", "LambdaRank", "ListMLE", "ListNet"),
    "margin": ("Exponential", "Hinge", "ModifiedHuber", "Perceptron", "SmoothedHinge", "SquaredHinge"),
    "multiclass": ("CategoricalHinge", "MultiLabelMargin", "MultiMargin", "Sparsemax"),
    "ordinal": ("CORAL", "CORN", "CumulativeLogit"),
    "pairwise": ("PairwiseHinge", "PairwiseLogistic", "PairwiseSquaredHinge"),
    "preference": ("DPO", "IPO", "KTO", "ORPO", "BradleyTerry", "KLPenalty", "PPOClip", "SimPO"),
    "region": ("Dice", "Tversky"),
    "regression": (
        "LINEX",
        "MAE",
        "MAPE",
        "MSE",
        "MSLE",
        "SMAPE",
        "Asymmetric",
        "Barron",
        "Cauchy",
        "EpsilonInsensitive",
        "Expectile",
        "Fair",
        "Huber",
        "LogCosh",
        "Pinball",
        "PseudoHuber",
        "SmoothL1",
        "SquaredEpsilonInsensitive",
        "TukeyBiweight",
    ),
    "sequence": ("CTC",),
    "survival": ("AFT", "Cox"),
}
"""The public names, by module. A module is imported when one of its names is first asked for, since importing costs
time. For type checkers, `__init__.pyi` is written from this table by ``python -m tests.stubs``."""

_MODULES = ("integrations", "monitor", "testing")
_WHERE = {name: module for module, names in _NAMES.items() for name in names}

__all__ = sorted([*_WHERE, *_MODULES])


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return importlib.import_module(f"losses.{name}")
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(importlib.import_module(f"losses.{_WHERE[name]}"), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

"""Loss functions with exact gradients and Hessians, for NumPy."""

import importlib
from typing import TYPE_CHECKING, Any

from losses.classification import BinaryCrossEntropy, CategoricalCrossEntropy, perplexity
from losses.elementwise import ElementwiseLoss, ResidualLoss
from losses.regression import MAE, MSE, Asymmetric, Huber
from losses.threads import get_num_threads, set_num_threads

if TYPE_CHECKING:
    from losses import monitor, preference
    from losses.listwise import ApproxNDCG, LambdaRank, ListMLE, ListNet
    from losses.preference import DPO, IPO, KTO, BradleyTerry, KLPenalty, PPOClip, SimPO
    from losses.ranking import PairwiseHinge, PairwiseLogistic, PairwiseSquaredHinge

__version__ = "0.1.0"

__all__ = [
    "DPO",
    "IPO",
    "KTO",
    "MAE",
    "MSE",
    "ApproxNDCG",
    "Asymmetric",
    "BinaryCrossEntropy",
    "BradleyTerry",
    "CategoricalCrossEntropy",
    "ElementwiseLoss",
    "Huber",
    "KLPenalty",
    "LambdaRank",
    "ListMLE",
    "ListNet",
    "PPOClip",
    "PairwiseHinge",
    "PairwiseLogistic",
    "PairwiseSquaredHinge",
    "ResidualLoss",
    "SimPO",
    "get_num_threads",
    "monitor",
    "perplexity",
    "preference",
    "set_num_threads",
]

# Modules that are imported when one of their names is first asked for: not everybody ranks, and importing costs time.
_LATER = {
    **dict.fromkeys(("ApproxNDCG", "LambdaRank", "ListMLE", "ListNet"), "losses.listwise"),
    **dict.fromkeys(("DPO", "IPO", "KTO", "BradleyTerry", "KLPenalty", "PPOClip", "SimPO"), "losses.preference"),
    **dict.fromkeys(("PairwiseHinge", "PairwiseLogistic", "PairwiseSquaredHinge"), "losses.ranking"),
}


def __getattr__(name: str) -> Any:
    if name in ("monitor", "preference"):
        return importlib.import_module(f"losses.{name}")
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(importlib.import_module(_LATER[name]), name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

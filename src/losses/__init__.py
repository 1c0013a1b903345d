"""Loss functions with exact gradients and Hessians, for NumPy."""

import importlib
from typing import TYPE_CHECKING, Any

from losses.classification import BinaryCrossEntropy, CategoricalCrossEntropy, perplexity
from losses.elementwise import ElementwiseLoss, ResidualLoss
from losses.ranking import PairwiseHinge, PairwiseLogistic, PairwiseSquaredHinge
from losses.regression import MAE, MSE, Asymmetric, Huber
from losses.threads import get_num_threads, set_num_threads

if TYPE_CHECKING:
    from losses.preference import DPO, IPO, KTO, BradleyTerry, KLPenalty, PPOClip, SimPO

__all__ = [
    "DPO",
    "IPO",
    "KTO",
    "MAE",
    "MSE",
    "Asymmetric",
    "BinaryCrossEntropy",
    "BradleyTerry",
    "CategoricalCrossEntropy",
    "ElementwiseLoss",
    "Huber",
    "KLPenalty",
    "PPOClip",
    "PairwiseHinge",
    "PairwiseLogistic",
    "PairwiseSquaredHinge",
    "ResidualLoss",
    "SimPO",
    "get_num_threads",
    "perplexity",
    "set_num_threads",
]

_LATER = dict.fromkeys(("DPO", "IPO", "KTO", "BradleyTerry", "KLPenalty", "PPOClip", "SimPO"), "losses.preference")
"""Modules that are imported when one of these names is first asked for, since few need them."""

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(importlib.import_module(_LATER[name]), name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

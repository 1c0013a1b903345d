"""Loss functions with exact gradients and Hessians, for NumPy."""

from losses.classification import BinaryCrossEntropy, CategoricalCrossEntropy
from losses.elementwise import ElementwiseLoss, ResidualLoss
from losses.ranking import PairwiseHinge, PairwiseLogistic, PairwiseSquaredHinge
from losses.regression import MAE, MSE, Asymmetric, Huber
from losses.threads import get_num_threads, set_num_threads

__all__ = [
    "MAE",
    "MSE",
    "Asymmetric",
    "BinaryCrossEntropy",
    "CategoricalCrossEntropy",
    "ElementwiseLoss",
    "Huber",
    "PairwiseHinge",
    "PairwiseLogistic",
    "PairwiseSquaredHinge",
    "ResidualLoss",
    "get_num_threads",
    "set_num_threads",
]

__version__ = "0.1.0"

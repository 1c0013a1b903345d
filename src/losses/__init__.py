"""Loss functions with exact gradients and Hessians, for NumPy."""

from losses.classification import BinaryCrossEntropy, CategoricalCrossEntropy
from losses.elementwise import ElementwiseLoss, ResidualLoss
from losses.listwise import ApproxNDCG, LambdaRank, ListMLE, ListNet
from losses.ranking import PairwiseHinge, PairwiseLogistic, PairwiseSquaredHinge
from losses.regression import MAE, MSE, Asymmetric, Huber
from losses.threads import get_num_threads, set_num_threads

__all__ = [
    "MAE",
    "MSE",
    "ApproxNDCG",
    "Asymmetric",
    "BinaryCrossEntropy",
    "CategoricalCrossEntropy",
    "ElementwiseLoss",
    "Huber",
    "LambdaRank",
    "ListMLE",
    "ListNet",
    "PairwiseHinge",
    "PairwiseLogistic",
    "PairwiseSquaredHinge",
    "ResidualLoss",
    "get_num_threads",
    "set_num_threads",
]

__version__ = "0.1.0"

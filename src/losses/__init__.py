"""Loss functions with exact gradients and Hessians, for NumPy."""

from losses.classification import BinaryCrossEntropy, CategoricalCrossEntropy, perplexity
from losses.elementwise import ElementwiseLoss, ResidualLoss
from losses.listwise import ApproxNDCG, LambdaRank, ListMLE, ListNet
from losses.preference import DPO, IPO, KTO, BradleyTerry, KLPenalty, PPOClip, SimPO
from losses.ranking import PairwiseHinge, PairwiseLogistic, PairwiseSquaredHinge
from losses.regression import MAE, MSE, Asymmetric, Huber
from losses.threads import get_num_threads, set_num_threads

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
    "perplexity",
    "set_num_threads",
]

__version__ = "0.1.0"

"""The public names.

Written by ``python -m tests.stubs``: don't edit it.
"""

from losses import integrations as integrations
from losses import monitor as monitor
from losses import testing as testing
from losses._loss.base import Loss as Loss
from losses._loss.catalogue import available as available
from losses._loss.catalogue import get as get
from losses._loss.elementwise import ElementwiseLoss as ElementwiseLoss
from losses._loss.elementwise import ResidualLoss as ResidualLoss
from losses._loss.margin import MarginLoss as MarginLoss
from losses._loss.ranking import ListwiseLoss as ListwiseLoss
from losses._loss.ranking import PairwiseLoss as PairwiseLoss
from losses._loss.rows import RowLoss as RowLoss
from losses._walk.threads import get_num_threads as get_num_threads
from losses._walk.threads import set_num_threads as set_num_threads
from losses.binary import AsymmetricFocal as AsymmetricFocal
from losses.binary import BinaryCrossEntropy as BinaryCrossEntropy
from losses.binary import BinaryFocal as BinaryFocal
from losses.categorical import NLL as NLL
from losses.categorical import CategoricalCrossEntropy as CategoricalCrossEntropy
from losses.categorical import KLDivergence as KLDivergence
from losses.categorical import perplexity as perplexity
from losses.deviance import Gamma as Gamma
from losses.deviance import NegativeBinomial as NegativeBinomial
from losses.deviance import Poisson as Poisson
from losses.deviance import Tweedie as Tweedie
from losses.distribution import EnsembleCRPS as EnsembleCRPS
from losses.distribution import GaussianCRPS as GaussianCRPS
from losses.distribution import GaussianNLL as GaussianNLL
from losses.distribution import LaplaceNLL as LaplaceNLL
from losses.distribution import LogisticCRPS as LogisticCRPS
from losses.distribution import MultiQuantile as MultiQuantile
from losses.distribution import StudentTNLL as StudentTNLL
from losses.embedding import Contrastive as Contrastive
from losses.embedding import CosineDistance as CosineDistance
from losses.embedding import HingeEmbedding as HingeEmbedding
from losses.embedding import InfoNCE as InfoNCE
from losses.embedding import MarginRanking as MarginRanking
from losses.embedding import SupCon as SupCon
from losses.embedding import Triplet as Triplet
from losses.language import LinearCrossEntropy as LinearCrossEntropy
from losses.likelihood import CategoricalFocal as CategoricalFocal
from losses.likelihood import GeneralizedCrossEntropy as GeneralizedCrossEntropy
from losses.likelihood import Poly1CrossEntropy as Poly1CrossEntropy
from losses.listwise import ApproxNDCG as ApproxNDCG
from losses.listwise import LambdaRank as LambdaRank
from losses.listwise import ListMLE as ListMLE
from losses.listwise import ListNet as ListNet
from losses.margin import Exponential as Exponential
from losses.margin import Hinge as Hinge
from losses.margin import ModifiedHuber as ModifiedHuber
from losses.margin import Perceptron as Perceptron
from losses.margin import SmoothedHinge as SmoothedHinge
from losses.margin import SquaredHinge as SquaredHinge
from losses.multiclass import CategoricalHinge as CategoricalHinge
from losses.multiclass import MultiLabelMargin as MultiLabelMargin
from losses.multiclass import MultiMargin as MultiMargin
from losses.multiclass import Sparsemax as Sparsemax
from losses.ordinal import CORAL as CORAL
from losses.ordinal import CORN as CORN
from losses.ordinal import CumulativeLogit as CumulativeLogit
from losses.pairwise import PairwiseHinge as PairwiseHinge
from losses.pairwise import PairwiseLogistic as PairwiseLogistic
from losses.pairwise import PairwiseSquaredHinge as PairwiseSquaredHinge
from losses.preference import DPO as DPO
from losses.preference import IPO as IPO
from losses.preference import KTO as KTO
from losses.preference import ORPO as ORPO
from losses.preference import BradleyTerry as BradleyTerry
from losses.preference import KLPenalty as KLPenalty
from losses.preference import PPOClip as PPOClip
from losses.preference import SimPO as SimPO
from losses.region import Dice as Dice
from losses.region import Tversky as Tversky
from losses.regression import LINEX as LINEX
from losses.regression import MAE as MAE
from losses.regression import MAPE as MAPE
from losses.regression import MSE as MSE
from losses.regression import MSLE as MSLE
from losses.regression import SMAPE as SMAPE
from losses.regression import Asymmetric as Asymmetric
from losses.regression import Barron as Barron
from losses.regression import Cauchy as Cauchy
from losses.regression import EpsilonInsensitive as EpsilonInsensitive
from losses.regression import Expectile as Expectile
from losses.regression import Fair as Fair
from losses.regression import Huber as Huber
from losses.regression import LogCosh as LogCosh
from losses.regression import Pinball as Pinball
from losses.regression import PseudoHuber as PseudoHuber
from losses.regression import SmoothL1 as SmoothL1
from losses.regression import SquaredEpsilonInsensitive as SquaredEpsilonInsensitive
from losses.regression import TukeyBiweight as TukeyBiweight
from losses.sequence import CTC as CTC
from losses.survival import AFT as AFT
from losses.survival import Cox as Cox

__version__: str
__all__ = [
    "AFT",
    "CORAL",
    "CORN",
    "CTC",
    "DPO",
    "IPO",
    "KTO",
    "LINEX",
    "MAE",
    "MAPE",
    "MSE",
    "MSLE",
    "NLL",
    "ORPO",
    "SMAPE",
    "ApproxNDCG",
    "Asymmetric",
    "AsymmetricFocal",
    "Barron",
    "BinaryCrossEntropy",
    "BinaryFocal",
    "BradleyTerry",
    "CategoricalCrossEntropy",
    "CategoricalFocal",
    "CategoricalHinge",
    "Cauchy",
    "Contrastive",
    "CosineDistance",
    "Cox",
    "CumulativeLogit",
    "Dice",
    "ElementwiseLoss",
    "EnsembleCRPS",
    "EpsilonInsensitive",
    "Expectile",
    "Exponential",
    "Fair",
    "Gamma",
    "GaussianCRPS",
    "GaussianNLL",
    "GeneralizedCrossEntropy",
    "Hinge",
    "HingeEmbedding",
    "Huber",
    "InfoNCE",
    "KLDivergence",
    "KLPenalty",
    "LambdaRank",
    "LaplaceNLL",
    "LinearCrossEntropy",
    "ListMLE",
    "ListNet",
    "ListwiseLoss",
    "LogCosh",
    "LogisticCRPS",
    "Loss",
    "MarginLoss",
    "MarginRanking",
    "ModifiedHuber",
    "MultiLabelMargin",
    "MultiMargin",
    "MultiQuantile",
    "NegativeBinomial",
    "PPOClip",
    "PairwiseHinge",
    "PairwiseLogistic",
    "PairwiseLoss",
    "PairwiseSquaredHinge",
    "Perceptron",
    "Pinball",
    "Poisson",
    "Poly1CrossEntropy",
    "PseudoHuber",
    "ResidualLoss",
    "RowLoss",
    "SimPO",
    "SmoothL1",
    "SmoothedHinge",
    "Sparsemax",
    "SquaredEpsilonInsensitive",
    "SquaredHinge",
    "StudentTNLL",
    "SupCon",
    "Triplet",
    "TukeyBiweight",
    "Tversky",
    "Tweedie",
    "available",
    "get",
    "get_num_threads",
    "integrations",
    "monitor",
    "perplexity",
    "set_num_threads",
    "testing",
]

"""Correct uses of every public loss: type checkers accept them all, and the test calls every function."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, assert_type

import numpy as np
from numpy.typing import ArrayLike, NDArray

import losses
from losses import (
    AFT,
    CTC,
    DPO,
    IPO,
    KTO,
    MAE,
    MSE,
    NLL,
    ORPO,
    ApproxNDCG,
    Asymmetric,
    BinaryCrossEntropy,
    BradleyTerry,
    CategoricalCrossEntropy,
    CategoricalFocal,
    Contrastive,
    Cox,
    ElementwiseLoss,
    HingeEmbedding,
    Huber,
    InfoNCE,
    KLPenalty,
    LambdaRank,
    LinearCrossEntropy,
    ListMLE,
    ListNet,
    ListwiseLoss,
    Loss,
    MarginLoss,
    MarginRanking,
    PairwiseHinge,
    PairwiseLogistic,
    PairwiseLoss,
    PairwiseSquaredHinge,
    PPOClip,
    ResidualLoss,
    RowLoss,
    SimPO,
    SupCon,
    Triplet,
    Tversky,
)

Array = NDArray[Any]
Two = tuple[Array, Array]

y = [0.0, 1.0]
p = np.array([0.25, 0.5])
w = np.ones(2)


def new() -> Array:
    return np.empty(2)


# ------------------------------------------------------------------------------------------------ each family's calls


def predictions() -> None:
    loss = Huber(delta=2.0, reduction="sum")
    assert_type(loss.value(y, p), float | Any)
    assert_type(loss(y, p, sample_weight=w), float | Any)
    assert_type(loss.grad(y, p, sample_weight=w, out=new()), Array)
    assert_type(loss.hess(y_true=y, y_pred=p, sample_weight=None, out=None), Array)
    assert_type(loss.value_and_grad(y, p, sample_weight=[1, 2], out=new()), tuple[float | Any, Array])
    assert_type(loss.curvature(y, p, sample_weight=w, out=new()), Array)
    assert_type(loss.grad_and_curvature(y, p, sample_weight=w, out=(new(), new())), Two)
    total = sum([loss.partial(y, p), loss.partial(y, p, sample_weight=w)], start=loss.partial(y, p))
    assert_type(total.result(), float)
    assert_type(loss.partial_and_grad(y, p, sample_weight=w, out=new())[1], Array)
    assert_type(loss.with_reduction("none"), Huber)
    assert_type(float(loss.value(1, 0.5)) + loss.delta, float)


def items() -> None:
    loss = PairwiseLogistic(sigma=2.0)
    assert_type(loss.value(y, p, qid=[1, 1], sample_weight=w), float | Any)
    assert_type(loss(y, p, qid=["a", "a"]), float | Any)
    assert_type(loss.grad(y, p, qid=None, sample_weight=w, out=new()), Array)
    assert_type(loss.hess(y, p, qid=np.array([1, 1])), Array)
    assert_type(loss.value_and_grad(y, p, qid=[1, 1]), tuple[float | Any, Array])
    loss.grad_and_curvature([y], [p], out=(np.empty((1, 2)), np.empty((1, 2))))


def answers() -> None:
    loss = BradleyTerry()
    assert_type(loss.value(y, p, margin=[0.5, 1.0], sample_weight=w), float | Any)
    assert_type(loss.grad(y, p, out=(new(), new())), Two)
    assert_type(loss.hess(chosen=y, rejected=p, margin=w), Two)
    assert_type(loss.value_and_grad(y, p), tuple[float | Any, Two])
    assert_type(loss.grad_and_curvature(y, p, out=((new(), new()), (new(), new()))), tuple[Two, Two])


def answers_and_reference() -> None:
    loss = DPO(beta=0.2, label_smoothing=0.1)
    assert_type(loss.value(y, p, ref_chosen=y, ref_rejected=p, sample_weight=w), float | Any)
    assert_type(loss.grad(y, p, ref_chosen=y, ref_rejected=p, out=(new(), new())), Two)
    assert_type(loss.value_and_grad(y, p, ref_chosen=y, ref_rejected=p), tuple[float | Any, Two])


# ------------------------------------------------------------------------------------------------ every loss, and sums


def every_loss() -> None:
    assert_type(MSE().grad(y, p, sample_weight=w), Array)
    assert_type(MAE().grad(y, p, sample_weight=w), Array)
    assert_type(Huber(delta=2).grad(y, p, sample_weight=w), Array)
    assert_type(Asymmetric(shortfall_weight=3.0, base=0.5 * MSE() + MAE()).grad(y, p, sample_weight=w), Array)
    binary = BinaryCrossEntropy(from_logits=True, pos_weight=2.0, label_smoothing=0.1)
    assert_type(binary.grad(y, p, sample_weight=w), Array)
    over_classes = CategoricalCrossEntropy(from_logits=True, class_weight=[1, 2], label_smoothing=0.1, ignore_index=-1)
    assert_type(over_classes.grad([0, 1], np.zeros((2, 2)), sample_weight=w), Array)
    losses.perplexity(over_classes.value([0, 1], np.zeros((2, 2))))
    assert_type(PairwiseHinge(margin=2.0).grad(y, p, qid=[0, 0], sample_weight=w), Array)
    assert_type(PairwiseSquaredHinge(margin=1).grad(y, p, qid=[0, 0], sample_weight=w), Array)
    assert_type(PairwiseLogistic(sigma=1.0).grad(y, p, qid=[0, 0], sample_weight=w), Array)
    assert_type(ListNet(temperature=2.0).grad(y, p, qid=[0, 0], sample_weight=w), Array)
    assert_type(ListMLE().grad(y, p, qid=[0, 0], sample_weight=w), Array)
    assert_type(ApproxNDCG(temperature=0.2).grad(y, p, qid=[0, 0], sample_weight=w), Array)
    assert_type(LambdaRank(sigma=1.0, truncation=5).grad(y, p, qid=[0, 0], sample_weight=w), Array)
    assert_type(SimPO(beta=1.0, gamma=0.5).grad(y, p, sample_weight=w), Two)
    assert_type(IPO(beta=0.2).grad(y, p, ref_chosen=y, ref_rejected=p), Two)
    judged = KTO(beta=0.1, desirable_weight=1.0, undesirable_weight=2.0)
    assert_type(judged.grad([True, False], p, ref_logp=y, kl=0.1, sample_weight=w), Array)
    assert_type(judged.value([True, False], p, ref_logp=y), float | Any)
    assert_type(PPOClip().grad(y, p, old_logp=p, out=new()), Array)
    assert_type(KLPenalty().grad(y, p, sample_weight=w), Array)


def survival() -> None:
    assert_type(Cox(ties="efron").value(y, p, event=[True, False], qid=["a", "a"], sample_weight=w), float | Any)
    assert_type(Cox().grad_and_curvature(time=y, risk=p, event=None, out=(new(), new())), Two)
    assert_type(AFT(distribution="logistic", scale=2.0).grad([1.0, 2.0], p, upper=[1.0, np.inf], out=new()), Array)
    assert_type(AFT().best_constant([1.0, 2.0], w, upper=[1.0, np.inf]), float)


def networks() -> None:
    ids, rows = [0, 1], np.zeros((2, 2))
    assert_type(CategoricalFocal(alpha=[0.5, 1.0], from_logits=True).grad(ids, rows, out=np.empty((2, 2))), Array)
    assert_type(NLL(class_weight=(1, 2), ignore_index=-1).value(ids, rows, sample_weight=w), float | Any)
    assert_type(Tversky(alpha=0.3, beta=0.7).best_constant(rows, w), float)
    frames = np.zeros((2, 4, 3))
    assert_type(CTC(blank=2).grad(rows, frames, input_lengths=[4, 4], label_lengths=[1, 0], sample_weight=w), Array)
    assert_type(ORPO(beta=0.5).grad(-w, -w), Two)
    assert_type(Contrastive(margin=2).grad([True, False], p), Array)
    assert_type(HingeEmbedding().value(sign=[1, -1], distance=p), float | Any)
    assert_type(MarginRanking().hess([1, -1], p, y), Two)
    assert_type(Triplet().grad(rows, rows, rows), tuple[Array, Array, Array])
    assert_type(InfoNCE(symmetric=True).value_and_grad(rows + 1, rows + 2), tuple[float | Any, Two])
    assert_type(SupCon().grad(ids=ids, embeddings=rows + 1), Array)
    assert_type(LinearCrossEntropy().grad(ids, rows, rows, bias=w), tuple[Array, ...])
    assert_type(PPOClip(epsilon=0.2, epsilon_high=0.28).grad(y, p, old_logp=p), Array)


def sums() -> None:
    half = 0.9 * MSE() + Huber() / 2 - MAE() * 0.1
    assert_type(half.grad(y, p, sample_weight=w, out=new()), Array)
    assert_type((-half).value(y, p), float | Any)
    assert_type((0.5 * MSE() + PairwiseLogistic()).grad(y, p, qid=[0, 0], sample_weight=w), Array)
    assert_type((PairwiseLogistic() - 0.5 * MSE()).grad(y, p, qid=[0, 0], sample_weight=w), Array)
    assert_type((half + ListNet() + MSE()).value(y, p, qid=[0, 0]), float | Any)
    with_reference = SimPO() + 0.1 * DPO()
    assert_type(with_reference.grad(y, p, ref_chosen=y, ref_rejected=p), Two)
    (BradleyTerry() + SimPO()).value(y, p, margin=w)
    (BradleyTerry() + DPO()).value(y, p, ref_chosen=y, ref_rejected=p, margin=w)
    plus_any(MSE(), Huber())


def plus_any(loss: Loss, other: Loss) -> None:
    assert_type(loss + other, Loss)
    assert_type(MSE() + loss, Loss)
    assert_type(loss - DPO() if loss == other else 2 * loss, Loss)


def of_any_loss() -> None:
    assert fit(MSE(), y, p, w) >= 0
    assert fit(MSE() + PairwiseLogistic(), y, p) >= 0
    assert fit(losses.get("huber", delta=2.0), y, p) >= 0
    kinds: Sequence[type[Loss]] = [MSE, Huber, DPO]
    assert all(kind().reduction == "mean" for kind in kinds)


def fit(loss: Loss, target: ArrayLike, prediction: Array, weight: ArrayLike | None = None) -> float:
    prediction -= loss.grad(target, prediction, sample_weight=weight, out=np.empty_like(prediction))
    value = loss.value(target, prediction, sample_weight=weight)
    return float(value)


def the_rest_of_the_package() -> None:
    losses.set_num_threads(losses.get_num_threads())
    names: list[str] = losses.available()
    assert "huber" in names
    assert_type(losses.__version__, str)
    assert losses.monitor is not None


# -------------------------------------------------------------------------------------------------------- a user's own


@dataclass(frozen=True, kw_only=True)
class Cauchy(ResidualLoss):
    scale: float = 1.0

    def formula(self, r: Array) -> Array:
        return np.log1p((r / self.scale) ** 2)

    def derivative(self, r: Array) -> Array:
        slope: Array = 2 * r / (self.scale**2 + r**2)
        return slope


@dataclass(frozen=True, kw_only=True)
class SquaredLogError(ElementwiseLoss):
    def formula(self, y: Array, p: Array) -> Array:
        loss: Array = (np.log1p(p) - np.log1p(y)) ** 2
        return loss

    def derivative(self, y: Array, p: Array) -> Array:
        slope: Array = 2 * (np.log1p(p) - np.log1p(y)) / (1 + p)
        return slope


@dataclass(frozen=True, kw_only=True)
class Exponential(MarginLoss):
    def formula(self, z: Array) -> Array:
        return np.exp(-z)

    def derivative(self, z: Array) -> Array:
        return -np.exp(-z)


@dataclass(frozen=True, kw_only=True)
class PairwiseExponential(PairwiseLoss):
    def formula(self, d: Array) -> Array:
        return np.exp(-d)

    def derivative(self, d: Array) -> Array:
        return -np.exp(-d)


@dataclass(frozen=True, kw_only=True)
class ListSquares(ListwiseLoss):
    scale: float = 1.0

    def formula(self, y: Array, s: Array) -> Array:
        means: Array = ((s - y) ** 2).mean(axis=1) * self.scale
        return means

    def derivative(self, y: Array, s: Array) -> Array:
        slope: Array = 2 * (s - y) / s.shape[1] * self.scale
        return slope


@dataclass(frozen=True, kw_only=True)
class Normal(RowLoss):
    columns = ("mean", "log_scale")

    def formula(self, y: Array, p: Array) -> Array:
        likelihood: Array = ((y - p[:, 0]) / np.exp(p[:, 1])) ** 2 / 2 + p[:, 1]
        return likelihood


def own_losses() -> None:
    assert_type(Cauchy(scale=2.0).grad(y, p, sample_weight=w, out=new()), Array)
    assert_type(SquaredLogError(reduction="sum").grad(y, p, sample_weight=w, out=new()), Array)
    assert_type((Cauchy() + MSE()).grad(y, p, sample_weight=w, out=new()), Array)
    assert_type(Cauchy(scale=2.0).with_reduction("sum").scale, float)
    assert_type(Exponential().value([0, 1], p), float | Any)
    assert_type(PairwiseExponential().grad(y, p, qid=[0, 0]), Array)
    assert_type(ListSquares(scale=0.5).grad(y, p, qid=[0, 0]), Array)
    assert_type((0.5 * Cauchy() + PairwiseExponential()).grad(y, p, qid=[0, 0]), Array)
    assert_type(Normal().value(y, np.zeros((2, 2)), sample_weight=w), float | Any)

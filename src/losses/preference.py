"""Losses for learning from preferences: reward models, and policies tuned to what people like better.

`BradleyTerry`, `DPO`, `IPO` and `SimPO` compare two answers to one prompt, of which one was chosen and the other
rejected. They are functions of one number, the difference of the two: the gradients with respect to chosen and rejected
are equal but for the sign, and the Hessian's diagonals are equal. `ORPO` compares their odds. `KTO`, `PPOClip` and
`KLPenalty` take one answer at a time.

No gradient flows through the arrays given by keyword: they come from a model that is not trained.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, TypeAlias

import numpy as np

from losses._admission.domains import Below, Ends, Interval
from losses._loss.answers import AnswerPairLoss
from losses._loss.families import (
    OfActions,
    OfAnswers,
    OfAnswersAndReference,
    OfAnswersWithMargin,
    OfJudgedAnswers,
    OfSampledAnswers,
)
from losses._loss.parameters import BelowHalf, NotNegative, OpenFraction, Positive, number
from losses._loss.samplewise import SampleLoss, floored
from losses._maths.logistic import sigmoid, sigmoid_slope, softplus
from losses._maths.tangents import exp_beyond_tangent
from losses._types import FloatArray

_MARGIN = Interval(
    "a margin must not be negative or NaN", 0.0, math.inf, "; it is how far the chosen answer should lead"
)
_MEAN_LOGP = Below("a mean log-probability must be below 0", -math.inf, 0.0, "; pass means per token, in nats")
_DESIRABLE = Ends("desirable must be True or False, or exactly 1 or 0", 0.0, 1.0, "; the order is (desirable, logp)")


def _upper(name: str, value: object) -> float | None:
    """Return an upper bound as a Python float; None stays None."""
    if value is None:
        return None
    plain = number(name, value)
    if not 0 < plain < math.inf:
        raise ValueError(f"{name} must be positive and finite, or None, got {plain!r}")
    return plain


# ------------------------------------------------------------------------------------- two answers, one preferred


@dataclass(frozen=True, kw_only=True, repr=False)
class BradleyTerry(AnswerPairLoss, OfAnswersWithMargin):
    """Negative log-likelihood that the chosen answer wins: −log σ(c − r − m).

    The loss of reward models: c and r are the rewards, in log-odds, that the model gives to the chosen and to the
    rejected answer. The optional array ``margin=`` in the call holds m ≥ 0, by how much the reward should lead, larger
    where the preference was clearer; without it m is 0.

    A pair's loss and gradient have a relative error of at most 8 eps (1 + |c − r| + m).

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.

    References
    ----------
    Bradley and Terry (1952), "Rank analysis of incomplete block designs: I", Biometrika 39, 324-345; reward models:
    Christiano et al. (2017), arXiv:1706.03741, eq. (1), and Ouyang et al. (2022), arXiv:2203.02155, eq. (1); margin:
    Touvron et al. (2023), "Llama 2", arXiv:2307.09288, eq. (2).

    Examples
    --------
    >>> from losses import BradleyTerry
    >>> BradleyTerry().value([1.0, 40.0], [1.0, 0.0])
    0.34657359027997264
    >>> BradleyTerry(reduction="sum").grad([1.0], [0.0], margin=[1.0])
    (array([-0.5]), array([0.5]))
    """

    is_convex: ClassVar[bool] = True
    is_differentiable: ClassVar[bool] = True
    is_twice_differentiable: ClassVar[bool] = True

    def domains(self) -> Mapping[str, Interval]:
        """Return the domain of the margin."""
        return {"margin": _MARGIN}

    def difference(self, chosen: FloatArray, rejected: FloatArray, *margin: FloatArray) -> FloatArray:
        """Return c − r − m."""
        return chosen - rejected - (margin[0] if margin else 0.0)

    def formula(self, d: FloatArray) -> FloatArray:
        """Return −log σ(d)."""
        return softplus(-d)

    def derivative(self, d: FloatArray) -> FloatArray:
        """Return −σ(−d)."""
        return -sigmoid(-d)

    def second_derivative(self, d: FloatArray) -> FloatArray:
        """Return σ(d) σ(−d)."""
        return sigmoid_slope(d)


@dataclass(frozen=True, kw_only=True, repr=False)
class ReferencedPairLoss(AnswerPairLoss, OfAnswersAndReference):
    """Base of the losses that compare how far a policy has moved from a reference on the two answers.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.
    """

    def difference(self, chosen: FloatArray, rejected: FloatArray, *reference: FloatArray) -> FloatArray:
        """Return (c − ref_c) − (r − ref_r).

        It equals (c − r) − (ref_c − ref_r), but a policy starts at its reference and stays near it, whereas the two
        answers may differ by hundreds of nats. Numbers within a factor of 2 of each other are subtracted without
        rounding, so in this order the small difference between the two models comes out exact.
        """
        ref_chosen, ref_rejected = reference
        return (chosen - ref_chosen) - (rejected - ref_rejected)


@dataclass(frozen=True, kw_only=True, repr=False)
class DPO(ReferencedPairLoss):
    """Direct preference optimization: −(1 − ε) log σ(h) − ε log σ(−h), h = β[(c − r) − (ref_c − ref_r)].

    c and r are the log-probabilities, in nats, that the policy gives to the whole chosen and rejected answer (sums over
    their tokens), ref_c and ref_r those of the reference, given in the call by ``ref_chosen=`` and ``ref_rejected=``.
    The policy that minimizes it on preferences of the Bradley-Terry law with utilities u is the one that reinforcement
    learning with the penalty β KL(π‖π_ref) would find, π ∝ π_ref exp(u/β).

    A pair's loss and gradient are off by at most 8 eps (1 + β(|c − ref_c| + |r − ref_r|)) times their largest term.

    Parameters
    ----------
    beta : float, default 0.1
        β, how strongly the policy is held to the reference; positive, per nat.
    label_smoothing : float, default 0.0
        ε in [0, ½), the probability that a label is wrong; at ½ the labels would say nothing, and beyond they would
        be turned round; `BinaryCrossEntropy` would call it 2ε.
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.

    References
    ----------
    Rafailov et al. (2023), "Direct preference optimization", arXiv:2305.18290, eq. (7); smoothing: Mitchell (2023), "A
    note on DPO with noisy preferences & relationship to IPO".

    Examples
    --------
    >>> from losses import DPO
    >>> loss = DPO(beta=0.5)
    >>> loss.value([-10.0], [-30.0], ref_chosen=[-10.0], ref_rejected=[-30.0])
    0.6931471805599453
    >>> loss.grad([-10.0], [-30.0], ref_chosen=[-10.0], ref_rejected=[-30.0])
    (array([-0.25]), array([0.25]))
    """

    beta: Positive = 0.1
    label_smoothing: BelowHalf = 0.0

    is_convex: ClassVar[bool] = True
    is_differentiable: ClassVar[bool] = True
    is_twice_differentiable: ClassVar[bool] = True

    def formula(self, d: FloatArray) -> FloatArray:
        """Return −(1 − ε) log σ(h) − ε log σ(−h) with h = βd."""
        h, smoothing = self.beta * d, d.dtype.type(self.label_smoothing)
        if smoothing == 0:  # or 0 times infinity would be NaN
            return softplus(-h)
        return (1 - smoothing) * softplus(-h) + smoothing * softplus(h)

    def derivative(self, d: FloatArray) -> FloatArray:
        """Return −β(σ(−h) − ε)."""
        return -self.beta * (sigmoid(-self.beta * d) - self.label_smoothing)

    def second_derivative(self, d: FloatArray) -> FloatArray:
        """Return β² σ(h) σ(−h)."""
        return self.beta * self.beta * sigmoid_slope(self.beta * d)


@dataclass(frozen=True, kw_only=True, repr=False)
class IPO(ReferencedPairLoss):
    """Identity preference optimization: ((c − r) − (ref_c − ref_r) − 1/(2β))².

    As `DPO`, but the lead of the chosen answer is drawn to 1/(2β) instead of ever further up, so the policy stays near
    the reference also where all who were asked agree.

    Parameters
    ----------
    beta : float, default 0.1
        β (τ in the paper), how strongly the policy is held to the reference; positive, per nat.
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.

    References
    ----------
    Azar et al. (2023), "A general theoretical paradigm to understand learning from human preferences",
    arXiv:2310.12036, eq. (17).

    Examples
    --------
    >>> from losses import IPO
    >>> loss = IPO(beta=0.25)
    >>> loss.value_and_grad([-9.0], [-30.0], ref_chosen=[-10.0], ref_rejected=[-30.0])
    (1.0, (array([-2.]), array([2.])))
    """

    beta: Positive = 0.1

    is_convex: ClassVar[bool] = True
    is_differentiable: ClassVar[bool] = True
    is_twice_differentiable: ClassVar[bool] = True

    def formula(self, d: FloatArray) -> FloatArray:
        """Return (d − 1/(2β))²."""
        excess = self._excess(d)
        return excess * excess

    def derivative(self, d: FloatArray) -> FloatArray:
        """Return 2(d − 1/(2β))."""
        return 2 * self._excess(d)

    def second_derivative(self, d: FloatArray) -> FloatArray:
        """Return 2."""
        return np.full_like(d, 2)

    def _excess(self, d: FloatArray) -> FloatArray:
        """Return d − 1/(2β), computed in the dtype of d."""
        return d - 0.5 / d.dtype.type(self.beta)


@dataclass(frozen=True, kw_only=True, repr=False)
class SimPO(AnswerPairLoss, OfAnswers):
    """Simple preference optimization: −log σ(β(c − r) − γ).

    c and r are the policy's log-probabilities of the chosen and the rejected answer, divided by the number of their
    tokens; there is no reference.

    A pair's loss and gradient have a relative error of at most 8 eps (1 + β|c − r| + γ).

    Parameters
    ----------
    beta : float, default 2.0
        β, the scale of the reward; positive, per nat and token.
    gamma : float, default 1.0
        γ, by how much the reward of the chosen answer should lead; finite and not negative.
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.

    References
    ----------
    Meng, Xia and Chen (2024), "SimPO: Simple preference optimization with a reference-free reward", arXiv:2405.14734,
    eq. (6).

    Examples
    --------
    >>> from losses import SimPO
    >>> SimPO().value_and_grad([-1.0], [-1.5])
    (0.6931471805599453, (array([-1.]), array([1.])))
    """

    beta: Positive = 2.0
    gamma: NotNegative = 1.0

    is_convex: ClassVar[bool] = True
    is_differentiable: ClassVar[bool] = True
    is_twice_differentiable: ClassVar[bool] = True

    def formula(self, d: FloatArray) -> FloatArray:
        """Return −log σ(βd − γ)."""
        return softplus(self.gamma - self.beta * d)

    def derivative(self, d: FloatArray) -> FloatArray:
        """Return −β σ(γ − βd)."""
        return -self.beta * sigmoid(self.gamma - self.beta * d)

    def second_derivative(self, d: FloatArray) -> FloatArray:
        """Return β² σ(h) σ(−h) with h = βd − γ."""
        return self.beta * self.beta * sigmoid_slope(self.beta * d - self.gamma)


@dataclass(frozen=True, kw_only=True, repr=False)
class ORPO(SampleLoss, OfAnswers):
    """Odds ratio preference optimization: −c − β log σ(logit(eᶜ) − logit(eʳ)).

    c and r are the *mean* log-probabilities per token, in nats and below 0, that the policy gives to the chosen and to
    the rejected answer; logit(p) is log(p/(1 − p)), and the difference d of the logits the log of the odds ratio. The
    first term is that of supervised learning from the chosen answer, so that neither a reference nor a stage before is
    needed. In the paper it is the mean over the tokens of a batch, which for answers of different lengths isn't the
    mean of these means.

    d is computed as (c − r) + log((1 − eʳ)/(1 − eᶜ)), in which answers that are nearly equally probable keep their
    digits. A pair's loss and gradient are off by at most 8 eps (2 + |c − r| + |d|) times their largest term.

    Curvature: β σ(d) σ(−d)/(1 − e^x)² for x = c and x = r, the second derivative without that of the logits, kept above
    the machine epsilon. The loss isn't convex.

    Parameters
    ----------
    beta : float, default 0.1
        β (λ in the paper), the weight of the odds ratio; positive.
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.

    References
    ----------
    Hong et al. (2024), "ORPO: monolithic preference optimization without reference model", arXiv:2403.07691, eq. (6)
    and (7).

    Examples
    --------
    >>> import numpy as np
    >>> from losses import ORPO
    >>> loss = ORPO(beta=0.5)
    >>> loss.value(np.log([0.5]), np.log([0.5]))  # 1.5 log 2
    1.0397207708399179
    >>> loss.grad(np.log([0.5]), np.log([0.5]))
    (array([-1.5]), array([0.5]))
    """

    beta: Positive = 0.1

    temporaries: ClassVar[int] = 2

    is_convex: ClassVar[bool] = False
    is_differentiable: ClassVar[bool] = True
    is_twice_differentiable: ClassVar[bool] = True

    def domains(self) -> Mapping[str, Interval]:
        """Return the domain of the log-probabilities."""
        return {"chosen": _MEAN_LOGP, "rejected": _MEAN_LOGP}

    def formula(self, chosen: FloatArray, rejected: FloatArray) -> FloatArray:
        """Return −c + β log(1 + e^−d)."""
        d, _, _ = self._odds(chosen, rejected)
        return self.beta * softplus(-d) - chosen

    def derivative(self, chosen: FloatArray, rejected: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return −1 − βσ(−d)/(1 − eᶜ) and βσ(−d)/(1 − eʳ)."""
        d, in_chosen, in_rejected = self._odds(chosen, rejected)
        slope = self.beta * sigmoid(-d)
        return -1 - slope / in_chosen, slope / in_rejected

    def second_derivative(self, chosen: FloatArray, rejected: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return βσ(−d)(σ(d) − eᶜ)/(1 − eᶜ)² and βσ(−d)(σ(d) + eʳ)/(1 − eʳ)²."""
        d, in_chosen, in_rejected = self._odds(chosen, rejected)
        slope, share = self.beta * sigmoid(-d), sigmoid(d)
        of_chosen = slope / in_chosen * ((share - np.exp(chosen)) / in_chosen)
        return of_chosen, slope / in_rejected * ((share + np.exp(rejected)) / in_rejected)

    def curvature_formula(self, chosen: FloatArray, rejected: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return βσ(d)σ(−d)/(1 − eᶜ)² and βσ(d)σ(−d)/(1 − eʳ)², above the machine epsilon."""
        d, in_chosen, in_rejected = self._odds(chosen, rejected)
        bend = self.beta * sigmoid_slope(d)
        return floored(bend / in_chosen / in_chosen), floored(bend / in_rejected / in_rejected)

    def _odds(self, chosen: FloatArray, rejected: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return d, 1 − eᶜ and 1 − eʳ."""
        in_chosen, in_rejected = -np.expm1(chosen), -np.expm1(rejected)
        return (chosen - rejected) + np.log(in_rejected / in_chosen), in_chosen, in_rejected


# ------------------------------------------------------------------------------------------- one answer at a time


@dataclass(frozen=True, kw_only=True, repr=False)
class KTO(SampleLoss, OfJudgedAnswers):
    """Kahneman-Tversky optimization: λ(1 − σ(±β(logp − ref_logp − kl))), + where desirable and − elsewhere.

    Its methods take ``(desirable, logp, *, ref_logp, kl=0.0)``. The first array says of each answer whether it was
    liked, by bools or exactly 0 and 1, and λ is λ_D there and λ_U elsewhere; logp and ``ref_logp=`` are the
    log-probabilities, in nats, that the policy and the reference give to it; ``kl=`` is the point of reference, one
    number or an array of the samples' shape: in the paper an estimate of KL(π‖π_ref), not below 0. No pairs are needed.

    A sample's loss and gradient have a relative error of at most 8 eps (1 + β(|logp − ref_logp| + kl)).

    Parameters
    ----------
    beta : float, default 0.1
        β, how soon gains and losses saturate; positive, per nat.
    desirable_weight : float, default 1.0
        λ_D, positive.
    undesirable_weight : float, default 1.0
        λ_U, positive. The paper advises λ_D n_D / (λ_U n_U) in [1, 3/2] for n_D desirable and n_U undesirable answers.
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.

    References
    ----------
    Ethayarajh et al. (2024), "KTO: Model alignment as prospect theoretic optimization", arXiv:2402.01306, eq. (8).

    Examples
    --------
    >>> from losses import KTO
    >>> loss = KTO(undesirable_weight=2)
    >>> loss.value([True, False], [-20.0, -30.0], ref_logp=[-20.0, -30.0])
    0.75
    >>> loss.grad([True, False], [-20.0, -30.0], ref_logp=[-20.0, -30.0])
    array([-0.0125,  0.025 ])
    """

    beta: Positive = 0.1
    desirable_weight: Positive = 1.0
    undesirable_weight: Positive = 1.0

    is_convex: ClassVar[bool] = False
    is_differentiable: ClassVar[bool] = True
    is_twice_differentiable: ClassVar[bool] = True

    scalars: ClassVar[tuple[str, ...]] = ("kl",)

    def domains(self) -> Mapping[str, Interval]:
        """Return the domain of what is desirable."""
        return {"desirable": _DESIRABLE}

    def formula(
        self, desirable: FloatArray, logp: FloatArray, ref_logp: FloatArray, kl: FloatArray | float = 0.0
    ) -> FloatArray:
        """Return λ σ(−z), where z is the gain over the reference."""
        z, weight, _ = self._gain(desirable, logp, ref_logp, kl)
        return weight * sigmoid(-z)

    def derivative(
        self, desirable: FloatArray, logp: FloatArray, ref_logp: FloatArray, kl: FloatArray | float = 0.0
    ) -> FloatArray:
        """Return ∓βλ σ(z) σ(−z)."""
        z, weight, sign = self._gain(desirable, logp, ref_logp, kl)
        return -self.beta * sign * weight * sigmoid_slope(z)

    def second_derivative(
        self, desirable: FloatArray, logp: FloatArray, ref_logp: FloatArray, kl: FloatArray | float = 0.0
    ) -> FloatArray:
        """Return β²λ σ(z) σ(−z) (σ(z) − σ(−z)), the last factor as tanh(z/2)."""
        z, weight, _ = self._gain(desirable, logp, ref_logp, kl)
        return self.beta * self.beta * weight * sigmoid_slope(z) * np.tanh(z / 2)

    def curvature_formula(
        self, desirable: FloatArray, logp: FloatArray, ref_logp: FloatArray, kl: FloatArray | float = 0.0
    ) -> FloatArray:
        """Return β²λ σ(z) σ(−z), a bound of the second derivative, above the machine epsilon."""
        z, weight, _ = self._gain(desirable, logp, ref_logp, kl)
        bound: FloatArray = self.beta * self.beta * weight * sigmoid_slope(z)
        return floored(bound)

    def _gain(
        self, desirable: FloatArray, logp: FloatArray, ref_logp: FloatArray, kl: FloatArray | float
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return z = ±β(logp − ref_logp − kl), the weights λ, and the sign."""
        sign = 2 * desirable - 1
        weight = self.desirable_weight * desirable + self.undesirable_weight * (1 - desirable)
        return sign * self.beta * ((logp - ref_logp) - kl), weight, sign


Upper: TypeAlias = Annotated[float | None, _upper]


@dataclass(frozen=True, kw_only=True, repr=False)
class PPOClip(SampleLoss, OfActions):
    """Proximal policy optimization, clipped: −min(ρA, clip(ρ, 1 − ε, 1 + ε_high)A), ρ = exp(logp − old_logp).

    Its methods take ``(advantages, logp, *, old_logp)``. A is the advantage of an action (a token, or a whole answer)
    that the policy took, in units of reward; logp is the policy's log-probability of it, in nats, and ``old_logp=``
    that at the time when it was drawn. Where the clipped term is the smaller one, grad is 0; at the boundary itself it
    is that of the unclipped term. An upper bound of its own, ε_high > ε, lets improbable tokens gain more.

    Where the samples are the tokens of answers of different lengths, "mean" is the token-level mean: each token counts
    the same, and long answers count more. With ``sample_weight`` 1 over the length of the token's answer it is the
    sequence-level mean, of the answers' means: each answer counts the same, and tokens of long ones less. For padded
    arrays of shape (answers, tokens) and a mask of what isn't padding, these weights are ``mask`` and
    ``mask / mask.sum(axis=1, keepdims=True)``. PPO and DAPO take the first, GRPO the second.

    Parameters
    ----------
    epsilon : float, default 0.2
        ε in (0, 1), by how much the ratio ρ may leave 1 before there is nothing more to gain.
    epsilon_high : float, optional
        ε_high, by how much it may exceed 1; positive and finite. None means ε. DAPO takes 0.28.
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.

    References
    ----------
    Schulman et al. (2017), "Proximal policy optimization algorithms", arXiv:1707.06347, eq. (7); the upper bound and
    the token-level mean: Yu et al. (2025), "DAPO", arXiv:2503.14476, eq. (8); the sequence-level mean: Shao et al.
    (2024), "DeepSeekMath", arXiv:2402.03300, eq. (3).

    Examples
    --------
    >>> import numpy as np
    >>> from losses import PPOClip
    >>> loss, old = PPOClip(), np.log([0.5, 0.5])
    >>> round(loss.value([1.0, -1.0], np.log([0.75, 0.75]), old_logp=old), 12)
    0.15
    >>> loss.grad([1.0, -1.0], np.log([0.75, 0.75]), old_logp=old)
    array([0.  , 0.75])
    """

    epsilon: OpenFraction = 0.2
    epsilon_high: Upper = None

    is_convex: ClassVar[bool] = False
    is_differentiable: ClassVar[bool] = False
    is_twice_differentiable: ClassVar[bool] = False

    def formula(self, advantage: FloatArray, logp: FloatArray, old_logp: FloatArray) -> FloatArray:
        """Return −min(ρA, clip(ρ)A), which is −A min(ρ, 1 + ε_high) where A ≥ 0 and −A max(ρ, 1 − ε) elsewhere."""
        return -advantage * self._limited(advantage, _ratio(logp, old_logp))

    def derivative(self, advantage: FloatArray, logp: FloatArray, old_logp: FloatArray) -> FloatArray:
        """Return −ρA, or 0 where the ratio is limited."""
        ratio = _ratio(logp, old_logp)
        limited = self._limited(advantage, ratio)
        ratio[(limited < ratio) | (limited > ratio)] = 0
        return 0 - advantage * ratio  # rather than -0 where it is limited

    def second_derivative(self, advantage: FloatArray, logp: FloatArray, old_logp: FloatArray) -> FloatArray:
        """Return −ρA, or 0 where the ratio is limited: ρ is its own derivative with respect to logp."""
        return self.derivative(advantage, logp, old_logp)

    def curvature_formula(self, advantage: FloatArray, logp: FloatArray, old_logp: FloatArray) -> FloatArray:
        """Return ρ|A|, or the machine epsilon where the ratio is limited."""
        return floored(np.abs(self.derivative(advantage, logp, old_logp)))

    def _limited(self, advantage: FloatArray, ratio: FloatArray) -> FloatArray:
        """Return the ratio, limited on the side where the advantage would push it."""
        epsilon = ratio.dtype.type(self.epsilon)
        high = epsilon if self.epsilon_high is None else ratio.dtype.type(self.epsilon_high)
        return np.where(advantage >= 0, np.minimum(ratio, 1 + high), np.maximum(ratio, 1 - epsilon))


@dataclass(frozen=True, kw_only=True, repr=False)
class KLPenalty(SampleLoss, OfSampledAnswers):
    """Estimate of a Kullback-Leibler divergence from samples: exp(u) − u − 1, u = ref_logp − logp.

    Its methods take ``(ref_logp, logp)``, the log-probabilities in nats that the reference and the policy give to
    samples of the policy. The loss is never negative, and 0 where the two agree; a sample's loss and gradient have a
    relative error of at most 8 eps, also for tiny u, where the formula as written cancels.

    The mean of the *values* over samples of the policy π estimates KL(π‖π_ref), without bias and with less variance
    than −u has. The mean of the *gradients* belongs to another divergence: since the sum of π over all actions stays 1,
    the mean of ∇ log π over samples of π is 0, and what is left of the mean of (1 − π_ref/π) ∇ log π is −Σ π_ref ∇ log
    π. So with samples from the policy, gradient descent descends KL(π_ref‖π). Both divergences are 0 at π = π_ref
    alone, and agree near it to second order. To descend KL(π‖π_ref) itself, take β(logp − ref_logp) off the reward, as
    ``docs/examples/preferences.py`` does.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.

    References
    ----------
    Schulman (2020), "Approximating KL divergence", http://joschu.net/blog/kl-approx.html, the estimator k3.

    Examples
    --------
    >>> import numpy as np
    >>> from losses import KLPenalty
    >>> KLPenalty().value([-2.0, -2.0], [-2.0, -2.0 + 1e-9])
    2.5000004128685386e-19
    >>> KLPenalty().grad(np.log([0.25]), np.log([0.5]))
    array([0.5])
    """

    is_convex: ClassVar[bool] = True
    is_differentiable: ClassVar[bool] = True
    is_twice_differentiable: ClassVar[bool] = True

    def formula(self, ref_logp: FloatArray, logp: FloatArray) -> FloatArray:
        """Return exp(u) − 1 − u."""
        u, rest = _subtract(ref_logp, logp)
        far = np.expm1(u) * (1 + rest) - np.minimum(u, np.finfo(u.dtype).max)  # also where u is infinite
        return np.where(np.abs(u) < 1, exp_beyond_tangent(u), far)

    def derivative(self, ref_logp: FloatArray, logp: FloatArray) -> FloatArray:
        """Return 1 − exp(u)."""
        return np.where(np.abs(ref_logp - logp) < 1, -np.expm1(ref_logp - logp), 1 - _ratio(ref_logp, logp))

    def second_derivative(self, ref_logp: FloatArray, logp: FloatArray) -> FloatArray:
        """Return exp(u)."""
        return _ratio(ref_logp, logp)


def _ratio(log_p: FloatArray, log_q: FloatArray) -> FloatArray:
    """Return p/q."""
    u, rest = _subtract(log_p, log_q)
    ratio: FloatArray = np.exp(u) * (1 + rest)
    return ratio


def _subtract(a: FloatArray, b: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return a − b, and what rounding cut off (Knuth, "The Art of Computer Programming", volume 2, section 4.2.2).

    Without the rest, exp(100) would be wrong by up to 50 eps; exp(d + rest) is exp(d)(1 + rest).
    """
    d = a - b
    minus_b = d - a
    rest = (a - (d - minus_b)) - (b + minus_b)
    return d, np.clip(np.nan_to_num(rest, copy=False, nan=0), -0.5, 0.5)  # where it is more, exp(d) is 0 or infinite

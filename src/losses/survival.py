"""Survival losses: of times until an event, some of which are only known to lie beyond the end of the observation."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

import numpy as np

from losses._admission.arrays import as_array
from losses._admission.domains import Interval
from losses._admission.strata import StrataSamples
from losses._admission.times import EVENT_TIME, CensoredSamples
from losses._evaluation.by_stratum import by_stratum
from losses._evaluation.orders import CURVATURE, GRAD, HESS, VALUE, Order
from losses._loss.families import OfCensoredTimes, OfSurvivalTimes
from losses._loss.numeric import root
from losses._loss.parameters import Positive, by_parameters, choice
from losses._loss.samplewise import SampleLoss, floored
from losses._maths.intervals import DISTRIBUTIONS, Known
from losses._maths.risk_sets import RiskSets
from losses._maths.statistics import mean
from losses._types import Array, ArrayLike, FloatArray
from losses._walk.blocks import WHOLE

# --------------------------------------------------------------------------------------------- proportional hazards


Ties: TypeAlias = Annotated[Literal["breslow", "efron"], choice("breslow", "efron")]


@dataclass(frozen=True, kw_only=True, repr=False)
class Cox(OfSurvivalTimes):
    """Cox's partial likelihood: Σ over events i of wᵢ (log Σ_{j: tⱼ ≥ tᵢ} wⱼ e^sⱼ − sᵢ), s the log-risk.

    For time to an event, such as failure or churn, where only the order of the times counts, and of some items it is
    only known that they had no event so far. An event is compared with all the items that are then at risk: those of
    its stratum whose time isn't earlier. With ``ties="efron"``, among d events at one time the l-th sum
    (l = 0, …, d − 1) loses the part l/d of these d events' own we^s, and each sum weighs as much as their mean weight;
    this comes closer to what the unknown order would give than Breslow's form, in which nothing is lost.

    A stratum is one sample (`qid`; None means one stratum). "mean" divides by the weight of the events, "none" gives a
    number for each stratum in order of first appearance, and a stratum without events has the loss 0. Without any event
    the mean is 0, with no gradient.

    The weights belong to items, and are in the formula twice. So the gradient doesn't depend on their scale under
    "mean", but the value does: weights times c add log c to it. An integer weight is the same as so many copies with
    ``ties="breslow"``; with ``"efron"`` copies of an event would be tied events, which an event of that weight isn't.
    A weight of zero leaves an item out, before ties are counted. This is as in R's `coxph`.

    lifelines and statsmodels give the log-likelihood, which is less the sum over the events; XGBoost's `survival:cox`
    is Breslow's form without strata.

    A risk of −inf is no risk: an event there has the loss +inf. A risk set with a risk of +inf, or only risks of −inf,
    gives NaN. Sums are computed in float64, those of longdouble as such, each with a scale of its own: risks may differ
    by any amount. A sum over n numbers takes up to 2 log₂ n roundings. So a value is wrong by at most (16 + 4 log₂ n)
    eps, times the sum of its terms' sizes, and a derivative by as much times the weight of the events whose risk sets
    have the item. Time is O(n log n).

    Curvature: the diagonal of the Hessian, Σ over events i of wᵢ pᵢⱼ (1 − pᵢⱼ), kept above the machine epsilon of
    float64 times the item's weight.

    Parameters
    ----------
    ties : {"breslow", "efron"}, default "breslow"
        What to do with events at the same time.
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`; "none" gives a number for each stratum.

    References
    ----------
    Cox (1972), "Regression models and life-tables", section 5; Breslow (1974), "Covariance analysis of censored
    survival data"; Efron (1977), "The efficiency of Cox's likelihood function for censored data".

    Examples
    --------
    >>> from losses import Cox
    >>> time, event = [5.0, 8.0, 3.0], [True, False, True]
    >>> Cox().value(time, [0.0, 0.0, 0.0], event=event)  # (log 3 + log 2) / 2
    0.8958797346140275
    >>> Cox(reduction="sum").grad(time, [0.0, 0.0, 0.0], event=event)
    array([-0.16666667,  0.83333333, -0.66666667])
    """

    ties: Ties = "breslow"

    is_convex: ClassVar[bool] = True
    is_differentiable: ClassVar[bool] = True
    is_twice_differentiable: ClassVar[bool] = True

    _evaluate_block = by_stratum

    @property
    def exempt_laws(self) -> Mapping[int, str]:
        """The laws of weights, by number, that the formula rules out, and why."""
        laws = {4: "the weights stand in the logarithm, too: times c they add log c to the mean"}
        if self.ties == "efron":
            laws[2] = (
                "copies of an event are tied events, for which Efron's form differs from one event of their weight"
            )
        return laws

    def _admit(self, arguments: dict[str, Any], sample_weight: Any) -> StrataSamples:
        """Return the checked arguments of one call."""
        return StrataSamples(arguments, sample_weight, self.reduction == "mean")

    def _sums(self, samples: StrataSamples, orders: tuple[Order, ...]) -> list[FloatArray]:
        """Return each stratum's loss and each item's derivatives."""
        sets = RiskSets(samples.risks(), samples.levels, samples.item_weight, samples.bounds, self.ties == "efron")
        hooks = {VALUE: sets.losses, GRAD: sets.grad, HESS: sets.hess, CURVATURE: sets.hess}
        results = [hooks[order]() for order in orders]
        if orders[0] == VALUE and samples.log_unit:
            results[0] = results[0] + samples.log_unit * sets.event_weight()
        return results

    def _link(self, y_pred: Array) -> Array:
        """Return e^s, the hazard relative to that of an item with s = 0."""
        hazard: Array = np.exp(y_pred)
        return hazard


# ---------------------------------------------------------------------------------------------- accelerated failure


Distribution: TypeAlias = Annotated[Literal["normal", "logistic", "extreme"], choice(*DISTRIBUTIONS)]


@dataclass(frozen=True, kw_only=True, repr=False)
class AFT(SampleLoss, OfCensoredTimes):
    """Accelerated failure time: −log of the density of t, or of the probability of its interval; log t = s + scale · ε.

    For time to an event where the time itself is to be predicted, and of some items it is only known to be later than,
    earlier than, or between given times. With z = (log t − s)/scale, an event costs −log f(z) + log(scale · t), and a
    time between `lower` and `upper` −log(F(z_upper) − F(z_lower)). An item is an event where `upper` is `lower`, or not
    given; censored on the right where `upper` is inf, on the left where `lower` is 0; with both nothing is known of it,
    and its loss is 0.

    ======================  ==========================  =====================  =========================
    distribution            density f(z)                s is                   t follows the distribution
    ======================  ==========================  =====================  =========================
    "normal"                e^(−z²/2)/√(2π)             the mean of log t      log-normal
    "logistic"              e^z/(1 + e^z)²              the mean of log t      log-logistic
    "extreme"               e^z e^(−e^z)                the log of the scale   Weibull, of shape 1/scale
    ======================  ==========================  =====================  =========================

    As XGBoost's `survival:aft`, which clips the gradient to ±15 and the Hessian to [1e-16, 15]. The loss of an event is
    that of a density: it may be negative, and another unit of time adds a constant to it, but not to an interval's.

    z costs rounding errors of about eps (|log t| + |s|)/scale. But for those, values and gradients are exact to 16 eps
    of their largest term, in both tails, and however narrow an interval is (for "extreme", to 16 + |z| eps). Times are
    rounded to the dtype of s, so that with float32 very narrow intervals may become events. With longdouble, intervals
    of the normal distribution are computed in float64.

    Curvature: the Hessian, which is never negative, kept above the machine epsilon.

    Parameters
    ----------
    distribution : {"normal", "logistic", "extreme"}, default "normal"
        The distribution of (log t − s)/scale; "extreme" is that of the smallest of many values (Gumbel).
    scale : float, default 1.0
        The scale of the distribution of log t, without unit; positive.
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.

    References
    ----------
    Barnwal, Cho and Hocking (2022), "Survival regression with accelerated failure time model in XGBoost", section 2;
    Kalbfleisch and Prentice (2002), "The Statistical Analysis of Failure Time Data", 2nd ed., section 3.6.

    Examples
    --------
    >>> import numpy as np
    >>> from losses import AFT
    >>> loss = AFT(distribution="logistic")
    >>> loss.value([1.0, 1.0], [0.0, 0.0])  # two events
    1.3862943611198906
    >>> loss.value([1.0, 1.0], [0.0, 0.0], upper=[1.0, np.inf])  # an event and a time censored on the right
    1.0397207708399179
    >>> loss.grad([1.0, 1.0], [0.0, 0.0], upper=[1.0, np.inf])
    array([ 0.  , -0.25])
    """

    distribution: Distribution = "normal"
    scale: Positive = 1.0

    is_convex: ClassVar[bool] = True
    is_differentiable: ClassVar[bool] = True
    is_twice_differentiable: ClassVar[bool] = True

    @by_parameters
    def lipschitz(self) -> float | None:
        """1/scale for the logistic distribution, else none."""
        return 1 / self.scale if self.distribution == "logistic" else None

    @by_parameters
    def smoothness(self) -> float | None:
        """1/scale² for the normal distribution, half of it for the logistic one, else none."""
        largest = {"normal": 1.0, "logistic": 0.5}.get(self.distribution)
        return None if largest is None else largest / self.scale / self.scale

    def domains(self) -> Mapping[str, Interval]:
        """Return what `lower` may hold where `upper` isn't given."""
        return {"lower": EVENT_TIME}

    def _admit(self, arguments: dict[str, Any], sample_weight: Any) -> CensoredSamples:
        """Return the checked arguments of one call."""
        return CensoredSamples(arguments, sample_weight, self.reduction == "mean")

    def formula(self, lower: FloatArray, s: FloatArray, upper: FloatArray | None = None) -> FloatArray:
        """Return −log f(z) + log(scale · t), or −log(F(z_upper) − F(z_lower))."""
        return self._of_each(lower, s, upper, VALUE)[0]

    def derivative(self, lower: FloatArray, s: FloatArray, upper: FloatArray | None = None) -> FloatArray:
        """Return the derivative of `formula` with respect to s."""
        return self._of_each(lower, s, upper, GRAD)[0]

    def second_derivative(self, lower: FloatArray, s: FloatArray, upper: FloatArray | None = None) -> FloatArray:
        """Return the second derivative of `formula` with respect to s."""
        return self._of_each(lower, s, upper, HESS)[0]

    def formula_and_derivative(
        self, lower: FloatArray, s: FloatArray, upper: FloatArray | None = None
    ) -> tuple[FloatArray, FloatArray]:
        """Return `formula` and `derivative`, with what they share computed once."""
        value, slope = self._of_each(lower, s, upper, VALUE, GRAD)
        return value, slope

    def derivative_and_curvature(
        self, lower: FloatArray, s: FloatArray, upper: FloatArray | None = None
    ) -> tuple[FloatArray, FloatArray]:
        """Return `derivative` and `curvature_formula`, with what they share computed once."""
        slope, bend = self._of_each(lower, s, upper, GRAD, HESS)
        return slope, floored(bend)

    def _of_each(self, lower: FloatArray, s: FloatArray, upper: FloatArray | None, *orders: Order) -> list[FloatArray]:
        """Return losses or derivatives, of events and of intervals each by their own formula."""
        if upper is None:
            return self._of_events(lower, s, orders)
        is_event = lower == upper
        every = [np.empty_like(s) for _ in orders]
        for chosen, results in (
            (is_event, self._of_events(lower[is_event], s[is_event], orders)),
            (~is_event, self._of_intervals(lower[~is_event], s[~is_event], upper[~is_event], orders)),
        ):
            for array, result in zip(every, results, strict=True):
                array[chosen] = result
        return every

    def _of_events(self, t: FloatArray, s: FloatArray, orders: tuple[Order, ...]) -> list[FloatArray]:
        exactly, _ = DISTRIBUTIONS[self.distribution]
        log_t = np.log(t)
        results = self._scaled(exactly((log_t - s) / self.scale), orders)
        if orders[0] == VALUE:
            results[0] = results[0] + (log_t + math.log(self.scale))
        return results

    def _of_intervals(
        self, lower: FloatArray, s: FloatArray, upper: FloatArray, orders: tuple[Order, ...]
    ) -> list[FloatArray]:
        _, between = DISTRIBUTIONS[self.distribution]
        start, end = np.log(lower), np.log(upper)
        narrow = upper - lower < lower
        width = np.where(narrow, np.log1p((upper - lower) / lower), end - start)
        a, b = (self._z(log_t, s) for log_t in (start, end))
        return self._scaled(between(a, b, width / self.scale), orders)

    def _z(self, log_t: FloatArray, s: FloatArray) -> FloatArray:
        """Return (log t − s)/scale; at an infinite end it is infinite whatever s is, but for NaN."""
        finite = np.finfo(s.dtype).max
        z: FloatArray = (log_t - np.where(np.isinf(log_t), s.clip(-finite, finite), s)) / self.scale
        return z

    def _scaled(self, known: Known, orders: tuple[Order, ...]) -> list[FloatArray]:
        """Return losses or derivatives with respect to s, given what is known of z."""
        results = []
        for order in orders:
            if order == VALUE:
                results.append(known.loss())
            else:
                results.append(known.slope() / self.scale if order == GRAD else known.bend() / self.scale / self.scale)
        return results

    def best_constant(
        self, y_true: ArrayLike, sample_weight: ArrayLike | None = None, *, upper: ArrayLike | None = None
    ) -> float:
        """Return the constant s with the least loss.

        Parameters
        ----------
        y_true : array_like
            `lower`, as for `value`.
        sample_weight : array_like, optional
            As for `value`.
        upper : array_like, optional
            As for `value`.

        Returns
        -------
        float
            0.0 if nothing is known of any time.

        Raises
        ------
        ValueError
            If no sample has a positive weight, or all the times are censored on the right, or all on the left: the loss
            falls without end.

        Examples
        --------
        >>> from losses import AFT
        >>> AFT().best_constant([1.0, np.e, np.e])  # the mean of log t
        0.6666666666666666
        """
        lower = as_array("lower", y_true)
        named = {} if upper is None else {"upper": upper}
        samples = self._admit({"lower": lower, "s": np.zeros(lower.shape), **named}, sample_weight)
        (start, _, *ends), weight = samples.take(WHOLE)
        kept = slice(None) if weight is None else weight > 0
        start, end = start[kept], (ends[0] if ends else start)[kept]
        weight = np.ones(len(start)) if weight is None else weight[kept]
        if not len(start):
            raise ValueError("lower holds no sample of positive weight, so that no constant is the best")
        later, earlier = bool((start > 0).any()), bool((end < np.inf).any())
        if not later and not earlier:
            return 0.0
        if not later or not earlier:
            side, limit = ("left", "−") if earlier else ("right", "+")
            raise ValueError(
                f"by lower and upper all the times are censored on the {side}: the loss falls without end, as its "
                f"infimum over constant predictions lies at {limit}infinity"
            )
        if self.distribution == "normal" and not ends:
            return mean(np.log(start), weight)
        with np.errstate(all="ignore"):
            known = np.log(np.concatenate([start[start > 0], end[end < np.inf]]))
            slope = functools.partial(self._total_slope, start, end, weight)
            return root(slope, *_bracket(slope, float(known.min()), float(known.max()), self.scale))

    def _total_slope(self, lower: FloatArray, upper: FloatArray, weight: FloatArray, s: float) -> float:
        """Return the derivative of the sum of the losses with respect to a constant prediction."""
        return float(np.sum(weight * self.derivative(lower, np.full_like(lower, s), upper)))

    def _link(self, y_pred: Array) -> Array:
        """Return e^s, a time."""
        time: Array = np.exp(y_pred)
        return time


def _bracket(slope: Callable[[float], float], low: float, high: float, step: float) -> tuple[float, float]:
    """Return points beyond `low` and `high` where an ascending function is negative and positive."""
    low, high = low - step, high + step
    while slope(low) > 0 or slope(high) < 0:
        step *= 2
        low, high = low - step, high + step
    return low, high

"""Losses of regions, such as masks of images: a sample is an entry of the first axis, with all that lies below it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from losses._admission.arrays import as_array
from losses._admission.domains import LABEL, PROBABILITY, Interval
from losses._admission.regions import RegionSamples
from losses._evaluation.by_region import by_region
from losses._evaluation.orders import GRAD, HESS, Order
from losses._loss.constants import admit_targets
from losses._loss.families import OfPredictions
from losses._loss.numeric import least_between
from losses._loss.parameters import NotNegative, by_parameters
from losses._loss.samplewise import floored
from losses._types import ArrayLike, FloatArray

_DOMAINS = {
    "y_true": LABEL,
    "y_pred": Interval(PROBABILITY.rule, 0.0, 1.0, "; if these are logits, pass 1 / (1 + np.exp(-y_pred))"),
}


@dataclass(frozen=True, kw_only=True, repr=False)
class _Overlap(OfPredictions):
    """Base of the losses 1 − N/D with N = Σyp + k, D = Σyp + αΣ(1 − y)p + βΣy(1 − p) + k, computed as (D − N)/D."""

    core: ClassVar[Mapping[str, tuple[str, ...]]] = {"y_true": ("entry",), "y_pred": ("entry",)}

    smooth: NotNegative = 1.0

    _evaluate_block = by_region

    is_convex: ClassVar[bool] = False

    @by_parameters
    def is_differentiable(self) -> bool:
        """Unless nothing is added to the denominator, which may then be 0."""
        return self._weights()[2] > 0

    @by_parameters
    def is_twice_differentiable(self) -> bool:
        """Where it is differentiable."""
        return self._weights()[2] > 0

    def domains(self) -> Mapping[str, Interval]:
        """Return the domains of label and probability."""
        return _DOMAINS

    def _weights(self) -> tuple[float, float, float]:
        """Return α, β and k."""
        raise NotImplementedError

    def _admit(self, arguments: dict[str, Any], sample_weight: Any) -> RegionSamples:
        """Return the checked arguments of one call."""
        return RegionSamples(arguments, self.domains(), sample_weight, self.reduction == "mean")

    def best_constant(self, y_true: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """Return the constant probability with the least loss, one for all the entries of all regions."""
        array = as_array("y_true", y_true)
        y, weight = admit_targets(array, sample_weight, LABEL, max(array.ndim - 1, 0))
        on = y.reshape(len(y), -1).sum(axis=1)
        off = y[0].size - on

        @np.errstate(all="ignore")
        def at(c: float) -> float:
            return float(weight @ self._loss(np.array([on * c, off * c, on * (1 - c)])))

        return least_between(at, 0.0, 1.0)

    def _sums(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return Σyp, Σ(1 − y)p and Σy(1 − p) of a part of some regions."""
        wide = np.result_type(y.dtype, np.float64)
        return np.array([each.sum(axis=1, dtype=wide) for each in (y * p, (1 - y) * p, y * (1 - p))])

    def _parts(self, sums: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return N, D − N, and D, or infinity where D is 0, and all that is divided by it counts as 0."""
        alpha, beta, smooth = self._weights()
        hit, false, missed = sums
        wrong = alpha * false + beta * missed
        whole = hit + wrong + smooth
        return hit + smooth, wrong, np.where(whole == 0, np.inf, whole)

    def _loss(self, sums: FloatArray) -> FloatArray:
        _, wrong, whole = self._parts(sums)
        return wrong / whole

    def _slope(self, order: Order, sums: FloatArray, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return αN/D² where a label is off and −(D − N + βN)/D² where it is on, or the second derivatives."""
        alpha, beta, _ = self._weights()
        right, wrong, whole = self._parts(sums)

        def spread(off: FloatArray, on: FloatArray) -> FloatArray:
            off, on = (each[:, np.newaxis].astype(p.dtype, copy=False) for each in (off, on))
            mixed: FloatArray = (1 - y) * off + y * on
            return mixed

        slope = spread(alpha * (right / whole) / whole, -((wrong + beta * right) / whole) / whole)
        if order == GRAD:
            return slope
        bend: FloatArray = slope * spread(-2 * alpha / whole, -2 * (1 - beta) / whole)
        return bend if order == HESS else floored(np.abs(bend))


@dataclass(frozen=True, kw_only=True, repr=False)
class Dice(_Overlap):
    """Dice loss of regions, by how much two masks miss each other: 1 − (2Σyp + k)/(Σy + Σp + k).

    y_true holds masks y: 0 and 1, or numbers between; y_pred probabilities p, of the same shape. A sample is an entry
    of the first axis, and the sums run over all that lies below it: of ``(images, height, width)`` each image is a
    sample, of ``(images, classes, height, width)`` the classes of an image share one sum. Sample weights have the shape
    ``(len(y_pred),)``. k is ``smooth=``; without it, regions that are empty in both masks, 0/0, have loss 0 and no
    gradient.

    As MONAI's `DiceLoss`, which adds its two constants ``smooth_nr`` and ``smooth_dr`` to numerator and denominator;
    without `squared_pred`. It is computed as (Σ(1 − y)p + Σy(1 − p))/(Σy + Σp + k), so that masks which nearly agree
    keep their digits. Probabilities aren't clipped, since no logarithm is taken.

    Curvature: the size of the second derivative, kept above the machine epsilon. `best_constant` is one probability for
    all entries.

    Parameters
    ----------
    smooth : float, default 1.0
        k, finite and not negative, in entries of a region: the larger, the less small regions count.
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.

    References
    ----------
    Milletari, Navab and Ahmadi (2016), "V-Net: fully convolutional neural networks for volumetric medical image
    segmentation", arXiv:1606.04797, section 3, without squares; Sudre et al. (2017), arXiv:1707.03237, eq. (1).

    Examples
    --------
    >>> from losses import Dice
    >>> Dice().value([[1, 1, 0, 0]], [[1.0, 0.5, 0.5, 0.0]])
    0.2
    >>> Dice(smooth=0).grad([[1, 0], [0, 0]], [[0.5, 0.5], [0.0, 0.0]])
    array([[-0.375,  0.125],
           [ 0.   ,  0.   ]])
    """

    def _weights(self) -> tuple[float, float, float]:
        return 0.5, 0.5, self.smooth / 2


@dataclass(frozen=True, kw_only=True, repr=False)
class Tversky(_Overlap):
    """Tversky loss of regions, Dice with two prices: 1 − (Σyp + k)/(Σyp + αΣ(1 − y)p + βΣy(1 − p) + k).

    As `Dice`, which is α = β = ½ with twice the k; but what is predicted and isn't there costs α, and what is there and
    isn't predicted β. With β > α fewer entries are missed. α = β = 1 is one less the intersection over the union. A
    sample is an entry of the first axis. Where the denominator is 0, the loss is 0 and has no gradient.

    As MONAI's `TverskyLoss`. It is computed as (αΣ(1 − y)p + βΣy(1 − p)) over the denominator, so that masks which
    nearly agree keep their digits.

    Curvature: the size of the second derivative, kept above the machine epsilon. `best_constant` is one probability for
    all entries.

    Parameters
    ----------
    alpha : float, default 0.5
        α, the price of an entry that is predicted and isn't there; finite and not negative.
    beta : float, default 0.5
        β, the price of an entry that is there and isn't predicted; finite and not negative.
    smooth : float, default 1.0
        k, finite and not negative, in entries of a region.
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.

    References
    ----------
    Salehi, Erdogmus and Gholipour (2017), "Tversky loss function for image segmentation using 3D fully convolutional
    deep networks", arXiv:1706.05721, eq. (3).

    Examples
    --------
    >>> from losses import Tversky
    >>> Tversky(alpha=0.25, beta=0.75, smooth=0).value([[1, 1, 0, 0]], [[1.0, 0.5, 0.5, 0.0]])
    0.25
    """

    alpha: NotNegative = 0.5
    beta: NotNegative = 0.5

    def _weights(self) -> tuple[float, float, float]:
        return self.alpha, self.beta, self.smooth

"""Losses of embeddings: vectors that are trained to lie near each other where they belong together.

`CosineDistance`, `Contrastive`, `HingeEmbedding`, `MarginRanking` and `Triplet` take a pair or a triple at a time.
`InfoNCE` and `SupCon` compare all the vectors of a batch with each other, in blocks: the n × n similarities are never
held at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from losses._admission.arrays import as_array
from losses._admission.domains import Ends, Interval, NonZeroRows
from losses._loss.constants import admit_targets
from losses._loss.families import OfDistances, OfOrderedPairs, OfPredictions, OfSignedDistances, OfTriples
from losses._loss.parameters import NotNegative, Positive
from losses._loss.samplewise import SampleLoss
from losses._maths.vectors import lengths, row_products, unit_rows
from losses._types import ArrayLike, FloatArray
from losses._walk.blocks import WHOLE

_DIRECTION = NonZeroRows("a vector of zeros has no direction, and so no cosine")
_SAME = Interval("same must be True or False, or a number in [0, 1]", 0.0, 1.0)
_SIGN = Ends("a sign must be -1 or 1", -1.0, 1.0)


# ---------------------------------------------------------------------------------------------- two vectors or numbers


@dataclass(frozen=True, kw_only=True, repr=False)
class CosineDistance(SampleLoss, OfPredictions):
    """Cosine distance: 1 − cos(y, ŷ), with cos(y, ŷ) = y·ŷ / (‖y‖ ‖ŷ‖).

    For targets that are directions, such as the embeddings of another model. The last axis holds a vector, which is one
    sample; its length is no matter. A vector of zeros has no direction and is a ValueError.

    It is computed as ½‖y/‖y‖ − ŷ/‖ŷ‖‖², so that it is never negative, and loses less where the vectors hardly differ.
    Keras's `CosineSimilarity` is −cos; PyTorch's `cosine_embedding_loss` is the same for pairs that belong together.
    Vectors of any length, 1e-200 or 1e200, are safe. With d numbers in a vector, values are wrong by at most
    (16 + d/8) eps of their largest term, derivatives by as much over ‖ŷ‖ or ‖ŷ‖².

    Curvature: that of ½‖y/‖y‖ − v‖² if v = ŷ/‖ŷ‖ were linear in ŷ (Gauss-Newton), (1 − vᵢ²)/‖ŷ‖², kept above the
    machine epsilon over ‖ŷ‖².

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.

    References
    ----------
    Singhal (2001), "Modern information retrieval: a brief overview", section 2.1.

    Examples
    --------
    >>> from losses import CosineDistance
    >>> CosineDistance(reduction="none").value([[1.0, 0.0], [1.0, 0.0]], [[2.0, 0.0], [0.0, 3.0]])
    array([0., 1.])
    >>> CosineDistance().grad([[1.0, 0.0]], [[0.0, 2.0]])
    array([[-0.5,  0. ]])
    """

    core: ClassVar[Mapping[str, tuple[str, ...]]] = {"y_true": ("feature",), "y_pred": ("feature",)}
    temporaries: ClassVar[int] = 2

    is_differentiable: ClassVar[bool] = True
    is_twice_differentiable: ClassVar[bool] = True

    def domains(self) -> Mapping[str, Interval]:
        """Return that vectors must not be zero."""
        return {"y_true": _DIRECTION, "y_pred": _DIRECTION}

    def _admit(self, arguments: dict[str, Any], sample_weight: Any) -> Any:
        """Return the checked arguments of one call."""
        samples = super()._admit(arguments, sample_weight)
        samples.unit = "row"
        return samples

    def formula(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return ½‖u − v‖²."""
        return self.formula_and_derivative(y, p)[0]

    def derivative(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return (cos · v − u)/‖ŷ‖."""
        return self.formula_and_derivative(y, p)[1]

    def formula_and_derivative(self, y: FloatArray, p: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return `formula` and `derivative`, with what they share computed once."""
        (u, _), (v, length) = unit_rows(y), unit_rows(p)
        gap = np.subtract(v, u, out=u)
        value = row_products(gap, gap) / 2
        v *= value[:, np.newaxis]
        gap -= v
        gap /= length[:, np.newaxis]
        return value, gap

    def second_derivative(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return (2uᵢvᵢ − 3 cos · vᵢ² + cos)/‖ŷ‖²."""
        (u, _), (v, length) = unit_rows(y), unit_rows(p)
        cosine = row_products(u, v)[:, np.newaxis]
        inverse = 1 / length[:, np.newaxis]
        bend: FloatArray = (2 * u * v - 3 * cosine * v * v + cosine) * inverse * inverse
        return bend

    def curvature_formula(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return (1 − vᵢ²)/‖ŷ‖² above a floor."""
        v, length = unit_rows(p)
        limits = np.finfo(p.dtype)
        inverse = 1 / length[:, np.newaxis]
        bend = np.maximum(1 - v * v, limits.eps) * inverse * inverse
        floored: FloatArray = np.clip(bend, limits.tiny, limits.max)
        return floored

    @np.errstate(all="ignore")
    def best_constant(self, y_true: ArrayLike, sample_weight: ArrayLike | None = None) -> FloatArray:
        """Return the mean direction of the targets, a vector of length 1; see `Loss.best_constant`."""
        array = as_array("y_true", y_true)
        if array.ndim == 0:
            raise ValueError("y_true has shape (), but its last axis must hold vectors")
        y, weight = admit_targets(array, sample_weight, None, axes=1)
        _DIRECTION.check("y_true", y, WHOLE)
        total = weight @ unit_rows(y)[0]
        if not np.linalg.norm(total) > y.shape[-1] * np.finfo(np.float64).eps * weight.sum():
            raise ValueError("the directions of y_true cancel: every constant prediction is equally good")
        direction: FloatArray = unit_rows(total[np.newaxis])[0][0]
        return direction


@dataclass(frozen=True, kw_only=True, repr=False)
class Contrastive(SampleLoss, OfDistances):
    """Contrastive loss of distances: y d² + (1 − y) max(0, m − d)², y = 1 for a pair that belongs together.

    It draws such pairs together, and pushes others apart until their distance d is m. Hadsell et al. have a factor ½.
    Compute d from two embeddings, and propagate its gradient to them; or use `Triplet` or `InfoNCE`, which take the
    embeddings themselves. y may lie between 0 and 1 where a pair belongs together in part.

    Curvature: the second derivative, 2(y + (1 − y)[d < m]), kept above the machine epsilon.

    Parameters
    ----------
    margin : float, default 1.0
        m, in the units of d; positive.
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.

    References
    ----------
    Hadsell, Chopra and LeCun (2006), "Dimensionality reduction by learning an invariant mapping", eq. (4).

    Examples
    --------
    >>> from losses import Contrastive
    >>> Contrastive(reduction="none").value([1, 0, 0], [0.5, 0.5, 2.0])
    array([0.25, 0.25, 0.  ])
    >>> Contrastive(reduction="sum").grad([1, 0, 0], [0.5, 0.5, 2.0])
    array([ 1., -1.,  0.])
    """

    margin: Positive = 1.0

    temporaries: ClassVar[int] = 2

    is_convex: ClassVar[bool] = True
    is_differentiable: ClassVar[bool] = True
    is_twice_differentiable: ClassVar[bool] = False
    smoothness: ClassVar[float] = 2.0

    def domains(self) -> Mapping[str, Interval]:
        """Return what `same` may hold."""
        return {"same": _SAME}

    def _slopes_of(self, same: FloatArray, distance: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return y d, (1 − y) max(0, m − d), and the latter maximum; 0 times infinity is 0."""
        gap = np.maximum(distance.dtype.type(self.margin) - distance, 0)
        return times(same, distance), times(1 - same, gap), gap

    def formula(self, same: FloatArray, distance: FloatArray) -> FloatArray:
        """Return y d² + (1 − y) max(0, m − d)²."""
        pull, push, gap = self._slopes_of(same, distance)
        return times(pull, distance) + times(push, gap)

    def derivative(self, same: FloatArray, distance: FloatArray) -> FloatArray:
        """Return 2(y d − (1 − y) max(0, m − d))."""
        pull, push, _ = self._slopes_of(same, distance)
        return 2 * (pull - push)

    def formula_and_derivative(self, same: FloatArray, distance: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return `formula` and `derivative`, with what they share computed once."""
        pull, push, gap = self._slopes_of(same, distance)
        return times(pull, distance) + times(push, gap), 2 * (pull - push)

    def second_derivative(self, same: FloatArray, distance: FloatArray) -> FloatArray:
        """Return 2(y + (1 − y)[d < m])."""
        bend: FloatArray = 2 * np.maximum(same, distance < distance.dtype.type(self.margin))
        return bend


def times(factor: FloatArray, x: FloatArray) -> FloatArray:
    """Return a product that is 0 where the factor is 0, also if x is infinite."""
    product: FloatArray = factor * x
    if not np.isfinite(product).all():
        product[(factor == 0) & ~np.isnan(x)] = 0
    return product


@dataclass(frozen=True, kw_only=True, repr=False)
class HingeEmbedding(SampleLoss, OfSignedDistances):
    """Hinge of distances: d where the sign is 1, for a pair that belongs together, else max(0, m − d).

    As PyTorch's `hinge_embedding_loss`. Where d = m the derivative of a pair that doesn't belong together is 0.
    Curvature: the constant 1.

    Parameters
    ----------
    margin : float, default 1.0
        m, in the units of d; positive.
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.

    References
    ----------
    PyTorch's `HingeEmbeddingLoss`.

    Examples
    --------
    >>> from losses import HingeEmbedding
    >>> HingeEmbedding(reduction="none").value([1, -1, -1], [0.5, 0.75, 2.0])
    array([0.5 , 0.25, 0.  ])
    >>> HingeEmbedding(reduction="sum").grad([1, -1, -1], [0.5, 0.75, 2.0])
    array([ 1., -1.,  0.])
    """

    margin: Positive = 1.0

    is_convex: ClassVar[bool] = True
    is_differentiable: ClassVar[bool] = False
    is_twice_differentiable: ClassVar[bool] = False
    lipschitz: ClassVar[float] = 1.0

    def domains(self) -> Mapping[str, Interval]:
        """Return what a sign may be."""
        return {"sign": _SIGN}

    def formula(self, sign: FloatArray, distance: FloatArray) -> FloatArray:
        """Return d or max(0, m − d)."""
        gap = np.maximum(distance.dtype.type(self.margin) - distance, 0)
        return np.where(sign > 0, distance, gap)

    def derivative(self, sign: FloatArray, distance: FloatArray) -> FloatArray:
        """Return 1 or −[d < m]."""
        far = (sign < 0) & (distance >= distance.dtype.type(self.margin))
        slope = np.where(far, 0, sign)
        slope[np.isnan(distance)] = np.nan
        return slope

    def second_derivative(self, sign: FloatArray, distance: FloatArray) -> FloatArray:
        """Return 0."""
        return np.zeros_like(distance)

    def curvature_formula(self, sign: FloatArray, distance: FloatArray) -> FloatArray:
        """Return 1."""
        return np.ones_like(distance)


@dataclass(frozen=True, kw_only=True, repr=False)
class MarginRanking(SampleLoss, OfOrderedPairs):
    """Hinge of a pair of scores: max(0, m − s·(first − second)), s = 1 where the first should be the larger one.

    As PyTorch's `margin_ranking_loss`. There is a gradient for each of the two; both are 0 where the loss reaches 0.
    For all the pairs of ranked lists use `PairwiseHinge`. Curvature: the constant 1.

    Parameters
    ----------
    margin : float, default 0.0
        m, in the units of the scores; not negative.
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.

    References
    ----------
    Herbrich, Graepel and Obermayer (2000), "Large margin rank boundaries for ordinal regression", section 7.3.

    Examples
    --------
    >>> from losses import MarginRanking
    >>> loss = MarginRanking(margin=1.0, reduction="sum")
    >>> loss.value([1, -1], [0.5, 0.5], [0.0, 0.0])
    2.0
    >>> loss.grad([1, -1], [0.5, 0.5], [0.0, 0.0])
    (array([-1.,  1.]), array([ 1., -1.]))
    """

    margin: NotNegative = 0.0

    temporaries: ClassVar[int] = 2

    is_convex: ClassVar[bool] = True
    is_differentiable: ClassVar[bool] = False
    is_twice_differentiable: ClassVar[bool] = False
    lipschitz: ClassVar[float] = 2.0**0.5

    def domains(self) -> Mapping[str, Interval]:
        """Return what a sign may be."""
        return {"sign": _SIGN}

    def formula(self, sign: FloatArray, first: FloatArray, second: FloatArray) -> FloatArray:
        """Return max(0, m − s·(first − second))."""
        return np.maximum(first.dtype.type(self.margin) - sign * (first - second), 0)

    def derivative(self, sign: FloatArray, first: FloatArray, second: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return ∓s where the loss is positive, else 0."""
        slope = sign * active(self.formula(sign, first, second))
        return 0 - slope, slope

    def second_derivative(
        self, sign: FloatArray, first: FloatArray, second: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Return 0."""
        return np.zeros_like(first), np.zeros_like(second)

    def curvature_formula(
        self, sign: FloatArray, first: FloatArray, second: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Return 1."""
        return np.ones_like(first), np.ones_like(second)


def active(losses: FloatArray) -> FloatArray:
    """Return 1 where a hinge's loss is positive, 0 where it is 0, and NaN where it is NaN."""
    return np.sign(losses)


# ------------------------------------------------------------------------------------------------------ three vectors

Three = tuple[FloatArray, FloatArray, FloatArray]


@dataclass(frozen=True, kw_only=True, repr=False)
class Triplet(SampleLoss, OfTriples):
    """Triplet loss: max(0, ‖a − p‖ − ‖a − n‖ + m), of anchors a, positives p and negatives n.

    The anchor should lie nearer to the positive, which belongs to it, than to the negative, by the margin m. The last
    axis holds a vector; three of them are one sample, and there is a gradient for each of the three. All are 0 where
    the loss reaches 0. At a distance of 0, which has no gradient, 0 is taken, and in `hess` as well.

    PyTorch's `triplet_margin_loss` adds 1e-6 to each coordinate of the differences, for which values differ by as much;
    Schroff et al. square the distances. Vectors of any size, 1e-200 or 1e200, are safe. With d numbers in a vector,
    values are wrong by at most (16 + d/8) eps of their largest term, derivatives by as much, absolutely.

    Curvature: the constant 1.

    Parameters
    ----------
    margin : float, default 1.0
        m, in the units of the distances; not negative.
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.

    References
    ----------
    Balntas et al. (2016), "Learning local feature descriptors with triplets and shallow convolutional neural networks",
    eq. (3); with squares: Schroff, Kalenichenko and Philbin (2015), "FaceNet", eq. (3).

    Examples
    --------
    >>> from losses import Triplet
    >>> anchor, positive, negative = [[0.0, 0.0]], [[3.0, 4.0]], [[0.0, 2.0]]
    >>> Triplet().value(anchor, positive, negative)
    4.0
    >>> Triplet().grad(anchor, positive, negative)
    (array([[-0.6,  0.2]]), array([[0.6, 0.8]]), array([[ 0., -1.]]))
    """

    margin: NotNegative = 1.0

    core: ClassVar[Mapping[str, tuple[str, ...]]] = dict.fromkeys(("anchor", "positive", "negative"), ("feature",))

    is_differentiable: ClassVar[bool] = False
    is_twice_differentiable: ClassVar[bool] = False

    def _admit(self, arguments: dict[str, Any], sample_weight: Any) -> Any:
        """Return the checked arguments of one call."""
        samples = super()._admit(arguments, sample_weight)
        samples.unit = "row"
        return samples

    def formula(self, anchor: FloatArray, positive: FloatArray, negative: FloatArray) -> FloatArray:
        """Return max(0, ‖a − p‖ − ‖a − n‖ + m)."""
        return self._hinge(lengths(anchor - positive), lengths(anchor - negative))

    def _hinge(self, near: FloatArray, far: FloatArray) -> FloatArray:
        return np.maximum(near - far + near.dtype.type(self.margin), 0)

    def derivative(self, anchor: FloatArray, positive: FloatArray, negative: FloatArray) -> Three:
        """Return u − v, −u and v where the loss is positive: the directions of a − p and a − n."""
        return self.formula_and_derivative(anchor, positive, negative)[1]

    def formula_and_derivative(
        self, anchor: FloatArray, positive: FloatArray, negative: FloatArray
    ) -> tuple[FloatArray, Three]:
        """Return `formula` and `derivative`, with what they share computed once."""
        (u, near), (v, far) = unit_rows(anchor - positive), unit_rows(anchor - negative)
        value = self._hinge(near, far)
        on = active(value)[:, np.newaxis]
        u *= on
        v *= on
        return value, (u - v, np.negative(u, out=u), v)

    def second_derivative(self, anchor: FloatArray, positive: FloatArray, negative: FloatArray) -> Three:
        """Return the differences of (1 − u²)/‖a − p‖ and (1 − v²)/‖a − n‖, and each of them."""
        (u, near), (v, far) = unit_rows(anchor - positive), unit_rows(anchor - negative)
        on = active(self._hinge(near, far))
        bends = []
        for direction, distance in ((u, near), (v, far)):
            inverse = on / np.where(distance == 0, np.inf, distance)
            bends.append((1 - direction * direction) * inverse[:, np.newaxis])
        return bends[0] - bends[1], bends[0], 0 - bends[1]

    def curvature_formula(self, anchor: FloatArray, positive: FloatArray, negative: FloatArray) -> Three:
        """Return 1."""
        return np.ones_like(anchor), np.ones_like(positive), np.ones_like(negative)

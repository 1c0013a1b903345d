"""Losses of embeddings: vectors that are trained to lie near each other where they belong together.

`CosineDistance`, `Contrastive`, `HingeEmbedding`, `MarginRanking` and `Triplet` take a pair or a triple at a time.
`InfoNCE` and `SupCon` compare all the vectors of a batch with each other, in blocks: the n × n similarities are never
held at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np

from losses._admission.arrays import as_array
from losses._admission.batches import BatchSamples, LabelledBatch
from losses._admission.domains import DIRECTION, Ends, Interval
from losses._evaluation.by_batch import by_batch
from losses._loss.constants import admit_targets
from losses._loss.families import (
    OfDistances,
    OfLabelledVectors,
    OfOrderedPairs,
    OfPredictions,
    OfQueriesAndKeys,
    OfSignedDistances,
    OfTriples,
)
from losses._loss.parameters import NotNegative, Positive
from losses._loss.samplewise import SampleLoss, floored
from losses._maths.logistic import softplus
from losses._maths.similarities import compared
from losses._maths.vectors import lengths, row_products, unit_rows
from losses._types import ArrayLike, FloatArray
from losses._walk.blocks import WHOLE

_SAME = Interval("same must be True or False, or a number in [0, 1]", 0.0, 1.0, "; for -1 and 1 pass same == 1")
_SIGN = Ends("a sign must be -1 or 1", -1.0, 1.0, "; for 0 and 1 pass np.where(sign, 1, -1)")


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
    machine epsilon.

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
        return {"y_true": DIRECTION, "y_pred": DIRECTION}

    def _admit(self, arguments: dict[str, Any], sample_weight: Any) -> Any:
        """Return the checked arguments of one call."""
        return of_vectors(super()._admit(arguments, sample_weight))

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
        inverse = 1 / length[:, np.newaxis]
        return floored((1 - v * v) * inverse * inverse)

    @np.errstate(all="ignore")
    def best_constant(self, y_true: ArrayLike, sample_weight: ArrayLike | None = None) -> FloatArray:
        """Return the mean direction of the targets, a vector of length 1; see `Loss.best_constant`."""
        array = as_array("y_true", y_true)
        if array.ndim == 0:
            raise ValueError("y_true has shape (), but its last axis must hold vectors")
        y, weight = admit_targets(array, sample_weight, None, axes=1)
        DIRECTION.check("y_true", y, WHOLE)
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

    def best_constant(self, y_true: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """Return the margin times the share of the pairs that don't belong together; see `Loss.best_constant`."""
        same, weight = admit_targets(as_array("same", y_true), sample_weight, _SAME)
        return self.margin * float(np.average(1 - same, weights=weight))


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

    def best_constant(self, y_true: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """Return 0 if most pairs belong together, else the margin; a distance is not below 0."""
        sign, weight = admit_targets(as_array("sign", y_true), sample_weight, _SIGN)
        return 0.0 if weight @ sign > 0 else self.margin


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


def of_vectors(samples: Any) -> Any:
    """Return samples whose last axis holds a vector; ValueError if that is empty."""
    samples.unit = "row"
    if samples.predicted.shape[-1] == 0:
        shape = samples.predicted.shape
        raise ValueError(f"{samples.name} has shape {shape}, but its last axis must hold vectors, and is empty")
    return samples


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
        return of_vectors(super()._admit(arguments, sample_weight))

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


# ------------------------------------------------------------------------------------------------------ whole batches


class Directions(NamedTuple):
    """Vectors of length 1, and the lengths that the vectors had."""

    units: FloatArray
    lengths: FloatArray

    @classmethod
    def of(cls, vectors: FloatArray) -> Self:
        """Return the directions of vectors."""
        return cls(*unit_rows(vectors))

    def by_vectors(self, slopes: FloatArray) -> FloatArray:
        """Return derivatives with respect to the vectors, given those by the directions, in place."""
        slopes -= row_products(slopes, self.units)[:, np.newaxis] * self.units
        slopes /= self.lengths[:, np.newaxis]
        return slopes


@dataclass(frozen=True, kw_only=True, repr=False)
class InfoNCE(OfQueriesAndKeys):
    """Contrastive loss of a batch: log Σⱼ exp(s_ij) − s_ii, with s_ij = cos(queryᵢ, keyⱼ)/T.

    The i-th key belongs to the i-th query, and all the others of the batch are its negatives: it is the cross-entropy
    of n classes, of which the i-th is right. With `symmetric`, as in CLIP, it is the mean of that and of the same with
    queries and keys exchanged. The arrays have two axes, (vectors, features), and are normalized here: the vectors'
    lengths are no matter, but a vector of zeros is a ValueError. There is a gradient for each of the two arrays.

    A sample is a query with its key. Weights multiply the samples' losses; they don't change what a sample is compared
    with, but for those of weight 0, which are left out of the batch, as queries and as keys. So an integer weight isn't
    the same as so many copies, which would be negatives of each other. Partial sums of two batches can't be put
    together: nothing compared the one with the other.

    All the pairs are walked in blocks of 256 queries: beside its result it needs memory for some copies of the vectors
    and 256 n numbers. With d numbers in a vector, a value is wrong by at most (16 + d/8) eps/T, and a gradient by as
    much over the vector's length. The products are those of NumPy's BLAS, whose own threads may change the last bits.

    There is no `hess`. Curvature: the constant 1.

    Parameters
    ----------
    temperature : float, default 0.1
        T, without unit; positive. The smaller it is, the more the hardest negatives count.
    symmetric : bool, default False
        Whether queries are looked for among keys and keys among queries.
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.

    References
    ----------
    van den Oord, Li and Vinyals (2018), "Representation learning with contrastive predictive coding", eq. (4); both
    directions: Radford et al. (2021), "Learning transferable visual models from natural language supervision", figure
    3.

    Examples
    --------
    >>> import numpy as np
    >>> from losses import InfoNCE
    >>> images, texts = np.array([[1.0, 0.0], [0.0, 2.0]]), np.array([[3.0, 0.0], [0.0, 1.0]])
    >>> round(InfoNCE(temperature=1.0).value(images, texts), 12)  # log(1 + 1/e)
    0.313261687518
    >>> InfoNCE(temperature=1.0, symmetric=True).grad(images, texts)[0].round(3)
    array([[0.   , 0.134],
           [0.067, 0.   ]])
    """

    temperature: Positive = 0.1
    symmetric: bool = False

    is_differentiable: ClassVar[bool] = True
    is_twice_differentiable: ClassVar[bool] = True

    exempt_laws: ClassVar[Mapping[int, str]] = {2: "copies of a pair are negatives of each other"}
    """The laws of weights, by number, that the formula rules out, and why."""

    _evaluate_block = by_batch

    def _admit(self, arguments: dict[str, Any], sample_weight: Any) -> BatchSamples:
        """Return the checked arguments of one call."""
        return BatchSamples(arguments, self.signature.predictions, sample_weight, self.reduction == "mean")

    def _compared(
        self, samples: BatchSamples, weight: FloatArray, slopes: bool
    ) -> tuple[FloatArray, tuple[FloatArray, FloatArray]]:
        """Return each pair's loss, and the gradients of their weighted sum."""
        queries, keys = (Directions.of(samples.vectors(name)) for name in self.signature.predictions)
        losses, by_queries, by_keys = self._one_way(queries.units, keys.units, weight, slopes)
        if self.symmetric:
            others, *back = self._one_way(keys.units, queries.units, weight, slopes)
            losses = (losses + others) / 2
            by_queries, by_keys = (by_queries + back[1]) / 2, (by_keys + back[0]) / 2
        return losses, (queries.by_vectors(by_queries), keys.by_vectors(by_keys))

    def _one_way(
        self, queries: FloatArray, keys: FloatArray, weight: FloatArray, slopes: bool
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return log Σⱼ exp(s_ij) − s_ii, and the derivatives of the weighted sum with respect to the directions."""
        temperature = queries.dtype.type(self.temperature)
        sums = compared(queries / temperature, keys, weight, 1 / self.temperature, True, slopes)
        losses = softplus(sums.others - sums.own)
        return losses, np.divide(sums.by_rows, temperature, out=sums.by_rows), sums.by_columns


@dataclass(frozen=True, kw_only=True, repr=False)
class SupCon(OfLabelledVectors):
    """Supervised contrastive loss: the mean over other members p of i's class of log Σ_{a≠i} exp(s_ia) − s_ip.

    s_ia = cos(zᵢ, zₐ)/T compares two embeddings of the batch, whose classes are given by ids, any integers. It is
    `InfoNCE` with as many right answers as there are others of the class; with two views of each thing and its number
    as the id it is SimCLR's NT-Xent. Embeddings have two axes, (vectors, features), and are normalized here; a vector
    of zeros is a ValueError.

    A sample is an anchor i. One that is alone in its class doesn't count: its loss is 0, and its weight isn't in the
    denominator of the mean; it is a negative of the others. If none counts, the mean is 0, with no gradient. Weights
    multiply the anchors' losses, and change nothing else, but that those of weight 0 are left out of the batch
    altogether. So an integer weight isn't the same as so many copies, which would be members of one class. Partial sums
    of two batches can't be put together: nothing compared the one with the other.

    Khosla et al. multiply it by T over a base temperature in their code. Memory, accuracy and bits are those of
    `InfoNCE`. There is no `hess`. Curvature: the constant 1.

    Parameters
    ----------
    temperature : float, default 0.1
        T, without unit; positive.
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.

    References
    ----------
    Khosla et al. (2020), "Supervised contrastive learning", eq. (2).

    Examples
    --------
    >>> from losses import SupCon
    >>> embeddings = [[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]]
    >>> round(SupCon(temperature=1.0).value([7, 7, 8], embeddings), 12)  # log(1 + 1/e), twice
    0.313261687518
    >>> SupCon(temperature=1.0).value([7, 8, 9], embeddings)
    0.0
    """

    temperature: Positive = 0.1

    is_differentiable: ClassVar[bool] = True
    is_twice_differentiable: ClassVar[bool] = True

    exempt_laws: ClassVar[Mapping[int, str]] = {2: "copies of an anchor are members of its class"}
    """The laws of weights, by number, that the formula rules out, and why."""

    _evaluate_block = by_batch

    def _admit(self, arguments: dict[str, Any], sample_weight: Any) -> LabelledBatch:
        """Return the checked arguments of one call."""
        return LabelledBatch(arguments, sample_weight, self.reduction == "mean")

    def _compared(
        self, samples: LabelledBatch, weight: FloatArray, slopes: bool
    ) -> tuple[FloatArray, tuple[FloatArray]]:
        """Return each anchor's loss, and the gradient of their weighted sum."""
        embeddings = Directions.of(samples.vectors("embeddings"))
        z, temperature = embeddings.units, embeddings.units.dtype.type(self.temperature)
        weight = weight * (samples.positives > 0)
        sums = compared(z / temperature, z, weight, 1 / self.temperature, False, slopes)
        share = 1 / np.maximum(samples.positives, 1).astype(z.dtype)[:, np.newaxis]
        others = _class_sums(z, samples.label) - z
        losses = sums.others - row_products(z, others * share) / temperature
        losses[samples.positives == 0] = 0
        pull = weight.astype(z.dtype)[:, np.newaxis] * share
        pulled = pull * others + _class_sums(pull * z, samples.label) - pull * z
        return losses, (embeddings.by_vectors((sums.by_rows - pulled) / temperature + sums.by_columns),)


def _class_sums(x: FloatArray, label: FloatArray) -> FloatArray:
    """Return for each row the sum of the rows of its class; classes are numbered from 0."""
    order = np.argsort(label, kind="stable")
    starts = np.flatnonzero(np.diff(label[order], prepend=-1))
    sums: FloatArray = np.add.reduceat(x[order], starts, axis=0)[label] if len(x) else x
    return sums

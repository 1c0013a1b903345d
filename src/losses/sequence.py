"""Losses of sequences, whose labels aren't aligned with the frames."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Integral
from typing import Annotated, Any, ClassVar, TypeAlias

import numpy as np

from losses._admission.sequences import SequenceSamples
from losses._evaluation.orders import CURVATURE, GRAD, HESS, VALUE, Order
from losses._loss.families import OfSequences
from losses._loss.samplewise import SampleLoss
from losses._maths.alignments import Alignments
from losses._maths.softmax import softmax
from losses._types import Array, ArrayLike, FloatArray


def _class_id(name: str, value: object) -> int:
    """Return a class id as a Python int."""
    if not isinstance(value, Integral) or isinstance(value, bool) or value < 0:
        raise ValueError(f"{name} must be an integer, not negative, got {value!r}")
    return int(value)


ClassId: TypeAlias = Annotated[int, _class_id]


@dataclass(frozen=True, kw_only=True, repr=False)
class CTC(SampleLoss, OfSequences):
    """Connectionist temporal classification: −log Σ over all alignments of the labels with the frames of Πₜ p(πₜ).

    Its methods take ``(labels, logits, *, input_lengths, label_lengths)``. logits has the shape (sequences, frames,
    classes), the batch *first*; the softmax p is taken here. labels has the shape (sequences, labels) and holds class
    ids, padded with anything; ``input_lengths=`` and ``label_lengths=``, of shape (sequences,), say how many frames and
    labels count. An alignment π gives each frame a class; without its blanks, and with runs of one class taken as one,
    it reads as the labels. So two equal labels in a row need a blank between them. A sample is a sequence, and may have
    further leading axes.

    Frames beyond the length have no gradient. A sequence that can't fit, because it has more labels (and repetitions)
    than frames, or all its alignments need a class whose logit is −inf, has the loss +inf and a gradient of exactly 0.
    A frame with a logit of +inf, or of −inf alone, gives NaN. No labels at all mean blanks throughout; no frames and no
    labels have the loss 0.

    PyTorch's `ctc_loss` takes logarithms of probabilities with the frames *first*, log_softmax(logits) transposed, and
    the labels before the lengths. Its ``reduction="mean"`` divides each loss by the number of labels first, here the
    mean of the sequences' own losses is taken: ``sample_weight=1 / label_lengths`` with ``reduction="sum"``, divided by
    the number of sequences, is PyTorch's. Its gradient with respect to log-probabilities, as if they needn't sum to
    1, is the same number as that of the logits here; where no alignment fits it is NaN, unless ``zero_infinity=True``,
    which makes the loss 0 as well.

    The forward and backward sums are computed in logarithms, in float64 also for float32, for all sequences of a block
    at once. A value is off by at most (16 + 4T) eps·(|x| + 1) for T frames and the largest logit x, a derivative by
    4T eps·(|x| + 1), where eps is float64's, before it is rounded to the dtype of the logits.

    `hess` is p(1 − p) − γ(1 − γ), where γ is how probable the class is in a frame of the alignments. Curvature:
    p(1 − p), kept above the machine epsilon.

    Parameters
    ----------
    blank : int, default 0
        The class that stands for no label.
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.

    References
    ----------
    Graves et al. (2006), "Connectionist temporal classification: labelling unsegmented sequence data with recurrent
    neural networks", ICML, eq. (5) to (8), and (14) to (16).

    Examples
    --------
    >>> import numpy as np
    >>> from losses import CTC
    >>> logits = np.zeros((1, 2, 2))  # blank and a, each ½: of the alignments a-, -a and aa
    >>> CTC().value([[1]], logits, input_lengths=[2], label_lengths=[1])  # −log ¾
    0.2876820724517809
    >>> CTC().value([[1, 1]], logits, input_lengths=[2], label_lengths=[2])
    inf
    """

    blank: ClassId = 0

    core: ClassVar[Mapping[str, tuple[str, ...]]] = {"labels": ("label",), "logits": ("frame", "class")}

    is_convex: ClassVar[bool] = False
    is_differentiable: ClassVar[bool] = True
    is_twice_differentiable: ClassVar[bool] = True

    def best_constant(self, y_true: ArrayLike, sample_weight: ArrayLike | None = None) -> Any:
        """Raise NotImplementedError: the best constant logits depend on lengths, and aren't known."""
        raise NotImplementedError("the best constant logits of CTC aren't known")

    def _link(self, y_pred: Array) -> Array:
        return softmax(y_pred)

    def _admit(self, arguments: dict[str, Any], sample_weight: Any) -> SequenceSamples:
        """Return the checked arguments of one call."""
        return SequenceSamples(arguments, self.blank, sample_weight, self.reduction == "mean")

    def formula(self, *arrays: Any) -> FloatArray:
        """Return −log Σ_π Πₜ p(πₜ)."""
        return self._results_of(arrays, VALUE)[0]

    def derivative(self, *arrays: Any) -> FloatArray:
        """Return p − γ."""
        return self._results_of(arrays, GRAD)[0]

    def second_derivative(self, *arrays: Any) -> FloatArray:
        """Return p(1 − p) − γ(1 − γ)."""
        return self._results_of(arrays, HESS)[0]

    def curvature_formula(self, *arrays: Any) -> FloatArray:
        """Return p(1 − p), above the machine epsilon."""
        return self._results_of(arrays, CURVATURE)[0]

    def formula_and_derivative(self, *arrays: Any) -> tuple[FloatArray, FloatArray]:
        """Return `formula` and `derivative`, which share the forward sums."""
        value, slope = self._results_of(arrays, VALUE, GRAD)
        return value, slope

    def derivative_and_curvature(self, *arrays: Any) -> tuple[FloatArray, FloatArray]:
        """Return `derivative` and `curvature_formula`, in one go."""
        slope, bend = self._results_of(arrays, GRAD, CURVATURE)
        return slope, bend

    def _results_of(self, arrays: Any, *orders: Order) -> list[FloatArray]:
        """Return what is asked for, in this order."""
        labels, logits, input_lengths, label_lengths = arrays
        both_ways = orders != (VALUE,)
        alignments = Alignments(labels, logits, input_lengths, label_lengths, self.blank, both_ways=both_ways)
        least: dict[int, Any] = {CURVATURE: np.finfo(logits.dtype).eps}
        results: dict[int, FloatArray] = {order: np.full_like(logits, least.get(order, 0)) for order in orders if order}
        for place, counted, p, occupied in alignments.aligned() if both_ways else ():
            for order, result in results.items():
                derivative = p - occupied if order == GRAD else p * (1 - p)
                if order == HESS:
                    derivative -= occupied * (1 - occupied)
                if order == CURVATURE:
                    derivative = np.maximum(derivative, least[CURVATURE])
                result[place] = np.where(counted[..., np.newaxis], derivative, result[place])
        if VALUE in orders:
            results[VALUE] = -alignments.log_likelihood
        return [results[order] for order in orders]

"""Losses of language models, whose many classes are words or parts of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from losses._admission.vocabulary import Rows, VocabularySamples
from losses._evaluation.by_vocabulary import by_vocabulary
from losses._loss.classes import ClassWeight, IgnoreIndex
from losses._loss.families import OfHiddenRows
from losses._loss.parameters import Fraction, NotNegative, by_parameters
from losses._maths.vectors import row_products
from losses._maths.vocabulary import Head, Levels, Sums
from losses._types import ArrayLike, FloatArray


@dataclass(frozen=True, kw_only=True, repr=False)
class LinearCrossEntropy(OfHiddenRows):
    """Cross-entropy of a linear layer: log Σ_c exp(x_c) − x_y, with the logits x = W h + b of C classes.

    As `CategoricalCrossEntropy` from the logits ``hidden @ weight.T + bias``, but these never exist: some rows are
    compared with some classes at a time. For the last layer of a language model, whose logits are its largest array by
    far. There are gradients with respect to ``hidden``, ``weight`` and, where it is given, ``bias``: a tuple of two or
    of three. The layout is that of PyTorch's `torch.nn.Linear`: a row of `weight` for each class.

    ids hold class ids (integers from 0 to C − 1, or floats that are integral), of shape ``hidden.shape[:-1]``; a sample
    is a row of `hidden`. Weights and biases belong to no sample: their gradients are sums over the samples. The options
    are those of `CategoricalCrossEntropy`: with smoothing ε and class weights κ, the loss is
    Σ_c κ_c q_c (log Σ exp − x_c) + ζ κ_y (log Σ exp)², q = (1 − ε) one-hot + ε/C, and the denominator of the mean is
    the sum of the samples' weights times κ_y. A bias of −inf is a class of probability 0.

    The logits are computed once for the values, and once more for the derivatives, so that no more than 8 MiB are held
    beside the result, or somewhat more with over 4096 features; what float16 arrays make is added up in float32, and
    takes that much memory as well. The products are those of NumPy's BLAS, whose own threads may change the last bits;
    those of this library don't. With d features, a logit is off by at most (d + 2) eps Σ|w h|, a value by 16 eps of its
    largest term beside, a derivative by 16 + n eps of its largest terms, n rows.

    Curvature: the diagonal of the Hessian, kept above the machine epsilon times the weight of the row, or of all rows.

    Parameters
    ----------
    class_weight : sequence of C floats, optional
        κ, a finite weight ≥ 0 for each class; None means 1.
    label_smoothing : float, default 0.0
        ε in [0, 1].
    ignore_index : int, optional
        A class id that marks samples to leave out, such as padding.
    z_loss : float, default 0.0
        ζ ≥ 0, the weight of a second term that holds the logits' level near 0.
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.

    References
    ----------
    Bishop (2006), "Pattern Recognition and Machine Learning", eq. (4.108); in blocks: Wijmans et al. (2025), "Cut your
    losses in large-vocabulary language models", arXiv:2411.09009; z-loss: Chowdhery et al. (2022), "PaLM",
    arXiv:2204.02311, section 5.

    Examples
    --------
    >>> import numpy as np
    >>> from losses import LinearCrossEntropy
    >>> hidden, weight = np.array([[1.0, 0.0], [0.0, 1.0]]), np.zeros((4, 2))
    >>> round(LinearCrossEntropy().value([0, 3], hidden, weight), 12)  # log 4
    1.38629436112
    >>> by_hidden, by_weight = LinearCrossEntropy().grad([0, 3], hidden, weight)
    >>> by_weight
    array([[-0.375,  0.125],
           [ 0.125,  0.125],
           [ 0.125,  0.125],
           [ 0.125, -0.375]])
    """

    class_weight: ClassWeight = None
    label_smoothing: Fraction = 0.0
    ignore_index: IgnoreIndex = None
    z_loss: NotNegative = 0.0

    core: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "hidden": ("feature",),
        "weight": ("class", "feature"),
        "bias": ("class",),
    }
    """By the name of an array, names of its axes beside the samples'."""

    is_differentiable: ClassVar[bool] = True
    is_twice_differentiable: ClassVar[bool] = True

    _evaluate_block = by_vocabulary

    def best_constant(self, y_true: ArrayLike, sample_weight: ArrayLike | None = None) -> Any:
        """Refuse: a layer isn't a constant; the best biases without features are those of `CategoricalCrossEntropy`."""
        raise NotImplementedError(
            "LinearCrossEntropy has no best constant; CategoricalCrossEntropy(from_logits=True).best_constant gives "
            "the best biases"
        )

    def _admit(self, arguments: dict[str, Any], sample_weight: Any) -> VocabularySamples:
        """Return the checked arguments of one call."""
        return VocabularySamples(
            arguments,
            sample_weight,
            self.reduction == "mean",
            self.class_weight,
            self.ignore_index,
            self.label_smoothing > 0,
        )

    def _smoothing(self, samples: VocabularySamples) -> FloatArray:
        """Return ε κ_c/C of each class c, in float64."""
        weights = np.ones(samples.classes) if samples.class_weight is None else samples.class_weight
        return self.label_smoothing / samples.classes * weights

    def _growth(self, rows: Rows, levels: Levels, smoothing: float) -> FloatArray:
        """Return the derivative of the loss by log Σ exp."""
        own = rows.class_weight
        growth: FloatArray = (1 - self.label_smoothing) * own + smoothing + 2 * self.z_loss * own * levels.whole
        return growth

    def _losses(self, rows: Rows, levels: Levels, samples: VocabularySamples) -> FloatArray:
        """Return the losses of some rows, without their weights."""
        own = rows.class_weight
        losses: FloatArray = (1 - self.label_smoothing) * own * levels.nll
        if self.z_loss:
            losses += self.z_loss * own * (levels.whole * levels.whole)
        if self.label_smoothing:
            each = self._smoothing(samples)
            losses += each.sum() * levels.whole - _mixed_logits(rows.hidden, each, samples)
        return losses

    def _slopes(
        self,
        rows: Rows,
        head: Head,
        levels: Levels,
        factor: FloatArray,
        places: Sequence[Sums],
        samples: VocabularySamples,
    ) -> FloatArray:
        """Return the derivatives with respect to some rows, and add up those with respect to weights and biases."""
        dtype, own = head.dtype, (1 - self.label_smoothing) * rows.class_weight
        plain = not (self.z_loss or self.label_smoothing)
        each = self._smoothing(samples).astype(dtype)
        growth = (self._growth(rows, levels, float(each.sum())) * levels.scale).astype(dtype)[:, np.newaxis]
        at_label = -levels.others
        if not plain:
            share = self._growth(rows, levels, float(each.sum())) - own
            at_label = own * np.expm1(-levels.nll) + share * np.exp(-levels.nll)
        scale = (factor * own * levels.scale if plain else factor).astype(dtype)
        weighed = rows.hidden * scale[:, np.newaxis]
        by_hidden = np.zeros_like(rows.hidden)
        for block, slope in head.exponentials(levels.shift):
            if not plain:
                slope *= growth
            slope[block.rows, block.columns] = at_label[block.rows]
            if self.label_smoothing:
                slope -= each[block.here]
            by_hidden += slope @ block.weight
            for place, times in zip(places, (weighed, scale), strict=False):
                place.add(block.here, slope.T @ times)
        by_hidden *= scale[:, np.newaxis]
        return by_hidden

    def _bends(
        self,
        rows: Rows,
        head: Head,
        levels: Levels,
        factor: FloatArray,
        places: Sequence[Sums],
        samples: VocabularySamples,
    ) -> FloatArray:
        """Return the second derivatives with respect to some rows, and add up those by weights and biases.

        With the probabilities p, g the derivative of the loss by L = log Σ exp, and z = ζ κ_y, they are
        g (Σ p w² − (Σ p w)²) + 2z (Σ p w)² by h, and (g p (1 − p) + 2z p²) h² by w.
        """
        dtype = head.dtype
        growth = self._growth(rows, levels, float(self._smoothing(samples).sum())).astype(dtype)[:, np.newaxis]
        second = (2 * self.z_loss * rows.class_weight).astype(dtype)[:, np.newaxis]
        scale, at_label = levels.scale.astype(dtype)[:, np.newaxis], np.exp(-levels.nll)
        weights = factor.astype(dtype)
        weighed = rows.hidden * rows.hidden * weights[:, np.newaxis]
        first, squares = np.zeros_like(rows.hidden), np.zeros_like(rows.hidden)
        for block, p in head.exponentials(levels.shift):
            p *= scale
            p[block.rows, block.columns] = at_label[block.rows]
            first += p @ block.weight
            squares += p @ (block.weight * block.weight)
            bend = p * (growth * (1 - p) + second * p)
            for place, times in zip(places, (weighed, weights), strict=False):
                place.add(block.here, bend.T @ times)
        bends: FloatArray = growth * (squares - first * first) + second * first * first
        bends *= weights[:, np.newaxis]
        return bends

    @by_parameters
    def is_convex(self) -> bool | None:
        """False: the logits are products of two predictions."""
        return False


def _mixed_logits(hidden: FloatArray, shares: FloatArray, samples: VocabularySamples) -> FloatArray:
    """Return Σ_c share_c x_c of each row, in float64."""
    weight = samples.arguments["weight"]
    mixed = np.zeros(hidden.shape[1], np.result_type(hidden, np.float64))
    for start in range(0, len(weight), 1024):
        some = slice(start, start + 1024)
        mixed += shares[some] @ weight[some].astype(mixed.dtype)
    logits: FloatArray = row_products(hidden.astype(mixed.dtype), np.broadcast_to(mixed, hidden.shape))
    if samples.bias is None:
        return logits
    return logits + np.where(shares == 0, 0, samples.bias).astype(mixed.dtype) @ shares

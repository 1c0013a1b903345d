"""Base of the losses over classes, and the parameters that they share."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Annotated, Any, ClassVar, TypeAlias

import numpy as np

from losses._admission.arrays import as_array
from losses._admission.classes import ClassSamples, comparable
from losses._admission.domains import CLASS_ID, PROBABILITY
from losses._admission.few import few_rows
from losses._loss.constants import admit_targets
from losses._loss.families import OfPredictions
from losses._loss.parameters import number
from losses._loss.samplewise import SampleLoss
from losses._types import Array, ArrayLike, FloatArray


def _class_weight(name: str, value: Any) -> tuple[float, ...] | None:
    """Return class weights as a tuple of Python floats."""
    if value is None:
        return None
    if isinstance(value, str | Mapping):
        raise ValueError(
            f"{name} must be a sequence of one weight for each class, in the order of their ids, got {value!r}; "
            "balanced weights are len(y) / (C * np.bincount(y))"
        )
    if not isinstance(value, Sequence | np.ndarray) or np.ndim(value) != 1:
        raise ValueError(f"{name} must be a sequence of one weight for each class, or None, got {value!r}")
    weights = tuple(number(f"{name}[{c}]", weight) for c, weight in enumerate(value))
    for c, weight in enumerate(weights):
        if not 0 <= weight < math.inf:
            raise ValueError(f"{name}[{c}] must be finite and not negative, got {weight!r}")
    return weights


def _alpha(name: str, value: Any) -> float | tuple[float, ...] | None:
    """Return a weight of all the classes as a Python float, or of each as a tuple of them."""
    if not isinstance(value, Real):
        return _class_weight(name, value)
    weight = number(name, value)
    if not 0 <= weight < math.inf:
        raise ValueError(f"{name} must be finite and not negative, got {weight!r}")
    return weight


def _ignore_index(name: str, value: Any) -> int | None:
    """Return a class id to leave out as a Python int."""
    if value is None:
        return None
    if not isinstance(value, Integral) or isinstance(value, bool):
        raise ValueError(f"{name} must be an integer or None, got {value!r}")
    index = int(value)
    if not -(2**63) <= index < 2**64:
        raise ValueError(f"{name} must fit into 64 bits, got {index!r}")
    return index


ClassWeight: TypeAlias = Annotated[Sequence[float] | None, _class_weight]
Alpha: TypeAlias = Annotated[float | Sequence[float] | None, _alpha]
IgnoreIndex: TypeAlias = Annotated[int | None, _ignore_index]


@dataclass(frozen=True, kw_only=True, repr=False)
class ClassLoss(SampleLoss, OfPredictions):
    """Base of the losses over classes, which lie along the last axis of y_pred; a sample is one row.

    The hooks get y, either class ids of shape (n,) or distributions of shape (n, C), and p of shape (n, C): `formula`
    returns (n,), the derivatives (n, C).

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.
    """

    core: ClassVar[Mapping[str, tuple[str, ...]]] = {"y_pred": ("class",)}

    targets: ClassVar[tuple[str, ...]] = ("class ids", "distributions")
    """What y_true may hold."""

    def _options(self) -> tuple[tuple[float, ...] | None, int | None, bool]:
        """Return the class weights, the id to leave out, and whether the loss spreads labels over the classes."""
        return None, None, False

    def _admit(self, arguments: dict[str, Any], sample_weight: Any) -> ClassSamples:
        """Return the checked arguments of one call."""
        samples = ClassSamples(arguments, self.domains(), sample_weight, self.reduction == "mean", *self._options())
        samples.width = self.temporaries
        given = "class ids" if samples.has_ids else "distributions"
        if given not in self.targets:
            shape, shown = samples.predicted.shape, samples.arguments["y_true"].shape
            cure = (
                f"a distribution for each row, of shape {shape}; for class ids use NLL or CategoricalCrossEntropy"
                if samples.has_ids
                else f"class ids, of shape {shape[:-1]}; for one-hot rows use np.argmax(y_true, axis=-1)"
            )
            raise ValueError(f"y_true has shape {shown}, but {type(self).__name__} needs {cure}")
        return samples

    def _few(self, arrays: tuple[Any, ...], predicted: Any) -> list[Array] | None:
        """Return class ids and rows of a call that may go the short way."""
        if self._options() != (None, None, False) or "class ids" not in self.targets:
            return None
        return few_rows(arrays[0], predicted, self.domains().get("y_pred"), self.temporaries)

    @np.errstate(all="ignore")
    def best_constant(self, y_true: ArrayLike, sample_weight: ArrayLike | None = None) -> FloatArray:
        """Return the constant row with the least loss; see `Loss.best_constant`.

        Class ids show the classes up to the largest, or as many as there are class weights.
        """
        mass = self._class_mass(as_array("y_true", y_true), sample_weight)
        if not mass.sum() > 0:
            raise ValueError("y_true holds no sample of positive weight, so that no constant is the best")
        return self._best_row(mass / mass.sum())

    def _best_row(self, shares: FloatArray) -> FloatArray:
        """Return the best constant row, given the classes' shares of the samples' weight."""
        raise NotImplementedError(f"the best constant of {type(self).__name__} isn't known")

    def _class_mass(self, target: Array, sample_weight: Any) -> FloatArray:
        """Return Σᵢ wᵢ κ_c q_ic for each class c."""
        mass, class_weight = self._label_mass(target, sample_weight), self._options()[0]
        if class_weight is None:
            return mass
        if len(class_weight) != len(mass):
            raise ValueError(
                f"class_weight has {len(class_weight)} entries, but y_true shows {len(mass)} classes; there must be "
                "one for each, in the order of the ids"
            )
        weighted: FloatArray = mass * np.asarray(class_weight)
        return weighted

    def _label_mass(self, target: Array, sample_weight: Any) -> FloatArray:
        """Return Σᵢ wᵢ y_ic for each class c."""
        class_weight, ignore_index, _ = self._options()
        is_distribution = target.ndim > 1 and bool(np.all(np.abs(target.sum(axis=-1, dtype=np.float64) - 1) <= 1e-3))
        if is_distribution and "distributions" in self.targets:
            y, weight = admit_targets(target, sample_weight, PROBABILITY, 1)
            of_rows: FloatArray = (y * weight[:, np.newaxis]).sum(axis=0)
            return of_rows
        left_out = ignore_index is not None and target == comparable(ignore_index, target.dtype)
        y, weight = admit_targets(np.where(left_out, 0, target), sample_weight, CLASS_ID)
        if ignore_index is not None:
            weight = weight * admit_targets(np.where(left_out, 0, 1), sample_weight, None).y
        of_ids: FloatArray = np.bincount(y.astype(np.intp), weight, len(class_weight or ())).astype(np.float64)
        return of_ids


def log_shares(shares: FloatArray, of: str) -> FloatArray:
    """Return the logarithms of shares that are all positive; ValueError if one isn't."""
    if not shares.all():
        raise ValueError(f"class {int(np.argmin(shares))} never occurs in y_true: its best {of} is minus infinity")
    logarithms: FloatArray = np.log(shares)
    return logarithms


def best_logits(shares: FloatArray) -> FloatArray:
    """Return the logits, less their mean, whose softmax the shares are; ValueError if one is infinite."""
    logits = log_shares(shares, "logit")
    centred: FloatArray = logits - logits.mean()
    return centred

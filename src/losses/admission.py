"""Admission: the one place that inspects what the user passed, and raises about it.

Arrays are checked for kind and shape at once, and for their domain block by block while they are evaluated, so that
nothing of their size is ever allocated. What `Samples.block` hands out is trusted.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn, Protocol

import numpy as np

from losses import summation
from losses.blocks import WHOLE, origin, partition
from losses.threads import walk
from losses.types import Array, Box, Dtype, Reduction

# ------------------------------------------------------------------------------------------------ kinds of array


def as_array(name: str, value: Any) -> Array:
    """Return `value` as a bool, integer or real floating array, without a copy where it is one.

    Raises
    ------
    TypeError
        If it is anything else, a masked array or a sparse matrix.
    """
    array = value if type(value) is np.ndarray else converted(name, value)
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{name} must hold real numbers, got dtype {array.dtype}{_HINTS.get(array.dtype.kind, '')}")
    return array


_HINTS = {
    "O": "; convert it to a numeric dtype first, with astype(float) for instance",
    "c": "; pass real and imaginary parts as two arrays",
}


def converted(name: str, value: Any) -> Array:
    """Return what isn't an array as one; TypeError if numbers would be lost, ValueError if it can't be."""
    masked = _find_masked(value)
    if masked is not None:
        raise TypeError(
            f"{name} {'is' if masked is value else 'holds'} a masked array (dtype {masked.dtype}), whose mask would be "
            "lost; pass its data, and sample_weight=~mask to leave samples out"
        )
    if hasattr(value, "toarray") and hasattr(value, "nnz"):
        raise TypeError(f"{name} is a sparse matrix (dtype {value.dtype}); pass {name}.toarray()")
    try:
        return np.asarray(value)
    except ValueError as error:
        raise ValueError(f"{name} can't be made an array: {error}") from error


_FLOATING = {char: np.dtype(char) for char in "efdg"}
_EPSILON = {char: np.finfo(dtype).eps for char, dtype in _FLOATING.items()}


_PLAIN = {bool, int, float}


def _find_masked(value: Any) -> Any:
    """Return the first masked array that `value` is, or holds in a list at any depth; None if there is none."""
    if isinstance(value, np.ma.MaskedArray):
        return value
    if isinstance(value, list | tuple) and not _PLAIN.issuperset(map(type, value)):
        return next((found for entry in value if (found := _find_masked(entry)) is not None), None)
    return None


def result_dtype(dtype: Dtype) -> Dtype:
    """Return the dtype of `grad` for predictions of `dtype`: the same if floating, in native byte order."""
    return _FLOATING.get(dtype.char, _FLOATING["d"])


def compute_dtype(dtype: Dtype) -> Dtype:
    """Return the dtype in which a result of `dtype` is computed: float32 for float16."""
    return _FLOATING["f"] if dtype.char == "e" else dtype


def contiguous(array: Array, box: Box, dtype: Dtype) -> Array:
    """Return a block as a one-dimensional, contiguous array of `dtype`; where it can, a view."""
    if box is WHOLE and array.dtype is dtype:
        return array.ravel()
    return np.ascontiguousarray(array[box], dtype).ravel()


# ----------------------------------------------------------------------------------------------------- messages


def place(name: str, index: Sequence[int]) -> str:
    """Return how the entry at `index` is written: ``y_true[3]``."""
    return f"{name}[{', '.join(str(int(i)) for i in index)}]" if len(index) else name


def first(bad: Array, box: Box) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return where the first True of a block lies: in the block, and in the array it was cut from."""
    inside = np.unravel_index(int(np.argmax(bad)), bad.shape)
    start = origin(box, bad.ndim)
    return tuple(map(int, inside)), tuple(int(i) + s for i, s in zip(inside, start, strict=True))


def raise_different_shapes(name: str, array: Array, other_name: str, other: Array) -> NoReturn:
    """Raise ValueError about two arrays that must have one shape."""
    hint = ""
    if array.size == other.size and 1 in (array.ndim, other.ndim):
        hint = f"; use np.ravel({name if other.ndim == 1 else other_name})"
    raise ValueError(
        f"{name} has shape {array.shape} but {other_name} has shape {other.shape}; "
        f"they must be equal, since nothing is broadcast{hint}"
    )


# ------------------------------------------------------------------------------------------------------ domains


@dataclass(frozen=True)
class Interval:
    """The values that an argument may take: numbers from `low` to `high`, never NaN.

    The ends are compared with values of any dtype, and rounded to it where they are Python floats.
    """

    rule: str
    low: float
    high: float
    hint: str = ""
    clipped: bool = False
    """Whether values are kept off the ends by the machine epsilon of y_pred's dtype once they are checked."""

    def contains(self, block: Array) -> Array:
        """Return which entries are allowed."""
        allowed: Array = (block >= self.low) & (block <= self.high)
        return allowed

    def check(self, name: str, array: Array, box: Box, left_out: Array | None = None) -> None:
        """Raise ValueError at the first entry of a block that isn't allowed, but for those left out."""
        block = array[box]
        allowed = self.contains(block)
        if np.count_nonzero(allowed) == allowed.size:
            return
        bad = ~allowed
        if left_out is not None:
            bad &= ~left_out.reshape(left_out.shape + (1,) * (bad.ndim - left_out.ndim))
        if bad.any():
            inside, index = first(bad, box)
            raise ValueError(f"{place(name, index)} is {block[inside]!s}, but {self.rule}{self.hint}")


@dataclass(frozen=True)
class Ends(Interval):
    """The two ends of an interval alone."""

    def contains(self, block: Array) -> Array:
        """Return which entries are one of the ends."""
        allowed: Array = (block == self.low) | (block == self.high)
        return allowed


def clip_probabilities(block: Array, dtype: Dtype) -> Array:
    """Return probabilities at least the machine epsilon of `dtype` away from 0 and 1."""
    epsilon = _EPSILON[dtype.char]
    clipped: Array = block.clip(epsilon, 1 - epsilon)
    return clipped


# ------------------------------------------------------------------------------------------------------ weights

_WEIGHTS = Interval("a weight must be finite and not negative", np.float64(0), np.finfo(np.float64).max)


class Weights:
    """Checked sample weights, handed out in float64.

    Under "mean" their scale doesn't matter, and tiny or huge ones are handed out times a power of two, so that sums and
    products stay within the range.
    """

    def __init__(self, value: Any, shape: tuple[int, ...], reduction: Reduction) -> None:
        self.array = as_array("sample_weight", value)
        self.shape = shape
        ndim = self.array.ndim
        if self.array.shape != shape[:ndim] or (shape and not ndim):
            shapes = " or ".join(str(shape[:axes]) for axes in range(len(shape), 0, -1)) or "()"
            hint = "; use np.ravel(sample_weight)" if (self.array.size,) == shape else ""
            raise ValueError(f"sample_weight has shape {self.array.shape}, but the samples need {shapes}{hint}")
        boxes = partition(self.array.shape, 8)
        walk(boxes, lambda box: _WEIGHTS.check("sample_weight", self.array, box))
        self._exponent = 0
        self.total = self._sum(boxes)
        if reduction == "mean" and self.total > 0 and not 2.0**-99 < self.total < 2.0**99:
            self._exponent = -math.frexp(self.array.max())[1]
            self.total = self._sum(boxes)

    def _sum(self, boxes: Sequence[Box]) -> float:
        """Return the sum of all the samples' weights."""
        found = walk(boxes, lambda box: summation.parts(self._float64(box).reshape(-1)))
        return summation.total([part for parts in found for part in parts]) * math.prod(self.shape[self.array.ndim :])

    def _float64(self, box: Box) -> Array:
        weight = np.asarray(self.array[box], np.float64)
        return np.ldexp(weight, self._exponent) if self._exponent else weight

    def block(self, box: Box) -> Array:
        """Return the weights of a block of samples, with the block's shape."""
        weight = self._float64(box[: self.array.ndim])
        if self.array.ndim == len(self.shape):
            return weight
        rest = self.shape[self.array.ndim :]
        spread = weight.reshape(weight.shape + (1,) * len(rest))
        lengths = [axis.stop - axis.start for axis in box if isinstance(axis, slice)][self.array.ndim :]
        return np.broadcast_to(spread, (*weight.shape, *lengths, *rest[len(lengths) :]))


def check_denominator(denominator: float, name: str, shape: tuple[int, ...], weighed_by: str) -> None:
    """Raise ValueError if nothing can be divided by the denominator of a mean."""
    if math.prod(shape) == 0:
        raise ValueError(f'{name} has no samples (their shape is {shape}), and reduction="mean" needs at least one')
    if denominator == 0:
        raise ValueError(
            f'{weighed_by} leaves no sample of positive weight, and reduction="mean" divides by the sum of weights; '
            'with reduction="sum" the result is 0'
        )
    if math.isinf(denominator) or math.isinf(1 / denominator):
        raise ValueError(f"{weighed_by} sums to {denominator!r}, by which nothing can be divided; scale the weights")


# ---------------------------------------------------------------------------------------------------------- out


def check_out(out: Any, predictions: Mapping[str, Array], inputs: Mapping[str, Array]) -> tuple[list[Array], bool]:
    """Check where the derivatives by the predictions are to be written.

    Returns
    -------
    outs : list of ndarray
        One for each prediction.
    in_place : bool
        Whether any of them is the prediction itself.
    """
    if len(predictions) == 1:
        outs, labels = [out], ["out"]
    else:
        if not isinstance(out, tuple | list) or len(out) != len(predictions):
            raise TypeError(f"out must be a tuple of {len(predictions)} arrays, one each for {', '.join(predictions)}")
        outs, labels = list(out), [f"out[{k}]" for k in range(len(out))]
    in_place = [
        _check_one_out(label, array, name, inputs) for label, array, name in zip(labels, outs, predictions, strict=True)
    ]
    if len(outs) == 2 and np.shares_memory(*outs):
        raise ValueError("out[1] shares memory with out[0]; each derivative needs memory of its own")
    return outs, any(in_place)


def _check_one_out(label: str, out: Any, prediction: str, inputs: Mapping[str, Array]) -> bool:
    """Check where one derivative is to be written; return whether that is the prediction itself."""
    if not isinstance(out, np.ndarray) or isinstance(out, np.ma.MaskedArray):
        raise TypeError(f"{label} must be a NumPy array, got {type(out).__name__}")
    shape, dtype = inputs[prediction].shape, result_dtype(inputs[prediction].dtype)
    if out.shape != shape or out.dtype != dtype:
        raise ValueError(f"{label} has shape {out.shape} and dtype {out.dtype}, but the result has {shape} and {dtype}")
    if not out.flags.writeable:
        raise ValueError(f"{label} is read-only")
    in_place = False
    for name, array in inputs.items():
        if not np.may_share_memory(out, array):
            continue
        if name == prediction and _same_memory(out, array):
            in_place = True
        elif np.shares_memory(out, array):
            raise ValueError(f"{label} shares memory with {name}; it may be {prediction} itself, or memory of its own")
    return in_place


def _same_memory(a: Array, b: Array) -> bool:
    return (a.ctypes.data, a.shape, a.strides, a.dtype) == (b.ctypes.data, b.shape, b.strides, b.dtype)


# ------------------------------------------------------------------------------------------------------ samples


class Admitted(Protocol):
    """The checked arguments of one call."""

    @property
    def predictions(self) -> dict[str, Array]:
        """The arrays by which derivatives are taken: one, or two of whose difference the loss is a function."""

    predicted: Array
    """One of them."""

    dtype: Dtype
    """The dtype computed in."""

    result_dtypes: list[Dtype]
    """The dtypes of the derivatives."""

    result_dtype: Dtype
    """The dtype of an array of losses."""

    shape: tuple[int, ...]
    """The samples' shape."""

    unit: str
    """What a sample is."""

    whole_axes: int
    """How many trailing axes of the predictions a block must not cut."""

    denominator: float
    """What the sum of the losses is divided by."""

    @property
    def width(self) -> int:
        """By how much blocks must be smaller than usual, for what is held of each element while it is evaluated."""

    @property
    def inputs(self) -> dict[str, Array]:
        """The arrays that the result must not overlap, by name."""

    def check(self, box: Box) -> None:
        """Raise if a block holds anything that is not allowed."""


class Samples:
    """The checked arguments of one call, of a loss in which every element of y_pred is a sample.

    Parameters
    ----------
    arguments
        Arrays by name, the predictions among them; all of one shape.
    domains
        What the arguments may hold, by name; a missing name means any real number.
    sample_weight, reduction
        As the user passed them.
    predictions
        Names of the arguments by which derivatives are taken.
    """

    unit = "element"
    """What a sample is."""

    whole_axes = 0
    """How many trailing axes of y_pred a block must not cut."""

    def __init__(
        self,
        arguments: Mapping[str, Any],
        domains: Mapping[str, Interval],
        sample_weight: Any,
        reduction: Reduction,
        predictions: Sequence[str] = ("y_pred",),
    ) -> None:
        self.arguments = {name: as_array(name, value) for name, value in arguments.items()}
        self.domains = domains
        self.name = predictions[-1]
        self.names = predictions
        self.predicted = self.arguments[self.name]
        self.result_dtypes = [result_dtype(self.arguments[name].dtype) for name in predictions]
        self.result_dtype = self.result_dtypes[0] if len(predictions) == 1 else np.result_type(*self.result_dtypes)
        self.dtype = compute_dtype(self.result_dtype)
        self.shape = self._samples_shape()
        self.weights = None if sample_weight is None else Weights(sample_weight, self.shape, reduction)
        self.denominator = self._mean_denominator() if reduction == "mean" else 1.0

    @property
    def predictions(self) -> dict[str, Array]:
        """The arrays by which derivatives are taken, by name."""
        return {name: self.arguments[name] for name in self.names}

    @property
    def width(self) -> int:
        """By how much blocks must be smaller than usual: weights and conversions take memory, too."""
        as_passed = all(array.dtype == self.dtype for array in self.arguments.values())
        return 1 if as_passed and self.weights is None and len(self.arguments) == 2 else 2

    def _samples_shape(self) -> tuple[int, ...]:
        shape = self.predicted.shape
        for name, array in self.arguments.items():
            if array.shape != shape:
                raise_different_shapes(name, array, self.name, self.predicted)
        return shape

    def _mean_denominator(self) -> float:
        denominator = self._denominator()
        if not 1e-300 < denominator < 1e300:
            check_denominator(denominator, self.name, self.shape, self._weighed_by())
        return denominator

    def _denominator(self) -> float:
        return float(math.prod(self.shape)) if self.weights is None else self.weights.total

    def _weighed_by(self) -> str:
        """Return the names of what the samples' weights come from."""
        return "sample_weight"

    @property
    def inputs(self) -> dict[str, Array]:
        """The arrays that `out` must not overlap."""
        return self.arguments if self.weights is None else {**self.arguments, "sample_weight": self.weights.array}

    def check(self, box: Box) -> None:
        """Raise ValueError if a block holds anything that its domain forbids."""
        if self.domains:
            left_out = None if self.weights is None else self.weights.block(box) == 0
            for name, domain in self.domains.items():
                domain.check(name, self.arguments[name], box, left_out)

    def block(self, box: Box) -> tuple[list[Array], Array | None]:
        """Return a block of each argument in the dtype computed in, and of the weights (None if all are 1)."""
        self.check(box)
        blocks = [contiguous(array, box, self.dtype) for array in self.arguments.values()]
        if self.domains:
            for k, name in enumerate(self.arguments):
                if name in self.domains and self.domains[name].clipped:
                    blocks[k] = clip_probabilities(blocks[k], self.result_dtype)
        return blocks, None if self.weights is None else self.weights.block(box).reshape(-1)


def check_same_samples(terms: Sequence[Admitted]) -> None:
    """Raise ValueError unless losses that are added sample by sample have the same samples."""
    found = {(samples.unit, samples.shape) for samples in terms}
    if len(found) > 1:
        listed = " and ".join(sorted(f"one per {unit}, of shape {shape}" for unit, shape in found))
        raise ValueError(f'the terms of a sum need the same samples under reduction="none", got {listed}')

"""What boosters ask of a loss: positive curvature, and gradients that nothing has scaled."""

from typing import Any

import numpy as np

from losses._testing.compare import assert_close, identical, named
from losses._testing.failure import Cause, Failure, place
from losses._testing.subject import Arrays, Subject, of_samples, size, take

HAS_CURVATURE = "boosting: there is a curvature, from `curvature` or `hess`"
POSITIVE = "boosting: the curvature is finite and positive where the weight is"
UNSCALED = 'boosting: a gradient under "sum" is that of the sample alone times its weight'
SCALED = Cause(
    "scaled", 'gradients are divided by the number of samples: boosters need those of the sum (reduction="sum")'
)

_LARGE = 100.0
"""Predictions larger than this may have a curvature that is too large for a float."""

BOTH = "boosting: grad_and_curvature is grad and curvature, bit for bit"


def curvature_is_positive(subject: Subject, arrays: Arrays, weight: Any = None) -> None:
    """Raise unless the curvature is finite, and positive where the weight is; in other losses of ranked items, ≥ 0."""
    method = next((m for m in ("curvature", "hess") if subject.has_hess(arrays, weight, m)), None)
    arguments = {**arrays, "sample_weight": weight}
    if method is None:
        cause = Cause("no curvature", "neither is defined; add `second_derivative`, or `curvature_formula` beside it")
        raise Failure(subject, HAS_CURVATURE, arguments, [("curvature", "not defined")], [cause])
    for variant in subject.each("mean", "sum").values():
        curvatures = variant.derivatives(method, arrays, weight)
        for k, array in enumerate(curvatures):
            counts = np.ones(array.shape, bool)
            if weight is not None and of_samples(variant, method, k):
                spread = np.asarray(weight).reshape(np.shape(weight) + (1,) * (array.ndim - np.ndim(weight)))
                counts = np.broadcast_to(spread > 0, array.shape)
            positive = array > 0 if subject.is_library_loss or not subject.items else array >= 0
            may_overflow = max(float(np.abs(arrays[name]).max()) for name in subject.predictions) > _LARGE
            bad = counts & ~(positive & (np.isfinite(array) | may_overflow))
            if bad.any():
                index = tuple(int(i) for i in np.argwhere(bad)[0])
                text = "use |hess| above a floor, a majorizer such as grad/r, or the constant 1"
                numbers = [
                    (place(named(method, k, len(curvatures)), index), array[index]),
                    ("expected", "a positive number"),
                ]
                raise Failure(variant, POSITIVE, arguments, numbers, [Cause("curvature", text)])


def gradients_are_unscaled(subject: Subject, arrays: Arrays, weight: Any = None) -> None:
    """Raise unless the gradient of a sample under "sum" is its own derivative times its weight."""
    n = size(subject, arrays)
    if subject.items:
        return
    (variant,) = list(subject.each("sum").values())[:1] or [subject]
    grads = variant.derivatives("grad", arrays, weight)
    for i in range(n):
        alone = variant.derivatives("grad", take(subject, arrays, [i]))
        factor = 1.0 if weight is None else np.asarray(weight)[i]
        for k, (grad, one) in enumerate(zip(grads, alone, strict=True)):
            label = f"{named('grad', k, len(grads))}[{i}]"
            expected = one[0] * np.reshape(factor, np.shape(factor) + (1,) * (one[0].ndim - np.ndim(factor)))
            assert_close(
                variant,
                UNSCALED,
                {**arrays, "sample_weight": weight},
                label,
                grad[i],
                expected,
                "of the sample alone, times its weight",
                lambda: [SCALED],
            )


def both_are_their_parts(subject: Subject, arrays: Arrays, weight: Any = None) -> None:
    """Raise unless `grad_and_curvature`, if there is one, is `grad` and `curvature` bit for bit."""
    if not subject.has_hess(arrays, weight, "grad_and_curvature"):
        return
    for variant in subject.each("mean", "sum", "none").values():
        both = variant.call("grad_and_curvature", arrays, weight)
        for method, part in zip(("grad", "curvature"), both, strict=True):
            expected = variant.derivatives(method, arrays, weight)
            for k, (a, b) in enumerate(zip(variant.listed(part), expected, strict=True)):
                label = named(method, k, len(expected))
                identical(variant, BOTH, arrays, weight, f"{label} of grad_and_curvature", a, label, b)

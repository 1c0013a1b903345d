"""Constant predictions: targets as the hooks take them, and the search for the best one where no formula is known."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from losses._admission.arrays import as_array
from losses._admission.domains import Interval
from losses._admission.weights import Weights
from losses._loss.numeric import least, root
from losses._types import FloatArray
from losses._walk.blocks import WHOLE

_LARGEST = float(np.finfo(np.float64).max)
_FINITE = Interval("the best constant is known only for finite targets", -_LARGEST, _LARGEST)


class Targets(NamedTuple):
    """Targets of positive weight, one after the other, and their weights."""

    y: FloatArray
    weight: FloatArray


@np.errstate(all="ignore")
def admit_targets(y_true: Any, sample_weight: Any, domain: Interval | None, axes: int = 0) -> Targets:
    """Return checked targets in float64; the last `axes` axes belong to one sample.

    Raises
    ------
    ValueError
        If a target lies outside the domain, or none has a positive weight.
    """
    array = as_array("y_true", y_true)
    shape = array.shape[: array.ndim - axes]
    weight = np.ones(shape) if sample_weight is None else Weights(sample_weight, shape, True).block(WHOLE)
    for allowed in (domain, _FINITE) if domain is not None else (_FINITE,):
        allowed.check("y_true", array, WHOLE, np.asarray(weight == 0))
    kept = np.asarray(weight > 0)
    if not kept.any():
        raise ValueError("y_true holds no sample of positive weight, so that no constant is the best")
    return Targets(array[kept].astype(np.float64), np.asarray(weight[kept], np.float64))


@np.errstate(all="ignore")
def best_constant(loss: Any, targets: Targets) -> float:
    """Return the constant prediction with the least mean loss, found by search and, where it has one, by its slope."""
    y, weight = targets
    mean = loss.with_reduction("mean")

    def at(c: float) -> float:
        return float(mean.value(y, np.full_like(y, c), sample_weight=weight))

    def slope(c: float) -> float:
        return float(np.sum(mean.grad(y, np.full_like(y, c), sample_weight=weight)))

    starts = np.unique(np.append(np.quantile(y, np.linspace(0, 1, 17)), [y.mean(), 0.0]))
    spread = float(np.ptp(starts)) / 64 or 1.0
    best = least(at, starts, spread)
    near = 1e-7 * max(abs(best), spread)
    try:
        low, high = slope(best - near), slope(best + near)
    except NotImplementedError:
        return best
    return root(slope, best - near, best + near) if low < 0 < high else best


@np.errstate(all="ignore")
def best_row(loss: Any, y: FloatArray, weight: FloatArray, start: FloatArray) -> FloatArray:
    """Return the constant row with the least mean loss, by Newton-like steps from `start`.

    The steps are halved until the loss falls. Where rounding hides how it falls, they go on as long as they get shorter
    in the metric of the curvature.
    """
    mean = loss.with_reduction("mean")
    row = start.astype(np.float64)

    def at(row: FloatArray) -> tuple[float, FloatArray, float]:
        """Return the loss, the step from here, and its squared length."""
        rows = np.broadcast_to(row, (*y.shape, len(row)))
        grad, bend = (each.sum(axis=0) for each in mean.grad_and_curvature(y, rows, sample_weight=weight))
        value = float(mean.value(y, rows, sample_weight=weight))
        return value, -grad / bend, float(np.sum(grad * grad / bend))

    value, step, length = at(row)
    for _ in range(1000):
        trial = row + step
        if np.array_equal(trial, row):
            return row
        next_value, next_step, next_length = at(trial)
        rounding = 4 * np.finfo(np.float64).eps * abs(value)
        if next_value < value - rounding or (next_value <= value + rounding and next_length < length):
            row, value, step, length = trial, min(next_value, value), next_step, next_length
        else:
            step = step / 2
    raise ValueError(
        "no best constant row was found: the loss of y_true falls without end, its infimum over constant predictions "
        "at infinity, or too slowly"
    )

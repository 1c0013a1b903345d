"""What a booster divides gradients by: the loss's own curvature, or something else that is asked for by name."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from losses._loss.base import Loss
from losses._loss.elementwise import ResidualLoss
from losses._types import Array
from losses.categorical import CategoricalCrossEntropy
from losses.deviance import Poisson
from losses.distribution import MultiQuantile
from losses.regression import MAPE, SMAPE, Huber

_FLOOR = 1e-16
"""What XGBoost keeps its own second derivatives above."""

_NEAR = 0.1
"""Residuals below this part of the mean count as so large. docs/boosters.md has the trials."""


def derivatives(loss: Loss, curvature: str, arrays: tuple[Any, Any], named: dict[str, Any]) -> tuple[Array, Array]:
    """Return the gradient of the weighted sum and what to divide it by, for a loss whose reduction is "sum"."""
    grad: Array
    bend: Array
    if curvature in _STAND_INS:
        grad = loss.grad(*arrays, **named)
        return grad, _STAND_INS[curvature](loss, arrays, named, grad)
    grad, bend = loss.grad_and_curvature(*arrays, **named)
    if curvature == "auto":
        return grad, bend
    imitate = _IMITATIONS[curvature].get(type(loss))
    return grad, bend if imitate is None else imitate(grad, bend, named["sample_weight"])


def has_kinks_of_residuals(loss: Loss) -> bool:
    """Return whether a loss has kinks where predictions meet the target, and a constant in place of a curvature."""
    return isinstance(loss, MAPE | SMAPE | MultiQuantile) or (
        isinstance(loss, ResidualLoss) and loss.is_differentiable is False
    )


def check_curvature(loss: Loss, curvature: str) -> None:
    """Raise ValueError unless the curvature is one that the loss has."""
    if curvature not in CURVATURES:
        raise ValueError(f"curvature must be one of {', '.join(CURVATURES)}, got {curvature!r}")
    if curvature == "majorizer" and loss.smoothness is None and not has_kinks_of_residuals(loss):
        raise ValueError(f"{loss!r} has no bound of its second derivative (smoothness); use curvature='auto'")
    known = _IMITATIONS.get(curvature)
    if known is not None and type(loss) not in known:
        names = ", ".join(each.__qualname__ for each in known)
        raise ValueError(
            f"curvature={curvature!r} imitates what {curvature} does for {names}; {loss!r} isn't one, use 'auto'"
        )


# -------------------------------------------------------------------------------------------- in place of the curvature


def _hessian(loss: Loss, arrays: tuple[Any, Any], named: dict[str, Any], grad: Array) -> Array:
    return np.maximum(loss.hess(*arrays, **named), _FLOOR)


def _unit(loss: Loss, arrays: tuple[Any, Any], named: dict[str, Any], grad: Array) -> Array:
    return _constant(1.0, arrays[1], named["sample_weight"])


def _bound(loss: Loss, arrays: tuple[Any, Any], named: dict[str, Any], grad: Array) -> Array:
    if loss.smoothness is not None:
        return _constant(loss.smoothness, arrays[1], named["sample_weight"])
    return _secant(loss, arrays, named, grad)


def _secant(loss: Loss, arrays: tuple[Any, Any], named: dict[str, Any], grad: Array) -> Array:
    """Return (|ψ(r)| + |ψ(−r)|) / 2|r|, with |r| not below a tenth of its mean.

    That is the curvature of the parabola that touches the loss at r and bounds it from above, where the loss is made of
    two straight lines (Hunter and Lange 2000, "Quantile regression via an MM algorithm").
    """
    y_true, y_pred = arrays
    residual = y_pred - y_true.reshape(y_true.shape + (1,) * (y_pred.ndim - y_true.ndim))
    mirrored = loss.grad(y_true, y_pred - 2 * residual, **named)
    size, distance = np.abs(grad) + np.abs(mirrored), np.abs(residual)
    floor = _NEAR * distance[size > 0].mean() if size.any() else 1.0
    bend = size / (2 * np.fmax(distance, floor or 1.0))  # the distance of samples that are left out may be NaN
    curvature: Array = np.maximum(bend, _FLOOR).astype(grad.dtype, copy=False)
    return curvature


def _constant(number: float, y_pred: Array, weight: Any) -> Array:
    bend = np.full(y_pred.shape, number, y_pred.dtype)
    if weight is not None:
        bend *= np.reshape(weight, np.shape(weight) + (1,) * (bend.ndim - np.ndim(weight)))
    return bend


_STAND_INS: Mapping[str, Callable[[Loss, tuple[Any, Any], dict[str, Any], Array], Array]] = {
    "hessian": _hessian,
    "majorizer": _bound,
    "unit": _unit,
}

# ------------------------------------------------------------------------- what the libraries' own objectives divide by

Imitation = Callable[[Array, Array, Any], Array]
"""From gradient, curvature and weights."""


def _softprob(grad: Array, bend: Array, weight: Any) -> Array:
    """Return 2p(1 − p) as XGBoost up to 3.4 has it, |p − y| from 3.5 on."""
    import xgboost

    version = tuple(int(part) for part in xgboost.__version__.split(".")[:2])
    curvature: Array = np.maximum(2 * bend if version < (3, 5) else np.abs(grad), _FLOOR)
    return curvature


def _multiclass(grad: Array, bend: Array, weight: Any) -> Array:
    """Return K/(K − 1)·p(1 − p)."""
    k = bend.shape[-1]
    curvature: Array = bend * (k / (k - 1))
    return curvature


def _max_delta_step(grad: Array, bend: Array, weight: Any) -> Array:
    """Return e^(s + 0.7), by which both libraries keep steps short."""
    curvature: Array = bend * np.exp(bend.dtype.type(0.7))
    return curvature


_IMITATIONS: Mapping[str, Mapping[type[Loss], Imitation | None]] = {
    "xgboost": {CategoricalCrossEntropy: _softprob, Poisson: _max_delta_step},
    "lightgbm": {
        CategoricalCrossEntropy: _multiclass,
        Poisson: _max_delta_step,
        Huber: lambda grad, bend, weight: _constant(1.0, bend, weight),
    },
    "catboost": {CategoricalCrossEntropy: None},  # the whole matrix: see calc_ders_multi
}

CURVATURES = ("auto", *_STAND_INS, *_IMITATIONS)
"""The ways of choosing a curvature."""


def full_hessian(loss: Loss, curvature: str, y_pred: Array, bend: Array) -> Array:
    """Return the matrix of second derivatives of one sample, given its curvature, as CatBoost takes it.

    That is a diagonal matrix, but for the imitation of CatBoost's MultiClass, diag(p) − ppᵀ.
    """
    if curvature != "catboost":
        return np.diag(bend)
    p = loss.inverse_link(y_pred)
    hessian: Array = np.diag(p) - np.outer(p, p)
    trace = np.trace(hessian)
    return hessian * (bend.sum() / trace) if trace > 0 else np.diag(bend)

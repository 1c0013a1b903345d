"""How far the results of each loss are from exact ones, measured: the table of the guarantees.

A loss is evaluated in float32, and at the same numbers in float64, which is exact enough to judge it; likewise float64
by longdouble, where that has more digits. The unit of the error is what no implementation can avoid: one machine
epsilon (eps) of the result (of the largest number of its row; in lists, batches and sequences of the largest of all, at
least of 1), and what the result changes by if each number that went in, of the arrays and the parameters, is off by one
eps.
"""

import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np

from losses._testing.data import Fit
from losses._testing.search import fits
from losses._testing.subject import Subject, is_real

METHODS = ("value", "grad")
DRAWS, SAMPLES = 12, 40
LARGEST = 64
SIZES = (1.0, 30.0, 1e-4, 1e-2)
"""Factors by which predictions are multiplied where they may be any real numbers."""

JUDGES = {np.float32: np.float64, np.float64: np.longdouble}
if np.finfo(np.longdouble).eps >= np.finfo(np.float64).eps:
    del JUDGES[np.float64]


def largest_errors(loss: Any, draws: int = DRAWS) -> dict[type, dict[str, float]]:
    """Return the largest error found of value and grad, by dtype; nothing where no data could be made."""
    found: dict[type, dict[str, float]] = {dtype: {} for dtype in JUDGES}
    for subject, arrays in problems(loss, draws):
        for dtype, judge in JUDGES.items():
            for method in METHODS:
                if (error := error_of(subject, arrays, method, dtype, judge)) is not None:
                    found[dtype][method] = max(error, found[dtype].get(method, 0.0))
    return found


def worst(errors: dict[type, dict[str, float]]) -> float:
    """Return the largest error of all."""
    return max((error for by_method in errors.values() for error in by_method.values()), default=0.0)


def limit(loss: Any) -> int:
    """Return the largest error that the tests allow: 16, or more of groups, whose errors add up."""
    fit = fits(loss, seed=0)[0]
    return LARGEST if fit.grouped or fit.subject.items else 16


def problems(loss: Any, draws: int) -> Iterator[tuple[Subject, dict[str, Any]]]:
    """Yield the loss with arrays that it takes, of all sizes that it takes."""
    rng = np.random.default_rng(0)
    for fit in fits(loss, seed=0)[:2]:
        subject = fit.subject.reduced("none") if "none" in fit.subject.reductions else fit.subject
        n = 9 if subject.items or fit.grouped else SAMPLES
        for draw in range(draws):
            arrays = taken(subject, fit, n, rng)
            if arrays is None:
                continue
            reals = all(is_real(arrays[name]) and np.min(arrays[name]) < 0 for name in subject.predictions)
            factor = SIZES[draw % len(SIZES)] if reals else 1.0
            yield subject, {k: v * factor if k in subject.predictions else v for k, v in arrays.items()}


def taken(subject: Subject, fit: Fit, n: int, rng: np.random.Generator) -> dict[str, Any] | None:
    """Return arrays that the loss takes: fewer where chance seldom makes them, as labels that fit their frames."""
    while n:
        arrays = fit.make(n, rng)
        try:
            evaluated(subject, "value", arrays)
        except ValueError:
            n //= 2
        else:
            return arrays
    return None


@np.errstate(invalid="ignore")  # infinity less infinity
def error_of(subject: Subject, arrays: dict[str, Any], method: str, dtype: Any, judge: Any) -> float | None:
    """Return the largest error of one method in units of what can't be avoided; None if the arrays don't fit."""
    eps = np.finfo(dtype).eps
    given = {k: v.astype(dtype) if is_real(v) else v for k, v in arrays.items()}
    exact = {k: v.astype(judge) if is_real(v) else v for k, v in given.items()}
    try:
        results, truth = evaluated(subject, method, given), evaluated(subject, method, exact)
    except ValueError:
        return None
    unit = eps * scale(subject, arrays, truth) + np.finfo(dtype).smallest_normal
    for other, moved in changes(subject, exact, eps):
        try:
            unit += np.abs(evaluated(other, method, moved) - truth)
        except ValueError:  # out of its domain, as a probability above 1
            continue
    finite = np.isfinite(truth) & np.isfinite(results)
    return float(np.max(np.abs(results - truth)[finite] / unit[finite], initial=0))


def scale(subject: Subject, arrays: dict[str, Any], truth: np.ndarray) -> np.ndarray:
    """Return the size of each number: the largest of its row, or of all that belong together and 1."""
    sizes, n = np.abs(truth), len(arrays[subject.predictions[0]])
    if together(subject, arrays) or sizes.size % n:
        return np.full_like(sizes, sizes.max(initial=1))
    rows = sizes.reshape(n if len(subject.predictions) == 1 else sizes.size // n * n, -1)
    return np.broadcast_to(rows.max(axis=1, keepdims=True), rows.shape).ravel().copy()


def together(subject: Subject, arrays: dict[str, Any]) -> bool:
    """Return whether samples are compared with each other, or are more than a row: lists, batches, sequences."""
    names = subject.loss.signature.names
    return "qid" in names or (names != ("y_true", "y_pred") and np.ndim(arrays[subject.predictions[0]]) > 1)


def changes(subject: Subject, arrays: dict[str, Any], eps: float) -> Iterator[tuple[Subject, dict[str, Any]]]:
    """Yield the loss and its arrays with one thing off by eps: an array, its entries in turns, or a parameter."""
    rng = np.random.default_rng(1)
    for name, array in arrays.items():
        if is_real(array):
            for signs in (1, rng.choice([-1, 1], array.shape)):
                yield subject, {**arrays, name: array * (1 + signs * eps)}
    for field in dataclasses.fields(subject.loss):
        value = getattr(subject.loss, field.name)
        if isinstance(value, float):
            for sign in (1, -1):
                try:
                    loss = dataclasses.replace(subject.loss, **{field.name: value * (1 + sign * float(eps))})
                except ValueError:  # out of its range
                    continue
                yield dataclasses.replace(subject, loss=loss), arrays


def evaluated(subject: Subject, method: str, arrays: dict[str, Any]) -> np.ndarray:
    """Return all the numbers that a method returns."""
    result = subject.call(method, arrays)
    parts = result if isinstance(result, tuple) else (result,)
    return np.concatenate([np.ravel(np.asarray(part, np.longdouble)) for part in parts])


def page(measured: dict[str, dict[type, dict[str, float]]]) -> str:
    """Return the page, given the errors of each loss."""
    heads = [f"{method}, {np.dtype(dtype)}" for dtype in JUDGES for method in METHODS]
    lines = ["| loss | " + " | ".join(heads) + " |", "| --- |" + " ---: |" * len(heads)]
    for name, errors in measured.items():
        cells = [errors[dtype].get(method) for dtype in JUDGES for method in METHODS]
        lines.append(f"| `{name}` | " + " | ".join("" if c is None else f"{c:.1f}" for c in cells) + " |")
    about = " ".join((__doc__ or "").partition("\n\n")[2].split())
    return (
        f"# Measured accuracy\n\nThe largest errors found by `docs/_ext/accuracy.py` when this page was built. {about} "
        "So a 1 is as good as the numbers that went in. The tests hold every loss to 16, those of groups to "
        f"{LARGEST}, in fewer draws; beyond {LARGEST} this page isn't built."
        "\n\n:::{div} wide\n" + "\n".join(lines) + "\n:::\n"
    )

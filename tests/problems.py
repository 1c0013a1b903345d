"""Deterministic problems of any size for every registered loss, and ways of calling it."""

from typing import Any

import numpy as np
from hypothesis import settings

from registry import CLASSES, Case, Problem, class_ids, distributions, query_ids

fewer = settings(max_examples=settings().max_examples // 2)
"""For tests in which an example holds several problems, or calls a loss many times."""

more = settings(max_examples=settings().max_examples * 25)
"""For laws that are tested once and not over every loss, and whose examples take no time."""


def typical(case: Case, n: int, dtype: Any = np.float64, seed: int = 0) -> Problem:
    """Return a problem of n samples (or items). Numbers inside (0, 1) are predictions for every loss."""
    rng = np.random.default_rng(seed)
    y_pred = rng.uniform(0.05, 0.95, (n, *case.columns)).astype(dtype)
    if case.y_true is class_ids:
        y_true = rng.integers(0, CLASSES, n)
    elif case.y_true is distributions:
        y_true = rng.dirichlet(np.ones(CLASSES), n).astype(dtype)
    else:
        y_true = rng.integers(0, 2, (n, *case.columns)).astype(dtype)
    keywords = {
        name: rng.integers(0, n // 8 + 1, n) if make is query_ids else rng.uniform(0, 1, n).astype(dtype)
        for name, make in case.keywords.items()
    }
    return Problem(y_true, y_pred, keywords)


def weights_of(n: int, seed: int = 1) -> np.ndarray:
    """Return n weights, some of them zero."""
    rng = np.random.default_rng(seed)
    return rng.uniform(0.5, 2.0, n) * (rng.random(n) > 0.1)


def methods(case: Case) -> tuple[str, ...]:
    """Return the names of the methods that a loss has."""
    return ("value", "grad", "value_and_grad", *(["hess"] if case.has_hess else []))


def flatten(result: Any) -> list[np.ndarray]:
    """Return the numbers that a method returned as a list of arrays."""
    return [np.asarray(part) for part in (result if isinstance(result, tuple) else (result,))]


def reductions(case: Case) -> tuple[str, ...]:
    """Return the reductions of a loss: without "none" for a sum of losses whose samples aren't the same."""
    return ("mean", "sum") if case.unit == "mixed" else ("mean", "sum", "none")

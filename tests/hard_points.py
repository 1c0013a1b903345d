"""What the tests of elementwise families share: stored reference values, and comparison with exact arithmetic."""

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import strategies as st

from exact import exactly
from problems import mean_losses
from registry import Seeded

STORED = json.loads((Path(__file__).parent / "references" / "catalogue.json").read_text(encoding="utf-8"))
METHODS = ("value", "grad", "hess")


class Formula(NamedTuple):
    """The terms that the value of a sample and its first and second derivative are sums of, in decimals."""

    value: list[Decimal]
    grad: list[Decimal]
    hess: list[Decimal]
    factor: Decimal = Decimal(16)
    """How many eps of the largest term a result may be off."""
    slack: tuple[Decimal, Decimal, Decimal] = (Decimal(0), Decimal(0), Decimal(0))
    """By how much more each may be off, whatever the dtype."""

    def error_allowed(self, k: int, eps: Decimal) -> Decimal:
        """Return by how much a result may be off."""
        return self.factor * eps * max(map(abs, self[k])) + self.slack[k]


Exact = Callable[[Any, Decimal, Decimal, Decimal], Formula]
"""Takes a loss, y, ŷ and eps."""


def stored(*losses: type) -> pytest.MarkDecorator:
    """Parametrize over a loss and what was stored for it, of all the records of some classes."""
    by_name = {cls.__name__: cls for cls in losses}
    records = [record for record in STORED if record["loss"] in by_name]
    assert {record["loss"] for record in records} == set(by_name)
    arguments = [(by_name[r["loss"]](reduction=r["reduction"], **r["parameters"]), r) for r in records]
    return pytest.mark.parametrize(("loss", "record"), arguments, ids=lambda x: "" if isinstance(x, dict) else repr(x))


def numbers(values: Any) -> np.ndarray:
    """Return stored numbers: "inf" as a number, and None, where there is none, as NaN."""
    return np.array(values, dtype=float)


def assert_as_stored(loss: Any, record: dict[str, Any], exact: Exact) -> None:
    """Assert that results are within what the exact formula allows of the stored ones."""
    y, p = (numbers(record["arrays"][name]) for name in ("y_true", "y_pred"))
    weight = np.ones(len(y)) if record["sample_weight"] is None else numbers(record["sample_weight"])
    eps = exactly(np.finfo(np.float64).eps)
    formulas = [exact(loss, exactly(a), exactly(b), eps) for a, b in zip(y, p, strict=True)]
    for k, method in enumerate(METHODS):
        allowed = weight * [float(formula.error_allowed(k, eps)) for formula in formulas]
        allowed /= weight.sum() if record["reduction"] == "mean" else 1
        found = getattr(loss, method)(y, p, sample_weight=record["sample_weight"])
        if method == "value" and record["reduction"] != "none":
            allowed = allowed.sum()
        expected = numbers(record[method])
        with np.errstate(invalid="ignore"):
            near = (np.abs(found - expected) <= allowed + np.finfo(float).tiny) | (found == expected)
        assert np.all(near | np.isnan(expected)), (method, found, expected)


def assert_exact(loss: Any, y: Any, p: Any, exact: Exact) -> None:
    """Assert that each sample's results are as close to exact arithmetic as the loss promises."""
    loss = loss.with_reduction("none")
    results = [getattr(loss, method)(y, p) for method in METHODS]
    finfo = np.finfo(p.dtype)
    eps, least, most = (exactly(x) for x in (finfo.eps, finfo.smallest_normal, finfo.max))
    for i in range(len(p)):
        formula = exact(loss, exactly(y[i]), exactly(p[i]), eps)
        for k, found in enumerate(results):
            if not formula[k] or max(map(abs, formula[k])) > most / 8:
                continue  # there is no formula, or a term overflows
            error = abs(exactly(found[i]) - sum(formula[k]))
            allowed = max(formula.error_allowed(k, eps), formula.factor * least)
            assert error <= allowed, (
                f"{METHODS[k]} of {loss!r} at y = {y[i]!r}, ŷ = {p[i]!r}: {found[i]!r}, not {sum(formula[k]):.20e}, "
                f"is off by {error / allowed:.2f} times what is allowed"
            )


def arrays(dtype: Any, elements: Seeded) -> st.SearchStrategy[np.ndarray]:
    """Return a strategy for arrays of 8 numbers, rounded to a dtype."""
    return elements(dtype, (8,))


def assert_least_at(loss: Any, best: float, y: Any, weight: Any, grid: Any) -> None:
    """Assert that no constant on a grid, or near the best one, has less loss."""
    near = best + np.concatenate([-np.geomspace(1e-6, 1e-2, 9), np.geomspace(1e-6, 1e-2, 9)])
    near = near[(near >= grid[0]) & (near <= grid[-1])]
    least, *others = mean_losses(loss, y, weight, np.concatenate([[best], grid, near]))
    assert least <= min(others) + 1e-14 * (1 + abs(least))


# --------------------------------------------------------------------------------------------- rows of predictions


class Rows(NamedTuple):
    """The terms that the value of a sample, and the derivatives with respect to each entry of its row, are sums of."""

    value: list[Decimal]
    grad: list[list[Decimal]]
    hess: list[list[Decimal]]
    condition: Decimal = Decimal(1)
    """How much larger a relative error of a second derivative may be."""

    def entries(self, method: str) -> list[list[Decimal]]:
        """Return the terms of each number that a method returns."""
        return [self.value] if method == "value" else self.grad if method == "grad" else self.hess


ExactRow = Callable[[Any, Decimal, list[Decimal]], Rows]
"""Takes a loss, y and a row of predictions."""


def _off(method: str, found: Any, formula: Rows, eps: Decimal, least: Decimal, most: Decimal) -> Any:
    """Return by how many times what is allowed each number is off, 0 where a term overflows."""
    factor = 16 * (formula.condition if method == "hess" else 1)
    off = []
    for number, terms in zip(np.ravel(found), formula.entries(method), strict=True):
        largest = max(map(abs, terms))
        error = Decimal(0) if largest > most / 8 else abs(exactly(number) - sum(terms))
        off.append(float(error / max(factor * eps * largest, 16 * least)))
    return off


def assert_rows_exact(loss: Any, y: Any, p: Any, exact: ExactRow) -> None:
    """Assert that each row's results are as close to exact arithmetic as the loss promises."""
    loss, finfo = loss.with_reduction("none"), np.finfo(p.dtype)
    eps, least, most = (exactly(x) for x in (finfo.eps, finfo.smallest_normal, finfo.max))
    results = {method: getattr(loss, method)(y, p) for method in METHODS}
    for i in range(len(p)):
        formula = exact(loss, exactly(y[i]), [exactly(x) for x in p[i]])
        for method, found in results.items():
            off = _off(method, found[i], formula, eps, least, most)
            assert max(off) <= 1, f"{method} of {loss!r} at y = {y[i]!r}, ŷ = {p[i]!r}: {found[i]!r} is off by {off}"


def assert_rows_as_stored(loss: Any, record: dict[str, Any], exact: ExactRow) -> None:
    """Assert that results are within what the terms of the exact formula allow of the stored ones."""
    y, p = (numbers(record["arrays"][name]) for name in ("y_true", "y_pred"))
    weight = np.ones(len(y)) if record["sample_weight"] is None else numbers(record["sample_weight"])
    eps = np.finfo(np.float64).eps
    formulas = [exact(loss, exactly(a), [exactly(b) for b in row]) for a, row in zip(y, p, strict=True)]
    for method in METHODS:
        if record[method] is None:
            continue
        allowed = np.array([[16 * eps * float(max(map(abs, t))) for t in f.entries(method)] for f in formulas])
        if method == "hess":
            allowed *= [[float(f.condition)] for f in formulas]
        allowed = allowed * weight[:, np.newaxis] / (weight.sum() if record["reduction"] == "mean" else 1)
        if method == "value":
            allowed = allowed[:, 0] if record["reduction"] == "none" else allowed.sum()
        found = getattr(loss, method)(y, p, sample_weight=record["sample_weight"])
        np.testing.assert_array_less(np.abs(found - numbers(record[method])), allowed + np.finfo(float).tiny, method)

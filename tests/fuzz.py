"""Call every loss with arguments of every kind and shape: ``python tests/fuzz.py [SECONDS [SEED]]``.

A call may return, or raise ValueError, TypeError or NotImplementedError with a message that names an argument. It must
not warn, change an input, or give a result that differs from the same loss of longdouble arrays by more than roundings.
"""

import re
import sys
import time
import warnings
from typing import Any

import numpy as np

import losses

METHODS = ("value", "grad", "hess", "value_and_grad", "curvature", "grad_and_curvature", "partial", "best_constant")
SHAPES: list[tuple[int, ...]] = [(), (0,), (1,), (3,), (6,), (6, 1), (3, 2), (2, 3), (6, 3), (2, 3, 3), (0, 3), (3, 0)]
SPECIAL = [0.0, -0.0, 1.0, -1.0, 2.0, 0.5, 1e-300, 1e300, -1e300, 1e4, -1e4, np.inf, -np.inf, np.nan, 5e-324, 40.0]
PARAMETERS: dict[str, dict[str, Any]] = {
    "asymmetric": {"shortfall_weight": 3.0},
    "cumulative_logit": {"thresholds": (-1.0, 1.0)},
}
"""Of the losses that have no defaults."""


def make(name: str, rng: np.random.Generator) -> Any:
    """Return a loss with its default parameters and a reduction drawn at random."""
    reduction = rng.choice(["mean", "sum", "none"])
    return losses.get(name, reduction=str(reduction), **PARAMETERS.get(name, {}))


def numbers(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    """Return an array of one of many kinds."""
    kind = rng.integers(0, 12)
    if kind <= 2:
        array = rng.normal(size=shape) * 10.0 ** rng.integers(-3, 4)
    elif kind <= 5:
        array = rng.integers(0, 3, shape).astype(rng.choice(["f8", "f4", "i8", "u1", "f2", "?"]))
    elif kind <= 7:
        array = rng.random(shape)
    elif kind == 8:
        array = rng.choice(SPECIAL, shape)
    elif kind == 9:
        array = rng.normal(size=shape).astype(rng.choice(["f4", "f2", "g", ">f8"]))
    elif kind == 10:
        array = np.sign(rng.normal(size=shape))
    else:
        return strange(rng, shape)
    array = np.asarray(array)
    layout = rng.integers(0, 4)
    if layout == 1 and array.ndim:
        array = np.repeat(array, 2, axis=0)[::2]
    elif layout == 2:
        array = np.asfortranarray(array)
    elif layout == 3:
        return array.tolist()
    return array


def strange(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    """Return something that is no array of real numbers."""
    return [
        np.full(shape, 1j),
        np.full(shape, "a"),
        np.full(shape, None),
        np.zeros(shape, "M8[D]"),
        np.ma.zeros(shape),
        "text",
        [[1.0], [1.0, 2.0]],
        {1: 2},
    ][rng.integers(0, 8)]


def arguments(loss: Any, rng: np.random.Generator) -> tuple[list[Any], dict[str, Any]]:
    """Return positional and named arrays, mostly of one shape."""
    shape = SHAPES[rng.integers(0, len(SHAPES))]
    signature = loss.signature

    def one() -> Any:
        return numbers(rng, shape if rng.random() < 0.85 else SHAPES[rng.integers(0, len(SHAPES))])

    positional = [one() for _ in signature.positional]
    if rng.random() < 0.3 and len(shape) > 1:
        positional[0] = numbers(rng, shape[:-1])
    named = {name: one() for name in signature.required}
    named |= {name: one() for name in signature.optional if rng.random() < 0.4}
    if "qid" in named:
        named["qid"] = rng.integers(0, 3, shape).tolist() if rng.random() < 0.8 else named["qid"]
    if rng.random() < 0.3:
        named["sample_weight"] = rng.choice([0.0, 0.5, 1.0, 2.0], shape) if rng.random() < 0.7 else one()
    return positional, named


def call(loss: Any, method: str, positional: list[Any], named: dict[str, Any]) -> Any:
    if method == "best_constant":
        return loss.best_constant(positional[0], named.get("sample_weight"))
    return getattr(loss, method)(*positional, **named)


def snapshot(values: list[Any]) -> list[Any]:
    return [value.copy() if isinstance(value, np.ndarray) else repr(value) for value in values]


def unchanged(values: list[Any], before: list[Any]) -> bool:
    """Return whether arguments are what they were."""

    def same(value: Any, old: Any) -> bool:
        if isinstance(old, np.ndarray):
            return np.array_equal(value, old, equal_nan=value.dtype.kind in "fc")
        return repr(value) == old

    return all(map(same, values, before))


def one_call(rng: np.random.Generator, name: str) -> str:
    """Make one call; return how it ended, or raise AssertionError with the call."""
    loss, method = make(name, rng), str(rng.choice(METHODS))
    positional, named = arguments(loss, rng)
    text = f"{loss!r}.{method}(*{positional!r}, **{named!r})"
    values = [*positional, *named.values()]
    before = snapshot(values)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            result = call(loss, method, positional, named)
    except (ValueError, TypeError, NotImplementedError) as error:
        names = (*loss.signature.names, "sample_weight", type(loss).__name__, "reduction", "y_true")
        if not any(re.search(rf"\b{re.escape(word)}\b", str(error)) for word in names):
            raise AssertionError(f"{text}: {error!r} names nothing") from error
        return type(error).__name__
    except BaseException as error:
        raise AssertionError(f"{text} raised {error!r}") from error
    assert unchanged(values, before), f"{text} changed an input"
    clipped = hasattr(loss, "from_logits") and not loss.from_logits  # by the machine epsilon of the dtype
    if method in ("value", "grad", "curvature") and not clipped:
        compare(loss, method, positional, named, result, text)
    return "result"


def compare(loss: Any, method: str, positional: list[Any], named: dict[str, Any], result: Any, text: str) -> None:
    """Compare a result with that of the same numbers as longdouble, computed as such."""
    wide = list(positional)
    names, single = loss.signature.positional, False
    for name in (name for name in loss.signature.predictions if name in names):
        index = names.index(name)
        array = np.asarray(positional[index])
        if array.dtype == np.float16:  # by whose epsilon probabilities are clipped
            return
        single = single or (array.dtype.itemsize < 8 and array.dtype.kind == "f")
        wide[index] = array.astype(np.longdouble)
    try:
        exact = call(loss, method, wide, named)
    except (ValueError, TypeError, NotImplementedError):
        return
    inputs = [np.abs(np.asarray(array, np.longdouble)) for array in [*wide, named.get("sample_weight", 1.0)]]
    inputs = [array[np.isfinite(array)] for array in inputs]
    if any(np.any((array != 0) & (array < np.finfo(np.float32 if single else np.float64).tiny)) for array in inputs):
        return  # no accuracy is stated below the smallest normal number
    spread = max(float(np.max(array, initial=1.0)) for array in inputs)
    eps = np.finfo(np.float32 if single else np.float64).eps
    for mine, other in zip(result, exact, strict=True) if isinstance(result, tuple) else [(result, exact)]:
        kinds = [np.float32 if single else np.float64, *([mine.dtype] if isinstance(mine, np.ndarray) else [])]
        largest = min(np.longdouble(np.finfo(kind).max) for kind in kinds)
        mine, other = np.asarray(mine, np.longdouble), np.asarray(other, np.longdouble)
        if spread <= 1e4:  # or a term may overflow
            lost = ~np.isfinite(mine) & (np.abs(other) < largest / 16)
            assert not lost.any(), f"{text} = {mine}, but {other} in longdouble"
        with np.errstate(all="ignore"):
            size = np.max(np.abs(other[np.isfinite(other)]), initial=1.0)
            # terms of one sample may be as large as the predictions, and cancel; floors are eps times the weights
            factor = min(spread, 1e6) * (inputs[-1].max(initial=1.0) ** 2 if method == "curvature" else 1)
            off = np.isfinite(mine) & np.isfinite(other) & (np.abs(mine - other) > 4096 * eps * size * factor)
        assert not off.any(), f"{text} = {mine}, but {other} in longdouble"


def main(seconds: float = 60.0, seed: int = 0) -> dict[str, int]:
    """Fuzz for so long; return how many calls ended how."""
    ends: dict[str, int] = {}
    rng, start, names = np.random.default_rng(seed), time.perf_counter(), losses.available()
    while time.perf_counter() - start < seconds:
        for name in names:
            end = one_call(rng, name)
            ends[end] = ends.get(end, 0) + 1
    return ends


if __name__ == "__main__":
    print(main(*(float(text) for text in sys.argv[1:2]), *(int(text) for text in sys.argv[2:3])))

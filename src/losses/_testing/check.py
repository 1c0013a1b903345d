"""Which laws are tried on which arrays, and what is made of a failure."""

import dataclasses
import functools
import inspect
from collections.abc import Callable, Collection, Iterator
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from losses._testing import boosting as boosters
from losses._testing import calls, gradients, laws
from losses._testing.data import Fit
from losses._testing.failure import Cause, Failure, causes_of_error
from losses._testing.shrink import Broken, shrunk
from losses._testing.subject import Arrays, Subject, size

Law: TypeAlias = Callable[..., None]

RAISED = "section 1: every method takes the arguments that value takes"


def under_each_reduction(law: Law) -> Law:
    """Return a law that speaks of one reduction as one of "mean" and "sum", or the only one there is."""

    @functools.wraps(law)
    def every(subject: Subject, arrays: Arrays, weight: Any = None) -> None:
        for variant in subject.each("mean", "sum").values():
            law(variant, arrays, weight)

    return every


SLOPES = (gradients.grad_is_the_derivative_of_value, gradients.hess_is_the_derivative_of_grad)
REDUCED_SLOPES = tuple(map(under_each_reduction, SLOPES))
CALLS = (calls.arguments_are_unchanged, calls.what_is_returned)
FINITE = (calls.results_are_finite,)
PARTS = (calls.parts_are_the_same,)
OUT = (calls.out_receives_the_same_bits,)
SUMS = (laws.sum_is_none_added_up, laws.mean_is_sum_over_one_denominator)
WEIGHTS = (
    laws.integer_weight_repeats_the_sample,
    laws.weight_zero_leaves_the_sample_out,
    laws.scale_of_the_weights,
)
BOOSTING = (boosters.curvature_is_positive, boosters.gradients_are_unscaled, boosters.both_are_their_parts)


ORDINARY = ("random", "given")
"""Kinds of ordinary arrays."""

BY_NUMBER: dict[int | str, tuple[Law, ...]] = {
    1: SUMS,
    2: (laws.integer_weight_repeats_the_sample,),
    3: (laws.weight_zero_leaves_the_sample_out,),
    4: (laws.scale_of_the_weights,),
    5: (laws.order_of_the_samples,),
    6: (*PARTS, *OUT),
    7: SLOPES,
    "shapes": (calls.nothing_is_broadcast,),
    "finite": FINITE,
}
"""The laws that the definition of a loss may rule out, by the number or word by which they are skipped."""


class Trial(NamedTuple):
    """Arrays and weights, and what they are."""

    kind: str
    arrays: dict[str, Any]
    weight: Any = None


def run(fit: Fit, trials: list[Trial], boosting: bool, skip: Collection[int | str], note: str) -> None:
    """Raise the first failure of a law, for the smallest arguments that break it."""
    skipped = [law for number in skip for law in BY_NUMBER[number]]
    remembering = dataclasses.replace(fit.subject, memory={})
    for law, trial in _plan(fit, trials, boosting):
        if inspect.unwrap(law) in skipped:
            continue
        failure = broken(law, remembering, trial.arrays, trial.weight)
        if failure is None:
            continue
        least = shrunk(
            fit.subject,
            Broken(failure, trial.arrays, trial.weight),
            lambda arrays, weight, law=law: _still(law, fit.subject, arrays, weight),  # type: ignore[misc]
        )
        raise AssertionError(least.report(note)) from least.__cause__


def _plan(fit: Fit, trials: list[Trial], boosting: bool) -> Iterator[tuple[Law, Trial]]:
    """Yield laws with the arrays to try them on: the most telling first."""
    plain = [trial for trial in trials if trial.weight is None]
    weighed = [trial for trial in trials if trial.weight is not None]
    yield from _each(CALLS, trials)
    yield from _each(FINITE, [trial for trial in plain if trial.kind == "large"])
    plain, weighed = ([t for t in some if _is_finite(fit.subject, t)] for some in (plain, weighed))
    ordinary = [trial for trial in plain if trial.kind in ORDINARY]
    yield from _each(REDUCED_SLOPES, ordinary)
    yield from _each(SLOPES, [trial for trial in plain if trial.kind not in ORDINARY])
    yield from _each((calls.nothing_is_broadcast, *OUT), ordinary)
    yield from _each((*PARTS, *SUMS), plain)
    if not fit.grouped:
        yield from _each((laws.order_of_the_samples,), [t for t in plain if _may_move(fit, t)])
    if fit.weighted:
        yield from _each(WEIGHTS, weighed)
        yield from _each((laws.order_of_the_samples,), [t for t in weighed if _may_move(fit, t)])
    ordinary = [trial for trial in weighed if trial.kind in ORDINARY]
    yield from _each((*REDUCED_SLOPES, calls.nothing_is_broadcast, *OUT), ordinary)
    yield from _each((*PARTS, *SUMS), weighed)
    if boosting:
        some = [t for t in plain + weighed if not fit.grouped or t.weight is None]
        yield from _each(BOOSTING[:1] if fit.grouped else BOOSTING, some)


def _each(several: tuple[Law, ...], trials: list[Trial]) -> Iterator[tuple[Law, Trial]]:
    return ((law, trial) for law in several for trial in trials)


def _may_move(fit: Fit, trial: Trial) -> bool:
    """Return whether samples may be permuted: where their order breaks ties, there must be none."""
    return not fit.subject.items or trial.kind in ("random", "given", "single")


def _is_finite(subject: Subject, trial: Trial) -> bool:
    """Return whether the loss is finite; that of large arrays may rightly be infinite."""
    return trial.kind != "large" or np.isfinite(subject.total(trial.arrays, trial.weight))


def broken(law: Law, subject: Subject, arrays: Arrays, weight: Any) -> Failure | None:
    """Return how a law is broken, or None."""
    try:
        law(subject, arrays, weight)
    except Failure as failure:
        return failure
    except Exception as error:  # whatever a loss of another author raises
        return _raised(subject, arrays, weight, error)
    return None


def _raised(subject: Subject, arrays: Arrays, weight: Any, error: Exception) -> Failure:
    """Return the failure of a loss that raises an error of its own."""
    causes = causes_of_error(str(error)) or [Cause(type(error).__name__, "see the error itself, further up")]
    numbers = [("raised", f"{type(error).__name__}: {error}")]
    failure = Failure(subject, RAISED, {**arrays, "sample_weight": weight}, numbers, causes)
    failure.__cause__ = error
    return failure


def _still(law: Law, subject: Subject, arrays: Arrays, weight: Any) -> Failure | None:
    """Return how a law is broken by smaller arguments, or None; also if the loss no longer takes them."""
    try:
        if not np.isfinite(subject.total(arrays, weight)) and law not in FINITE:
            return None
    except Exception:  # whatever a loss of another author raises
        return None
    return broken(law, subject, arrays, weight)


def varied(fit: Fit, rng: np.random.Generator) -> list[Trial]:
    """Return arrays of every kind that the loss takes, with weights where it takes these."""
    trials = []
    for kind, arrays in fit.variety(rng):
        try:
            total = fit.subject.total({name: np.array(array) for name, array in arrays.items()})
        except Exception:  # it needn't take every kind of number
            continue
        if np.isfinite(total) or kind == "large":
            trials += weighed(fit, kind, arrays, rng)
    return trials


def weighed(fit: Fit, kind: str, arrays: dict[str, Any], rng: np.random.Generator) -> list[Trial]:
    """Return arrays alone, and with weights."""
    arrays = {name: np.array(array) for name, array in arrays.items()}
    for array in arrays.values():
        array.setflags(write=False)  # or a loss that changes its arguments would change the later trials
    trials = [Trial(kind, arrays)]
    n = size(fit.subject, arrays)
    if fit.weighted and kind != "large":
        weight = rng.uniform(0.5, 2, n).round(3)
        for some in [weight, np.where(np.arange(n) % 3 == 1, 0.0, weight)][: 2 if n > 2 and kind in ORDINARY else 1]:
            some.setflags(write=False)
            trials.append(Trial(kind, arrays, some))
    return trials

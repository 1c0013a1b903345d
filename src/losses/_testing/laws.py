"""Laws 1 to 6: reductions, weights, the order of samples, and what a call may not change.

Each is a function of a `Subject`, arrays by name, and weights; it raises a `Failure` where the law doesn't hold. What
it further needs (counts, an order, a factor) may be given, or is made from the number of samples.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from losses._testing.causes import ratio
from losses._testing.compare import assert_close, identical, named
from losses._testing.failure import WEIGHTS_IGNORED, Cause, Failure, place
from losses._testing.subject import Arrays, Subject, is_real, of_samples, shared, size, take
from losses._types import Array

ADDED_UP = 'law 1: "sum" is "none" added up'
ONE_DENOMINATOR = 'law 1: "mean" is "sum" divided by one number, value and derivatives alike'
REPEATED = "law 2: an integer weight repeats the sample"
LEFT_OUT = "law 3: weight zero leaves the sample out"
SCALE = 'law 4: the scale of the weights leaves "mean" as it was and scales "sum"'
ORDER = "law 5: the order of the samples doesn't matter"
TOGETHER = "law 6: value_and_grad is value and grad, bit for bit"
CALLED = "law 6: a call is value"
OUT = "law 6: out= changes nothing but where the result lies"
UNCHANGED = "section 5: arguments are never changed"


def ones(subject: Subject, arrays: Arrays) -> Array:
    """Return a weight of 1 for each sample."""
    return np.ones(size(subject, arrays))


# ------------------------------------------------------------------------------------------------------- law 1


def sum_is_none_added_up(subject: Subject, arrays: Arrays, weight: Any = None) -> None:
    """Raise unless the losses under "none" add up to "sum", and the derivatives are the same."""
    variants = subject.each("sum", "none")
    if len(variants) < 2:
        return
    arguments = {**arrays, "sample_weight": weight}
    total, each = (variants[reduction].results(arrays, weight) for reduction in ("sum", "none"))
    added = each.pop("value")[0].sum(dtype=np.float64)
    assert_close(subject, ADDED_UP, arguments, 'value under "sum"', total["value"][0], added, '"none" added up')
    for method, derivatives in each.items():
        for k, (a, b) in enumerate(zip(derivatives, total[method], strict=True)):
            label = named(method, k, len(derivatives))
            labels = f'{label} under "none"', f'{label} under "sum"'
            if subject.is_library_loss:
                identical(subject, ADDED_UP, arrays, weight, labels[0], a, labels[1], b)
            else:
                assert_close(subject, ADDED_UP, arguments, labels[0], a, b, labels[1])


def mean_is_sum_over_one_denominator(subject: Subject, arrays: Arrays, weight: Any = None) -> None:
    """Raise unless value and derivatives under "mean" are those under "sum" divided by one and the same number."""
    variants = subject.each("mean", "sum")
    if len(variants) < 2 or not _has_one_denominator(subject, arrays, weight):
        return
    mean, total = (variants[reduction].results(arrays, weight) for reduction in ("mean", "sum"))
    average, numerator = float(mean["value"][0]), float(total["value"][0])
    for method in mean:
        for k, (a, b) in enumerate(zip(mean[method], total[method], strict=True)):
            label = named(method, k, len(mean[method]))
            assert_close(
                subject,
                ONE_DENOMINATOR,
                {**arrays, "sample_weight": weight},
                f'{label} under "mean" × value under "sum"',
                a * numerator,
                b * average,
                f'{label} under "sum" × value under "mean"',
            )


def _has_one_denominator(subject: Subject, arrays: Arrays, weight: Any) -> bool:
    """Return whether the mean is that of one loss, or of losses with the same denominator."""
    if subject.degree is None or not subject.is_sum:
        return subject.degree is not None
    try:
        return subject.call("partial", arrays, weight).denominator is not None
    except ValueError:
        return False


# ------------------------------------------------------------------------------------------------------- laws 2 and 3


def integer_weight_repeats_the_sample(
    subject: Subject, arrays: Arrays, weight: Any = None, counts: Array | None = None
) -> None:
    """Raise unless a sample of weight k counts as k copies; its gradient is the sum over them. `weight` isn't used."""
    n = size(subject, arrays)
    counts = (np.arange(n) + 2) % 4 if counts is None else counts
    copies = np.repeat(np.arange(n), counts)
    for reduction, variant in subject.each("mean", "sum").items():
        weighted = variant.results(arrays, counts)
        repeated = variant.results(take(subject, arrays, copies))
        if reduction == "none":
            weighted["value"], repeated["value"] = ([each[0].sum()] for each in (weighted["value"], repeated["value"]))
        if subject.items:  # the copies of an item may have mixed second derivatives
            weighted.pop("hess", None)
        for method, results in weighted.items():
            for k, result in enumerate(results):
                expected = repeated[method][k]
                if method != "value" and of_samples(subject, method, k):
                    expected = np.zeros_like(result)
                    np.add.at(expected, copies, repeated[method][k])
                assert_close(
                    variant,
                    REPEATED,
                    {**arrays, "sample_weight": counts},
                    named(method, k, len(results)),
                    result,
                    expected,
                    "with repeated samples",
                    partial(_ignored, variant, method, arrays, counts),
                )


def _ignored(subject: Subject, method: str, arrays: Arrays, weight: Any) -> list[Cause]:
    """Return whether a method returns the same whatever the weights are."""
    plain, weighted = (subject.results(arrays, each)[method] for each in (None, weight))
    same = all(np.array_equal(a, b, equal_nan=True) for a, b in zip(plain, weighted, strict=True))
    return [Cause(WEIGHTS_IGNORED.key, f"in {method}, {WEIGHTS_IGNORED.text}")] if same else []


def weight_zero_leaves_the_sample_out(
    subject: Subject,
    arrays: Arrays,
    weight: Any = None,
    kept: Array | None = None,
    spoil: Callable[[str, Array], Any] | None = None,
) -> None:
    """Raise unless samples of weight zero count for nothing, and have derivatives of exactly 0.

    `spoil` takes the name and the left-out entries of an array, and returns what to put there instead; unless given, it
    is NaN, in floating arrays of a loss of this library.
    """
    n = size(subject, arrays)
    kept = np.arange(n) % 3 != 1 if kept is None else kept
    weight = ones(subject, arrays) if weight is None else np.asarray(weight)
    weight = weight * kept.reshape(-1, *(1,) * (weight.ndim - 1))
    spoiled = _spoiled(subject, arrays, ~kept, spoil)
    for reduction, variant in subject.each("mean", "sum", "none").items():
        arguments = {**spoiled, "sample_weight": weight}
        rest = variant.results(take(subject, arrays, np.flatnonzero(kept)), weight[kept])
        for method, results in variant.results(spoiled, weight).items():
            for k, result in enumerate(results):
                label, expected = named(method, k, len(results)), rest[method][k]
                if method == "value" and (subject.items or not result.ndim):
                    result, expected = result.sum(), expected.sum()  # a query may be left out altogether
                elif not of_samples(variant, method, k):
                    pass
                elif result[~kept].any():
                    index = tuple(int(i) for i in np.argwhere((result != 0) & _spread(~kept, result))[0])
                    causes = _ignored(variant, method, arrays, weight)
                    numbers = [(place(label, index), result[index]), ("of a left-out sample", 0.0)]
                    raise Failure(variant, LEFT_OUT, arguments, numbers, causes)
                else:
                    result = result[kept]
                assert_close(
                    variant,
                    LEFT_OUT,
                    arguments,
                    label + (" added up" if reduction == "none" and method == "value" and subject.items else ""),
                    result,
                    expected,
                    "without the samples",
                    partial(_ignored, variant, method, arrays, weight),
                )


def _spread(mask: Array, like: Array) -> Array:
    return np.broadcast_to(mask.reshape(-1, *(1,) * (like.ndim - 1)), like.shape)


def _spoiled(
    subject: Subject, arrays: Arrays, left_out: Array, spoil: Callable[[str, Array], Any] | None
) -> dict[str, Any]:
    """Return arrays with other contents in the samples that are left out."""
    if spoil is None and not subject.is_library_loss:
        return dict(arrays)
    change = spoil or (lambda name, entries: np.nan if is_real(entries) else entries)
    spoiled = {}
    for name, array in arrays.items():
        whole = np.ndim(array) > 0 and len(array) == len(left_out) and name not in shared(subject)
        spoiled[name] = np.array(array) if whole else array
        if whole:
            spoiled[name][left_out] = change(name, spoiled[name][left_out])
    return spoiled


# ------------------------------------------------------------------------------------------------------- laws 4 and 5


def scale_of_the_weights(subject: Subject, arrays: Arrays, weight: Any = None, factor: float = 3.0) -> None:
    """Raise unless a factor of all the weights leaves "mean" as it was and scales "sum" and "none" by a power of it."""
    weight = ones(subject, arrays) if weight is None else np.asarray(weight)
    for reduction, variant in subject.each("mean", "sum", "none").items():
        if subject.degree is None and reduction != "mean":
            continue
        before, after = variant.results(arrays, weight), variant.results(arrays, factor * weight)
        scale = 1.0 if reduction == "mean" else factor ** (subject.degree or 1)
        if reduction not in ("mean", "sum", "none"):
            scale = _known_scale(before["value"], after["value"], factor)
        if 4 in getattr(subject.loss, "exempt_laws", ()):  # which speaks of the value alone
            del after["value"]
        for method, results in after.items():
            for k, result in enumerate(results):
                assert_close(
                    variant,
                    SCALE,
                    {**arrays, "sample_weight": factor * weight},
                    f"{named(method, k, len(results))} / {scale:g}" if scale != 1 else named(method, k, len(results)),
                    result / scale,
                    before[method][k],
                    f"with weights / {factor:g}",
                    partial(_scaled, results, before[method], scale),
                )


def _known_scale(before: Sequence[Array], after: Sequence[Array], factor: float) -> float:
    """Return the power of the factor by which the value of a loss of an unknown reduction was scaled, or 1."""
    quotient = ratio(after, before)
    powers = [scale for scale in (1.0, factor, factor**2) if quotient is not None and np.isclose(quotient, scale)]
    return powers[0] if powers else 1.0


def _scaled(after: Sequence[Array], before: Sequence[Array], expected: float) -> list[Cause]:
    """Return what the factor by which a result was scaled tells."""
    quotient = ratio(after, before)
    if quotient is None:
        return []
    if expected != 1 and np.isclose(quotient, 1):
        return [WEIGHTS_IGNORED]
    if expected == 1:
        text = f"the result is scaled by {quotient:g}: divide by the sum of the weights, not by the number of samples"
        return [Cause("not divided by the weights", text)]
    return [
        Cause("power", f"the result is scaled by {quotient:g} rather than {expected:g}: weights enter more than once")
    ]


def order_of_the_samples(subject: Subject, arrays: Arrays, weight: Any = None, order: Array | None = None) -> None:
    """Raise unless a permutation of the samples leaves value as it was and permutes the derivatives alike."""
    n = size(subject, arrays)
    order = np.roll(np.arange(n)[::-1], 1) if order is None else order
    turned = take(subject, arrays, order)
    moved = None if weight is None else np.asarray(weight)[order]
    for variant in subject.each("mean", "sum", "none").values():
        before, after = variant.results(arrays, weight), variant.results(turned, moved)
        for method, results in after.items():
            for k, result in enumerate(results):
                expected = before[method][k]
                if method == "value" and result.ndim and subject.items:
                    result, expected = np.sort(result), np.sort(expected)
                elif result.ndim and of_samples(variant, method, k):
                    expected = expected[order]
                assert_close(
                    variant,
                    ORDER,
                    {**turned, "sample_weight": moved},
                    named(method, k, len(results)),
                    result,
                    expected,
                    "permuted result in the first order",
                    lambda: [Cause("order", f"samples are told apart by their place (the first order was {order})")],
                )

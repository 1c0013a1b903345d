"""Proofs for losses: `check_loss` tries the laws that every loss here obeys on a loss of any author.

Nothing but NumPy is needed, and the same seed gives the same arrays. The laws themselves are functions of
`losses._testing.laws`, `calls`, `gradients` and `boosting`, which this library's own tests call, too.
"""

import math
from collections.abc import Callable, Collection
from typing import Any

import numpy as np

from losses._testing import check
from losses._testing.data import Fit
from losses._testing.gradients import ATOL, RTOL, STEP, expected_slope
from losses._testing.search import described, explored, fits, given
from losses._testing.subject import Subject, size, take
from losses._types import Array, ArrayLike

__all__ = ["check_grad", "check_loss"]

_FEW, _PARTS = 8, 3
"""How many samples of given arrays are tried at a time, and how many such parts."""

_GIVEN = "The arguments are a part of those that were given, made as simple as possible."


def check_loss(
    loss: Any,
    *arrays: ArrayLike,
    sample_weight: ArrayLike | None = None,
    boosting: bool = False,
    skip: Collection[int | str] = (),
    seed: int = 0,
    **named: Any,
) -> None:
    """Try the laws of losses on a loss: one of this library, one of your own, or any object with `value` and `grad`.

    These are tried: arguments aren't changed; value is a number, and `grad` has the predictions' shape; results are
    finite for predictions of ±10⁴; `grad` and `hess` agree with central differences, at a kink with those of one side
    or what lies between; shapes that don't fit are refused; `value_and_grad`, a call and `out=` give the same bits;
    "sum" is "none" added up, and "mean" is "sum" over one number; the order of the samples and the scale of the weights
    don't matter; an integer weight repeats a sample, and a weight of zero leaves it out (in this library, whatever it
    holds).
    What the loss lacks (`hess`, `sample_weight`, `out`, other reductions) isn't checked.

    Parameters
    ----------
    loss : object
        The loss. Its methods are called like those of this library.
    *arrays : array_like
        Arrays to try, as `value` takes them. Without them, arrays are made: random, tied, zero, equal to the target, at
        kinks, and large; which numbers and shapes the loss takes is found by trial. Of many samples, a few are tried.
    sample_weight : array_like, optional
        Weights for these arrays.
    boosting : bool, default False
        Whether to ask for what boosters need as well: a curvature that is finite and positive, and gradients under
        "sum" that are those of each sample times its weight.
    skip : sequence of int or str, default ()
        Laws that the loss's definition rules out: 1 ("sum" is "none" added up, "mean" is "sum" over one number), 2 (an
        integer weight repeats the sample), 3 (weight zero leaves it out), 4 (the scale of the weights), 5 (the order of
        the samples), 6 (the same bits from every method), 7 (derivatives), "shapes" and "finite". Those that the loss
        names itself, as keys of ``loss.exempt_laws``, are skipped anyway.
    seed : int, default 0
        Of the random numbers; the same seed tries the same.
    **named : array_like
        Arrays that `value` takes by name, such as `qid`.

    Raises
    ------
    AssertionError
        If a law doesn't hold; the text is a diagnosis: the law, the smallest arguments found that break it, both
        numbers, and what the cause usually is.
    ValueError
        If arrays are needed, since the loss takes none of those that were made.

    Examples
    --------
    >>> from losses import Huber
    >>> from losses.testing import check_loss
    >>> check_loss(Huber(delta=1.5), boosting=True)

    >>> import numpy as np
    >>> class SquaredError:
    ...     def value(self, y_true, y_pred):
    ...         return np.mean((y_pred - y_true) ** 2)
    ...     def grad(self, y_true, y_pred):
    ...         return 2 * (y_pred - y_true)
    >>> check_loss(SquaredError(), [0.0, 0.0, 0.0, 1.0], [1.0, 0.0, 2.0, 3.0])
    Traceback (most recent call last):
        ...
    AssertionError: SquaredError: law 7: grad is the derivative of value
    <BLANKLINE>
        y_true = [0., 0.]
        y_pred = [0., 1.]
    <BLANKLINE>
        grad[1]        : 2.0
        by differences : 1.0
    <BLANKLINE>
    Usual cause: grad is that of the sum, not of the mean: divide by the number of samples, n = 2.
    <BLANKLINE>
    The arguments are a part of those that were given, made as simple as possible.
    """
    skip = (*skip, *getattr(loss, "exempt_laws", ()))
    for law in skip:
        if law not in check.BY_NUMBER:
            raise ValueError(f"skip holds {law!r}, but the laws are {', '.join(map(repr, check.BY_NUMBER))}")
    rng = np.random.default_rng(seed)
    try:
        if arrays or named:
            fit, trials = _given(loss, arrays, sample_weight, named, rng)
            check.run(
                fit,
                trials,
                boosting,
                skip,
                _GIVEN,
            )
            return
        for fit in fits(loss, seed):
            note = f"The arguments were made ({fit.text}; seed={seed}). If the loss isn't meant for them, pass arrays."
            check.run(fit, check.varied(fit, rng), boosting, skip, note)
    except AssertionError as failure:
        raise AssertionError(str(failure)) from failure.__cause__


def _given(
    loss: Any, arrays: tuple[Any, ...], weight: Any, named: dict[str, Any], rng: np.random.Generator
) -> tuple[Fit, list[check.Trial]]:
    """Return a loss and its arrays; of many samples, a few at a time."""
    subject, _, _ = described(loss)
    positional = subject.positional[: len(arrays)]
    if len(arrays) > len(subject.positional):
        raise TypeError(f"{subject!r} takes {len(subject.positional)} arrays by position, got {len(arrays)}")
    every = {name: np.asarray(array) for name, array in (*zip(positional, arrays, strict=True), *named.items())}
    subject = given(Subject(loss, positional, subject.predictions, items="qid" in every), every)
    weights = None if weight is None else np.asarray(weight)
    subject.call("value", every, weights)  # what is wrong with them, the loss says best
    n = size(subject, every) if np.ndim(every[subject.predictions[-1]]) else 0
    if not n:
        raise ValueError(f"{subject.predictions[-1]} has no samples; pass arrays of at least one")
    fit = explored(Fit(subject, "", {}, {}), every, weights)
    trials: list[check.Trial] = []
    for _ in range(_PARTS if n > _FEW else 1):
        chosen = np.sort(rng.choice(n, min(n, _FEW), replace=False))
        part = take(fit.subject, every, chosen)
        trials += check.weighed(fit, "given", part, rng)
        if weights is not None:
            trials.append(check.Trial("given", part, weights[chosen]))
    return fit, trials


def check_grad(f: Callable[..., Any], x: Any, *, rtol: float = 1e-6, atol: float | None = None) -> None:
    """Compare a gradient with central differences, for any function that returns its value and its gradient.

    Parameters
    ----------
    f : callable
        ``f(x)`` returns the value, a number, and the gradient, an array of the shape of x. For several arrays,
        ``f(*x)`` returns the value and a tuple of gradients.
    x : array_like or tuple of array_like
        Where to compare, or a tuple for several arrays.
    rtol : float, default 1e-6
        How much they may differ, relative to the difference quotient.
    atol : float, optional
        How much they may differ at least; unless given, 2e-8 times the size of the value and the largest derivative.

    Raises
    ------
    AssertionError
        If they differ; the text shows both numbers and what the cause usually is.

    Examples
    --------
    >>> import numpy as np
    >>> from losses.testing import check_grad
    >>> check_grad(lambda x: (np.sum(x**2), 2 * x), [1.0, -2.0])
    >>> check_grad(lambda a, b: (a @ b, (b, a)), (np.ones(3), np.arange(3.0)))
    """
    names = [f"x[{k}]" for k in range(len(x))] if isinstance(x, tuple) else ["x"]
    at = [np.asarray(each, dtype=np.float64) for each in (x if isinstance(x, tuple) else (x,))]
    value, gradient = f(*at)
    grads = [np.asarray(each) for each in (gradient if isinstance(x, tuple) else (gradient,))]
    largest = max((float(np.abs(grad).max(initial=0)) for grad in grads), default=0.0)
    coarse = any(grad.dtype.kind == "f" and grad.dtype.itemsize < 8 for grad in grads)
    step, rtol = (2.0**-5, max(rtol, 2e-3)) if coarse else (STEP, max(rtol, RTOL))
    size_ = abs(float(value)) + largest
    tolerance = atol if atol is not None else (1e-3 if coarse else ATOL) * (size_ if math.isfinite(size_) else 1.0)
    for k, (name, grad) in enumerate(zip(names, grads, strict=True)):
        _compare_entries(f, at, k, name, grad, (rtol, tolerance, step))


def _compare_entries(
    f: Callable[..., Any], at: list[Array], k: int, name: str, grad: Array, within: tuple[float, float, float]
) -> None:
    """Raise unless the gradient with respect to one array agrees with differences."""
    x = at[k]
    if grad.shape != x.shape:
        raise AssertionError(
            f"the gradient with respect to {name} has shape {grad.shape}, but {name} has shape {x.shape}"
        )
    for place in np.ndindex(x.shape):
        claimed = float(grad[place])

        def moved(changed: Array) -> float:
            return float(f(*at[:k], changed, *at[k + 1 :])[0])

        expected = expected_slope(claimed, moved, x, place, *within)
        if not (claimed == expected or (math.isnan(claimed) and math.isnan(expected))):
            where = ", ".join(map(str, place))
            raise AssertionError(
                f"the gradient with respect to {name} is wrong at [{where}]: it is {claimed!r}, but central "
                f"differences give {expected!r}{_hint(claimed, expected, grad)}"
            )


def _hint(claimed: float, expected: float, grad: Array) -> str:
    """Return what the quotient of claimed and expected derivatives tells."""
    quotient = claimed / expected if expected else math.nan
    n = grad.shape[0] if grad.ndim else 1
    hints = {-1.0: "its sign is the opposite", 2.0: "a factor 2", 0.5: "a factor ½"}
    if n > 2:
        hints |= {
            float(n): f"a factor n = {n}: that of a sum, not of a mean",
            1 / n: f"divided by n = {n} once too often",
        }
    causes = [text for number, text in hints.items() if math.isclose(quotient, number, rel_tol=1e-3)]
    return f" ({causes[0]})" if causes else ""

"""The search for data that a loss takes, by trial, and what its loss does with them."""

import inspect
import itertools
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any, NoReturn

import numpy as np

from losses._testing.data import MAKERS, OTHERS, PREDICTIONS, TARGETS, Fit, Layout
from losses._testing.failure import Failure, causes_of_error
from losses._testing.subject import Arrays, Subject, is_real, size
from losses._types import Array

MISTAKEN = "section 1: value takes arrays of the samples' shape, and leaves them alone"
WEIGHED = "section 2: sample_weight may hold one weight for each sample"


def described(loss: Any) -> tuple[Subject, tuple[str, ...], tuple[str, ...]]:
    """Return a loss as a subject, and the names of its required and its optional arrays that are given by name."""
    signature: Any = getattr(loss, "signature", None)
    if hasattr(signature, "positional") and hasattr(signature, "predictions"):
        subject = Subject(loss, tuple(signature.positional), tuple(signature.predictions))
        return subject, tuple(signature.required), tuple(signature.optional)
    try:
        parameters = inspect.signature(loss.value).parameters.values()
    except (TypeError, ValueError):
        return Subject(loss), (), ()
    positional = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    known = ("sample_weight", "qid", "out")
    arrays = tuple(name for name in positional if name not in known) or ("y_true", "y_pred")
    required = tuple(
        p.name for p in parameters if p.kind is p.KEYWORD_ONLY and p.default is p.empty and p.name not in known
    )
    optional = ("qid",) if any(p.name == "qid" for p in parameters) else ()
    return Subject(loss, arrays, ("y_pred",) if "y_pred" in arrays else arrays[-1:]), required, optional


def fits(loss: Any, seed: int) -> list[Fit]:
    """Return a loss with the data that it takes.

    Raises
    ------
    ValueError
        If it takes none that were tried; the message says why.
    """
    subject, required, optional = described(loss)
    suitable: list[Fit] = []
    reasons: dict[str, str] = {}
    groups = itertools.groupby(_layouts(subject, required, optional), key=lambda layout: layout.text)
    for _, layouts in groups:
        candidates = (one for layout in layouts for one in _candidates(subject, layout))
        fit = next((tried for one in candidates if (tried := _tried(one, seed, reasons)) is not None), None)
        if fit is not None:
            suitable.append(replace(fit, brief=bool(suitable) and not suitable[0].trailing[subject.predictions[0]]))
            if not subject.is_library_loss:
                break
    if not suitable:
        _raise_unfit(subject, reasons)
    return suitable


def _raise_unfit(subject: Subject, reasons: Mapping[str, str]) -> NoReturn:
    """Raise for a loss that takes no data: AssertionError if that is its own mistake, else ValueError."""
    for reason, data in reasons.items():
        causes = causes_of_error(reason)
        if causes:
            raise Failure(subject, MISTAKEN, {}, [("data", data), ("raised", reason)], causes)
    listed = "".join(f"\n- {reason} (for {data})" for reason, data in list(reasons.items())[:6])
    raise ValueError(
        f"none of the data that check_loss makes suit {subject!r}; pass arrays as its methods take them, "
        f"check_loss(loss, {', '.join(subject.positional)}). What it says of those tried:{listed}"
    )


def _layouts(subject: Subject, required: tuple[str, ...], optional: tuple[str, ...]) -> Iterator[Layout]:
    """Yield the shapes to try, those that are alternatives of one another under one text."""
    names = (*subject.positional, *required)
    none = dict.fromkeys(names, ())
    core = _core(subject)
    if core:
        yield from _by_core(subject, names, core, "samples with axes of their own")
        if optional:
            yield from _by_core(subject, (*names, *optional), core, "samples with axes of their own, every array given")
        return
    if "qid" in optional:
        yield Layout("items of queries", {**none, "qid": ()}, items=True)
        yield Layout("lists of items", dict.fromkeys(names, (4,)))
        return
    yield Layout("one number a sample", none)
    if optional:
        yield Layout("one number a sample, every array given", dict.fromkeys((*names, *optional), ()))
    for k in (3, 1, 2, 4):
        yield Layout("a row of predictions a sample", {**none, **dict.fromkeys(subject.predictions, (k,))})
    for k in (3, 2, 4):
        yield Layout("a row of each array a sample", dict.fromkeys(names, (k,)))


def _core(subject: Subject) -> dict[str, tuple[str, ...]]:
    """Return the trailing axes that belong to one sample by the names of arrays, as far as the loss says."""
    terms = [loss for _, loss in subject.loss.terms] if subject.is_library_loss else [subject.loss]
    return {name: axes for loss in terms for name, axes in (getattr(loss, "core", None) or {}).items()}


def _by_core(
    subject: Subject, names: tuple[str, ...], core: Mapping[str, tuple[str, ...]], text: str
) -> Iterator[Layout]:
    """Yield the shapes for a loss that says which axes belong to a sample."""
    axes = list(dict.fromkeys(axis for each in core.values() for axis in each))
    columns = getattr(subject.loss, "columns", ())
    tried = [len(columns)] if columns and len(axes) == 1 else [3, 1, 2, 4, 5]
    for k in tried:
        lengths = {axis: k + i for i, axis in enumerate(axes)}
        yield Layout(text, {name: tuple(lengths[axis] for axis in core.get(name, ())) for name in names})


def given(subject: Subject, names: Collection[str]) -> Subject:
    """Return a loss as it is called with arrays of these names: derivatives are with respect to these alone."""
    return replace(subject, predictions=tuple(name for name in subject.predictions if name in names))


def _candidates(subject: Subject, layout: Layout) -> Iterator[Fit]:
    """Yield what to try in one layout."""
    names = [name for name in layout.trailing if name != "qid"]
    subject = given(subject, names)
    targets = [name for name in subject.positional if name not in subject.predictions]
    others = [name for name in names if name not in (*targets, *subject.predictions)]
    choices = itertools.product(TARGETS if targets else TARGETS[:1], PREDICTIONS, OTHERS if others else OTHERS[:1])
    for target, prediction, other in choices:
        makers = {
            n: MAKERS[target if n in targets else prediction if n in subject.predictions else other] for n in names
        }
        if "qid" in layout.trailing:
            makers["qid"] = lambda rng, shape: rng.integers(0, 3, shape)
        kinds = [f"{' and '.join(targets)}: {target}"] if targets else []
        kinds.append(f"{' and '.join(subject.predictions)}: {prediction}")
        kinds += [f"{' and '.join(others)}: {other}"] if others else []
        one = replace(subject, items=layout.items)
        yield Fit(one, f"{layout.text}; {', '.join(kinds)}", layout.trailing, makers)


def _tried(fit: Fit, seed: int, reasons: dict[str, str]) -> Fit | None:
    """Return what is known of a loss with data that it takes, or None if it doesn't take them."""
    try:
        arrays = fit.make(9 if fit.subject.items else 5, np.random.default_rng(seed))
        if any(is_real(array) and np.isnan(array).any() for array in arrays.values()):
            return None
        total = fit.subject.total(arrays)
        if not np.isfinite(total):
            raise ValueError(f"value is {total}")
    except (AttributeError, NameError, NotImplementedError):
        raise
    except Exception as error:  # whatever a loss of another author raises
        reasons.setdefault(f"{type(error).__name__}: {error}", fit.text)
        return None
    return explored(fit, arrays)


def explored(fit: Fit, arrays: Arrays, weight: Any = None) -> Fit:
    """Return a fit with what its loss does with arrays: its reductions, predictions, weights and size."""
    subject = fit.subject
    if not hasattr(subject.loss, "signature"):
        subject = replace(subject, predictions=_predictions(subject, arrays))
    subject = replace(subject, reductions=subject.possible_reductions(arrays), scale=_size(subject, arrays))
    counts = size(subject, arrays)
    grouped = False
    if "none" in subject.reductions and not subject.items:
        each = np.asarray(subject.reduced("none").call("value", arrays))
        grouped = each.ndim == 0 or len(each) != counts
    weights = np.linspace(0.5, 2.0, counts) if weight is None else np.asarray(weight)
    weighted = not grouped and _takes_weights(subject, arrays, weights)
    if subject.items:
        subject = replace(subject, ordered=not weighted, degree=_degree(subject, arrays, weights) if weighted else 1)
    return replace(fit, subject=subject, weighted=weighted, grouped=grouped)


def _size(subject: Subject, arrays: Arrays) -> float:
    """Return the typical size of a loss's results."""
    total = abs(subject.total(arrays))
    if not total:
        with np.errstate(all="ignore"):
            total = max(float(np.abs(grad).max(initial=0)) for grad in subject.derivatives("grad", arrays))
    return total if np.isfinite(total) and total else 1.0


def _predictions(subject: Subject, arrays: Arrays) -> tuple[str, ...]:
    """Return the predictions of a loss without a signature, by how many arrays `grad` returns."""
    grad = subject.call("grad", arrays)
    return subject.positional[-len(grad) :] if isinstance(grad, tuple) else subject.predictions


def _takes_weights(subject: Subject, arrays: Arrays, weights: Array) -> bool:
    """Return whether value and grad take weights of their own for each sample."""
    if not (subject.takes("value", "sample_weight") and subject.takes("grad", "sample_weight")):
        return False
    try:
        subject.call("value", arrays, weights)
    except ValueError as error:
        if subject.is_library_loss:
            return False
        numbers = [("raised", f"ValueError: {error}")]
        raise Failure(subject, WEIGHED, {**arrays, "sample_weight": weights}, numbers) from error
    return True


def _degree(subject: Subject, arrays: Arrays, weights: Array) -> int | None:
    """Return the power of the weights that the sum grows with, 1 or 2 for ranked items, or None for neither."""
    if "sum" not in subject.reductions:
        return None
    one, two = (subject.reduced("sum").total(arrays, factor * weights) for factor in (1, 2))
    return next((degree for degree in (1, 2) if np.isclose(two, 2**degree * one, rtol=1e-6)), None)

"""What boosters pass to an objective or a metric, in the words of losses."""

from typing import Any, NamedTuple

import numpy as np

from losses._loss.base import Loss
from losses._loss.ranking import PairwiseLoss
from losses._types import Array


class Call(NamedTuple):
    """One call of an objective or a metric, from whichever library."""

    y_true: Any
    y_pred: Any
    weight: Any = None
    sizes: Any = None
    """How many items each query has, one query after the other."""
    upper: Any = None
    """Upper ends of censored times, which only XGBoost's DMatrix has room for."""


def is_data(argument: Any) -> bool:
    """Return whether an argument is XGBoost's DMatrix or LightGBM's Dataset, by what it can do."""
    return hasattr(argument, "get_label")


def read(first: Any, second: Any, weight: Any = None, sizes: Any = None) -> Call:
    """Return a call given as (y_true, y_pred, sample_weight, group), or as (y_pred, DMatrix or Dataset)."""
    if not is_data(second):
        return Call(first, second, weight, sizes)
    label, weight, sizes, upper = second.get_label(), second.get_weight(), second.get_group(), None
    if hasattr(second, "get_float_info"):
        lower, upper = (second.get_float_info(f"label_{end}_bound") for end in ("lower", "upper"))
        label = lower if len(lower) else label
    return Call(label, first, *(part if part is not None and len(part) else None for part in (weight, sizes, upper)))


def check_loss(loss: Loss) -> None:
    """Raise unless the loss is one of targets and unbounded scores, as boosters predict them.

    Raises
    ------
    TypeError
        If it is no loss.
    ValueError
        If it takes probabilities or other bounded numbers.
    NotImplementedError
        If it has several predictions, or arrays that boosters can't pass.
    """
    if not isinstance(loss, Loss):
        raise TypeError(f"loss must be a loss such as losses.Huber(), got {loss!r}")
    if len(loss.signature.positional) != 2 or loss.signature.required or len(loss.signature.predictions) != 1:
        raise NotImplementedError(
            f"{loss!r} is called {loss.signature.call('value')}; a booster has one array of targets and one of "
            "predictions to pass"
        )
    if "embeddings" in loss.signature.positional:
        raise NotImplementedError(f"{loss!r} compares vectors of a batch with each other; boosters predict scores")
    for _, term in loss.terms:
        for name in ("from_logits", "log_input"):
            if getattr(term, name, True) is False:
                raise ValueError(
                    f"{term!r} takes numbers of a bounded range, but boosters add up scores without bounds; use "
                    f"{name}=True, and inverse_link for the predictions"
                )


def arguments(loss: Loss, call: Call) -> tuple[tuple[Any, Any], dict[str, Any]]:
    """Return the positional and named arguments of a loss's methods for a call, `sample_weight` among them."""
    y_pred, optional = np.asarray(call.y_pred), loss.signature.optional
    y_true, named = targets(loss, call.y_true, call.upper)
    if y_true.ndim == 1 and y_pred.ndim == 2 and y_true.size == y_pred.size:
        y_true = y_true.reshape(y_pred.shape)  # XGBoost's labels of several targets come flat
    if "qid" in optional and call.sizes is not None:
        named["qid"] = np.repeat(np.arange(len(call.sizes)), np.asarray(call.sizes, np.intp))
    named["sample_weight"] = item_weights(loss, call.weight, call.sizes, len(y_pred))
    return (y_true, y_pred), named


def targets(loss: Loss, y_true: Any, upper: Any = None) -> tuple[Array, dict[str, Array]]:
    """Return the targets of a loss, and what else it takes of them by name.

    Boosters have one number a sample for both a time and whether it is censored: its sign, as XGBoost's `survival:cox`
    has it. A negative number is a time without event.
    """
    y_true, optional = np.asarray(y_true), loss.signature.optional
    if "event" in optional:
        return np.abs(y_true), {"event": y_true > 0}
    if "upper" in optional:
        if upper is None:
            upper = np.where(y_true < 0, np.inf, y_true)
        return np.abs(y_true), {"upper": np.asarray(upper)}
    return y_true, {}


def item_weights(loss: Loss, weight: Any, sizes: Any, n: int) -> Any:
    """Return one weight for each item, where there may be one for each query.

    Raises
    ------
    NotImplementedError
        If pairs and items are both weighted by queries, in a sum of losses.
    """
    if weight is None or sizes is None or len(weight) != len(sizes) or len(weight) == n:
        return weight
    of_pairs = {isinstance(term, PairwiseLoss) for _, term in loss.terms}
    if len(of_pairs) > 1:
        raise NotImplementedError(
            f"{loss!r} adds losses of pairs, whose weight is the product of two items', and others: weights of queries "
            "don't say which; pass one weight for each item"
        )
    weight = np.asarray(weight)
    return np.repeat(np.sqrt(weight) if of_pairs == {True} else weight, np.asarray(sizes, np.intp))


def start(loss: Loss, y_true: Any, sample_weight: Any = None) -> Any:
    """Return the score that boosting starts from: a float, or an array with one for each of a sample's scores."""
    y_true, named = targets(loss, y_true)
    named.pop("event", None)  # losses of risks don't care about their level
    if y_true.ndim == 2:
        return np.array([float(loss.best_constant(column, sample_weight)) for column in y_true.T])
    best = loss.best_constant(y_true, sample_weight, **named)
    return float(best) if np.ndim(best) == 0 else np.asarray(best, np.float64)

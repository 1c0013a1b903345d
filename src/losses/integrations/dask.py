"""Dask: losses of arrays that are larger than memory, or lie on several machines."""

from typing import Any

import dask.array as da
import numpy as np

from losses import Loss
from losses._evaluation.partial import Partial

__all__ = ["value", "value_and_grad"]

AXES = "ijklmnop"


def value(loss: Loss, *arrays: Any, sample_weight: Any = None, **named: Any) -> Any:
    """Return the loss of dask arrays: a partial sum of each chunk, and a tree that merges these.

    The samples lie along the first axis; the other axes must not be cut. All arrays are cut like the first prediction.
    Losses of ranked items need all the items of a query in one chunk.

    Parameters
    ----------
    loss : Loss
        The loss, with ``reduction="mean"`` or ``"sum"``.
    *arrays, **named
        Dask arrays, in the order and by the names that the loss takes: ``value(loss, y_true, y_pred, qid=qid)``. All
        but the first prediction may also be NumPy arrays.
    sample_weight : dask or NumPy array, optional
        Weights of the samples.

    Returns
    -------
    dask.array.Array
        Of float64, and of shape (): ``float(…)`` computes it.

    Raises
    ------
    TypeError
        If `loss` is not a loss, an array is missing or unknown, or the first prediction is no dask array.
    ValueError
        If the reduction is "none", the arrays differ in length, or an axis other than the first is cut; when it is
        computed, as from `loss.partial`, also if two chunks share a query, or are batches.
    NotImplementedError
        If the loss takes arrays that belong to no sample, such as the weights of a layer.

    Examples
    --------
    >>> import dask.array as da
    >>> from losses import Huber
    >>> from losses.integrations.dask import value
    >>> y_true, y_pred = da.arange(6.0, chunks=4), da.zeros(6, chunks=4)
    >>> float(value(Huber(delta=1.5), y_true, y_pred))
    2.8333333333333335
    """
    return _value(_total(loss, _cut(loss, arrays, sample_weight, named)))


def value_and_grad(loss: Loss, *arrays: Any, sample_weight: Any = None, **named: Any) -> tuple[Any, Any]:
    """Return the loss of dask arrays, and its gradient in the predictions' chunks.

    The gradient of a mean is divided by a number that depends on all the chunks. So under "mean" a first pass over the
    data is made **at once**, and the gradient is computed when it is asked for, one chunk after the other: nothing has
    to be kept in memory in between. Persist what is dear to compute and fits into memory. Under "sum" nothing is
    computed yet, and one pass is enough: ``dask.compute(value, x.T @ grad)``.

    Parameters
    ----------
    loss, *arrays, sample_weight, **named
        As for `value`.

    Returns
    -------
    value : dask.array.Array
        As from `value`.
    grad : dask.array.Array
        Of the prediction's shape and chunks, not yet computed; for several predictions, a tuple of such arrays.

    Raises
    ------
    TypeError, ValueError
        As from `value`.

    Examples
    --------
    >>> import dask.array as da
    >>> from losses import Huber
    >>> from losses.integrations.dask import value_and_grad
    >>> y_true, y_pred = da.arange(6.0, chunks=4), da.zeros(6, chunks=4)
    >>> value, grad = value_and_grad(Huber(delta=1.5), y_true, y_pred)
    >>> grad.chunks, grad.compute()
    (((4, 2),), array([ 0.        , -0.16666667, -0.25      , -0.25      , -0.25      ,
           -0.25      ]))
    """
    given = _cut(loss, arrays, sample_weight, named)
    total = _total(loss, given)
    if loss.reduction == "mean":
        merged = total.compute()
        value, loss = da.asarray(np.float64(merged.result())), _divided(merged)
    else:
        value = _value(total)
    grads = tuple(_grad(loss, given, name) for name in loss.signature.predictions)
    return value, grads if len(grads) > 1 else grads[0]


def _cut(loss: Loss, arrays: tuple[Any, ...], sample_weight: Any, named: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of one call by name, the arrays in the first prediction's chunks."""
    if not isinstance(loss, Loss):
        raise TypeError(f"loss must be a loss such as Huber(delta=1.5), got {loss!r}")
    if loss.reduction == "none":
        raise ValueError('chunks are merged into one number; take a loss with reduction="mean" or "sum", not "none"')
    if loss.signature.shared:
        raise NotImplementedError(
            f"{loss!r} takes arrays that belong to no sample, {' and '.join(loss.signature.shared)}, which can't be "
            "cut; call partial_and_grad for each chunk, and add up"
        )
    given = loss.signature.bind("value", arrays, named)
    if sample_weight is not None:
        given["sample_weight"] = sample_weight
    first = loss.signature.predictions[0]
    if not isinstance(given[first], da.Array):
        raise TypeError(f"{first} must be a dask array, got {type(given[first]).__name__}; see dask.array.from_array")
    rows = given[first].chunks[0]
    return {name: _in_chunks(name, array, rows) if np.ndim(array) else array for name, array in given.items()}


def _in_chunks(name: str, array: Any, rows: tuple[int, ...]) -> Any:
    """Return a dask array that is cut along the first axis alone, into chunks of so many samples."""
    chunked = da.asarray(array)
    if max(chunked.numblocks[1:], default=1) > 1:
        whole = dict.fromkeys(range(1, chunked.ndim), -1)
        raise ValueError(f"{name} is cut along other axes than the samples'; pass {name}.rechunk({whole})")
    if np.isnan(rows).any() and chunked.numblocks[0] == len(rows):
        return chunked  # Dask doesn't know the chunks' lengths; the loss will compare them
    if chunked.shape[0] != sum(rows):
        raise ValueError(f"{name} has {chunked.shape[0]} samples, but there are {sum(rows)} predictions")
    return chunked.rechunk({0: rows})


def _blockwise(function: Any, given: dict[str, Any], axes: str, **options: Any) -> Any:
    """Return the array of what a function makes of each chunk's arguments, with axes such as "ij"."""
    chunked = {name: array for name, array in given.items() if isinstance(array, da.Array)}
    numbers = {name: array for name, array in given.items() if name not in chunked}
    names = tuple(chunked)  # the arrays themselves would be carried to every worker
    operands = [operand for array in chunked.values() for operand in (array, AXES[: array.ndim])]

    def of_chunk(*chunks: Any) -> Any:
        return function(**dict(zip(names, chunks, strict=True)), **numbers)

    return da.blockwise(of_chunk, axes, *operands, concatenate=True, align_arrays=False, **options)


def _total(loss: Loss, given: dict[str, Any]) -> Any:
    """Return the merged partial sum, as a dask array that holds one object."""

    def part(**arrays: Any) -> Any:
        return np.array([loss.partial(**arrays)], dtype=object)

    return _blockwise(part, given, "i", adjust_chunks={"i": 1}, meta=np.empty(0, object)).sum()


def _value(total: Any) -> Any:
    """Return the loss of a partial sum."""
    return total.map_blocks(lambda merged: np.float64(merged.result()), dtype=np.float64)


def _divided(total: Partial) -> Loss:
    """Return the sum whose gradient is that of the mean over all the parts."""
    loss: Loss = sum(
        term.with_reduction("sum") * (coefficient / float(part.denominator) if part.denominator else 0.0)
        for (coefficient, term), part in zip(total.loss.terms, total.terms, strict=True)
    )
    return loss


def _grad(loss: Loss, given: dict[str, Any], prediction: str) -> Any:
    """Return the gradient of a sum with respect to one prediction."""
    array, place = given[prediction], loss.signature.predictions.index(prediction)
    meta = np.empty((0,) * array.ndim, array.dtype if array.dtype.kind == "f" else np.float64)

    def grad(**arrays: Any) -> Any:
        grads = loss.grad(**arrays)
        return grads[place] if isinstance(grads, tuple) else grads

    return _blockwise(grad, given, AXES[: array.ndim], meta=meta)

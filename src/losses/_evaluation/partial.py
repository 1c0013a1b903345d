"""Partial sums: what is left of a part of the data until the parts are put together."""

from collections.abc import Hashable
from dataclasses import dataclass
from fractions import Fraction
from math import isfinite
from typing import Any, Self

import numpy as np

from losses._evaluation.evaluate import evaluate
from losses._evaluation.orders import VALUE, Order
from losses._types import Reduction

_ONLY = ("the only query",)
_BATCH = ("a whole batch",)


@dataclass(frozen=True)
class Term:
    """The weighted sum and the denominator of one loss, exact where they are finite."""

    coefficient: float
    numerator: Fraction | float
    denominator: Fraction | float

    def __add__(self, other: "Term") -> "Term":
        return Term(self.coefficient, _sum(self.numerator, other.numerator), _sum(self.denominator, other.denominator))

    def result(self, reduction: Reduction, lenient: bool) -> float:
        """Return the reduced loss of the term, times its coefficient."""
        if reduction == "sum":
            return self.coefficient * _float(self.numerator)
        if self.denominator == 0:
            if lenient:
                return 0.0
            raise ValueError(
                'the parts hold no sample of positive weight, by which reduction="mean" divides; with reduction="sum" '
                "the result is 0"
            )
        if isinstance(self.numerator, Fraction) and isinstance(self.denominator, Fraction):
            return self.coefficient * _float(self.numerator / self.denominator)
        return self.coefficient * (_float(self.numerator) / _float(self.denominator))


@dataclass(frozen=True)
class Partial:
    """What `partial` returns: the weighted sum of the losses of some samples, and the denominator of their mean.

    ``a + b`` puts two parts together, ``sum(parts)`` many; the order doesn't matter, since the sums are kept exactly. 0
    is the part of no samples.
    `result` reduces. It can be pickled.

    Examples
    --------
    >>> from losses import MSE
    >>> parts = [MSE().partial([1.0, 2.0], [1.0, 4.0]), MSE().partial([5.0], [4.0])]
    >>> sum(parts).result()
    1.6666666666666667
    """

    loss: Any
    terms: tuple[Term, ...]
    lenient: bool = False
    """Whether the mean of nothing is 0, as for losses of queries."""
    groups: frozenset[Hashable] = frozenset()
    """The ids of the groups that the part holds, none of which may be split."""

    @property
    def numerator(self) -> float:
        """The weighted sum of the losses."""
        return sum(term.coefficient * _float(term.numerator) for term in self.terms)

    @property
    def denominator(self) -> float:
        """What the sum, and the gradient of the sum, are divided by under "mean"."""
        denominators = {term.denominator for term in self.terms}
        if len(denominators) > 1:
            raise ValueError(f"the terms of {self.loss!r} have denominators of their own; take a part of each term")
        return _float(denominators.pop())

    def result(self) -> float:
        """Return the value of the loss, reduced over all the samples of the parts that were put together."""
        return sum(term.result(self.loss.reduction, self.lenient) for term in self.terms)

    def __add__(self, other: "Partial | int") -> Self:
        if isinstance(other, int) and other == 0:  # the sum of no parts, from which sum() starts
            return self
        if not isinstance(other, Partial):
            return NotImplemented
        if self.loss != other.loss:
            raise ValueError(f"parts of different losses can't be put together: {self.loss!r} and {other.loss!r}")
        shared = self.groups & other.groups
        if _ONLY in shared:
            raise ValueError("both parts are one query without a qid; give each item the qid of its query")
        if _BATCH in shared:
            raise ValueError(
                "both parts are batches, and nothing compared the one with the other; evaluate them as one batch, or "
                "average their values if each is a batch by itself"
            )
        if shared:
            raise ValueError(
                f"both parts hold items of query {min(shared, key=str)!r}; keep the items of a query in one part"
            )
        terms = tuple(a + b for a, b in zip(self.terms, other.terms, strict=True))
        return type(self)(self.loss, terms, self.lenient, self.groups | other.groups)

    __radd__ = __add__


def evaluate_partial(
    loss: Any, arguments: dict[str, Any], weight: Any, orders: tuple[Order, ...], *outs: Any
) -> list[Any]:
    """Return the partial sum of a loss, and derivatives of the sum (see `evaluate`)."""
    if loss.reduction == "none":
        raise ValueError('a loss with reduction="none" has no partial sums; use with_reduction("mean") or "sum"')
    whole = loss.with_reduction("sum")
    samples = whole._admit(arguments, weight)
    value, *derivatives = evaluate(whole, samples, orders, *outs)
    if len(loss.terms) == 1 and loss.terms[0][1] is loss:
        terms: tuple[Term, ...] = (Term(1.0, exact(value), exact(samples.total_weight)),)
    else:
        alone = [
            evaluate_partial(term, {k: arguments[k] for k in term.signature.names if k in arguments}, weight, (VALUE,))
            for _, term in loss.terms
        ]
        terms = tuple(
            Term(coefficient, part.terms[0].numerator, part.terms[0].denominator)
            for (coefficient, _), (part,) in zip(loss.terms, alone, strict=True)
        )
    queries = "qid" in loss.signature.names
    groups: frozenset[Hashable] = frozenset()
    if "qid" in arguments:
        groups = frozenset(np.unique(np.asarray(arguments["qid"])).tolist())
    elif queries and samples.predictions[0].ndim < 2:
        groups = frozenset([_ONLY])
    if samples.indivisible:
        groups |= {_BATCH}
    return [Partial(loss, terms, queries or samples.indivisible, groups), *derivatives]


def exact(number: float) -> Fraction | float:
    """Return a number as a fraction, if it is one."""
    return Fraction(number) if isfinite(number) else number


def _sum(a: Fraction | float, b: Fraction | float) -> Fraction | float:
    return a + b


def _float(number: Fraction | float) -> float:
    try:
        return float(number)
    except OverflowError:
        return float("inf") if number > 0 else float("-inf")

"""Every loss, with strategies for its arguments. The laws are run over `CASES`; add a loss here and it is tested.

An elementwise loss of real numbers needs one line: ``Case(MyLoss(parameter=2.0))``.
"""

import dataclasses
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import hypothesis.extra.numpy as hnp
import numpy as np
from hypothesis import strategies as st

import losses
from losses import (
    DPO,
    IPO,
    KTO,
    MAE,
    MSE,
    ApproxNDCG,
    Asymmetric,
    BinaryCrossEntropy,
    BradleyTerry,
    CategoricalCrossEntropy,
    Huber,
    KLPenalty,
    LambdaRank,
    ListMLE,
    ListNet,
    PairwiseHinge,
    PairwiseLogistic,
    PairwiseSquaredHinge,
    PPOClip,
    SimPO,
)

CLASSES = 3
"""Classes of the registered losses over classes."""

SMALL_BLOCK = 1 << 14
"""Elements of a block where the fixture `small_blocks` is used: still enough for BLAS to bring threads of its own."""


@dataclass(frozen=True)
class Problem:
    """Arguments of one call: arrays whose first axis counts the samples, or the items that are ranked."""

    y_true: Any
    y_pred: Any
    keywords: dict[str, Any] = dataclasses.field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.y_pred)

    def take(self, indices: Any) -> "Problem":
        """Return the problem with these samples, which may repeat or leave out."""
        indices = np.asarray(indices, dtype=np.intp)
        return Problem(
            self.y_true[indices], self.y_pred[indices], {name: array[indices] for name, array in self.keywords.items()}
        )

    def predicting(self, y_pred: Any) -> "Problem":
        return Problem(self.y_true, y_pred, self.keywords)


def call(loss: losses.ElementwiseLoss, method: str, problem: Problem, **arguments: Any) -> Any:
    """Return ``loss.method(y_true, y_pred, ...)``."""
    return invoke(loss, method, problem.y_true, problem.y_pred, **problem.keywords, **arguments)


def invoke(loss: Any, method: str, y_true: Any, y_pred: Any, **arguments: Any) -> Any:
    """Return ``loss.method(y_true, y_pred, ...)``; a loss of (chosen, rejected) passes as one of (y_true, y_pred).

    Of its two derivatives this is the one by rejected; test_preference shows that the other is the same up to sign.
    """
    if loss.arrays == ("y_true", "y_pred"):
        return getattr(loss, method)(y_true, y_pred, **arguments)
    if arguments.get("out") is not None:
        of_true = np.asarray(y_true)
        dtype = of_true.dtype.newbyteorder("=") if of_true.dtype.kind == "f" else np.dtype(np.float64)
        nowhere = np.ndarray(of_true.shape, dtype, bytearray(dtype.itemsize), strides=(0,) * of_true.ndim)
        arguments["out"] = (nowhere, arguments["out"])
    try:
        result = getattr(loss, method)(y_true, y_pred, **arguments)
    except (TypeError, ValueError) as error:
        message = re.sub(r"\bchosen\b", "y_true", re.sub(r"\brejected\b", "y_pred", str(error)))
        raise type(error)(message.replace("out[1]", "out")) from error
    if method == "value_and_grad":
        return result[0], result[1][1]
    return result if method in ("value", "__call__") else result[1]


def dtype_of_losses(loss: Any, problem: Problem) -> np.dtype[Any]:
    """Return the dtype of the value under "none": that of y_pred, or the wider one of chosen and rejected."""
    return problem.y_pred.dtype if "y_pred" in loss.arrays else np.result_type(problem.y_true, problem.y_pred)


def reals(bound: float = 8.0) -> Callable[[Any, tuple[int, ...]], st.SearchStrategy[np.ndarray]]:
    """Arrays of finite numbers up to a bound, ties and zeros among them."""

    def strategy(dtype: Any, shape: tuple[int, ...]) -> st.SearchStrategy[np.ndarray]:
        width = np.dtype(dtype).itemsize * 8
        elements = st.floats(-bound, bound, width=width, allow_subnormal=False) | st.integers(-3, 3).map(float)
        return hnp.arrays(dtype, shape, elements=elements)

    return strategy


def unit_interval(margin: float = 0.0) -> Callable[[Any, tuple[int, ...]], st.SearchStrategy[np.ndarray]]:
    """Arrays of probabilities, at least `margin` away from 0 and 1."""

    def strategy(dtype: Any, shape: tuple[int, ...]) -> st.SearchStrategy[np.ndarray]:
        width = np.dtype(dtype).itemsize * 8
        elements = st.floats(float(np.float16(margin)), float(np.float16(1 - margin)), width=width)
        return hnp.arrays(dtype, shape, elements=elements)

    return strategy


def labels(dtype: Any, shape: tuple[int, ...]) -> st.SearchStrategy[np.ndarray]:
    """Arrays of 0 and 1."""
    return hnp.arrays(dtype, shape, elements=st.sampled_from([0.0, 1.0]))


def class_ids(dtype: Any, shape: tuple[int, ...]) -> st.SearchStrategy[np.ndarray]:
    """Arrays of class ids, one for each row."""
    return hnp.arrays(np.int64, shape[:1], elements=st.integers(0, CLASSES - 1))


def distributions(dtype: Any, shape: tuple[int, ...]) -> st.SearchStrategy[np.ndarray]:
    """Rows that sum to 1, within what is tolerated."""
    rows = hnp.arrays(np.float64, shape, elements=st.floats(0.125, 1.0))
    nearly = st.sampled_from([0.9995, 1.0, 1.0005])
    return st.builds(lambda rows, near: (near * rows / rows.sum(axis=-1, keepdims=True)).astype(dtype), rows, nearly)


def not_negative(dtype: Any, shape: tuple[int, ...]) -> st.SearchStrategy[np.ndarray]:
    """Arrays of numbers from 0 to 8."""
    return reals()(dtype, shape).map(np.abs)


def relevances(dtype: Any, shape: tuple[int, ...]) -> st.SearchStrategy[np.ndarray]:
    """Grades from 0 to 4."""
    return hnp.arrays(dtype, shape, elements=st.integers(0, 4).map(float))


def query_ids(dtype: Any, shape: tuple[int, ...]) -> st.SearchStrategy[np.ndarray]:
    """Query ids in any order."""
    return hnp.arrays(np.int64, shape, elements=st.integers(0, 2))


@dataclass(frozen=True)
class Case:
    """A loss and what it may be given.

    Parameters
    ----------
    loss
        The loss, with reduction "mean".
    y_true, y_pred
        Functions of a dtype and a shape that return strategies; y_pred's avoids clipped probabilities.
    keywords
        The same for each further array.
    columns
        Lengths of y_pred's axes after the first.
    kinks
        Given a problem, the distances of each entry of y_pred from where its derivatives jump.
    degree
        The power with which "sum" scales in the weights; None for a sum of losses of several degrees.
    has_hess
        Whether `hess` is defined.
    unit
        What a sample is: "element", "row", "query" (where the items of a query make one sample), "list" (where a row
        is a query), or "mixed" in a sum of losses with different ones, which has no reduction "none".
    """

    loss: Any
    y_true: Any = reals()
    y_pred: Any = reals()
    keywords: dict[str, Any] = dataclasses.field(default_factory=dict)
    columns: tuple[int, ...] = ()
    kinks: Callable[[Problem], np.ndarray] | None = None
    degree: int | None = 1
    has_hess: bool = True
    unit: str = "element"

    def __str__(self) -> str:
        return repr(self.loss)

    def problems(self, dtype: Any = np.float64, min_size: int = 1, max_size: int = 8) -> st.SearchStrategy[Problem]:
        """Return a strategy for problems of so many samples (or items)."""
        return st.integers(min_size, max_size).flatmap(
            lambda n: st.builds(
                Problem,
                self.y_true(dtype, (n, *self.columns)),
                self.y_pred(dtype, (n, *self.columns)),
                st.fixed_dictionaries({name: make(dtype, (n,)) for name, make in self.keywords.items()}),
            )
        )

    def with_reduction(self, reduction: str) -> Any:
        """Return the loss with another reduction."""
        return losses_with_reduction(self.loss, reduction)


def losses_with_reduction(loss: Any, reduction: str) -> Any:
    """Return a loss, or sum of losses, with another reduction."""
    if len(loss.terms) == 1 and loss.terms[0][0] == 1:
        return dataclasses.replace(loss, reduction=reduction)
    return sum(coefficient * dataclasses.replace(term, reduction=reduction) for coefficient, term in loss.terms)


def residual_kinks(*points: float) -> Callable[[Problem], np.ndarray]:
    """Return the distance function of a residual loss whose derivatives jump at these residuals."""
    return lambda problem: np.min([np.abs(problem.y_pred - problem.y_true - point) for point in points], axis=0)


def pair_kinks(*points: float) -> Callable[[Problem], np.ndarray]:
    """Return the distance function of a pair loss whose derivatives jump where sᵢ - sⱼ is one of the points."""

    def distance(problem: Problem) -> np.ndarray:
        d = problem.y_pred[:, None] - problem.y_pred[None, :]
        return np.min([np.abs(np.abs(d) - point).min(axis=1) for point in points], axis=0)

    return distance


def ratio_kinks(epsilon: float) -> Callable[[Problem], np.ndarray]:
    """Return the distance function of `PPOClip`, whose derivatives jump at the ratios 1 ± ε."""

    def distance(problem: Problem) -> np.ndarray:
        u = problem.y_pred - problem.keywords["old_logp"]
        return np.minimum(np.abs(u - np.log1p(epsilon)), np.abs(u - np.log1p(-epsilon)))

    return distance


QUERIES: dict[str, Any] = {"degree": 2, "unit": "query"}
REFERENCES: dict[str, Any] = {"ref_chosen": reals(), "ref_rejected": reals()}


def order_kinks(problem: Problem) -> np.ndarray:
    """Return the distance of each score from the next one in its row, where they change places."""
    d = np.abs(problem.y_pred[:, :, None] - problem.y_pred[:, None, :])
    d[:, np.arange(d.shape[1]), np.arange(d.shape[1])] = np.inf
    return d.min(axis=2)


LISTS: dict[str, Any] = {"columns": (4,), "unit": "list"}

CASES = [
    Case(MSE()),
    Case(MAE(), kinks=residual_kinks(0)),
    Case(Huber(delta=1.5), kinks=residual_kinks(-1.5, 1.5)),
    Case(Asymmetric(shortfall_weight=10.0), kinks=residual_kinks(0)),
    Case(Asymmetric(shortfall_weight=0.5, overshoot_weight=3.0, base=MAE()), kinks=residual_kinks(0)),
    Case(Asymmetric(shortfall_weight=2.0, base=0.5 * MSE() + 2 * Huber(delta=0.5)), kinks=residual_kinks(-0.5, 0, 0.5)),
    Case(BinaryCrossEntropy(), y_true=unit_interval(), y_pred=unit_interval(0.05)),
    Case(BinaryCrossEntropy(pos_weight=3.0, label_smoothing=0.1), y_true=labels, y_pred=unit_interval(0.05)),
    Case(BinaryCrossEntropy(from_logits=True), y_true=labels),
    Case(BinaryCrossEntropy(from_logits=True, pos_weight=0.5, label_smoothing=0.2), y_true=unit_interval()),
    Case(CategoricalCrossEntropy(), class_ids, unit_interval(0.05), columns=(CLASSES,), unit="row"),
    Case(
        CategoricalCrossEntropy(class_weight=(1.0, 2.0, 0.5), label_smoothing=0.1),
        distributions,
        unit_interval(0.05),
        columns=(CLASSES,),
        unit="row",
    ),
    Case(CategoricalCrossEntropy(from_logits=True), class_ids, columns=(CLASSES,), unit="row"),
    Case(
        CategoricalCrossEntropy(from_logits=True, class_weight=(1.0, 2.0, 0.5), label_smoothing=0.1),
        class_ids,
        columns=(CLASSES,),
        unit="row",
    ),
    Case(CategoricalCrossEntropy(from_logits=True), distributions, columns=(CLASSES,), unit="row"),
    Case(PairwiseHinge(margin=1.5), relevances, keywords={"qid": query_ids}, kinks=pair_kinks(1.5), **QUERIES),
    Case(PairwiseSquaredHinge(margin=0.75), relevances, keywords={"qid": query_ids}, kinks=pair_kinks(0.75), **QUERIES),
    Case(PairwiseLogistic(sigma=2.0), relevances, keywords={"qid": query_ids}, **QUERIES),
    Case(BradleyTerry()),
    Case(BradleyTerry(), keywords={"margin": not_negative}),
    Case(DPO(beta=0.5), keywords=REFERENCES),
    Case(DPO(beta=2.0, label_smoothing=0.125), keywords=REFERENCES),
    Case(IPO(beta=0.75), keywords=REFERENCES),
    Case(SimPO(beta=1.5, gamma=0.5)),
    Case(0.5 * DPO(beta=0.5) - 2 * SimPO(), keywords=REFERENCES),
    Case(KTO(beta=0.5, desirable_weight=1.5), labels, keywords={"ref_logp": reals(), "kl": not_negative}),
    Case(KTO(undesirable_weight=2.0), labels, keywords={"ref_logp": reals()}),
    Case(PPOClip(epsilon=0.25), y_pred=reals(3), keywords={"old_logp": reals(3)}, kinks=ratio_kinks(0.25)),
    Case(KLPenalty(), reals(3), reals(3)),
    Case(ListNet(temperature=2.5), relevances, **LISTS),
    Case(ListMLE(), relevances, **LISTS),
    Case(ApproxNDCG(temperature=2.0), relevances, has_hess=False, **LISTS),
    Case(LambdaRank(), relevances, kinks=order_kinks, **LISTS),
    Case(LambdaRank(sigma=2.0, truncation=2), relevances, kinks=order_kinks, **LISTS),
    Case(0.9 * MSE() + 0.1 * MAE(), kinks=residual_kinks(0)),
    Case(0.5 * MSE() + 0.5 * PairwiseLogistic(), relevances, keywords={"qid": query_ids}, degree=None, unit="mixed"),
]
"""Every public loss in at least one setting, each option in at least one."""

"""Messages: every error about data, arguments and parameters, with what it must name and the cure that it must offer.

The last tests read the source: a `raise`, a cure or a rule of a domain that no row of the tables reaches is a failure.
"""

import ast
import functools
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

import losses
from losses import (
    AFT,
    CORAL,
    CORN,
    CTC,
    DPO,
    KTO,
    MAE,
    MSE,
    MSLE,
    ORPO,
    ApproxNDCG,
    Asymmetric,
    AsymmetricFocal,
    BinaryCrossEntropy,
    BinaryFocal,
    BradleyTerry,
    CategoricalCrossEntropy,
    CategoricalFocal,
    Contrastive,
    CosineDistance,
    Cox,
    CumulativeLogit,
    Dice,
    EnsembleCRPS,
    Exponential,
    Gamma,
    GaussianCRPS,
    GaussianNLL,
    Hinge,
    HingeEmbedding,
    Huber,
    InfoNCE,
    KLDivergence,
    KLPenalty,
    LaplaceNLL,
    LinearCrossEntropy,
    ListNet,
    MultiLabelMargin,
    MultiMargin,
    MultiQuantile,
    PairwiseLogistic,
    Poisson,
    PPOClip,
    ResidualLoss,
    RowLoss,
    Tweedie,
)
from losses._loss.samplewise import SampleLoss
from losses._loss.signature import Signature

SOURCE = Path(losses.__file__).parent
APART = {"monitor.py", "testing.py", "__init__.py", "_trends.py"}
MODULES = sorted(
    path
    for folder in (SOURCE, SOURCE / "_admission", SOURCE / "_loss", SOURCE / "_evaluation", SOURCE / "_lists")
    for path in folder.glob("*.py")
    if path.name not in APART
)
"""What raises errors about data, arguments and parameters: all but the monitor, and the checks for users' tests."""

SQUARES, BCE, LOGITS, CCE = MSE(), BinaryCrossEntropy(), BinaryCrossEntropy(from_logits=True), CategoricalCrossEntropy()
LAYER, GRADES = LinearCrossEntropy(), CumulativeLogit(thresholds=(-1.0, 1.0))
Y, P = [1.0, 2.0, 3.0], [1.0, 2.0, 4.0]
ROWS = np.full((3, 4), 0.25)
SPEECH, LENGTHS = np.zeros((2, 4, 3)), {"input_lengths": [4, 4], "label_lengths": [2, 1]}


class Dot(SampleLoss, signature=Signature(("a", "b"), predictions=("a", "b"))):
    """A loss of two predictions whose axes must fit."""

    core: ClassVar = {"a": ("feature",), "b": ("feature",)}

    def formula(self, a, b):
        return (a * b).sum(axis=1)

    def derivative(self, a, b):
        return b


class Returns(ResidualLoss):
    """A loss whose hook returns anything."""

    returned: ClassVar[Any] = 1.0

    def formula(self, r):
        return self.returned


class Falling(ResidualLoss):
    """A loss without a least value."""

    def formula(self, r):
        return -r


class Nowhere(ResidualLoss):
    """A loss that is finite nowhere."""

    def formula(self, r):
        return np.full_like(r, np.nan)


class Flat(RowLoss):
    """A loss whose infimum no row reaches."""

    columns: ClassVar = ("level",)

    def formula(self, y, p):
        return np.exp(-p[:, 0])

    def derivative(self, y, p):
        return -np.exp(-p)


class Tensor:
    """What a tensor of another library does when NumPy asks for its numbers."""

    def __init__(self, dtype: str = "float32", requires_grad: bool = False) -> None:
        self.dtype, self.requires_grad = dtype, requires_grad

    def cpu(self):
        raise NotImplementedError

    def __array__(self, dtype=None, copy=None):
        raise TypeError("can't convert it.\nMore about that here.")


class JVPTracer(Tensor):
    """What stands for an array that JAX traces."""

    cpu = property()  # it has none


class Opaque:
    """Something that can't be read."""

    def __array__(self, dtype=None, copy=None):
        raise RuntimeError("closed")


class Column:
    """A nullable column with a missing value."""

    dtype = "Int64"

    def isna(self):
        return [False, True, False]


class Sparse:
    """A sparse matrix."""

    dtype, nnz = "float64", 1

    def toarray(self):
        raise NotImplementedError


def odd_dtype(name: str) -> Any:
    """Return numbers of a dtype of the package ml_dtypes."""
    return np.array(Y).astype(getattr(pytest.importorskip("ml_dtypes"), name))


def own_init() -> None:
    """Define a loss that equality would know nothing of."""
    type("Own", (ResidualLoss,), {"__init__": lambda self: None})


def overlapping(loss: Any, *arrays: Any) -> Any:
    """Return the gradient, written to memory that the results share."""
    memory = np.zeros(len(arrays[0]) + 1)
    return loss.grad(*arrays, out=(memory[1:], memory[:-1]))


def read_only() -> np.ndarray:
    """Return an array that can't be written to."""
    array = np.zeros(3)
    array.setflags(write=False)
    return array


def shifted() -> Any:
    """Return the gradient, written to memory that overlaps with the prediction."""
    memory = np.zeros(4)
    return MSE().grad(Y, memory[1:], out=memory[:-1])


@dataclass(frozen=True)
class Row:
    """A call, and what the message of its error must say."""

    call: Callable[[], Any]
    names: str
    """A regular expression of how the message begins: the argument, with the place or shape that is wrong."""
    cure: str
    """One of how to mend it."""
    error: type[Exception] = ValueError

    @functools.cached_property
    def caught(self) -> Exception:
        """The error that the call ends with."""
        try:
            self.call()
        except self.error as error:
            return error
        return AssertionError("no error of this kind")

    @functools.cached_property
    def raised_at(self) -> tuple[str, int]:
        """The file and line of the package where the error was raised."""
        trace, found = self.caught.__traceback__, ("", 0)
        while trace is not None:
            path = Path(trace.tb_frame.f_code.co_filename)
            if path in MODULES:
                found = (str(path.relative_to(SOURCE)), trace.tb_lineno)
            trace = trace.tb_next
        return found


def value(y_true: Any, y_pred: Any = P, loss: Any = SQUARES, **named: Any) -> Callable[[], Any]:
    """Return a call of a loss's value."""
    return lambda: loss.value(y_true, y_pred, **named)


def kind(given: Any, names: str, cure: str) -> Row:
    """Return the row of something that is no array of real numbers."""
    return Row(value(given), names, cure, TypeError)


# ------------------------------------------------------------------------------------------------ kinds of array

KINDS = [
    kind(
        ["a", "b", "c"], r"y_true must hold real numbers, got dtype <U1", r"np\.unique\(y_true, return_inverse=True\)"
    ),
    kind(np.array(["a", "b", "c"], object), "y_true .* dtype object", r"np\.unique\(y_true, return_inverse=True\)"),
    kind(np.array([1, 2, 3], object), "y_true .* dtype object", r"np\.asarray\(y_true\)\.astype\(float\)"),
    kind([1.0, None, 3.0], r"y_true .* as y_true\[1\] is None", "drop missing values, or fill them"),
    kind([1.0, {}, 3.0], r"y_true .* as y_true\[1\] is of type dict", "pass numbers"),
    kind({1: 2.0}, "y_true .* as it is of type dict", "pass numbers"),
    kind([1j, 2, 3], "y_true .* complex128", "real and imaginary parts as two arrays"),
    kind(np.zeros(3, "M8[D]"), r"y_true .* datetime64\[D\]", "subtract a first date and divide"),
    kind(np.zeros(3, "m8[D]"), r"y_true .* timedelta64\[D\]", r"divide by a unit, np\.timedelta64"),
    kind(np.zeros(3, "i4,i4"), r"y_true .* \[\('f0'", "pass each of its fields"),
    kind(np.ma.array(Y), "y_true is a masked array", "pass its data, and sample_weight=~mask"),
    kind([np.ma.masked, 1.0, 1.0], "y_true holds a masked array", "pass its data, and sample_weight=~mask"),
    kind(Sparse(), "y_true is a sparse matrix", r"pass y_true\.toarray\(\)"),
    kind(Column(), "y_true has missing values", "sample_weight of 0"),
    kind(Tensor(), "y_true can't be made an array: can't convert it;", r"pass y_true\.cpu\(\)\.numpy\(\)$"),
    kind(Tensor(requires_grad=True), "y_true can't be made", r"pass y_true\.detach\(\)\.cpu\(\)\.numpy\(\)$"),
    kind(Tensor("torch.bfloat16"), "y_true can't be made", r"pass y_true\.float\(\)\.cpu\(\)\.numpy\(\)$"),
    kind(JVPTracer(), "y_true can't be made", r"outside jax\.grad and jax\.jit$"),
    kind(Opaque(), "y_true can't be made an array: closed", "pass an array of real numbers"),
    Row(value([[1.0], [2.0, 3.0]]), "y_true can't be made an array", "its rows must have one length"),
    Row(value([0, 1, 0], loss=PairwiseLogistic(), qid=[0.0, 1, 0]), "qid .* float64", r"np\.unique\(qid", TypeError),
    Row(
        value([0, 1, 0], loss=PairwiseLogistic(), qid=np.array(["a", 1, "a"], object)),
        r"qid\[1\] is 1",
        r"np\.asarray\(qid\)\.astype\(str\)",
        TypeError,
    ),
    Row(lambda: MSE().grad(Y, P, out=[0.0] * 3), "out must be a NumPy array, got list", r"np\.empty\(", TypeError),
    Row(
        lambda: MSE().grad(Y, P, out=np.zeros(3, np.float32)),
        r"out has shape \(3,\) and dtype float32, but the result has \(3,\) and float64",
        r"np\.empty\(\(3,\), np\.float64\)",
    ),
    Row(lambda: MSE().grad(Y, P, out=read_only()), "out is read-only", "can be written to"),
    Row(shifted, "out shares memory with y_pred", "y_pred itself, or memory of its own"),
    Row(
        lambda: BradleyTerry().grad(Y, P, out=np.zeros(3)),
        "out must be a tuple of 2 arrays",
        "for chosen, rejected",
        TypeError,
    ),
    Row(lambda: overlapping(BradleyTerry(), Y, P), r"out\[1\] shares memory with out\[0\]", "memory of its own"),
    Row(lambda: MSE().grad_and_curvature(Y, P, out=np.zeros(3)), "out must be a pair", "where to write", TypeError),
]

# ------------------------------------------------------------------------------------------------ shapes


def layer(hidden: Any, weight: Any, ids: Any = (0, 1, 2), loss: Any = LAYER, **named: Any) -> Callable[[], Any]:
    """Return a call of the value of a loss of a last layer."""
    return lambda: loss.value(ids, hidden, weight, **named)


SHAPES = [
    Row(value(np.ones((3, 1))), r"y_true has shape \(3, 1\) but y_pred has shape \(3,\)", r"np\.ravel\(y_true\)"),
    Row(value(Y, np.ones((3, 1))), r"y_true has shape \(3,\) but y_pred .* \(3, 1\)", r"np\.ravel\(y_pred\)"),
    Row(value(Y, np.ones((3, 2)), BCE), r"y_true has shape \(3,\) but y_pred .* \(3, 2\)", r"pass y_pred\[:, 1\]"),
    Row(value(Y, np.ones((3, 3))), r"y_true has shape \(3,\) but y_pred .* \(3, 3\)", "use CategoricalCrossEntropy"),
    Row(value(Y, np.ones(4), KLPenalty()), r"ref_logp has shape \(3,\) but logp has shape \(4,\)", "must be equal"),
    Row(
        value(np.ones((3, 2)), np.ones((3, 2)), BinaryCrossEntropy(pos_weight=(1, 2, 3))),
        r"pos_weight has 3 entries but y_pred has shape \(3, 2\)",
        "one for each entry of the last axis",
    ),
    Row(value([0, 1], [0.5, 0.5], CCE), r"y_pred has shape \(2,\)", "use BinaryCrossEntropy"),
    Row(value([], np.ones((0, 0)), CCE), r"y_pred has shape \(0, 0\)", "one number for each class"),
    Row(
        value([0, 1, 2], ROWS, CategoricalCrossEntropy(class_weight=[1, 2])),
        "class_weight has 2 entries, but y_pred has 4 classes",
        "one for each, in the order of the ids",
    ),
    Row(value(np.ones((3, 1)), ROWS, CCE), r"y_true has shape \(3, 1\) but y_pred", r"np\.ravel\(y_true\)"),
    Row(
        value(np.ones((2, 3, 1)), np.ones((2, 3, 4)), CCE),
        r"y_true has shape \(2, 3, 1\) but y_pred has shape \(2, 3, 4\)",
        r"np\.squeeze\(y_true, -1\)",
    ),
    Row(value(ROWS, [0, 1, 2], CCE), r"y_true has shape \(3, 4\) but y_pred", r"order .* is \(y_true, y_pred\)"),
    Row(value([0, 1, 2], ROWS.T, CCE), r"y_true has shape \(3,\) but y_pred", r"np\.moveaxis\(y_pred, 0, -1\)"),
    Row(
        value(np.ones((2, 3)), np.ones((2, 4, 3)), CCE),
        r"y_true has shape \(2, 3\) but y_pred has shape \(2, 4, 3\)",
        r"if axis 1 holds the classes, pass np\.moveaxis\(y_pred, 1, -1\)",
    ),
    Row(
        value(ROWS, ROWS, CategoricalCrossEntropy(ignore_index=0)),
        "ignore_index=0 needs class ids, but y_true has the shape of a distribution",
        "use sample_weight to leave rows out",
    ),
    Row(value(Y, 1.0, GaussianNLL()), r"y_pred has shape \(\), but its last axes must hold", r"np\.newaxis"),
    Row(value(np.ones((3, 1)), np.ones((3, 2)), GaussianNLL()), r"y_true has shape \(3, 1\)", r"np\.ravel\(y_true\)"),
    Row(
        value(np.ones((2, 3, 1)), np.ones((2, 3, 2)), GaussianNLL()),
        r"y_true has shape \(2, 3, 1\)",
        r"use y_true\[\.\.\., 0\]",
    ),
    Row(value(Y, np.ones((3, 4)), GaussianNLL()), r"y_pred has shape \(3, 4\)", "length 2, for"),
    Row(value(Y, np.ones((3, 0)), EnsembleCRPS()), r"y_pred has shape \(3, 0\)", "must not be empty"),
    Row(value(Y, np.ones((3, 1)), EnsembleCRPS(fair=True)), r"y_pred has shape \(3, 1\)", "two members or more"),
    Row(value(np.ones((3, 2)), np.ones((3, 3)), Dot()), r"b has shape \(3, 3\) but a has shape \(3, 2\)", "one length"),
    Row(
        value(np.ones((2, 2, 2)), np.ones((2, 2, 2)), PairwiseLogistic()),
        r"y_pred has shape \(2, 2, 2\)",
        r"np\.ravel, and qid",
    ),
    Row(
        value(np.ones((3, 1)), np.ones((3, 1)), PairwiseLogistic()),
        r"y_pred has shape \(3, 1\)",
        r"np\.ravel\(y_true\)",
    ),
    Row(value(ROWS, ROWS, PairwiseLogistic(), qid=[0, 1, 2]), "qid must be None", r"np\.ravel"),
    Row(
        value(Y, P, PairwiseLogistic(), qid=[1, 2]),
        r"qid has shape \(2,\)",
        r"np\.repeat\(np\.arange\(len\(qid\)\), qid\)",
    ),
    Row(value(Y, P, PairwiseLogistic(), qid=[[7], [7], [7]]), r"qid has shape \(3, 1\)", r"np\.ravel\(qid\)"),
    Row(value(ROWS, ROWS, Cox()), r"risk has shape \(3, 4\)", r"np\.ravel of each array, and qid"),
    Row(value(Y, sample_weight=2.0), r"sample_weight has shape \(\)", "pass None, or multiply the loss"),
    Row(value(Y, sample_weight=[]), r"sample_weight has shape \(0,\)", "pass None where there are no weights"),
    Row(value(Y, sample_weight=[[1], [1], [1]]), r"sample_weight has shape \(3, 1\)", r"np\.ravel\(sample_weight\)"),
    Row(
        value(ROWS, ROWS, sample_weight=[1, 2, 3, 4]),
        r"sample_weight has shape \(4,\), but the samples need \(3, 4\) or \(3,\)",
        r"to weigh columns, pass np\.broadcast_to\(sample_weight, \(3, 4\)\)",
    ),
    Row(
        value([0, 1, 2], ROWS, CCE, sample_weight=[1, 2, 3, 4]),
        r"sample_weight has shape \(4,\), but the samples need \(3,\)",
        "a row is one sample, with one weight; .*class_weight",
    ),
    Row(
        value(Y, np.ones((3, 2)), GaussianNLL(), sample_weight=np.ones((3, 2))),
        r"sample_weight has shape \(3, 2\), but the samples need \(3,\)",
        "a row is one sample, with one weight$",
    ),
    Row(
        value([1, 0, 2], P, ListNet(), sample_weight=[1, 2, 1]),
        "sample_weight is 1.0 at one item of the only query and 2.0 at another",
        "the same weight, or 0 to leave them out",
    ),
    Row(
        value(np.ones((2, 3, 4)), np.ones((2, 3, 4)), InfoNCE()),
        r"keys has shape \(2, 3, 4\), but a batch has two axes",
        "call the loss for each batch",
    ),
    Row(value(Y, P, Dice()), r"y_pred has shape \(3,\), but its first axis counts regions", r"y_pred\[np\.newaxis\]"),
    Row(
        value(np.ones((3, 0)), np.ones((3, 0)), MultiLabelMargin()),
        r"y_pred has shape \(3, 0\)",
        "must hold the labels",
    ),
    Row(value(np.ones((3, 0)), np.ones((3, 0)), CosineDistance()), r"y_pred has shape \(3, 0\)", "must hold vectors"),
    Row(
        value([0, 1, 2], ROWS, KLDivergence()),
        r"y_true has shape \(3,\), but KLDivergence needs a distribution for each row, of shape \(3, 4\)",
        "for class ids use NLL or CategoricalCrossEntropy",
    ),
    Row(
        value(ROWS, ROWS, MultiMargin()),
        r"y_true has shape \(3, 4\), but MultiMargin needs class ids, of shape \(3,\)",
        r"np\.argmax\(y_true, axis=-1\)",
    ),
    Row(
        value([0, 1, 2], ROWS, CategoricalFocal(alpha=(1, 2))),
        "alpha has 2 entries, but y_pred has 4 classes",
        "one for each, in the order of the ids",
    ),
    Row(
        value(np.ones((2, 2)), SPEECH, CTC(blank=3), **LENGTHS),
        r"logits has shape \(2, 4, 3\), but its last axis must hold the classes, blank=3",
        "set blank to the id",
    ),
    Row(layer(np.ones((3, 0)), np.ones((4, 0))), r"hidden has shape \(3, 0\)", "must hold the features"),
    Row(layer(ROWS, np.ones((4, 5))), r"weight has shape \(4, 5\) but hidden has shape \(3, 4\)", r"pass weight\.T$"),
    Row(layer(ROWS, np.ones((5, 3))), r"weight has shape \(5, 3\)", r"the shape \(C, 4\), a row for each class$"),
    Row(layer(ROWS, ROWS, bias=P + P), r"bias has shape \(6,\) but weight has shape \(3, 4\)", r"the shape \(3,\)"),
    Row(
        layer(ROWS, ROWS, loss=LinearCrossEntropy(class_weight=(1, 2))),
        "class_weight has 2 entries, but weight has 3 classes",
        "one for each, in the order of the ids",
    ),
    Row(
        layer(ROWS, ROWS, ids=[[0], [1], [2]]),
        r"ids has shape \(3, 1\) but hidden has shape \(3, 4\)",
        r"use ids\[\.\.\., 0\]$",
    ),
    Row(layer(ROWS, ROWS, ids=[0, 1]), r"ids has shape \(2,\)", r"for each row, in the shape \(3,\)$"),
    Row(
        value(ROWS, ROWS, MSE(reduction="none") + CategoricalCrossEntropy(reduction="none")),
        r'the terms of a sum need the same samples under reduction="none", got one per element, of shape \(3, 4\)',
        "evaluate each term alone",
    ),
]

# ------------------------------------------------------------------------------------------------ domains


def best(loss: Any, *arguments: Any) -> Callable[[], Any]:
    """Return the search for a constant prediction."""
    return lambda: loss.best_constant(*arguments)


NAN, INF = np.nan, np.inf

DOMAINS = [
    Row(value([-1, 1, 1], P, BCE), r"y_true\[0\] is -1, but a binary target", r"\(y_true \+ 1\) / 2"),
    Row(value([1, 2, 1], P, BCE), r"y_true\[1\] is 2, but a binary target", "subtract 1 from labels 1 and 2"),
    Row(value([1, NAN, 1], P, BCE), r"y_true\[1\] is nan, but a binary target", "sample_weight of 0"),
    Row(value([0.5, 1.5, 1], P, LOGITS), r"y_true\[1\] is 1.5", r"order of the arguments is \(y_true, y_pred\)"),
    Row(value([0, 1, 2], P, LOGITS), r"y_true\[2\] is 2", "use CategoricalCrossEntropy"),
    Row(value([0, 1, 0], [0.5, 4, 1], BCE), r"y_pred\[1\] is 4.0, but a probability", "from_logits=True"),
    Row(value([0, 5, 1], P, Hinge()), r"y_true\[1\] is 5, but a label must be 0 or 1", "CategoricalCrossEntropy"),
    Row(value([0, -1, 1], P, Hinge()), r"y_true\[0\] is 0, but labels of which one is -1", "sample_weight of 0"),
    Row(value([1, 2, 4], ROWS, CCE), r"y_true\[2\] is 4, but a class id .* from 0 to 3", "start at 1, subtract 1"),
    Row(value([0.5, 2, 3], ROWS, CCE), r"y_true\[0\] is 0.5, but a class id", "one number for each class"),
    Row(value([0, 2, -100], ROWS, CCE), r"y_true\[2\] is -100, but a class id", "set ignore_index"),
    Row(value(2 * ROWS, ROWS, CCE), r"y_true\[0\] sums to 2.0, but a distribution", "to weigh rows, use sample_weight"),
    Row(value(np.full((4, 3), 0.25), ROWS.T, CCE), r"y_true\[0\] sums to 0.75", r"np\.moveaxis\(\.\.\., 0, -1\)"),
    Row(
        value([[2, -1.0]], [[0.5, 0.5]], CCE),
        r"y_true\[0, 0\] is 2.0, but a target probability",
        "class ids have one axis less",
    ),
    Row(value(Y, sample_weight=[1, NAN, 1]), r"sample_weight\[1\] is nan, but a weight", "0 leaves a sample out"),
    Row(value([], []), r"y_pred has no samples \(their shape is \(0,\)\)", 'reduction="sum"'),
    Row(value(Y, sample_weight=[0, 0, 0]), "sample_weight leaves no sample of positive weight", 'reduction="sum"'),
    Row(
        value([0, 1, 2], ROWS, CategoricalCrossEntropy(class_weight=[1e308] * 4)),
        "class_weight sums to inf",
        "scale the weights",
    ),
    Row(value([1, NAN, 0], P, PairwiseLogistic()), r"y_true\[1\] is nan, but a relevance", "sample_weight of 0"),
    Row(value([1, -1, 0], P, ApproxNDCG()), r"y_true\[1\] is -1, but a relevance from which", "number grades from 0"),
    Row(value([1, NAN, 0], P, Cox()), r"time\[1\] is nan, but a time must be a number", "sample_weight of 0"),
    Row(value(Y, P, Cox(), event=[1, 0, 2]), r"event\[2\] is 2, but an event must be", "whether `time` is that of"),
    Row(value([1, 0, 1], P, AFT()), r"lower\[1\] is 0, but an event's time must be positive", "pass upper="),
    Row(value([1, -1, 1], P, AFT(), upper=Y), r"lower\[1\] is -1, but a time's lower end", "use 0 where"),
    Row(value([0, 1, 1], P, AFT(), upper=[0, 1, 1]), r"upper\[0\] is 0, but a time's upper end", r"use np\.inf where"),
    Row(
        value([2, 1, 1], P, AFT(), upper=[1, 1, 1]),
        r"upper\[0\] is 1, but lower\[0\] is 2",
        r"pass \(lower, s, upper=upper\)",
    ),
    Row(
        value([NAN, 1, 1], P, Tweedie(power=0)),
        r"y_true\[0\] is nan, but a target must be a number",
        "sample_weight of 0",
    ),
    Row(value([-1, 1, 1], P, Poisson()), r"y_true\[0\] is -1, but a target must not be negative", "sample_weight of 0"),
    Row(value([0, 1, 1], P, Gamma()), r"y_true\[0\] is 0, but a target must be positive", "need Tweedie"),
    Row(value(Y, [0, 1, 1], Poisson(log_input=False)), r"y_pred\[0\] is 0, but a predicted mean", "log_input=True"),
    Row(value([-2, 1, 1], P, MSLE()), r"y_true\[0\] is -2, but a target must be greater than -1", "amounts that"),
    Row(value(Y, [-2, 1, 1], MSLE()), r"y_pred\[0\] is -2, but a prediction must be greater than -1", "amounts that"),
    Row(value([NAN, 1, 1], P, GRADES), r"y_true\[0\] is nan, but a grade must be one of the 3", "sample_weight of 0"),
    Row(value([1, 2, 3], P, GRADES), r"y_true\[2\] is 3, but a grade", "start at 1, subtract 1"),
    Row(value([0.5, 2, 1], P, GRADES), r"y_true\[0\] is 0.5, but a grade", r"\(y_true, y_pred\)"),
    Row(value([0, 2, 9], P, GRADES), r"y_true\[2\] is 9, but a grade must be one of the 3", "integers 0 to 2"),
    Row(value(Y, P, BradleyTerry(), margin=[-1, 0, 0]), r"margin\[0\] is -1, but a margin", "how far the chosen"),
    Row(
        value([-1, -2], [-1, 0.0], ORPO()), r"rejected\[1\] is 0.0, but a mean log-prob.* below 0", "per token, in nats"
    ),
    Row(value([2, 0, 1], P, Contrastive()), r"same\[0\] is 2, but same must be True or False", "pass same == 1"),
    Row(
        value([1, 0, 1], P, HingeEmbedding()),
        r"sign\[1\] is 0, but a sign must be -1 or 1",
        r"np\.where\(sign, 1, -1\)",
    ),
    Row(
        value([[0, 0], [1, 1]], [[1, 1], [1, 1]], CosineDistance()),
        r"y_true\[0\] is .*no direction",
        "sample_weight of 0",
    ),
    Row(value(ROWS, -ROWS, KLDivergence()), r"y_pred\[0, 0\] is -0.25, but a prob", "log-probabilities.*logits, use"),
    Row(value(ROWS, ROWS, MultiLabelMargin()), r"y_true\[0, 0\] is 0.25, but a label must be 1", "use MultiMargin"),
    Row(value([[0, 1]], [[0.5, 2]], Dice()), r"y_pred\[0, 1\] is 2.0, but a prob", r"1 / \(1 \+ np\.exp\(-y_pred\)\)"),
    Row(value([[1, 2], [0, 9]], SPEECH, CTC(), **LENGTHS), r"labels\[1, 0\] is 0, the blank", "ids other than blank=0"),
    Row(
        value([[1, 3], [1, 9]], SPEECH, CTC(), **LENGTHS),
        r"labels\[0, 1\] is 3, no integer from 0 to 2",
        "before label",
    ),
    Row(
        value([[1, 2], [1, 9]], SPEECH, CTC(), **LENGTHS | {"input_lengths": [4, 5]}),
        r"input_lengths\[1\] is 5, but it must be an integer from 0 to 4, the frames",
        r"logits has the shape \(sequences, frames, classes\)",
    ),
    Row(
        value([[1, 2], [1, 9]], SPEECH, CTC(), **LENGTHS | {"label_lengths": [3, 1]}),
        r"label_lengths\[0\] is 3, but it must be an integer from 0 to 2, the labels",
        r"labels has the shape \(sequences, labels\)",
    ),
    Row(value([2, 1, 0], P, KTO(), ref_logp=P), r"desirable\[0\] is 2, but desirable must be", r"\(desirable, logp\)"),
]
DPO_NAMED = {"ref_chosen": P, "ref_rejected": P}

# ------------------------------------------------------------------------------------------- the best constant

CONSTANTS = [
    Row(best(MSE(), [1.0, INF]), r"y_true\[1\] is inf, but the best constant", "only for finite targets"),
    Row(best(MSE(), Y, [0, 0, 0]), "y_true holds no sample of positive weight", "no constant is the best"),
    Row(best(Hinge(), [0, 1], [0, 0]), "y_true holds no sample of positive weight", "no constant is the best"),
    Row(best(CCE, [0, 1], [0, 0]), "y_true holds no sample of positive weight", "no constant is the best"),
    Row(best(CategoricalCrossEntropy(class_weight=[0, 1]), [0]), "y_true holds no sample of pos", "no constant is"),
    Row(best(AFT(), Y, [0, 0, 0]), "lower holds no sample of positive weight", "no constant is the best"),
    Row(best(CORAL(), [0.5, 1]), r"y_true\[0\] is 0.5, but a grade must be an integer", "not negative"),
    Row(best(CCE, [0.5, 1]), r"y_true\[0\] is 0.5, but a class id must be an integer", "not negative"),
    Row(best(LOGITS, [1, 1]), "y_true holds only class 1", "best log-odds are infinite"),
    Row(best(BinaryFocal(alpha=0.25, from_logits=True), [1, 1]), "only one class of y_true has", "no finite logit"),
    Row(best(AsymmetricFocal(), [1, 1]), "y_true holds only class 1", "best logit is infinite"),
    Row(best(AsymmetricFocal(), 0.98), "y_true holds too much of one class", "infimum .* at infinity"),
    Row(best(CategoricalCrossEntropy(from_logits=True), [0, 2]), "class 1 never occurs in y_true", "minus infinity"),
    Row(
        best(CategoricalCrossEntropy(class_weight=[1, 1]), [0, 2]),
        "class_weight has 2 entries, but y_true shows 3 classes",
        "one for each",
    ),
    Row(best(Poisson(), [0, 0]), "the weighted mean of y_true is 0.0", "no least constant"),
    Row(best(LaplaceNLL(), [2, 2]), "y_true holds one value only", "best scale is 0"),
    Row(best(GaussianCRPS(), [2] * 9 + [1]), "y_true is 2.0 in 90%", "scale goes to 0"),
    Row(best(EnsembleCRPS(), Y), "the best constant ensemble", "quantiles of y_true"),
    Row(best(Exponential(), [1, 1]), "y_true holds only one class", "best score is infinite"),
    Row(best(GRADES, [2, 2]), "y_true holds only grade 2", "best score is infinity"),
    Row(best(CORAL(), [0, 0]), "y_true holds only grade 0", "minus infinity"),
    Row(best(CORN(), [1, 2]), "no sample of y_true stops at grade 0", "is infinite"),
    Row(
        lambda: AFT().best_constant(Y, upper=[INF] * 3),
        "by lower and upper all the times are censored on the right",
        r"lies at \+infinity",
    ),
    Row(best(CosineDistance(), 1.0), r"y_true has shape \(\)", "its last axis must hold vectors"),
    Row(best(CosineDistance(), [[1, 0], [-1, 0]]), "the directions of y_true cancel", "every constant .* equally good"),
    Row(
        best(CategoricalFocal(alpha=(1, 2), from_logits=True), [0, 1, 2]),
        "alpha has 2 entries, but y_true shows 3 classes",
        "one for each, in the order of the ids",
    ),
    Row(best(Nowhere(), Y), "the loss of y_true is finite at no constant", "that was tried"),
    Row(best(Falling(), Y), "the loss of y_true falls without end", "would be infinite"),
    Row(best(Flat(), Y), "no best constant row was found", "falls without end"),
]

# ------------------------------------------------------------------------------------ arguments, parameters, sums


def make(cls: type, **parameters: Any) -> Callable[[], Any]:
    """Return the construction of a loss."""
    return lambda: cls(**parameters)


def with_hook(returned: Any) -> Callable[[], Any]:
    """Return the value of a loss whose hook returns this."""
    return lambda: type("Own", (Returns,), {"returned": returned})().value(Y, P)


ARGUMENTS = [
    Row(
        lambda: MSE().value(Y, P, Y),
        r"value\(\) takes 2 arrays, got 3",
        r"value\(y_true, y_pred, \*, sample",
        TypeError,
    ),
    Row(lambda: DPO().value(Y, P, Y, P), r"value\(\) takes 2 arrays, got 4", "pass ref_chosen and ref_rej", TypeError),
    Row(lambda: MSE().value(Y, P, y_true=Y), r"value\(\) got the argument 'y_true' twice", r"value\(y_true", TypeError),
    Row(lambda: MSE().value(Y, P, qid=Y), "'qid' is not an argument of", r"value\(y_true, y_pred, \*", TypeError),
    Row(lambda: DPO().value(Y, P), "value.. needs the argument 'ref_chosen'", "ref_chosen, ref_rejected", TypeError),
    Row(make(Huber, delta=0), "delta must be positive and finite, got 0.0", "positive"),
    Row(make(Huber, delta="1"), "delta must be a real number, got '1'", "real number"),
    Row(make(BinaryCrossEntropy, from_logits=1), "from_logits must be True or False, got 1", "True or False"),
    Row(make(losses.LambdaRank, truncation=0), "truncation must be a positive integer or None, got 0", "positive"),
    Row(make(MSE, reduction="avg"), "reduction must be one of .* got 'avg'", "'mean', 'sum', 'none'"),
    Row(make(MultiQuantile, quantiles=0.5), "quantiles must be a sequence .* got 0.5", "one or more ascending numbers"),
    Row(make(MultiQuantile, quantiles=(0.5, 0.5)), r"quantiles must ascend, but quantiles\[1\] is 0.5", "must ascend"),
    Row(
        make(BinaryCrossEntropy, pos_weight=[]), r"pos_weight must be a number, or a sequence", "each entry of the last"
    ),
    Row(
        make(CategoricalCrossEntropy, class_weight={0: 1}), "class_weight must be a sequence .* got {0: 1}", "bincount"
    ),
    Row(
        make(CategoricalCrossEntropy, class_weight=1.0), "class_weight must be a sequence .* got 1.0", "for each class"
    ),
    Row(make(CategoricalCrossEntropy, class_weight=[-1]), r"class_weight\[0\] must be .* got -1.0", "not negative"),
    Row(
        make(CategoricalCrossEntropy, z_loss=1), "z_loss holds logits near 0", "needs from_logits=True; got z_loss=1.0"
    ),
    Row(make(CategoricalFocal, alpha=-1), "alpha must be finite and not negative, got -1.0", "not negative"),
    Row(make(PPOClip, epsilon_high=0), "epsilon_high must be positive and finite, or None, got 0.0", "or None"),
    Row(make(CTC, blank=-1), "blank must be an integer, not negative, got -1", "not negative"),
    Row(make(CategoricalCrossEntropy, ignore_index=0.5), "ignore_index must be an integer or None, got 0.5", "integer"),
    Row(make(CategoricalCrossEntropy, ignore_index=2**64), "ignore_index must fit into 64 bits", "64 bits"),
    Row(make(Asymmetric, shortfall_weight=2, base=BCE), "base must be a ResidualLoss", "or a sum of some"),
    Row(own_init, "Own has an __init__ of its own", "make it a dataclass", TypeError),
    Row(with_hook(1.0), r"formula returned an array of shape \(\)", "one number for each sample, and reduce nothing"),
    Row(with_hook("a"), "formula must return an array of real numbers, got str", "real numbers", TypeError),
    Row(lambda: Dot().grad(ROWS, ROWS), "derivative must return a tuple of 2 arrays", "for a, b", TypeError),
    Row(lambda: losses.get("hubr"), "there is no loss 'hubr'", r"did you mean 'huber'\?"),
    Row(lambda: MSE() * INF, "a coefficient must be finite, got inf", "finite"),
    Row(lambda: MSE() / INF, "a divisor must be finite, got inf", "finite"),
    Row(lambda: MSE() + MAE(reduction="sum"), "losses with different reductions", r'by with_reduction\("mean"\)'),
    Row(
        lambda: PPOClip() + KLPenalty(),
        r"losses of different arrays, \(advantages, logp\) and \(ref_logp, logp\)",
        "add up the numbers",
    ),
    Row(
        lambda: MSE(reduction="none").partial(Y, P), 'a loss with reduction="none" has no', r'with_reduction\("mean"\)'
    ),
    Row(
        lambda: (MSE() + CCE).partial(ROWS, ROWS).denominator,
        r"the terms of MSE\(\) \+ Cat.* have denominators of their own",
        "take a part of each term",
    ),
    Row(lambda: MSE().partial([], []).result(), "the parts hold no sample of positive weight", 'reduction="sum"'),
    Row(
        lambda: MSE().partial(Y, P) + MAE().partial(Y, P),
        "parts of different losses can't be put together",
        r"MSE\(\) and MAE\(\)",
    ),
    Row(
        lambda: sum([PairwiseLogistic().partial(Y, P)] * 2),
        "both parts are one query without a qid",
        "give each item the qid",
    ),
    Row(
        lambda: sum([PairwiseLogistic().partial(Y, P, qid=[0, 0, 1])] * 2),
        "both parts hold items of query 0",
        "keep the items of a query in one part",
    ),
    Row(
        lambda: sum([InfoNCE().partial(ROWS, ROWS)] * 2),
        "both parts are batches",
        "evaluate them as one batch, or average their values",
    ),
]

TABLES = {
    "kinds": KINDS,
    "shapes": SHAPES,
    "domains": DOMAINS,
    "constants": CONSTANTS,
    "arguments": ARGUMENTS,
}
ALL = [pytest.param(row, id=f"{name}-{k}") for name, table in TABLES.items() for k, row in enumerate(table)]


@pytest.mark.parametrize("row", ALL)
def test_the_message_names_what_is_wrong_and_offers_a_cure(row):
    message = str(row.caught)
    assert type(row.caught) is row.error
    assert re.match(row.names, message), message
    assert re.search(row.cure, message), message
    assert "\n" not in message


@pytest.mark.parametrize("dtype", ["bfloat16", "float8_e4m3fn", "int4"])
def test_dtypes_that_numpy_does_not_know_get_the_one_to_convert_to(dtype):
    given = odd_dtype(dtype)
    target = "int8" if dtype == "int4" else "float32"
    with pytest.raises(TypeError, match=rf"^y_true .* {dtype}; pass np\.asarray\(y_true\)\.astype\(np\.{target}\)$"):
        MSE().value(given, P)
    assert MSE().value(np.asarray(given).astype(target), Y) == 0


# ------------------------------------------------------------------------------------------- no error without a row


@functools.cache
def nodes(path: Path) -> list[ast.AST]:
    """Return all there is in the source of a module."""
    return list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


@functools.cache
def raises(path: Path) -> list[ast.Raise]:
    """Return the statements of a module that raise an error about what the user passed."""
    found = [node for node in nodes(path) if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)]
    return [node for node in found if getattr(node.exc.func, "id", "") in ("ValueError", "TypeError")]


def pattern(node: ast.AST) -> str:
    """Return a regular expression of a text of the source, its placeholders left open."""
    if isinstance(node, ast.Constant):
        return re.escape(str(node.value))
    parts = node.values if isinstance(node, ast.JoinedStr) else []
    return "".join(pattern(part) if isinstance(part, ast.Constant) else ".*" for part in parts)


@functools.cache
def cures(path: Path) -> list[str]:
    """Return the hints of a module: its texts that begin with a semicolon."""
    inner = {id(part) for node in nodes(path) if isinstance(node, ast.JoinedStr) for part in node.values}
    texts = [pattern(node) for node in nodes(path) if id(node) not in inner]
    return [text for text in texts if text.startswith(re.escape("; "))]


@functools.cache
def rules(path: Path) -> list[str]:
    """Return what the domains of a module say that values must be."""
    kinds = ("Interval", "Ends", "Above", "Below", "Integers", "NonZeroRows")
    calls = [node for node in nodes(path) if isinstance(node, ast.Call)]
    return [pattern(call.args[0]) for call in calls if getattr(call.func, "id", "") in kinds and call.args]


@functools.cache
def messages() -> list[str]:
    return [str(row.caught) for table in TABLES.values() for row in table]


@pytest.mark.parametrize("path", list(filter(raises, MODULES)), ids=lambda path: str(path.relative_to(SOURCE)))
def test_every_error_has_a_row(path):
    name = str(path.relative_to(SOURCE))
    lines = [line for table in TABLES.values() for row in table for file, line in [row.raised_at] if file == name]
    for node in raises(path):
        reached = any(node.lineno <= line <= (node.end_lineno or 0) for line in lines)
        assert reached, f"{name}:{node.lineno} raises an error that no row of the tables reaches"


@pytest.mark.parametrize(
    "path", [path for path in MODULES if cures(path) + rules(path)], ids=lambda path: str(path.relative_to(SOURCE))
)
def test_every_cure_and_every_rule_has_a_row(path):
    elsewhere = "astype(np.float32)", "astype(np.int8)"  # dtypes of a package that may be missing
    for text in cures(path) + rules(path):
        if not any(re.escape(each) in text for each in elsewhere):
            assert any(re.search(text, message) for message in messages()), f"no row reaches {text!r}"


def test_the_source_is_read_as_meant():
    assert sum(len(raises(path)) for path in MODULES) > 80
    assert len([text for path in MODULES for text in cures(path)]) > 50
    assert len([text for path in MODULES for text in rules(path)]) > 20

"""Every loss, with strategies for its arguments. The laws are run over `CASES`; add a loss here and it is tested.

An elementwise loss of real numbers needs one line: ``Case(MyLoss(parameter=2.0))``.
"""

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st

from losses import (
    AFT,
    CORAL,
    CORN,
    CTC,
    DPO,
    IPO,
    KTO,
    LINEX,
    MAE,
    MAPE,
    MSE,
    MSLE,
    NLL,
    ORPO,
    SMAPE,
    ApproxNDCG,
    Asymmetric,
    AsymmetricFocal,
    Barron,
    BinaryCrossEntropy,
    BinaryFocal,
    BradleyTerry,
    CategoricalCrossEntropy,
    CategoricalFocal,
    CategoricalHinge,
    Cauchy,
    Contrastive,
    CosineDistance,
    Cox,
    CumulativeLogit,
    Dice,
    EnsembleCRPS,
    EpsilonInsensitive,
    Expectile,
    Exponential,
    Fair,
    Gamma,
    GaussianCRPS,
    GaussianNLL,
    GeneralizedCrossEntropy,
    Hinge,
    HingeEmbedding,
    Huber,
    InfoNCE,
    KLDivergence,
    KLPenalty,
    LambdaRank,
    LaplaceNLL,
    LinearCrossEntropy,
    ListMLE,
    ListNet,
    LogCosh,
    LogisticCRPS,
    MarginRanking,
    ModifiedHuber,
    MultiLabelMargin,
    MultiMargin,
    MultiQuantile,
    NegativeBinomial,
    PairwiseHinge,
    PairwiseLogistic,
    PairwiseSquaredHinge,
    Perceptron,
    Pinball,
    Poisson,
    Poly1CrossEntropy,
    PPOClip,
    PseudoHuber,
    SimPO,
    SmoothedHinge,
    SmoothL1,
    Sparsemax,
    SquaredEpsilonInsensitive,
    SquaredHinge,
    StudentTNLL,
    SupCon,
    Triplet,
    TukeyBiweight,
    Tversky,
    Tweedie,
)
from losses._testing.subject import Subject

CLASSES = 3
"""Classes of the registered losses over classes."""

SMALL_BLOCK = 1 << 14
"""Elements of a block where the fixture `small_blocks` is used: still enough for BLAS to bring threads of its own."""


@dataclass(frozen=True)
class Problem:
    """The arrays of one call by name.

    The first axis of each counts the samples, or the items that are ranked, but for those that belong to no sample.
    """

    arrays: dict[str, Any]
    shared: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.arrays[self.by_sample[0]])

    def __getitem__(self, name: str) -> Any:
        return self.arrays[name]

    def map(self, change: Callable[[Any], Any], *names: str) -> "Problem":
        """Return the problem with all arrays changed, or with those of some names."""
        changed = {name: change(a) if name in (names or self.arrays) else a for name, a in self.arrays.items()}
        return dataclasses.replace(self, arrays=changed)

    @property
    def by_sample(self) -> tuple[str, ...]:
        """The names of the arrays that belong to samples."""
        return tuple(name for name in self.arrays if name not in self.shared)

    def take(self, indices: Any) -> "Problem":
        """Return the problem with these samples, which may repeat or leave out."""
        indices = np.asarray(indices, dtype=np.intp)
        return self.map(lambda array: array[indices], *self.by_sample)

    def replace(self, **arrays: Any) -> "Problem":
        """Return the problem with other arrays of some names."""
        return dataclasses.replace(self, arrays={**self.arrays, **arrays})


def call(loss: Any, method: str, problem: Problem, **arguments: Any) -> Any:
    """Return ``loss.method(…)`` of a problem's arrays, as far as the loss takes them, and further arguments."""
    positional, *_ = loss.signature
    named = {name: problem[name] for name in loss.signature.names if name in problem.arrays and name not in positional}
    return getattr(loss, method)(*(problem[name] for name in positional), **named, **arguments)


def admitted(loss: Any, problem: Problem) -> Any:
    """Return the samples that a loss, no sum of several, sees in a problem."""
    return loss._admit({name: problem[name] for name in loss.signature.names if name in problem.arrays}, None)


def names(loss: Any) -> tuple[str, str]:
    """Return how messages call a loss's first array, and the one whose shape the others must have."""
    signature = loss.signature
    return signature.positional[0], [name for name in signature.predictions if name not in signature.shared][-1]


def predictions(loss: Any, problem: Problem) -> list[Any]:
    """Return the arrays by which derivatives are taken."""
    return [problem[name] for name in predicted_names(loss, problem)]


def predicted_names(loss: Any, problem: Problem) -> list[str]:
    """Return the names of the arrays by which derivatives are taken: of those that may be left out, if they aren't."""
    return [name for name in loss.signature.predictions if name in problem.arrays]


def of_samples(loss: Any, problem: Problem, method: str) -> list[bool]:
    """Return which of the arrays that a method returns belong to samples."""
    if method == "value":
        return [True]
    return [name not in problem.shared for name in predicted_names(loss, problem)]


def predicting(loss: Any, problem: Problem, arrays: Iterable[Any]) -> Problem:
    """Return the problem with other predictions."""
    return problem.replace(**dict(zip(predicted_names(loss, problem), arrays, strict=True)))


def in_dtype(loss: Any, problem: Problem, dtype: Any) -> Problem:
    """Return the problem with its predictions in a dtype."""
    return problem.map(lambda array: np.asarray(array).astype(dtype), *predicted_names(loss, problem))


def as_one(arrays: Sequence[Any]) -> Any:
    """Return arrays as `out` takes and `grad` returns them: a single one for one prediction, else a tuple."""
    return arrays[0] if len(arrays) == 1 else tuple(arrays)


Maker = Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]
seeds = st.integers(0, 2**32 - 1)


@dataclass(frozen=True)
class Seeded:
    """A strategy for arrays that a generator makes from a seed: many times faster than one that draws each entry."""

    make: Maker
    dtype: Any = None
    kinds: "tuple[Seeded, ...]" = ()

    def __call__(self, dtype: Any, shape: tuple[int, ...]) -> st.SearchStrategy[np.ndarray]:
        return seeds.map(lambda seed: self.array(np.random.default_rng(seed), dtype, shape))

    def array(self, rng: np.random.Generator, dtype: Any, shape: tuple[int, ...]) -> np.ndarray:
        return np.asarray(self.make(rng, shape), dtype=self.dtype or dtype)

    def map(self, change: Callable[[np.ndarray], np.ndarray]) -> "Seeded":
        return Seeded(lambda rng, shape: change(self.make(rng, shape)))

    def __or__(self, other: "Seeded") -> "Seeded":
        return one_of(*(self.kinds or (self,)), *(other.kinds or (other,)))


def one_of(*kinds: Seeded) -> Seeded:
    """Arrays whose entries are of several kinds, in some arrays of a few of them only."""

    def make(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        few = rng.permutation(len(kinds))[: rng.integers(1, len(kinds) + 1)]
        return np.choose(rng.choice(few, shape), [kind.make(rng, shape) for kind in kinds])

    return Seeded(make, kinds=kinds)


def choice(*numbers: float) -> Seeded:
    """Arrays of some numbers."""
    return Seeded(lambda rng, shape: rng.choice(numbers, shape))


def ids(count: int) -> Seeded:
    """Arrays of integers from 0 to count - 1, of an integer dtype."""
    return Seeded(lambda rng, shape: rng.integers(0, count, shape), np.int64)


def reals(bound: float = 8.0) -> Seeded:
    """Arrays of finite numbers up to a bound, of all sizes, ties and zeros among them."""

    def make(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        plain, small = rng.uniform(-bound, bound, (2, *shape))
        kinds = rng.integers(0, rng.integers(1, 5), shape)
        few = np.clip(rng.integers(-3, 4, shape), -bound, bound)
        return np.choose(kinds, [plain, few, small * 10.0 ** rng.uniform(-12, 0, shape), np.sign(small) * bound])

    return Seeded(make)


ANY = reals()


def magnitudes(least: float, most: float) -> Seeded:
    """Arrays of positive numbers all over a range of exponents, whose ends are among them."""

    def make(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        inside = np.clip(10.0 ** rng.uniform(np.log10(least), np.log10(most), shape), least, most)
        return np.where(rng.random(shape) < 0.1, rng.choice([least, most], shape), inside)

    return Seeded(make)


def signed(size: Seeded) -> Seeded:
    """Arrays of numbers of either sign, and zero."""
    return size | size.map(np.negative) | choice(0.0)


def between(low: float, high: float) -> Seeded:
    """Arrays of numbers between bounds, which are among them."""

    def make(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        near = low + (high - low) * 10.0 ** rng.uniform(-12, 0, shape)
        ends = rng.choice([low, high, (low + high) / 2], shape)
        return np.choose(rng.integers(0, rng.integers(1, 4), shape), [rng.uniform(low, high, shape), ends, near])

    return Seeded(make)


def unit_interval(margin: float = 0.0) -> Seeded:
    """Arrays of probabilities, at least `margin` away from 0 and 1."""
    return between(float(np.float16(margin)), float(np.float16(1 - margin)))


labels = choice(0, 1)
"""Arrays of 0 and 1."""

signs = choice(-1, 1)
"""Arrays of −1 and 1."""

class_ids = ids(CLASSES)
"""Arrays of class ids, one for each row."""

grades = ids(CLASSES)
"""Arrays of ordered grades."""

query_ids = ids(3)
"""Query ids in any order."""

relevances = choice(*range(5))
"""Grades from 0 to 4."""

lower_ends = choice(0, 0.25, 0.75, 1)
"""Arrays of lower ends of intervals, from 0 to 1."""

upper_ends = choice(1, 1.25, 4, np.inf)
"""Arrays of upper ends of intervals, from 1 to inf."""

positive = between(0.125, 8)
"""Arrays of numbers from 1/8 to 8."""


not_negative = ANY.map(np.abs)
"""Arrays of numbers from 0 to 8."""

not_small = ANY.map(lambda array: np.copysign(np.maximum(np.abs(array), 1), array))
"""Arrays of numbers whose size is from 1 to 8."""


@Seeded
def distributions(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Rows that sum to 1, within what is tolerated."""
    rows = rng.uniform(0.125, 1, shape)
    return rng.choice([0.9995, 1, 1.0005]) * rows / rows.sum(axis=-1, keepdims=True)


symbols = Seeded(lambda rng, shape: rng.integers(1, CLASSES, shape), np.int64)
"""Arrays of class ids other than the blank, 0."""

frame_counts = Seeded(lambda rng, shape: rng.integers(3, 5, shape), np.int64)
"""Lengths of sequences of frames, into which two equal labels fit."""

symbol_counts = ids(3)
"""Lengths of sequences of labels."""

sixteenths = Seeded(lambda rng, shape: rng.integers(-48, 49, shape) / 16)
"""Arrays of numbers that are equal or far apart, between which kinks can be told apart."""

negative = positive.map(np.negative)
"""Arrays of numbers from −8 to −1/8."""


@dataclass(frozen=True)
class Case:
    """A loss and what it may be given.

    Parameters
    ----------
    loss
        The loss, with reduction "mean".
    arrays
        By name, what makes them (see `Seeded`); the predictions avoid clipped probabilities. Arrays that are not
        named hold any `reals()`, but optional ones are then left out.
    columns
        By name, lengths of the trailing axes that hold one sample's numbers.
    inner
        Lengths of the samples' axes after the first, of a loss that asks for them.
    """

    loss: Any
    arrays: Mapping[str, Seeded] = dataclasses.field(default_factory=dict)
    columns: Mapping[str, tuple[int, ...]] = dataclasses.field(default_factory=dict)
    inner: tuple[int, ...] | None = None

    def __str__(self) -> str:
        return repr(self.loss) + "".join(f", {name}" for name in self.loss.signature.optional if name in self.arrays)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the arrays that the loss is given."""
        signature = self.loss.signature
        return (*signature.positional, *signature.required, *(n for n in signature.optional if n in self.arrays))

    def shapes(self, *samples: int) -> dict[str, tuple[int, ...]]:
        """Return the shape of each array, for samples of a shape."""
        samples = (*samples, *self.inner) if self.inner and len(samples) == 1 else samples
        own = {name: () if name in self.loss.signature.shared else samples for name in self.names}
        return {name: (*own[name], *self.columns.get(name, ())) for name in self.names}

    def problems(
        self, dtype: Any = np.float64, min_size: int = 1, max_size: int = 6, flat: bool = False
    ) -> st.SearchStrategy[Problem]:
        """Return a strategy for problems of so many samples (or items), or that times 2 where these have two axes."""
        return st.builds(
            lambda n, seed: self.problem(np.random.default_rng(seed), n, dtype, flat),
            st.integers(min_size, max_size),
            seeds,
        )

    def problem(self, rng: np.random.Generator, n: int, dtype: Any = np.float64, flat: bool = False) -> Problem:
        """Return a random problem of n samples (or items), or of n times 2 where these may have two axes."""
        axes = [()] if flat or self.inner or self.unit not in ("element", "row") else [(), (), (2,), (1, 2)]
        shapes = self.shapes(n, *axes[rng.integers(len(axes))])
        arrays = {name: self.arrays.get(name, ANY).array(rng, dtype, shape) for name, shape in shapes.items()}
        return Problem(arrays, self.loss.signature.shared)

    def typical(self, n: int, dtype: Any = np.float64, seed: int = 0) -> Problem:
        """Return a problem of n samples (or items). Numbers inside (0, 1) are predictions for every loss."""
        rng = np.random.default_rng(seed)

        def array(name: str, shape: tuple[int, ...]) -> np.ndarray:
            make = self.arrays.get(name)
            if make is class_ids:
                return rng.integers(0, CLASSES, shape)
            if make in (symbols, symbol_counts):
                return rng.integers(1, CLASSES, shape)
            if make is frame_counts:
                return rng.integers(3, 5, shape)
            if make is distributions:
                return rng.dirichlet(np.ones(CLASSES), shape[:-1]).astype(dtype)
            if make is negative:
                return -rng.uniform(0.05, 0.95, shape).astype(dtype)
            if make is not_small:
                return rng.uniform(1, 2, shape).astype(dtype)
            if make is query_ids:
                return rng.integers(0, n // 8 + 1, shape)
            if make is upper_ends:
                return rng.choice([1.0, 1.25, 4.0], shape).astype(dtype)
            if make is signs:
                return rng.choice([-1, 1], shape).astype(dtype)
            if make is positive and name not in self.loss.signature.predictions:
                return rng.uniform(1, 3, shape).astype(dtype)
            if make is labels or (name == self.names[0] and name not in self.loss.signature.predictions):
                return rng.integers(0, 2, shape).astype(dtype)
            return rng.uniform(0.05, 0.95, shape).astype(dtype)

        arrays = {name: array(name, shape) for name, shape in self.shapes(n).items()}
        return Problem(arrays, self.loss.signature.shared)

    def with_reduction(self, reduction: str) -> Any:
        """Return the loss with another reduction."""
        return self.loss.with_reduction(reduction)

    @cached_property
    def unit(self) -> str:
        """What a sample is, by the samples that the loss admits.

        "element", "row", "query" or "stratum" (of which the items make one sample), "list" (where a row is a query),
        or "mixed" in a sum of losses with different ones, which has no reduction "none".
        """
        problem = self.typical(2)
        units = set()
        for _, loss in self.loss.terms:
            samples = admitted(loss, problem)
            units.add("list" if samples.unit == "query" and samples.shape == (2,) else samples.unit)
        return units.pop() if len(units) == 1 else "mixed"

    @cached_property
    def subject(self) -> Subject:
        """The loss as the laws of `losses.testing` take it: each number has to agree by itself."""
        signature, items = self.loss.signature, self.unit in ("query", "stratum", "mixed")
        return Subject(
            self.loss,
            signature.positional,
            tuple(name for name in signature.predictions if name in self.names),
            self.reductions,
            items=items,
            degree=self.degree,
            entrywise=True,
        )

    @property
    def exempt(self) -> Mapping[int, str]:
        """The laws that the loss's definition rules out, each with the reason; of law 4, the values alone."""
        laws: Mapping[int, str] = getattr(self.loss, "exempt_laws", {})
        return laws

    @property
    def degree(self) -> int | None:
        """The power with which "sum" scales in the weights; None for a sum of losses of several degrees."""
        return {"query": 2, "mixed": None}.get(self.unit, 1)

    @cached_property
    def has_hess(self) -> bool:
        """Whether `hess` is defined."""
        try:
            call(self.loss, "hess", self.typical(4))
        except NotImplementedError:
            return False
        return True

    @property
    def reductions(self) -> tuple[str, ...]:
        """The reductions of the loss: without "none" for a sum of losses whose samples aren't the same."""
        return ("mean", "sum") if self.unit == "mixed" else ("mean", "sum", "none")

    @property
    def methods(self) -> tuple[str, ...]:
        """The names of the methods that the loss has."""
        return ("value", "grad", "value_and_grad", *(["hess"] if self.has_hess else []))


STRATA: dict[str, Seeded] = {"time": relevances, "event": labels, "qid": query_ids}
CENSORED: dict[str, Seeded] = {"lower": lower_ends, "upper": upper_ends}
RANKED: dict[str, Seeded] = {"y_true": relevances, "qid": query_ids}
LISTS: dict[str, Any] = {"arrays": {"y_true": relevances}, "columns": {"y_true": (4,), "y_pred": (4,)}}
IDS: dict[str, Any] = {"columns": {"y_pred": (CLASSES,)}}
SHARES: dict[str, Any] = {"columns": {"y_true": (CLASSES,), "y_pred": (CLASSES,)}}
SURE = unit_interval(0.05)
SPOKEN: dict[str, Seeded] = {"labels": symbols, "input_lengths": frame_counts, "label_lengths": symbol_counts}
FRAMES: dict[str, Any] = {"columns": {"labels": (2,), "logits": (4, CLASSES)}}
REGIONS: dict[str, Any] = {"columns": {"y_true": (4,), "y_pred": (4,)}}

ROWS: dict[str, Any] = {"columns": {"y_pred": (3,)}}
SCALED: dict[str, Any] = {"arrays": {"y_pred": reals(2)}, "columns": {"y_pred": (2,)}}
STEPS: dict[str, Any] = {"arrays": {"y_true": grades}, "columns": {"y_pred": (CLASSES - 1,)}}

VECTORS: dict[str, Any] = {"columns": {"y_true": (3,), "y_pred": (3,)}}
TRIPLES: dict[str, Any] = {"columns": dict.fromkeys(("anchor", "positive", "negative"), (3,))}
PAIRED: dict[str, Any] = {
    "arrays": dict.fromkeys(("queries", "keys"), not_small),
    "columns": dict.fromkeys(("queries", "keys"), (3,)),
}
LABELLED: dict[str, Any] = {"arrays": {"ids": class_ids, "embeddings": not_small}, "columns": {"embeddings": (3,)}}
HIDDEN: dict[str, Any] = {"columns": {"hidden": (4,), "weight": (CLASSES, 4), "bias": (CLASSES,)}}
LAYER: dict[str, Seeded] = {"ids": class_ids, "hidden": reals(2), "weight": reals(2)}

CASES = [
    Case(MSE()),
    Case(MAE()),
    Case(Huber(delta=1.5)),
    Case(Asymmetric(shortfall_weight=10.0)),
    Case(Asymmetric(shortfall_weight=0.5, overshoot_weight=3.0, base=MAE())),
    Case(Asymmetric(shortfall_weight=2.0, base=0.5 * MSE() + 2 * Huber(delta=0.5))),
    Case(LogCosh()),
    Case(PseudoHuber(delta=1.5)),
    Case(Cauchy(scale=1.5)),
    Case(Fair(c=1.5)),
    Case(Barron()),
    Case(Barron(alpha=2.0, scale=1.5)),
    Case(Barron(alpha=1.5)),
    Case(Barron(alpha=0.0, scale=0.75)),
    Case(Barron(alpha=-2.0, scale=2.0)),
    Case(Barron(alpha=-20.0)),
    Case(Barron(alpha=float("-inf"), scale=2.0)),
    Case(TukeyBiweight(c=3.0)),
    Case(SmoothL1(beta=0.75)),
    Case(Pinball(quantile=0.75)),
    Case(Expectile(expectile=0.25)),
    Case(EpsilonInsensitive(epsilon=0.5)),
    Case(SquaredEpsilonInsensitive(epsilon=0.5)),
    Case(LINEX(a=0.5)),
    Case(LINEX(a=-0.25)),
    Case(Asymmetric(shortfall_weight=3.0, base=LogCosh())),
    Case(MSLE(), {"y_true": not_negative, "y_pred": not_negative}),
    Case(MAPE(), {"y_true": not_small}),
    Case(SMAPE(), {"y_true": not_small, "y_pred": not_small}),
    Case(BinaryCrossEntropy(), {"y_true": unit_interval(), "y_pred": SURE}),
    Case(BinaryCrossEntropy(pos_weight=3.0, label_smoothing=0.1), {"y_true": labels, "y_pred": SURE}),
    Case(BinaryCrossEntropy(from_logits=True), {"y_true": labels}),
    Case(BinaryCrossEntropy(from_logits=True, pos_weight=0.5, label_smoothing=0.2), {"y_true": unit_interval()}),
    Case(BinaryFocal(), {"y_true": labels, "y_pred": SURE}),
    Case(BinaryFocal(gamma=0.5, alpha=0.25), {"y_true": unit_interval(), "y_pred": SURE}),
    Case(BinaryFocal(gamma=0.0, alpha=0.75, from_logits=True), {"y_true": labels}),
    Case(BinaryFocal(gamma=1.5, from_logits=True), {"y_true": unit_interval()}),
    Case(AsymmetricFocal(), {"y_true": labels}),
    Case(AsymmetricFocal(gamma_pos=1.0, gamma_neg=0.5, clip=0.2), {"y_true": unit_interval()}),
    Case(AsymmetricFocal(gamma_pos=0.5, gamma_neg=2.0, clip=0.0), {"y_true": labels}),
    Case(CategoricalCrossEntropy(), {"y_true": class_ids, "y_pred": SURE}, **IDS),
    Case(
        CategoricalCrossEntropy(class_weight=(1.0, 2.0, 0.5), label_smoothing=0.1),
        {"y_true": distributions, "y_pred": SURE},
        **SHARES,
    ),
    Case(CategoricalCrossEntropy(from_logits=True), {"y_true": class_ids}, **IDS),
    Case(
        CategoricalCrossEntropy(from_logits=True, class_weight=(1.0, 2.0, 0.5), label_smoothing=0.1),
        {"y_true": class_ids},
        **IDS,
    ),
    Case(CategoricalCrossEntropy(from_logits=True), {"y_true": distributions}, **SHARES),
    Case(CategoricalCrossEntropy(from_logits=True, z_loss=0.125), {"y_true": class_ids}, **IDS),
    Case(
        CategoricalCrossEntropy(from_logits=True, class_weight=(1.0, 2.0, 0.5), label_smoothing=0.1, z_loss=0.5),
        {"y_true": distributions},
        **SHARES,
    ),
    Case(NLL(), {"y_true": class_ids}, **IDS),
    Case(NLL(class_weight=(1.0, 2.0, 0.5)), {"y_true": class_ids}, **IDS),
    Case(NLL(class_weight=(1.0, 2.0, 0.5)), {"y_true": distributions}, **SHARES),
    Case(KLDivergence(), {"y_true": distributions, "y_pred": SURE}, **SHARES),
    Case(KLDivergence(log_input=True), {"y_true": distributions}, **SHARES),
    Case(CategoricalFocal(), {"y_true": class_ids, "y_pred": SURE}, **IDS),
    Case(CategoricalFocal(gamma=0.5, alpha=(1.0, 0.0, 2.0)), {"y_true": distributions, "y_pred": SURE}, **SHARES),
    Case(CategoricalFocal(gamma=1.5, alpha=0.25, from_logits=True), {"y_true": class_ids}, **IDS),
    Case(CategoricalFocal(alpha=(1.0, 0.5, 2.0), from_logits=True), {"y_true": class_ids}, **IDS),
    Case(CategoricalFocal(gamma=0.5, from_logits=True), {"y_true": distributions}, **SHARES),
    Case(Poly1CrossEntropy(), {"y_true": class_ids}, **IDS),
    Case(Poly1CrossEntropy(epsilon=-1.5), {"y_true": distributions}, **SHARES),
    Case(Poly1CrossEntropy(epsilon=2.0, from_logits=False), {"y_true": class_ids, "y_pred": SURE}, **IDS),
    Case(GeneralizedCrossEntropy(), {"y_true": class_ids}, **IDS),
    Case(GeneralizedCrossEntropy(q=1.0), {"y_true": distributions}, **SHARES),
    Case(GeneralizedCrossEntropy(q=0.25, from_logits=False), {"y_true": class_ids, "y_pred": SURE}, **IDS),
    Case(Sparsemax(), {"y_true": class_ids}, **IDS),
    Case(CategoricalHinge(), {"y_true": class_ids}, **IDS),
    Case(MultiMargin(margin=0.75), {"y_true": class_ids}, **IDS),
    Case(MultiLabelMargin(), {"y_true": labels}, **SHARES),
    Case(Hinge(), {"y_true": labels}),
    Case(SquaredHinge(), {"y_true": signs}),
    Case(Perceptron(), {"y_true": labels}),
    Case(SmoothedHinge(gamma=0.75), {"y_true": signs}),
    Case(ModifiedHuber(), {"y_true": labels}),
    Case(Exponential(), {"y_true": labels}),
    Case(Dice(), {"y_true": labels, "y_pred": SURE}, **REGIONS),
    Case(Dice(smooth=0.0), {"y_true": unit_interval(), "y_pred": SURE}, **REGIONS),
    Case(Tversky(), {"y_true": unit_interval(), "y_pred": SURE}, **REGIONS),
    Case(Tversky(alpha=0.25, beta=1.5, smooth=0.5), {"y_true": labels, "y_pred": SURE}, **REGIONS),
    Case(Poisson(), {"y_true": not_negative}),
    Case(Poisson(log_input=False), {"y_true": not_negative, "y_pred": positive}),
    Case(Gamma(), {"y_true": positive}),
    Case(Tweedie(), {"y_true": not_negative}),
    Case(Tweedie(power=1.0), {"y_true": not_negative}),
    Case(Tweedie(power=2.0), {"y_true": positive}),
    Case(Tweedie(power=2.5), {"y_true": positive}),
    Case(Tweedie(power=-0.5), {"y_pred": reals(3)}),
    Case(NegativeBinomial(dispersion=0.3), {"y_true": not_negative}),
    Case(GaussianNLL(), **SCALED),
    Case(LaplaceNLL(), **SCALED),
    Case(StudentTNLL(df=3.0), **SCALED),
    Case(GaussianCRPS(), **SCALED),
    Case(LogisticCRPS(), **SCALED),
    Case(EnsembleCRPS(), {"y_true": sixteenths, "y_pred": sixteenths}, **ROWS),
    Case(EnsembleCRPS(fair=True), {"y_true": sixteenths, "y_pred": sixteenths}, **ROWS),
    Case(MultiQuantile(quantiles=(0.25, 0.5, 0.9)), **ROWS),
    Case(0.5 * GaussianCRPS() - 2 * GaussianNLL(), **SCALED),
    Case(CumulativeLogit(thresholds=(-1.0, 0.5)), {"y_true": grades}),
    Case(CORAL(), **STEPS),
    Case(CORN(), **STEPS),
    Case(PairwiseHinge(margin=1.5), RANKED),
    Case(PairwiseSquaredHinge(margin=0.75), RANKED),
    Case(PairwiseLogistic(sigma=2.0), RANKED),
    Case(BradleyTerry()),
    Case(BradleyTerry(), {"margin": not_negative}),
    Case(DPO(beta=0.5)),
    Case(DPO(beta=2.0, label_smoothing=0.125)),
    Case(IPO(beta=0.75)),
    Case(SimPO(beta=1.5, gamma=0.5)),
    Case(0.5 * DPO(beta=0.5) - 2 * SimPO()),
    Case(ORPO(beta=0.75), {"chosen": negative, "rejected": negative}),
    Case(KTO(beta=0.5, desirable_weight=1.5), {"desirable": labels, "kl": not_negative}),
    Case(KTO(undesirable_weight=2.0), {"desirable": labels}),
    Case(PPOClip(epsilon=0.25), {"logp": reals(3), "old_logp": reals(3)}),
    Case(PPOClip(epsilon=0.25, epsilon_high=0.5), {"logp": reals(3), "old_logp": reals(3)}),
    Case(KLPenalty(), {"ref_logp": reals(3), "logp": reals(3)}),
    Case(ListNet(temperature=2.5), **LISTS),
    Case(ListMLE(), **LISTS),
    Case(ApproxNDCG(temperature=2.0), **LISTS),
    Case(LambdaRank(), **LISTS),
    Case(LambdaRank(sigma=2.0, truncation=2), **LISTS),
    Case(CTC(), SPOKEN, **FRAMES),
    Case(CTC(blank=2), {**SPOKEN, "labels": labels}, **FRAMES),
    Case(Cox(), {"time": relevances}),
    Case(Cox(), STRATA),
    Case(Cox(ties="efron"), STRATA),
    Case(AFT(), {"lower": positive}),
    Case(AFT(scale=0.75), CENSORED),
    Case(AFT(distribution="logistic", scale=1.5), CENSORED),
    Case(AFT(distribution="extreme", scale=2.0), CENSORED),
    Case(CosineDistance(), {"y_true": not_small, "y_pred": not_small}, **VECTORS),
    Case(Contrastive(margin=1.5), {"same": unit_interval()}),
    Case(HingeEmbedding(margin=0.75), {"sign": signs}),
    Case(MarginRanking(margin=0.5), {"sign": signs}),
    Case(Triplet(margin=0.75), **TRIPLES),
    Case(InfoNCE(temperature=0.5), **PAIRED),
    Case(InfoNCE(temperature=0.02, symmetric=True), **PAIRED),
    Case(SupCon(temperature=0.5), **LABELLED),
    Case(LinearCrossEntropy(), LAYER, **HIDDEN),
    Case(LinearCrossEntropy(class_weight=(1.0, 2.0, 0.5)), {**LAYER, "bias": reals(2)}, **HIDDEN),
    Case(LinearCrossEntropy(label_smoothing=0.1, z_loss=0.25), {**LAYER, "bias": reals(2)}, **HIDDEN),
    Case(0.9 * MSE() + 0.1 * MAE()),
    Case(0.5 * MSE() + 0.5 * PairwiseLogistic(), RANKED),
]
"""Every public loss in at least one setting, each option in at least one."""

each_case = pytest.mark.parametrize("case", CASES, ids=str)

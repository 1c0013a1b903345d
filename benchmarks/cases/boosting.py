"""Gradient and curvature of ranking losses: what boosters ask of an objective for each tree."""

from typing import Any, ClassVar

import numpy as np

import losses
from benchmarks.cases.base import BOOSTING, Array, Arrays, Case, Mode, Shape
from benchmarks.cases.pairs import scores


class Boosting(Case):
    """Queries of 100 items with five grades: a query in each row."""

    family = "boosting"
    shapes = ((10_000, 100),)
    modes: ClassVar[tuple[Mode, ...]] = (BOOSTING,)
    left_out = frozenset({"losses, 1 thread, out=", "losses, out="})
    least_rounds = 3

    def data(self, rng: np.random.Generator, shape: Shape, dtype: str) -> Arrays:
        y_true = rng.integers(5, size=shape).astype(dtype)
        return y_true, scores(rng, y_true, dtype)


class ListNet(Boosting):
    name = "ListNet, boosting"

    def loss(self) -> Any:
        return losses.ListNet()

    def lightgbm(self) -> str:
        return "rank_xendcg"


class LambdaRankAt30(Boosting):
    name = "LambdaRank at 30, boosting"

    def loss(self) -> Any:
        return losses.LambdaRank(truncation=30)

    def lightgbm(self) -> str:
        return "lambdarank"


class LambdaRank(Boosting):
    name = "LambdaRank, boosting"

    def loss(self) -> Any:
        return losses.LambdaRank()

    def xgboost(self) -> str:
        return "rank:ndcg"


class PairwiseLogistic(Boosting):
    name = "PairwiseLogistic, boosting"

    def loss(self) -> Any:
        return losses.PairwiseLogistic()

    def xgboost(self) -> str:
        return "rank:pairwise"


class ListMLE(Boosting):
    name = "ListMLE, boosting"

    def loss(self) -> Any:
        return losses.ListMLE()


class ApproxNDCG(Boosting):
    name = "ApproxNDCG, boosting"

    def loss(self) -> Any:
        return losses.ApproxNDCG()


class Flat(Case):
    """Another case's data with the queries one after the other, told apart by `qid`.

    Cases without shapes aren't timed on their own; they are one side of a comparison.
    """

    family = "boosting"
    shapes: tuple[Shape, ...] = ()
    modes: ClassVar[tuple[Mode, ...]] = (BOOSTING,)
    named = ("qid",)

    def __init__(self, rows: Boosting, order: str) -> None:
        self.rows, self.order = rows, order
        self.name = f"{rows.name}, {order} qid"

    def loss(self) -> Any:
        return self.rows.loss()

    def data(self, rng: np.random.Generator, shape: Shape, dtype: str) -> Arrays:
        y_true, y_pred = self.rows.data(rng, shape, dtype)
        qid = np.repeat(np.arange(shape[0]), shape[1])
        order = rng.permutation(qid.size) if self.order == "shuffled" else np.arange(qid.size)
        return y_true.ravel()[order], y_pred.ravel()[order], qid[order]


class Ragged(Flat):
    """Queries of half to one and a half times as many items."""

    shapes = Boosting.shapes
    left_out = Boosting.left_out
    least_rounds = 3

    def __init__(self, rows: ListNet | LambdaRankAt30) -> None:
        super().__init__(rows, "ragged")
        self.lightgbm = rows.lightgbm

    def data(self, rng: np.random.Generator, shape: Shape, dtype: str) -> Arrays:
        sizes = rng.integers(shape[1] // 2, shape[1] + shape[1] // 2 + 1, size=shape[0])
        qid: Array = np.repeat(np.arange(shape[0]), sizes)
        y_true, y_pred = self.rows.data(rng, qid.shape, dtype)
        return y_true, y_pred, qid


class SortOfQid(Flat):
    """One sort of shuffled `qid`, in place of a loss."""

    def __init__(self) -> None:
        super().__init__(ListNet(), "shuffled")
        self.name = "one sort of qid"

    def loss(self) -> Any:
        return Sort()


class Sort:
    def grad_and_curvature(self, y_true: Array, y_pred: Array, *, qid: Array) -> tuple[Array, ...]:
        return (np.argsort(qid, kind="stable"),)


ROWS = (ListNet(), LambdaRankAt30(), LambdaRank(), PairwiseLogistic(), ListMLE(), ApproxNDCG())
CASES: tuple[Case, ...] = (
    *ROWS,
    Ragged(ListNet()),
    Ragged(LambdaRankAt30()),
    *(Flat(rows, order) for rows in ROWS for order in ("sorted", "shuffled")),
    SortOfQid(),
)

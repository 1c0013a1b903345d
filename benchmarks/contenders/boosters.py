"""The objectives of LightGBM and XGBoost: CPU seconds for gradient and Hessian, each tree.

Neither library hands out its objective, so a booster is trained, and what the same booster takes with the cheapest
objective, that of squared errors, is taken off. There is one feature of two values, and a split must gain more than
any can: trees are one leaf of weight nought, so that scores stay at those of the case, as they are given to start from.
"""

from collections.abc import Mapping
from importlib import import_module
from itertools import count
from typing import Any, NamedTuple

import numpy as np

from benchmarks.cases.base import BOOSTING, Array, Arrays, Mode
from benchmarks.contenders.base import Call, Contender, Numbers, Took, warm_time

NO_SPLIT = 1e30


class Trees(NamedTuple):
    """Two calls that each grow a tree."""

    objective: Call
    cheapest: Call

    def __call__(self) -> Any:
        return self.objective()


class Booster(Contender):
    modes = (BOOSTING,)
    cheapest: str

    def call(self, case: Any, arrays: Arrays, mode: Mode) -> Any:
        y, scores = arrays[:2]
        sizes = np.full(len(y), y.shape[1]) if y.ndim == 2 else np.unique(arrays[2], return_counts=True)[1]
        objective = getattr(case, self.language)()
        return Trees(*(self.tree(y.ravel(), scores.ravel(), sizes, each) for each in (objective, self.cheapest)))

    def tree(self, y: Array, scores: Array, sizes: Array, objective: str) -> Call:
        raise NotImplementedError

    def numbers(self, result: Any, mode: Mode) -> Numbers:
        return Numbers(None)

    def time(self, call: Any, calls: int) -> Took:
        all_of_it, rest = (warm_time(each, 1) for each in call)
        return Took(*(max(a - b, 1e-9) for a, b in zip(all_of_it, rest, strict=True)))


class LightGBM(Booster):
    language, cheapest = "lightgbm", "l2"

    def __init__(self) -> None:
        self.lightgbm = import_module("lightgbm")

    def tree(self, y: Array, scores: Array, sizes: Array, objective: str) -> Call:
        parameters = {
            "objective": objective,
            "num_leaves": 2,
            "max_bin": 2,
            "min_data_in_bin": 1,
            "feature_pre_filter": False,
            "min_gain_to_split": NO_SPLIT,
            "boost_from_average": False,
            "num_threads": 1,
            "verbosity": -1,
        }
        data = self.lightgbm.Dataset(feature(len(y)), y, group=sizes, init_score=scores, params=parameters)
        update: Call = self.lightgbm.Booster(parameters, data).update
        return update


class XGBoost(Booster):
    language, cheapest = "xgboost", "reg:squarederror"

    def __init__(self, **options: Any) -> None:
        self.options: Mapping[str, Any] = options
        self.xgboost = import_module("xgboost")

    def tree(self, y: Array, scores: Array, sizes: Array, objective: str) -> Call:
        parameters = {
            "objective": objective,
            "tree_method": "hist",
            "max_depth": 1,
            "max_bin": 2,
            "gamma": NO_SPLIT,
            "learning_rate": 0.0,
            "base_score": 0.0,
            "nthread": 1,
            "verbosity": 0,
        }
        if objective != self.cheapest:
            parameters |= self.options
        data = self.xgboost.DMatrix(feature(len(y)), y, group=sizes, base_margin=scores, nthread=1)
        booster, iteration = self.xgboost.Booster(parameters, [data]), count()
        return lambda: booster.update(data, next(iteration))


def feature(n: int) -> Array:
    return (np.arange(n, dtype=np.float32) % 2)[:, np.newaxis]

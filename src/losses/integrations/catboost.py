"""CatBoost's scikit-learn classes, which take the start as a baseline and don't add it back in predictions."""

import warnings
from typing import Any

import catboost
import numpy as np

from losses._types import Array
from losses.integrations.fits import Data, Fit
from losses.integrations.metric import BoosterMetric
from losses.integrations.objective import BoosterObjective


def fit(estimator: Any, task: Fit) -> Any:
    """Return the estimator, fitted.

    Raises
    ------
    NotImplementedError
        If it is to rank.
    """
    if task.train.sizes is not None:
        raise NotImplementedError(
            "CatBoost passes no queries to an objective of one's own; rank with XGBRanker or LGBMRanker"
        )
    objective: Any = task.objective
    metric: Any = task.metric
    several_targets = task.outputs > 1 and not isinstance(estimator, catboost.CatBoostClassifier)
    if task.outputs > 1:
        warnings.warn(
            "CatBoost calls an objective of several outputs once for each row, in Python: slow; XGBoost and LightGBM "
            "call it once a round",
            stacklevel=4,
        )
    if several_targets:
        of_rows = np.ndim(task.train.y) == 1
        objective, metric = _Targets(objective, task.start, of_rows), _TargetsMetric(metric, task.start, of_rows)
    elif task.outputs > 1:
        estimator.set_params(classes_count=task.outputs)
    estimator.set_params(loss_function=objective, eval_metric=metric)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Failed to import numba", UserWarning)
        evals = [_pool(estimator, task, data, several_targets) for data in task.evals]
        pool = _pool(estimator, task, task.train, several_targets)
        return estimator.fit(pool, eval_set=evals or None, **{"verbose": False, **task.further})


def raw(estimator: Any, X: Any, start: Any) -> Array:
    """Return the scores."""
    scores: Array = estimator.predict(X, prediction_type="RawFormulaVal") + start
    return scores


def _pool(estimator: Any, task: Fit, data: Data, several_targets: bool) -> Any:
    features = {name: estimator.get_params().get(f"{name}_features") for name in ("cat", "text", "embedding")}
    y, shape = np.asarray(data.y), (len(data.y), task.outputs)
    starts = {} if several_targets else {"baseline": np.broadcast_to(task.start, shape)}
    return catboost.Pool(
        data.X,
        np.broadcast_to(y.reshape(len(y), -1), shape) if several_targets else y,
        weight=data.weight,
        **starts,
        **{f"{name}_features": each for name, each in features.items()},
    )


class _Targets(catboost.MultiTargetCustomObjective):
    """An objective of several outputs, which CatBoost knows where there are as many targets.

    So a single target is repeated; and since CatBoost takes no baseline there, the start is added here.
    """

    def __init__(self, objective: BoosterObjective, start: Array, of_rows: bool) -> None:
        self.objective, self.start, self.of_rows = objective, start, of_rows

    def calc_ders_multi(self, approxes: Any, targets: Any, weight: Any) -> tuple[Array, Array]:
        """Return gradient and Hessian of one sample."""
        target = targets[0] if self.of_rows else targets
        return self.objective.calc_ders_multi(approxes + self.start, target, weight)


class _TargetsMetric(catboost.MultiTargetCustomMetric):
    """The metric beside it."""

    def __init__(self, metric: BoosterMetric, start: Array, of_rows: bool) -> None:
        self.metric, self.start, self.of_rows = metric, start, of_rows

    def evaluate(self, approxes: Any, target: Any, weight: Any) -> tuple[float, float]:
        """Return the sum of losses and that of weights."""
        scores = [each + start for each, start in zip(approxes, self.start, strict=True)]
        return self.metric.evaluate(scores, target[0] if self.of_rows else np.stack(target, axis=1), weight)

    def get_final_error(self, error: float, weight: float) -> float:
        """Return the mean loss."""
        return self.metric.get_final_error(error, weight)

    def is_max_optimal(self) -> bool:
        """Return False."""
        return False

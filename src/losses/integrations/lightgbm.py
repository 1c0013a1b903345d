"""LightGBM's scikit-learn classes, which take the start as `init_score` and don't add it back in predictions."""

import inspect
from typing import Any

import lightgbm
import numpy as np

from losses._types import Array
from losses.integrations.calls import item_weights
from losses.integrations.fits import Data, Fit


def fit(estimator: Any, task: Fit) -> Any:
    """Return the estimator, fitted.

    Raises
    ------
    NotImplementedError
        If there are several targets.
    """
    if np.ndim(task.train.y) > 1:
        raise NotImplementedError(
            "LightGBM takes one target a sample; use XGBoost, or sklearn.multioutput.MultiOutputRegressor around this"
        )
    estimator.set_params(objective=task.objective)
    if task.outputs > 1:
        estimator.set_params(num_class=task.outputs)
    ranks = isinstance(estimator, lightgbm.LGBMRanker)
    further = {"group": task.train.sizes, **task.further} if ranks else dict(task.further)
    if estimator.get_params().get("metric") is None:
        estimator.set_params(metric="None")  # its default would be that of a built-in objective
    if task.evals:
        further |= _evaluation(estimator, task, ranks)
    return estimator.fit(
        task.train.X,
        task.train.y,
        sample_weight=_weight(task, task.train),
        init_score=_scores(task, task.train),
        **further,
    )


def raw(estimator: Any, X: Any, start: Any) -> Array:
    """Return the scores."""
    scores: Array = estimator.predict(X, raw_score=True) + start
    return scores


def _evaluation(estimator: Any, task: Fit, ranks: bool) -> dict[str, Any]:
    """Return the arguments of `fit` that say what to validate on."""
    features, labels = tuple(data.X for data in task.evals), tuple(data.y for data in task.evals)
    if "eval_X" in inspect.signature(estimator.fit).parameters:
        arguments: dict[str, Any] = {"eval_X": features, "eval_y": labels}
    else:  # LightGBM before 4.7
        arguments = {"eval_set": list(zip(features, labels, strict=True))}
    if ranks:
        arguments["eval_group"] = [data.sizes for data in task.evals]
    return arguments | {
        "eval_sample_weight": [_weight(task, data) for data in task.evals],
        "eval_init_score": [_scores(task, data) for data in task.evals],
        "eval_metric": task.metric,
    }


def _weight(task: Fit, data: Data) -> Any:
    return item_weights(task.objective.loss, data.weight, data.sizes, len(data.y))


def _scores(task: Fit, data: Data) -> Array:
    return np.full(len(data.y), task.start) if task.outputs == 1 else np.tile(task.start, (len(data.y), 1))

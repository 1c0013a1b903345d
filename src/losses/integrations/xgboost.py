"""XGBoost's scikit-learn classes, which take the start as `base_score`."""

import math
from typing import Any

import numpy as np
import xgboost

from losses._types import Array
from losses.integrations.fits import Data, Fit

_FARTHEST = 15.0
"""The farthest score from 0 at which XGBClassifier, who takes its probability, can start."""


def fit(estimator: Any, task: Fit) -> Any:
    """Return the estimator, fitted."""
    if isinstance(estimator, xgboost.XGBRanker):
        return _fit_ranker(estimator, task)
    estimator.set_params(objective=task.objective, base_score=_base_score(estimator, task.start))
    if task.outputs > 1 and np.ndim(task.train.y) == 1:
        estimator.set_params(num_class=task.outputs)
    further = dict(task.further)
    if task.evals:
        if estimator.eval_metric is None:
            estimator.set_params(eval_metric=task.metric, disable_default_eval_metric=True)
        further["eval_set"] = [(data.X, data.y) for data in task.evals]
        if any(data.weight is not None for data in task.evals):
            further["sample_weight_eval_set"] = [data.weight for data in task.evals]
    return estimator.fit(task.train.X, task.train.y, sample_weight=task.train.weight, **{"verbose": False, **further})


def raw(estimator: Any, X: Any, start: Any) -> Array:
    """Return the scores."""
    scores: Array = estimator.predict(X, output_margin=True)
    return scores


def _base_score(estimator: Any, start: Any) -> float | list[float]:
    """Return the start as plain numbers, since XGBoost reads them as text; as a probability where it wants that."""
    if not isinstance(start, float):
        return [float(each) for each in start]
    if isinstance(estimator, xgboost.XGBClassifier):
        return 1 / (1 + math.exp(-min(max(start, -_FARTHEST), _FARTHEST)))
    return start


def _fit_ranker(estimator: Any, task: Fit) -> Any:
    """Return an XGBRanker with a booster that `xgboost.train` made, since its own `fit` takes no objective."""
    params = {**estimator.get_xgb_params(), "objective": "reg:squarederror", "base_score": 0.0}
    if estimator.eval_metric is None:
        params["disable_default_eval_metric"] = True
    evals = [(_matrix(estimator, data), f"validation_{i}") for i, data in enumerate(task.evals)]
    booster = xgboost.train(
        params,
        _matrix(estimator, task.train),
        estimator.get_num_boosting_rounds(),
        evals=evals,
        obj=task.objective,
        custom_metric=task.metric if evals and estimator.eval_metric is None else None,
        early_stopping_rounds=estimator.early_stopping_rounds,
        verbose_eval=False,
        **task.further,
    )
    estimator.load_model(booster.save_raw())
    return estimator


def _matrix(estimator: Any, data: Data) -> Any:
    return xgboost.DMatrix(
        data.X,
        data.y,
        weight=data.weight,
        qid=np.repeat(np.arange(len(data.sizes)), data.sizes),
        missing=estimator.missing,
        enable_categorical=estimator.enable_categorical,
    )

"""scikit-learn's HistGradientBoosting, which takes losses through a private interface.

`sklearn._loss.loss.BaseLoss` may change with any version. It serves from 1.6 to 1.9; others fail here, with a message.
"""

from typing import Any

import numpy as np
import sklearn

from losses._types import Array
from losses.integrations.fits import Fit
from losses.integrations.metric import BoosterMetric
from losses.integrations.objective import BoosterObjective

try:
    from sklearn._loss.link import IdentityLink
    from sklearn._loss.loss import BaseLoss

    BaseLoss(None, IdentityLink()).init_gradient_and_hessian(1, np.float32)
except (ImportError, TypeError, AttributeError) as error:
    raise NotImplementedError(
        f"HistGradientBoosting takes losses through a private interface, which scikit-learn {sklearn.__version__} has "
        "changed; use XGBoost, LightGBM or CatBoost, or scikit-learn 1.6 to 1.9"
    ) from error


def fit(estimator: Any, task: Fit) -> Any:
    """Return the estimator, fitted.

    Raises
    ------
    NotImplementedError
        If it is to rank, or to fit several outputs that aren't classes.
    """
    if task.train.sizes is not None:
        raise NotImplementedError("HistGradientBoosting passes no queries to a loss; rank with XGBRanker or LGBMRanker")
    if task.outputs > 1 and not hasattr(estimator, "predict_proba"):
        raise NotImplementedError(
            f"HistGradientBoostingRegressor has one output, but {task.objective.loss!r} takes {task.outputs}; use "
            "XGBoost, LightGBM or CatBoost"
        )
    if len(task.evals) > 1:
        raise NotImplementedError("HistGradientBoosting takes one eval_set")
    estimator.set_params(loss=HistLoss(task.objective, task.metric, task.start, task.outputs))
    further = dict(task.further)
    for data in task.evals:
        further |= {"X_val": data.X, "y_val": data.y, "sample_weight_val": data.weight}
    return estimator.fit(task.train.X, task.train.y, sample_weight=task.train.weight, **further)


def raw(estimator: Any, X: Any, start: Any) -> Array:
    """Return the scores."""
    scores: Array = (estimator.decision_function if hasattr(estimator, "predict_proba") else estimator.predict)(X)
    return scores


class HistLoss(BaseLoss):
    """An objective as a loss of scikit-learn's."""

    def __init__(self, objective: BoosterObjective, metric: BoosterMetric, start: Any, outputs: int) -> None:
        super().__init__(None, IdentityLink(), n_classes=outputs if outputs > 1 else None)
        self.objective, self.metric, self.start = objective, metric, start
        self.is_multiclass = outputs > 1

    def __call__(self, y_true: Array, raw_prediction: Array, sample_weight: Any = None, n_threads: int = 1) -> float:
        """Return the mean loss."""
        return float(self.metric(y_true, self._scores(raw_prediction), sample_weight))

    def gradient_hessian(
        self,
        y_true: Array,
        raw_prediction: Array,
        sample_weight: Any = None,
        gradient_out: Any = None,
        hessian_out: Any = None,
        n_threads: int = 1,
    ) -> tuple[Array, Array]:
        """Write gradient and curvature."""
        gradient_out[...], hessian_out[...] = self.objective(y_true, self._scores(raw_prediction), sample_weight)
        return gradient_out, hessian_out

    def fit_intercept_only(self, y_true: Array, sample_weight: Any = None) -> Any:
        """Return the start."""
        return np.asarray(self.start)

    def _scores(self, raw_prediction: Array) -> Array:
        return raw_prediction if self.is_multiclass or raw_prediction.ndim == 1 else raw_prediction[:, 0]

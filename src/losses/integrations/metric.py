"""The metric: the value of any loss on validation data, as each booster asks for it."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from losses._loss.base import Loss
from losses.integrations.calls import arguments, check_loss, is_data, read

_NOT_GIVEN: Any = "not given"


@dataclass(unsafe_hash=True)  # not frozen, as CatBoost marks what it has tried to compile
class BoosterMetric:
    """What `booster_metric` returns: a callable for XGBoost and LightGBM, with the methods that CatBoost calls."""

    loss: Loss

    def __post_init__(self) -> None:
        check_loss(self.loss)
        self.loss = self.loss.with_reduction("mean")

    @property
    def __name__(self) -> str:
        """The metric's name in logs."""
        return self.loss.__name__

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None, group: Any = _NOT_GIVEN) -> Any:
        """Return the loss, in the form that the caller takes.

        Parameters
        ----------
        y_true : array_like
            What was observed. (Or the scores, where a DMatrix or Dataset follows.)
        y_pred : array_like, DMatrix or Dataset
            The scores of the model so far.
        sample_weight : array_like, optional
            Weights of the samples, or with `group`, of the queries.
        group : array_like, optional
            How many items each query has. LightGBM always passes it, be it as None.

        Returns
        -------
        float
            The loss; with a DMatrix a pair of name and loss, and with a Dataset or `group` a triple, whose last member
            says that larger isn't better.
        """
        of_lightgbm = group is not _NOT_GIVEN or (is_data(y_pred) and not hasattr(y_pred, "get_float_info"))
        call = read(y_true, y_pred, sample_weight, None if group is _NOT_GIVEN else group)
        arrays, named = arguments(self.loss, call)
        value = self.loss.value(*arrays, **named)
        if of_lightgbm:
            return self.__name__, value, False
        return (self.__name__, value) if is_data(y_pred) else value

    def evaluate(self, approxes: Any, target: Any, weight: Any) -> tuple[float, float]:
        """Return the sum of the losses and of the weights, for CatBoost.

        Parameters
        ----------
        approxes : sequence of ndarray
            Scores, an array for each output.
        target : ndarray
            What was observed.
        weight : ndarray or None
            Weights of the samples.

        Returns
        -------
        total, weight : float
            The numbers that `get_final_error` divides.
        """
        scores = np.array(approxes[0]) if len(approxes) == 1 else np.stack(approxes, axis=1)
        total = float(len(scores) if weight is None else np.sum(weight))
        return float(self(target, scores, weight)) * total, total

    def get_final_error(self, error: float, weight: float) -> float:
        """Return the mean loss, for CatBoost.

        Parameters
        ----------
        error, weight : float
            Sums of what `evaluate` returned.

        Returns
        -------
        float
            Their quotient.
        """
        return error / weight

    def is_max_optimal(self) -> bool:
        """Return False, as a loss is the better the smaller it is."""
        return False


def booster_metric(loss: Loss) -> BoosterMetric:
    """Return a metric with which XGBoost, LightGBM and CatBoost watch a loss, and stop early by it.

    It goes where a booster takes a custom metric: ``xgb.train(custom_metric=…)``, ``XGBRegressor(eval_metric=…)``,
    ``lgb.train(feval=…)``, ``LGBMRegressor().fit(eval_metric=…)`` and ``CatBoostRegressor(eval_metric=…)``. It expects
    the scores that `booster_objective` of the same loss gets: beside a built-in objective, XGBoost and LightGBM pass
    probabilities.

    Parameters
    ----------
    loss : Loss
        As for `booster_objective`. The metric is its weighted mean, whatever its reduction.

    Returns
    -------
    BoosterMetric
        A callable that can be pickled. In LightGBM, turn the default metric off with ``metric="None"``, in XGBoost with
        ``disable_default_eval_metric=True``, or early stopping watches that one, too.

    Raises
    ------
    TypeError, ValueError, NotImplementedError
        As from `booster_objective`.

    Examples
    --------
    >>> from losses import MAE
    >>> from losses.integrations import booster_metric
    >>> booster_metric(MAE())([1.0, 2.0], [1.0, 4.0])
    1.0
    """
    return BoosterMetric(loss)

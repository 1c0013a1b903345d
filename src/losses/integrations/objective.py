"""The objective: gradient and curvature of any loss, as each booster asks for them."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from losses._loss.base import Loss
from losses._types import Array
from losses.integrations.calls import arguments, check_loss, read
from losses.integrations.curvatures import check_curvature, derivatives, full_hessian


@dataclass(unsafe_hash=True)  # not frozen, as CatBoost marks what it has tried to compile
class BoosterObjective:
    """What `booster_objective` returns: a callable for XGBoost and LightGBM, with the methods that CatBoost calls."""

    loss: Loss
    curvature: str = "auto"
    scale: tuple[float, ...] = ()
    """Factors of both derivatives of each output, if they are to be in other units: see `units`."""

    def __post_init__(self) -> None:
        check_loss(self.loss)
        check_curvature(self.loss, self.curvature)
        self.loss = self.loss.with_reduction("sum")

    @property
    def __name__(self) -> str:
        """The loss's name, by which LightGBM's logs call the objective."""
        return self.loss.__name__

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None, group: Any = None) -> tuple[Array, Array]:
        """Return each score's gradient and curvature, times its weight.

        Parameters
        ----------
        y_true : array_like
            What was observed. (Or the scores, where a DMatrix or Dataset follows.)
        y_pred : array_like, DMatrix or Dataset
            The scores of the model so far: of shape (n,), or (n, k) for k outputs.
        sample_weight : array_like, optional
            Weights of the samples, or with `group`, of the queries.
        group : array_like, optional
            How many items each query has, one query after the other, as LightGBM passes it.

        Returns
        -------
        grad : ndarray
            Of the scores' shape and dtype.
        curvature : ndarray
            Likewise.
        """
        arrays, named = arguments(self.loss, read(y_true, y_pred, sample_weight, group))
        grad, bend = derivatives(self.loss, self.curvature, arrays, named)
        if self.scale:
            factors = np.asarray(self.scale, grad.dtype)
            return grad * factors, bend * factors
        return grad, bend

    def calc_ders_range(self, approxes: Any, targets: Any, weights: Any) -> Array:
        """Return first and second derivatives of minus the loss, a row for each sample, as CatBoost takes them.

        Parameters
        ----------
        approxes : ndarray
            Scores, one a sample.
        targets : ndarray
            What was observed.
        weights : ndarray or None
            Weights of the samples.

        Returns
        -------
        ndarray
            Of shape (n, 2), float64.
        """
        grad, bend = self(targets, approxes, weights)
        both = np.empty((len(grad), 2))
        np.negative(grad, out=both[:, 0])
        np.negative(bend, out=both[:, 1])
        return both

    def calc_ders_multi(self, approxes: Any, targets: Any, weight: Any) -> tuple[Array, Array]:
        """Return the gradient and Hessian of minus the loss of one sample of several scores, as CatBoost takes them.

        Parameters
        ----------
        approxes : ndarray
            The sample's scores.
        targets : float or ndarray
            What was observed.
        weight : float or None
            The sample's weight.

        Returns
        -------
        grad : ndarray
            Of shape (k,).
        hessian : ndarray
            Of shape (k, k).
        """
        y_pred = np.array(approxes)  # CatBoost frees its own memory
        weights = None if weight is None else np.array([weight])
        grad, bend = self(np.array([targets]), y_pred[np.newaxis], weights)
        return -grad[0], -full_hessian(self.loss, self.curvature, y_pred, bend[0])


def booster_objective(loss: Loss, curvature: str = "auto") -> BoosterObjective:
    """Return an objective with which XGBoost, LightGBM and CatBoost minimize a loss.

    It goes where a booster takes a custom objective: ``xgb.train(obj=…)``, ``XGBRegressor(objective=…)``,
    ``lgb.train({"objective": …})``, ``LGBMRegressor(objective=…)``, ``LGBMRanker(objective=…)`` and
    ``CatBoostRegressor(loss_function=…, eval_metric=booster_metric(loss))``. Boosters start such objectives at 0 (or
    0.5) and predict scores: `BoostedRegressor` and its kin set the start, and return predictions in the target's units.

    The derivatives are those of each sample alone, times its weight, whatever the reduction of the loss: boosters' own
    parameters, such as ``min_child_weight``, count on that.

    Of time until an event (`losses.Cox`, `losses.AFT`), the sign of the label says whether it was seen: −5.0 is an item
    that had no event until 5.0. XGBoost's ``label_lower_bound`` and ``label_upper_bound`` are read, too.

    With query weights, as XGBoost has them where there is a ``qid``, all the pairs or the list of a query weigh that
    much.

    Parameters
    ----------
    loss : Loss
        Any loss of targets and scores; sums of losses, too.
    curvature : str, default "auto"
        What gradients are divided by:

        - "auto": the loss's `curvature`, which its page explains;
        - "hessian": the second derivative, kept above 1e-16;
        - "majorizer": what steps can't overshoot by: the largest second derivative, `smoothness`; for losses of
          residuals r with a kink, as `losses.MAE`, their mean slope at r and −r by |r|, which isn't let fall below a
          tenth of its mean;
        - "unit": 1, as in gradient boosting without second derivatives;
        - "xgboost", "lightgbm", "catboost": what that library's own objective divides by, where it isn't the second
          derivative: of `losses.CategoricalCrossEntropy`, `losses.Poisson` and `losses.Huber`.

        All but 1 are per unit of weight, and so is that.

    Returns
    -------
    BoosterObjective
        A callable that can be pickled.

    Raises
    ------
    TypeError
        If `loss` isn't a loss.
    ValueError
        If the loss takes probabilities (say ``from_logits=True``), or has no curvature of this name.
    NotImplementedError
        If the loss takes arrays that boosters can't pass.

    See Also
    --------
    booster_metric : The same loss as a metric, for early stopping.
    BoostedRegressor : Does all of this at once.

    Examples
    --------
    >>> import numpy as np
    >>> from losses import Huber
    >>> from losses.integrations import booster_objective
    >>> objective = booster_objective(Huber(delta=1.5))
    >>> grad, curvature = objective(np.array([1.0, 2.0]), np.array([2.0, 5.0]), sample_weight=np.array([1.0, 2.0]))
    >>> grad, curvature
    (array([1., 3.]), array([1., 1.]))
    """
    return BoosterObjective(loss, curvature)

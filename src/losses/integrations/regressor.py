"""A scikit-learn regressor that minimizes any loss with any booster."""

from typing import Any, Self

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import column_or_1d

from losses._types import Array
from losses.integrations.boosted import Boosted, weights
from losses.integrations.fits import Data
from losses.integrations.objective import BoosterObjective
from losses.integrations.units import in_own_units


class BoostedRegressor(RegressorMixin, Boosted):
    """Any booster, trained to minimize any loss of real targets; predictions are in the target's units.

    Boosting starts at the loss's `best_constant`, which is part of the predictions, and goes on by the loss's `grad`
    and `curvature`; docs/boosters.md has the mistakes that this spares.

    Parameters
    ----------
    estimator : estimator
        XGBRegressor, LGBMRegressor, CatBoostRegressor or HistGradientBoostingRegressor. It isn't changed; its own
        objective doesn't count.
    loss : Loss
        What to minimize. A loss of several parameters, as `losses.GaussianNLL`, gives as many outputs.
        (HistGradientBoostingRegressor has one.)
    curvature : str, default "auto"
        See `booster_objective`. For losses of residuals with a kink, "auto" here is their majorizer, in units of its
        mean. And where a loss's curvature depends on the target's units and is below 0.1 on average, both derivatives
        are multiplied so that it starts at 1. So targets in thousands train as well as standardized ones.

    Attributes
    ----------
    estimator_ : estimator
        The fitted booster. LightGBM's and CatBoost's predictions lack the intercept; `predict` here has it.
    intercept_ : float or ndarray
        The score that boosting started from.

    Notes
    -----
    HistGradientBoosting takes losses through a private interface of scikit-learn's, which may change; then `fit` raises
    NotImplementedError. CatBoost calls objectives of several outputs once a row, which is slow, and warns of it.

    Examples
    --------
    >>> import numpy as np
    >>> from losses import Poisson
    >>> from losses.integrations import BoostedRegressor
    >>> from sklearn.ensemble import HistGradientBoostingRegressor
    >>> X = np.repeat([[0.0], [1.0]], 50, axis=0)
    >>> y = np.where(X[:, 0] == 0, 2, 6)
    >>> model = BoostedRegressor(HistGradientBoostingRegressor(), loss=Poisson()).fit(X, y)
    >>> model.predict([[0.0], [1.0]]).round(3)  # e to the score: counts
    array([2., 6.])
    """

    def fit(self, X: Any, y: Any, sample_weight: Any = None, *, eval_set: Any = None, **fit_params: Any) -> Self:
        """Fit the booster.

        Parameters
        ----------
        X : array_like
            Features, as the booster takes them.
        y : array_like
            Targets of shape (n,), or with XGBoost and CatBoost (n, k) for k of them. Of times (`losses.Cox`,
            `losses.AFT`), a negative number is a time without event: see `booster_objective`.
        sample_weight : array_like, optional
            Weights of the samples.
        eval_set : sequence of tuples, optional
            Samples to watch the same loss on, each (X, y) or (X, y, sample_weight). Stopping early is a parameter of
            the booster: ``early_stopping_rounds`` of XGBoost and CatBoost, ``early_stopping_round`` of LightGBM,
            ``early_stopping`` of HistGradientBoosting.
        **fit_params
            Passed on to the booster's `fit`.

        Returns
        -------
        BoostedRegressor
            Itself.

        Raises
        ------
        TypeError
            If `estimator` isn't a booster, or `loss` not a loss.
        ValueError
            If targets lie outside the loss's domain, or boosting has no finite start.
        NotImplementedError
            If the booster can't take the loss; the message says what can.
        """
        y = _targets(y)
        evals = [Data(each[0], _targets(each[1]), *map(weights, each[2:])) for each in eval_set or ()]
        return self._fit(Data(X, y, weights(sample_weight)), evals, fit_params)

    def predict(self, X: Any) -> Array:
        """Return predictions in the target's units: the scores through the loss's `inverse_link`.

        Parameters
        ----------
        X : array_like
            Features, as the booster takes them.

        Returns
        -------
        ndarray
            Of shape (n,), or (n, k) for k outputs.
        """
        predicted: Array = self.loss.inverse_link(self.predict_raw(X))
        return predicted

    def _objective(self, objective: BoosterObjective, train: Data) -> BoosterObjective:
        return in_own_units(objective, train.y, train.weight, self.intercept_)


def _targets(y: Any) -> Array:
    """Return targets of shape (n,) or (n, k), with k > 1."""
    if y is None:
        raise ValueError("fit requires y to be passed, but the target y is None")
    array = np.asarray(y)
    if array.dtype == object:
        type_of_target(array, raise_unknown=True)
    return array if array.ndim == 2 and array.shape[1] > 1 else column_or_1d(array, warn=True)

"""What the estimators around boosters share: the fit of a copy, the start, and the scores."""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted

from losses._types import Array
from losses.integrations.calls import start
from losses.integrations.fits import Data, Fit, library_of
from losses.integrations.metric import BoosterMetric
from losses.integrations.objective import BoosterObjective


class Boosted(BaseEstimator):
    """What the three estimators share."""

    def __init__(self, estimator: Any, loss: Any, curvature: str = "auto") -> None:
        self.estimator = estimator
        self.loss = loss
        self.curvature = curvature

    def _fit(self, train: Data, evals: Sequence[Data], further: dict[str, Any]) -> Self:
        """Fit a copy of the booster."""
        objective, metric = BoosterObjective(self.loss, self.curvature), BoosterMetric(self.loss)
        library, estimator = library_of(self.estimator), clone(self.estimator)
        if train.weight is not None and not train.weight.any():
            raise ValueError("sample_weight is zero for all the samples")
        self.intercept_ = start(self.loss, train.y, train.weight) if train.sizes is None else 0.0
        if np.shape(self.intercept_) == (1,):
            raise ValueError(
                f"{self.loss!r} takes rows of one score, which boosters don't make; use a loss of one score"
            )
        objective = self._objective(objective, train)
        self.estimator_ = library.fit(estimator, Fit(objective, metric, self.intercept_, train, list(evals), further))
        return self

    def _objective(self, objective: BoosterObjective, train: Data) -> BoosterObjective:
        """Return the objective that is handed to the booster."""
        return objective

    def predict_raw(self, X: Any) -> Array:
        """Return the scores that the loss was given: logits, logarithms, or whatever it takes.

        Parameters
        ----------
        X : array_like
            Features, as the booster takes them.

        Returns
        -------
        ndarray
            Of shape (n,), or (n, k) for k outputs.
        """
        check_is_fitted(self)
        raw: Array = library_of(self.estimator_).raw(self.estimator_, X, self.intercept_)
        return raw

    @property
    def n_features_in_(self) -> int:
        """How many features the booster was fitted to."""
        count: int = self.estimator_.n_features_in_
        return count

    @property
    def feature_names_in_(self) -> Array:
        """Names of the features, where there are any."""
        names: Array = self.estimator_.feature_names_in_
        return names

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "estimator_")

    def __sklearn_tags__(self) -> Any:
        tags, inner = super().__sklearn_tags__(), get_tags(self.estimator)
        for name in ("input_tags", "target_tags", "non_deterministic", "no_validation"):
            setattr(tags, name, getattr(inner, name))
        return tags


def weights(sample_weight: Any) -> Any:
    """Return weights as an array, or None."""
    return None if sample_weight is None else np.asarray(sample_weight)

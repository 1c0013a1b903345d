"""A scikit-learn classifier that minimizes any loss with any booster."""

from typing import Any, Self

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import column_or_1d

from losses._types import Array
from losses.integrations.boosted import Boosted, weights
from losses.integrations.calls import start
from losses.integrations.fits import Data


class BoostedClassifier(ClassifierMixin, Boosted):
    """Any booster, trained to minimize any loss of classes, whose labels may be strings.

    Parameters
    ----------
    estimator : estimator
        XGBClassifier, LGBMClassifier, CatBoostClassifier or HistGradientBoostingClassifier. It isn't changed; its own
        objective doesn't count.
    loss : Loss
        What to minimize: for two classes a loss of 0 and 1, as ``BinaryCrossEntropy(from_logits=True)``; for more, a
        loss of class ids, as ``CategoricalCrossEntropy(from_logits=True)``.
    curvature : str, default "auto"
        See `booster_objective`.

    Attributes
    ----------
    classes_ : ndarray
        The labels, in ascending order.
    estimator_ : estimator
        The fitted booster, which knows the classes by their numbers. LightGBM's and CatBoost's predictions lack the
        intercept; `predict` here has it.
    intercept_ : float or ndarray
        The score that boosting started from.

    Notes
    -----
    As for `BoostedRegressor`.

    Examples
    --------
    >>> import numpy as np
    >>> from losses import BinaryCrossEntropy
    >>> from losses.integrations import BoostedClassifier
    >>> from sklearn.ensemble import HistGradientBoostingClassifier
    >>> X = np.repeat([[0.0], [1.0]], 50, axis=0)
    >>> y = np.where(X[:, 0] == 0, "no", "yes")
    >>> loss = BinaryCrossEntropy(from_logits=True, label_smoothing=0.1)
    >>> model = BoostedClassifier(HistGradientBoostingClassifier(), loss=loss).fit(X, y)
    >>> model.predict([[0.0], [1.0]])
    array(['no', 'yes'], dtype='<U3')
    >>> model.predict_proba([[0.0], [1.0]]).round(3)
    array([[0.95, 0.05],
           [0.05, 0.95]])
    """

    def fit(self, X: Any, y: Any, sample_weight: Any = None, *, eval_set: Any = None, **fit_params: Any) -> Self:
        """Fit the booster.

        Parameters
        ----------
        X : array_like
            Features, as the booster takes them.
        y : array_like
            Labels, of shape (n,).
        sample_weight, eval_set, **fit_params
            As for `BoostedRegressor.fit`.

        Returns
        -------
        BoostedClassifier
            Itself.

        Raises
        ------
        ValueError
            If the loss is one of two classes and there are others, or only one class.
        TypeError, NotImplementedError
            As from `BoostedRegressor.fit`.
        """
        check_classification_targets(y)
        self.classes_, ids = np.unique(column_or_1d(y, warn=True), return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(f"y holds only one class, {self.classes_.tolist()}; there is nothing to tell apart")
        if len(self.classes_) > 2 and not _takes_rows(self.loss):
            raise ValueError(
                f"Only binary classification is supported by {self.loss!r}, but y holds {len(self.classes_)} classes; "
                "use a loss such as CategoricalCrossEntropy(from_logits=True)"
            )
        if len(self.classes_) == 2 and _takes_rows(self.loss):
            raise ValueError(
                f"boosters have one score for two classes, but {self.loss!r} takes one for each; use a loss such as "
                "BinaryCrossEntropy(from_logits=True)"
            )
        if len(self.classes_) > 2 and np.size(start(self.loss, np.arange(len(self.classes_)))) != len(self.classes_):
            raise ValueError(
                f"{self.loss!r} doesn't take one score for each class; use BoostedRegressor, whose predict_raw has its "
                "scores"
            )
        evals = [Data(each[0], self._ids(each[1]), *map(weights, each[2:])) for each in eval_set or ()]
        return self._fit(Data(X, ids, weights(sample_weight)), evals, fit_params)

    def _ids(self, y: Any) -> Array:
        """Return the numbers of labels."""
        labels = column_or_1d(y)
        unknown = np.setdiff1d(labels, self.classes_)
        if len(unknown):
            raise ValueError(f"eval_set holds labels that y doesn't, {unknown.tolist()}")
        ids: Array = np.searchsorted(self.classes_, labels)
        return ids

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = _takes_rows(self.loss)
        return tags

    def decision_function(self, X: Any) -> Array:
        """Return the scores; see `predict_raw`.

        Parameters
        ----------
        X : array_like
            Features, as the booster takes them.

        Returns
        -------
        ndarray
            Of shape (n,) for two classes, else (n, k).
        """
        return self.predict_raw(X)

    def predict(self, X: Any) -> Array:
        """Return labels: the class of the highest score, of two the second where the score is positive.

        Parameters
        ----------
        X : array_like
            Features, as the booster takes them.

        Returns
        -------
        ndarray
            Of shape (n,).
        """
        raw = self.predict_raw(X)
        labels: Array = self.classes_[raw.argmax(axis=1) if raw.ndim == 2 else (raw > 0).astype(np.intp)]
        return labels

    @available_if(lambda self: _gives_probabilities(self.loss))
    def predict_proba(self, X: Any) -> Array:
        """Return probabilities of the classes. (A loss whose scores are no more than that, as a hinge's, has none.)

        Parameters
        ----------
        X : array_like
            Features, as the booster takes them.

        Returns
        -------
        ndarray
            Of shape (n, k), float64; rows sum to 1.
        """
        p = self.loss.inverse_link(self.predict_raw(X).astype(np.float64))
        if p.ndim == 1:
            return np.stack([1 - p, p], axis=1)
        shares: Array = p / p.sum(axis=1, keepdims=True)
        return shares


def _takes_rows(loss: Any) -> bool:
    """Return whether a loss takes a score for each class."""
    return np.ndim(start(loss, [0, 1])) == 1


def _gives_probabilities(loss: Any) -> bool:
    """Return whether scores of 0 are linked to equal probabilities."""
    try:
        return bool(np.allclose(loss.inverse_link(np.zeros((1, 2))), 0.5))
    except ValueError:
        return False

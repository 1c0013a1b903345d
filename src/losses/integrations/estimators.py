"""scikit-learn estimators that minimize any loss with any booster, and own the intercept and the prediction."""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, clone
from sklearn.utils import _safe_indexing, get_tags
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import check_is_fitted, column_or_1d

from losses._types import Array
from losses.integrations.calls import start
from losses.integrations.fits import Data, Fit, library_of
from losses.integrations.metric import BoosterMetric
from losses.integrations.objective import BoosterObjective
from losses.integrations.units import in_own_units


class _Boosted(BaseEstimator):
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
        if isinstance(self, BoostedRegressor):
            objective = in_own_units(objective, train.y, train.weight, self.intercept_)
        self.estimator_ = library.fit(estimator, Fit(objective, metric, self.intercept_, train, list(evals), further))
        return self

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


class BoostedRegressor(RegressorMixin, _Boosted):
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
        evals = [Data(each[0], _targets(each[1]), *map(_weights, each[2:])) for each in eval_set or ()]
        return self._fit(Data(X, y, _weights(sample_weight)), evals, fit_params)

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


class BoostedClassifier(ClassifierMixin, _Boosted):
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
        evals = [Data(each[0], self._ids(each[1]), *map(_weights, each[2:])) for each in eval_set or ()]
        return self._fit(Data(X, ids, _weights(sample_weight)), evals, fit_params)

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


class BoostedRanker(_Boosted):
    """XGBRanker or LGBMRanker, trained to minimize any loss of ranked items.

    Parameters
    ----------
    estimator : estimator
        XGBRanker or LGBMRanker. It isn't changed; its own objective doesn't count.
    loss : Loss
        What to minimize: `losses.PairwiseLogistic`, `losses.LambdaRank` and so on.
    curvature : str, default "auto"
        See `booster_objective`.

    Attributes
    ----------
    estimator_ : estimator
        The fitted booster.

    Notes
    -----
    CatBoost and HistGradientBoosting don't pass queries to objectives; `fit` says so. XGBRanker's own `fit` refuses
    objectives of one's own, so that this one calls `xgboost.train`.

    Examples
    --------
    >>> from losses import PairwiseLogistic
    >>> from losses.integrations import BoostedRanker
    >>> def train(ranker, X, y, qid):  # ranker: XGBRanker() or LGBMRanker()
    ...     return BoostedRanker(ranker, loss=PairwiseLogistic()).fit(X, y, qid=qid)
    """

    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        qid: Any,
        eval_set: Any = None,
        eval_qid: Any = None,
        **fit_params: Any,
    ) -> Self:
        """Fit the booster.

        Parameters
        ----------
        X : array_like
            Features of the items, as the booster takes them.
        y : array_like
            Relevance, larger is better.
        sample_weight : array_like, optional
            Weights of the queries: one for each item, the same within a query.
        qid : array_like
            The query of each item, in any order.
        eval_set : sequence of tuples, optional
            As for `BoostedRegressor.fit`.
        eval_qid : sequence of array_like, optional
            The queries of these items.
        **fit_params
            Passed on to the booster's `fit`, or to `xgboost.train`.

        Returns
        -------
        BoostedRanker
            Itself.

        Raises
        ------
        ValueError
            If weights differ within a query, or `eval_qid` is missing.
        TypeError, NotImplementedError
            As from `BoostedRegressor.fit`.
        """
        if eval_set and len(eval_qid or ()) != len(eval_set):
            raise ValueError("eval_qid must hold the queries of each pair in eval_set")
        evals = [_queries(q, *each) for each, q in zip(eval_set or (), eval_qid or (), strict=True)]
        return self._fit(_queries(qid, X, y, sample_weight), evals, fit_params)

    def predict(self, X: Any) -> Array:
        """Return the scores by which items are ranked.

        Parameters
        ----------
        X : array_like
            Features of the items, as the booster takes them.

        Returns
        -------
        ndarray
            Of shape (n,).
        """
        return self.predict_raw(X)


def _targets(y: Any) -> Array:
    """Return targets of shape (n,) or (n, k), with k > 1."""
    if y is None:
        raise ValueError("fit requires y to be passed, but the target y is None")
    array = np.asarray(y)
    if array.dtype == object:
        type_of_target(array, raise_unknown=True)
    return array if array.ndim == 2 and array.shape[1] > 1 else column_or_1d(array, warn=True)


def _weights(sample_weight: Any) -> Any:
    return None if sample_weight is None else np.asarray(sample_weight)


def _takes_rows(loss: Any) -> bool:
    """Return whether a loss takes a score for each class."""
    return np.ndim(start(loss, [0, 1])) == 1


def _gives_probabilities(loss: Any) -> bool:
    """Return whether scores of 0 are linked to equal probabilities."""
    try:
        return bool(np.allclose(loss.inverse_link(np.zeros((1, 2))), 0.5))
    except ValueError:
        return False


def _queries(qid: Any, X: Any, y: Any, weight: Any = None) -> Data:
    """Return items with those of a query together, in order of first appearance, and weights of the queries."""
    qid = np.asarray(qid)
    _, first, ids = np.unique(qid, return_index=True, return_inverse=True)
    order = np.argsort(first[ids], kind="stable")
    sizes = np.bincount(np.argsort(np.argsort(first))[ids])
    if np.any(order[1:] < order[:-1]):
        X = _safe_indexing(X, order)
    y, ends = np.asarray(y)[order], np.cumsum(sizes)
    if weight is None:
        return Data(X, y, None, sizes)
    weight = np.asarray(weight)[order]
    of_queries = weight[ends - 1]
    if np.any(weight != np.repeat(of_queries, sizes)):
        raise ValueError(
            "sample_weight must be the same for all the items of a query, whose weight it is; weights of items go "
            "through lgb.train and booster_objective"
        )
    return Data(X, y, of_queries, sizes)

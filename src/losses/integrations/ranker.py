"""A ranker that minimizes any loss of ranked items with XGBoost or LightGBM."""

from typing import Any, Self

import numpy as np
from sklearn.utils import _safe_indexing

from losses._types import Array
from losses.integrations.boosted import Boosted
from losses.integrations.fits import Data


class BoostedRanker(Boosted):
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

"""scikit-learn: a loss as a scorer, for cross-validation and the choice of parameters."""

from typing import Any, Self

import numpy as np
from sklearn.base import is_classifier
from sklearn.utils.metadata_routing import MetadataRequest

from losses import Loss, MarginLoss
from losses._types import Array


def sklearn_scorer(loss: Loss) -> "LossScorer":
    """Return a loss as a scikit-learn scorer: **its negative**, since for a scorer greater is better.

    It goes where scikit-learn takes ``scoring=``: `cross_val_score`, `GridSearchCV`, `permutation_importance`.

    What the loss is given depends on the estimator:

    - a regressor's or ranker's ``predict``. Where `loss.inverse_link` is eˢ, as for `Poisson`, predictions are taken as
      means, and the loss is given their logarithm;
    - a classifier's ``predict_proba``, for losses of probabilities (also `MSE`: that is the Brier score); its
      ``decision_function`` for losses of logits, margins or ranked items. Labels, strings among them, become their
      place in ``classes_``. Losses of two classes are given the probability or score of the second.

    `sample_weight`, `qid` and whatever else the loss takes come by metadata routing; as with scikit-learn's own
    scorers, say that they are wanted: ``sklearn_scorer(loss).set_score_request(sample_weight=True, qid=True)``.

    Parameters
    ----------
    loss : Loss
        The loss, with ``reduction="mean"`` or ``"sum"``, of one prediction.

    Returns
    -------
    callable
        ``scorer(estimator, X, y, sample_weight=None, **named)`` returns −loss. It can be pickled and copied.

    Raises
    ------
    TypeError
        If it isn't a loss of a target and a prediction; at the call, if the estimator lacks the method that the loss
        needs.
    ValueError
        If the reduction is "none"; at the call, as from `loss.value`, or if there is a label that the classifier
        doesn't know.

    Examples
    --------
    >>> import numpy as np
    >>> from losses import MAE
    >>> from losses.integrations import sklearn_scorer
    >>> from sklearn.linear_model import LinearRegression
    >>> x, y = np.array([[0.0], [1.0], [2.0]]), np.array([0.0, 1.0, 2.0])
    >>> round(sklearn_scorer(MAE())(LinearRegression().fit(x, y), x, y + 0.5), 12)
    -0.5
    """
    return LossScorer(loss)


class LossScorer:
    """What `sklearn_scorer` returns.

    Parameters
    ----------
    loss : Loss
        The loss.
    """

    def __init__(self, loss: Loss) -> None:
        if not isinstance(loss, Loss):
            raise TypeError(f"loss must be a loss such as Huber(delta=1.5), got {loss!r}")
        signature = loss.signature
        positional = signature.positional
        if len(positional) != 2 or signature.predictions != positional[1:]:
            raise TypeError(f"loss must compare a target and a prediction, but {loss!r} takes {', '.join(positional)}")
        if loss.reduction == "none":
            raise ValueError('a score is one number; take a loss with reduction="mean" or "sum", not "none"')
        self.loss = loss
        self._requests: dict[str, Any] = dict.fromkeys(("sample_weight", *signature.required, *signature.optional))

    def __repr__(self) -> str:
        return f"sklearn_scorer({self.loss!r})"

    def __call__(self, estimator: Any, X: Any, y_true: Any, sample_weight: Any = None, **named: Any) -> float:
        """Return the negative loss of an estimator's predictions for X; see `sklearn_scorer`."""
        if is_classifier(estimator):
            y_pred = responses(self.loss, estimator, X)
            if np.shape(y_true)[1:] in ((), (1,)):  # or each column is a label of its own, present or not
                y_true = codes(y_true, estimator.classes_)
                if len(estimator.classes_) == 2:
                    y_pred = of_rows(y_pred) if takes_rows(self.loss) else of_the_second(y_pred)
        else:
            y_pred = estimator.predict(X)
            if maps(self.loss, [1.0, np.e]):
                y_pred = logarithm(y_pred)
        score: float = -self.loss.value(y_true, y_pred, sample_weight=sample_weight, **named)
        return score

    def set_score_request(self, **requests: bool | str | None) -> Self:
        """Say which metadata the scorer is to be given, as for scikit-learn's own scorers.

        Parameters
        ----------
        **requests : bool, str or None
            For `sample_weight` and each array that the loss takes by name: True or the name under which it is passed,
            False to ignore it, None for an error where it is passed.

        Returns
        -------
        LossScorer
            The scorer itself.

        Raises
        ------
        TypeError
            If the loss doesn't take an array of this name.
        """
        for name in requests:
            if name not in self._requests:
                raise TypeError(f"{name!r} isn't an argument of {self.loss.signature.call('value')}")
        self._requests |= requests
        return self

    def get_metadata_routing(self) -> MetadataRequest:
        """Return the metadata that the scorer is to be given, for scikit-learn."""
        request = MetadataRequest(owner=self)
        for name, alias in self._requests.items():
            request.score.add_request(param=name, alias=alias)
        return request

    def _accept_sample_weight(self) -> bool:  # asked by scikit-learn where several scorers are used without routing
        return True


def maps(loss: Loss, images: list[float]) -> bool:
    """Return whether the inverse link of all the terms of a loss takes 0 and 1 to these numbers."""
    for _, term in loss.terms:
        try:
            linked = term.inverse_link([0.0, 1.0])
        except ValueError:  # the loss takes rows of more than two numbers
            return False
        if not np.allclose(linked, images):
            return False
    return True


def logarithm(means: Any) -> Array:
    """Return the logarithm of predicted means."""
    means = np.asarray(means)
    if np.any(means < 0):
        raise ValueError(f"the loss is one of log-means, but the estimator predicted a mean of {np.min(means)}")
    with np.errstate(divide="ignore"):
        logs: Array = np.log(means)
    return logs


def responses(loss: Loss, classifier: Any, X: Any) -> Array:
    """Return what a loss needs of a classifier: probabilities or scores."""
    by_score = any(isinstance(term, MarginLoss) or "qid" in term.signature.names for _, term in loss.terms)
    method = "decision_function" if by_score or not maps(loss, [0.0, 1.0]) else "predict_proba"
    if not hasattr(classifier, method):
        hint = f"; take from_logits={method == 'predict_proba'}" if hasattr(loss, "from_logits") else ""
        raise TypeError(f"{type(classifier).__name__} has no {method}, which {loss!r} needs{hint}")
    predicted: Array = getattr(classifier, method)(X)
    return predicted


def of_rows(response: Array) -> Array:
    """Return a column for each of two classes."""
    return response if response.ndim == 2 else np.column_stack([np.zeros_like(response), response])


def of_the_second(response: Array) -> Array:
    """Return the probability or the score of the second of two classes."""
    return response[:, 1] if response.ndim == 2 else response


def takes_rows(loss: Loss) -> bool:
    """Return whether a loss compares a label with a row that has one number for each class."""
    try:
        loss.value([0], [[0.5, 0.5]])
    except ValueError:
        return False
    return True


def codes(labels: Any, classes: Array) -> Array:
    """Return each label's place among a classifier's classes."""
    given = np.ravel(labels)
    places = np.searchsorted(classes, given).clip(max=len(classes) - 1)
    unknown = given[classes[places] != given]
    if len(unknown):
        raise ValueError(f"y has the label {unknown[0]!r}, which the classifier wasn't trained on: {list(classes)}")
    return places

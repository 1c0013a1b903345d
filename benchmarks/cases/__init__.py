"""The losses compared, each written once in every contender's language.

To add one, write a class and put it in ``CASES``. A contender takes part in a case that has the method of its
name, so leave out those that do not compute the same thing. Each gets the arrays of ``data``:

``loss()``                          this library's loss
``numpy(y, p)``                     the value, and a function for the gradient, called only if that is wanted
``torch(F, y, p)``                  a scalar tensor; the gradient comes from ``backward``
``jax(jnp, optax, y, p)``           a scalar; the gradient comes from ``value_and_grad``
``rax(rax, jax, y, p)``             the same, with Rax
``sklearn(loss, p)``                an object of ``sklearn._loss`` and the factor from its loss to ours
``sklearn_metrics(metrics, y, p)``  the value
``lightgbm()``, ``xgboost()``       the name of the objective, trained on ``data``
``least_work(y, p)``                a step that no way to the result can do without

=================  =============================================================
``regression``     functions of the residual
``binary``         binary cross-entropy
``classes``        cross-entropy over classes
``small``          every elementwise loss on few samples, beside hand-written NumPy
``pairs``          all pairs of items of one query
``lists``          many queries of 100 items
``boosting``       gradient and curvature of these, beside boosters
``networks``       losses of embeddings, sequences and language models
=================  =============================================================
"""

import losses
from benchmarks.cases import binary, boosting, classes, lists, networks, pairs, regression, small
from benchmarks.cases.base import Case

CASES: tuple[Case, ...] = (
    *regression.CASES,
    *binary.CASES,
    *classes.CASES,
    *small.CASES,
    *pairs.CASES,
    *lists.CASES,
    *boosting.CASES,
    *networks.CASES,
)


def is_there(case: Case) -> bool:
    """Whether this library has the case's loss."""
    return not case.needs or hasattr(losses, case.needs)

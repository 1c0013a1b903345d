"""Regressions by SciPy's optimizers
=================================

Fit three regressions by SciPy's optimizers, and compare the coefficients with scikit-learn's and statsmodels': ::

    robust      what families spend on food, by income (Engel 1857), with Huber's loss; statsmodels' RLM
    logistic    whether a tumour is malignant (Wolberg 1995), with a ridge penalty; scikit-learn's LogisticRegression
    Poisson     how often people see a doctor (RAND, Newhouse 1993); statsmodels' GLM

A model's score is s = Xb. By the chain rule, the gradient of its loss with respect to b is Xᵀ·``grad``, and the Hessian
Xᵀ·diag(``hess``)·X, since sample i's loss depends on sᵢ alone. With ``curvature`` in place of ``hess`` it is the same
for the logistic and the Poisson loss, and is positive for Huber's, too: its Hessian at b = 0 would be 0, since all the
residuals lie on its straight part. That is all that `scipy.optimize.minimize` needs: ::

    L-BFGS-B     value and gradient (``jac=True``)
    Newton-CG    also the Hessian times a vector (``hessp=``): no matrix, for many features
    trust-ncg    also the Hessian as a matrix (``hess=``)

The losses are summed: a mean has curvatures so small that Newton-CG takes them for zero near the optimum.

Run it with ``python docs/examples/scipy_fit.py``. It needs SciPy, scikit-learn and statsmodels:
``python -m pip install ".[examples]"``.
"""

import sys
from dataclasses import dataclass

import numpy as np

from losses import BinaryCrossEntropy, Huber, Loss, Poisson

SETTINGS = {
    "L-BFGS-B": {"gtol": 1e-6, "ftol": 1e-15, "maxiter": 1000},
    "Newton-CG": {"xtol": 1e-8},
    "trust-ncg": {"gtol": 1e-5},
}


@dataclass
class Model:
    """A linear model of scores Xb: the loss of b, with a penalty ½Σ ridge·b², and its derivatives."""

    loss: Loss
    y: np.ndarray
    x: np.ndarray
    ridge: np.ndarray

    def value_and_grad(self, b):
        value, grad = self.loss.value_and_grad(self.y, self.x @ b)
        return value + self.ridge @ b**2 / 2, self.x.T @ grad + self.ridge * b

    def hess(self, b):
        return self.x.T @ (self.loss.curvature(self.y, self.x @ b)[:, np.newaxis] * self.x) + np.diag(self.ridge)

    def hessp(self, b, direction):
        return self.x.T @ (self.loss.curvature(self.y, self.x @ b) * (self.x @ direction)) + self.ridge * direction


def design(features):
    """Return standardized features and a column of ones."""
    return np.column_stack([(features - features.mean(axis=0)) / features.std(axis=0), np.ones(len(features))])


def robust():
    """Return the model of food expenditure, and statsmodels' coefficients; it estimates the scale, which we take."""
    import statsmodels.api as sm

    table = sm.datasets.engel.load_pandas().data / 100
    y, x = table["foodexp"].to_numpy(), design(table[["income"]].to_numpy())
    fit = sm.RLM(y, x, M=sm.robust.norms.HuberT(1.345)).fit(tol=1e-12, maxiter=1000)
    return Model(Huber(delta=1.345 * fit.scale, reduction="sum"), y, x, np.zeros(2)), fit.params


def logistic():
    """Return the model of tumours, and scikit-learn's coefficients; its penalty is ½|b|²/C beside the losses' sum."""
    from sklearn.datasets import load_breast_cancer
    from sklearn.linear_model import LogisticRegression

    features, benign = load_breast_cancer(return_X_y=True)
    y, x = 1.0 - benign, design(features)
    fit = LogisticRegression(C=1.0, solver="newton-cholesky", tol=1e-12).fit(x[:, :-1], y)
    ridge = np.append(np.ones(x.shape[1] - 1), 0)
    return Model(BinaryCrossEntropy(from_logits=True, reduction="sum"), y, x, ridge), np.append(
        fit.coef_, fit.intercept_
    )


def poisson():
    """Return the model of visits to a doctor, and statsmodels' coefficients."""
    import statsmodels.api as sm

    table = sm.datasets.randhie.load_pandas().data
    y, x = table["mdvis"].to_numpy(float), design(table.drop(columns="mdvis").to_numpy(float))
    fit = sm.GLM(y, x, family=sm.families.Poisson()).fit(tol=1e-12)
    return Model(Poisson(reduction="sum"), y, x, np.zeros(x.shape[1])), fit.params


def fit(model, method):
    """Return what SciPy finds, from b = 0."""
    from scipy.optimize import minimize

    second = {"L-BFGS-B": {}, "Newton-CG": {"hessp": model.hessp}, "trust-ncg": {"hess": model.hess}}[method]
    start = np.zeros(model.x.shape[1])
    return minimize(model.value_and_grad, start, jac=True, method=method, options=SETTINGS[method], **second)


def main():
    print(f"{'':10s}{'samples':>9s}{'coefficients':>14s}   {'method':10s}{'steps':>6s}{'loss':>15s}{'difference':>12s}")
    for regression in (robust, logistic, poisson):
        try:
            model, expected = regression()
        except ImportError as error:
            sys.exit(f'This example needs {error.name.split(".")[0]}: python -m pip install ".[examples]"')
        size = f"{len(model.y):9d}{len(expected):14d}"
        for method in SETTINGS:
            found = fit(model, method)
            difference = np.abs(found.x - expected).max()
            print(
                f"{regression.__name__:10s}{size}   {method:10s}{found.nit:6d}{found.fun:15.8f}{difference:12.1e}",
                flush=True,
            )
    print(
        "\nThe difference is the largest of a coefficient from scikit-learn's or statsmodels'. Newton's methods take\n"
        "few steps where the Hessian is exact; L-BFGS-B needs only value_and_grad, however many features there are."
    )


if __name__ == "__main__":
    main()

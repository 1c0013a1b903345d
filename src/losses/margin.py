"""Losses of two classes that are functions of the margin z = ±s: the score s, its sign turned for the negative class.

Labels are 0 and 1, or −1 and 1; s > 0 speaks for 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from losses._loss.margin import MarginLoss
from losses._loss.parameters import Positive, by_parameters
from losses._loss.samplewise import floored
from losses._maths.logistic import sigmoid
from losses._types import FloatArray


@dataclass(frozen=True, kw_only=True, repr=False)
class Hinge(MarginLoss):
    """Hinge of the support vector machine: max(0, 1 − z).

    As Keras's `Hinge`, Optax's `hinge_loss` and scikit-learn's `hinge_loss`. The derivative where it reaches zero, at
    z = 1, is 0. Curvature: 1, since the second derivative says nothing.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.

    References
    ----------
    Cortes and Vapnik (1995), "Support-vector networks", Machine Learning 20, 273-297, eq. (22).

    Examples
    --------
    >>> from losses import Hinge
    >>> Hinge().value([1, 0], [0.5, 1.0])
    1.25
    >>> Hinge().grad([1, 0], [0.5, 1.0])
    array([-0.5,  0.5])
    """

    is_convex: ClassVar[bool] = True
    is_differentiable: ClassVar[bool] = False
    is_twice_differentiable: ClassVar[bool] = False
    lipschitz: ClassVar[float] = 1.0
    kinks: ClassVar[tuple[float, ...]] = (1.0,)

    def _best_score(self, positive: float, negative: float) -> float:
        return float(np.sign(positive - negative))

    def formula(self, z: FloatArray) -> FloatArray:
        """Return max(0, 1 − z)."""
        return _shortfall(z)

    def derivative(self, z: FloatArray) -> FloatArray:
        """Return −1 where z < 1, else 0."""
        return _step(1.0 - z, 0.0, -1.0)

    def formula_and_derivative(self, z: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return `formula` and `derivative`, which share 1 − z."""
        shortfall = 1.0 - z
        return shortfall.clip(0.0, np.inf), _step(shortfall, 0.0, -1.0)

    def second_derivative(self, z: FloatArray) -> FloatArray:
        """Return 0."""
        return np.zeros_like(z)


@dataclass(frozen=True, kw_only=True, repr=False)
class SquaredHinge(MarginLoss):
    """Squared hinge: max(0, 1 − z)².

    As Keras's `SquaredHinge` and the `squared_hinge` of scikit-learn's `LinearSVC`; no factor ½. The score estimates
    2P − 1 for the probability P of the positive class, and `inverse_link` gives P.

    Curvature: the second derivative, 2 where z < 1 and 0 from there on, kept above the machine epsilon.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.

    References
    ----------
    Zhang (2004), "Statistical behavior and consistency of classification methods based on convex risk minimization",
    Annals of Statistics 32, 56-85, table 1.

    Examples
    --------
    >>> from losses import SquaredHinge
    >>> SquaredHinge().value([1, 0], [0.5, 1.0])
    2.125
    >>> SquaredHinge().grad([1, 0], [0.5, 1.0])
    array([-0.5,  2. ])
    """

    is_convex: ClassVar[bool] = True
    is_differentiable: ClassVar[bool] = True
    is_twice_differentiable: ClassVar[bool] = False
    smoothness: ClassVar[float] = 2.0
    kinks: ClassVar[tuple[float, ...]] = ()

    def _best_score(self, positive: float, negative: float) -> float:
        return (positive - negative) / (positive + negative)

    def _link(self, y_pred: FloatArray) -> FloatArray:
        return _share(y_pred)

    def formula(self, z: FloatArray) -> FloatArray:
        """Return max(0, 1 − z)²."""
        m = _shortfall(z)
        return m * m

    def formula_and_derivative(self, z: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return `formula` and `derivative`, which share m."""
        m = _shortfall(z)
        return m * m, -2.0 * m

    def derivative(self, z: FloatArray) -> FloatArray:
        """Return −2 max(0, 1 − z)."""
        return -2.0 * _shortfall(z)

    def second_derivative(self, z: FloatArray) -> FloatArray:
        """Return 2 where z < 1, else 0."""
        return _step(1.0 - z, 0.0, 2.0)

    def derivative_and_curvature(self, z: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return `derivative`, and the second derivative above the machine epsilon; they share m."""
        m = _shortfall(z)
        return -2.0 * m, _step(m, float(np.finfo(z.dtype).eps), 2.0)


@dataclass(frozen=True, kw_only=True, repr=False)
class Perceptron(MarginLoss):
    """Perceptron criterion: max(0, −z), which costs nothing where the class is right.

    As the `perceptron` loss of scikit-learn's `SGDClassifier` and Optax's `perceptron_loss`. The derivative at z = 0 is
    0, so that training doesn't leave scores of 0, where all losses are least: start elsewhere, or use `Hinge`.
    Curvature: 1, since the second derivative says nothing.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.

    References
    ----------
    Rosenblatt (1958), "The perceptron", Psychological Review 65, 386-408; Bishop (2006), "Pattern Recognition and
    Machine Learning", eq. (4.54).

    Examples
    --------
    >>> from losses import Perceptron
    >>> Perceptron().value([1, 0], [0.5, 1.0])
    0.5
    >>> Perceptron().grad([1, 1], [-0.5, -1.0])
    array([-0.5, -0.5])
    """

    is_convex: ClassVar[bool] = True
    is_differentiable: ClassVar[bool] = False
    is_twice_differentiable: ClassVar[bool] = False
    lipschitz: ClassVar[float] = 1.0
    kinks: ClassVar[tuple[float, ...]] = (0.0,)

    def _best_score(self, positive: float, negative: float) -> float:
        return 0.0

    def formula(self, z: FloatArray) -> FloatArray:
        """Return max(0, −z)."""
        return (-z).clip(0, np.inf)

    def derivative(self, z: FloatArray) -> FloatArray:
        """Return −1 where z < 0, else 0."""
        slope: FloatArray = np.sign(z.clip(-np.inf, 0))
        return slope

    def second_derivative(self, z: FloatArray) -> FloatArray:
        """Return 0."""
        return np.zeros_like(z)


@dataclass(frozen=True, kw_only=True, repr=False)
class SmoothedHinge(MarginLoss):
    """Hinge with a parabola in place of its kink: 0 where z ≥ 1, (1−z)²/(2γ) where z ≥ 1 − γ, else 1 − γ/2 − z.

    As LossFunctions.jl's `SmoothedL1HingeLoss`. With m = max(0, 1 − z) and c = min(m, γ) all branches are
    c/γ · (m − c/2).

    Curvature: the second derivative, 1/γ on the parabola and 0 elsewhere, at z = 1 too, kept above the machine epsilon.

    Parameters
    ----------
    gamma : float, default 1.0
        γ, the width of the parabola in units of the score; positive. Below the smallest normal number of the dtype
        computed in it is taken as that.
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.

    References
    ----------
    Shalev-Shwartz and Zhang (2013), "Stochastic dual coordinate ascent methods for regularized loss minimization",
    Journal of Machine Learning Research 14, 567-599, section 5.1; Rennie and Srebro (2005), "Loss functions for
    preference levels", for γ = 1.

    Examples
    --------
    >>> from losses import SmoothedHinge
    >>> SmoothedHinge(gamma=1.0).value([1, 0], [0.5, 1.0])
    0.8125
    >>> SmoothedHinge(gamma=1.0).grad([1, 0], [0.5, 1.0])
    array([-0.25,  0.5 ])
    """

    gamma: Positive = 1.0

    is_convex: ClassVar[bool] = True
    is_differentiable: ClassVar[bool] = True
    is_twice_differentiable: ClassVar[bool] = False
    lipschitz: ClassVar[float] = 1.0
    kinks: ClassVar[tuple[float, ...]] = ()

    @by_parameters
    def smoothness(self) -> float:
        """The second derivative on the parabola."""
        return 1 / self.gamma

    def _best_score(self, positive: float, negative: float) -> float:
        heavy, light = max(positive, negative), min(positive, negative)
        if heavy == light:
            return 0.0
        on_both_parabolas = (heavy - light) / (heavy + light)
        best = on_both_parabolas if on_both_parabolas < self.gamma - 1 else 1 - self.gamma * light / heavy
        return math.copysign(best, positive - negative)

    def formula(self, z: FloatArray) -> FloatArray:
        """Return c/γ · (m − c/2)."""
        return self.formula_and_derivative(z)[0]

    def derivative(self, z: FloatArray) -> FloatArray:
        """Return −c/γ."""
        return -self._inside(z, _shortfall(z))[1]

    def formula_and_derivative(self, z: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return `formula` and `derivative`, which share c/γ."""
        m = _shortfall(z)
        c, share = self._inside(z, m)
        return share * (m - c / 2), -share

    def second_derivative(self, z: FloatArray) -> FloatArray:
        """Return 1/γ where 1 − γ ≤ z < 1, else 0."""
        gamma = self._gamma(z)
        return _plateau(z, 1 - gamma, 1 / gamma)

    def curvature_formula(self, z: FloatArray) -> FloatArray:
        """Return the second derivative above the machine epsilon."""
        gamma = self._gamma(z)
        return _plateau(z, 1 - gamma, 1 / gamma, np.finfo(z.dtype).eps)

    def _gamma(self, z: FloatArray) -> np.floating:
        return max(z.dtype.type(self.gamma), np.finfo(z.dtype).smallest_normal)

    def _inside(self, z: FloatArray, m: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return c = min(m, γ) and c/γ."""
        gamma = self._gamma(z)
        c = m.clip(0, gamma)
        return c, c / gamma


@dataclass(frozen=True, kw_only=True, repr=False)
class ModifiedHuber(MarginLoss):
    """Squared hinge that is linear for bad mistakes: max(0, 1 − z)² where z ≥ −1, else −4z.

    As the `modified_huber` loss of scikit-learn's `SGDClassifier`. The score estimates 2P − 1 for the probability P of
    the positive class, and `inverse_link` gives P. With m = max(0, 1 − z) and c = min(m, 2) both branches are
    c(2m − c).

    Curvature: the second derivative, 2 where −1 ≤ z < 1 and 0 elsewhere, kept above the machine epsilon.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.

    References
    ----------
    Zhang (2004), "Statistical behavior and consistency of classification methods based on convex risk minimization",
    Annals of Statistics 32, 56-85, table 1.

    Examples
    --------
    >>> from losses import ModifiedHuber
    >>> ModifiedHuber().value([1, 0], [0.5, 2.0])
    4.125
    >>> ModifiedHuber().grad([1, 0], [0.5, 2.0])
    array([-0.5,  2. ])
    """

    is_convex: ClassVar[bool] = True
    is_differentiable: ClassVar[bool] = True
    is_twice_differentiable: ClassVar[bool] = False
    lipschitz: ClassVar[float] = 4.0
    smoothness: ClassVar[float] = 2.0
    kinks: ClassVar[tuple[float, ...]] = ()

    def _best_score(self, positive: float, negative: float) -> float:
        return (positive - negative) / (positive + negative)

    def _link(self, y_pred: FloatArray) -> FloatArray:
        return _share(y_pred)

    def formula(self, z: FloatArray) -> FloatArray:
        """Return c(2m − c)."""
        return self.formula_and_derivative(z)[0]

    def derivative(self, z: FloatArray) -> FloatArray:
        """Return −2c."""
        return -2.0 * _shortfall(z).clip(0, 2)

    def formula_and_derivative(self, z: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return `formula` and `derivative`, which share c."""
        m = _shortfall(z)
        c = m.clip(0, 2)
        return c * (m + m - c), -2.0 * c

    def second_derivative(self, z: FloatArray) -> FloatArray:
        """Return 2 where −1 ≤ z < 1, else 0."""
        return _plateau(z, -1.0, 2.0)

    def curvature_formula(self, z: FloatArray) -> FloatArray:
        """Return the second derivative above the machine epsilon."""
        return _plateau(z, -1.0, 2.0, np.finfo(z.dtype).eps)


@dataclass(frozen=True, kw_only=True, repr=False)
class Exponential(MarginLoss):
    """Exponential loss of AdaBoost: e^{−z}.

    The score estimates half the log-odds, so that `inverse_link` gives the probability σ(2s) of the positive class. As
    scikit-learn's `GradientBoostingClassifier(loss="exponential")`.

    Curvature: the second derivative e^{−z}, kept above the machine epsilon.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.

    References
    ----------
    Friedman, Hastie and Tibshirani (2000), "Additive logistic regression: a statistical view of boosting", Annals of
    Statistics 28, 337-407, eq. (11).

    Examples
    --------
    >>> from losses import Exponential
    >>> Exponential().value([1, 0], [0.0, 1.0])
    1.8591409142295225
    >>> Exponential().grad([1, 0], [0.0, 0.0])
    array([-0.5,  0.5])
    """

    is_convex: ClassVar[bool] = True
    is_differentiable: ClassVar[bool] = True
    is_twice_differentiable: ClassVar[bool] = True
    kinks: ClassVar[tuple[float, ...]] = ()

    def _best_score(self, positive: float, negative: float) -> float:
        if positive == 0 or negative == 0:
            raise ValueError("y_true holds only one class: the best score is infinite")
        return math.log(positive / negative) / 2

    def _link(self, y_pred: FloatArray) -> FloatArray:
        return sigmoid(2 * y_pred)

    def formula(self, z: FloatArray) -> FloatArray:
        """Return e^{−z}."""
        return np.exp(-z)

    def derivative(self, z: FloatArray) -> FloatArray:
        """Return −e^{−z}."""
        return -np.exp(-z)

    def formula_and_derivative(self, z: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return `formula` and `derivative`, which share the exponential."""
        e = np.exp(-z)
        return e, -e

    def second_derivative(self, z: FloatArray) -> FloatArray:
        """Return e^{−z}."""
        return np.exp(-z)

    def derivative_and_curvature(self, z: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return `derivative`, and the second derivative above the machine epsilon."""
        e = np.exp(-z)
        return -e, floored(e)


def _shortfall(z: FloatArray) -> FloatArray:
    """Return m = max(0, 1 − z), by how much a margin falls short of 1."""
    found: FloatArray = (1.0 - z).clip(0.0, np.inf)  # at half the time of maximum with a number
    return found


def _step(shortfall: FloatArray, below: float, above: float) -> FloatArray:
    """Return `above` where 1 − z > 0, else `below`, and NaN where it is that; in a third of the time of comparing."""
    steep = shortfall * math.copysign(2.0**80, above - below)  # no z is nearer to 1 than 2⁻⁶⁴
    found: FloatArray = steep.clip(min(below, above), max(below, above), out=steep)
    return found


def _plateau(z: FloatArray, low: Any, height: Any, floor: Any = 0.0) -> FloatArray:
    """Return `height` where low ≤ z < 1, and 0 elsewhere, all kept above a floor."""
    bend: FloatArray = ((z >= low) & (z < 1.0)).astype(z.dtype)
    bend *= height
    return bend.clip(floor, np.inf, out=bend) if floor else bend


def _share(score: FloatArray) -> FloatArray:
    """Return (s + 1)/2, kept within 0 and 1."""
    found: FloatArray = ((score + 1) / 2).clip(0, 1)
    return found

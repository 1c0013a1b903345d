"""`losses.testing`: every loss here passes, and bugs are found and named."""

import re
import subprocess
import sys
from dataclasses import dataclass

import numpy as np
import pytest
from bugs import BUGS, planted
from kinds import EVERY, LIBRARY, OwnElement, element

from losses import MSE, ElementwiseLoss, PairwiseLoss, ResidualLoss, RowLoss
from losses._testing.projections import slope_agrees, slopes_agree
from losses.testing import check_grad, check_loss
from own_losses import ALL
from problems import THOROUGH

OF_EACH_CLASS = {tuple(type(term) for _, term in case.loss.terms): case for case in ALL}.values()
CASES = {repr(case.loss): case for case in (ALL if THOROUGH else OF_EACH_CLASS)}
"""The laws themselves are tried in every setting elsewhere."""
NEGATIVE = "- 2.0 *"


OF_THEIR_OWN: tuple[str, ...] = ("CTC",)
"""Losses that take data which check_loss can't guess."""


def given(case):
    """Return the arrays to pass, in order and by name: none, but for losses of data of their own."""
    if type(case.loss).__name__ not in OF_THEIR_OWN:
        return [], {}
    problem, (positional, required, *_) = case.typical(6), case.loss.signature
    return [problem[name] for name in positional], {name: problem[name] for name in required}


@pytest.mark.parametrize("name", CASES)
def test_every_loss_passes(name):
    case = CASES[name]
    boosting = NEGATIVE not in name and hasattr(case.loss, "curvature") and case.unit != "anchor"
    arrays, named = given(case)
    check_loss(case.loss, *arrays, **named, boosting=boosting and not case.loss.signature.shared)


# --------------------------------------------------------------------------------------------- planted bugs


@pytest.mark.parametrize("kind", EVERY)
def test_losses_without_bugs_pass(kind):
    check_loss(EVERY[kind]())


@pytest.mark.parametrize("kind", EVERY)
@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.__name__)
def test_a_planted_bug_is_found_and_named(bug, kind):
    law, hint = BUGS[bug]
    with pytest.raises(AssertionError) as caught:
        check_loss(bug(EVERY[kind])())
    first, _, rest = str(caught.value).partition("\n")
    assert re.search(law, first), str(caught.value)
    assert hint in rest, str(caught.value)


# --------------------------------------------------------------------------------------------- bugs of single kinds


class Flawed(OwnElement):
    """Its gradient is that for the arguments in each other's place."""

    def grad(self, y_true, y_pred, *, sample_weight=None, out=None):
        return super().grad(y_pred, y_true, sample_weight=sample_weight, out=out)


class Broadcasting:
    """The most common of all bugs."""

    def value(self, y_true, y_pred):
        return np.mean((y_pred - y_true) ** 2)

    def grad(self, y_true, y_pred):
        return 2 * (y_pred - y_true) / len(y_pred)


class InPlace(ResidualLoss):
    """A hook that writes to its argument, which may be the user's."""

    def formula(self, r):
        r **= 2
        return r

    def derivative(self, r):
        return 2 * r


class Column(RowLoss):
    """A hook that makes n × n of n."""

    def formula(self, y, p):
        return (y - p[:, :1]) ** 2

    def derivative(self, y, p):
        return 2 * (p - y[:, np.newaxis])


class Transposed(RowLoss):
    """Its gradient is right where the numbers of samples and of columns differ not, and then transposed."""

    def formula(self, y, p):
        return ((p - y[:, np.newaxis]) ** 2).sum(axis=1) * (1 + y**2)

    def derivative(self, y, p):
        d = 2 * (p - y[:, np.newaxis]) * (1 + y**2)[:, np.newaxis]
        return d.T.reshape(d.shape)


class SwappedPair:
    """Its gradients come in the wrong order."""

    def value(self, chosen, rejected):
        if np.shape(chosen) != np.shape(rejected) or np.ndim(chosen) != 1:
            raise ValueError("shapes differ")
        return float(np.sum(chosen**2 / 2 + 3 * rejected))

    def grad(self, chosen, rejected):
        return np.full_like(rejected, 3.0), chosen


class NaiveSoftplus(ElementwiseLoss):
    def formula(self, y, p):
        return np.log(1 + np.exp(p)) - y * p

    def derivative(self, y, p):
        return 1 / (1 + np.exp(-p)) - y


class MeanByCount:
    """Weighted, but divided by the number of samples."""

    def value(self, y_true, y_pred, *, sample_weight=None):
        weight = self.weights(y_true, y_pred, sample_weight)
        return np.mean(weight * (y_pred - y_true) ** 2)

    def grad(self, y_true, y_pred, *, sample_weight=None):
        return 2 * self.weights(y_true, y_pred, sample_weight) * (y_pred - y_true) / len(y_true)

    def weights(self, y_true, y_pred, weight):
        weight = np.ones(np.shape(y_true)) if weight is None else np.asarray(weight)
        if not np.shape(weight) == np.shape(y_true) == np.shape(y_pred) == (len(y_true),):
            raise ValueError("shapes differ")
        return weight


class NegativeCurvature(ResidualLoss):
    """A robust loss whose second derivative, negative in the tails, is not what to divide by."""

    def formula(self, r):
        return np.log1p(r**2)

    def derivative(self, r):
        return 2 * r / (1 + r**2)

    def second_derivative(self, r):
        return 2 * (1 - r**2) / (1 + r**2) ** 2

    def curvature_formula(self, r):
        return self.second_derivative(r)


class OutForgotten(OwnElement):
    def grad(self, y_true, y_pred, *, sample_weight=None, out=None):
        return super().grad(y_true, y_pred, sample_weight=sample_weight)


class WrongAtTarget(ResidualLoss):
    """|r|³, with a slope at 0."""

    def formula(self, r):
        return np.abs(r) ** 3

    def derivative(self, r):
        return np.where(r == 0, 1.0, 3 * r * np.abs(r))


class ReducedSlope:
    def value(self, y_true, y_pred):
        return float(np.sum((y_pred - y_true) ** 2))

    def grad(self, y_true, y_pred):
        return np.sum(2 * (y_pred - y_true))


SINGLE = [
    (Flawed(), False, "law 7: grad", "in the opposite order"),
    (Broadcasting(), False, "section 3: nothing is broadcast", "broadcast"),
    (InPlace(), False, "", "changed in place"),
    (Column(), False, "", "broadcast"),
    (Transposed(), False, "law 7: grad", ""),
    (SwappedPair(), False, "law 7: grad", "in another order than the arguments"),
    (NaiveSoftplus(), False, "section 5: results are finite", "overflows"),
    (MeanByCount(), False, "law [24]", ""),
    (NegativeCurvature(), True, "boosting: the curvature", "majorizer"),
    (OutForgotten(), False, "law 6: out=", ""),
    (WrongAtTarget(), False, "law 7: grad", "at one point, r = 0"),
    (ReducedSlope(), False, "section 2", "summed or averaged"),
]


@pytest.mark.parametrize(("loss", "boosting", "law", "hint"), SINGLE, ids=lambda x: type(x).__name__)
def test_bugs_of_one_kind_of_loss_are_found(loss, boosting, law, hint):
    with pytest.raises(AssertionError) as caught:
        check_loss(loss, boosting=boosting)
    first, _, rest = str(caught.value).partition("\n")
    assert re.search(law, first), str(caught.value)
    assert hint in rest, str(caught.value)


def test_the_diagnosis_shows_the_smallest_arguments():
    with pytest.raises(AssertionError) as caught:
        check_loss(planted(LIBRARY["element"], grad=lambda original, arrays, named: -original(*arrays, **named))())
    text = str(caught.value)
    assert "y_true = [0.]" in text
    assert "y_pred = [0.]" in text
    assert "grad[0]" in text
    assert "by differences" in text
    assert "sample_weight" not in text
    assert "seed=0" in text


# --------------------------------------------------------------------------------------------- own losses, in one line


@dataclass(frozen=True, kw_only=True)
class Welsch(ResidualLoss):
    scale: float = 1.0

    def formula(self, r):
        return -np.expm1(-((r / self.scale) ** 2) / 2)

    def derivative(self, r):
        return r / self.scale**2 * np.exp(-((r / self.scale) ** 2) / 2)


@dataclass(frozen=True, kw_only=True)
class WeibullNLL(RowLoss):
    """Of the logarithms of shape and scale."""

    columns = ("log_shape", "log_scale")

    def formula(self, y, p):
        z = np.exp(p[:, 0]) * (np.log1p(np.abs(y)) - p[:, 1])
        return np.exp(z) - z - p[:, 0]

    def derivative(self, y, p):
        k, z = np.exp(p[:, 0]), np.exp(p[:, 0]) * (np.log1p(np.abs(y)) - p[:, 1])
        return np.stack([z * np.expm1(z) - 1, -k * np.expm1(z)], axis=1)


@dataclass(frozen=True, kw_only=True)
class PairwiseExponential(PairwiseLoss):
    def formula(self, d):
        return np.exp(-d)

    def derivative(self, d):
        return -np.exp(-d)


@pytest.mark.parametrize("loss", [Welsch(scale=2.0), WeibullNLL(), PairwiseExponential()], ids=repr)
def test_own_losses_are_proven_in_one_line(loss):
    check_loss(loss)


class TwoLines:
    """The least that can be checked."""

    def residual(self, y_true, y_pred):
        if np.shape(y_true) != np.shape(y_pred) or np.ndim(y_true) != 1:
            raise ValueError("shapes differ")
        return y_pred - y_true

    def value(self, y_true, y_pred):
        return np.sum(self.residual(y_true, y_pred) ** 2)

    def grad(self, y_true, y_pred):
        return 2 * self.residual(y_true, y_pred)


def test_what_a_loss_lacks_is_not_checked():
    check_loss(TwoLines())


# --------------------------------------------------------------------------------------------- arguments


def test_arrays_may_be_given():
    rng = np.random.default_rng(0)
    y_true, y_pred = rng.normal(size=(2, 500))
    check_loss(MSE(), y_true, y_pred, sample_weight=rng.uniform(1, 2, 500), boosting=True)
    with pytest.raises(AssertionError, match="a part of those that were given"):
        check_loss(Flawed(), y_true, y_pred)
    with pytest.raises(ValueError, match="shape"):
        check_loss(MSE(), y_true, y_pred[:-1])
    with pytest.raises(TypeError, match="2 arrays"):
        check_loss(MSE(), y_true, y_pred, y_pred)
    with pytest.raises(ValueError, match="no samples"):
        check_loss(MSE(reduction="sum"), [], [])


def test_the_arrays_that_are_given_stay_as_they_are():
    y_true, y_pred = np.zeros(3), np.ones(3)
    check_loss(MSE(), y_true, y_pred)
    assert y_true.flags.writeable
    np.testing.assert_array_equal(y_pred, np.ones(3))


def test_a_loss_that_takes_nothing_asks_for_arrays():
    class Picky(TwoLines):
        def value(self, y_true, y_pred):
            raise ValueError("y_true must be a picture")

    with pytest.raises(ValueError, match=r"pass arrays(.|\n)*must be a picture"):
        check_loss(Picky())


def test_laws_can_be_skipped():
    with pytest.raises(AssertionError, match="section 3"):
        check_loss(Broadcasting())
    check_loss(Broadcasting(), skip=["shapes"])
    with pytest.raises(ValueError, match="skip holds 'weights'"):
        check_loss(Broadcasting(), skip=["weights"])
    with pytest.raises(AssertionError, match="law 7"):
        check_loss(Flawed())
    check_loss(Flawed(), skip=[6, 7])


def test_the_same_seed_tries_the_same():
    texts = set()
    for _ in range(2):
        with pytest.raises(AssertionError) as caught:
            check_loss(Transposed(), seed=3)
        texts.add(str(caught.value))
    assert len(texts) == 1
    assert "seed=3" in texts.pop()


# --------------------------------------------------------------------------------------------- check_grad


def test_check_grad():
    check_grad(lambda x: (np.sum(np.abs(x)), np.sign(x)), [[1.0, 0.0], [-2.0, 1e-3]])
    check_grad(lambda x: (float(x) ** 2, 2 * x), 3.0)
    check_grad(lambda a, b: (np.sum(a * b), (b, a)), ([1.0, 2.0], [3.0, 4.0]))
    check_grad(lambda x: (np.sum(x**2), (2 * x).astype(np.float32)), [1.0, 2.0])
    for wrong, hint in [(-1, "opposite"), (2, "factor 2"), (5, "n = 5"), (1.001, "")]:
        with pytest.raises(AssertionError, match=rf"wrong at \[0\].*{hint}"):
            check_grad(lambda x, wrong=wrong: (np.sum(x**3), wrong * 3 * x**2), np.arange(1.0, 6.0))
    with pytest.raises(AssertionError, match=r"with respect to x\[1\] is wrong"):
        check_grad(lambda a, b: (np.sum(a * b), (b, 2 * a)), ([1.0, 2.0], [3.0, 4.0]))
    with pytest.raises(AssertionError, match="shape"):
        check_grad(lambda x: (np.sum(x**2), np.sum(2 * x)), [1.0, 2.0])
    check_grad(lambda x: (np.sum(x**3), 3.001 * x**2), [1.0, 2.0], rtol=1e-2)


def test_tiny_numbers_are_no_excuse():
    with pytest.raises(AssertionError, match="wrong"):
        check_grad(lambda x: (1e-12 * np.sum(x**2), 3e-12 * x), [1.0, 2.0])


def test_importing_the_package_does_not_import_it():
    code = "import sys, losses; assert 'losses.testing' not in sys.modules; losses.testing.check_loss"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_formulas_of_the_planted_losses_are_right():
    y, p = np.random.default_rng(1).normal(size=(2, 7))
    check_grad(lambda p: (element(y, p)[0].sum(), element(y, p)[1]), p)


# --------------------------------------------------------------------------------------------- all entries at once

WITHIN = (1e-7, 2e-8)


@pytest.mark.parametrize("shape", [(1,), (2,), (5,), (4, 3), (256,)])
def test_no_wrong_entry_hides_among_right_ones(shape):
    """Neither one nor two whose errors add up to nothing."""
    rng = np.random.default_rng(2)
    x = rng.uniform(-3, 3, shape)

    def agree(error):
        return (
            slope_agrees(lambda x: float(np.sum(np.sin(x))), x, np.cos(x) + error, WITHIN, 2.0**-16),
            slopes_agree(np.sin, x, np.cos(x) + error, WITHIN, 2.0**-16),
        )

    assert agree(0) == (True, True)
    for _ in range(20):
        error = np.zeros(x.size)
        error[rng.integers(x.size)] = rng.choice([-1, 1]) * 10.0 ** rng.uniform(-6.5, 0)
        assert agree(error.reshape(shape)) == (False, False)
        first, second = (*rng.permutation(x.size), 0)[:2]
        error[:] = 0
        error[first], error[second] = 1e-3, -1e-3
        assert agree(error.reshape(shape)) == (False, False)


def test_samples_that_depend_on_one_another_are_left_to_differences_of_each():
    x = np.linspace(-1, 2, 5)
    wrong = np.full(5, 5.0)  # a row's sum of the matrix of second derivatives, whose diagonal is 1
    assert not slopes_agree(lambda x: np.full(5, x.sum()), x, wrong, WITHIN, 2.0**-16)
    assert not slopes_agree(lambda x: np.full(5, x.sum()), x, np.ones(5), WITHIN, 2.0**-16)
    loss = PairwiseExponential()
    check_loss(loss, [1.0, 0.0, 2.0], [0.0, 0.5, 1.0])


@pytest.mark.parametrize("x", [np.array([0.0, 1.0]), np.array([-1.0, 1.0])])
def test_where_a_function_is_not_known_nothing_agrees(x):
    def refuse(x):
        if (x < 0).any():
            raise ValueError("negative")
        return np.sqrt(x)

    slope = 0.5 / np.sqrt(np.abs(x) + 1e-3)
    assert not slopes_agree(refuse, x, slope, WITHIN, 2.0**-16)
    assert not slope_agrees(lambda x: float(refuse(x).sum()), x, slope, WITHIN, 2.0**-16)

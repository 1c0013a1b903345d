"""A user's own loss: section 8 of the contract."""

import dataclasses
import pickle
from dataclasses import dataclass

import numpy as np
import pytest

import exact
import losses
import registry
import test_gradients
import test_laws
from losses import MAE, MSE, Asymmetric, ElementwiseLoss, Huber, ResidualLoss
from problems import typical
from registry import Case, call


@dataclass(frozen=True, kw_only=True)
class Cauchy(ResidualLoss):
    """The example of the contract, as it stands there."""

    scale: float = 1.0

    def formula(self, r):
        return np.log1p((r / self.scale) ** 2)

    def derivative(self, r):
        return 2 * r / (self.scale**2 + r**2)


@dataclass(frozen=True, kw_only=True)
class LogCosh(ResidualLoss):
    """Every hook; value and derivative share their work."""

    def formula(self, r):
        return self.formula_and_derivative(r)[0]

    def derivative(self, r):
        return self.formula_and_derivative(r)[1]

    def formula_and_derivative(self, r):
        t = np.exp(-2 * np.abs(r))
        return np.abs(r) + np.log1p(t) - np.log(2), np.sign(r) * (1 - t) / (1 + t)

    def second_derivative(self, r):
        return 1 / np.cosh(r) ** 2


@dataclass(frozen=True, kw_only=True)
class Logistic(ElementwiseLoss):
    """A function of target and prediction rather than of their difference, with a flag."""

    from_labels: bool = True

    def formula(self, y, p):
        return np.logaddexp(0, (1 - 2 * y) * p)

    def derivative(self, y, p):
        return (1 - 2 * y) / (1 + np.exp((2 * y - 1) * p))


OWN = [
    Case(Cauchy(scale=2.0), has_hess=False),
    Case(LogCosh()),
    Case(Logistic(), y_true=registry.labels, has_hess=False),
    Case(Asymmetric(shortfall_weight=3.0, base=LogCosh()), kinks=registry.residual_kinks(0)),
]
"""One class and one line here is all that it takes."""


def is_law(function):
    """Return whether a test is run over all the registered losses."""
    if function is test_gradients.test_hess_is_the_derivative_of_grad:
        return False  # it is run below, over those that have a hess
    return any(mark.args[:2] == ("case", registry.CASES) for mark in getattr(function, "pytestmark", []))


LAWS = [law for module in (test_laws, test_gradients) for law in vars(module).values() if is_law(law)]


@pytest.mark.parametrize("case", OWN, ids=str)
@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
@pytest.mark.usefixtures("small_blocks", "restored_threads")
def test_all_the_laws_hold(law, case):
    law(case=case)


@pytest.mark.parametrize("case", [case for case in OWN if case.has_hess], ids=str)
def test_hess_is_the_derivative_of_grad(case):
    test_gradients.test_hess_is_the_derivative_of_grad(case=case)


# --------------------------------------------------------------------------------------------- what comes with it


def test_parameters_are_checked_and_plain():
    loss = Cauchy(scale=np.float32(2))
    assert type(loss.scale) is float
    assert loss == Cauchy(scale=2) == eval(repr(loss), {"Cauchy": Cauchy})
    assert repr(loss) == "Cauchy(scale=2.0)"
    assert repr(Cauchy(reduction="sum")) == "Cauchy(reduction='sum')"
    assert hash(loss) == hash(Cauchy(scale=2))
    assert pickle.loads(pickle.dumps(loss)) == loss
    with pytest.raises(ValueError, match=r"scale.*'two'"):
        Cauchy(scale="two")
    with pytest.raises(ValueError, match=r"from_labels.*1"):
        Logistic(from_labels=1)
    with pytest.raises(ValueError, match=r"reduction.*'median'"):
        Cauchy(reduction="median")
    with pytest.raises(dataclasses.FrozenInstanceError):
        loss.scale = 3.0


def test_dtypes_shapes_weights_and_out():
    y_true, y_pred = np.zeros((2, 3), int), np.arange(6, dtype=np.float32).reshape(2, 3)
    loss = Cauchy(reduction="none")
    assert loss.value(y_true, y_pred, sample_weight=[1, 0]).dtype == np.float32
    np.testing.assert_array_equal(loss.value(y_true, y_pred, sample_weight=[1, 0])[1], [0, 0, 0])
    out = np.empty((3, 2), np.float32).T
    assert loss.grad(y_true, y_pred, out=out) is out
    np.testing.assert_array_equal(out, loss.grad(y_true, y_pred))
    with pytest.raises(ValueError, match=r"\(2, 3\).*\(2, 1\)|\(2, 1\).*\(2, 3\)"):
        loss.value(y_true, y_pred[:, :1])


def test_arithmetic():
    combined = 0.5 * Cauchy(scale=3) - MSE()
    assert repr(combined) == "0.5 * Cauchy(scale=3.0) - MSE()"
    y_true, y_pred = [1.0, 2.0], [2.0, 5.0]
    assert combined.value(y_true, y_pred) == pytest.approx(
        0.5 * Cauchy(scale=3).value(y_true, y_pred) - MSE().value(y_true, y_pred), rel=1e-15
    )


# --------------------------------------------------------------------------------------------- hooks


def test_a_missing_hook_is_named():
    @dataclass(frozen=True, kw_only=True)
    class Empty(ResidualLoss):
        pass

    with pytest.raises(NotImplementedError, match=r"Cauchy.*second_derivative"):
        Cauchy().hess([0.0], [1.0])
    with pytest.raises(NotImplementedError, match=r"Cauchy.*second_derivative"):
        (MSE() + 2 * Cauchy()).hess([0.0], [1.0])
    with pytest.raises(NotImplementedError, match=r"Empty.*formula"):
        Empty().value([0.0], [1.0])
    with pytest.raises(NotImplementedError, match=r"Empty.*derivative"):
        Empty().grad([0.0], [1.0])


def test_each_method_asks_for_no_more_than_it_needs():
    asked = []

    class Spy(ResidualLoss):
        def formula(self, r):
            asked.append("formula")
            return r * r

        def derivative(self, r):
            asked.append("derivative")
            return 2 * r

        def second_derivative(self, r):
            asked.append("second_derivative")
            return np.full_like(r, 2)

    for method, hooks in [
        ("value", ["formula"]),
        ("grad", ["derivative"]),
        ("hess", ["second_derivative"]),
        ("value_and_grad", ["formula", "derivative"]),
    ]:
        asked.clear()
        getattr(Spy(), method)([0.0], [1.0])
        assert asked == hooks


def test_shared_work_is_done_once():
    calls = []

    class Shared(LogCosh):
        def formula_and_derivative(self, r):
            calls.append(len(r))
            return super().formula_and_derivative(r)

    Shared().value_and_grad([0.0, 1.0], [1.0, 1.0])
    assert calls == [2]


@pytest.mark.parametrize("shape", [(0,), (2,), (3, 1), (1, 3)])
def test_a_result_of_the_wrong_shape_is_an_error(shape):
    class Wrong(ResidualLoss):
        def formula(self, r):
            return np.zeros(shape)

        derivative = second_derivative = formula

    for method in ("value", "grad", "hess", "value_and_grad"):
        with pytest.raises(ValueError, match=r"(formula|derivative).*shape"):
            getattr(Wrong(), method)([0.0] * 3, [1.0] * 3)


@pytest.mark.parametrize("scalar", [2, 2.0, np.float32(2), np.array(2.0)], ids=repr)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_scalar_stands_for_every_sample(scalar, dtype):
    class Constant(ResidualLoss):
        def formula(self, r):
            return scalar

        derivative = second_derivative = formula

    y = np.zeros(3, dtype)
    loss = Constant(reduction="none")
    for result in (loss.value(y, y), loss.grad(y, y), loss.hess(y, y)):
        np.testing.assert_array_equal(result, np.full(3, 2, dtype))
        assert result.dtype == dtype
    assert Constant().value(y, y, sample_weight=[1, 2, 0]) == 2.0
    np.testing.assert_array_equal(Constant().grad(y, y, sample_weight=[1, 3, 0]), [0.5, 1.5, 0])


@pytest.mark.parametrize("result", [np.float64, np.float32, np.float16, np.int64, bool])
def test_what_dtype_a_hook_returns_does_not_matter(result):
    class Step(ResidualLoss):
        def formula(self, r):
            return (r > 0).astype(result)

        derivative = second_derivative = formula

    y, p = np.zeros(3, np.float32), np.array([-1, 0, 1], np.float32)
    for array in (Step(reduction="none").value(y, p), Step(reduction="none").grad(y, p), Step().hess(y, p)):
        assert array.dtype == np.float32
    assert Step().value(y, p) == pytest.approx(1 / 3)
    np.testing.assert_array_equal(Step(reduction="none").grad(y, p), [0, 0, 1])


@pytest.mark.parametrize("base", [ElementwiseLoss, ResidualLoss])
def test_a_hook_cannot_damage_the_inputs(base):
    class Careless(base):
        def formula(self, *arguments):
            for argument in arguments:
                argument *= 2
            return arguments[0]

        derivative = second_derivative = formula

    y_true, y_pred = np.array([1.0, 2.0]), np.array([3.0, 5.0])
    for method in ("value", "grad", "hess", "value_and_grad"):
        with pytest.raises(ValueError, match="read-only"):
            getattr(Careless(), method)(y_true, y_pred)
    np.testing.assert_array_equal(y_true, [1.0, 2.0])
    np.testing.assert_array_equal(y_pred, [3.0, 5.0])
    assert y_true.flags.writeable
    assert y_pred.flags.writeable


def test_a_hook_may_return_its_argument():
    class Difference(ElementwiseLoss):
        def formula(self, y, p):
            return p

        def derivative(self, y, p):
            return y

    y_true, y_pred = np.array([1.0, 2.0]), np.array([3.0, 5.0])
    value, grad = Difference(reduction="none").value_and_grad(y_true, y_pred, out=y_pred)
    np.testing.assert_array_equal(value, [3.0, 5.0])
    assert grad is y_pred
    np.testing.assert_array_equal(grad, y_true)
    value[0] = 7.0
    np.testing.assert_array_equal(y_true, [1.0, 2.0])


def test_hooks_see_one_axis_of_one_dtype():
    seen = []

    class Spy(ElementwiseLoss):
        def formula(self, y, p):
            seen.append((y.ndim, p.ndim, y.shape == p.shape, y.dtype, p.dtype))
            return p - y

    for shape in [(), (3,), (2, 3), (2, 1, 3), (300_000,)]:
        for dtype in (np.float16, np.float32, np.float64, np.int8):
            Spy().value(np.zeros(shape, np.int64), np.zeros(shape, dtype))
            expected = {np.float16: np.float32, np.int8: np.float64}.get(dtype, dtype)
            assert set(seen) == {(1, 1, True, np.dtype(expected), np.dtype(expected))}
            seen.clear()


# --------------------------------------------------------------------------------------------- the built-in losses


@pytest.mark.parametrize("cls", [MSE, MAE, Huber, Asymmetric, losses.BinaryCrossEntropy])
def test_the_built_in_losses_use_just_these_hooks(cls):
    """No method of the base class but the hooks (and the domains of arguments) is overridden."""
    hooks = {"formula", "derivative", "second_derivative", "formula_and_derivative", "domains"}
    machinery = {
        name
        for base in cls.__mro__[1:-1]
        for name, member in vars(base).items()
        if callable(member) and not name.startswith("__")
    }
    assert {name for name in vars(cls) if name in machinery} <= hooks


def test_a_new_loss_needs_no_exact_formula():
    assert exact.knows(MSE() + Huber())
    assert not exact.knows(MSE() + Cauchy())


@pytest.mark.parametrize("case", OWN, ids=str)
def test_own_losses_work_on_any_problem(case):
    for method in ("value", "grad", "value_and_grad"):
        call(case.loss, method, typical(case, 100_000))

"""A user's own loss: what comes with it, and what its hooks may do. The laws are run over `OWN` in test_laws."""

import dataclasses
import pickle
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

import exact
import losses
from losses import MAE, MSE, Asymmetric, ElementwiseLoss, Huber, ResidualLoss
from losses._loss.samplewise import SampleLoss
from losses._loss.signature import Signature
from own_losses import OWN, Cauchy, LogCosh, Logistic, ThreeArrays
from problems import flatten, typical
from registry import call

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
@pytest.mark.parametrize("n", [1, 3])
def test_a_scalar_does_not_stand_for_every_sample(scalar, dtype, n):
    """It is a mean, most likely, which weights and reductions would spoil."""

    class Constant(ResidualLoss):
        def formula(self, r):
            return scalar

        derivative = second_derivative = formula

    y = np.zeros(n, dtype)
    for reduction in ("mean", "sum", "none"):
        for method in ("value", "grad", "hess", "value_and_grad"):
            with pytest.raises(ValueError, match=r"must return one number for each sample, and reduce nothing"):
                getattr(Constant(reduction=reduction), method)(y, y)


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
    weighted = [Asymmetric(shortfall_weight=3, base=Careless())] if base is ResidualLoss else []
    for loss in [Careless(), *weighted]:
        for method in ("value", "grad", "hess", "value_and_grad"):
            with pytest.raises(ValueError, match="read-only"):
                getattr(loss, method)(y_true, y_pred)
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
    hooks = {"formula", "derivative", "second_derivative", "formula_and_derivative", "domains", "factors"}
    hooks |= {"curvature_formula", "derivative_and_curvature", "best_constant", "_best_constant", "_link"}
    hooks |= {"slope", "_admit"}  # of MSE, and of a pos_weight for each label
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
    n = 100_000 if case.unit == "element" else 1_000
    for method in case.methods:
        assert all(np.isfinite(part).all() for part in flatten(call(case.loss, method, typical(case, n))))


# --------------------------------------------------------------------------------------------- several predictions


def test_three_predictions_have_derivatives_of_their_own_shapes():
    rng = np.random.default_rng(0)
    anchor, matrix, extra = rng.normal(size=5), rng.normal(size=(5, 2, 3)).astype(np.float32), rng.normal(size=(5, 4))
    grads = ThreeArrays().grad(anchor, matrix, extra)
    assert [(grad.shape, grad.dtype) for grad in grads] == [(a.shape, a.dtype) for a in (anchor, matrix, extra)]
    each = ThreeArrays(reduction="none").value(anchor, matrix, extra, tilt=anchor)
    assert each.shape == (5,)
    by_axes = [array.reshape(5, 1, *array.shape[1:]) for array in (anchor, matrix, extra)]
    assert ThreeArrays(reduction="none").value(*by_axes, tilt=by_axes[0]).tolist() == each[:, np.newaxis].tolist()


@pytest.mark.parametrize(
    ("name", "shape", "says"),
    [
        ("anchor", (4,), r"anchor has shape \(4,\) but extra has shape \(5, 4\); for samples of shape \(5,\)"),
        ("matrix", (5, 6), r"matrix has shape \(5, 6\).*\(5, row, column\)"),
        ("matrix", (5,), r"matrix has shape \(5,\), but its last axes must hold: row, column"),
        ("extra", (6, 4), r"anchor has shape \(5,\) but extra has shape \(6, 4\)"),
        ("tilt", (5, 1), r"tilt has shape \(5, 1\) but extra has shape \(5, 4\)"),
    ],
)
def test_arrays_that_do_not_fit_together_are_named(name, shape, says):
    arrays = {"anchor": np.ones(5), "matrix": np.ones((5, 2, 3)), "extra": np.ones((5, 4)), "tilt": np.ones(5)}
    with pytest.raises(ValueError, match=f"^{says}"):
        ThreeArrays().value(**{**arrays, name: np.ones(shape)})


@pytest.mark.parametrize("returned", [None, 1.0, (1.0, 2.0), [1.0, 2.0, 3.0]])
def test_a_hook_must_return_a_tuple_of_derivatives(returned):
    wrong = type("Wrong", (ThreeArrays,), {"derivative": lambda self, *arrays: returned})
    with pytest.raises(TypeError, match="derivative must return a tuple of 3 arrays, for anchor, matrix, extra"):
        wrong().grad(np.ones(2), np.ones((2, 1, 1)), np.ones((2, 1)))


def test_axes_of_one_name_have_one_length():
    class Dot(SampleLoss, signature=Signature(("a", "b"), predictions=("a", "b"))):
        core: ClassVar = {"a": ("feature",), "b": ("feature",)}

        def formula(self, a, b):
            return (a * b).sum(axis=1)

        def derivative(self, a, b):
            return b, a

    by_a, by_b = Dot(reduction="sum").grad(np.eye(3), np.ones((3, 3)))
    assert (by_a == 1).all()
    np.testing.assert_array_equal(by_b, np.eye(3))
    with pytest.raises(ValueError, match=r"^b has shape \(3, 2\) but a has shape \(3, 3\); their axes of features"):
        Dot().value(np.eye(3), np.ones((3, 2)))

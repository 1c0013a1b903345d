"""What is particular to the preference losses; the laws that they share with the others are run through the registry.

That they are their papers' formulas, in exact arithmetic, is tested with all the losses in test_accuracy.
"""

import dataclasses
import inspect
import math
import re
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import losses
from exact import beyond_tangent, exactly, expm1, log1p, sigmoid, softplus
from losses import DPO, IPO, KTO, MSE, ORPO, BradleyTerry, KLPenalty, PPOClip, SimPO, perplexity
from losses._walk.blocks import BLOCK
from registry import CASES

PAIR_CASES = [
    case
    for case in CASES
    if case.loss.signature.positional == ("chosen", "rejected") and not isinstance(case.loss, ORPO)
]
each_pair_case = pytest.mark.parametrize("case", PAIR_CASES, ids=str)
WIDER = [np.longdouble] if np.finfo(np.longdouble).eps < np.finfo(np.float64).eps else []
DTYPES = [np.float32, np.float64, *WIDER]
each_dtype = pytest.mark.parametrize("dtype", DTYPES, ids=lambda dtype: dtype.__name__)


def pairs_of(case, n, dtype=np.float64, seed=0):
    """Return chosen, rejected and the loss's further arrays."""
    rng = np.random.default_rng(seed)
    chosen, rejected = rng.normal(0, 2, (2, n)).astype(dtype)
    return chosen, rejected, {name: rng.uniform(0, 3, n).astype(dtype) for name in case.names[2:]}


# --------------------------------------------------------------------------------------------- values


@pytest.mark.parametrize("lead", [20.0, 40.0, 300.0, 700.0])
def test_confident_pairs_keep_their_relative_precision(lead):
    value, (by_chosen, by_rejected) = BradleyTerry(reduction="none").value_and_grad([lead], [0.0])
    assert value[0] == pytest.approx(math.exp(-lead), rel=1e-8 if lead == 20 else 1e-13)
    assert by_rejected[0] == pytest.approx(math.exp(-lead), rel=1e-8 if lead == 20 else 1e-13)
    assert by_chosen[0] == -by_rejected[0]
    wrong = BradleyTerry().value_and_grad([0.0], [lead])
    assert wrong[0] == pytest.approx(lead, rel=1e-8)
    assert wrong[1][0][0] == pytest.approx(-1, rel=1e-8)


def test_a_small_step_away_from_the_reference_is_not_lost():
    """In the papers' order, (c - r) - (ref_c - ref_r), float32 would round 1e-5 to 0 here."""
    ref_chosen, ref_rejected = np.array([-1.0], np.float32), np.array([-300.0], np.float32)
    chosen = np.nextafter(ref_chosen, np.float32(0))
    step = float(chosen[0]) - float(ref_chosen[0])
    assert (chosen - ref_rejected) - (ref_chosen - ref_rejected) == 0
    references = {"ref_chosen": ref_chosen, "ref_rejected": ref_rejected}
    far = 0.5 / 0.1
    moved = IPO(reduction="sum").grad(chosen, ref_rejected, **references)[0][0]
    assert DPO(beta=1e7).value(chosen, ref_rejected, **references) == pytest.approx(math.log1p(math.exp(-1e7 * step)))
    assert moved == np.float32(2) * (np.float32(step) - np.float32(far))


def test_relations_between_the_losses():
    rng = np.random.default_rng(0)
    c, r, ref_c, ref_r = rng.normal(0, 3, (4, 20))
    nothing = {"ref_chosen": np.zeros(20), "ref_rejected": np.zeros(20)}
    reference = {"ref_chosen": ref_c, "ref_rejected": ref_r}
    assert DPO(beta=1).value(c, r, **nothing) == BradleyTerry().value(c, r)
    assert SimPO(beta=1, gamma=0).value(c, r) == BradleyTerry().value(c, r)
    assert SimPO(beta=1, gamma=2).value(c, r) == pytest.approx(BradleyTerry().value(c, r, margin=np.full(20, 2.0)))
    assert DPO(beta=0.5).value(c, r, **reference) == pytest.approx(
        BradleyTerry().value((c - ref_c) / 2, (r - ref_r) / 2)
    )
    turned = {"ref_chosen": ref_r, "ref_rejected": ref_c}
    mixed = 0.75 * DPO().value(c, r, **reference) + 0.25 * DPO().value(r, c, **turned)
    assert DPO(label_smoothing=0.25).value(c, r, **reference) == pytest.approx(mixed)
    for none in (None, 0 * c):
        assert BradleyTerry().value(c, r, margin=none) == BradleyTerry().value(c, r)


def test_where_the_answers_have_probability_zero():
    references = {"ref_chosen": np.zeros(5), "ref_rejected": np.zeros(5)}
    c, r = np.array([-np.inf, 0, -np.inf, np.nan, np.inf]), np.array([0, -np.inf, -np.inf, 0, 0])
    for loss, by_step in ((DPO(beta=0.5), 0.5), (DPO(beta=0.5, label_smoothing=0.25), 0.5)):
        loss = dataclasses.replace(loss, reduction="none")
        smoothing = loss.label_smoothing
        value, (by_c, by_r) = loss.value_and_grad(c, r, **references)
        easy = np.inf if smoothing else 0.0
        np.testing.assert_array_equal(value, [np.inf, easy, np.nan, np.nan, easy])
        expected = [-by_step * (1 - smoothing), by_step * smoothing, np.nan, np.nan, by_step * smoothing]
        np.testing.assert_array_equal(by_c, expected)
        np.testing.assert_array_equal(by_r, -by_c)
        np.testing.assert_array_equal(loss.hess(c, r, **references)[0], [0, 0, np.nan, np.nan, 0])


# --------------------------------------------------------------------------------------------- pairs of results


@each_pair_case
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_the_gradients_are_opposite_and_the_hessians_equal(case, reduction):
    chosen, rejected, keywords = pairs_of(case, 50)
    weight = np.arange(50) % 3
    loss = case.with_reduction(reduction)
    by_chosen, by_rejected = loss.grad(chosen, rejected, sample_weight=weight, **keywords)
    np.testing.assert_array_equal(by_rejected, -by_chosen)
    assert not np.signbit(by_rejected[weight == 0]).any()
    twice = loss.hess(chosen, rejected, sample_weight=weight, **keywords)
    np.testing.assert_array_equal(*twice)


@each_pair_case
@pytest.mark.parametrize("of_chosen", ["f2", "f4", ">f8", "i4", "?"])
@pytest.mark.parametrize("of_rejected", ["f2", "f4", "f8", "u1"])
def test_each_gradient_has_its_own_arguments_dtype(case, of_chosen, of_rejected):
    """And all is computed in the wider one of them."""
    chosen, rejected, keywords = pairs_of(case, 20)
    chosen, rejected = np.abs(chosen).astype(of_chosen), np.abs(rejected).astype(of_rejected)
    own = [a.dtype.newbyteorder("=") if a.dtype.kind == "f" else np.dtype(np.float64) for a in (chosen, rejected)]
    loss = case.with_reduction("none")
    value, grads = loss.value_and_grad(chosen, rejected, **keywords)
    assert type(grads) is tuple
    assert [grad.dtype for grad in grads] == own
    assert value.dtype == np.result_type(*own)
    computed = np.result_type(np.float32, *own)
    wide = loss.value_and_grad(chosen.astype(computed), rejected.astype(computed), **keywords)
    np.testing.assert_array_equal(value, wide[0].astype(value.dtype))
    for grad, expected in zip(grads, wide[1], strict=True):
        np.testing.assert_array_equal(grad, expected.astype(grad.dtype))


@each_pair_case
@pytest.mark.parametrize("shape", [(), (0,), (7,), (2, 3), (2, BLOCK)], ids=str)
def test_out_may_be_the_arguments_themselves(case, shape):
    chosen, rejected, keywords = pairs_of(case, math.prod(shape))
    chosen, rejected = chosen.reshape(shape).astype(np.float32), rejected.reshape(shape)
    keywords = {name: array.reshape(shape) for name, array in keywords.items()}
    loss = case.with_reduction("sum")
    for method in ("grad", "hess", "value_and_grad"):
        expected = getattr(loss, method)(chosen, rejected, **keywords)
        mine = chosen.copy(), rejected.copy()
        found = getattr(loss, method)(*mine, **keywords, out=mine)
        if method == "value_and_grad":
            assert found[0] == expected[0]
            found, expected = found[1], expected[1]
        for a, b, c in zip(found, expected, mine, strict=True):
            assert a is c
            np.testing.assert_array_equal(a, b)


def test_one_of_the_outs_may_be_an_argument_and_a_list_serves():
    chosen, rejected = np.array([1.0, 2.0]), np.array([2.0, 0.0])
    expected = SimPO().grad(chosen, rejected)
    out = [np.empty(2), rejected]
    found = SimPO().grad(chosen, rejected, out=out)
    for a, b, c in zip(found, expected, out, strict=True):
        assert a is c
        np.testing.assert_array_equal(a, b)


def test_columns_of_one_array_do_not_overlap():
    both = np.arange(10.0).reshape(5, 2)
    expected = SimPO().grad(both[:, 0], both[:, 1])
    SimPO().grad(both[:, 0], both[:, 1], out=(both[:, 0], both[:, 1]))
    np.testing.assert_array_equal(both, np.column_stack(expected))


def overlapping():
    chosen, rejected, margin = np.arange(6.0), np.ones(6), np.full(6, 0.5)
    weight, scratch = np.ones(6), np.empty(11)
    yield (chosen, rejected, margin, weight), (rejected, chosen), "out[0] shares memory with rejected"
    yield (chosen, rejected, margin, weight), (chosen[::-1], np.empty(6)), "out[0] shares memory with chosen"
    yield (chosen, rejected, margin, weight), (np.empty(6), chosen), "out[1] shares memory with chosen"
    yield (chosen, rejected, margin, weight), (np.empty(6), margin), "out[1] shares memory with margin"
    yield (chosen, rejected, margin, weight), (weight, rejected), "out[0] shares memory with sample_weight"
    yield (chosen, rejected, margin, weight), (scratch[:6], scratch[5:]), "out[1] shares memory with out[0]"
    yield (chosen, rejected, margin, weight), (scratch[:6], scratch[:6]), "out[1] shares memory with out[0]"
    yield (chosen, chosen, margin, weight), (chosen, np.empty(6)), "out[0] shares memory with rejected"


@pytest.mark.parametrize("method", ["grad", "hess", "value_and_grad"])
@pytest.mark.parametrize("k", range(8))
def test_outs_overlap_nothing_else(method, k):
    (chosen, rejected, margin, weight), out, says = list(overlapping())[k]
    before = [array.copy() for array in (chosen, rejected, margin, weight)]
    with pytest.raises(ValueError, match=f"^{re.escape(says)};"):
        getattr(BradleyTerry(), method)(chosen, rejected, margin=margin, sample_weight=weight, out=out)
    for array, same in zip((chosen, rejected, margin, weight), before, strict=True):
        np.testing.assert_array_equal(array, same)


@pytest.mark.parametrize("method", ["grad", "hess", "value_and_grad"])
def test_out_is_a_pair_of_arrays_that_fit(method):
    chosen, rejected = np.ones(3), np.ones(3, np.float32)
    function = getattr(SimPO(), method)
    for out in (np.empty((2, 3)), np.empty(3), (np.empty(3),), (np.empty(3),) * 3, "ab ", 3.0):
        with pytest.raises(TypeError, match=r"^out must be a tuple of 2 arrays, one each for chosen, rejected"):
            function(chosen, rejected, out=out)
    for out, says in [
        ((np.empty(3), None), r"out\[1\] must be a NumPy array, got NoneType"),
        ((np.ma.zeros(3), np.empty(3)), r"out\[0\] must be a NumPy array, got MaskedArray"),
    ]:
        with pytest.raises(TypeError, match=says):
            function(chosen, rejected, out=out)
    locked = np.empty(3)
    locked.flags.writeable = False
    for out, says in [
        ((np.empty(3), np.empty(3)), r"out\[1\] has shape \(3,\) and dtype float64, .* \(3,\) and float32"),
        ((np.empty((3, 1)), np.empty(3, np.float32)), r"out\[0\] has shape \(3, 1\)"),
        ((locked, np.empty(3, np.float32)), r"out\[0\] is read-only"),
    ]:
        with pytest.raises(ValueError, match=says):
            function(chosen, rejected, out=out)


@pytest.mark.parametrize("method", ["grad", "hess", "value_and_grad"])
@pytest.mark.parametrize("which", ["both", "first", "second"])
def test_everything_is_checked_before_an_argument_is_overwritten(method, which):
    n = 3 * BLOCK
    chosen, rejected, margin = np.ones(n), np.zeros(n), np.zeros(n)
    margin[-1] = -1
    out = {"both": (chosen, rejected), "first": (chosen, np.empty(n)), "second": (np.empty(n), rejected)}[which]
    with pytest.raises(ValueError, match=rf"^margin\[{n - 1}\] is -1.0, but a margin must not be negative"):
        getattr(BradleyTerry(), method)(chosen, rejected, margin=margin, out=out)
    assert (chosen == 1).all()
    assert (rejected == 0).all()


# --------------------------------------------------------------------------------------------- arguments


def test_messages_name_the_arguments():
    with pytest.raises(
        ValueError, match=r"chosen has shape \(3,\) but rejected has shape \(3, 1\).*np\.ravel\(rejected\)"
    ):
        SimPO().value(np.ones(3), np.ones((3, 1)))
    with pytest.raises(ValueError, match=r"ref_rejected has shape \(2,\) but rejected has shape \(3,\)"):
        DPO().grad(np.ones(3), np.ones(3), ref_chosen=np.ones(3), ref_rejected=np.ones(2))
    with pytest.raises(ValueError, match=r"margin has shape \(\) but rejected has shape \(3,\)"):
        BradleyTerry().value(np.ones(3), np.ones(3), margin=1.0)
    with pytest.raises(ValueError, match=r"^rejected has no samples"):
        SimPO().value([], [])
    with pytest.raises(TypeError, match=r"^rejected must hold real numbers, got dtype complex128"):
        SimPO().value([1.0], [1j])
    with pytest.raises(TypeError, match=r"^ref_logp must hold real numbers"):
        KTO().value([1], [1.0], ref_logp=["a"])
    with pytest.raises(ValueError, match=r"old_logp has shape \(1,\) but logp has shape \(2,\)"):
        PPOClip().value([1, 2], [1.0, 2.0], old_logp=[1.0])


@pytest.mark.parametrize(
    ("loss", "given", "missing"),
    [
        (DPO(), {"ref_chosen": [1.0]}, "ref_rejected"),
        (DPO(), {"ref_rejected": [1.0], "ref_chosen": None}, "ref_chosen"),
        (IPO(), {}, "ref_chosen"),
        (KTO(), {"kl": 0.5}, "ref_logp"),
        (PPOClip(), {}, "old_logp"),
        (DPO() + 2 * SimPO(), {"ref_chosen": [1.0]}, "ref_rejected"),
    ],
    ids=repr,
)
def test_a_missing_array_is_named(loss, given, missing):
    for method in ("value", "grad", "hess", "value_and_grad", "__call__"):
        with pytest.raises(TypeError, match=f"needs the argument '{missing}'"):
            getattr(loss, method)([1.0], [1.0], **given)


@pytest.mark.parametrize(
    "loss", [BradleyTerry(), SimPO(), KTO(), PPOClip(), KLPenalty(), BradleyTerry() + SimPO()], ids=repr
)
def test_an_unknown_array_is_named(loss):
    for method in ("value", "grad", "hess", "value_and_grad", "__call__"):
        with pytest.raises(TypeError, match="ref_chosen"):
            getattr(loss, method)([1.0], [1.0], ref_chosen=[1.0])


def test_the_order_of_keywords_does_not_matter():
    rng = np.random.default_rng(0)
    c, r, a, b = rng.normal(size=(4, 9))
    assert DPO().value(c, r, ref_chosen=a, ref_rejected=b) == DPO().value(c, r, ref_rejected=b, ref_chosen=a)
    liked = c > 0
    assert KTO().value(liked, r, ref_logp=a, kl=b) == KTO().value(liked, r, kl=b, ref_logp=a)


@pytest.mark.parametrize("bad", [-1.0, -1e-300, math.nan, -math.inf])
def test_a_margin_is_not_negative(bad):
    with pytest.raises(ValueError, match=r"^margin\[0, 1\] is .*, but a margin must not be negative or NaN"):
        BradleyTerry().value(np.ones((2, 2)), np.ones((2, 2)), margin=[[0, bad], [bad, 0]])
    weight = [[1, 0], [0, 1]]
    assert BradleyTerry().value(np.ones((2, 2)), np.ones((2, 2)), margin=[[0, bad], [bad, 0]], sample_weight=weight)


@pytest.mark.parametrize("bad", [0.5, -1, 2, 1 + 1e-15, math.nan, math.inf])
def test_desirable_is_a_yes_or_no(bad):
    with pytest.raises(ValueError, match=r"^desirable\[1\] is .*, but desirable must be True or False, or exactly"):
        KTO().value([1.0, bad], [0.0, 0.0], ref_logp=[0.0, 0.0])


def test_desirable_may_be_bools_and_numbers():
    logp, ref = np.array([-1.0, -2.0, -3.0]), np.array([-2.0, -2.0, -2.0])
    expected = KTO().grad([True, False, True], logp, ref_logp=ref)
    for dtype in (bool, np.int8, np.uint64, np.float16, np.float64, np.longdouble):
        np.testing.assert_array_equal(KTO().grad(np.array([1, 0, 1], dtype), logp, ref_logp=ref), expected)
    assert (expected * [-1, 1, -1] > 0).all()  # up where it was liked


def test_kl_is_a_number_or_an_array():
    liked, logp, ref = np.array([[1, 0, 1], [0, 0, 1]]), np.full((2, 3), -1.0), np.zeros((2, 3))
    expected = KTO().grad(liked, logp, ref_logp=ref, kl=np.full((2, 3), 0.75))
    for kl in (0.75, np.float32(0.75), np.array(0.75)):
        np.testing.assert_array_equal(KTO().grad(liked, logp, ref_logp=ref, kl=kl), expected)
    zero = KTO().value(liked, logp, ref_logp=ref)
    assert zero == KTO().value(liked, logp, ref_logp=ref, kl=0) == KTO().value(liked, logp, ref_logp=ref, kl=None)
    for kl in ([0.75], np.ones(3), np.ones((2, 1))):
        with pytest.raises(ValueError, match="kl has shape"):
            KTO().value(liked, logp, ref_logp=ref, kl=kl)
    with pytest.raises(TypeError, match="kl must hold real numbers"):
        KTO().value(liked, logp, ref_logp=ref, kl="0.5")


# --------------------------------------------------------------------------------------------- sums


def test_sums_of_preference_losses():
    c, r = np.array([1.0, 2.0]), np.array([0.5, 3.0])
    references = {"ref_chosen": c / 2, "ref_rejected": r / 2}
    both = 0.5 * DPO() + 2 * BradleyTerry()
    expected = 0.5 * DPO().value(c, r, **references) + 2 * BradleyTerry().value(c, r, margin=c)
    assert both.value(chosen=c, rejected=r, margin=c, **references) == pytest.approx(expected)
    assert both(c, r, margin=c, **references) == both.value(c, r, margin=c, **references)
    found = both.value_and_grad(c, r, margin=c, **references)[1]
    mine = c.copy(), r.copy()
    assert both.grad(*mine, margin=c.copy(), out=mine, **references)[0] is mine[0]
    for k in (0, 1):
        one, other = DPO().grad(c, r, **references)[k], BradleyTerry().grad(c, r, margin=c)[k]
        np.testing.assert_allclose(found[k], 0.5 * one + 2 * other)
        np.testing.assert_array_equal(found[k], mine[k])
    assert repr(both) == "0.5 * DPO() + 2.0 * BradleyTerry()"
    assert sum([DPO(), IPO()]) == DPO() + IPO() != IPO() + DPO()


@pytest.mark.parametrize("operation", [lambda a, b: a + b, lambda a, b: b - a, lambda a, b: sum([a, a, 2 * b])])
def test_losses_of_different_arrays_are_not_added(operation):
    with pytest.raises(ValueError, match=r"^losses of different arrays, .* and .*, can't be added; ") as e:
        operation(DPO(), MSE())
    assert "(chosen, rejected)" in str(e.value)
    assert "(y_true, y_pred)" in str(e.value)
    with pytest.raises(ValueError, match=r"can't be added"):
        operation(PPOClip(), KLPenalty())


# --------------------------------------------------------------------------------------------- PPOClip

A, RATIO = 3.0, {"below": 0.5, "inside": 1.0, "above": 1.5}


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("where", RATIO)
def test_ppo_takes_the_smaller_objective(sign, where):
    """Schulman et al. 2017, eq. (7), with ε = 1/4; the cases of its figure 1."""
    ratio, advantage = RATIO[where], sign * A
    value, grad = PPOClip(epsilon=0.25).value_and_grad([advantage], [math.log(ratio)], old_logp=[0.0])
    assert value == pytest.approx(-min(ratio * advantage, np.clip(ratio, 0.75, 1.25) * advantage))
    clipped = (where, sign) in (("above", 1), ("below", -1))
    assert grad[0] == pytest.approx(0 if clipped else -ratio * advantage)
    assert PPOClip(epsilon=0.25).hess([advantage], [math.log(ratio)], old_logp=[0.0]) == grad


@pytest.mark.parametrize(("sign", "limit"), [(1, 1.25), (-1, 0.75)])
def test_at_a_boundary_of_the_clip_the_gradient_is_the_unclipped_one(sign, limit):
    """exp rounds, so the boundary is looked for among the ratios that it takes, and ε put there."""
    for logp in [*np.nextafter(math.log(limit), [-1, 1]).tolist(), math.log(limit)]:
        ratio = float(np.exp(np.array([logp]))[0])
        loss = PPOClip(epsilon=abs(ratio - 1))  # exact, since the ratio is within a factor of 2 of 1
        assert 1 + sign * loss.epsilon == ratio
        np.testing.assert_array_equal(loss.grad([sign * A], [logp], old_logp=[0.0]), [-ratio * sign * A])
        beyond = loss.grad([sign * A], [logp + sign * 1e-12], old_logp=[0.0])
        np.testing.assert_array_equal(beyond, [0.0])
        assert not np.signbit(beyond[0])


def test_ppo_where_the_ratio_overflows_or_vanishes():
    loss = PPOClip(reduction="none")
    advantages, logp = np.array([1.0, -1.0, 0.0, -0.0, 1.0, -1.0, 0.0, np.nan, 1.0]), np.zeros(9)
    old = np.array([-1e3, -1e3, -1e3, -1e3, 1e3, 1e3, -np.inf, 0, np.nan])
    value, grad = loss.value_and_grad(advantages, logp, old_logp=old)
    np.testing.assert_array_equal(value, [-1.2, np.inf, 0, 0, 0, 0.8, 0, np.nan, np.nan])
    np.testing.assert_array_equal(grad, [0, np.inf, 0, 0, 0, 0, 0, np.nan, np.nan])


@each_dtype
def test_ppo_is_accurate_for_large_ratios(dtype):
    """Within 8 eps also where the difference of the log-probabilities is rounded, which exp would magnify."""
    rng = np.random.default_rng(0)
    logp, old = rng.uniform(-40, 0, (2, 500)).astype(dtype)
    value, grad = PPOClip(reduction="none").value_and_grad(np.full(500, -1.0), logp, old_logp=old)
    lowest = 1 - exactly(0.2)
    for i in range(500):
        ratio = (exactly(logp[i]) - exactly(old[i])).exp()
        limited = max(ratio, lowest)
        assert abs(exactly(value[i]) - limited) <= 8 * exactly(np.finfo(dtype).eps) * limited
        assert grad[i] == (value[i] if ratio > lowest else 0)


# --------------------------------------------------------------------------------------------- KLPenalty


def magnitudes(dtype):
    """Differences of every size, with many where the form of the formula changes, and both signs."""
    low = int(np.log10(np.finfo(dtype).tiny)) // 2 + 1
    sizes = np.concatenate([np.logspace(low, 1.9, 300, dtype=dtype), np.linspace(0.4, 3, 300, dtype=dtype)])
    around = [np.nextafter(dtype(1), dtype(0)), dtype(1), np.nextafter(dtype(1), dtype(2)), dtype(20.5)]
    return np.concatenate([sizes, around, -sizes, np.negative(around)]).astype(dtype)


@each_dtype
@pytest.mark.parametrize("base", [0.0, -2.0, -37.7])
def test_the_penalty_is_accurate_to_8_eps(dtype, base):
    ref_logp = magnitudes(dtype)
    logp = np.full_like(ref_logp, base)
    if base:
        ref_logp = ref_logp + dtype(base)
    loss, eps = KLPenalty(reduction="none"), exactly(np.finfo(dtype).eps)
    value, grad = loss.value_and_grad(ref_logp, logp)
    hess = loss.hess(ref_logp, logp)
    assert (value >= 0).all()
    for i in range(len(ref_logp)):
        u = exactly(ref_logp[i]) - exactly(logp[i])
        for actual, expected in ((value[i], beyond_tangent(u)), (grad[i], -expm1(u)), (hess[i], u.exp())):
            assert abs(exactly(actual) - expected) <= 8 * eps * abs(expected), u


NUMBERS = st.floats(-1e300, 1e300) | st.floats(-1e3, 1e3)


@example(ref_logp=2.0**53 + 4, logp=1.0)  # of this difference rounding cuts off 1
@example(ref_logp=1.0, logp=2.0**53 + 4)
@given(ref_logp=NUMBERS, logp=NUMBERS)
def test_the_penalty_is_never_negative(ref_logp, logp):
    assert KLPenalty().value(ref_logp, logp) >= 0
    assert not math.isnan(KLPenalty().grad(ref_logp, logp))
    assert PPOClip().value(-1.0, ref_logp, old_logp=logp) >= 0.8


def test_the_penalty_at_infinities():
    value, grad = KLPenalty(reduction="none").value_and_grad(
        [np.inf, -np.inf, 0, 0, np.inf, 800.0, 0.0, 0.0], [0, 0, np.inf, -np.inf, np.inf, 0.0, np.nan, 0.0]
    )
    np.testing.assert_array_equal(value, [np.inf, np.inf, np.inf, np.inf, np.nan, np.inf, np.nan, 0])
    np.testing.assert_array_equal(grad, [-np.inf, 1, 1, -np.inf, np.nan, -np.inf, np.nan, 0])


def test_which_divergences_value_and_gradient_of_the_penalty_estimate():
    """Over samples of the policy, exactly: the value is KL(π‖π_ref), the gradient that of KL(π_ref‖π)."""
    rng = np.random.default_rng(0)
    logits, ref = rng.normal(0, 1, (2, 6))

    def log_softmax(x):
        return x - np.log(np.exp(x).sum())

    ref_logp, logp = log_softmax(ref), log_softmax(logits)
    policy, reference = np.exp(logp), np.exp(ref_logp)
    value, slope = KLPenalty(reduction="sum").value_and_grad(ref_logp, logp, sample_weight=policy)
    assert value == pytest.approx(policy @ (logp - ref_logp))
    by_logits = slope - policy * slope.sum()
    np.testing.assert_allclose(by_logits, policy - reference, atol=1e-15)  # ∇ of -Σ π_ref log π
    of_the_value = policy * (logp - ref_logp - value)
    assert np.abs(by_logits - of_the_value).max() > 0.01


# --------------------------------------------------------------------------------------------- the rest


def test_perplexity():
    assert perplexity(0.0) == 1.0
    assert type(perplexity(np.float32(1))) is float
    assert perplexity(math.log(7)) == pytest.approx(7)
    with np.errstate(all="raise"):
        assert perplexity(1e4) == math.inf
        assert perplexity(-1e4) == 0
        assert math.isnan(perplexity(math.nan))
        found = perplexity(np.array([[0.0, 1000.0]], np.float32))
    np.testing.assert_array_equal(found, np.array([[1, np.inf]], np.float32))
    assert found.dtype == np.float32
    np.testing.assert_allclose(perplexity([1, 2]), np.exp([1.0, 2.0]))
    with pytest.raises(TypeError, match="loss_value must hold real numbers"):
        perplexity("low")


def test_names_that_are_imported_later_are_there():
    assert set(losses.__all__) <= set(dir(losses))
    with pytest.raises(AttributeError, match="module 'losses' has no attribute 'DPO2'"):
        losses.DPO2  # noqa: B018
    for cls in (BradleyTerry, DPO, IPO, SimPO):
        assert list(inspect.signature(cls.value).parameters)[1:3] == ["chosen", "rejected"]


def test_exact_arithmetic_is_exact():
    assert abs(softplus(Decimal(-40)) - log1p(Decimal(-40).exp())) < Decimal("1e-60")


# --------------------------------------------------------------------------------------------- odds ratios

log_probabilities = st.floats(-30, 0, exclude_max=True) | st.floats(-1e4, -1e-30) | st.sampled_from([-1e-300, -0.5])


@pytest.mark.parametrize("beta", [0.1, 3.0])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@given(c=log_probabilities, r=log_probabilities, near=st.integers(-3, 3) | st.none())
def test_odds_ratios_exactly(beta, dtype, c, r, near):
    """Hong et al. 2024, eq. (6) and (7); also where the two answers are nearly equally probable."""
    least = np.finfo(dtype).smallest_normal
    c = np.minimum(np.array([c], dtype), -least)
    r = np.minimum(np.array([r], dtype), -least) if near is None else c * (1 + near * np.finfo(dtype).eps).astype(dtype)
    value, slopes = ORPO(beta=beta).value_and_grad(c, r)
    exact_c, exact_r, weight = exactly(c[0]), exactly(r[0]), exactly(beta)
    in_c, in_r = -expm1(exact_c), -expm1(exact_r)
    d = exact_c - in_c.ln() - exact_r + in_r.ln()
    condition = 8 * exactly(np.finfo(dtype).eps) * (2 + abs(exact_c - exact_r) + abs(d))
    slope = weight * sigmoid(-d)
    for found, terms in [
        (value, [-exact_c, weight * softplus(-d)]),
        (slopes[0][0], [Decimal(-1), -slope / in_c]),
        (slopes[1][0], [slope / in_r]),
    ]:
        if max(map(abs, terms)) < exactly(np.finfo(dtype).max) / 8:
            allowed = max(condition * max(map(abs, terms)), 16 * exactly(least) / min(in_c, in_r))
            assert abs(exactly(found) - sum(terms)) <= allowed, (c, r, found)


def test_odds_ratios_at_the_ends():
    value, (by_c, by_r) = ORPO(reduction="none").value_and_grad([-np.inf, -1.0], [-1.0, -np.inf])
    np.testing.assert_array_equal(value, [np.inf, 1.0])
    np.testing.assert_allclose(by_c, [-1.1, -1.0])
    np.testing.assert_allclose(by_r, [0.1 / -np.expm1(-1.0), 0.0])
    for arrays, name in [(([0.0], [-1.0]), "chosen"), (([-1.0], [0.5]), "rejected"), (([np.nan], [-1.0]), "chosen")]:
        with pytest.raises(ValueError, match=rf"{name}\[0\] is .* below 0; pass means per token"):
            ORPO().value(*arrays)


# --------------------------------------------------------------------------------------------- clipping, two bounds


def test_the_upper_bound_is_epsilon_high():
    loss, old = PPOClip(epsilon=0.2, epsilon_high=0.5, reduction="none"), np.zeros(4)
    logp = np.log([1.4, 1.6, 0.7, 0.9])
    np.testing.assert_allclose(loss.value([1.0, 1.0, -1.0, -1.0], logp, old_logp=old), [-1.4, -1.5, 0.8, 0.9])
    np.testing.assert_allclose(loss.grad([1.0, 1.0, -1.0, -1.0], logp, old_logp=old), [-1.4, 0, 0, 0.9])
    assert PPOClip(epsilon_high=3).epsilon_high == 3.0
    same = PPOClip(epsilon=0.3, epsilon_high=0.3).value([1.0, 2.0], [0.5, 0.1], old_logp=[0.0, 0.0])
    assert same == PPOClip(epsilon=0.3).value([1.0, 2.0], [0.5, 0.1], old_logp=[0.0, 0.0])


def test_weights_give_the_token_level_and_the_sequence_level_mean():
    """As the docstring says, for answers of 2 and 4 tokens in a padded array."""
    rng = np.random.default_rng(7)
    mask = np.arange(4) < np.array([[2], [4]])
    advantages, logp, old = np.repeat(rng.normal(size=(2, 1)), 4, axis=1), *rng.normal(0, 0.3, (2, 2, 4))
    answers = [
        PPOClip().value(a[m], p[m], old_logp=q[m]) for a, p, q, m in zip(advantages, logp, old, mask, strict=True)
    ]
    weight = mask / mask.sum(axis=1, keepdims=True)
    by_token = PPOClip().value(advantages, logp, old_logp=old, sample_weight=mask)
    by_answer = PPOClip().value(advantages, logp, old_logp=old, sample_weight=weight)
    assert by_token == pytest.approx((2 * answers[0] + 4 * answers[1]) / 6)
    assert by_answer == pytest.approx((answers[0] + answers[1]) / 2)

"""Survival losses: reference values, exact arithmetic, limits, constants, properties and messages."""

import decimal
import json
import math
import warnings
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from losses import AFT, Cox

EPS = np.finfo(np.float64).eps
KINDS = ("normal", "logistic", "extreme")
RECORDS = [
    record
    for record in json.loads((Path(__file__).parents[1] / "references" / "catalogue.json").read_text(encoding="utf-8"))
    if record["loss"] in ("AFT", "Cox")
]
exactly = decimal.Context(prec=150, Emax=decimal.MAX_EMAX, Emin=decimal.MIN_EMIN)

each_kind = pytest.mark.parametrize("kind", KINDS)
each_ties = pytest.mark.parametrize("ties", ["breslow", "efron"])


# --------------------------------------------------------------------------------------------- reference values


def numbers(values):
    return np.array(values, dtype=float)  # which reads "inf"


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: f"{record['loss']}{record['parameters']}")
def test_reference_values(record):
    """Of statsmodels, lifelines and XGBoost, to full precision; e^z is as exact as z, which is up to 700 here."""
    kind = {"AFT": AFT, "Cox": Cox}[record["loss"]]
    loss = kind(reduction=record["reduction"], **record["parameters"])
    arrays = {name: a if name == "qid" else numbers(a) for name, a in record["arrays"].items()}
    positional = [arrays.pop(name) for name in loss.signature.positional]
    for method in ("value", "grad", "hess"):
        found = getattr(loss, method)(*positional, sample_weight=record["sample_weight"], **arrays)
        tolerance = 1000 * EPS if method == "value" else 0  # terms of size 700 may cancel
        np.testing.assert_allclose(found, numbers(record[method]), rtol=800 * EPS, atol=tolerance)


# --------------------------------------------------------------------------------------------- AFT, exactly

PI = Decimal(
    "3.14159265358979323846264338327950288419716939937510582097494459230781640628620899862803482534211706798215"
)


def normal_tail(x):
    """Return the probability of a normal number above x ≥ 0: by the series of erf, or by a continued fraction."""
    density = (-x * x / 2).exp() / (2 * PI).sqrt()
    if x > 9:
        fraction = x
        for n in range(300, 0, -1):
            fraction = x + n / fraction
        return density / fraction
    term = total = x
    n = 1
    while abs(term) > Decimal("1e-130"):
        n += 2
        term *= x * x / n
        total += term
    return Decimal(1) / 2 - density * total


def above(kind, x):
    """Return 1 − F(x), the density and the density's derivative at x."""
    if kind == "normal":
        density = (-x * x / 2).exp() / (2 * PI).sqrt()
        tail = normal_tail(abs(x))
        return (tail if x >= 0 else 1 - tail), density, -x * density
    if kind == "logistic":
        tail = 1 / (1 + x.exp())
        density = tail * (x.exp() * tail)
        return tail, density, density * (2 * tail - 1)
    tail = (-x.exp()).exp()
    return tail, x.exp() * tail, x.exp() * tail * (1 - x.exp())


def exact_aft(kind, scale, lower, s, upper):
    """Return value, grad and hess of a sample, and how much the value varies with each end by itself."""
    with decimal.localcontext(exactly):
        scale, s = Decimal(scale), Decimal(s)
        ends = [None if t in (0, math.inf) else (Decimal(t).ln() - s) / scale for t in (lower, upper)]
        if lower == upper:
            _, density, slope = above(kind, ends[0])
            bend = {"normal": Decimal(1), "logistic": 2 * density, "extreme": ends[0].exp()}[kind]
            value = -density.ln() + (scale * Decimal(lower)).ln()
            return value, slope / density / scale, bend / scale / scale, abs(slope / density)
        if kind != "extreme" and (ends[0] is None or (ends[1] is not None and sum(ends) < 0)):  # the better tail
            ends, mirror = [None if x is None else -x for x in reversed(ends)], -1
        else:
            mirror = 1
        zero = (Decimal(0),) * 3
        tail_a, f_a, df_a = (Decimal(1), *zero[:2]) if ends[0] is None else above(kind, ends[0])
        tail_b, f_b, df_b = zero if ends[1] is None else above(kind, ends[1])
        mass = tail_a - tail_b
        slope = (f_b - f_a) / mass
        bend = slope * slope - (df_b - df_a) / mass
        return -mass.ln(), mirror * slope / scale, bend / scale / scale, (f_a + f_b) / mass


def check_aft(kind, scale, lower, s, upper, dtype=np.float64):
    """Compare with exact arithmetic: 16 eps of the largest terms, and what rounding z costs."""
    eps, tiny = float(np.finfo(dtype).eps), 4 * float(np.finfo(dtype).tiny)
    lower, s, upper = (float(dtype(x)) for x in (lower, s, upper))
    exact = [float(x) for x in exact_aft(kind, scale, lower, s, upper)]
    loss = AFT(distribution=kind, scale=scale, reduction="sum")
    arrays = [dtype([x]) for x in (lower, s)]
    found = [getattr(loss, m)(*arrays, upper=dtype([upper])) for m in ("value", "grad", "hess")]
    logs = [math.log(t) for t in (lower, upper) if 0 < t < math.inf]
    rounding = eps * (max(map(abs, logs), default=0) + abs(s)) / scale  # of z
    growth = max([1.0, *(abs(x - s) / scale for x in logs)]) if kind == "extreme" else 1.0
    terms = abs(exact[0]) + (abs(logs[0]) + abs(math.log(scale)) if lower == upper else 0)
    ends = exact[3] if upper - lower > lower or lower == upper else abs(exact[1]) * scale  # whose width is exact
    assert abs(float(found[0]) - exact[0]) <= (16 + growth) * eps * terms + ends * rounding + tiny
    largest = abs(exact[1]) + (1 / scale if kind != "normal" else 0)
    assert abs(float(found[1][0]) - exact[1]) <= (16 + growth) * eps * largest + exact[2] * scale * rounding + tiny
    curved = exact[2] if kind == "extreme" else max(exact[2], 1e-3 / scale**2)
    assert (
        abs(float(found[2][0]) - exact[2]) <= (64 + growth) * eps * curved + 4 * (exact[2] + largest) * rounding + tiny
    )


@each_kind
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("scale", [0.5, 1.0, 3.0])
def test_aft_in_exact_arithmetic(kind, scale, dtype):
    """Events and intervals, wide and narrow, up to 40 standard deviations out in both tails."""
    for z in (-40, -12.5, -5.25, -1, -1e-3, 0, 0.25, 2, 5.5, 13, 40):
        if kind == "extreme" and z > 5.5:  # beyond, nothing is left of e^z's digits in float32
            continue
        s = -z * scale
        for lower, upper in [
            *((1, 1), (1, math.inf), (0, 1), (1, 2), (0.5, 1), (1, 1.0625), (0.25, 4), (1, 1 + 2.0**-20)),
            *((3, 3), (3, 3 + 2.0**-20), (7, 9), (0.125, 1e6), (1, 1 + 4 * np.finfo(dtype).eps)),
        ]:
            check_aft(kind, scale, lower, s, upper, dtype)


@each_kind
@given(
    z=st.floats(-20, 5),
    width=st.floats(-15, 3),
    scale=st.sampled_from([0.25, 1.0, 2.0]),
    kept=st.sampled_from([(True, True), (True, False), (False, True)]),
)
def test_aft_at_any_point(kind, z, width, scale, kept):
    upper = 1 + 10.0**width
    if upper > 1:
        check_aft(kind, scale, 1.0 if kept[0] else 0.0, -z * scale, upper if kept[1] else math.inf)


@each_kind
def test_an_interval_that_shrinks_becomes_an_event(kind):
    """But for the logarithm of its width; also where the ends' logarithms are equal but for rounding."""
    s, t = np.linspace(-30, 5, 36), np.full(36, 5.0)
    upper = t * (1 + 2.0**-50)
    loss = AFT(distribution=kind, scale=1.5, reduction="none")
    shrunk = loss.value(t, s, upper=upper) + np.log((upper - t).astype(float))
    np.testing.assert_allclose(shrunk, loss.value(t, s), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(loss.grad(t, s, upper=upper), loss.grad(t, s), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(loss.hess(t, s, upper=upper), loss.hess(t, s), rtol=1e-9, atol=1e-12)


@each_kind
def test_aft_at_infinite_and_missing_predictions(kind):
    """The formula's limits: certain of what is so costs nothing, certain of what isn't, everything."""
    inf = math.inf
    loss = AFT(distribution=kind, reduction="none")
    lower, upper = np.array([2.0, 2.0, 0.0, 2.0, 0.0]), np.array([2.0, inf, 3.0, 3.0, inf])
    np.testing.assert_array_equal(loss.value(lower, np.full(5, inf), upper=upper), [inf, 0, inf, inf, 0])
    np.testing.assert_array_equal(loss.value(lower, np.full(5, -inf), upper=upper), [inf, inf, 0, inf, 0])
    for s in (inf, -inf):
        grad = loss.grad(lower, np.full(5, s), upper=upper)
        assert not np.isnan(grad).any()
        assert not (np.sign(grad) == -np.sign(s)).any()
        assert not np.isnan(loss.hess(lower, np.full(5, s), upper=upper)).any()
    for method in ("value", "grad", "hess"):
        assert np.isnan(getattr(loss, method)(lower[:4], np.full(4, np.nan), upper=upper[:4])[1:]).all()


@each_kind
def test_nothing_overflows_far_out(kind):
    lower, upper = np.array([1.0, 1.0, 0.0]), np.array([1.0, np.inf, 1.0])
    loss = AFT(distribution=kind, reduction="none")
    for s in (1e4, -1e4) if kind != "extreme" else (1e4, -700.0):
        for method in ("value", "grad", "hess", "curvature"):
            assert np.isfinite(getattr(loss, method)(lower, np.full(3, s), upper=upper)).all()
    assert np.isfinite(loss.value([1e-300, 1e-300], [0.0, 0.0], upper=[1e300, 1e-300])).all()


@each_kind
def test_what_is_shared_is_the_same_bit_for_bit(kind):
    rng = np.random.default_rng(0)
    lower = rng.choice([0.0, 0.5, 1.0, 2.0], 500)
    upper = np.maximum(rng.choice([1.0, 2.0, np.inf, 2.0625], 500), lower)
    s = rng.normal(0, 8, 500)
    loss = AFT(distribution=kind, scale=0.75)
    for both, one, two in (("value_and_grad", "value", "grad"), ("grad_and_curvature", "grad", "curvature")):
        for a, b in zip(getattr(loss, both)(lower, s, upper=upper), (one, two), strict=True):
            np.testing.assert_array_equal(a, getattr(loss, b)(lower, s, upper=upper))
    hess = loss.hess(lower, s, upper=upper)
    assert (hess >= 0).all()
    none = loss.with_reduction("none")
    np.testing.assert_array_equal(
        none.curvature(lower, s, upper=upper), np.maximum(none.hess(lower, s, upper=upper), EPS)
    )


# --------------------------------------------------------------------------------------------- AFT, properties


@each_kind
@pytest.mark.parametrize("upper", [None, [2.0, np.inf, 1.0, 5.0], [3.0, np.inf, 0.5, np.inf]])
def test_the_best_constant_is_the_best(kind, upper):
    lower = [2.0, 1.5, 0.5 if upper is None else 0.0, 0.75]
    weight = [1.0, 2.0, 0.5, 3.0]
    loss = AFT(distribution=kind, scale=0.5)
    arrays = {"sample_weight": weight, **({} if upper is None else {"upper": upper})}
    best = loss.best_constant(lower, **arrays)

    def at(s):
        return loss.value(lower, np.full(4, s), **arrays)

    assert all(at(best) <= at(best + step) for step in (-1, -1e-3, -1e-6, 1e-6, 1e-3, 1))
    assert abs(loss.grad(lower, np.full(4, best), **arrays).sum()) < 1e-12


def test_best_constants_with_a_closed_form():
    t = np.array([0.5, 3.0, 20.0])
    assert AFT(scale=2.0).best_constant(t, [1.0, 0.0, 3.0]) == pytest.approx(np.average(np.log(t), weights=[1, 0, 3]))
    weibull = AFT(distribution="extreme", scale=0.5).best_constant(t)
    assert weibull == pytest.approx(0.5 * math.log(np.mean(t**2)), rel=1e-12)
    assert AFT().best_constant([0.0], upper=[np.inf]) == 0.0
    assert AFT().inverse_link([math.log(3)]) == pytest.approx(3)
    assert Cox().best_constant([1.0, 2.0]) == 0.0
    assert Cox().inverse_link([0.0]) == 1.0


@pytest.mark.parametrize(
    ("lower", "upper", "weight", "says"),
    [
        ([1.0, 2.0], [np.inf, np.inf], None, "censored on the right.*\\+infinity"),
        ([0.0, 0.0], [1.0, 2.0], None, "censored on the left.*−infinity"),
        ([1.0, 2.0], [1.0, np.inf], [0, 1], "censored on the right"),
        ([1.0], [1.0], [0], "no sample of positive weight"),
    ],
)
def test_where_there_is_no_best_constant(lower, upper, weight, says):
    with pytest.raises(ValueError, match=says):
        AFT(reduction="sum").best_constant(lower, weight, upper=upper)


@each_kind
@given(data=st.data())
def test_properties_of_aft_hold(kind, data):
    """Convexity along a chord, and the bounds of slope and curvature, which are reached."""
    scale = data.draw(st.sampled_from([0.5, 2.0]))
    loss = AFT(distribution=kind, scale=scale, reduction="none")
    lower = data.draw(st.sampled_from([0.0, 0.5, 1.0]))
    upper = data.draw(st.sampled_from([1.0, 1.5, np.inf]))
    s, other = data.draw(st.floats(-30, 30)), data.draw(st.floats(-30, 30))
    points = np.array([s, (s + other) / 2, other])
    arguments = np.full(3, lower), points, np.full(3, upper)
    value = loss.value(*arguments[:2], upper=arguments[2])
    assert value[1] <= (value[0] + value[2]) / 2 + 1e-12 * np.abs(value).max()
    if loss.lipschitz is not None:
        assert (np.abs(loss.grad(*arguments[:2], upper=arguments[2])) <= loss.lipschitz * (1 + 4 * EPS)).all()
    if loss.smoothness is not None:
        assert (loss.hess(*arguments[:2], upper=arguments[2]) <= loss.smoothness * (1 + 4 * EPS)).all()
        assert loss.hess([1.0], [0.0])[0] == loss.smoothness


def test_what_the_properties_say():
    assert AFT(distribution="logistic", scale=2.0).lipschitz == 0.5
    assert (AFT().lipschitz, AFT(distribution="extreme").lipschitz) == (None, None)
    assert AFT(distribution="extreme").smoothness is None
    assert AFT().is_convex
    assert Cox().is_convex


# --------------------------------------------------------------------------------------------- AFT, messages


@pytest.mark.parametrize(
    ("lower", "upper", "says"),
    [
        ([1.0, 0.0], None, r"lower\[1\] is 0.0, but an event's time must be positive and finite.*upper="),
        ([1.0, np.inf], None, r"lower\[1\] is inf"),
        ([np.nan, 1.0], None, r"lower\[0\] is nan"),
        ([-1.0, 1.0], [2.0, 2.0], r"lower\[0\] is -1.0, but a time's lower end must be finite and not negative"),
        ([1.0, np.inf], [2.0, np.inf], r"lower\[1\] is inf"),
        ([0.0, 0.0], [2.0, 0.0], r"upper\[1\] is 0.0, but a time's upper end must be positive: an event at time 0"),
        ([1.0, 2.0], [2.0, 1.5], r"upper\[1\] is 1.5, but lower\[1\] is 2.0"),
        ([1.0, 2.0], [2.0, np.nan], r"upper\[1\] is nan"),
    ],
)
@pytest.mark.parametrize("weight", [None, [1.0, 1.0]])
def test_times_that_are_refused(lower, upper, says, weight):
    named = {} if upper is None else {"upper": upper}
    for method in ("value", "grad_and_curvature"):
        with pytest.raises(ValueError, match=says):
            getattr(AFT(), method)(lower, [0.0, 0.0], sample_weight=weight, **named)


def test_times_of_weight_zero_may_hold_anything():
    value = AFT().value([1.0, 2.0, -1.0], [0.0] * 3, upper=[1.0, 1.0, np.nan], sample_weight=[1, 0, 0])
    assert value == AFT().value([1.0], [0.0])


# --------------------------------------------------------------------------------------------- Cox, exactly


def exact_cox(time, risk, event, qid, weight, ties):
    """Return value, grad and hess of the sum over strata by the definition, with the sizes of their terms."""
    n = len(time)
    with decimal.localcontext(exactly):
        risk, weight = [Decimal(float(x)) for x in risk], [Decimal(float(x)) for x in weight]
        size = [w * s.exp() for w, s in zip(weight, risk, strict=True)]
        value, terms = Decimal(0), Decimal(0)
        grad, hess, seen = ([Decimal(0)] * n for _ in range(3))
        kept = [i for i in range(n) if weight[i] > 0]
        for t, q in {(time[i], qid[i]) for i in kept if event[i]}:
            tied = [i for i in kept if time[i] == t and qid[i] == q and event[i]]
            at_risk = [i for i in kept if time[i] >= t and qid[i] == q]
            v = sum(weight[i] for i in tied) / len(tied)
            for k in range(len(tied)):
                left = 1 - Decimal(k) / len(tied) if ties == "efron" else Decimal(1)
                own = {i: size[i] * (left if i in tied else 1) for i in at_risk}
                total = sum(own.values())
                value += v * total.ln()
                terms += v * abs(total.ln())
                for i in at_risk:
                    p = own[i] / total
                    grad[i] += v * p
                    hess[i] += v * p * (1 - p)
                    seen[i] += v
            for i in tied:
                value -= weight[i] * risk[i]
                terms += weight[i] * abs(risk[i])
                grad[i] -= weight[i]
        return value, terms, grad, hess, seen


RISKS = st.sampled_from([0.0, 1e4, -1e4, 30.0, -40.0, 1e-9, 9999.5, 700.0]) | st.floats(-3, 3)


@each_ties
@given(data=st.data())
def test_cox_in_exact_arithmetic(ties, data):
    """With ties, censoring, strata and weights, and risks that lie up to 2e4 apart."""
    n = data.draw(st.integers(1, 8))
    time = data.draw(st.lists(st.integers(0, 3), min_size=n, max_size=n))
    risk = data.draw(st.lists(RISKS, min_size=n, max_size=n))
    event = data.draw(st.lists(st.booleans(), min_size=n, max_size=n))
    qid = data.draw(st.lists(st.sampled_from([5, 2]), min_size=n, max_size=n))
    weight = data.draw(st.lists(st.sampled_from([1.0, 0.0, 0.25, 3.0, 1e-3]), min_size=n, max_size=n))
    value, terms, grad, hess, seen = exact_cox(time, risk, event, qid, weight, ties)
    loss = Cox(ties=ties, reduction="sum")
    arrays = {"event": event, "qid": qid, "sample_weight": weight}
    bound = (16 + 4 * math.log2(n)) * EPS
    assert abs(loss.value(time, risk, **arrays) - float(value)) <= bound * float(terms)
    for method, exact in (("grad", grad), ("hess", hess)):
        found = getattr(loss, method)(time, risk, **arrays)
        for a, b, scale in zip(found, exact, seen, strict=True):
            assert abs(a - float(b)) <= bound * float(scale)
    events = sum(w for w, e in zip(weight, event, strict=True) if e)
    mean = Cox(ties=ties).value(time, risk, **arrays)
    assert mean == pytest.approx(
        float(value) / events if events else 0, rel=1e-13, abs=bound * float(terms) / (events or 1)
    )


@each_ties
def test_a_risk_that_towers_above_the_others(ties):
    """Of an event that was to be expected, loss and derivatives keep their digits; so do sums without that risk."""
    loss = Cox(ties=ties, reduction="sum")
    tiny = math.exp(-40)
    for base in (0.0, 1e4, -1e4):
        time, risk = [1.0, 2.0, 3.0], [base, base - 40, base - 40]
        assert loss.value(time, risk, event=[1, 0, 0]) == pytest.approx(2 * tiny, rel=8 * EPS, abs=0)
        np.testing.assert_allclose(loss.grad(time, risk, event=[1, 0, 0]), [-2 * tiny, tiny, tiny], rtol=8 * EPS)
        np.testing.assert_allclose(loss.hess(time, risk, event=[1, 0, 0]), [2 * tiny, tiny, tiny], rtol=8 * EPS)
        assert loss.value([3.0, 2.0, 1.0], [0.0, 0.0, 1e4], event=[0, 1, 1]) == pytest.approx(math.log(2), rel=8 * EPS)


@each_ties
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.longdouble])
def test_other_dtypes(ties, dtype):
    """float16 and float32 are computed in float64, longdouble as it is."""
    rng = np.random.default_rng(3)
    time, event, qid = rng.integers(0, 20, 200), rng.random(200) < 0.5, rng.integers(0, 3, 200)
    risk = rng.normal(0, 2, 200).astype(dtype)
    loss = Cox(ties=ties)
    for method in ("grad", "hess", "curvature"):
        found = getattr(loss, method)(time, risk, event=event, qid=qid)
        exact = getattr(loss, method)(time, risk.astype(np.float64), event=event, qid=qid)
        assert found.dtype == dtype
        tolerance = 1e-13 if dtype is np.longdouble else 4 * np.finfo(dtype).eps
        small = 1e-16 if dtype is np.longdouble else float(np.finfo(dtype).tiny)
        np.testing.assert_allclose(found, exact, rtol=tolerance, atol=small)
    assert type(loss.value(time, risk, event=event)) is float


@each_ties
def test_many_items_take_few_roundings(ties):
    """A hundred thousand, in one stratum and in many, against sums in longdouble."""
    rng = np.random.default_rng(4)
    n = 100_000
    time, event, risk = rng.integers(0, 50_000, n), rng.random(n) < 0.4, rng.normal(0, 3, n)
    for qid in (np.zeros(n, int), rng.integers(0, n // 4, n)):
        loss = Cox(ties=ties, reduction="sum")
        exact = loss.value(time, risk.astype(np.longdouble), event=event, qid=qid)
        assert loss.value(time, risk, event=event, qid=qid) == pytest.approx(exact, rel=16 * EPS)
        exact = loss.grad(time, risk.astype(np.longdouble), event=event, qid=qid)
        largest = 1 + exact + event
        assert (np.abs(loss.grad(time, risk, event=event, qid=qid) - exact) <= 40 * EPS * largest).all()
        np.testing.assert_allclose(exact.sum(), 0, atol=1e-9)


# --------------------------------------------------------------------------------------------- Cox, laws and relations


def problem(n=60, seed=0):
    rng = np.random.default_rng(seed)
    arrays = {"event": rng.random(n) < 0.6, "qid": rng.choice(["b", "a", "c"], n)}
    return rng.integers(0, 12, n).astype(float), rng.normal(0, 1, n), arrays, rng.choice([0.5, 1.0, 2.0, 3.0], n)


def test_without_ties_both_forms_are_the_same():
    _, risk, arrays, weight = problem()
    time = np.random.default_rng(1).permutation(60)
    for method in ("value", "grad", "hess"):
        breslow, efron = (
            getattr(Cox(ties=t), method)(time, risk, sample_weight=weight, **arrays) for t in ("breslow", "efron")
        )
        np.testing.assert_allclose(breslow, efron, rtol=1e-14)


def test_two_tied_events_by_hand():
    """Efron: log(1 + e + e²) + log(1 + (e + e²)/2) − 3; Breslow: 2 log(1 + e + e²) − 3."""
    time, risk, event = [2.0, 1.0, 1.0], [0.0, 1.0, 2.0], [False, True, True]
    total, tied = 1 + math.e + math.e**2, math.e + math.e**2
    assert Cox(reduction="sum").value(time, risk, event=event) == pytest.approx(2 * math.log(total) - 3)
    efron = Cox(ties="efron", reduction="sum").value(time, risk, event=event)
    assert efron == pytest.approx(math.log(total) + math.log(1 + tied / 2) - 3)


@each_ties
def test_strata_are_apart_and_stand_in_order_of_appearance(ties):
    time, risk, arrays, weight = problem()
    event, qid = arrays["event"], arrays["qid"]
    each = Cox(ties=ties, reduction="none").value(time, risk, sample_weight=weight, **arrays)
    loss = Cox(ties=ties, reduction="sum")
    grad = loss.grad(time, risk, sample_weight=weight, **arrays)
    for k, name in enumerate(dict.fromkeys(qid)):
        own = qid == name
        alone = {"event": event[own], "sample_weight": weight[own]}
        assert each[k] == pytest.approx(loss.value(time[own], risk[own], **alone), rel=1e-14)
        np.testing.assert_allclose(grad[own], loss.grad(time[own], risk[own], **alone), rtol=1e-12, atol=1e-14)


@each_ties
@pytest.mark.parametrize("factor", [2.0**-1000, 3.0, 1e-200, 1e300])
def test_the_scale_of_the_weights_stands_in_the_logarithm(ties, factor):
    """Law 4 holds of the derivatives; the mean rises by the factor's logarithm."""
    time, risk, arrays, weight = problem()
    loss = Cox(ties=ties)
    before = loss.value(time, risk, sample_weight=weight, **arrays)
    assert loss.value(time, risk, sample_weight=factor * weight, **arrays) == pytest.approx(
        before + math.log(factor), rel=1e-14
    )
    for method in ("grad", "hess"):
        expected = getattr(loss, method)(time, risk, sample_weight=weight, **arrays)
        found = getattr(loss, method)(time, risk, sample_weight=factor * weight, **arrays)
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-16)


def test_a_weight_of_two_is_two_tied_events_for_breslow_alone():
    time, risk, twice = [1.0, 2.0], [0.5, 0.0], [1.0, 1.0, 2.0]
    for ties, same in (("breslow", True), ("efron", False)):
        loss = Cox(ties=ties)
        weighted, copies = loss.value(time, risk, sample_weight=[2, 1]), loss.value(twice, [0.5, 0.5, 0.0])
        assert (abs(weighted - copies) < 1e-14) == same


@each_ties
def test_items_of_weight_zero_are_left_out_before_ties_are_counted(ties):
    loss = Cox(ties=ties)
    found = loss.value([1.0, 1.0, 2.0, np.nan], [0.5, 9.0, 0.0, 1.0], event=[1, 1, 1, 7], sample_weight=[1, 0, 1, 0])
    assert found == loss.value([1.0, 2.0], [0.5, 0.0])
    empty = Cox(ties=ties, reduction="none").value([1.0, 2.0], [0.0, 0.0], qid=[3, 1], sample_weight=[0, 1])
    np.testing.assert_array_equal(empty, [0.0, 0.0])


@each_ties
def test_without_events_nothing_is_learnt(ties):
    time, risk = [1.0, 2.0], np.array([3.0, 4.0])
    for reduction in ("mean", "sum"):
        loss = Cox(ties=ties, reduction=reduction)
        assert loss.value(time, risk, event=[False, False]) == 0.0
        assert loss.value([], []) == 0.0
        assert not loss.grad(time, risk, event=[0, 0]).any()
        assert (loss.curvature(time, risk, event=[0, 0]) == EPS).all()
    assert Cox(ties=ties).grad([], []).shape == (0,)


@each_ties
def test_the_curvature_is_the_hessian_above_a_floor(ties):
    time, risk, arrays, weight = problem()
    risk[:20] = 1e4
    for reduction, scale in (("sum", 1.0), ("mean", weight[arrays["event"]].sum())):
        loss = Cox(ties=ties, reduction=reduction)
        hess = loss.hess(time, risk, sample_weight=weight, **arrays)
        grad, curvature = loss.grad_and_curvature(time, risk, sample_weight=weight, **arrays)
        assert (hess >= 0).all()
        assert (hess == 0).any()
        np.testing.assert_allclose(curvature, np.maximum(hess, EPS * weight / scale), rtol=4 * EPS)
        np.testing.assert_array_equal(grad, loss.grad(time, risk, sample_weight=weight, **arrays))


@each_ties
@given(data=st.data())
def test_cox_is_convex(ties, data):
    time, risk, arrays, weight = problem(n=8, seed=data.draw(st.integers(0, 50)))
    other = np.array(data.draw(st.lists(RISKS, min_size=8, max_size=8)))
    loss = Cox(ties=ties, reduction="sum")
    ends = [loss.value(time, r, sample_weight=weight, **arrays) for r in (risk, (risk + other) / 2, other)]
    assert ends[1] <= (ends[0] + ends[2]) / 2 + 1e-12 * max(map(abs, ends))


@each_ties
def test_infinite_and_missing_risks(ties):
    """A risk of −inf is none; what is +inf or NaN spoils the risk sets that it is in, and no other stratum."""
    loss = Cox(ties=ties, reduction="none")
    time, qid, event = [1.0, 2.0, 3.0, 1.0, 2.0], [0, 0, 0, 1, 1], [1, 1, 0, 1, 0]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        without = loss.value(time, [0.5, 0.0, -np.inf, 0.0, 0.0], qid=qid, event=event)
        assert without[0] == pytest.approx(math.log1p(math.exp(-0.5)))
        never = [-np.inf, 0.0, 0.0, 0.0, 0.0]
        assert loss.value(time, never, qid=qid, event=event)[0] == np.inf
        np.testing.assert_allclose(loss.grad(time, never, qid=qid, event=event)[:3], [-1.0, 0.0, 1.0])
        for bad in (np.nan, np.inf):
            spoilt = [0.0, bad, 0.0, 0.0, 0.0]
            value = loss.value(time, spoilt, qid=qid, event=event)
            assert np.isnan(value[0])
            assert value[1] == pytest.approx(math.log(2))
            np.testing.assert_array_equal(np.isnan(loss.grad(time, spoilt, qid=qid, event=event)), [1, 1, 1, 0, 0])
        assert np.isnan(Cox(ties=ties).value([1.0, 2.0], [-np.inf, -np.inf], event=[1, 0]))


def test_times_are_compared_as_they_were_passed():
    """Integers and float64 that float32 can't tell apart are no ties."""
    for time in (np.array([2**53 + 1, 2**53], np.int64), np.array([1 + 1e-12, 1.0]), np.array([255, 1], np.uint8)):
        found = Cox(reduction="sum").grad(time, np.zeros(2, np.float32))
        np.testing.assert_array_equal(found, np.array([0.5, -0.5], np.float32))


@each_ties
def test_parts_must_not_share_a_stratum(ties):
    time, risk, arrays, weight = problem()
    loss = Cox(ties=ties)
    parts = []
    for name in ("a", "b", "c"):
        own = arrays["qid"] == name
        named = {"event": arrays["event"][own], "qid": arrays["qid"][own]}
        parts.append(loss.partial(time[own], risk[own], sample_weight=weight[own], **named))
    whole = loss.value(time, risk, sample_weight=weight, **arrays)
    assert sum(parts).result() == pytest.approx(whole, rel=1e-14)
    assert sum(parts).denominator == weight[arrays["event"]].sum()
    with pytest.raises(ValueError, match="'a'"):
        parts[0] + parts[0]
    only = loss.partial(time, risk)
    with pytest.raises(ValueError, match="qid"):
        only + only


# --------------------------------------------------------------------------------------------- Cox, messages


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        ({"time": [1.0, np.nan]}, ValueError, r"time\[1\] is nan, but a time must be a number"),
        ({"event": [1, 2]}, ValueError, r"event\[1\] is 2, but an event must be True or False, or 1 or 0"),
        ({"event": [0.5, 1.0]}, ValueError, r"event\[0\] is 0.5"),
        ({"event": [1]}, ValueError, r"event has shape \(1,\) but risk has shape \(2,\)"),
        ({"time": [1.0]}, ValueError, r"time has shape \(1,\) but risk has shape \(2,\)"),
        ({"qid": [0]}, ValueError, r"qid has shape \(1,\) but risk has shape \(2,\)"),
        ({"qid": [0.0, 1.0]}, TypeError, "qid must hold integers, bools or strings"),
        ({"time": [[1.0], [2.0]], "risk": [[1.0], [2.0]]}, ValueError, r"risk has shape \(2, 1\).*np.ravel.*qid"),
        ({"sample_weight": [1.0, -1.0]}, ValueError, r"sample_weight\[1\] is -1.0"),
        ({"margin": [1.0, 1.0]}, TypeError, "'margin' is not an argument"),
    ],
)
def test_what_cox_refuses(arguments, error, says):
    given_arrays = {"time": [1.0, 2.0], "risk": [0.0, 0.0], **arguments}
    with pytest.raises(error, match=says):
        Cox().value(given_arrays.pop("time"), given_arrays.pop("risk"), **given_arrays)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Cox(ties="exact"), "ties must be one of 'breslow', 'efron', got 'exact'"),
        (lambda: AFT(distribution="gumbel"), "distribution must be one of 'normal', 'logistic', 'extreme'"),
        (lambda: AFT(scale=0), "scale must be positive and finite"),
    ],
)
def test_parameters_are_checked(make, says):
    with pytest.raises(ValueError, match=says):
        make()

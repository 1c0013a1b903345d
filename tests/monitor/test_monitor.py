"""The laws of `TrainingMonitor`; `test_monitor_runs` has what it says of real runs."""

import builtins
import json
import math
import sys
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from losses._trends import SHORTEST_TREND, trend
from losses.monitor import Diagnosis, TrainingMonitor
from problems import more

LOSS = st.floats()
FINITE = st.floats(allow_nan=False, allow_infinity=False)
NOT_FINITE = [math.nan, math.inf, -math.inf]


def monitor_of(train, validation=None, **parameters):
    monitor = TrainingMonitor(**parameters)
    for epoch, loss in enumerate(train):
        monitor.record(loss, None if validation is None else validation[epoch])
    return monitor


def diagnose(train, validation=None):
    return monitor_of(train, validation).diagnosis()


# --- best epoch and early stopping


@more
@given(st.lists(LOSS), st.booleans())
def test_the_best_epoch_is_the_first_least_finite_loss(losses, as_validation):
    monitor = monitor_of([1.0] * len(losses), losses) if as_validation else monitor_of(losses)
    finite = [loss for loss in losses if math.isfinite(loss)]
    if finite:
        assert monitor.best_value == min(finite)
        assert monitor.best_epoch == losses.index(min(finite))
    else:
        assert monitor.best_epoch is None
        assert monitor.best_value is None


@more
@given(
    st.lists(st.one_of(st.sampled_from([0.0, 0.5, 0.75, 1.0, 1.25, math.nan, math.inf]), LOSS), max_size=40),
    st.integers(1, 6),
    st.sampled_from([0.0, 0.25, 0.5, 3.0]),
)
def test_should_stop_agrees_with_counting(losses, patience, min_delta):
    monitor = TrainingMonitor(patience, min_delta)
    best, failures = math.inf, 0
    assert not monitor.should_stop
    for loss in losses:
        monitor.record(loss)
        improves = math.isfinite(loss) and loss < best - min_delta
        failures = 0 if improves else failures + 1
        if math.isfinite(loss):
            best = min(best, loss)
        assert monitor.should_stop is (failures >= patience)


def test_a_small_gain_is_the_best_but_no_improvement():
    monitor = monitor_of([1.0, 0.75, 0.5, 0.25], patience=3, min_delta=0.3)
    assert (monitor.best_epoch, monitor.best_value) == (3, 0.25)
    assert monitor.should_stop
    monitor.record(-0.25)
    assert not monitor.should_stop


@pytest.mark.parametrize("value", NOT_FINITE)
def test_a_loss_that_is_not_finite_neither_improves_nor_is_best(value):
    monitor = monitor_of([1.0, value, value], patience=2)
    assert (monitor.best_epoch, monitor.best_value) == (0, 1.0)
    assert monitor.should_stop
    assert monitor_of([value, 2.0], patience=1).best_epoch == 1
    assert not monitor_of([value, 2.0], patience=1).should_stop


# --- what is refused


@pytest.mark.parametrize("patience", [0, -1, 2.0, 2.5, True, "3", None, math.nan])
def test_patience_is_a_positive_integer(patience):
    with pytest.raises(ValueError, match=rf"patience .* not {patience!r}"):
        TrainingMonitor(patience=patience)


@pytest.mark.parametrize("min_delta", [-1e-9, math.nan, math.inf, "0", None, True, 1j])
def test_min_delta_is_finite_and_not_negative(min_delta):
    with pytest.raises(ValueError, match=r"min_delta .* not "):
        TrainingMonitor(min_delta=min_delta)


@pytest.mark.parametrize(
    "value", ["0.5", b"1", True, np.True_, 1j, np.complex128(1), [1.0], np.ones(1), np.ones(3), {}, object()]
)
def test_a_loss_is_a_real_number(value):
    monitor = TrainingMonitor()
    with pytest.raises(TypeError, match="train must be a real number"):
        monitor.record(value)
    with pytest.raises(TypeError, match="validation must be a real number"):
        monitor.record(1.0, validation=value)
    with pytest.raises(TypeError, match="train must be a real number, not None"):
        monitor.record(None)
    assert monitor.history["train"].size == 0


@pytest.mark.parametrize(
    "value", [2, np.int8(2), np.float16(2), np.longdouble(2), np.array(2.0), Fraction(2), Decimal(2)]
)
def test_any_real_number_is_a_loss(value):
    monitor = TrainingMonitor(patience=np.int64(3), min_delta=value)
    monitor.record(value, value)
    assert monitor.to_dict() == {"patience": 3, "min_delta": 2.0, "train": [2.0], "validation": [2.0]}


def test_validation_is_given_in_every_epoch_or_in_none():
    monitor = monitor_of([3.0, 2.0])
    with pytest.raises(ValueError, match=r"validation was not given .* given in epoch 2"):
        monitor.record(1.0, 1.0)
    assert monitor.history["train"].tolist() == [3.0, 2.0]
    monitor = monitor_of([3.0], [4.0])
    with pytest.raises(ValueError, match=r"validation was given .* missing in epoch 1"):
        monitor.record(1.0)
    assert monitor.history["train"].tolist() == [3.0]


# --- history, text, checkpoints, picture


def test_history_is_a_copy():
    monitor = monitor_of([3.0, 2.0], [5.0, 4.0])
    monitor.history["train"][:] = 0
    assert monitor.history["train"].tolist() == [3.0, 2.0]
    assert monitor.history["validation"].tolist() == [5.0, 4.0]
    assert monitor_of([3.0]).history["validation"].shape == (0,)
    assert TrainingMonitor().history["train"].dtype == np.float64


@more
@given(st.lists(st.tuples(LOSS, LOSS), max_size=20), st.booleans(), st.integers(1), st.floats(0, 1e300))
def test_a_checkpoint_restores_the_monitor_exactly(epochs, validated, patience, min_delta):
    monitor = TrainingMonitor(patience, min_delta)
    for train, validation in epochs:
        monitor.record(train, validation if validated else None)
    text = json.dumps(monitor.to_dict(), allow_nan=False)
    restored = TrainingMonitor.from_dict(json.loads(text))
    assert repr(restored) == repr(monitor)
    for name, losses in monitor.history.items():
        np.testing.assert_array_equal(restored.history[name], losses)
        negative = np.signbit(losses) & ~np.isnan(losses)  # among them -0.0, which equals 0.0
        np.testing.assert_array_equal(np.signbit(restored.history[name]) & ~np.isnan(losses), negative)
    assert restored.summary() == monitor.summary()
    assert restored.should_stop is monitor.should_stop


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"patience": 0}, "patience"),
        ({"train": [1.0, 2.0]}, "2 losses in train, but 1 in validation"),
        ({"train": []}, "0 losses in train, but 1 in validation"),
    ],
)
def test_a_broken_checkpoint_is_refused(change, message):
    state = monitor_of([1.0], [2.0]).to_dict()
    with pytest.raises(ValueError, match=message):
        TrainingMonitor.from_dict(state | change)
    for name in change:
        with pytest.raises(ValueError, match=rf"needs the entries \['{name}'\]"):
            TrainingMonitor.from_dict({key: value for key, value in state.items() if key != name})


def test_repr_evaluates_to_an_equal_monitor():
    assert repr(TrainingMonitor(3, 1)) == "TrainingMonitor(patience=3, min_delta=1.0)"


def test_the_summary_names_what_matters():
    summary = monitor_of([3.0, 2.0, math.nan], [3.0, 2.5, 2.75], patience=7).summary()
    assert summary.splitlines() == [
        "3 epochs",
        "train: first 3, last nan",
        "validation: first 3, last 2.75",
        "best validation: 2.5 in epoch 1",
        "epochs without improvement: 1 (patience 7)",
        f"DIVERGING: {Diagnosis.DIVERGING.sentence}",
    ]
    assert "0 epochs" in TrainingMonitor().summary()


def test_plot_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(ImportError, match=r"losses\[plot\]"):
        TrainingMonitor().plot()


def test_importing_the_monitor_does_not_import_matplotlib(monkeypatch):
    imported = []
    real_import = builtins.__import__
    monkeypatch.setattr(builtins, "__import__", lambda name, *rest: imported.append(name) or real_import(name, *rest))
    monkeypatch.delitem(sys.modules, "losses.monitor")
    import losses.monitor  # noqa: F401

    assert not [name for name in imported if name.startswith("matplotlib")]


def test_plot_draws_the_curves_and_the_best_epoch():
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    monitor = monitor_of([3.0, 2.0, 1.0, math.inf], [4.0, 3.0, 3.5, 3.25])
    ax = monitor.plot()
    assert monitor.plot(ax) is ax
    train, validation, best = ax.get_lines()[:3]
    np.testing.assert_array_equal(train.get_ydata(), [3.0, 2.0, 1.0, math.nan])
    np.testing.assert_array_equal(validation.get_ydata(), [4.0, 3.0, 3.5, 3.25])
    assert list(best.get_xdata()) == [1, 1]
    assert ax.get_title() == "DIVERGING"
    TrainingMonitor().plot(ax)
    matplotlib.pyplot.close("all")


# --- diagnosis


@more
@given(
    st.lists(st.tuples(FINITE, FINITE), max_size=30),
    st.integers(0),
    st.sampled_from(NOT_FINITE),
    st.booleans(),
)
def test_a_loss_that_is_not_finite_is_diverging_over_everything_else(epochs, at, value, in_validation):
    finite = (1.0, 1.0)
    epochs.insert(at % (len(epochs) + 1), (finite[0], value) if in_validation else (value, finite[1]))
    assert diagnose(*zip(*epochs, strict=True)) is Diagnosis.DIVERGING


@given(st.lists(st.tuples(FINITE, FINITE), max_size=4))
def test_fewer_than_five_epochs_are_too_few(epochs):
    train, validation = zip(*epochs, strict=True) if epochs else ((), ())
    assert diagnose(train, validation) is Diagnosis.TOO_FEW_EPOCHS


@given(st.lists(st.tuples(FINITE, FINITE), min_size=5, max_size=60))
def test_any_finite_run_has_a_diagnosis(epochs):
    assert diagnose(*zip(*epochs, strict=True)) not in (None, Diagnosis.TOO_FEW_EPOCHS)


def learning(n, noise):
    time = np.linspace(0, 1, n)
    return 0.2 + np.exp(-3 * time) + 0.02 * noise[0], 0.3 + np.exp(-3 * time) + 0.02 * noise[1]


def overfitting(n, noise):
    time = np.linspace(0, 1, n)
    train = np.exp(-4 * time)
    return train + 0.005 * noise[0], 0.8 + np.exp(-20 * time) + time + 0.01 * noise[1]


def plateau(n, noise):
    return 1 + 0.01 * noise[0], 1 + 0.01 * noise[1]


def diverging(n, noise):
    time = np.linspace(0, 1, n)
    return np.exp(2 * time) + 0.02 * noise[0], np.exp(2 * time) + 0.02 * noise[1]


def negative_learning(n, noise):
    return tuple(curve - 5 for curve in learning(n, noise))


CLEAR_CUT = [
    (learning, Diagnosis.LEARNING),
    (negative_learning, Diagnosis.LEARNING),
    (overfitting, Diagnosis.OVERFITTING),
    (plateau, Diagnosis.PLATEAU),
    (diverging, Diagnosis.DIVERGING),
]


def clear_cut_run(shape, n, seed):
    return shape(n, np.random.default_rng(seed).uniform(-1, 1, size=(2, n)))


LENGTH = st.integers(15, 400)
SEED = st.integers(0, 2**32 - 1)


@pytest.mark.parametrize(("shape", "expected"), CLEAR_CUT)
@given(
    n=LENGTH,
    seed=SEED,
    at=st.integers(0),
    outlier=FINITE,
    place=st.sampled_from(["train", "validation", "both"]),
)
def test_one_finite_outlier_changes_nothing(shape, expected, n, seed, at, outlier, place):
    train, validation = clear_cut_run(shape, n, seed)
    assert diagnose(train, validation) is expected
    if place in ("train", "both"):
        train[at % n] = outlier
    if place in ("validation", "both"):
        validation[at % n] = outlier
    assert diagnose(train, validation) is expected


@pytest.mark.parametrize(("shape", "expected"), CLEAR_CUT)
@given(n=LENGTH, seed=SEED, unit=st.floats(1e-200, 1e200))
def test_the_unit_of_the_loss_changes_nothing(shape, expected, n, seed, unit):
    train, validation = clear_cut_run(shape, n, seed)
    assert diagnose(unit * train, unit * validation) is expected


@more
@given(st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)), max_size=40), st.integers(-100, 100))
def test_a_power_of_two_changes_no_diagnosis_whatsoever(epochs, exponent):
    train, validation = np.reshape([*zip(*epochs, strict=True)], (2, -1)) if epochs else np.zeros((2, 0))
    # Losses so small that the unit would make them subnormal, and round them, do not count.
    train, validation = np.where(np.abs([train, validation]) < 1e-200, 0, [train, validation])
    assert diagnose(train, validation) is diagnose(np.ldexp(train, exponent), np.ldexp(validation, exponent))


@pytest.mark.parametrize("n", [5, 6, 7, 8, 20, 5000])
def test_from_five_epochs_on_a_clear_curve_is_read(n):
    falling = 0.5 ** (np.arange(n) * 5 / n)
    assert diagnose(falling) is Diagnosis.LEARNING
    assert diagnose(falling, falling) is Diagnosis.LEARNING
    assert diagnose(-1 / falling) is Diagnosis.LEARNING
    assert diagnose(1 / falling) is Diagnosis.DIVERGING
    assert diagnose(np.ones(n)) is Diagnosis.PLATEAU
    assert diagnose(np.zeros(n)) is Diagnosis.PLATEAU
    assert diagnose(falling, np.linspace(1, 2, n)) is Diagnosis.OVERFITTING


@pytest.mark.parametrize("total", [1e-6, 1e-4, 1e-3, 1e-2])
@pytest.mark.parametrize("n", [10, 50, 500])
def test_a_steady_but_negligible_fall_is_a_plateau(total, n):
    assert diagnose(1 - np.linspace(0, total, n)) is Diagnosis.PLATEAU


def test_a_run_that_converged_is_learning_until_it_has_long_been_flat():
    loss = 1 + 5 * 0.8 ** np.arange(300)
    assert diagnose(loss[:40]) is Diagnosis.LEARNING
    assert diagnose(loss[:80]) is Diagnosis.LEARNING
    assert diagnose(loss[:150]) is Diagnosis.PLATEAU
    to_zero = np.maximum(1.0 - np.arange(60) / 20, 0)
    assert diagnose(to_zero[:30]) is Diagnosis.LEARNING
    assert diagnose(to_zero) is Diagnosis.PLATEAU


def test_a_spike_that_recovers_is_learning():
    loss = np.exp(-np.arange(60) / 20)
    loss[30:36] *= [2, 30, 20, 10, 5, 2]
    assert diagnose(loss, loss) is Diagnosis.LEARNING


def test_a_late_divergence_is_seen_while_the_loss_is_below_its_start():
    fall = np.exp(-np.arange(50) / 10)
    loss = np.concatenate([fall, fall[-1] * 1.2 ** np.arange(12)])
    assert loss[-1] < loss[0]
    assert diagnose(loss) is Diagnosis.DIVERGING


def test_a_validation_loss_that_rises_little_or_while_training_stands_still_is_not_overfitting():
    train = np.exp(-np.arange(60) / 20)
    assert diagnose(train, 1 + 0.04 * np.arange(60) / 60) is Diagnosis.LEARNING
    assert diagnose(np.ones(60), 1 + np.arange(60) / 60) is Diagnosis.PLATEAU


def rightly_diagnosed(expected, shape, seeds=100):
    """Count the seeds at which `shape(time, noise)` of 60 epochs gets the expected diagnosis."""
    time = np.linspace(0, 1, 60)
    noise = np.random.default_rng(0).normal(size=(seeds, 2, 60))
    return sum(diagnose(*shape(time, rows)) is expected for rows in noise)


def test_slow_changes_are_seen_through_noise():
    def slow_fall(time, noise):
        return 1 - 0.3 * time + 0.05 * noise

    def slow_rise(time, noise):
        return 1 + 0.3 * time + 0.05 * noise

    def slow_overfitting(time, noise):
        return np.exp(-3 * time), 1 + 0.3 * time + 0.07 * noise[1]

    def sudden_overfitting(time, noise):
        return np.exp(-3 * time), 1 + 0.3 * np.minimum(10 * time, 1) + 0.02 * noise[1]

    assert rightly_diagnosed(Diagnosis.LEARNING, slow_fall) >= 95
    assert rightly_diagnosed(Diagnosis.DIVERGING, slow_rise) >= 95
    assert rightly_diagnosed(Diagnosis.OVERFITTING, slow_overfitting) >= 95
    assert rightly_diagnosed(Diagnosis.OVERFITTING, sudden_overfitting) >= 95


@pytest.mark.parametrize("n", [20, 60, 200])
def test_noise_alone_is_seldom_taken_for_a_change(n):
    # Five runs in a hundred is what 20 seeds of a held-out test could bear; 1 or 2 are usual.
    mistaken = 0
    for seed in range(100):
        noise = np.random.default_rng(seed).normal(size=(2, n))
        mistaken += diagnose(*np.exp(0.1 * noise)) is not Diagnosis.PLATEAU
        mistaken += diagnose(*learning(n, [noise[0], 5 * noise[1]])) is not Diagnosis.LEARNING
    assert mistaken <= 5


@pytest.mark.parametrize("n", [*range(SHORTEST_TREND, 20), 60])
def test_one_point_out_of_place_hides_no_trend(n):
    others = np.arange(n - 1.0)
    for place in range(n):
        for value in (-1.0, n / 2 - 0.25, float(n)):
            points = np.insert(others, place, value)
            assert trend(points) == 1
            assert trend(-points) == -1


def test_a_doubtful_fall_counts_only_in_a_curve_that_falls_as_a_whole():
    doubtful = [33, 29, 29, 20, 34, 31, 25, 28, 25, 21, 25, 20]  # two standard errors, but not three
    assert diagnose([34, 34, 34, 21, 22, 24, 25, 26, 28, 29, 31, 32, *doubtful]) is Diagnosis.PLATEAU
    assert diagnose([*range(45, 33, -1), *doubtful]) is Diagnosis.LEARNING


def test_every_diagnosis_has_a_sentence():
    for diagnosis in Diagnosis:
        assert diagnosis.sentence.endswith(".")
        assert str(diagnosis) == f"{diagnosis.name}: {diagnosis.sentence}"

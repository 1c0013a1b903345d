"""What `TrainingMonitor` says of real runs, whose diagnosis is known from how they were made."""

import pytest

from losses.monitor import Diagnosis, TrainingMonitor
from real_runs import linear, logistic, multilayer, polynomial, random_features, train

SEEDS = range(20)

MODELS = [linear, polynomial, random_features, logistic, multilayer]
QUADRATIC = [linear, polynomial, random_features]


def diagnose(training, validation=None, unit=1.0):
    monitor = TrainingMonitor()
    for epoch in range(len(training)):
        monitor.record(unit * training[epoch], None if validation is None else unit * validation[epoch])
    return monitor.diagnosis()


def seeds_diagnosed_otherwise(expected, model, rate, epochs, *, batch=None, unit=1.0, alone=True, **problem):
    """Return the wrong diagnoses by seed; `alone` also diagnoses the training losses alone."""
    wrong = {}
    runs = train(model, SEEDS, rate, epochs, batch, batch is not None, **problem)
    for seed, training, validation in zip(SEEDS, *(losses.tolist() for losses in runs), strict=True):
        answers = {diagnose(training, validation, unit)} | ({diagnose(training, unit=unit)} if alone else set())
        if answers != {expected}:
            wrong[seed] = answers
    return wrong


@pytest.mark.parametrize(("epochs", "batch"), [(20, None), (150, None), (20, 50), (60, 50)])
@pytest.mark.parametrize("model", MODELS)
def test_a_good_rate_is_learning(model, epochs, batch):
    # The same descent in fewer and larger or more and smaller steps.
    rate = 4 / epochs if batch is None else 0.6 / epochs
    assert not seeds_diagnosed_otherwise(Diagnosis.LEARNING, model, rate, epochs, batch=batch, unit=1e-3)


@pytest.mark.parametrize(("epochs", "batch"), [(20, None), (100, None), (40, 50)])
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("rate", [1e-9, 2e-3])
def test_a_rate_too_low_is_a_plateau(model, rate, epochs, batch):
    rate /= epochs if batch is None else 4 * epochs
    assert not seeds_diagnosed_otherwise(Diagnosis.PLATEAU, model, rate, epochs, batch=batch)


@pytest.mark.parametrize("epochs", [40, 150])
@pytest.mark.parametrize("model", QUADRATIC)
@pytest.mark.parametrize("rate", [1.1, 1.5, 10, 1e4])
def test_a_rate_too_high_is_diverging(model, rate, epochs):
    assert not seeds_diagnosed_otherwise(Diagnosis.DIVERGING, model, rate, epochs, unit=1e5)


@pytest.mark.parametrize("epochs", [6, 40])
@pytest.mark.parametrize("model", QUADRATIC)
@pytest.mark.parametrize("rate", [2, 100])
def test_a_rate_too_high_on_minibatches_is_diverging(model, rate, epochs):
    assert not seeds_diagnosed_otherwise(Diagnosis.DIVERGING, model, rate, epochs, batch=50)


@pytest.mark.parametrize("epochs", [20, 60])
def test_a_rate_so_high_that_the_loss_only_bounces_is_a_plateau(epochs):
    assert not seeds_diagnosed_otherwise(Diagnosis.PLATEAU, linear, 0.2, epochs, batch=16)


@pytest.mark.parametrize("model", [linear, polynomial])
def test_a_run_that_has_long_been_flat_is_a_plateau(model):
    assert not seeds_diagnosed_otherwise(Diagnosis.PLATEAU, model, 0.9, 200, width=3)


@pytest.mark.parametrize(
    ("model", "problem"),
    [
        (linear, {"n": 20, "width": 20, "noise": 3.0}),
        (polynomial, {"n": 20, "width": 15, "noise": 0.8}),
        (random_features, {"n": 15, "width": 50, "noise": 1.5}),
        (logistic, {"n": 20, "width": 50, "noise": 1.0}),
        (logistic, {"n": 30, "width": 30, "noise": 1.0}),
        (multilayer, {"n": 15, "width": 10, "noise": 2.0, "hidden": 50}),
    ],
)
@pytest.mark.parametrize(("batch", "rate"), [(None, 0.6), (5, 0.1)])
def test_a_large_model_on_few_samples_is_overfitting(model, problem, batch, rate):
    # With labels as noisy as these the validation loss does rise at each of the seeds, by 5 % at the least.
    wrong = seeds_diagnosed_otherwise(
        Diagnosis.OVERFITTING,
        model,
        rate,
        200 if batch is None else 150,
        batch=batch,
        unit=100.0,
        alone=False,
        **problem,
    )
    assert not wrong


def test_overfitting_is_seen_by_the_validation_loss_alone():
    [training], [validation] = train(logistic, [0], 0.6, 100, n=20, width=50)
    assert diagnose(training) is Diagnosis.LEARNING
    assert diagnose(training, validation) is Diagnosis.OVERFITTING


def test_a_network_whose_loss_overflows_is_diverging_at_once():
    [training], _ = train(multilayer, [0], 1e160, 2)
    assert diagnose(training) is Diagnosis.DIVERGING

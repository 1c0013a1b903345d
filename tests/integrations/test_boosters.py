"""Objectives, metrics and estimators for boosters, tried with the real libraries."""

import importlib
import pickle
import sys

import numpy as np
import pytest

from losses import (
    AFT,
    CORAL,
    CORN,
    DPO,
    MAE,
    MAPE,
    MSE,
    Asymmetric,
    BinaryCrossEntropy,
    CategoricalCrossEntropy,
    Cox,
    EnsembleCRPS,
    GaussianNLL,
    Hinge,
    Huber,
    LambdaRank,
    LaplaceNLL,
    ListNet,
    LogCosh,
    MultiQuantile,
    PairwiseLogistic,
    Pinball,
    Poisson,
    SquaredHinge,
    SupCon,
)
from losses.integrations import booster_metric, booster_objective
from tests.registry import CASES

pytest.importorskip("sklearn")
equalities = importlib.import_module("tests.integrations.equalities")

LIBRARIES = ("xgboost", "lightgbm", "catboost", "sklearn")
BINARY, CLASSES = BinaryCrossEntropy(from_logits=True), CategoricalCrossEntropy(from_logits=True)


def needs(*names):
    """Skip unless libraries are installed."""
    for name in names:
        pytest.importorskip(name)
    return importlib.import_module("losses.integrations")


def booster(library, kind, **params):
    """Return a small booster."""
    needs(library)
    if library == "xgboost":
        return equalities.xgb(kind, **params)
    if library == "lightgbm":
        return equalities.lgb(kind, **{"min_child_samples": 5, **params})
    if library == "catboost":
        return equalities.cat(kind, **params)
    ensemble = importlib.import_module("sklearn.ensemble")
    return getattr(ensemble, f"HistGradientBoosting{kind}")(**{"max_iter": equalities.ROUNDS, **params})


@pytest.fixture
def patients():
    needs()
    return equalities.patients()


# ------------------------------------------------------------------------------------------------------ objective


def boostable():
    """Return the registered losses that boosters can minimize, and problems for them."""
    found = []
    for case in CASES:
        try:
            booster_objective(case.loss)
        except (ValueError, NotImplementedError):
            continue
        if case.inner is None and len(case.columns) < 2 and case.arrays.get("event") is None:
            found.append(case)
    return found


@pytest.mark.parametrize("case", boostable(), ids=str)
def test_every_loss_hands_out_unscaled_derivatives_whatever_its_reduction(case):
    problem = case.typical(12)
    y_true, y_pred = (problem[name] for name in case.loss.signature.positional)
    if "upper" in problem.arrays:
        pytest.skip("boosters pass the sign of a time instead")
    sizes = np.array([5, 7]) if "qid" in case.loss.signature.optional else None
    found = [booster_objective(case.with_reduction(r))(y_true, y_pred, None, sizes) for r in case.reductions]
    for grad, curvature in found:
        np.testing.assert_array_equal(grad, found[0][0])
        np.testing.assert_array_equal(curvature, found[0][1])
        assert np.all(curvature >= 0)
        assert grad.shape == curvature.shape == y_pred.shape
    if sizes is None and "event" not in case.loss.signature.optional:
        alone = booster_objective(case.loss)(y_true[:1], y_pred[:1])
        np.testing.assert_allclose(found[0][0][:1], alone[0], rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("case", boostable(), ids=str)
def test_every_loss_trains(case):
    loss = case.loss
    if isinstance(loss, EnsembleCRPS):
        pytest.skip("it doesn't say how many outputs there are")
    integrations = needs("xgboost")
    problem = case.typical(80)
    y = problem[loss.signature.positional[0]]
    if y.ndim > 1:
        pytest.skip("distributions as targets")
    if isinstance(loss, AFT | Cox):
        y = np.random.default_rng(0).exponential(size=80) * np.where(np.arange(80) % 4 == 0, -1, 1)
    if isinstance(loss, CORAL | CORN):
        y = np.arange(80) % 3
    X = np.stack([y, np.arange(80.0)], axis=1)
    estimator = booster("xgboost", "Regressor", n_estimators=10, learning_rate=0.1)
    if "qid" in loss.signature.optional and "event" not in loss.signature.optional:
        ranker = booster("xgboost", "Ranker", n_estimators=10, learning_rate=0.1)
        model = integrations.BoostedRanker(ranker, loss).fit(X, y, qid=np.arange(80) // 8)
        after, before = (
            booster_metric(loss)(y, scores, None, np.full(10, 8))[1] for scores in (model.predict(X), np.zeros(80))
        )
    else:
        model = integrations.BoostedRegressor(estimator, loss).fit(X, y)
        raw = model.predict_raw(X)
        before = booster_metric(loss)(y, np.broadcast_to(model.intercept_, raw.shape))
        after = booster_metric(loss)(y, raw)
    assert after < before or before == 0


def test_weights_multiply_and_zero_leaves_out():
    y, p, weight = np.array([0.0, 1.0, 5.0]), np.array([1.0, 1.5, np.nan]), np.array([2.0, 1.0, 0.0])
    for curvature in ("auto", "hessian", "majorizer", "unit"):
        grad, bend = booster_objective(Huber(), curvature)(y, p, weight)
        np.testing.assert_allclose(grad, [2.0, 0.5, 0.0])
        np.testing.assert_allclose(bend[:2], [2.0, 1.0])
        assert bend[2] in (0.0, 1e-16)


def test_the_majorizer_of_a_kink_is_a_parabola_that_bounds_the_loss():
    rng = np.random.default_rng(0)
    y, p, far = rng.normal(size=50), rng.normal(size=50), rng.normal(size=(1000, 50)) * 3
    near = np.abs(p - y) < 0.1 * np.abs(p - y).mean()
    assert 0 < near.sum() < 10
    for loss in (MAE(), Pinball(quantile=0.9), Asymmetric(shortfall_weight=3, base=MAE()), Huber(), LogCosh()):
        grad, bend = booster_objective(loss, "majorizer")(y, p)
        value, spread = loss.with_reduction("none"), np.broadcast_to(y, far.shape)
        bound = value.value(y, p) + grad * (far - p) + bend / 2 * (far - p) ** 2
        assert np.all((value.value(spread, far) <= bound + 1e-12)[:, ~near])
    quantiles = MultiQuantile(quantiles=(0.1, 0.5))
    bends = booster_objective(quantiles, "majorizer")(y, np.stack([p, p], axis=1))[1]
    np.testing.assert_allclose(bends[:, 1], booster_objective(Pinball(), "majorizer")(y, p)[1])
    assert np.all(bends > 0)


def test_the_hessian_is_kept_above_zero():
    assert booster_objective(Huber(), "hessian")([0.0, 0.0], [0.5, 9.0])[1].tolist() == [1.0, 1e-16]


def test_the_metric_is_the_mean_whatever_the_reduction():
    for reduction in ("mean", "sum", "none"):
        assert booster_metric(MAE(reduction=reduction))([1.0, 2.0], [1.0, 4.0], [1.0, 3.0]) == 1.5
        assert booster_metric(MAE(reduction=reduction))([1.0, 2.0], [1.0, 4.0], [1.0, 3.0], None) == ("mae", 1.5, False)


def test_query_weights_weigh_pairs_and_lists():
    y, s = np.array([1.0, 0.0, 2.0, 0.0, 1.0]), np.array([0.1, 0.3, -0.2, 0.4, 0.0])
    sizes, weight = np.array([2, 3]), np.array([3.0, 0.5])
    for loss in (PairwiseLogistic(), ListNet(), LambdaRank()):
        plain, weighted = (booster_objective(loss)(y, s, w, sizes) for w in (None, weight))
        for one, other in zip(plain, weighted, strict=True):
            np.testing.assert_allclose(other, one * np.repeat(weight, sizes), rtol=1e-12)
    both = PairwiseLogistic() + MSE()
    with pytest.raises(NotImplementedError, match="one weight for each item"):
        booster_objective(both)(y, s, weight, sizes)
    value = booster_metric(PairwiseLogistic())(y, s, weight, sizes)[1]
    each = [PairwiseLogistic(reduction="sum").value(y[part], s[part]) for part in (slice(2), slice(2, 5))]
    assert value == pytest.approx((3 * each[0] + 0.5 * each[1]) / (3 * 1 + 0.5 * 3))


def test_the_sign_of_a_time_says_whether_the_event_was_seen():
    time, s = np.array([1.0, -2.0, 3.0]), np.array([0.1, 0.2, -0.3])
    seen = {"event": time > 0}
    np.testing.assert_array_equal(booster_objective(Cox())(time, s)[0], Cox(reduction="sum").grad(abs(time), s, **seen))
    upper = np.array([1.0, np.inf, 3.0])
    expected = AFT(reduction="sum").grad(abs(time), s, upper=upper)
    np.testing.assert_array_equal(booster_objective(AFT())(time, s)[0], expected)


def test_the_ways_into_xgboost_agree(patients):
    xgboost = pytest.importorskip("xgboost")
    X, y, weight = patients
    loss = Huber(delta=0.5)
    params = {"base_score": loss.best_constant(y, weight), "max_depth": 3, "nthread": 1}
    matrix = xgboost.DMatrix(X, y, weight=weight)
    log = {}
    trained = xgboost.train(
        {**params, "disable_default_eval_metric": True},
        matrix,
        20,
        obj=booster_objective(loss),
        custom_metric=booster_metric(loss),
        evals=[(matrix, "train")],
        evals_result=log,
        verbose_eval=False,
    ).predict(matrix)
    model = xgboost.XGBRegressor(
        n_estimators=20,
        max_depth=3,
        n_jobs=1,
        base_score=params["base_score"],
        objective=booster_objective(loss),
        eval_metric=booster_metric(loss),
    ).fit(X, y, sample_weight=weight, eval_set=[(X, y)], sample_weight_eval_set=[weight], verbose=False)
    whole = needs().BoostedRegressor(equalities.xgb("Regressor", n_estimators=20), loss).fit(X, y, sample_weight=weight)
    np.testing.assert_array_equal(model.predict(X), trained)
    np.testing.assert_array_equal(whole.predict(X), trained)
    assert log["train"]["huber"][-1] == pytest.approx(loss.value(y, trained, sample_weight=weight), rel=1e-5)
    assert model.evals_result()["validation_0"]["huber"] == log["train"]["huber"]


def test_the_ways_into_lightgbm_agree(patients):
    lightgbm = pytest.importorskip("lightgbm")
    X, y, weight = patients
    loss = Huber(delta=0.5)
    start = np.full(len(y), loss.best_constant(y, weight))
    data = lightgbm.Dataset(X, y, weight=weight, init_score=start)
    params = {"num_threads": 1, "verbosity": -1, "num_leaves": 8, "deterministic": True, "metric": "None"}
    log = {}
    trained = lightgbm.train(
        {**params, "objective": booster_objective(loss)},
        data,
        equalities.ROUNDS,
        valid_sets=[data],
        feval=booster_metric(loss),
        callbacks=[lightgbm.record_evaluation(log)],
    ).predict(X)
    model = equalities.lgb("Regressor", objective=booster_objective(loss))
    model.fit(X, y, sample_weight=weight, init_score=start)
    whole = needs().BoostedRegressor(equalities.lgb("Regressor"), loss).fit(X, y, sample_weight=weight)
    np.testing.assert_array_equal(model.predict(X), trained)
    np.testing.assert_allclose(whole.predict(X), trained + start, rtol=1e-12)
    assert log["training"]["huber"][-1] == pytest.approx(loss.value(y, trained + start, sample_weight=weight))


def test_the_ways_of_ranking_agree():
    needs("lightgbm", "xgboost")
    import lightgbm
    import xgboost

    X, y, sizes = equalities.documents("train")
    qid, loss = np.repeat(np.arange(len(sizes)), sizes), PairwiseLogistic()
    weight = np.random.default_rng(0).uniform(0.5, 2, len(sizes))
    ranker = equalities.lgb("Ranker", objective=booster_objective(loss)).fit(X, y, group=sizes)
    data = lightgbm.Dataset(X, y, group=sizes)
    params = {"num_threads": 1, "verbosity": -1, "num_leaves": 8, "deterministic": True}
    trained = lightgbm.train({**params, "objective": booster_objective(loss)}, data, equalities.ROUNDS)
    np.testing.assert_array_equal(ranker.predict(X), trained.predict(X))
    order = np.random.default_rng(1).permutation(len(y))
    order = order[np.argsort(qid[order] % 7, kind="stable")]  # queries torn apart
    matrix = xgboost.DMatrix(X, y, qid=qid, weight=weight)
    params = {"base_score": 0.0, "max_depth": 3, "nthread": 1}
    whole = needs().BoostedRanker(equalities.xgb("Ranker"), loss)
    whole.fit(X, y, qid=[f"query {q}" for q in qid], sample_weight=np.repeat(weight, sizes))
    direct = xgboost.train(params, matrix, equalities.ROUNDS, obj=booster_objective(loss))
    np.testing.assert_array_equal(whole.predict(X), direct.predict(matrix))
    plain, torn = (needs().BoostedRanker(equalities.lgb("Ranker"), loss) for _ in range(2))
    plain.fit(X, y, qid=qid), torn.fit(X[order], y[order], qid=qid[order])
    np.testing.assert_allclose(plain.predict(X), torn.predict(X), atol=1e-9)
    with pytest.raises(ValueError, match="the same for all the items of a query"):
        whole.fit(X, y, qid=qid, sample_weight=np.arange(len(y)))


def test_catboost_takes_the_objective_as_it_is(patients):
    pytest.importorskip("catboost")
    X, y, _ = patients
    model = equalities.cat("Regressor", loss_function=booster_objective(MAE()), eval_metric=booster_metric(MAE()))
    with pytest.warns(UserWarning, match="numba"):
        model.fit(X, y)
    assert MAE().value(y, model.predict(X)) < 0.8 * MAE().value(y, np.zeros_like(y))
    assert model.get_best_score()["learn"]


@pytest.mark.parametrize("made", [booster_objective(Huber(), "unit"), booster_metric(0.5 * MSE() + MAE())], ids=repr)
def test_objectives_and_metrics_are_values(made):
    again = pickle.loads(pickle.dumps(made))
    assert again == made
    assert hash(again) == hash(made)


def test_xgboosts_own_curvature_follows_its_version(monkeypatch):
    xgboost = pytest.importorskip("xgboost")
    y, scores = np.array([0, 1, 2]), np.log([[0.2, 0.3, 0.5]] * 3)
    for version, expected in (("3.4.1", [0.32, 0.42, 0.5]), ("3.5.0", [0.8, 0.3, 0.5])):
        monkeypatch.setattr(xgboost, "__version__", version)
        np.testing.assert_allclose(booster_objective(CLASSES, "xgboost")(y, scores)[1][0], expected)


@pytest.mark.parametrize(
    ("loss", "curvature", "error", "match"),
    [
        ("huber", "auto", TypeError, "must be a loss such as"),
        (BinaryCrossEntropy(), "auto", ValueError, "from_logits=True"),
        (Poisson(log_input=False), "auto", ValueError, "log_input=True"),
        (MSE() + BinaryCrossEntropy(), "auto", ValueError, "from_logits=True"),
        (DPO(), "auto", NotImplementedError, "chosen, rejected"),
        (SupCon(), "auto", NotImplementedError, "vectors of a batch"),
        (Huber(), "newton", ValueError, "auto, hessian, majorizer"),
        (Poisson(), "majorizer", ValueError, "smoothness"),
        (MAE(), "lightgbm", ValueError, "CategoricalCrossEntropy, Poisson, Huber"),
    ],
)
def test_what_cannot_be_is_refused_with_the_way_round(loss, curvature, error, match):
    with pytest.raises(error, match=match):
        booster_objective(loss, curvature)


# ------------------------------------------------------------------------------------------------------ estimators


@pytest.mark.parametrize("library", LIBRARIES)
def test_predictions_are_in_the_units_of_the_target(library):
    integrations = needs(library)
    X, y, weight = equalities.counts()
    y = y + 100  # far from where boosters start by themselves
    model = integrations.BoostedRegressor(booster(library, "Regressor"), Poisson()).fit(X, y, sample_weight=weight)
    assert model.intercept_ == pytest.approx(np.log(np.average(y, weights=weight)))
    assert np.average(model.predict(X), weights=weight) == pytest.approx(np.average(y, weights=weight), rel=0.005)
    np.testing.assert_allclose(model.predict(X), np.exp(model.predict_raw(X)), rtol=1e-6)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict(X), model.predict(X))


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.filterwarnings("ignore:CatBoost calls an objective of several outputs")
def test_classes_may_be_strings_and_probabilities_sum_to_one(library):
    integrations = needs(library)
    for (X, ids), loss, names in (
        (equalities.tumours(), BINARY, np.array(["malignant", "benign"])),
        (equalities.wines(), CLASSES, np.array(["x", "b", "a"])),
    ):
        y = names[ids]
        model = integrations.BoostedClassifier(booster(library, "Classifier"), loss).fit(X, y)
        p = model.predict_proba(X)
        np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-14)
        assert model.classes_.tolist() == sorted(names)
        assert np.mean(model.predict(X) == y) > 0.95
        np.testing.assert_array_equal(model.classes_[p.argmax(axis=1)], model.predict(X))
        assert p.min() >= 0


@pytest.mark.parametrize("library", LIBRARIES)
def test_early_stopping_watches_the_same_loss(library):
    integrations = needs(library)
    X, y, weight = equalities.patients()
    train, held_out = ([part[k::2].copy() for part in (X, y, weight)] for k in (0, 1))
    patience = {
        "xgboost": {"n_estimators": 300, "early_stopping_rounds": 5, "learning_rate": 0.3},
        "lightgbm": {"n_estimators": 300, "early_stopping_round": 5, "learning_rate": 0.3},
        "catboost": {"iterations": 300, "early_stopping_rounds": 5, "learning_rate": 0.5},
        "sklearn": {"max_iter": 300, "early_stopping": True, "n_iter_no_change": 5, "learning_rate": 0.3},
    }[library]
    loss = Pinball(quantile=0.8)
    model = integrations.BoostedRegressor(booster(library, "Regressor", **patience), loss)
    model.fit(*train, eval_set=[tuple(held_out)])
    fitted = model.estimator_
    if library == "sklearn":
        assert fitted.n_iter_ < 300
        best = -fitted.validation_score_[-1]
    else:
        best = {
            "xgboost": lambda: fitted.best_score,
            "lightgbm": lambda: next(iter(next(iter(fitted.best_score_.values())).values())),
            "catboost": lambda: next(iter(fitted.get_best_score()["validation"].values())),
        }[library]()
    X, y, weight = held_out
    found = loss.value(y, model.predict(X), sample_weight=weight)
    assert found == pytest.approx(best, rel=1e-5)
    assert found < loss.value(y, np.full(len(y), model.intercept_), sample_weight=weight)


@pytest.mark.parametrize("library", ["xgboost", "lightgbm"])
def test_rankers_stop_early(library):
    integrations = needs(library)
    (X, y, sizes), (V, v, held_out) = (equalities.documents(part) for part in ("train", "test"))
    qid, eval_qid = (np.repeat(np.arange(len(s)), s) for s in (sizes, held_out))
    name = "early_stopping_rounds" if library == "xgboost" else "early_stopping_round"
    estimator = booster(library, "Ranker", n_estimators=200, learning_rate=0.5, **{name: 3})
    model = integrations.BoostedRanker(estimator, ListNet())
    model.fit(X, y, qid=qid, eval_set=[(V, v)], eval_qid=[eval_qid])
    best = model.estimator_.best_iteration if library == "xgboost" else model.estimator_.best_iteration_
    assert 0 < best < 100
    kept = ListNet().value(v, model.predict(V).astype(float), qid=eval_qid)
    assert kept < ListNet().value(v, np.zeros(len(v)), qid=eval_qid)


@pytest.mark.parametrize("library", ["xgboost", "lightgbm", "catboost"])
@pytest.mark.filterwarnings("ignore:CatBoost calls an objective of several outputs")
def test_several_outputs(library, patients):
    integrations = needs(library)
    X, y, weight = patients
    y = 3 + 0.1 * y
    model = integrations.BoostedRegressor(booster(library, "Regressor"), GaussianNLL())
    model.fit(X, y, sample_weight=weight, eval_set=[(X, y)])
    mean, scale = model.predict(X).T
    np.testing.assert_allclose(model.intercept_, GaussianNLL().best_constant(y, weight))
    assert np.corrcoef(mean, y)[0, 1] > 0.7
    assert GaussianNLL().value(y, model.predict_raw(X)) < GaussianNLL().value(y, np.tile(model.intercept_, (len(y), 1)))
    assert 0.2 * y.std() < scale.mean() < 0.9 * y.std()


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize(
    "loss", [MAE(), Pinball(quantile=0.8), Huber(delta=0.3), MAPE(), LaplaceNLL()], ids=lambda loss: loss.__name__
)
@pytest.mark.filterwarnings("ignore:CatBoost calls an objective of several outputs")
def test_the_units_of_the_target_are_no_matter(library, loss):
    integrations = needs(library)
    if loss == LaplaceNLL() and library in ("sklearn", "catboost"):
        pytest.skip("one output, or slow")
    X, y, weight = equalities.amounts()
    rounds = {"catboost": "iterations", "sklearn": "max_iter"}.get(library, "n_estimators")
    figures, judge = [], MAE() if loss == LaplaceNLL() else loss
    for unit in (8192.0, 1.0):  # a power of two, so that nothing is rounded another way
        there = Huber(delta=0.3 * unit) if loss == Huber(delta=0.3) else loss
        regressor = booster(library, "Regressor", **{rounds: 60})
        model = integrations.BoostedRegressor(regressor, there).fit(X, y * unit, sample_weight=weight)
        predicted = model.predict(X) if loss != LaplaceNLL() else model.predict(X)[:, 0]
        figures.append(judge.value(y, predicted / unit, sample_weight=weight))
    start = judge.value(y, np.full(len(y), judge.best_constant(y, weight)), sample_weight=weight)
    assert figures[0] == pytest.approx(figures[1], rel=0.02)
    assert figures[0] < 0.85 * start


def test_logarithms_have_no_units(patients):
    integrations = needs("xgboost")
    X, y, _ = patients
    rare = (y > 2).astype(float)  # the curvature is the mean count, and small
    loss = Poisson()
    whole = integrations.BoostedRegressor(equalities.xgb("Regressor"), loss).fit(X, rare)
    start = {"objective": booster_objective(loss), "base_score": loss.best_constant(rare)}
    assert rare.mean() < 0.1
    np.testing.assert_array_equal(whole.predict_raw(X), equalities.xgb("Regressor", **start).fit(X, rare).predict(X))


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.filterwarnings("ignore:CatBoost calls an objective of several outputs")
def test_classifiers_stop_early(library):
    integrations = needs(library)
    X, y = equalities.wines()
    names = np.array(["x", "b", "a"])[y]
    patience = {
        "xgboost": {"n_estimators": 200, "early_stopping_rounds": 5},
        "lightgbm": {"n_estimators": 200, "early_stopping_round": 5},
        "catboost": {"iterations": 100, "early_stopping_rounds": 2, "learning_rate": 1.0},
        "sklearn": {"max_iter": 200, "early_stopping": True, "n_iter_no_change": 5},
    }[library]
    estimator = booster(library, "Classifier", **{"learning_rate": 0.5, **patience})
    model = integrations.BoostedClassifier(estimator, CLASSES)
    model.fit(X[::2].copy(), names[::2], eval_set=[(X[1::2].copy(), names[1::2])])
    fitted = model.estimator_
    rounds = {
        "xgboost": lambda: fitted.get_booster().num_boosted_rounds(),
        "lightgbm": lambda: fitted.booster_.current_iteration(),
        "catboost": lambda: fitted.tree_count_,
        "sklearn": lambda: fitted.n_iter_,
    }[library]()
    assert 1 < rounds < 100
    assert model.score(X[1::2], names[1::2]) > 0.85


@pytest.mark.parametrize("library", ["xgboost", "lightgbm", "catboost"])
def test_pandas_goes_through(library, patients):
    integrations = needs(library)
    pandas = pytest.importorskip("pandas")
    X, y, weight = patients
    frame = pandas.DataFrame(X, columns=[f"measure {i}" for i in range(X.shape[1])], index=np.arange(len(y))[::-1])
    target, weights = (pandas.Series(each, index=frame.index) for each in (y, weight))
    plain, named = (integrations.BoostedRegressor(booster(library, "Regressor"), Huber()) for _ in range(2))
    plain.fit(X, y, weight)
    named.fit(frame, target, weights, eval_set=[(frame, target, weights)])
    np.testing.assert_array_equal(named.predict(frame), plain.predict(X))
    if library != "catboost":
        assert [name.replace("_", " ") for name in named.feature_names_in_] == frame.columns.tolist()


@pytest.mark.parametrize("library", ["xgboost", "catboost"])
@pytest.mark.filterwarnings("ignore:CatBoost calls an objective of several outputs")
def test_several_targets(library, patients):
    integrations = needs(library)
    X, y, _ = patients
    Y = np.stack([y, 5 - 2 * y], axis=1)
    model = integrations.BoostedRegressor(booster(library, "Regressor"), Huber()).fit(X, Y)
    np.testing.assert_allclose(model.intercept_, [Huber().best_constant(column) for column in Y.T])
    assert model.predict(X).shape == Y.shape
    assert Huber().value(Y, model.predict(X)) < 0.6 * Huber().value(Y, np.tile(model.intercept_, (len(Y), 1)))


def test_lightgbm_refuses_several_targets(patients):
    integrations = needs("lightgbm")
    X, y, _ = patients
    with pytest.raises(NotImplementedError, match="MultiOutputRegressor"):
        integrations.BoostedRegressor(booster("lightgbm", "Regressor"), MSE()).fit(X, np.stack([y, y], axis=1))


@pytest.mark.parametrize("library", LIBRARIES)
def test_searches_go_over_losses_and_the_boosters_parameters(library, patients):
    integrations = needs(library)
    from sklearn.base import clone
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    X, y, weight = patients
    rounds = {"catboost": "iterations", "sklearn": "max_iter"}.get(library, "n_estimators")
    model = integrations.BoostedRegressor(booster(library, "Regressor"), MSE())
    pipeline = make_pipeline(StandardScaler(), model)
    grid = {"boostedregressor__loss": [MSE(), Huber()], f"boostedregressor__estimator__{rounds}": [1, 30]}
    search = GridSearchCV(pipeline, grid, cv=2, error_score="raise")
    search.fit(X, y, boostedregressor__sample_weight=weight)
    assert search.best_params_[f"boostedregressor__estimator__{rounds}"] == 30
    assert not hasattr(model, "estimator_")
    assert clone(model).set_params(loss=Huber()).loss == Huber()


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.filterwarnings("ignore")
def test_scikit_learns_checks_pass_where_the_booster_itself_passes_them(library):
    integrations = needs(library)
    checks = importlib.import_module("sklearn.utils.estimator_checks")
    for kind, wrap, loss in (
        ("Regressor", integrations.BoostedRegressor, 0.5 * MSE()),
        ("Classifier", integrations.BoostedClassifier, BINARY),
    ):
        rounds = {"catboost": "iterations", "sklearn": "max_iter"}.get(library, "n_estimators")
        estimator = booster(library, kind, **{rounds: 5})
        if library == "lightgbm":
            estimator.set_params(min_child_samples=1)
        failed = [
            {each["check_name"] for each in checks.check_estimator(tried, on_fail=None) if each["status"] == "failed"}
            for tried in (estimator, wrap(estimator, loss))
        ]
        assert failed[1] <= failed[0]


def test_classifiers_say_which_loss_fits():
    integrations = needs()
    X, y = equalities.wines()
    for loss, labels, match in (
        (BINARY, y, "CategoricalCrossEntropy"),
        (CLASSES, y > 0, "BinaryCrossEntropy"),
        (BINARY, np.zeros(len(y)), "only one class"),
        (CORAL(), y, "one score for each class"),
    ):
        with pytest.raises(ValueError, match=match):
            integrations.BoostedClassifier(booster("sklearn", "Classifier"), loss).fit(X, labels)
    with pytest.raises(ValueError, match="eval_set holds labels"):
        integrations.BoostedClassifier(booster("sklearn", "Classifier"), CLASSES).fit(X, y, eval_set=[(X, y + 1)])


@pytest.mark.parametrize("library", LIBRARIES)
def test_margin_losses_have_probabilities_only_where_their_link_gives_them(library):
    integrations = needs(library)
    X, y = equalities.tumours()
    hinge, squared = (
        integrations.BoostedClassifier(booster(library, "Classifier"), loss).fit(X, y)
        for loss in (Hinge(), SquaredHinge())
    )
    assert not hasattr(hinge, "predict_proba")
    assert np.mean(hinge.predict(X) == y) > 0.95
    np.testing.assert_allclose(squared.predict_proba(X).sum(axis=1), 1)


def test_what_a_library_cannot_do_is_refused(patients):
    integrations = needs()
    X, y, _ = patients
    ranks = integrations.BoostedRanker(booster("sklearn", "Regressor"), PairwiseLogistic())
    with pytest.raises(NotImplementedError, match="XGBRanker or LGBMRanker"):
        ranks.fit(X, y, qid=np.zeros(len(y)))
    with pytest.raises(NotImplementedError, match="XGBoost, LightGBM or CatBoost"):
        integrations.BoostedRegressor(booster("sklearn", "Regressor"), GaussianNLL()).fit(X, y)
    from sklearn.linear_model import LinearRegression

    with pytest.raises(ValueError, match="rows of one score"):
        integrations.BoostedRegressor(booster("sklearn", "Regressor"), MultiQuantile(quantiles=(0.5,))).fit(X, y)
    with pytest.raises(TypeError, match="LinearRegression"):
        integrations.BoostedRegressor(LinearRegression(), MSE()).fit(X, y)


def test_catboost_refuses_to_rank_and_warns_of_slow_losses(patients):
    integrations = needs("catboost")
    X, y, _ = patients
    with pytest.raises(NotImplementedError, match="XGBRanker or LGBMRanker"):
        integrations.BoostedRanker(booster("catboost", "Regressor"), PairwiseLogistic()).fit(X, y, qid=np.zeros(len(y)))
    with pytest.warns(UserWarning, match="once for each row"):
        integrations.BoostedRegressor(booster("catboost", "Regressor", iterations=2), GaussianNLL()).fit(X, y)


def test_a_changed_private_interface_of_scikit_learn_fails_clearly(monkeypatch, patients):
    integrations = needs()
    X, y, _ = patients
    monkeypatch.setitem(sys.modules, "sklearn._loss.loss", None)
    monkeypatch.delitem(sys.modules, "losses.integrations.hist", raising=False)
    with pytest.raises(NotImplementedError, match="private interface"):
        integrations.BoostedRegressor(booster("sklearn", "Regressor"), MSE()).fit(X, y)


def test_importing_the_integrations_imports_no_library():
    import subprocess

    code = (
        "import sys, losses, losses.integrations as i; i.booster_objective, i.booster_metric; "
        "print([m for m in ('xgboost', 'lightgbm', 'catboost', 'sklearn', 'torch', 'scipy') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
    with pytest.raises(AttributeError, match="no attribute 'boost'"):
        importlib.import_module("losses.integrations").boost  # noqa: B018

"""Losses as scorers, in scikit-learn's own cross-validation, searches and metadata routing."""

import copy
import pickle

import numpy as np
import pytest

from losses import (
    DPO,
    MAE,
    MSE,
    BinaryCrossEntropy,
    CategoricalCrossEntropy,
    Gamma,
    GaussianNLL,
    Hinge,
    Huber,
    MultiQuantile,
    PairwiseLogistic,
    Poisson,
)

sklearn = pytest.importorskip("sklearn", reason="scikit-learn is optional")
from sklearn.base import BaseEstimator, RegressorMixin, clone  # noqa: E402
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris  # noqa: E402
from sklearn.ensemble import RandomForestClassifier  # noqa: E402
from sklearn.inspection import permutation_importance  # noqa: E402
from sklearn.linear_model import LinearRegression, LogisticRegression, PoissonRegressor, Ridge  # noqa: E402
from sklearn.metrics import (  # noqa: E402
    brier_score_loss,
    hinge_loss,
    log_loss,
    mean_absolute_error,
    mean_gamma_deviance,
    mean_poisson_deviance,
)
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score, cross_validate  # noqa: E402
from sklearn.multiclass import OneVsRestClassifier  # noqa: E402
from sklearn.neighbors import KNeighborsClassifier  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402
from sklearn.svm import LinearSVC  # noqa: E402

from losses.integrations import sklearn_scorer  # noqa: E402


@pytest.fixture
def routing():
    with sklearn.config_context(enable_metadata_routing=True):
        yield


@pytest.fixture(scope="module")
def diabetes():
    return load_diabetes(return_X_y=True)


@pytest.fixture(scope="module")
def tumours():
    """Features, labels as strings, and a classifier that was trained on half of them."""
    x, y = load_breast_cancer(return_X_y=True)
    names = np.array(["malignant", "benign"])[y]
    return x, names, make_pipeline(StandardScaler(), LogisticRegression()).fit(x[::2], names[::2])


@pytest.fixture(scope="module")
def irises():
    x, y = load_iris(return_X_y=True)
    names = np.array(["setosa", "versicolor", "virginica"])[y]
    return x, names, LogisticRegression(max_iter=1000).fit(x[::2], names[::2])


# ------------------------------------------------------------------------------------------------- regression


def test_cross_val_score_is_that_of_scikit_learn(diabetes):
    ours = cross_val_score(Ridge(), *diabetes, scoring=sklearn_scorer(MAE()))
    theirs = cross_val_score(Ridge(), *diabetes, scoring="neg_mean_absolute_error")
    np.testing.assert_allclose(ours, theirs, rtol=1e-12)
    assert (ours < 0).all()


def test_grid_search_finds_what_scikit_learn_finds(diabetes):
    grid = {"alpha": [1e-3, 1e-1, 10.0]}
    ours = GridSearchCV(Ridge(), grid, scoring=sklearn_scorer(MSE()), n_jobs=2).fit(*diabetes)
    theirs = GridSearchCV(Ridge(), grid, scoring="neg_mean_squared_error").fit(*diabetes)
    assert ours.best_params_ == theirs.best_params_
    np.testing.assert_allclose(ours.cv_results_["mean_test_score"], theirs.cv_results_["mean_test_score"])
    assert clone(ours).scoring.loss == MSE()
    np.testing.assert_allclose(ours.score(*diabetes), -MSE().value(diabetes[1], ours.predict(diabetes[0])))


def test_losses_of_log_means_are_given_the_logarithm(diabetes):
    x, y = diabetes
    model = PoissonRegressor(alpha=1e-3).fit(x, y)
    mean = model.predict(x)
    perfect = Poisson().value(y, np.log(y)), Gamma().value(y, np.log(y))
    for loss, least, deviance in (
        (Poisson(), perfect[0], mean_poisson_deviance(y, mean)),
        (Gamma(), perfect[1], mean_gamma_deviance(y, mean)),
        (0.5 * Poisson() + 0.5 * Poisson(), perfect[0], mean_poisson_deviance(y, mean)),
    ):
        assert -sklearn_scorer(loss)(model, x, y) - least == pytest.approx(deviance / 2)
    assert sklearn_scorer(Poisson(log_input=False))(model, x, y) == pytest.approx(-Poisson().value(y, np.log(mean)))
    with pytest.raises(ValueError, match=r"log-means, but the estimator predicted a mean of -"):
        sklearn_scorer(Poisson())(LinearRegression().fit(x, y - 500), x, y)


@pytest.mark.parametrize(("loss", "width"), [(GaussianNLL(), 2), (MultiQuantile(quantiles=(0.1, 0.5, 0.9)), 3)])
def test_losses_of_several_numbers_take_what_the_estimator_predicts(diabetes, loss, width):
    class Rows(RegressorMixin, BaseEstimator):
        def predict(self, x):
            return np.tile(np.arange(1.0, width + 1), (len(x), 1))

    x, y = diabetes
    assert sklearn_scorer(loss)(Rows(), x, y / 100) == -loss.value(y / 100, Rows().predict(x))


# --------------------------------------------------------------------------------------------- classification


def test_two_classes(tumours):
    """Probabilities or scores, as the loss needs; labels are strings."""
    x, names, model = tumours
    positive = names == model.classes_[1]
    proba, score = model.predict_proba(x)[:, 1], model.decision_function(x)
    cross_entropy = -log_loss(positive, proba)
    assert sklearn_scorer(BinaryCrossEntropy())(model, x, names) == pytest.approx(cross_entropy)
    assert sklearn_scorer(BinaryCrossEntropy(from_logits=True))(model, x, names) == pytest.approx(cross_entropy)
    assert sklearn_scorer(CategoricalCrossEntropy())(model, x, names) == pytest.approx(cross_entropy)
    assert sklearn_scorer(CategoricalCrossEntropy(from_logits=True))(model, x, names) == pytest.approx(cross_entropy)
    assert sklearn_scorer(MSE())(model, x, names) == pytest.approx(-brier_score_loss(positive, proba))
    assert sklearn_scorer(Hinge())(model, x, names) == pytest.approx(-hinge_loss(positive, score))
    lead = score[positive][:, np.newaxis] - score[~positive]
    assert sklearn_scorer(PairwiseLogistic())(model, x, names) == pytest.approx(-np.log1p(np.exp(-lead)).mean())


def test_many_classes(irises):
    x, names, model = irises
    expected = -log_loss(names, model.predict_proba(x))
    assert sklearn_scorer(CategoricalCrossEntropy())(model, x, names) == pytest.approx(expected)
    assert sklearn_scorer(CategoricalCrossEntropy(from_logits=True))(model, x, names) == pytest.approx(expected)
    assert sklearn_scorer(CategoricalCrossEntropy())(model, x[::50], names[::50]) < 0  # few samples of each
    np.testing.assert_allclose(
        cross_val_score(model, x, names, scoring=sklearn_scorer(CategoricalCrossEntropy())),
        cross_val_score(model, x, names, scoring="neg_log_loss"),
    )


@pytest.mark.parametrize("number", [2, 3])
def test_several_labels(irises, number):
    x, names, _ = irises
    labels = np.column_stack([names == "setosa", x[:, 0] > 6, x[:, 1] > 3])[:, :number]
    model = OneVsRestClassifier(LogisticRegression()).fit(x, labels)
    expected = -np.mean([log_loss(labels[:, k], model.predict_proba(x)[:, k]) for k in range(number)])
    assert sklearn_scorer(BinaryCrossEntropy())(model, x, labels) == pytest.approx(expected)
    assert sklearn_scorer(BinaryCrossEntropy(from_logits=True))(model, x, labels) == pytest.approx(expected)


def test_a_method_that_is_missing_is_named(tumours):
    x, names, _ = tumours
    forest = RandomForestClassifier(3, max_depth=2).fit(x, names)
    with pytest.raises(TypeError, match=r"RandomForestClassifier has no decision_function, which .*from_logits=False"):
        sklearn_scorer(BinaryCrossEntropy(from_logits=True))(forest, x, names)
    with pytest.raises(TypeError, match=r"LinearSVC has no predict_proba, which .*; take from_logits=True"):
        sklearn_scorer(BinaryCrossEntropy())(LinearSVC().fit(x, names), x, names)
    with pytest.raises(TypeError, match=r"no decision_function, which Hinge\(\) needs$"):
        sklearn_scorer(Hinge())(KNeighborsClassifier().fit(x, names), x, names)


def test_an_unknown_label_is_named(irises):
    x, _, model = irises
    with pytest.raises(ValueError, match=r"label .*zinnia.*, which the classifier wasn't trained on"):
        sklearn_scorer(CategoricalCrossEntropy())(model, x[:2], np.array(["setosa", "zinnia"]))


# --------------------------------------------------------------------------------------------------- metadata


def test_weights_are_routed(routing, diabetes):
    x, y = diabetes
    weight = np.random.default_rng(0).integers(1, 4, len(y)).astype(float)
    model = Ridge().set_fit_request(sample_weight=False)
    ours = sklearn_scorer(MAE()).set_score_request(sample_weight=True)
    found = cross_val_score(model, x, y, scoring=ours, params={"sample_weight": weight}, cv=KFold(3))
    for score, (seen, held_out) in zip(found, KFold(3).split(x), strict=True):
        predicted = Ridge().fit(x[seen], y[seen]).predict(x[held_out])
        expected = mean_absolute_error(y[held_out], predicted, sample_weight=weight[held_out])
        assert score == pytest.approx(-expected)
    renamed = sklearn_scorer(MAE()).set_score_request(sample_weight="importance")
    again = cross_val_score(Ridge(), x, y, scoring=renamed, params={"importance": weight}, cv=KFold(3))
    np.testing.assert_array_equal(found, again)


def test_weights_that_nobody_asked_for_are_an_error(routing, diabetes):
    model = Ridge().set_fit_request(sample_weight=True)
    with pytest.raises(ValueError, match=r"sample_weight.*not explicitly set as requested or not requested"):
        cross_val_score(
            model, *diabetes, scoring=sklearn_scorer(MAE()), params={"sample_weight": np.ones(len(diabetes[1]))}
        )
    with pytest.raises(TypeError, match=r"'qid' isn't an argument of value\(y_true, y_pred"):
        sklearn_scorer(MAE()).set_score_request(qid=True)


def test_queries_are_routed_in_a_grid_search(routing, diabetes):
    x, y = diabetes
    qid = np.arange(len(y)) // 13
    scorer = sklearn_scorer(PairwiseLogistic(sigma=0.1)).set_score_request(qid=True)
    search = GridSearchCV(Ridge(), {"alpha": [0.1, 10.0]}, scoring=scorer, cv=KFold(2)).fit(x, y, qid=qid)
    seen, held_out = next(KFold(2).split(x))
    predicted = Ridge(alpha=0.1).fit(x[seen], y[seen]).predict(x[held_out])
    expected = -PairwiseLogistic(sigma=0.1).value(y[held_out], predicted, qid=qid[held_out])
    assert search.cv_results_["split0_test_score"][0] == pytest.approx(expected)
    assert search.score(x, y, qid=qid) == scorer(search, x, y, qid=qid)


def test_several_scorers_at_once(diabetes):
    x, y = diabetes
    scorers = {"ours": sklearn_scorer(Huber(delta=10)), "theirs": "neg_mean_absolute_error"}
    assert set(cross_validate(Ridge(), x, y, scoring=scorers)) >= {"test_ours", "test_theirs"}
    weight = np.where(np.arange(len(y)) < 50, 1.0, 0.0)
    model = Ridge().fit(x, y)
    both = {"ours": sklearn_scorer(MAE()), "theirs": "neg_mean_absolute_error"}
    found = permutation_importance(model, x, y, scoring=both, sample_weight=weight, n_repeats=2, random_state=0)
    np.testing.assert_allclose(found["ours"].importances, found["theirs"].importances)


# ------------------------------------------------------------------------------------------------- the object


def test_it_can_be_pickled_and_copied():
    scorer = sklearn_scorer(Huber(delta=2.0)).set_score_request(sample_weight=True)
    for twin in (pickle.loads(pickle.dumps(scorer)), copy.deepcopy(scorer), clone(scorer, safe=False)):
        assert twin.loss == scorer.loss
        assert repr(twin) == "sklearn_scorer(Huber(delta=2.0))"
        assert twin.get_metadata_routing().score.requests == {"sample_weight": True}


def test_what_is_no_score_is_refused():
    with pytest.raises(TypeError, match=r"loss must be a loss such as"):
        sklearn_scorer(MSE)
    with pytest.raises(ValueError, match=r"a score is one number"):
        sklearn_scorer(MSE(reduction="none"))
    with pytest.raises(TypeError, match=r"DPO\(\) takes chosen, rejected"):
        sklearn_scorer(DPO())

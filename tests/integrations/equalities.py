"""Models trained with a booster's own objective and with this library's, on real data; how much predictions differ.

``python -m tests.integrations.equalities`` writes the table of docs/boosters.md; with ``--check`` it only trains, and
fails where a difference is too large. The tests train the same pairs.
"""

import importlib.util
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from losses import (
    AFT,
    MSE,
    BinaryCrossEntropy,
    CategoricalCrossEntropy,
    Cox,
    Gamma,
    Huber,
    LambdaRank,
    PairwiseLogistic,
    Poisson,
    Tweedie,
)
from losses.integrations import BoostedClassifier, BoostedRanker, BoostedRegressor, booster_objective

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "boosters.md"
BINARY, CLASSES = BinaryCrossEntropy(from_logits=True), CategoricalCrossEntropy(from_logits=True)
ROUNDS = 30


@dataclass(frozen=True)
class Equality:
    """Two ways to train one model."""

    loss: str
    equals: str
    settings: str
    limit: float
    difference: Callable[[], float]
    needs: tuple[str, ...]

    @property
    def missing(self) -> list[str]:
        """The libraries that aren't installed."""
        return [name for name in self.needs if importlib.util.find_spec(name) is None]

    def __str__(self) -> str:
        return f"{self.loss} {self.equals}"


EQUALITIES: list[Equality] = []


def equality(loss: str, equals: str, settings: str, limit: float = 1e-6, needs: tuple[str, ...] = ()) -> Any:
    """Return a decorator that registers a function that returns the largest difference of predictions."""

    def register(difference: Callable[[], float]) -> Callable[[], float]:
        library = {"scikit-learn": "sklearn"}.get(name := equals.split(" ")[0].lower(), name)
        EQUALITIES.append(Equality(loss, equals, settings, limit, difference, (library, "sklearn", *needs)))
        return difference

    return register


# ------------------------------------------------------------------------------------------------------------- data


@cache
def patients() -> tuple[Any, Any, Any]:
    """Return 442 diabetes patients, the standardized progression of their disease, and weights."""
    from sklearn.datasets import load_diabetes

    X, y = load_diabetes(return_X_y=True)
    return X, (y - y.mean()) / y.std(), np.random.default_rng(0).uniform(0.5, 2.0, len(y)).astype(np.float32)


def counts() -> tuple[Any, Any, Any]:
    """Return the patients with small counts as targets."""
    X, y, weight = patients()
    return X, np.floor(np.exp(y)), weight


def amounts() -> tuple[Any, Any, Any]:
    """Return the patients with positive targets."""
    X, y, weight = patients()
    return X, np.exp(y).astype(np.float32), weight


@cache
def tumours() -> tuple[Any, Any]:
    """Return 569 breast tumours and whether they are benign."""
    from sklearn.datasets import load_breast_cancer

    return load_breast_cancer(return_X_y=True)


@cache
def wines() -> tuple[Any, Any]:
    """Return 178 wines of three growers."""
    from sklearn.datasets import load_wine

    return load_wine(return_X_y=True)


@cache
def survivors() -> tuple[Any, Any]:
    """Return 686 patients with breast cancer, and the years until it came back; negative if it hadn't so far."""
    from lifelines.datasets import load_gbsg2

    frame = load_gbsg2()
    X = frame[["age", "tsize", "pnodes", "progrec", "estrec"]].to_numpy(float)
    return X, (frame["time"] / 365 * np.where(frame["cens"] == 1, 1, -1)).to_numpy(np.float32)


def ranks(y: Any) -> Any:
    """Return the ranks of times, with their signs, by which ties are broken."""
    rank = np.empty(len(y), np.float32)
    rank[np.argsort(np.abs(y), kind="stable")] = np.arange(1, len(y) + 1)
    return np.copysign(rank, y)


@cache
def documents(part: str) -> tuple[Any, Any, Any]:
    """Return documents of a search engine, "train" or "test": features, relevance from 0 to 4, sizes of the queries."""
    with np.load(Path(__file__).parent / "data" / "lambdarank.npz") as data:
        return data[f"{part}_X"] / 100, data[f"{part}_y"].astype(int), data[f"{part}_sizes"].astype(int)


# ---------------------------------------------------------------------------------------------------------- XGBoost


def xgb(kind: str, **params: Any) -> Any:
    """Return an XGBoost estimator."""
    import xgboost

    return getattr(xgboost, f"XGB{kind}")(**{"n_estimators": ROUNDS, "max_depth": 3, "n_jobs": 1, **params})


def xgb_regressors(
    loss: Any, objective: str, data: tuple[Any, Any, Any], to_target: Any = None, **params: Any
) -> float:
    """Return the difference between an objective of XGBoost's and a loss, from the same start."""
    X, y, weight = data
    to_target = to_target or loss.inverse_link
    start = float(to_target(loss.best_constant(y, weight)))
    theirs = xgb("Regressor", objective=objective, base_score=start, **params).fit(X, y, sample_weight=weight)
    ours = BoostedRegressor(xgb("Regressor"), loss).fit(X, y, sample_weight=weight)
    return difference(ours.predict(X), theirs.predict(X))


def difference(ours: Any, theirs: Any) -> float:
    """Return the largest difference."""
    return float(np.abs(np.asarray(ours, float) - np.asarray(theirs, float)).max())


@equality("`0.5 * MSE()`, weighted", "XGBoost reg:squarederror", "`base_score` = weighted mean")
def _() -> float:
    return xgb_regressors(0.5 * MSE(), "reg:squarederror", patients())


@equality("`BinaryCrossEntropy`", "XGBoost binary:logistic", "`base_score` = mean")
def _() -> float:
    X, y = tumours()
    theirs = xgb("Classifier", base_score=float(y.mean())).fit(X, y)
    ours = BoostedClassifier(xgb("Classifier"), BINARY).fit(X, y)
    return difference(ours.predict_proba(X), theirs.predict_proba(X))


@equality("`CategoricalCrossEntropy`", "XGBoost multi:softprob", '`curvature="xgboost"`; `base_score` = log priors')
def _() -> float:
    X, y = wines()
    theirs = xgb("Classifier", base_score=CLASSES.best_constant(y).tolist()).fit(X, y)
    ours = BoostedClassifier(xgb("Classifier"), CLASSES, "xgboost").fit(X, y)
    return difference(ours.predict_proba(X), theirs.predict_proba(X))


@equality("`Poisson()`, weighted", "XGBoost count:poisson", '`curvature="xgboost"`; `max_delta_step=0.7`')
def _() -> float:
    X, y, weight = counts()
    start = float(np.average(y, weights=weight))
    theirs = xgb("Regressor", objective="count:poisson", base_score=start).fit(X, y, sample_weight=weight)
    ours = BoostedRegressor(xgb("Regressor", max_delta_step=0.7), Poisson(), "xgboost").fit(X, y, sample_weight=weight)
    return difference(np.log(ours.predict(X)), np.log(theirs.predict(X)))


@equality("`Gamma()`, weighted", "XGBoost reg:gamma", "`base_score` = weighted mean", 1e-4)
def _() -> float:
    return xgb_regressors(Gamma(), "reg:gamma", amounts())


@equality("`Tweedie(power=1.3)`, weighted", "XGBoost reg:tweedie", "`base_score` = weighted mean", 1e-4)
def _() -> float:
    return xgb_regressors(Tweedie(power=1.3), "reg:tweedie", amounts(), tweedie_variance_power=1.3)


@equality("`Cox()`", "XGBoost survival:cox", "no ties (see below); `base_score` = 1", 1e-4, ("lifelines",))
def _() -> float:
    X, y = survivors()[0], ranks(survivors()[1])
    theirs = xgb("Regressor", objective="survival:cox", base_score=1.0).fit(X, y)
    ours = BoostedRegressor(xgb("Regressor"), Cox()).fit(X, y)
    return difference(np.log(ours.predict(X)), np.log(theirs.predict(X)))


@equality("`AFT()`, three distributions", "XGBoost survival:aft", "same start; log of the time", 1e-4, ("lifelines",))
def _() -> float:
    return max(map(aft, ("normal", "logistic", "extreme")))


def aft(distribution: str) -> float:
    """Return the difference of predicted logarithms of times."""
    import xgboost

    X, y = survivors()
    loss = AFT(distribution=distribution, scale=1.2)
    ours = BoostedRegressor(xgb("Regressor"), loss).fit(X, y)
    matrix = xgboost.DMatrix(X, label_lower_bound=np.abs(y), label_upper_bound=np.where(y < 0, np.inf, y))
    params = {"objective": "survival:aft", "aft_loss_distribution": distribution, "aft_loss_distribution_scale": 1.2}
    params |= {"base_score": float(np.exp(ours.intercept_)), "max_depth": 3, "nthread": 1}
    theirs = xgboost.train(params, matrix, ROUNDS)
    both = [ours.predict_raw(X), theirs.predict(matrix, output_margin=True)]
    direct = xgboost.train(
        {"base_score": ours.intercept_, "max_depth": 3, "nthread": 1}, matrix, ROUNDS, obj=booster_objective(loss)
    )
    return max(difference(*both), difference(direct.predict(matrix, output_margin=True), both[1]))


# --------------------------------------------------------------------------------------------------------- LightGBM

LIGHT = {"n_estimators": ROUNDS, "n_jobs": 1, "verbosity": -1, "num_leaves": 8, "deterministic": True}


def lgb(kind: str, **params: Any) -> Any:
    """Return a LightGBM estimator."""
    import lightgbm

    return getattr(lightgbm, f"LGBM{kind}")(**{**LIGHT, **params})


def lgb_regressors(loss: Any, objective: str, curvature: str, data: tuple[Any, Any, Any], **params: Any) -> float:
    """Return the difference of scores between an objective of LightGBM's and a loss, from the same start."""
    X, y, weight = data
    start = loss.best_constant(y, weight)
    theirs = lgb("Regressor", objective=objective, boost_from_average=False, **params)
    theirs.fit(X, y, sample_weight=weight, init_score=np.full(len(y), start))
    ours = BoostedRegressor(lgb("Regressor"), loss, curvature).fit(X, y, sample_weight=weight)
    return difference(ours.predict_raw(X), theirs.predict(X, raw_score=True) + start)


@equality("`0.5 * MSE()`, weighted", "LightGBM l2", "`init_score` added back; `boost_from_average=False`")
def _() -> float:
    return lgb_regressors(0.5 * MSE(), "l2", "auto", patients())


@equality("`BinaryCrossEntropy`", "LightGBM binary", "`init_score` added back; `boost_from_average=False`")
def _() -> float:
    X, y = tumours()
    start = BINARY.best_constant(y)
    theirs = lgb("Classifier", boost_from_average=False).fit(X, y, init_score=np.full(len(y), start))
    ours = BoostedClassifier(lgb("Classifier"), BINARY).fit(X, y)
    return difference(ours.predict_proba(X)[:, 1], BINARY.inverse_link(theirs.predict(X, raw_score=True) + start))


@equality("`CategoricalCrossEntropy`", "LightGBM multiclass", '`curvature="lightgbm"`; `init_score` = log priors')
def _() -> float:
    X, y = wines()
    start = CLASSES.best_constant(y)
    theirs = lgb("Classifier", boost_from_average=False).fit(X, y, init_score=np.tile(start, (len(y), 1)))
    ours = BoostedClassifier(lgb("Classifier"), CLASSES, "lightgbm").fit(X, y)
    return difference(ours.predict_proba(X), CLASSES.inverse_link(theirs.predict(X, raw_score=True) + start))


@equality("`Poisson()`, weighted", "LightGBM poisson", '`curvature="lightgbm"`; `init_score` = log of the mean')
def _() -> float:
    return lgb_regressors(Poisson(), "poisson", "lightgbm", counts())


@equality("`Huber(delta=0.9)`, weighted", "LightGBM huber", '`curvature="lightgbm"`; `init_score` = best constant')
def _() -> float:
    return lgb_regressors(Huber(delta=0.9), "huber", "lightgbm", patients(), alpha=0.9)


# --------------------------------------------------------------------------------------------------------- CatBoost

CAT = {"iterations": ROUNDS, "depth": 4, "thread_count": 1, "verbose": False, "learning_rate": 0.1}
NEWTON = {"leaf_estimation_method": "Newton", "leaf_estimation_iterations": 1, "bootstrap_type": "No"}


def cat(kind: str, **params: Any) -> Any:
    """Return a CatBoost estimator that writes no files."""
    import catboost

    return getattr(catboost, f"CatBoost{kind}")(**{**CAT, **NEWTON, "allow_writing_files": False, **params})


@equality("`0.5 * MSE()`, weighted", "CatBoost RMSE", "baseline = weighted mean, added back")
def _() -> float:
    import catboost

    X, y, weight = patients()
    ours = BoostedRegressor(cat("Regressor"), 0.5 * MSE()).fit(X, y, sample_weight=weight)
    theirs = cat("Regressor", loss_function="RMSE", boost_from_average=False)
    theirs.fit(catboost.Pool(X, y, weight=weight, baseline=np.full(len(y), ours.intercept_)))
    return difference(ours.predict(X), theirs.predict(X) + ours.intercept_)


@equality("`BinaryCrossEntropy`", "CatBoost Logloss", "Newton, 1 leaf iteration; baseline = log-odds, added back")
def _() -> float:
    return cat_classifiers(tumours(), BINARY, "auto")


@equality("`CategoricalCrossEntropy`", "CatBoost MultiClass", '`curvature="catboost"`; Newton, `bootstrap_type="No"`')
def _() -> float:
    return cat_classifiers(wines(), CLASSES, "catboost")


def cat_classifiers(data: tuple[Any, Any], loss: Any, curvature: str) -> float:
    """Return the difference of probabilities."""
    import catboost

    X, y = data
    ours = BoostedClassifier(cat("Classifier"), loss, curvature).fit(X, y)
    theirs = cat("Classifier")
    theirs.fit(catboost.Pool(X, y, baseline=np.broadcast_to(ours.intercept_, (len(y), np.size(ours.intercept_)))))
    raw = theirs.predict(X, prediction_type="RawFormulaVal") + ours.intercept_
    p = loss.inverse_link(raw)
    return difference(ours.predict_proba(X)[:, 1] if p.ndim == 1 else ours.predict_proba(X), p)


# ----------------------------------------------------------------------------------------------------- scikit-learn


def hist(kind: str, **params: Any) -> Any:
    """Return a HistGradientBoosting."""
    from sklearn import ensemble

    return getattr(ensemble, f"HistGradientBoosting{kind}")(**{"max_iter": ROUNDS, "early_stopping": False, **params})


@equality("`0.5 * MSE()`, weighted", "scikit-learn squared_error", "HistGradientBoosting")
def _() -> float:
    X, y, weight = patients()
    theirs, ours = hist("Regressor"), BoostedRegressor(hist("Regressor"), 0.5 * MSE())
    return difference(*(model.fit(X, y, sample_weight=weight).predict(X) for model in (theirs, ours)))


@equality("`Poisson()`, weighted", "scikit-learn poisson", "HistGradientBoosting")
def _() -> float:
    X, y, weight = counts()
    theirs, ours = hist("Regressor", loss="poisson"), BoostedRegressor(hist("Regressor"), Poisson())
    return difference(*(np.log(model.fit(X, y, sample_weight=weight).predict(X)) for model in (theirs, ours)))


@equality("`BinaryCrossEntropy`, `CategoricalCrossEntropy`", "scikit-learn log_loss", "HistGradientBoosting")
def _() -> float:
    found = []
    for (X, y), loss in ((tumours(), BINARY), (wines(), CLASSES)):
        theirs, ours = hist("Classifier"), BoostedClassifier(hist("Classifier"), loss)
        found.append(difference(*(model.fit(X, y).predict_proba(X) for model in (theirs, ours))))
    return max(found)


# ---------------------------------------------------------------------------------------------------------- ranking


def ndcg(scores: Any, relevance: Any, sizes: Any) -> float:
    """Return NDCG@10, gains 2^y − 1, as a mean over the queries that have anything relevant."""
    found = []
    for start, stop in zip(np.cumsum(sizes) - sizes, np.cumsum(sizes), strict=True):
        y, discount = relevance[start:stop], 1 / np.log2(np.arange(2, 12))
        got, ideal = (2.0 ** y[np.argsort(-key, kind="stable")[:10]] - 1 for key in (scores[start:stop], y))
        if ideal.any():
            found.append(got @ discount[: len(got)] / (ideal @ discount[: len(ideal)]))
    return float(np.mean(found))


def rankers(ours: Any, theirs: Any, **how: Any) -> float:
    """Return by how much the losses' held-out NDCG falls short of the booster's own, or by how much it is above."""
    X, y, sizes = documents("train")
    qid = np.repeat(np.arange(len(sizes)), sizes)
    ours.fit(X, y, qid=qid)
    theirs.fit(X, y, **(how or {"qid": qid}))
    X, y, sizes = documents("test")
    return abs(ndcg(ours.predict(X), y, sizes) - ndcg(theirs.predict(X), y, sizes))


RANKING = {"n_estimators": 100, "learning_rate": 0.1}


@equality(
    "`PairwiseLogistic()`", "XGBoost rank:pairwise", "held-out NDCG@10, 201 queries for training, 50 held out", 0.01
)
def _() -> float:
    boosters = [xgb("Ranker", max_depth=4, objective="rank:pairwise", **RANKING) for _ in range(2)]
    return rankers(BoostedRanker(boosters[0], PairwiseLogistic()), boosters[1])


@equality("`LambdaRank()`", "LightGBM lambdarank", "held-out NDCG@10, the same queries", 0.01)
def _() -> float:
    boosters = [lgb("Ranker", num_leaves=15, **RANKING) for _ in range(2)]
    return rankers(BoostedRanker(boosters[0], LambdaRank()), boosters[1], group=documents("train")[2])


# ------------------------------------------------------------------------------------------------------------ table


def marks(name: str) -> tuple[str, str]:
    """Return what stands around a table that a script writes."""
    return f"<!-- {name}: python -m tests.integrations.{name} -->", f"<!-- end of {name} -->"


def write_table(page: Path, name: str, lines: list[str]) -> None:
    """Write a table between its marks."""
    start, end = marks(name)
    before, rest = page.read_text(encoding="utf-8").split(start)
    page.write_text(f"{before}{start}\n" + "\n".join(lines) + f"\n{end}{rest.split(end)[1]}", encoding="utf-8")


def row(case: Equality, found: float) -> str:
    """Return a row of the table."""
    return f"| {case.loss} | {case.equals} | {case.settings} | {found:.0e} | {case.limit:.0e} |"


def main() -> None:
    """Train all the pairs; write the table, or with ``--check`` fail where a difference is too large."""
    found = {}
    for case in EQUALITIES:
        if case.missing:
            sys.exit(f"{case}: install {', '.join(case.missing)} (the extra integrations)")
        found[case] = case.difference()
        print(row(case, found[case]), flush=True)
    if bad := [str(case) for case, largest in found.items() if not largest <= case.limit]:
        sys.exit(f"differ by more than their limit: {'; '.join(bad)}")
    if "--check" in sys.argv:
        return
    head = ["| loss | equals | settings | largest difference | limit |", "| --- " * 5 + "|"]
    write_table(PAGE, "equalities", [*head, *(row(case, largest) for case, largest in found.items())])


if __name__ == "__main__":
    main()

"""What to divide the gradients of losses without a curvature by: trials on four real data sets.

``python -m tests.integrations.trials`` writes the table of docs/boosters.md; it takes some minutes.
"""

import csv
from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.model_selection import KFold

from losses import MAE, Pinball
from losses.integrations import BoostedRegressor
from tests.integrations.equalities import PAGE, ROOT, lgb, write_table, xgb

ROUNDS = 200
RATES = (0.05, 0.2)
OWN = {
    "XGBoost": lambda loss: {"objective": "reg:quantileerror", "quantile_alpha": getattr(loss, "quantile", 0.5)},
    "LightGBM": lambda loss: {"objective": "quantile", "alpha": getattr(loss, "quantile", 0.5)},
}
MAKE = {"XGBoost": (xgb, {"max_depth": 4}), "LightGBM": (lgb, {"num_leaves": 15})}


def data_sets() -> Iterator[tuple[str, Any, Any]]:
    """Return names, features and targets in their own units."""
    import statsmodels.api as sm
    from sklearn.datasets import load_diabetes

    yield "diabetes (442)", *load_diabetes(return_X_y=True)
    with (ROOT / "docs/examples/data/electricity_demand.csv").open() as file:
        demand = np.array([float(row["demand_mw"]) for row in csv.DictReader(file)])
    t = np.arange(336, len(demand))
    yield "electricity (3696)", np.stack([demand[t - 48], demand[t - 336], t % 48, (t // 48) % 7], axis=1), demand[t]
    engel = sm.datasets.engel.load_pandas().data
    yield "Engel's food (235)", engel[["income"]].to_numpy(), engel["foodexp"].to_numpy()
    visits = sm.datasets.randhie.load_pandas().data.sample(4000, random_state=0)
    yield "doctor's visits (4000)", visits.drop(columns="mdvis").to_numpy(float), visits["mdvis"].to_numpy(float)


def held_out(library: str, loss: Any, X: Any, y: Any, way: str, rate: float) -> float:
    """Return the held-out loss in three folds, relative to that of the best constant."""
    make, params = MAKE[library]
    figures = []
    for train, test in KFold(3, shuffle=True, random_state=0).split(X):
        center, unit = (y[train].mean(), y[train].std()) if way == "unit, standardized" else (0.0, 1.0)
        params = {**params, "n_estimators": ROUNDS, "learning_rate": rate}
        target, start = (y - center) / unit, loss.best_constant((y[train] - center) / unit)
        if way == "its own":
            model = make("Regressor", **params, **OWN[library](loss)).fit(X[train], target[train])
        else:
            curvature = "auto" if way == "auto" else "unit"
            model = BoostedRegressor(make("Regressor", **params), loss, curvature).fit(X[train], target[train])
        predicted = np.asarray(model.predict(X[test]), float)
        figures.append(loss.value(target[test], predicted) / loss.value(target[test], np.full(len(test), start)))
    return float(np.mean(figures))


def main() -> None:
    """Run the trials and write the table."""
    ways = ("unit", "unit, standardized", "auto", "its own")
    rows = []
    for name, X, y in data_sets():
        for loss in (MAE(), Pinball(quantile=0.9)):
            for library in MAKE:
                cells = []
                for way in ways:
                    cells.append(" / ".join(f"{held_out(library, loss, X, y, way, rate):.2f}" for rate in RATES))
                rows.append(f"| {name} | `{loss!r}` | {library} | {' | '.join(cells)} |")
                print(rows[-1], flush=True)
    head = '| data | loss | booster | 1 | 1, target standardized | "auto" | the booster\'s own objective |'
    write_table(PAGE, "trials", [head, "| --- " * 7 + "|", *rows])


if __name__ == "__main__":
    main()

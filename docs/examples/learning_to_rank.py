"""Learning to rank
================

Learn to rank: patients within their age groups, and the few positives among a million rows.

The first part ranks the 442 diabetes patients of Efron, Hastie, Johnstone and Tibshirani (2004), which scikit-learn
carries, by how far their disease had progressed a year later; a query is an age group, the relevance a grade from 0 to
4. A linear model is trained with each of four losses on a random half of the patients and judged on the other half, ten
times.

The second part trains `PairwiseLogistic` as a smooth stand-in for AUC, the share of pairs of a positive and a negative
row that the scores put in the right order, over all the pairs at once. One row in a hundred is positive.

Run it with ``python docs/examples/learning_to_rank.py``; a number of rows for the second part may follow. It needs
scikit-learn: ``python -m pip install ".[examples]"``.
"""

import sys
import time

import numpy as np

from losses import MSE, LambdaRank, ListNet, PairwiseLogistic

LOSSES = (MSE(), PairwiseLogistic(), ListNet(), LambdaRank())
HALVES = 10
TOP = 5
FEATURES = 8


def read_patients():
    """Return ten measurements of each patient, the grade of progression from 0 to 4, and the decade of age."""
    try:
        from sklearn.datasets import load_diabetes
    except ImportError:
        sys.exit('This example needs the data that scikit-learn carries: python -m pip install ".[examples]"')
    measured, progression = load_diabetes(return_X_y=True, scaled=False)
    grade = np.searchsorted(np.quantile(progression, [0.2, 0.4, 0.6, 0.8]), progression)
    return measured, grade, np.clip(measured[:, 0] // 10, 2, 6).astype(int)


def train(loss, x, y, steps, rate, progress="", **keywords):
    """Return the weights of a linear model, found by Adam (Kingma and Ba 2015)."""
    weights, momentum, power = (np.zeros(x.shape[1]) for _ in range(3))
    for step in range(1, steps + 1):
        value, by_score = loss.value_and_grad(y, x @ weights, **keywords)
        slope = x.T @ by_score
        momentum += 0.1 * (slope - momentum)
        power += 0.01 * (slope**2 - power)
        weights -= rate * (momentum / (1 - 0.9**step)) / np.sqrt(power / (1 - 0.99**step))
        if progress and sys.stderr.isatty() and (step == steps or step % 20 == 0 or steps < 20):
            print(f"\r{progress}, step {step:3d} of {steps}: {value:.4f}", end="", file=sys.stderr, flush=True)
    return weights


def ndcg(grade, scores):
    """Return NDCG at rank 5."""
    discount = 1 / np.log2(1 + np.arange(1, min(TOP, len(grade)) + 1))
    found, ideal = (2.0 ** grade[np.argsort(-key)[:TOP]] - 1 for key in (scores, grade))
    return (found @ discount) / (ideal @ discount)


def pair_accuracy(grade, scores):
    """Return the share of the pairs with different grades that the scores put in the right order."""
    higher, lower = np.nonzero(grade[:, np.newaxis] > grade)
    return np.mean(scores[higher] > scores[lower])


def held_out_figures(loss, past, held_out):
    """Return NDCG and pair accuracy on the held-out patients, as means over the age groups."""
    measured, grade, group = past
    mean, scale = measured.mean(axis=0), measured.std(axis=0)
    queries = {"qid": group} if "qid" in loss.signature.names else {}
    weights = train(loss, (measured - mean) / scale, grade, 100, 0.1, f"{loss!r:18s}", **queries)
    measured, grade, group = held_out
    scores = (measured - mean) / scale @ weights
    lists = [(grade[group == g], scores[group == g]) for g in np.unique(group)]
    return [np.mean([metric(*ranked) for ranked in lists]) for metric in (ndcg, pair_accuracy)]


def rank_patients():
    """Compare the losses on patients that the models were not trained on."""
    patients = read_patients()
    figures = {loss: [] for loss in LOSSES}
    for half in range(HALVES):
        # This also shuffles each query: LambdaRank breaks ties, as between the first scores, by input order.
        order = np.random.default_rng(half).permutation(len(patients[0]))
        past, held_out = ([column[part] for column in patients] for part in (order[::2], order[1::2]))
        for loss in LOSSES:
            figures[loss].append(held_out_figures(loss, past, held_out))
    if sys.stderr.isatty():
        print(file=sys.stderr)
    print(f"Patients ranked within age groups: held-out means over {HALVES} random halves, and by how much they differ")
    print(f"from those of {LOSSES[0]!r}, with the standard error of that.\n")
    print(f"{'trained with':20s}{f'NDCG@{TOP}':>8s}{'':18s}{'pairs in order':>16s}")
    for loss, found in figures.items():
        line = f"{loss!r:20s}"
        for figure, baseline in zip(np.transpose(found), np.transpose(figures[LOSSES[0]]), strict=True):
            difference = figure - baseline
            error = difference.std(ddof=1) / HALVES**0.5
            versus = f"{difference.mean():+.3f} ± {error:.3f}" if error else ""
            line += f"{figure.mean():8.3f}   {versus:17s}"
        print(line.rstrip())
    print(
        "\nTold nothing but the order within age groups, ranking losses do about as well as regression on the grades.\n"
        "LambdaRank attends to the first places, which is what NDCG measures, and pays for it in pairs further down.\n"
    )


def auc(y, scores):
    """Return the share of pairs of a positive and a negative row that are in the right order (Mann and Whitney)."""
    rank = np.empty(len(y))
    rank[np.argsort(scores)] = np.arange(1, len(y) + 1)
    positives = np.count_nonzero(y)
    return (rank[y == 1].sum() - positives * (positives + 1) / 2) / (positives * (len(y) - positives))


def rare_positives(rng, rows):
    """Return features and labels, of which the hundredth part is 1, and the weights that the labels come from."""
    x, true = rng.standard_normal((rows, FEATURES)), rng.standard_normal(FEATURES)
    cause = x @ true + rng.standard_t(2, rows)  # much of what makes a row positive is not in the features
    return x, (cause > np.quantile(cause, 0.99)).astype(float), true


def maximize_auc(rows):
    """Train on all pairs of a positive and a negative row."""
    rng = np.random.default_rng(0)
    x, y, true = rare_positives(rng, rows)
    first = rng.standard_normal(FEATURES)
    start = time.perf_counter()
    steps = 12
    weights = train(PairwiseLogistic(), x, y, steps, 0.05, "All pairs")
    seconds = time.perf_counter() - start
    if sys.stderr.isatty():
        print(file=sys.stderr)
    positives = np.count_nonzero(y)
    print(f"{rows:,} rows, {positives:,} of them positive: {positives * (rows - positives):,} pairs in each step.\n")
    print(f"AUC before training (random weights) {auc(y, x @ first):.4f}")
    print(f"AUC after {steps} steps                  {auc(y, x @ weights):.4f}")
    print(f"AUC of the weights behind the labels {auc(y, x @ true):.4f}")
    print(f"\nTraining took {seconds:.1f} s, {seconds / steps:.2f} s a step.")


if __name__ == "__main__":
    rank_patients()
    maximize_auc(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)

"""Pictures of the examples that print and don't draw: made from their own functions, so that they need NumPy alone."""

from math import lgamma
from pathlib import Path
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
from sphinx_gallery.scrapers import figure_rst

from losses import MSE, Asymmetric, Cox, NegativeBinomial, Poisson


def scrape(block, block_vars, gallery_conf):
    """Return the picture of an example, as sphinx-gallery asks for it."""
    draw = PICTURES.get(Path(block_vars["src_file"]).stem)
    if draw is None or block_vars["example_globals"].get("drawn"):
        return ""
    block_vars["example_globals"]["drawn"] = True
    figure, ax = plt.subplots(figsize=(7, 4), layout="constrained")
    draw(ax, SimpleNamespace(**block_vars["example_globals"]))
    path = next(block_vars["image_path_iterator"])
    figure.savefig(path, dpi=120)
    plt.close(figure)
    return figure_rst([path], gallery_conf["src_dir"])


def electricity(ax, example):
    """Draw three days that were held out, and both forecasts."""
    stamps, demand = example.read_demand(example.DATA)
    now, x = example.features(stamps, demand)
    y = demand[now] / 1000
    past, days = slice(None, -example.HELD_OUT), slice(-example.HELD_OUT, 3 * example.DAY - example.HELD_OUT)
    for loss in (MSE(), Asymmetric(shortfall_weight=10)):
        ax.plot(np.arange(3 * example.DAY) / 2, example.train(loss, x[past], y[past], "")(x[days]), label=repr(loss))
    ax.plot(np.arange(3 * example.DAY) / 2, y[days], "k", linewidth=1, label="demand")
    ax.set(xlabel="hours", ylabel="GW", ylim=(19, None))
    ax.legend(loc="lower center", ncols=3)


def counts(ax, example):
    """Draw how often each count was seen, and how often the models expect it."""
    y, x = example.read_visits()
    x = np.column_stack([(x - x.mean(axis=0)) / x.std(axis=0), np.ones(len(x))])
    k = np.arange(16)
    factorial = np.array([lgamma(n + 1) for n in k])
    ax.bar(k, [np.mean(y == n) for n in k], color="lightgrey", label="seen")
    mean = np.exp(x @ example.fit(Poisson(), y, x))[:, np.newaxis]
    ax.plot(k, np.exp(k * np.log(mean) - mean - factorial).mean(axis=0), "o-", label="Poisson()")
    excess = float(np.sum((y - mean.T) ** 2 - mean.T) / np.sum(mean**2))
    mean = np.exp(x @ example.fit(NegativeBinomial(dispersion=excess), y, x))[:, np.newaxis]
    size, share = 1 / excess, excess * mean / (1 + excess * mean)
    ways = np.array([lgamma(n + size) - lgamma(size) for n in k]) - factorial
    ax.plot(k, np.exp(ways + k * np.log(share) + size * np.log1p(-share)).mean(axis=0), "o-", label="NegativeBinomial")
    ax.set(xlabel="visits a year", ylabel="share of the people")
    ax.legend()


def risks(ax, example):
    """Draw by what each feature multiplies the risk."""
    table, _ = example.read_releases()
    names = [name for name in table.columns if name not in ("week", "arrest")]
    x = table[names].to_numpy(float)
    found = example.fit(
        Cox(ties="efron"), table["week"], x - x.mean(axis=0), np.zeros(len(names)), event=table["arrest"]
    )
    ax.barh(names, np.exp(found) - 1, left=1)
    ax.axvline(1, color="k", linewidth=1)
    ax.set(xlabel="times the risk of an arrest")


def policies(ax, example):
    """Draw how often each answer is given: by the reference, at the optimum, and by DPO."""
    rng = np.random.default_rng(1)
    utility = rng.normal(0, 1, example.ANSWERS)
    reference = example.log_softmax(rng.normal(0, 0.5, example.ANSWERS))
    chance = 1 / (1 + np.exp(utility - utility[:, np.newaxis]))
    optimum = example.log_softmax(reference + utility / example.BETA)
    shown = {"reference": reference, "optimum": optimum, "DPO": example.train_dpo(chance, reference, steps=2000)}
    for k, (name, logp) in enumerate(shown.items()):
        ax.bar(np.arange(example.ANSWERS) + 0.27 * (k - 1), np.exp(logp), 0.27, label=name)
    ax.set(xlabel="answer", ylabel="how often it is given")
    ax.legend()


def ranking(ax, example):
    """Draw both figures of each loss, on three random halves."""
    patients = example.read_patients()
    for loss in example.LOSSES:
        found = []
        for half in range(3):
            order = np.random.default_rng(half).permutation(len(patients[0]))
            past, held_out = ([column[part] for column in patients] for part in (order[::2], order[1::2]))
            found.append(example.held_out_figures(loss, past, held_out))
        ax.plot(*np.transpose(found), "o", label=repr(loss))
    ax.set(xlabel=f"NDCG@{example.TOP}", ylabel="pairs in order")
    ax.legend()


def characters(ax, example):
    """Draw how often one letter follows another in the text."""
    letters = "abcdefghijklmnopqrstuvwxyz "
    text = "\n".join(example.paragraphs()).lower()
    known = np.array([letters.find(c) for c in text])
    counts = np.zeros((len(letters), len(letters)))
    pairs = (known[:-1] >= 0) & (known[1:] >= 0)
    np.add.at(counts, (known[:-1][pairs], known[1:][pairs]), 1)
    ax.imshow(np.sqrt(counts / counts.sum(axis=1, keepdims=True)), cmap="Blues")
    ax.set_xticks(range(len(letters)), letters.replace(" ", "␣"))
    ax.set_yticks(range(len(letters)), letters.replace(" ", "␣"), fontsize=7)
    ax.set(xlabel="next letter", ylabel="letter")


def regression(ax, example):
    """Draw Engel's families, and the lines of a robust regression and of least squares."""
    model, _ = example.robust()
    income, order = model.x[:, 0], np.argsort(model.x[:, 0])
    lines = {"Huber": example.fit(model, "trust-ncg").x, "MSE": np.linalg.lstsq(model.x, model.y, rcond=None)[0]}
    ax.plot(income, model.y, ".", color="grey")
    for name, coefficients in lines.items():
        ax.plot(income[order], (model.x @ coefficients)[order], label=name)
    ax.set(xlabel="income, standardized", ylabel="spent on food, in hundreds")
    ax.legend()


PICTURES = {
    "scipy_fit": regression,
    "electricity_demand": electricity,
    "count_model": counts,
    "survival": risks,
    "preferences": policies,
    "learning_to_rank": ranking,
    "next_token": characters,
}

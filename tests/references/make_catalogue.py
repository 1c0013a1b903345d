r"""Make catalogue.json: values and derivatives of the losses of catalogue sections 1 to 7, computed without `losses`.

    pip install numpy==2.4.6 scipy==1.17.1 scikit-learn==1.9.1 statsmodels==0.15.0 lifelines==0.30.3 \
        scoringrules==0.10.0 xgboost-cpu==3.2.0 mpmath==1.3.0 keras==3.15.1 torch==2.13.0
    python tests/references/make_catalogue.py

These versions (Python 3.11) made the stored file, in less than a minute. Its numbers come from mpmath at 250 to 1000
digits, rounded once to float64, from the catalogue's formulas, without `losses`; derivatives are central differences
with relative steps of 1e-50 or less. Where a library has the loss, its values, and its gradients and Hessians where it
has them, must agree at the ordinary points, else this script fails; `source` names it and the tolerance. A gradient is
null where a point is a kink, a Hessian also where it jumps. Derivatives are those of the reduced number ("none": of
its sum). Infinities are the strings "inf" and "-inf".
"""

import json
import os
import pathlib
from importlib.metadata import version

os.environ.setdefault("KERAS_BACKEND", "torch")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import keras
import numpy as np
from mpmath import mp, mpf

keras.config.set_floatx("float64")

import make_catalogue_elementwise as elementwise  # noqa: E402
import make_catalogue_rows as rows  # noqa: E402

VERSIONS = {
    name: version(package)
    for name, package in {
        **{n: n for n in ("torch", "scipy", "statsmodels", "lifelines", "scoringrules", "keras", "mpmath")},
        "sklearn": "scikit-learn",
        "xgboost": "xgboost-cpu",
    }.items()
}
WEIGHTS = [1.0, 0.5, 2.0, 0.0, 3.0, 0.25, 1.5, 1.0]


def grows(difference, h):
    """Whether one-sided differences keep apart as the step shrinks: a kink, not rounding and not curvature."""
    (wide, size), (close, _) = difference(h), difference(h / 1000)
    return abs(wide) > size * mpf(10) ** -(mp.dps // 8) and abs(close) > abs(wide) / 2


def derivatives(f, x):
    """First and second derivative of f at x by central differences at high precision; None where they jump."""
    h = (abs(x) if x else 1) * mpf(10) ** -(mp.dps // 5)
    at = f(x)
    rounding = abs(at) * mpf(10) ** -(9 * mp.dps // 10)
    floor = rounding * mpf(10) ** (mp.dps // 8)

    def first_jump(h):
        right, left = (f(x + h) - at) / h, (at - f(x - h)) / h
        return right - left, abs(right) + abs(left) + floor / h

    def second_jump(h):
        right, left = ((f(x + 2 * k) - 2 * f(x + k) + at) / h**2 for k in (h, -h))
        return right - left, abs(right) + abs(left) + floor / h**2

    if grows(first_jump, h):
        return None, None
    first, second = (f(x + h) - f(x - h)) / (2 * h), (f(x + h) - 2 * at + f(x - h)) / h**2
    if abs(second) < rounding / h**2:
        second = mpf(0)
    if abs(first) < abs(second) * h + rounding / h:
        first = mpf(0)  # rounding and the next order
    return first, None if grows(second_jump, h) else second


def nested(f, *arrays):
    """Map f over nested lists of one shape."""
    return [nested(f, *row) for row in zip(*arrays, strict=True)] if isinstance(arrays[0], list) else f(*arrays)


def has_none(a):
    return any(map(has_none, a)) if isinstance(a, list) else a is None


def plain(a):
    """Floats at full precision, infinities as strings."""
    if isinstance(a, dict):
        return {k: plain(v) for k, v in a.items()}
    if isinstance(a, (list, tuple)):
        return [plain(v) for v in a]
    if isinstance(a, (float, mpf)):
        with mp.workdps(40):  # takes the differences' error off numbers half-way between two floats
            number = float(+mpf(a)) + 0.0  # no −0
        assert number == number
        return number if abs(number) != float("inf") else str(number)
    return a


def agree(label, ours, theirs, tolerance):
    if ours is None or theirs is None or has_none(ours):
        return
    ours = np.array(nested(float, ours))
    np.testing.assert_allclose(np.asarray(theirs), ours, rtol=tolerance, atol=tolerance, err_msg=label)


def source(label, tolerance):
    digits = "mpmath {mpmath}, {dps} digits".format(dps=mp.dps, **VERSIONS)
    return digits if label is None else f"{label.format(**VERSIONS)}, agreeing to {tolerance:.0e}; digits from {digits}"


def reduced(losses, grad, hess, weight, reduction, denominator):
    """Apply weights (one a sample) and reduction."""
    terms = [w * a for w, a in zip(weight, losses, strict=True)]
    scale = 1 / denominator if reduction == "mean" else mpf(1)
    value = terms if reduction == "none" else sum(terms, mpf(0)) * scale

    def weigh(rows_):
        if rows_ is None or has_none(rows_):
            return None
        return [nested(lambda a, w=w: a * w * scale, row) for w, row in zip(weight, rows_, strict=True)]

    return value, weigh(grad), weigh(hess)


def per_sample(formula, arrays, by, parameters, at=lambda x: x):
    """Losses, gradients and Hessians of independent samples, exact."""
    losses, grads, hesses = [], [], []
    names = list(arrays)
    for sample in zip(*arrays.values(), strict=True):
        given = [nested(mpf, a) for a in sample]
        k = names.index(by)
        given[k] = nested(at, given[k])
        x = given[k] if isinstance(given[k], list) else [given[k]]

        def moved(j, v, given=given, x=x, k=k):
            new = [v if i == j else a for i, a in enumerate(x)]
            return formula(*given[:k], new if isinstance(given[k], list) else new[0], *given[k + 1 :], **parameters)

        losses.append(moved(0, x[0]))
        pairs = [derivatives(lambda v, j=j: moved(j, v), x[j]) for j in range(len(x))]
        grad, hess = ([p[i] for p in pairs] for i in (0, 1))
        grads.append(grad if isinstance(given[k], list) else grad[0])
        hesses.append(hess if isinstance(given[k], list) else hess[0])
    return losses, grads, hesses


def records(loss, formula, parameters, arrays, by, library=None, hard=False, note="", at=lambda x: x):
    """Ordinary points under each reduction, with and without weights; hard ones once, unreduced, without a library."""
    mp.dps = 1000 if hard else 250
    exact = per_sample(formula, arrays, by, parameters, at)
    label, tolerance = None, 0.0
    if library and not hard:
        label, call, *rest = library
        tolerance = rest[0] if rest else 1e-11
        given = {k: np.array(v, dtype=float) for k, v in arrays.items()}
        for ours, theirs in zip(exact, call(*given.values(), parameters), strict=True):
            agree(f"{loss} {parameters}", ours, theirs, tolerance)
    n = len(exact[0])
    # samples of weight zero are left out, so what they hold makes no difference
    runs = [("none", None)] if hard else [("mean", None), ("mean", WEIGHTS[:n]), ("none", WEIGHTS[:n])]
    if not hard and len(json.dumps(arrays)) < 400:
        runs.append(("sum", WEIGHTS[:n]))
    for reduction, weight in runs:
        w = [mpf(v) for v in (weight or [1] * n)]
        value, grad, hess = reduced(*exact, w, reduction, sum(w))
        yield {
            "loss": loss,
            "parameters": parameters,
            "arrays": arrays,
            "sample_weight": weight,
            "reduction": reduction,
            "value": value,
            "grad": grad,
            "hess": hess,
            "source": source(label, tolerance),
            "note": note,
        }


def clip(p):
    """As the contract says of probabilities; the derivatives are those at the clipped probability."""
    return min(max(p, mpf(2) ** -52), 1 - mpf(2) ** -52)


def independent_records():
    """Of all losses but Cox."""
    for module in (elementwise, rows):
        for loss, parameter_sets, points, hard_ones in module.CASES:
            for sets, given, hard in [(parameter_sets, points, False), *((*h, True) for h in hard_ones)]:
                arrays = given if isinstance(given, dict) else dict(zip(("y_true", "y_pred"), given, strict=True))
                by = "s" if "s" in arrays else "y_pred"
                for parameters in sets:
                    at = clip if parameters.get("from_logits", True) is False else lambda x: x
                    library, note = module.LIBRARY.get(loss), module.NOTE.get(loss, "")
                    yield from records(loss, module.FORMULA[loss], parameters, arrays, by, library, hard, note, at)


def cox_records():
    """A sample is a stratum; weights belong to items."""
    for ties, arrays, weight, hard in rows.COX_CASES:
        mp.dps = 1000 if hard else 250
        risk = [mpf(v) for v in arrays["risk"]]
        strata = rows.strata(arrays, weight)
        exact = [rows.cox(stratum, risk, ties) for stratum in strata]

        def moved(i, v, risk=risk, strata=strata, ties=ties):
            return sum((rows.cox(s, [*risk[:i], v, *risk[i + 1 :]], ties) for s in strata), mpf(0))

        pairs = [derivatives(lambda v, i=i, f=moved: f(i, v), x) for i, x in enumerate(risk)]
        grad, hess = [p[0] for p in pairs], [p[1] for p in pairs]
        denominator = sum((w for stratum in strata for _, _, event, w in stratum if event), mpf(0))
        label = None if hard else rows.check_cox(strata, arrays, ties, sum(exact), grad, hess, agree)
        for reduction in ("mean", "sum", "none"):
            scale = (1 / denominator if denominator else mpf(0)) if reduction == "mean" else mpf(1)
            yield {
                "loss": "Cox",
                "parameters": {"ties": ties},
                "arrays": arrays,
                "sample_weight": weight,
                "reduction": reduction,
                "value": exact if reduction == "none" else sum(exact, mpf(0)) * scale,
                "grad": [g * scale for g in grad],
                "hess": None if has_none(hess) else [h * scale for h in hess],
                "source": source(label, 1e-9),
                "note": "a number a stratum, in order of first appearance; items of weight 0 are left out, of d too",
            }


def main():
    found = [*independent_records(), *cox_records()]
    lines = ",\n".join(json.dumps(plain(r), ensure_ascii=False, separators=(",", ":")) for r in found)
    target = pathlib.Path(__file__).with_name("catalogue.json")
    target.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    counts = {}
    for r in found:
        counts[r["loss"]] = counts.get(r["loss"], 0) + 1
    print(len(found), "records,", target.stat().st_size // 1000, "kB:", counts)


if __name__ == "__main__":
    main()

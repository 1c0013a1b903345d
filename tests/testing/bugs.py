"""Bugs, each planted in any class of losses by overriding its methods."""

import functools

import numpy as np


def planted(base, **changes):
    """Return a subclass whose methods are `change(original, self, arrays, named)`."""

    def method(name, change):
        original = getattr(base, name)

        @functools.wraps(original)
        def changed(self, *arrays, **named):
            return change(functools.partial(original, self), arrays, named)

        return changed

    return type(f"Bad{base.__name__}", (base,), {name: method(name, change) for name, change in changes.items()})


def mapped(function, result):
    return tuple(map(function, result)) if isinstance(result, tuple) else function(result)


def times(factor):
    """Return a change that multiplies derivatives, by a number or a function of the arrays and the weights."""

    def change(original, arrays, named):
        scale = factor(arrays, named) if callable(factor) else factor
        return mapped(lambda one: scale * one, original(*arrays, **named))

    return change


def without(name):
    def change(original, arrays, named):
        return original(*arrays, **{key: value for key, value in named.items() if key != name})

    return change


def wrong_sign(base):
    return planted(base, grad=times(-1))


def missing_mean(base):
    """The gradient of the sum, whatever the reduction is."""

    def grad(original, arrays, named):
        loss = original.args[0]
        return original.func(base(reduction="sum") if loss.reduction == "mean" else loss, *arrays, **named)

    return planted(base, grad=grad)


def wrong_hess(base):
    return planted(base, hess=times(2.0))


def broadcast(base):
    """Shapes that don't fit are made to fit."""

    def change(original, arrays, named):
        shapes = [np.shape(array)[:1] for array in arrays]
        n = max((shape[0] if shape else 1) for shape in shapes)
        like = [np.ravel(array) if np.shape(array)[1:] == (1,) else np.asarray(array) for array in arrays]
        return original(*(np.resize(array, (n, *array.shape[1:])) for array in like), **named)

    return planted(base, value=change, grad=change)


def changed_in_place(base):
    def change(original, arrays, named):
        result = original(*arrays, **named)
        if isinstance(arrays[-1], np.ndarray):
            arrays[-1][...] += 1
        return result

    return planted(base, value=change)


def wrong_at_zero(base):
    """The gradient is off where the prediction is 0 exactly."""

    def change(original, arrays, named):
        result = original(*arrays, **named)
        several = isinstance(result, tuple)
        predictions = arrays if several else arrays[-1:]
        results = [
            np.where(p == 0, g + 0.75, g) for p, g in zip(predictions, result if several else [result], strict=True)
        ]
        return tuple(results) if several else results[0]

    return planted(base, grad=change)


def weights_ignored(base):
    return planted(base, **dict.fromkeys(("value", "grad", "hess", "value_and_grad"), without("sample_weight")))


def weights_ignored_by_grad(base):
    return planted(base, grad=without("sample_weight"))


def overflow(base):
    """An exp that cancels, unless it overflows."""

    def change(original, arrays, named):
        with np.errstate(all="ignore"):
            large = np.exp(np.abs(arrays[-1]).max(initial=0))
            return original(*arrays, **named) * large / large

    return planted(base, value=change)


def once_too_often(base):
    """The gradient is divided by n twice, under "mean"."""

    def factor(arrays, named):
        return 1 / len(arrays[-1])

    return planted(base, grad=times(factor))


def half(base):
    return planted(base, grad=times(0.5))


def stale(base):
    """Another value with the gradient than without."""

    def change(original, arrays, named):
        value, grad = original(*arrays, **named)
        return value * (1 + 1e-9), grad

    return planted(base, value_and_grad=change)


def first_counts_more(base):
    """Value and gradient depend on the place of a sample."""

    def change(original, arrays, named):
        n = len(arrays[-1])
        weight = named.get("sample_weight")
        places = 1 + np.arange(n)
        return original(*arrays, **{**named, "sample_weight": places if weight is None else places * weight})

    return planted(base, **dict.fromkeys(("value", "grad", "hess", "value_and_grad"), change))


def weights_squared(base):
    def change(original, arrays, named):
        weight = named.get("sample_weight")
        return original(*arrays, **{**named, "sample_weight": None if weight is None else np.asarray(weight) ** 2})

    return planted(base, **dict.fromkeys(("value", "grad", "hess", "value_and_grad"), change))


def negative_hess(base):
    """The curvature that boosters divide by is not the one of the loss, but its negative."""
    return planted(base, curvature=times(-1)) if hasattr(base, "curvature") else base


BUGS = {
    wrong_sign: (r"law 7: grad", "opposite sign"),
    missing_mean: (r"law 7: grad", "that of the sum, not of the mean"),
    wrong_hess: (r"law 7: hess", "hess is off by a factor 2"),
    broadcast: (r"section 3: nothing is broadcast", "broadcast"),
    changed_in_place: (r"section 5: arguments are never changed", "changed in place"),
    wrong_at_zero: (r"law 7: grad", "wrong at one point"),
    weights_ignored: (r"law 2", "the weights are ignored"),
    overflow: (r"section 5: results are finite", "overflows"),
    weights_ignored_by_grad: (r"law [27]", "the weights are ignored"),
    once_too_often: (r"law 7: grad", "once too often"),
    half: (r"law 7: grad", "off by a factor ½"),
    stale: (r"law 6: value_and_grad", ""),
    first_counts_more: (r"law [125]", ""),
    weights_squared: (r"law [24]", ""),
}
"""Each with the law that finds it, and the hint to its cause."""

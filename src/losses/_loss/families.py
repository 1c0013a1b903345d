"""The signatures of losses. Their methods show the names; for type checkers, `families.pyi` spells them out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from losses._loss.base import Loss
from losses._loss.signature import Signature

_RELEVANCE = "Relevance of the items: real numbers, larger is better. One axis, or two with a query in each row."
_QID = """The query of each item: integers, bools or strings, in any order. None means one query, or where y_pred
has two axes, one a row."""
_LOGP = "Log-probabilities, in nats, that the policy gives to the answers."
_REFERENCE = "What a reference gives to them; the same shape. No gradient flows through it."


class OfPredictions(Loss, signature=Signature()):
    """Losses of targets and predictions."""


class OfRankedItems(Loss, signature=Signature(optional=("qid",))):
    """Losses of relevance and scores, whose items belong to queries."""

    _array_docs: ClassVar[Mapping[str, str]] = {
        "y_true": _RELEVANCE,
        "y_pred": "Scores that the model gave them; the same shape.",
        "qid": _QID,
    }


class OfAnswers(Loss, signature=Signature(("chosen", "rejected"), predictions=("chosen", "rejected"))):
    """Losses of pairs of answers."""

    _array_docs: ClassVar[Mapping[str, str]] = {
        "chosen": "What the model gives to the answers that were preferred: scores, or log-probabilities in nats.",
        "rejected": "What it gives to the others of each pair; the same shape.",
        "margin": "By how much the chosen answers should lead; not negative. None means 0.",
        "ref_chosen": _REFERENCE,
        "ref_rejected": _REFERENCE,
    }


class OfAnswersWithMargin(Loss, signature=OfAnswers.signature._replace(optional=("margin",))):
    """Losses of pairs of answers, with a margin by which the chosen one should lead."""

    _array_docs = OfAnswers._array_docs


class OfAnswersAndReference(OfAnswers, signature=OfAnswers.signature._replace(required=("ref_chosen", "ref_rejected"))):
    """Losses of pairs of answers, and of what a reference gives to them."""


class OfJudgedAnswers(Loss, signature=Signature(("desirable", "logp"), ("ref_logp",), ("kl",), ("logp",))):
    """Losses of single answers that were liked or not."""

    _array_docs: ClassVar[Mapping[str, str]] = {
        "desirable": "Whether each answer was liked: bool, or 0 and 1.",
        "logp": _LOGP,
        "ref_logp": _REFERENCE,
        "kl": "The divergence of the policy from the reference, in nats: one number, or one for each answer. No\n"
        "    gradient flows through it. None means 0.",
    }


class OfActions(Loss, signature=Signature(("advantages", "logp"), ("old_logp",), (), ("logp",))):
    """Losses of actions with advantages."""

    _array_docs: ClassVar[Mapping[str, str]] = {
        "advantages": "How much better than expected each action was; any real numbers.",
        "logp": "Log-probabilities, in nats, that the policy gives to the actions.",
        "old_logp": "What the policy gave to them when they were taken; the same shape. No gradient flows through it.",
    }


class OfSampledAnswers(Loss, signature=Signature(("ref_logp", "logp"), predictions=("logp",))):
    """Losses of a reference's and the policy's log-probabilities."""

    _array_docs: ClassVar[Mapping[str, str]] = {
        "ref_logp": "Log-probabilities, in nats, that a reference gives to the answers. No gradient flows through it.",
        "logp": f"{_LOGP[:-1]}; the same shape.",
    }


class OfSurvivalTimes(Loss, signature=Signature(("time", "risk"), optional=("event", "qid"), predictions=("risk",))):
    """Losses of times and risks, in which an item is at risk until its time."""

    _array_docs: ClassVar[Mapping[str, str]] = {
        "time": "When each item had its event, or was last seen without; real numbers in any unit.",
        "risk": "Log-risks that the model gave to the items; one axis, as `time`.",
        "event": "Whether the item had its event at that time: bool, or 0 and 1. None means that all had.",
        "qid": "The stratum of each item: integers, bools or strings, in any order. None means one stratum.",
        "sample_weight": "Weights of the items, finite and not negative. An item of weight zero is left out, whatever\n"
        "    it holds.",
    }


class OfCensoredTimes(Loss, signature=Signature(("lower", "s"), optional=("upper",), predictions=("s",))):
    """Losses of times that are known to lie in an interval, and of predictions of their logarithm."""

    _array_docs: ClassVar[Mapping[str, str]] = {
        "lower": "Times of events, or lower ends of the intervals in which they lie: 0 where a time is censored on\n"
        "    the left.",
        "s": "Predicted location of the logarithm of the time; the same shape.",
        "upper": "Upper ends: the same as `lower` for an event, np.inf where a time is censored on the right. None\n"
        "    means that all are events.",
    }


class OfDistances(Loss, signature=Signature(("same", "distance"), predictions=("distance",))):
    """Losses of distances between two things that belong together or not."""

    _array_docs: ClassVar[Mapping[str, str]] = {
        "same": "Whether the two belong together: bool, or numbers from 0 to 1.",
        "distance": "How far the model puts them from each other; the same shape.",
    }


class OfSignedDistances(Loss, signature=Signature(("sign", "distance"), predictions=("distance",))):
    """Losses of distances between two things that belong together, sign 1, or not, sign −1."""

    _array_docs: ClassVar[Mapping[str, str]] = {
        "sign": "1 where the two belong together, −1 where they don't.",
        "distance": OfDistances._array_docs["distance"],
    }


class OfOrderedPairs(Loss, signature=Signature(("sign", "first", "second"), predictions=("first", "second"))):
    """Losses of two scores, of which it is known which should be the larger one."""

    _array_docs: ClassVar[Mapping[str, str]] = {
        "sign": "1 where the first score should be the larger one, −1 where the second should.",
        "first": "Scores of the first of two things; the same shape.",
        "second": "Scores of the second; the same shape.",
    }


_TRIPLE = ("anchor", "positive", "negative")


class OfTriples(Loss, signature=Signature(_TRIPLE, predictions=_TRIPLE)):
    """Losses of three embeddings."""

    _array_docs: ClassVar[Mapping[str, str]] = {
        "anchor": "Embeddings; the last axis holds one.",
        "positive": "Embeddings of what belongs to the anchors; the same shape.",
        "negative": "Embeddings of what doesn't; the same shape.",
    }


class OfQueriesAndKeys(Loss, signature=Signature(("queries", "keys"), predictions=("queries", "keys"))):
    """Losses of a batch of embeddings in pairs."""

    _array_docs: ClassVar[Mapping[str, str]] = {
        "queries": "Embeddings, of shape (vectors, features).",
        "keys": "Embeddings of what belongs to the queries, in their order; the same shape.",
        "sample_weight": "Weights of the pairs, finite and not negative. A pair of weight zero is left out of the\n"
        "    batch, whatever it holds.",
    }


class OfLabelledVectors(Loss, signature=Signature(("ids", "embeddings"), predictions=("embeddings",))):
    """Losses of a batch of embeddings with class ids."""

    _array_docs: ClassVar[Mapping[str, str]] = {
        "ids": "The class of each embedding: any integers.",
        "embeddings": "Embeddings, of shape (vectors, features).",
        "sample_weight": "Weights of the embeddings, finite and not negative. One of weight zero is left out of the\n"
        "    batch, whatever it holds.",
    }


class OfHiddenRows(
    Loss,
    signature=Signature(
        ("ids", "hidden", "weight"),
        optional=("bias",),
        predictions=("hidden", "weight", "bias"),
        shared=("weight", "bias"),
    ),
):
    """Losses of class ids and of the layer that makes logits of hidden numbers."""

    _array_docs: ClassVar[Mapping[str, str]] = {
        "ids": "Class ids, integers from 0 to C − 1, one for each row of `hidden`.",
        "hidden": "What the layer takes: a row of features for each sample.",
        "weight": "A row of as many weights for each of the C classes.",
        "bias": "A number for each class. None means 0; there is no derivative then.",
        "out": "Where to write the result: a tuple of arrays, for hidden, weight and, if it is given, bias.",
    }


class OfSequences(
    Loss, signature=Signature(("labels", "logits"), ("input_lengths", "label_lengths"), predictions=("logits",))
):
    """Losses of sequences of labels, and of logits of frames that aren't aligned with them."""

    _array_docs: ClassVar[Mapping[str, str]] = {
        "labels": "Class ids of the labels, of shape (sequences, labels), padded with anything.",
        "logits": "Of shape (sequences, frames, classes).",
        "input_lengths": "How many frames each sequence has; the others may hold anything.",
        "label_lengths": "How many labels each sequence has.",
    }

"""The signatures of losses. Their methods show the names; for type checkers, `families.pyi` spells them out."""

from collections.abc import Mapping
from typing import ClassVar

from losses._loss.base import Loss
from losses._loss.signature import Signature

_RELEVANCE = "Relevance of the items: real numbers, larger is better. One axis, or two with a query in each row."
_QID = """The query of each item: integers, bools or strings, in any order. None means one query, or where y_pred
has two axes, one a row."""
_LOGP = "Log-probabilities, in nats, that the policy gives to the answers."


class OfPredictions(Loss, signature=Signature()):
    """Losses of targets and predictions."""


class OfRankedItems(Loss, signature=Signature(optional=("qid",))):
    """Losses of relevance and scores, whose items belong to queries."""

    array_docs: ClassVar[Mapping[str, str]] = {
        "y_true": _RELEVANCE,
        "y_pred": "Scores that the model gave them; the same shape.",
        "qid": _QID,
    }


class OfAnswers(Loss, signature=Signature(("chosen", "rejected"), predictions=("chosen", "rejected"))):
    """Losses of pairs of answers."""


class OfAnswersWithMargin(Loss, signature=OfAnswers.signature._replace(optional=("margin",))):
    """Losses of pairs of answers, with a margin by which the chosen one should lead."""


class OfAnswersAndReference(OfAnswers, signature=OfAnswers.signature._replace(required=("ref_chosen", "ref_rejected"))):
    """Losses of pairs of answers, and of what a reference gives to them."""


class OfJudgedAnswers(Loss, signature=Signature(("desirable", "logp"), ("ref_logp",), ("kl",), ("logp",))):
    """Losses of single answers that were liked or not."""


class OfActions(Loss, signature=Signature(("advantages", "logp"), ("old_logp",), (), ("logp",))):
    """Losses of actions with advantages."""


class OfSampledAnswers(Loss, signature=Signature(("ref_logp", "logp"), predictions=("logp",))):
    """Losses of a reference's and the policy's log-probabilities."""


class OfSurvivalTimes(Loss, signature=Signature(("time", "risk"), optional=("event", "qid"), predictions=("risk",))):
    """Losses of times and risks, in which an item is at risk until its time."""

    array_docs: ClassVar[Mapping[str, str]] = {
        "time": "When each item had its event, or was last seen without; real numbers in any unit.",
        "risk": "Log-risks that the model gave to the items; one axis, as `time`.",
        "event": "Whether the item had its event at that time: bool, or 0 and 1. None means that all had.",
        "qid": "The stratum of each item: integers, bools or strings, in any order. None means one stratum.",
        "sample_weight": "Weights of the items, finite and not negative. An item of weight zero is left out, whatever\n"
        "    it holds.",
    }


class OfCensoredTimes(Loss, signature=Signature(("lower", "s"), optional=("upper",), predictions=("s",))):
    """Losses of times that are known to lie in an interval, and of predictions of their logarithm."""

    array_docs: ClassVar[Mapping[str, str]] = {
        "lower": "Times of events, or lower ends of the intervals in which they lie: 0 where a time is censored on\n"
        "    the left.",
        "s": "Predicted location of the logarithm of the time; the same shape.",
        "upper": "Upper ends: the same as `lower` for an event, np.inf where a time is censored on the right. None\n"
        "    means that all are events.",
    }


class OfSequences(
    Loss, signature=Signature(("labels", "logits"), ("input_lengths", "label_lengths"), predictions=("logits",))
):
    """Losses of sequences of labels, and of logits of frames that aren't aligned with them."""

    array_docs: ClassVar[Mapping[str, str]] = {
        "labels": "Class ids of the labels, of shape (sequences, labels), padded with anything.",
        "logits": "Of shape (sequences, frames, classes).",
        "input_lengths": "How many frames each sequence has; the others may hold anything.",
        "label_lengths": "How many labels each sequence has.",
    }

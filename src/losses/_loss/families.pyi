"""The methods of losses, by the arrays that they take.

Written by ``python -m tests.stubs``: don't edit it.
"""

from typing import Any, Protocol, Self, overload

from losses._evaluation.partial import Partial
from losses._loss.base import Loss
from losses._types import Array, ArrayLike, Value

class OfPredictions(Loss):
    def value(self, y_true: ArrayLike, y_pred: ArrayLike, *, sample_weight: ArrayLike | None = None) -> Value: ...
    def grad(
        self,
        y_true: ArrayLike,
        y_pred: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        out: Array | None = None,
    ) -> Array: ...
    def hess(
        self,
        y_true: ArrayLike,
        y_pred: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        out: Array | None = None,
    ) -> Array: ...
    def value_and_grad(
        self,
        y_true: ArrayLike,
        y_pred: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        out: Array | None = None,
    ) -> tuple[Value, Array]: ...
    def curvature(
        self,
        y_true: ArrayLike,
        y_pred: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        out: Array | None = None,
    ) -> Array: ...
    def grad_and_curvature(
        self,
        y_true: ArrayLike,
        y_pred: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        out: tuple[Array, Array] | None = None,
    ) -> tuple[Array, Array]: ...
    def partial(self, y_true: ArrayLike, y_pred: ArrayLike, *, sample_weight: ArrayLike | None = None) -> Partial: ...
    def partial_and_grad(
        self,
        y_true: ArrayLike,
        y_pred: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        out: Array | None = None,
    ) -> tuple[Partial, Array]: ...
    def __call__(self, y_true: ArrayLike, y_pred: ArrayLike, *, sample_weight: ArrayLike | None = None) -> Value: ...
    @overload
    def __add__(self, other: OfPredictions) -> OfPredictions: ...
    @overload
    def __add__(self, other: OfRankedItems) -> OfRankedItems: ...
    @overload
    def __add__(self, other: _TakesYTrueAndYPred) -> Loss: ...
    @overload
    def __sub__(self, other: OfPredictions) -> OfPredictions: ...
    @overload
    def __sub__(self, other: OfRankedItems) -> OfRankedItems: ...
    @overload
    def __sub__(self, other: _TakesYTrueAndYPred) -> Loss: ...
    def __radd__(self, other: int) -> Self: ...
    def __mul__(self, factor: float) -> OfPredictions: ...
    def __rmul__(self, factor: float) -> OfPredictions: ...
    def __truediv__(self, divisor: float) -> OfPredictions: ...
    def __neg__(self) -> OfPredictions: ...

class OfRankedItems(Loss):
    def value(
        self,
        y_true: ArrayLike,
        y_pred: ArrayLike,
        *,
        qid: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Value: ...
    def grad(
        self,
        y_true: ArrayLike,
        y_pred: ArrayLike,
        *,
        qid: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        out: Array | None = None,
    ) -> Array: ...
    def hess(
        self,
        y_true: ArrayLike,
        y_pred: ArrayLike,
        *,
        qid: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        out: Array | None = None,
    ) -> Array: ...
    def value_and_grad(
        self,
        y_true: ArrayLike,
        y_pred: ArrayLike,
        *,
        qid: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        out: Array | None = None,
    ) -> tuple[Value, Array]: ...
    def curvature(
        self,
        y_true: ArrayLike,
        y_pred: ArrayLike,
        *,
        qid: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        out: Array | None = None,
    ) -> Array: ...
    def grad_and_curvature(
        self,
        y_true: ArrayLike,
        y_pred: ArrayLike,
        *,
        qid: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        out: tuple[Array, Array] | None = None,
    ) -> tuple[Array, Array]: ...
    def partial(
        self,
        y_true: ArrayLike,
        y_pred: ArrayLike,
        *,
        qid: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Partial: ...
    def partial_and_grad(
        self,
        y_true: ArrayLike,
        y_pred: ArrayLike,
        *,
        qid: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        out: Array | None = None,
    ) -> tuple[Partial, Array]: ...
    def __call__(
        self,
        y_true: ArrayLike,
        y_pred: ArrayLike,
        *,
        qid: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Value: ...
    @overload
    def __add__(self, other: OfPredictions | OfRankedItems) -> OfRankedItems: ...
    @overload
    def __add__(self, other: _TakesYTrueAndYPred) -> Loss: ...
    @overload
    def __sub__(self, other: OfPredictions | OfRankedItems) -> OfRankedItems: ...
    @overload
    def __sub__(self, other: _TakesYTrueAndYPred) -> Loss: ...
    def __radd__(self, other: int) -> Self: ...
    def __mul__(self, factor: float) -> OfRankedItems: ...
    def __rmul__(self, factor: float) -> OfRankedItems: ...
    def __truediv__(self, divisor: float) -> OfRankedItems: ...
    def __neg__(self) -> OfRankedItems: ...

class OfAnswers(Loss):
    def value(self, chosen: ArrayLike, rejected: ArrayLike, *, sample_weight: ArrayLike | None = None) -> Value: ...
    def grad(
        self,
        chosen: ArrayLike,
        rejected: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        out: tuple[Array, Array] | None = None,
    ) -> tuple[Array, Array]: ...
    def hess(
        self,
        chosen: ArrayLike,
        rejected: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        out: tuple[Array, Array] | None = None,
    ) -> tuple[Array, Array]: ...
    def value_and_grad(
        self,
        chosen: ArrayLike,
        rejected: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        out: tuple[Array, Array] | None = None,
    ) -> tuple[Value, tuple[Array, Array]]: ...
    def curvature(
        self,
        chosen: ArrayLike,
        rejected: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        out: tuple[Array, Array] | None = None,
    ) -> tuple[Array, Array]: ...
    def grad_and_curvature(
        self,
        chosen: ArrayLike,
        rejected: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        out: tuple[tuple[Array, Array], tuple[Array, Array]] | None = None,
    ) -> tuple[tuple[Array, Array], tuple[Array, Array]]: ...
    def partial(self, chosen: ArrayLike, rejected: ArrayLike, *, sample_weight: ArrayLike | None = None) -> Partial: ...
    def partial_and_grad(
        self,
        chosen: ArrayLike,
        rejected: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        out: tuple[Array, Array] | None = None,
    ) -> tuple[Partial, tuple[Array, Array]]: ...
    def __call__(self, chosen: ArrayLike, rejected: ArrayLike, *, sample_weight: ArrayLike | None = None) -> Value: ...
    @overload
    def __add__(self, other: OfAnswers) -> OfAnswers: ...
    @overload
    def __add__(self, other: OfAnswersWithMargin) -> OfAnswersWithMargin: ...
    @overload
    def __add__(self, other: OfAnswersAndReference) -> OfAnswersAndReference: ...
    @overload
    def __add__(self, other: _TakesChosenAndRejected) -> Loss: ...
    @overload
    def __sub__(self, other: OfAnswers) -> OfAnswers: ...
    @overload
    def __sub__(self, other: OfAnswersWithMargin) -> OfAnswersWithMargin: ...
    @overload
    def __sub__(self, other: OfAnswersAndReference) -> OfAnswersAndReference: ...
    @overload
    def __sub__(self, other: _TakesChosenAndRejected) -> Loss: ...
    def __radd__(self, other: int) -> Self: ...
    def __mul__(self, factor: float) -> OfAnswers: ...
    def __rmul__(self, factor: float) -> OfAnswers: ...
    def __truediv__(self, divisor: float) -> OfAnswers: ...
    def __neg__(self) -> OfAnswers: ...

class OfAnswersWithMargin(Loss):
    def value(
        self,
        chosen: ArrayLike,
        rejected: ArrayLike,
        *,
        margin: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Value: ...
    def grad(
        self,
        chosen: ArrayLike,
        rejected: ArrayLike,
        *,
        margin: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        out: tuple[Array, Array] | None = None,
    ) -> tuple[Array, Array]: ...
    def hess(
        self,
        chosen: ArrayLike,
        rejected: ArrayLike,
        *,
        margin: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        out: tuple[Array, Array] | None = None,
    ) -> tuple[Array, Array]: ...
    def value_and_grad(
        self,
        chosen: ArrayLike,
        rejected: ArrayLike,
        *,
        margin: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        out: tuple[Array, Array] | None = None,
    ) -> tuple[Value, tuple[Array, Array]]: ...
    def curvature(
        self,
        chosen: ArrayLike,
        rejected: ArrayLike,
        *,
        margin: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        out: tuple[Array, Array] | None = None,
    ) -> tuple[Array, Array]: ...
    def grad_and_curvature(
        self,
        chosen: ArrayLike,
        rejected: ArrayLike,
        *,
        margin: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        out: tuple[tuple[Array, Array], tuple[Array, Array]] | None = None,
    ) -> tuple[tuple[Array, Array], tuple[Array, Array]]: ...
    def partial(
        self,
        chosen: ArrayLike,
        rejected: ArrayLike,
        *,
        margin: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Partial: ...
    def partial_and_grad(
        self,
        chosen: ArrayLike,
        rejected: ArrayLike,
        *,
        margin: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        out: tuple[Array, Array] | None = None,
    ) -> tuple[Partial, tuple[Array, Array]]: ...
    def __call__(
        self,
        chosen: ArrayLike,
        rejected: ArrayLike,
        *,
        margin: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Value: ...
    @overload
    def __add__(self, other: OfAnswers | OfAnswersWithMargin) -> OfAnswersWithMargin: ...
    @overload
    def __add__(self, other: OfAnswersAndReference | _TakesChosenAndRejected) -> Loss: ...
    @overload
    def __sub__(self, other: OfAnswers | OfAnswersWithMargin) -> OfAnswersWithMargin: ...
    @overload
    def __sub__(self, other: OfAnswersAndReference | _TakesChosenAndRejected) -> Loss: ...
    def __radd__(self, other: int) -> Self: ...
    def __mul__(self, factor: float) -> OfAnswersWithMargin: ...
    def __rmul__(self, factor: float) -> OfAnswersWithMargin: ...
    def __truediv__(self, divisor: float) -> OfAnswersWithMargin: ...
    def __neg__(self) -> OfAnswersWithMargin: ...

class OfAnswersAndReference(Loss):
    def value(
        self,
        chosen: ArrayLike,
        rejected: ArrayLike,
        *,
        ref_chosen: ArrayLike,
        ref_rejected: ArrayLike,
        sample_weight: ArrayLike | None = None,
    ) -> Value: ...
    def grad(
        self,
        chosen: ArrayLike,
        rejected: ArrayLike,
        *,
        ref_chosen: ArrayLike,
        ref_rejected: ArrayLike,
        sample_weight: ArrayLike | None = None,
        out: tuple[Array, Array] | None = None,
    ) -> tuple[Array, Array]: ...
    def hess(
        self,
        chosen: ArrayLike,
        rejected: ArrayLike,
        *,
        ref_chosen: ArrayLike,
        ref_rejected: ArrayLike,
        sample_weight: ArrayLike | None = None,
        out: tuple[Array, Array] | None = None,
    ) -> tuple[Array, Array]: ...
    def value_and_grad(
        self,
        chosen: ArrayLike,
        rejected: ArrayLike,
        *,
        ref_chosen: ArrayLike,
        ref_rejected: ArrayLike,
        sample_weight: ArrayLike | None = None,
        out: tuple[Array, Array] | None = None,
    ) -> tuple[Value, tuple[Array, Array]]: ...
    def curvature(
        self,
        chosen: ArrayLike,
        rejected: ArrayLike,
        *,
        ref_chosen: ArrayLike,
        ref_rejected: ArrayLike,
        sample_weight: ArrayLike | None = None,
        out: tuple[Array, Array] | None = None,
    ) -> tuple[Array, Array]: ...
    def grad_and_curvature(
        self,
        chosen: ArrayLike,
        rejected: ArrayLike,
        *,
        ref_chosen: ArrayLike,
        ref_rejected: ArrayLike,
        sample_weight: ArrayLike | None = None,
        out: tuple[tuple[Array, Array], tuple[Array, Array]] | None = None,
    ) -> tuple[tuple[Array, Array], tuple[Array, Array]]: ...
    def partial(
        self,
        chosen: ArrayLike,
        rejected: ArrayLike,
        *,
        ref_chosen: ArrayLike,
        ref_rejected: ArrayLike,
        sample_weight: ArrayLike | None = None,
    ) -> Partial: ...
    def partial_and_grad(
        self,
        chosen: ArrayLike,
        rejected: ArrayLike,
        *,
        ref_chosen: ArrayLike,
        ref_rejected: ArrayLike,
        sample_weight: ArrayLike | None = None,
        out: tuple[Array, Array] | None = None,
    ) -> tuple[Partial, tuple[Array, Array]]: ...
    def __call__(
        self,
        chosen: ArrayLike,
        rejected: ArrayLike,
        *,
        ref_chosen: ArrayLike,
        ref_rejected: ArrayLike,
        sample_weight: ArrayLike | None = None,
    ) -> Value: ...
    @overload
    def __add__(self, other: OfAnswers | OfAnswersAndReference) -> OfAnswersAndReference: ...
    @overload
    def __add__(self, other: OfAnswersWithMargin | _TakesChosenAndRejected) -> Loss: ...
    @overload
    def __sub__(self, other: OfAnswers | OfAnswersAndReference) -> OfAnswersAndReference: ...
    @overload
    def __sub__(self, other: OfAnswersWithMargin | _TakesChosenAndRejected) -> Loss: ...
    def __radd__(self, other: int) -> Self: ...
    def __mul__(self, factor: float) -> OfAnswersAndReference: ...
    def __rmul__(self, factor: float) -> OfAnswersAndReference: ...
    def __truediv__(self, divisor: float) -> OfAnswersAndReference: ...
    def __neg__(self) -> OfAnswersAndReference: ...

class OfJudgedAnswers(Loss):
    def value(
        self,
        desirable: ArrayLike,
        logp: ArrayLike,
        *,
        ref_logp: ArrayLike,
        kl: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Value: ...
    def grad(
        self,
        desirable: ArrayLike,
        logp: ArrayLike,
        *,
        ref_logp: ArrayLike,
        kl: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        out: Array | None = None,
    ) -> Array: ...
    def hess(
        self,
        desirable: ArrayLike,
        logp: ArrayLike,
        *,
        ref_logp: ArrayLike,
        kl: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        out: Array | None = None,
    ) -> Array: ...
    def value_and_grad(
        self,
        desirable: ArrayLike,
        logp: ArrayLike,
        *,
        ref_logp: ArrayLike,
        kl: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        out: Array | None = None,
    ) -> tuple[Value, Array]: ...
    def curvature(
        self,
        desirable: ArrayLike,
        logp: ArrayLike,
        *,
        ref_logp: ArrayLike,
        kl: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        out: Array | None = None,
    ) -> Array: ...
    def grad_and_curvature(
        self,
        desirable: ArrayLike,
        logp: ArrayLike,
        *,
        ref_logp: ArrayLike,
        kl: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        out: tuple[Array, Array] | None = None,
    ) -> tuple[Array, Array]: ...
    def partial(
        self,
        desirable: ArrayLike,
        logp: ArrayLike,
        *,
        ref_logp: ArrayLike,
        kl: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Partial: ...
    def partial_and_grad(
        self,
        desirable: ArrayLike,
        logp: ArrayLike,
        *,
        ref_logp: ArrayLike,
        kl: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        out: Array | None = None,
    ) -> tuple[Partial, Array]: ...
    def __call__(
        self,
        desirable: ArrayLike,
        logp: ArrayLike,
        *,
        ref_logp: ArrayLike,
        kl: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Value: ...
    @overload
    def __add__(self, other: OfJudgedAnswers) -> OfJudgedAnswers: ...
    @overload
    def __add__(self, other: _TakesDesirableAndLogp) -> Loss: ...
    @overload
    def __sub__(self, other: OfJudgedAnswers) -> OfJudgedAnswers: ...
    @overload
    def __sub__(self, other: _TakesDesirableAndLogp) -> Loss: ...
    def __radd__(self, other: int) -> Self: ...
    def __mul__(self, factor: float) -> OfJudgedAnswers: ...
    def __rmul__(self, factor: float) -> OfJudgedAnswers: ...
    def __truediv__(self, divisor: float) -> OfJudgedAnswers: ...
    def __neg__(self) -> OfJudgedAnswers: ...

class OfActions(Loss):
    def value(
        self,
        advantages: ArrayLike,
        logp: ArrayLike,
        *,
        old_logp: ArrayLike,
        sample_weight: ArrayLike | None = None,
    ) -> Value: ...
    def grad(
        self,
        advantages: ArrayLike,
        logp: ArrayLike,
        *,
        old_logp: ArrayLike,
        sample_weight: ArrayLike | None = None,
        out: Array | None = None,
    ) -> Array: ...
    def hess(
        self,
        advantages: ArrayLike,
        logp: ArrayLike,
        *,
        old_logp: ArrayLike,
        sample_weight: ArrayLike | None = None,
        out: Array | None = None,
    ) -> Array: ...
    def value_and_grad(
        self,
        advantages: ArrayLike,
        logp: ArrayLike,
        *,
        old_logp: ArrayLike,
        sample_weight: ArrayLike | None = None,
        out: Array | None = None,
    ) -> tuple[Value, Array]: ...
    def curvature(
        self,
        advantages: ArrayLike,
        logp: ArrayLike,
        *,
        old_logp: ArrayLike,
        sample_weight: ArrayLike | None = None,
        out: Array | None = None,
    ) -> Array: ...
    def grad_and_curvature(
        self,
        advantages: ArrayLike,
        logp: ArrayLike,
        *,
        old_logp: ArrayLike,
        sample_weight: ArrayLike | None = None,
        out: tuple[Array, Array] | None = None,
    ) -> tuple[Array, Array]: ...
    def partial(
        self,
        advantages: ArrayLike,
        logp: ArrayLike,
        *,
        old_logp: ArrayLike,
        sample_weight: ArrayLike | None = None,
    ) -> Partial: ...
    def partial_and_grad(
        self,
        advantages: ArrayLike,
        logp: ArrayLike,
        *,
        old_logp: ArrayLike,
        sample_weight: ArrayLike | None = None,
        out: Array | None = None,
    ) -> tuple[Partial, Array]: ...
    def __call__(
        self,
        advantages: ArrayLike,
        logp: ArrayLike,
        *,
        old_logp: ArrayLike,
        sample_weight: ArrayLike | None = None,
    ) -> Value: ...
    @overload
    def __add__(self, other: OfActions) -> OfActions: ...
    @overload
    def __add__(self, other: _TakesAdvantagesAndLogp) -> Loss: ...
    @overload
    def __sub__(self, other: OfActions) -> OfActions: ...
    @overload
    def __sub__(self, other: _TakesAdvantagesAndLogp) -> Loss: ...
    def __radd__(self, other: int) -> Self: ...
    def __mul__(self, factor: float) -> OfActions: ...
    def __rmul__(self, factor: float) -> OfActions: ...
    def __truediv__(self, divisor: float) -> OfActions: ...
    def __neg__(self) -> OfActions: ...

class OfSampledAnswers(Loss):
    def value(self, ref_logp: ArrayLike, logp: ArrayLike, *, sample_weight: ArrayLike | None = None) -> Value: ...
    def grad(
        self,
        ref_logp: ArrayLike,
        logp: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        out: Array | None = None,
    ) -> Array: ...
    def hess(
        self,
        ref_logp: ArrayLike,
        logp: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        out: Array | None = None,
    ) -> Array: ...
    def value_and_grad(
        self,
        ref_logp: ArrayLike,
        logp: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        out: Array | None = None,
    ) -> tuple[Value, Array]: ...
    def curvature(
        self,
        ref_logp: ArrayLike,
        logp: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        out: Array | None = None,
    ) -> Array: ...
    def grad_and_curvature(
        self,
        ref_logp: ArrayLike,
        logp: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        out: tuple[Array, Array] | None = None,
    ) -> tuple[Array, Array]: ...
    def partial(self, ref_logp: ArrayLike, logp: ArrayLike, *, sample_weight: ArrayLike | None = None) -> Partial: ...
    def partial_and_grad(
        self,
        ref_logp: ArrayLike,
        logp: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        out: Array | None = None,
    ) -> tuple[Partial, Array]: ...
    def __call__(self, ref_logp: ArrayLike, logp: ArrayLike, *, sample_weight: ArrayLike | None = None) -> Value: ...
    @overload
    def __add__(self, other: OfSampledAnswers) -> OfSampledAnswers: ...
    @overload
    def __add__(self, other: _TakesRefLogpAndLogp) -> Loss: ...
    @overload
    def __sub__(self, other: OfSampledAnswers) -> OfSampledAnswers: ...
    @overload
    def __sub__(self, other: _TakesRefLogpAndLogp) -> Loss: ...
    def __radd__(self, other: int) -> Self: ...
    def __mul__(self, factor: float) -> OfSampledAnswers: ...
    def __rmul__(self, factor: float) -> OfSampledAnswers: ...
    def __truediv__(self, divisor: float) -> OfSampledAnswers: ...
    def __neg__(self) -> OfSampledAnswers: ...

class OfSurvivalTimes(Loss):
    def value(
        self,
        time: ArrayLike,
        risk: ArrayLike,
        *,
        event: ArrayLike | None = None,
        qid: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Value: ...
    def grad(
        self,
        time: ArrayLike,
        risk: ArrayLike,
        *,
        event: ArrayLike | None = None,
        qid: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        out: Array | None = None,
    ) -> Array: ...
    def hess(
        self,
        time: ArrayLike,
        risk: ArrayLike,
        *,
        event: ArrayLike | None = None,
        qid: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        out: Array | None = None,
    ) -> Array: ...
    def value_and_grad(
        self,
        time: ArrayLike,
        risk: ArrayLike,
        *,
        event: ArrayLike | None = None,
        qid: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        out: Array | None = None,
    ) -> tuple[Value, Array]: ...
    def curvature(
        self,
        time: ArrayLike,
        risk: ArrayLike,
        *,
        event: ArrayLike | None = None,
        qid: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        out: Array | None = None,
    ) -> Array: ...
    def grad_and_curvature(
        self,
        time: ArrayLike,
        risk: ArrayLike,
        *,
        event: ArrayLike | None = None,
        qid: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        out: tuple[Array, Array] | None = None,
    ) -> tuple[Array, Array]: ...
    def partial(
        self,
        time: ArrayLike,
        risk: ArrayLike,
        *,
        event: ArrayLike | None = None,
        qid: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Partial: ...
    def partial_and_grad(
        self,
        time: ArrayLike,
        risk: ArrayLike,
        *,
        event: ArrayLike | None = None,
        qid: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        out: Array | None = None,
    ) -> tuple[Partial, Array]: ...
    def __call__(
        self,
        time: ArrayLike,
        risk: ArrayLike,
        *,
        event: ArrayLike | None = None,
        qid: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Value: ...
    @overload
    def __add__(self, other: OfSurvivalTimes) -> OfSurvivalTimes: ...
    @overload
    def __add__(self, other: _TakesTimeAndRisk) -> Loss: ...
    @overload
    def __sub__(self, other: OfSurvivalTimes) -> OfSurvivalTimes: ...
    @overload
    def __sub__(self, other: _TakesTimeAndRisk) -> Loss: ...
    def __radd__(self, other: int) -> Self: ...
    def __mul__(self, factor: float) -> OfSurvivalTimes: ...
    def __rmul__(self, factor: float) -> OfSurvivalTimes: ...
    def __truediv__(self, divisor: float) -> OfSurvivalTimes: ...
    def __neg__(self) -> OfSurvivalTimes: ...

class OfCensoredTimes(Loss):
    def value(
        self,
        lower: ArrayLike,
        s: ArrayLike,
        *,
        upper: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Value: ...
    def grad(
        self,
        lower: ArrayLike,
        s: ArrayLike,
        *,
        upper: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        out: Array | None = None,
    ) -> Array: ...
    def hess(
        self,
        lower: ArrayLike,
        s: ArrayLike,
        *,
        upper: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        out: Array | None = None,
    ) -> Array: ...
    def value_and_grad(
        self,
        lower: ArrayLike,
        s: ArrayLike,
        *,
        upper: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        out: Array | None = None,
    ) -> tuple[Value, Array]: ...
    def curvature(
        self,
        lower: ArrayLike,
        s: ArrayLike,
        *,
        upper: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        out: Array | None = None,
    ) -> Array: ...
    def grad_and_curvature(
        self,
        lower: ArrayLike,
        s: ArrayLike,
        *,
        upper: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        out: tuple[Array, Array] | None = None,
    ) -> tuple[Array, Array]: ...
    def partial(
        self,
        lower: ArrayLike,
        s: ArrayLike,
        *,
        upper: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Partial: ...
    def partial_and_grad(
        self,
        lower: ArrayLike,
        s: ArrayLike,
        *,
        upper: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        out: Array | None = None,
    ) -> tuple[Partial, Array]: ...
    def __call__(
        self,
        lower: ArrayLike,
        s: ArrayLike,
        *,
        upper: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Value: ...
    @overload
    def __add__(self, other: OfCensoredTimes) -> OfCensoredTimes: ...
    @overload
    def __add__(self, other: _TakesLowerAndS) -> Loss: ...
    @overload
    def __sub__(self, other: OfCensoredTimes) -> OfCensoredTimes: ...
    @overload
    def __sub__(self, other: _TakesLowerAndS) -> Loss: ...
    def __radd__(self, other: int) -> Self: ...
    def __mul__(self, factor: float) -> OfCensoredTimes: ...
    def __rmul__(self, factor: float) -> OfCensoredTimes: ...
    def __truediv__(self, divisor: float) -> OfCensoredTimes: ...
    def __neg__(self) -> OfCensoredTimes: ...

class OfDistances(Loss):
    def value(self, same: ArrayLike, distance: ArrayLike, *, sample_weight: ArrayLike | None = None) -> Value: ...
    def grad(
        self,
        same: ArrayLike,
        distance: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        out: Array | None = None,
    ) -> Array: ...
    def hess(
        self,
        same: ArrayLike,
        distance: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        out: Array | None = None,
    ) -> Array: ...
    def value_and_grad(
        self,
        same: ArrayLike,
        distance: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        out: Array | None = None,
    ) -> tuple[Value, Array]: ...
    def curvature(
        self,
        same: ArrayLike,
        distance: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        out: Array | None = None,
    ) -> Array: ...
    def grad_and_curvature(
        self,
        same: ArrayLike,
        distance: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        out: tuple[Array, Array] | None = None,
    ) -> tuple[Array, Array]: ...
    def partial(self, same: ArrayLike, distance: ArrayLike, *, sample_weight: ArrayLike | None = None) -> Partial: ...
    def partial_and_grad(
        self,
        same: ArrayLike,
        distance: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        out: Array | None = None,
    ) -> tuple[Partial, Array]: ...
    def __call__(self, same: ArrayLike, distance: ArrayLike, *, sample_weight: ArrayLike | None = None) -> Value: ...
    @overload
    def __add__(self, other: OfDistances) -> OfDistances: ...
    @overload
    def __add__(self, other: _TakesSameAndDistance) -> Loss: ...
    @overload
    def __sub__(self, other: OfDistances) -> OfDistances: ...
    @overload
    def __sub__(self, other: _TakesSameAndDistance) -> Loss: ...
    def __radd__(self, other: int) -> Self: ...
    def __mul__(self, factor: float) -> OfDistances: ...
    def __rmul__(self, factor: float) -> OfDistances: ...
    def __truediv__(self, divisor: float) -> OfDistances: ...
    def __neg__(self) -> OfDistances: ...

class OfSignedDistances(Loss):
    def value(self, sign: ArrayLike, distance: ArrayLike, *, sample_weight: ArrayLike | None = None) -> Value: ...
    def grad(
        self,
        sign: ArrayLike,
        distance: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        out: Array | None = None,
    ) -> Array: ...
    def hess(
        self,
        sign: ArrayLike,
        distance: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        out: Array | None = None,
    ) -> Array: ...
    def value_and_grad(
        self,
        sign: ArrayLike,
        distance: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        out: Array | None = None,
    ) -> tuple[Value, Array]: ...
    def curvature(
        self,
        sign: ArrayLike,
        distance: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        out: Array | None = None,
    ) -> Array: ...
    def grad_and_curvature(
        self,
        sign: ArrayLike,
        distance: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        out: tuple[Array, Array] | None = None,
    ) -> tuple[Array, Array]: ...
    def partial(self, sign: ArrayLike, distance: ArrayLike, *, sample_weight: ArrayLike | None = None) -> Partial: ...
    def partial_and_grad(
        self,
        sign: ArrayLike,
        distance: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        out: Array | None = None,
    ) -> tuple[Partial, Array]: ...
    def __call__(self, sign: ArrayLike, distance: ArrayLike, *, sample_weight: ArrayLike | None = None) -> Value: ...
    @overload
    def __add__(self, other: OfSignedDistances) -> OfSignedDistances: ...
    @overload
    def __add__(self, other: _TakesSignAndDistance) -> Loss: ...
    @overload
    def __sub__(self, other: OfSignedDistances) -> OfSignedDistances: ...
    @overload
    def __sub__(self, other: _TakesSignAndDistance) -> Loss: ...
    def __radd__(self, other: int) -> Self: ...
    def __mul__(self, factor: float) -> OfSignedDistances: ...
    def __rmul__(self, factor: float) -> OfSignedDistances: ...
    def __truediv__(self, divisor: float) -> OfSignedDistances: ...
    def __neg__(self) -> OfSignedDistances: ...

class OfOrderedPairs(Loss):
    def value(
        self,
        sign: ArrayLike,
        first: ArrayLike,
        second: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
    ) -> Value: ...
    def grad(
        self,
        sign: ArrayLike,
        first: ArrayLike,
        second: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        out: tuple[Array, Array] | None = None,
    ) -> tuple[Array, Array]: ...
    def hess(
        self,
        sign: ArrayLike,
        first: ArrayLike,
        second: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        out: tuple[Array, Array] | None = None,
    ) -> tuple[Array, Array]: ...
    def value_and_grad(
        self,
        sign: ArrayLike,
        first: ArrayLike,
        second: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        out: tuple[Array, Array] | None = None,
    ) -> tuple[Value, tuple[Array, Array]]: ...
    def curvature(
        self,
        sign: ArrayLike,
        first: ArrayLike,
        second: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        out: tuple[Array, Array] | None = None,
    ) -> tuple[Array, Array]: ...
    def grad_and_curvature(
        self,
        sign: ArrayLike,
        first: ArrayLike,
        second: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        out: tuple[tuple[Array, Array], tuple[Array, Array]] | None = None,
    ) -> tuple[tuple[Array, Array], tuple[Array, Array]]: ...
    def partial(
        self,
        sign: ArrayLike,
        first: ArrayLike,
        second: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
    ) -> Partial: ...
    def partial_and_grad(
        self,
        sign: ArrayLike,
        first: ArrayLike,
        second: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        out: tuple[Array, Array] | None = None,
    ) -> tuple[Partial, tuple[Array, Array]]: ...
    def __call__(
        self,
        sign: ArrayLike,
        first: ArrayLike,
        second: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
    ) -> Value: ...
    @overload
    def __add__(self, other: OfOrderedPairs) -> OfOrderedPairs: ...
    @overload
    def __add__(self, other: _TakesSignAndFirstAndSecond) -> Loss: ...
    @overload
    def __sub__(self, other: OfOrderedPairs) -> OfOrderedPairs: ...
    @overload
    def __sub__(self, other: _TakesSignAndFirstAndSecond) -> Loss: ...
    def __radd__(self, other: int) -> Self: ...
    def __mul__(self, factor: float) -> OfOrderedPairs: ...
    def __rmul__(self, factor: float) -> OfOrderedPairs: ...
    def __truediv__(self, divisor: float) -> OfOrderedPairs: ...
    def __neg__(self) -> OfOrderedPairs: ...

class OfTriples(Loss):
    def value(
        self,
        anchor: ArrayLike,
        positive: ArrayLike,
        negative: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
    ) -> Value: ...
    def grad(
        self,
        anchor: ArrayLike,
        positive: ArrayLike,
        negative: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        out: tuple[Array, Array, Array] | None = None,
    ) -> tuple[Array, Array, Array]: ...
    def hess(
        self,
        anchor: ArrayLike,
        positive: ArrayLike,
        negative: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        out: tuple[Array, Array, Array] | None = None,
    ) -> tuple[Array, Array, Array]: ...
    def value_and_grad(
        self,
        anchor: ArrayLike,
        positive: ArrayLike,
        negative: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        out: tuple[Array, Array, Array] | None = None,
    ) -> tuple[Value, tuple[Array, Array, Array]]: ...
    def curvature(
        self,
        anchor: ArrayLike,
        positive: ArrayLike,
        negative: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        out: tuple[Array, Array, Array] | None = None,
    ) -> tuple[Array, Array, Array]: ...
    def grad_and_curvature(
        self,
        anchor: ArrayLike,
        positive: ArrayLike,
        negative: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        out: tuple[tuple[Array, Array, Array], tuple[Array, Array, Array]] | None = None,
    ) -> tuple[tuple[Array, Array, Array], tuple[Array, Array, Array]]: ...
    def partial(
        self,
        anchor: ArrayLike,
        positive: ArrayLike,
        negative: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
    ) -> Partial: ...
    def partial_and_grad(
        self,
        anchor: ArrayLike,
        positive: ArrayLike,
        negative: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        out: tuple[Array, Array, Array] | None = None,
    ) -> tuple[Partial, tuple[Array, Array, Array]]: ...
    def __call__(
        self,
        anchor: ArrayLike,
        positive: ArrayLike,
        negative: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
    ) -> Value: ...
    @overload
    def __add__(self, other: OfTriples) -> OfTriples: ...
    @overload
    def __add__(self, other: _TakesAnchorAndPositiveAndNegative) -> Loss: ...
    @overload
    def __sub__(self, other: OfTriples) -> OfTriples: ...
    @overload
    def __sub__(self, other: _TakesAnchorAndPositiveAndNegative) -> Loss: ...
    def __radd__(self, other: int) -> Self: ...
    def __mul__(self, factor: float) -> OfTriples: ...
    def __rmul__(self, factor: float) -> OfTriples: ...
    def __truediv__(self, divisor: float) -> OfTriples: ...
    def __neg__(self) -> OfTriples: ...

class OfQueriesAndKeys(Loss):
    def value(self, queries: ArrayLike, keys: ArrayLike, *, sample_weight: ArrayLike | None = None) -> Value: ...
    def grad(
        self,
        queries: ArrayLike,
        keys: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        out: tuple[Array, Array] | None = None,
    ) -> tuple[Array, Array]: ...
    def hess(
        self,
        queries: ArrayLike,
        keys: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        out: tuple[Array, Array] | None = None,
    ) -> tuple[Array, Array]: ...
    def value_and_grad(
        self,
        queries: ArrayLike,
        keys: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        out: tuple[Array, Array] | None = None,
    ) -> tuple[Value, tuple[Array, Array]]: ...
    def curvature(
        self,
        queries: ArrayLike,
        keys: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        out: tuple[Array, Array] | None = None,
    ) -> tuple[Array, Array]: ...
    def grad_and_curvature(
        self,
        queries: ArrayLike,
        keys: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        out: tuple[tuple[Array, Array], tuple[Array, Array]] | None = None,
    ) -> tuple[tuple[Array, Array], tuple[Array, Array]]: ...
    def partial(self, queries: ArrayLike, keys: ArrayLike, *, sample_weight: ArrayLike | None = None) -> Partial: ...
    def partial_and_grad(
        self,
        queries: ArrayLike,
        keys: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        out: tuple[Array, Array] | None = None,
    ) -> tuple[Partial, tuple[Array, Array]]: ...
    def __call__(self, queries: ArrayLike, keys: ArrayLike, *, sample_weight: ArrayLike | None = None) -> Value: ...
    @overload
    def __add__(self, other: OfQueriesAndKeys) -> OfQueriesAndKeys: ...
    @overload
    def __add__(self, other: _TakesQueriesAndKeys) -> Loss: ...
    @overload
    def __sub__(self, other: OfQueriesAndKeys) -> OfQueriesAndKeys: ...
    @overload
    def __sub__(self, other: _TakesQueriesAndKeys) -> Loss: ...
    def __radd__(self, other: int) -> Self: ...
    def __mul__(self, factor: float) -> OfQueriesAndKeys: ...
    def __rmul__(self, factor: float) -> OfQueriesAndKeys: ...
    def __truediv__(self, divisor: float) -> OfQueriesAndKeys: ...
    def __neg__(self) -> OfQueriesAndKeys: ...

class OfLabelledVectors(Loss):
    def value(self, ids: ArrayLike, embeddings: ArrayLike, *, sample_weight: ArrayLike | None = None) -> Value: ...
    def grad(
        self,
        ids: ArrayLike,
        embeddings: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        out: Array | None = None,
    ) -> Array: ...
    def hess(
        self,
        ids: ArrayLike,
        embeddings: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        out: Array | None = None,
    ) -> Array: ...
    def value_and_grad(
        self,
        ids: ArrayLike,
        embeddings: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        out: Array | None = None,
    ) -> tuple[Value, Array]: ...
    def curvature(
        self,
        ids: ArrayLike,
        embeddings: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        out: Array | None = None,
    ) -> Array: ...
    def grad_and_curvature(
        self,
        ids: ArrayLike,
        embeddings: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        out: tuple[Array, Array] | None = None,
    ) -> tuple[Array, Array]: ...
    def partial(self, ids: ArrayLike, embeddings: ArrayLike, *, sample_weight: ArrayLike | None = None) -> Partial: ...
    def partial_and_grad(
        self,
        ids: ArrayLike,
        embeddings: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        out: Array | None = None,
    ) -> tuple[Partial, Array]: ...
    def __call__(self, ids: ArrayLike, embeddings: ArrayLike, *, sample_weight: ArrayLike | None = None) -> Value: ...
    @overload
    def __add__(self, other: OfLabelledVectors) -> OfLabelledVectors: ...
    @overload
    def __add__(self, other: _TakesIdsAndEmbeddings) -> Loss: ...
    @overload
    def __sub__(self, other: OfLabelledVectors) -> OfLabelledVectors: ...
    @overload
    def __sub__(self, other: _TakesIdsAndEmbeddings) -> Loss: ...
    def __radd__(self, other: int) -> Self: ...
    def __mul__(self, factor: float) -> OfLabelledVectors: ...
    def __rmul__(self, factor: float) -> OfLabelledVectors: ...
    def __truediv__(self, divisor: float) -> OfLabelledVectors: ...
    def __neg__(self) -> OfLabelledVectors: ...

class OfHiddenRows(Loss):
    def value(
        self,
        ids: ArrayLike,
        hidden: ArrayLike,
        weight: ArrayLike,
        *,
        bias: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Value: ...
    def grad(
        self,
        ids: ArrayLike,
        hidden: ArrayLike,
        weight: ArrayLike,
        *,
        bias: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        out: tuple[Array, ...] | None = None,
    ) -> tuple[Array, ...]: ...
    def hess(
        self,
        ids: ArrayLike,
        hidden: ArrayLike,
        weight: ArrayLike,
        *,
        bias: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        out: tuple[Array, ...] | None = None,
    ) -> tuple[Array, ...]: ...
    def value_and_grad(
        self,
        ids: ArrayLike,
        hidden: ArrayLike,
        weight: ArrayLike,
        *,
        bias: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        out: tuple[Array, ...] | None = None,
    ) -> tuple[Value, tuple[Array, ...]]: ...
    def curvature(
        self,
        ids: ArrayLike,
        hidden: ArrayLike,
        weight: ArrayLike,
        *,
        bias: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        out: tuple[Array, ...] | None = None,
    ) -> tuple[Array, ...]: ...
    def grad_and_curvature(
        self,
        ids: ArrayLike,
        hidden: ArrayLike,
        weight: ArrayLike,
        *,
        bias: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        out: tuple[tuple[Array, ...], tuple[Array, ...]] | None = None,
    ) -> tuple[tuple[Array, ...], tuple[Array, ...]]: ...
    def partial(
        self,
        ids: ArrayLike,
        hidden: ArrayLike,
        weight: ArrayLike,
        *,
        bias: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Partial: ...
    def partial_and_grad(
        self,
        ids: ArrayLike,
        hidden: ArrayLike,
        weight: ArrayLike,
        *,
        bias: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        out: tuple[Array, ...] | None = None,
    ) -> tuple[Partial, tuple[Array, ...]]: ...
    def __call__(
        self,
        ids: ArrayLike,
        hidden: ArrayLike,
        weight: ArrayLike,
        *,
        bias: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Value: ...
    @overload
    def __add__(self, other: OfHiddenRows) -> OfHiddenRows: ...
    @overload
    def __add__(self, other: _TakesIdsAndHiddenAndWeight) -> Loss: ...
    @overload
    def __sub__(self, other: OfHiddenRows) -> OfHiddenRows: ...
    @overload
    def __sub__(self, other: _TakesIdsAndHiddenAndWeight) -> Loss: ...
    def __radd__(self, other: int) -> Self: ...
    def __mul__(self, factor: float) -> OfHiddenRows: ...
    def __rmul__(self, factor: float) -> OfHiddenRows: ...
    def __truediv__(self, divisor: float) -> OfHiddenRows: ...
    def __neg__(self) -> OfHiddenRows: ...

class OfSequences(Loss):
    def value(
        self,
        labels: ArrayLike,
        logits: ArrayLike,
        *,
        input_lengths: ArrayLike,
        label_lengths: ArrayLike,
        sample_weight: ArrayLike | None = None,
    ) -> Value: ...
    def grad(
        self,
        labels: ArrayLike,
        logits: ArrayLike,
        *,
        input_lengths: ArrayLike,
        label_lengths: ArrayLike,
        sample_weight: ArrayLike | None = None,
        out: Array | None = None,
    ) -> Array: ...
    def hess(
        self,
        labels: ArrayLike,
        logits: ArrayLike,
        *,
        input_lengths: ArrayLike,
        label_lengths: ArrayLike,
        sample_weight: ArrayLike | None = None,
        out: Array | None = None,
    ) -> Array: ...
    def value_and_grad(
        self,
        labels: ArrayLike,
        logits: ArrayLike,
        *,
        input_lengths: ArrayLike,
        label_lengths: ArrayLike,
        sample_weight: ArrayLike | None = None,
        out: Array | None = None,
    ) -> tuple[Value, Array]: ...
    def curvature(
        self,
        labels: ArrayLike,
        logits: ArrayLike,
        *,
        input_lengths: ArrayLike,
        label_lengths: ArrayLike,
        sample_weight: ArrayLike | None = None,
        out: Array | None = None,
    ) -> Array: ...
    def grad_and_curvature(
        self,
        labels: ArrayLike,
        logits: ArrayLike,
        *,
        input_lengths: ArrayLike,
        label_lengths: ArrayLike,
        sample_weight: ArrayLike | None = None,
        out: tuple[Array, Array] | None = None,
    ) -> tuple[Array, Array]: ...
    def partial(
        self,
        labels: ArrayLike,
        logits: ArrayLike,
        *,
        input_lengths: ArrayLike,
        label_lengths: ArrayLike,
        sample_weight: ArrayLike | None = None,
    ) -> Partial: ...
    def partial_and_grad(
        self,
        labels: ArrayLike,
        logits: ArrayLike,
        *,
        input_lengths: ArrayLike,
        label_lengths: ArrayLike,
        sample_weight: ArrayLike | None = None,
        out: Array | None = None,
    ) -> tuple[Partial, Array]: ...
    def __call__(
        self,
        labels: ArrayLike,
        logits: ArrayLike,
        *,
        input_lengths: ArrayLike,
        label_lengths: ArrayLike,
        sample_weight: ArrayLike | None = None,
    ) -> Value: ...
    @overload
    def __add__(self, other: OfSequences) -> OfSequences: ...
    @overload
    def __add__(self, other: _TakesLabelsAndLogits) -> Loss: ...
    @overload
    def __sub__(self, other: OfSequences) -> OfSequences: ...
    @overload
    def __sub__(self, other: _TakesLabelsAndLogits) -> Loss: ...
    def __radd__(self, other: int) -> Self: ...
    def __mul__(self, factor: float) -> OfSequences: ...
    def __rmul__(self, factor: float) -> OfSequences: ...
    def __truediv__(self, divisor: float) -> OfSequences: ...
    def __neg__(self) -> OfSequences: ...

class _TakesYTrueAndYPred(Protocol):
    def value(self, y_true: ArrayLike, y_pred: ArrayLike) -> Any: ...

class _TakesChosenAndRejected(Protocol):
    def value(self, chosen: ArrayLike, rejected: ArrayLike) -> Any: ...

class _TakesDesirableAndLogp(Protocol):
    def value(self, desirable: ArrayLike, logp: ArrayLike) -> Any: ...

class _TakesAdvantagesAndLogp(Protocol):
    def value(self, advantages: ArrayLike, logp: ArrayLike) -> Any: ...

class _TakesRefLogpAndLogp(Protocol):
    def value(self, ref_logp: ArrayLike, logp: ArrayLike) -> Any: ...

class _TakesTimeAndRisk(Protocol):
    def value(self, time: ArrayLike, risk: ArrayLike) -> Any: ...

class _TakesLowerAndS(Protocol):
    def value(self, lower: ArrayLike, s: ArrayLike) -> Any: ...

class _TakesSameAndDistance(Protocol):
    def value(self, same: ArrayLike, distance: ArrayLike) -> Any: ...

class _TakesSignAndDistance(Protocol):
    def value(self, sign: ArrayLike, distance: ArrayLike) -> Any: ...

class _TakesSignAndFirstAndSecond(Protocol):
    def value(self, sign: ArrayLike, first: ArrayLike, second: ArrayLike) -> Any: ...

class _TakesAnchorAndPositiveAndNegative(Protocol):
    def value(self, anchor: ArrayLike, positive: ArrayLike, negative: ArrayLike) -> Any: ...

class _TakesQueriesAndKeys(Protocol):
    def value(self, queries: ArrayLike, keys: ArrayLike) -> Any: ...

class _TakesIdsAndEmbeddings(Protocol):
    def value(self, ids: ArrayLike, embeddings: ArrayLike) -> Any: ...

class _TakesIdsAndHiddenAndWeight(Protocol):
    def value(self, ids: ArrayLike, hidden: ArrayLike, weight: ArrayLike) -> Any: ...

class _TakesLabelsAndLogits(Protocol):
    def value(self, labels: ArrayLike, logits: ArrayLike) -> Any: ...

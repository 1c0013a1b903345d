"""Values, gradients and Hessians that somebody else computed; each with its source.

The numbers of libraries were computed once, in float64, with PyTorch 2.13.0, scikit-learn 1.9.1 and Optax 0.2.8; the
gradients and Hessians are PyTorch's autograd's. None of them is needed to run these tests.
"""

import math

import numpy as np
import pytest

from losses import (
    MAE,
    MSE,
    Asymmetric,
    BinaryCrossEntropy,
    CategoricalCrossEntropy,
    Huber,
    PairwiseHinge,
    PairwiseLogistic,
)


def check(loss, y_true, y_pred, value, grad=None, hess=None, **keywords):
    assert loss.value(y_true, y_pred, **keywords) == pytest.approx(value, rel=1e-14)
    if grad is not None:
        np.testing.assert_allclose(loss.grad(y_true, y_pred, **keywords), grad, rtol=1e-13, atol=1e-16)
    if hess is not None:
        np.testing.assert_allclose(loss.hess(y_true, y_pred, **keywords), hess, rtol=1e-13, atol=1e-16)


# --------------------------------------------------------------------------------------------- by hand


def test_by_hand():
    """Small enough to be checked on paper."""
    check(MSE(), [1.0, 2.0], [1.0, 4.0], (0 + 4) / 2, [0, 2 * 2 / 2], [1, 1])
    check(MAE(), [1.0, 2.0], [0.0, 4.0], (1 + 2) / 2, [-1 / 2, 1 / 2], [0, 0])
    check(Huber(delta=2.0), [0.0, 0.0], [1.0, 5.0], (1 / 2 + 2 * (5 - 1)) / 2, [1 / 2, 2 / 2], [1 / 2, 0])
    check(Asymmetric(shortfall_weight=10), [5.0, 5.0], [3.0, 6.0], (10 * 4 + 1) / 2, [-40 / 2, 2 / 2], [10, 1])
    check(MSE(), [0.0, 0.0], [1.0, 2.0], (3 * 1 + 1 * 4) / 4, [3 * 2 / 4, 4 / 4], [3 / 2, 1 / 2], sample_weight=[3, 1])
    check(BinaryCrossEntropy(), [1, 0], [0.25, 0.5], (math.log(4) + math.log(2)) / 2, [-4 / 2, 2 / 2], [16 / 2, 4 / 2])
    check(BinaryCrossEntropy(from_logits=True), [1, 0], [0, 0], math.log(2), [-1 / 4, 1 / 4], [1 / 8, 1 / 8])
    thirds = np.log([[1.0, 1.0, 1.0]])
    check(CategoricalCrossEntropy(from_logits=True), [1], thirds, math.log(3), [[1 / 3, -2 / 3, 1 / 3]], [[2 / 9] * 3])
    check(CategoricalCrossEntropy(), [1], [[0.5, 0.25, 0.25]], math.log(4), [[0, -4, 0]], [[0, 16, 0]])
    check(PairwiseHinge(margin=1.0), [2, 1, 0], [0.0, 0.5, 2.0], (1.5 + 3 + 2.5) / 3, [-2 / 3, 0, 2 / 3], [0, 0, 0])
    check(PairwiseLogistic(sigma=2.0), [1, 0], [3.0, 3.0], math.log(2), [-1, 1], [1, 1])


def test_the_loss_at_a_confident_correct_logit():
    """log(1 + e⁻⁴⁰) = 4.2e-18, where log(1 + x) in float64 would be 0."""
    check(BinaryCrossEntropy(from_logits=True), [1.0], [40.0], 4.248354255291589e-18, [-4.248354255291589e-18])


# --------------------------------------------------------------------------------------------- documentation


def test_the_examples_of_scikit_learn():
    """From the pages of `mean_squared_error`, `mean_absolute_error`, `mean_pinball_loss` and `log_loss`."""
    y_true, y_pred = [3, -0.5, 2, 7], [2.5, 0.0, 2, 8]
    check(MSE(), y_true, y_pred, 0.375)
    check(MAE(), y_true, y_pred, 0.5)
    y_true, y_pred = [[0.5, 1], [-1, 1], [7, -6]], [[0, 2], [-1, 2], [8, -5]]
    check(MSE(), y_true, y_pred, 0.7083333333333334)
    check(MAE(), y_true, y_pred, 0.75)
    for alpha, y_pred, value in [(0.1, [0, 2, 3], 0.1 / 3), (0.1, [1, 2, 4], 0.3), (0.9, [0, 2, 3], 0.3)]:
        pinball = Asymmetric(shortfall_weight=alpha, overshoot_weight=1 - alpha, base=MAE())
        check(pinball, [1, 2, 3], y_pred, value)
    rows = [[0.1, 0.9], [0.9, 0.1], [0.8, 0.2], [0.35, 0.65]]  # of "ham" and "spam"
    check(CategoricalCrossEntropy(), [1, 0, 0, 1], rows, 0.21616187468057912)
    check(BinaryCrossEntropy(), [1, 0, 0, 1], [row[1] for row in rows], 0.21616187468057912)


def test_the_examples_of_keras():
    """From the page of `keras.losses.binary_crossentropy`, with its three digits."""
    each = BinaryCrossEntropy(reduction="none").value([[0, 1], [0, 0]], [[0.6, 0.4], [0.4, 0.6]])
    np.testing.assert_allclose(each.mean(axis=1), [0.916, 0.714], atol=5e-4)


# --------------------------------------------------------------------------------------------- scikit-learn


def test_weights_as_in_scikit_learn():
    y_true, y_pred, weight = [3, -0.5, 2, 7], [2.5, 0.0, 2, 8], [1, 2, 0.5, 4]
    check(MSE(), y_true, y_pred, 0.6333333333333333, sample_weight=weight)
    check(MAE(), y_true, y_pred, 0.7333333333333333, sample_weight=weight)
    pinball = Asymmetric(shortfall_weight=0.75, overshoot_weight=0.25, base=MAE())
    check(pinball, y_true, y_pred, 0.21666666666666667, sample_weight=weight)
    rows = [[0.1, 0.9], [0.9, 0.1], [0.8, 0.2], [0.35, 0.65]]
    check(CategoricalCrossEntropy(), [1, 0, 0, 1], rows, 0.2708643865285925, sample_weight=[1, 2, 3, 4])
    rows = [[0.7, 0.2, 0.1], [0.2, 0.2, 0.6], [0.3, 0.5, 0.2]]
    check(CategoricalCrossEntropy(), [0, 2, 1], rows, 0.49282850907162473, sample_weight=[1, 2, 0.5])


def test_clipping_as_in_scikit_learn():
    """`log_loss` clips to the machine epsilon of y_pred's dtype."""
    rows = np.array([[1.0, 0.0], [0.25, 0.75]])
    check(CategoricalCrossEntropy(), [1, 0], rows, 18.71497387511852)
    single = CategoricalCrossEntropy().value([1, 0], rows.astype(np.float32))
    assert single == pytest.approx(8.664339065551758, rel=1e-6)


# --------------------------------------------------------------------------------------------- PyTorch

TARGETS, PREDICTIONS = [0.0, 1.0, 2.0, -1.0], [0.3, -1.2, 2.0, 4.0]


@pytest.mark.parametrize(
    ("loss", "value", "grad"),
    [
        (MSE(), 7.4825, [0.15, -1.1, 0.0, 2.5]),
        (MAE(), 1.875, [0.25, -0.25, 0.0, 0.25]),
        (Huber(delta=0.75), 1.220625, [0.075, -0.1875, 0.0, 0.1875]),  # Optax's huber_loss gives the same
    ],
    ids=str,
)
def test_regression_as_in_pytorch(loss, value, grad):
    """`mse_loss`, `l1_loss` and `huber_loss`."""
    check(loss, TARGETS, PREDICTIONS, value, grad)


LABELS, LOGITS = [1.0, 0.0, 0.25, 1.0], [-2.0, 3.5, 0.75, 40.0]


def test_binary_cross_entropy_as_in_pytorch():
    """`binary_cross_entropy_with_logits`, also with pos_weight, and `binary_cross_entropy`."""
    check(
        BinaryCrossEntropy(from_logits=True),
        LABELS,
        LOGITS,
        1.6515123588576233,  # Optax's sigmoid_binary_cross_entropy gives the same
        [-0.2201992694944706, 0.2426719423121609, 0.10729467479384824, 0.0],
    )
    check(
        BinaryCrossEntropy(from_logits=True, pos_weight=3.0),
        LABELS,
        LOGITS,
        2.763335240143472,
        [-0.6605978084834119, 0.2426719423121609, 0.06719201219077237, 0.0],
        [0.0787451890526299, 0.0071132559699338994, 0.08171062266068026, 0.0],
    )
    check(BinaryCrossEntropy(), LABELS, [0.1, 0.95, 0.5, 0.75], 1.5697866548899404, [-2.5, 5.0, 0.25, -1 / 3])


ROWS = [[0.5, -1.0, 2.0], [1.5, 0.25, -0.75], [3.0, 3.0, -4.0], [0.0, 1.0, 2.0]]
CLASS_IDS = [2, 0, 1, 1]
SHARES = [[0.2, 0.3, 0.5], [1.0, 0.0, 0.0], [0.25, 0.25, 0.5], [0.0, 0.6, 0.4]]


@pytest.mark.parametrize(
    ("parameters", "target", "value", "grad"),
    [
        (
            {},
            CLASS_IDS,
            0.6682982220354944,
            [
                [0.04382259803500917, 0.009778143317671862, -0.05360074135268103],
                [-0.07038991471223377, 0.05145915099941289, 0.01893076371282088],
                [0.12494303335058295, -0.12505696664941707, 0.00011393329883407303],
                [0.02250764329259511, -0.18881788223630058, 0.16631023894370545],
            ],
        ),
        (
            {"class_weight": (1.0, 2.0, 0.5)},
            CLASS_IDS,
            0.8461356767074537,
            [
                [0.01593549019454879, 0.0035556884791534044, -0.019491178673702193],
                [-0.05119266524526093, 0.0374248370904821, 0.013767828154778821],
                [0.18173532123721156, -0.18190104239915209, 0.00016572116194046987],
                [0.0327383902437747, -0.27464419234370996, 0.2419058020999352],
            ],
        ),
        (
            {"label_smoothing": 0.1},
            CLASS_IDS,
            0.7932982220354945,
            [
                [0.03548926470167584, 0.0014448099843385291, -0.03693407468601437],
                [-0.05372324804556711, 0.043125817666079556, 0.010597430379487545],
                [0.11660970001724962, -0.10839029998275039, -0.00821940003449926],
                [0.014174309959261775, -0.17215121556963392, 0.15797690561037211],
            ],
        ),
        (
            {"ignore_index": 1},
            CLASS_IDS,
            0.28599195303219055,
            [
                [0.08764519607001835, 0.019556286635343725, -0.10720148270536206],
                [-0.14077982942446754, 0.10291830199882578, 0.03786152742564176],
                [0.0, 0.0, 0.0],
                [0.0, 0.0, 0.0],
            ],
        ),
        (
            {"class_weight": (1.0, 2.0, 0.5), "label_smoothing": 0.1, "reduction": "sum"},
            CLASS_IDS,
            5.004410769985127,
            [
                [0.06599788887935412, -0.04450287514661044, -0.02149501373274369],
                [-0.20291898649641738, 0.1426005473976124, 0.0603184390988049],
                [0.9245632556878026, -0.9087700776455307, -0.015793178042272107],
                [0.13922526524322917, -1.3976037638116379, 1.2583784985684086],
            ],
        ),
        (
            {},
            SHARES,
            1.7432982220354944,
            [
                [-0.006177401964990829, -0.06522185668232813, 0.07139925864731897],
                [-0.07038991471223377, 0.05145915099941289, 0.01893076371282088],
                [0.06244303335058295, 0.06244303335058295, -0.12488606670116592],
                [0.02250764329259511, -0.08881788223630058, 0.06631023894370544],
            ],
        ),
        (
            {"class_weight": (1.0, 2.0, 0.5), "label_smoothing": 0.1, "reduction": "sum"},
            SHARES,
            7.024509925160559,
            [
                [-0.027233367011327708, -0.5651421513776201, 0.592375518388948],
                [-0.20291898649641738, 0.1426005473976124, 0.0603184390988049],
                [0.24976833562570402, -0.008564997707629321, -0.24120333791807477],
                [0.09060875573122376, -0.8097571381812285, 0.7191483824500048],
            ],
        ),
    ],
    ids=str,
)
def test_cross_entropy_as_in_pytorch(parameters, target, value, grad):
    """`cross_entropy` with class ids and with probabilities as targets."""
    check(CategoricalCrossEntropy(from_logits=True, **parameters), target, ROWS, value, grad)


def test_hessian_of_cross_entropy_as_in_pytorch():
    hess = [
        [0.036140917640857216, 0.009395694970708138, 0.04210858345845299],
        [0.05057095433945159, 0.040866974113091384, 0.017497268453818257],
        [0.06249998701920342, 0.06249998701920342, 0.00011388137564774017],
        [0.020481267266248302, 0.04620911162749468, 0.05567385663365585],
    ]
    np.testing.assert_allclose(CategoricalCrossEntropy(from_logits=True).hess(CLASS_IDS, ROWS), hess, rtol=1e-13)


def test_one_hot_rows_and_class_ids_agree():
    """Where PyTorch divides by n for one-hot rows, the denominator here is that of class ids."""
    loss = CategoricalCrossEntropy(from_logits=True, class_weight=(1.0, 2.0, 0.5))
    check(loss, np.eye(3)[CLASS_IDS], ROWS, 0.8461356767074537)


def test_pairs_as_in_pytorch():
    """The mean of `softplus` and `margin_ranking_loss` over the pairs."""
    relevance, scores = [2, 0, 1, 1], [1.0, 0.5, -0.25, 2.0]
    check(
        PairwiseLogistic(sigma=2.0),
        relevance,
        scores,
        0.8538160124820479,
        [-0.4902386717476485, 0.4535767082964822, -0.29668651846896, 0.3333484819201263],
    )
    check(PairwiseHinge(margin=1.3), relevance, scores, 1.04, [-0.6, 0.4, 0.0, 0.2])

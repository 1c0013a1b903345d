"""Wrong uses: type checkers report each line that is marked, and no other. It is not run."""

import numpy as np

from losses import DPO, MSE, BinaryCrossEntropy, BradleyTerry, Huber, ListNet, PairwiseLogistic, PPOClip

from losses import Hubr  # isort: skip  # error

y, p, w = [0.0, 1.0], np.zeros(2), np.ones(2)

MSE().value(y, p, sample_weights=w)  # error
MSE().value(y, p, w)  # error
MSE().value(y)  # error
MSE().value(y, p, out=p)  # error
MSE().grad(y, p, qid=[0, 0])  # error
MSE().gradient(y, p)  # error
Huber().value_and_grad(y, y_prd=p)  # error
PairwiseLogistic().grad(y, p, query=[0, 0])  # error
ListNet()(y, p, [0, 0])  # error

DPO().value(y, p)  # error
DPO().value(y, p, ref_chosen=y)  # error
DPO().grad(y, p, ref_chosen=y, ref_rejected=p, out=p)  # error
BradleyTerry().grad(y, p, margn=w)  # error
PPOClip().value(y, p, ref_logp=p)  # error

Huber(alpha=1.0)  # error
Huber(1.0)  # error
MSE(reduction="median")  # error
BinaryCrossEntropy(from_logit=True)  # error
Huber().delta = 2.0  # error
Hubr()

(0.5 * MSE() + PairwiseLogistic()).grad(y, p, query=[0, 0])  # error
(0.5 * MSE() + Huber()).grad(y, p, qid=[0, 0])  # error
(0.5 * DPO()).value(y, p)  # error
different_arrays = MSE() + DPO()  # error
no_number = "half" * MSE()  # error

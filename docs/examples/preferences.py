"""Learning what people prefer
===========================

Learn what people prefer, in three ways, where the right answer is known.

Some answers have hidden utilities u, and people who compare two of them prefer the first with probability
σ(u_i - u_j): the law of Bradley and Terry.

1. A reward model, trained with `BradleyTerry` on their judgements, must find the utilities again, up to a constant,
   which no comparison can show.
2. A policy π starts as the reference π_ref, and should please people without leaving the reference further than needed:
   the expected u, less β KL(π‖π_ref), is greatest at π ∝ π_ref exp(u/β). `DPO` gets there from the judgements alone.
3. Reinforcement learning gets there too: `PPOClip` on the rewards u - β(log π - log π_ref).

Policies are tables of logits and expectations are exact (all pairs, all answers, weighted by their probabilities), so
that what is left is not noise. Both must end within 1e-3 of the optimum.

Constitutional AI (Bai et al. 2022, arXiv:2212.08073) changes who judges the pairs, not the loss: instead of people, a
language model says which of two answers agrees better with a list of written principles, the constitution. What is made
of its judgements is as here: its probabilities are the pairs' weights (here: `chance`), a reward model is trained with
`BradleyTerry`, and the policy with `PPOClip`, or with `DPO` in one step. So nothing below would change but one line.

Run it with ``python docs/examples/preferences.py``; it takes a few seconds.
"""

import sys

import numpy as np

from losses import DPO, BradleyTerry, PPOClip

ANSWERS = 8
JUDGEMENTS = 20_000
BETA = 0.5


def show(progress):
    if sys.stderr.isatty():
        print(f"\r{progress}", end="", file=sys.stderr, flush=True)


def log_softmax(logits):
    largest = logits.max()
    return logits - largest - np.log(np.exp(logits - largest).sum())


def through_softmax(slope, logp):
    """Return the gradient by the logits, given that by the log-probabilities."""
    return slope - np.exp(logp) * slope.sum()


def train_reward_model(winners, losers, steps=400):
    """Return rewards under which the judgements are most likely."""
    loss = BradleyTerry()
    reward = np.zeros(ANSWERS)
    for step in range(steps):
        value, (by_winner, by_loser) = loss.value_and_grad(reward[winners], reward[losers])
        slope = np.bincount(winners, by_winner, ANSWERS) + np.bincount(losers, by_loser, ANSWERS)
        reward -= 8 * slope
        if step % 20 == 0:
            show(f"reward model: step {step} of {steps}, loss {value:.6f}")
    return reward


def train_dpo(chance, ref_logp, steps=4000):
    """Return the log-probabilities of the policy that DPO finds; chance[i, j] is how often i is preferred to j."""
    loss = DPO(beta=BETA)
    chosen, rejected = np.nonzero(~np.eye(ANSWERS, dtype=bool))
    arrays = {"ref_chosen": ref_logp[chosen], "ref_rejected": ref_logp[rejected]}
    logits = ref_logp.copy()
    for step in range(steps):
        logp = log_softmax(logits)
        value, (by_chosen, by_rejected) = loss.value_and_grad(
            logp[chosen], logp[rejected], sample_weight=chance[chosen, rejected], **arrays
        )
        slope = np.bincount(chosen, by_chosen, ANSWERS) + np.bincount(rejected, by_rejected, ANSWERS)
        logits -= 20 * through_softmax(slope, logp)
        if step % 100 == 0:
            show(f"DPO: step {step} of {steps}, loss {value:.6f}")
    return log_softmax(logits)


def train_ppo(utility, ref_logp, rounds=2000, epochs=4):
    """Return the log-probabilities of the policy that PPO finds."""
    loss = PPOClip(epsilon=0.2, reduction="sum")
    logits = ref_logp.copy()
    for k in range(rounds):
        old_logp = log_softmax(logits)
        drawn = np.exp(old_logp)  # how often each answer is drawn
        reward = utility - BETA * (old_logp - ref_logp)
        advantages = reward - drawn @ reward
        for _ in range(epochs):
            logp = log_softmax(logits)
            slope = loss.grad(advantages, logp, old_logp=old_logp, sample_weight=drawn)
            logits -= through_softmax(slope, logp)
        if k % 100 == 0:
            show(f"PPO: round {k} of {rounds}, expected reward {drawn @ reward:.6f}")
    return log_softmax(logits)


def main():
    rng = np.random.default_rng(1)
    utility = rng.normal(0, 1, ANSWERS)
    ref_logp = log_softmax(rng.normal(0, 0.5, ANSWERS))
    chance = 1 / (1 + np.exp(utility - utility[:, np.newaxis]))  # of i being preferred to j

    pairs = np.array([rng.choice(ANSWERS, 2, replace=False) for _ in range(JUDGEMENTS)])
    agrees = rng.random(JUDGEMENTS) < chance[pairs[:, 0], pairs[:, 1]]
    winners, losers = np.where(agrees, pairs.T, pairs.T[::-1])
    reward = train_reward_model(winners, losers)
    optimum = np.exp(log_softmax(ref_logp + utility / BETA))
    by_dpo = np.exp(train_dpo(chance, ref_logp))
    by_ppo = np.exp(train_ppo(utility, ref_logp))
    if sys.stderr.isatty():
        print(file=sys.stderr)

    shifted = reward - reward.mean() + utility.mean()
    print(f"{'utility':>10s}{'reward':>10s}{'reference':>12s}{'optimum':>10s}{'DPO':>10s}{'PPO':>10s}")
    for row in zip(utility, shifted, np.exp(ref_logp), optimum, by_dpo, by_ppo, strict=True):
        print("{:10.3f}{:10.3f}{:12.5f}{:10.5f}{:10.5f}{:10.5f}".format(*row))
    correlation = np.corrcoef(reward, utility)[0, 1]
    print(f"\nCorrelation of rewards and utilities, from {JUDGEMENTS} judgements: {correlation:.5f}")
    for name, policy in (("DPO", by_dpo), ("PPO", by_ppo)):
        print(f"Largest deviation of the policy found by {name} from the optimum: {np.abs(policy - optimum).max():.1e}")


if __name__ == "__main__":
    main()

"""All the ways in which a sequence of labels can be spread over frames: their probability, and where each label lies.

States are a blank, the first label, a blank, … and a last blank, so that state 2j + 1 is label j. They lie along the
first axis and sequences along the last one, so that a step from frame to frame is a few operations on whole arrays.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from losses._types import Array, FloatArray


class Aligned(NamedTuple):
    """Of one sequence: softmax probabilities p of its frames, and how probably each class is the one there."""

    frames: slice
    p: FloatArray
    occupied: FloatArray


class Alignments:
    """The alignments of a batch of sequences (Graves et al. 2006, section 4.1), in logarithms.

    Parameters
    ----------
    labels
        Class ids, of shape (n, labels), 0 beyond the end.
    logits
        Of shape (n, frames, classes).
    input_lengths, label_lengths
        How many frames and labels each sequence has.
    blank
        The class of no label.
    both_ways
        Whether it is asked where labels lie, and not only for the probability.
    """

    def __init__(
        self,
        labels: Array,
        logits: FloatArray,
        input_lengths: Array,
        label_lengths: Array,
        blank: int,
        *,
        both_ways: bool,
    ) -> None:
        self.labels, self.logits, self.blank = labels, logits, blank
        self.frames, self.lengths = input_lengths, label_lengths
        self.dtype = np.result_type(logits.dtype, np.float64)
        n, rows = len(labels), len(labels) * (1 + both_ways)
        frames, count = int(input_lengths.max(initial=0)), int(label_lengths.max(initial=0))
        self.of_blank = np.zeros((frames, rows), self.dtype)
        self.of_label = np.full((frames, count, rows), -np.inf, self.dtype)
        self.levels: list[FloatArray] = []
        for i in range(n):
            self._enter(i, n if both_ways else 0)
        ids = np.full((count, rows), -1)
        for i in range(n):
            own = labels[i, : label_lengths[i]]
            ids[: len(own), i] = own
            if both_ways:
                ids[: len(own), n + i] = own[::-1]
        jumps = np.full((2 * count + 1, rows), -np.inf, self.dtype)
        jumps[1:2] = 0  # at the start
        jumps[3::2] = np.where(ids[1:] != ids[:-1], 0, -np.inf)
        last = np.concatenate([input_lengths] * (1 + both_ways)) - 1
        self.path = np.empty((frames, 2 * count + 1, rows), self.dtype) if both_ways else None
        ends, self.levels_sum = _walk(self.of_blank, self.of_label, jumps, last, self.path)
        self.log_likelihood = self._log_likelihood(ends[:, :n])

    def _enter(self, i: int, mirrored: int) -> None:
        """Write the log-probabilities of a sequence's labels, and those in reverse into the row so many further on."""
        frames, own = self.frames[i], self.labels[i, : self.lengths[i]]
        log_p = _log_softmax(self.logits[i, :frames].astype(self.dtype, copy=False), np.append(own, self.blank))
        self.of_blank[:frames, i] = log_p[:, -1]
        self.of_label[:frames, : len(own), i] = log_p[:, :-1]
        if mirrored:
            self.of_blank[:frames, mirrored + i] = log_p[::-1, -1]
            self.of_label[:frames, : len(own), mirrored + i] = log_p[::-1, -2::-1]

    def _log_likelihood(self, ends: FloatArray) -> FloatArray:
        """Return the logarithm of the probability of each sequence's labels."""
        row, n = 2 * self.lengths, len(self.lengths)
        by_blank = ends[row, np.arange(n)]
        by_label = np.where(self.lengths > 0, ends[np.maximum(row - 1, 0), np.arange(n)], -np.inf)
        top = np.maximum(np.maximum(by_blank, by_label), np.finfo(self.dtype).min)
        total = np.log(np.exp(by_blank - top) + np.exp(by_label - top)) + top + self.levels_sum[:n]
        of_nothing = np.where(self.lengths == 0, 0, -np.inf)
        found: FloatArray = np.where(self.frames == 0, of_nothing, total)
        return found

    def aligned(self) -> Iterator[tuple[int, Aligned]]:
        """Yield the sequences that have an alignment, with their place in the batch."""
        for i in np.flatnonzero(self.log_likelihood != -np.inf):
            if self.frames[i]:
                yield int(i), self._aligned(int(i))

    def _aligned(self, i: int) -> Aligned:
        frames, own, n = self.frames[i], self.labels[i, : self.lengths[i]], len(self.labels)
        states = 2 * len(own) + 1
        assert self.path is not None
        path = self.path[:frames, :states, i] + self.path[frames - 1 :: -1, states - 1 :: -1, n + i]
        dead = np.isneginf(path)
        path[:, 0::2] -= self.of_blank[:frames, np.newaxis, i]
        path[:, 1::2] -= self.of_label[:frames, : len(own), i]
        path[dead] = -np.inf  # also where the label itself has the probability 0
        np.exp(path - path.max(axis=1, keepdims=True), out=path)
        path /= path.sum(axis=1, keepdims=True)
        x = self.logits[i, :frames].astype(self.dtype, copy=False)
        p = np.exp(x - x.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        occupied = np.zeros_like(p)
        occupied[:, self.blank] = path[:, 0::2].sum(axis=1)
        if len(own):
            order = np.argsort(own, kind="stable")
            ids, begins = np.unique(own[order], return_index=True)
            occupied[:, ids] = np.add.reduceat(path[:, 1::2][:, order], begins, axis=1)
        return Aligned(slice(0, frames), p, occupied)


def _log_softmax(x: FloatArray, classes: Array) -> FloatArray:
    """Return log-probabilities of some classes of each row."""
    x = x - x.max(axis=1, keepdims=True)
    log_sums = np.log(np.exp(x).sum(axis=1, keepdims=True))
    found: FloatArray = x[:, classes] - log_sums
    return found


def _walk(
    of_blank: FloatArray, of_label: FloatArray, jumps: FloatArray, last: Array, path: FloatArray | None
) -> tuple[FloatArray, FloatArray]:
    """Return the logarithms of how probable the states are in each sequence's last frame, up to a sum that is returned.

    A state is reached from itself, from the one before, and, where `jumps` is 0, from that before it. Each frame's
    numbers are kept relative to the largest; those of all frames are written to `path`, if it is given.
    """
    lowest = np.finfo(of_blank.dtype).min
    state = np.full((jumps.shape[0] + 2, jumps.shape[1]), -np.inf, of_blank.dtype)
    state[1] = 0
    here, before, further = state[2:], state[1:-1], state[:-2]
    ends, levels = np.full_like(here, -np.inf), np.zeros_like(of_blank)
    top, total, part = (np.empty_like(here) for _ in range(3))
    for t in range(len(of_blank)):
        np.add(further, jumps, out=part)
        np.maximum(here, before, out=top)
        np.maximum(top, part, out=top)
        np.maximum(top, lowest, out=top)
        part -= top
        np.exp(part, out=part)
        for source in (before, here):
            np.subtract(source, top, out=total)
            np.exp(total, out=total)
            part += total
        np.log(part, out=part)
        part += top
        part[0::2] += of_blank[t]
        part[1::2] += of_label[t]
        np.maximum(part.max(axis=0), lowest, out=levels[t])
        state[1] = -np.inf
        np.subtract(part, levels[t], out=here)
        if path is not None:
            path[t] = here
        ended = np.flatnonzero(last == t)
        if len(ended):
            ends[:, ended] = here[:, ended]
    counted = np.where(np.arange(len(of_blank))[:, np.newaxis] <= last, levels, 0)
    return ends, np.ascontiguousarray(counted.T).sum(axis=1)

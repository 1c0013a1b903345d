"""All the ways in which a sequence of labels can be spread over frames: their probability, and where each label lies.

States are a blank, the first label, a blank, … and a last blank, so that state 2j + 1 is label j. They lie along the
first axis and sequences along the last one, so that a step from frame to frame is a few operations on whole arrays.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from losses._types import Array, FloatArray

_GROUP = 1 << 14
"""So many numbers of one kind are held at a time for some sequences, besides the tables of all of them."""


class Aligned(NamedTuple):
    """Of some sequences and frames: which of them count, softmax probabilities p, and how probably a class is there."""

    place: tuple[slice, slice]
    counted: Array
    p: FloatArray
    occupied: FloatArray


class Alignments:
    """The alignments of a batch of sequences (Graves et al. 2006, section 4.1), in logarithms.

    Parameters
    ----------
    labels
        Class ids, of shape (n, labels), any of them beyond the end.
    logits
        Of shape (n, frames, classes).
    input_lengths, label_lengths
        How many frames and labels each sequence has.
    blank
        The class of no label.
    both_ways
        Whether it is asked where labels lie, and not only for the probability: then the sequences are walked in reverse
        as well, as if they were further ones.
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
        self.frames, self.lengths, self.blank = input_lengths, label_lengths, blank
        self.most, count = int(input_lengths.max(initial=0)), int(label_lengths.max(initial=0))
        self.labels, self.logits = labels[:, :count], logits
        self.dtype = np.result_type(logits.dtype, np.float64)
        rows = len(labels) * (1 + both_ways)
        self.of_blank = np.zeros((self.most, rows), self.dtype)
        self.of_label = np.full((self.most, count, rows), -np.inf, self.dtype)
        for group in self._groups():
            self._enter(group, both_ways)
        states = 2 * count + 1
        self.path = np.empty((self.most, states, rows), self.dtype) if both_ways else None
        last = np.tile(input_lengths, 1 + both_ways) - 1
        ends, level = _walk(self.of_blank, self.of_label, self._jumps(both_ways), last, self.path)
        self.log_likelihood = self._log_likelihood(ends, level)

    def _groups(self) -> list[slice]:
        """Return the sequences that are entered, and evaluated, at a time."""
        width = max(self.logits.shape[2], 2 * self.labels.shape[1] + 1) * max(self.most, 1)
        step, n = max(1, _GROUP // width), len(self.labels)
        return [slice(start, min(start + step, n)) for start in range(0, n, step)]

    def _enter(self, group: slice, both_ways: bool) -> None:
        """Write the log-probabilities of some sequences' labels in the tables, and those in reverse."""
        x = self.logits[group, : self.most].astype(self.dtype, copy=False)
        x = x - x.max(axis=2, keepdims=True)
        log_sums = np.log(np.exp(x).sum(axis=2))
        frames, frame, label = self._places(group)
        inside = np.arange(self.most)[:, np.newaxis] < frames
        known = inside[:, np.newaxis] & (label >= 0)
        self.of_blank[:, group] = np.where(inside, (x[:, :, self.blank] - log_sums).T, 0)
        of_labels = np.take_along_axis(x, self.labels[group, np.newaxis], axis=2) - log_sums[:, :, np.newaxis]
        self.of_label[:, :, group] = np.where(known, of_labels.transpose(1, 2, 0), -np.inf)
        if both_ways:
            mirrored, each = (
                slice(group.start + len(self.labels), group.stop + len(self.labels)),
                np.arange(len(frames)),
            )
            self.of_blank[:, mirrored] = np.where(inside, self.of_blank[frame, group.start + each], 0)
            reverse = self.of_label[frame[:, np.newaxis], np.maximum(label, 0), group.start + each]
            self.of_label[:, :, mirrored] = np.where(known, reverse, -np.inf)

    def _places(self, group: slice) -> tuple[Array, Array, Array]:
        """Return how many frames sequences have, and by frame and by label which one it is in reverse.

        Labels beyond the end get negative numbers.
        """
        frames, count = self.frames[group], self.labels.shape[1]
        frame = np.maximum(frames - 1 - np.arange(self.most)[:, np.newaxis], 0)
        return frames, frame, self.lengths[group] - 1 - np.arange(count)[:, np.newaxis]

    def _jumps(self, both_ways: bool) -> FloatArray:
        """Return by state 0 where it may be reached from the label before, and −inf elsewhere."""
        position = np.arange(self.labels.shape[1])
        labels = np.where(position < self.lengths[:, np.newaxis], self.labels, -1)
        if both_ways:
            reverse = self.lengths[:, np.newaxis] - 1 - position
            mirrored = np.where(reverse >= 0, np.take_along_axis(labels, np.maximum(reverse, 0), axis=1), -1)
            labels = np.concatenate([labels, mirrored])
        jumps = np.full((2 * len(position) + 1, len(labels)), -np.inf, self.dtype)
        jumps[1:2] = 0  # at the start
        jumps[3::2] = np.where(labels[:, 1:] != labels[:, :-1], 0, -np.inf).T
        return jumps

    def _log_likelihood(self, ends: FloatArray, level: FloatArray) -> FloatArray:
        """Return the logarithm of the probability of each sequence's labels."""
        row, each = 2 * self.lengths, np.arange(len(self.lengths))
        by_blank = ends[row, each]
        by_label = np.where(self.lengths > 0, ends[np.maximum(row - 1, 0), each], -np.inf)
        top = np.maximum(np.maximum(by_blank, by_label), np.finfo(self.dtype).min)
        total = np.log(np.exp(by_blank - top) + np.exp(by_label - top)) + top + level[: len(each)]
        of_nothing = np.where(self.lengths == 0, 0, -np.inf)
        log: FloatArray = np.where(self.frames == 0, of_nothing, total)
        return log

    def aligned(self) -> Iterator[Aligned]:
        """Yield where labels lie, of some sequences at a time."""
        for group in self._groups() if self.most else ():
            frames, frame, _ = self._places(group)
            counted = (np.arange(self.most) < frames[:, np.newaxis]) & (
                self.log_likelihood[group, np.newaxis] != -np.inf
            )
            x = self.logits[group, : self.most].astype(self.dtype, copy=False)
            p = np.exp(x - x.max(axis=2, keepdims=True))
            p /= p.sum(axis=2, keepdims=True)
            place = (group, slice(0, self.most))
            yield Aligned(place, counted, p, self._occupied(group, frame, counted))

    def _occupied(self, group: slice, frame: Array, counted: Array) -> FloatArray:
        """Return how probably each class is the one in a frame of some sequences."""
        assert self.path is not None
        each = np.arange(group.start, group.stop)
        state = 2 * self.lengths[group] - np.arange(self.path.shape[1])[:, np.newaxis]
        share = self.path[:, :, group] + self.path[frame[:, np.newaxis], np.maximum(state, 0), each + len(self.labels)]
        dead = np.isneginf(share) | (state < 0) | ~counted.T[:, np.newaxis]
        share[:, 0::2] -= self.of_blank[:, np.newaxis, group]
        share[:, 1::2] -= self.of_label[:, :, group]
        share[dead] = -np.inf  # also where the label itself has the probability 0
        share -= np.maximum(share.max(axis=1, keepdims=True), np.finfo(self.dtype).min)
        np.exp(share, out=share)
        total = share.sum(axis=1, keepdims=True)
        share /= np.where(total == 0, 1, total)
        classes = self.logits.shape[2]
        occupied = np.zeros((len(each), self.most, classes), self.dtype)
        occupied[:, :, self.blank] = share[:, 0::2].sum(axis=1).T
        frame_of = np.arange(len(each) * self.most).reshape(len(each), self.most, 1) * classes
        place = (frame_of + self.labels[group, np.newaxis]).reshape(-1)
        of_labels = share[:, 1::2].transpose(2, 0, 1).reshape(-1)
        if self.dtype == np.float64:
            return occupied + np.bincount(place, of_labels, occupied.size).reshape(occupied.shape)
        np.add.at(occupied.reshape(-1), place, of_labels)
        return occupied


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

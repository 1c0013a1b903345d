"""Predicting the next character
=============================

Train two models of English text to predict the next character, and compare their perplexity.

The text is Python's own manual, as it comes with CPython (`pydoc_data.topics`), a paragraph a sequence. A bigram table
is trained by gradient descent: its best possible perplexity is known exactly, by counting. A small network that sees
the last characters must then do better on paragraphs that neither has seen. The network's backpropagation is written
out by hand, and starts from what ``loss.grad`` returns. `LinearCrossEntropy` is its last layer and its loss in one.

Run it with ``python docs/examples/next_token.py``; it takes some 10 seconds.
"""

import os
import re
import sys
from collections import Counter
from pydoc_data import topics

# Two threads only wait for each other over matrices this small: on a busy machine that took twenty times as long.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from losses import CategoricalCrossEntropy, LinearCrossEntropy, perplexity

PADDING = -1
LOSS = CategoricalCrossEntropy(from_logits=True, ignore_index=PADDING)
LAST_LAYER = LinearCrossEntropy(ignore_index=PADDING)
BATCH = 4  # paragraphs
LONGEST = 400  # characters of a paragraph; the rest is another one
CONTEXT, WIDTH, HIDDEN = 8, 12, 96  # characters that the network sees, and the sizes of its layers
RARE = 20  # a character that occurs less often is replaced by the first one below
UNKNOWN, BOUNDARY = "\N{REPLACEMENT CHARACTER}", "\n"  # the second stands before and after each paragraph


def paragraphs():
    """Return the manual's paragraphs, each once: many stand under several topics."""
    texts = (" ".join(text.split()) for topic in topics.topics.values() for text in re.split(r"\n\s*\n", topic))
    pieces = (text[i : i + LONGEST] for text in texts for i in range(0, len(text), LONGEST))
    return list(dict.fromkeys(piece for piece in pieces if len(piece) > 20))


def batches(sequences, rng):
    """Yield inputs and targets of shape (batch, time), of sequences of similar length; what is missing is padding."""
    order = sorted(rng.permutation(len(sequences)), key=lambda i: len(sequences[i]) // 32)
    parts = [order[i : i + BATCH] for i in range(0, len(order), BATCH)]
    for k in rng.permutation(len(parts)):
        longest = max(len(sequences[i]) for i in parts[k])
        tokens = np.full((len(parts[k]), longest), PADDING)
        for row, i in zip(tokens, parts[k], strict=True):
            row[: len(sequences[i])] = sequences[i]
        x, y = tokens[:, :-1], tokens[:, 1:]
        yield np.where(x == PADDING, 0, x), y  # what is predicted from padding is left out by the loss, or counts for 0


class Adam:
    """Gradient descent with a step size for each parameter (Kingma and Ba 2015, algorithm 1)."""

    def __init__(self, parameters):
        self.parameters = parameters
        self.mean = [np.zeros_like(p) for p in parameters]
        self.square = [np.zeros_like(p) for p in parameters]
        self.steps = 0

    def step(self, gradients, rate):
        self.steps += 1
        for p, g, m, v in zip(self.parameters, gradients, self.mean, self.square, strict=True):
            m += 0.1 * (g - m)
            v += 0.01 * (g * g - v)
            p -= rate * (m / (1 - 0.9**self.steps)) / (np.sqrt(v / (1 - 0.99**self.steps)) + 1e-8)


class Bigram:
    """A table: the logits of the next character are the row of the last one."""

    def __init__(self, size):
        self.table = np.zeros((size, size))

    def logits(self, x):
        return self.table[x]

    def train(self, sequences, steps=300):
        """Descend the gradient over all the text at once: a pair of characters is one sample, its count the weight."""
        pairs = np.concatenate([np.column_stack([sequence[:-1], sequence[1:]]) for sequence in sequences])
        (x, y), counts = (array.T for array in np.unique(pairs, axis=0, return_counts=True))
        optimizer = Adam([self.table])
        for step in range(steps):
            value, slope = LOSS.value_and_grad(y, self.logits(x), sample_weight=counts)
            by_table = np.zeros_like(self.table)
            np.add.at(by_table, x, slope)
            optimizer.step([by_table], rate=0.3 * (1 - step / steps))
            if step % 20 == 0:
                show(f"bigram table: step {step} of {steps}, perplexity {perplexity(value):6.2f}")
        return self


class Network:
    """The last characters are embedded, and go through one hidden layer: logits = tanh(e A + a) Bᵀ + b."""

    def __init__(self, size, rng):
        def normal(rows, columns):
            return (rng.standard_normal((rows, columns)) / np.sqrt(rows)).astype(np.float32)

        self.embedding = rng.standard_normal((size, WIDTH)).astype(np.float32)
        self.A, self.a = normal(CONTEXT * WIDTH, HIDDEN), np.zeros(HIDDEN, np.float32)
        self.B, self.b = np.ascontiguousarray(normal(HIDDEN, size).T), np.zeros(size, np.float32)

    def logits(self, x):
        return self.hidden(x) @ self.B.T + self.b

    def hidden(self, x):
        """Return what the last layer sees, and remember what the gradients need."""
        before = np.pad(x, ((0, 0), (CONTEXT - 1, 0)))  # character 0 stands before the first
        self.seen = np.lib.stride_tricks.sliding_window_view(before, CONTEXT, axis=1).reshape(-1, CONTEXT)
        self.e = self.embedding[self.seen].reshape(len(self.seen), -1)
        self.h = np.tanh(self.e @ self.A + self.a)
        return self.h.reshape(*x.shape, -1)

    def gradients(self, slope, by_B, by_b):
        """Return the gradient of the loss by each parameter, given those of the last layer: the chain rule."""
        by_hidden = slope.reshape(self.h.shape) * (1 - self.h**2)  # through tanh
        by_A, by_a = self.e.T @ by_hidden, by_hidden.sum(axis=0)
        by_embedding = np.zeros_like(self.embedding)
        np.add.at(by_embedding, self.seen.reshape(-1), (by_hidden @ self.A.T).reshape(-1, WIDTH))
        return [by_embedding, by_A, by_a, by_B, by_b]

    def train(self, sequences, rng, epochs=4):
        """Predict, compare, propagate back, descend; batch after batch."""
        optimizer = Adam([self.embedding, self.A, self.a, self.B, self.b])
        steps = epochs * -(-len(sequences) // BATCH)
        for epoch in range(epochs):
            for x, y in batches(sequences, rng):
                value, slopes = LAST_LAYER.value_and_grad(y, self.hidden(x), self.B, bias=self.b)
                optimizer.step(self.gradients(*slopes), rate=0.01 * (1 - optimizer.steps / steps))
                if optimizer.steps % 20 == 0:
                    show(f"network: epoch {epoch + 1} of {epochs}, perplexity of a batch {perplexity(value):6.2f}")
        return self


def show(progress):
    if sys.stderr.isatty():
        print(f"\r{progress}", end="", file=sys.stderr, flush=True)


def evaluate(model, sequences, rng):
    """Return the perplexity over all the characters of all the sequences."""
    total = CategoricalCrossEntropy(from_logits=True, ignore_index=PADDING, reduction="sum")
    nats = sum(total(y, model.logits(x)) for x, y in batches(sequences, rng))
    return perplexity(nats / sum(len(sequence) - 1 for sequence in sequences))


def counted_optimum(sequences, size):
    """Return the least perplexity that any bigram table can have on these sequences: that of the frequencies."""
    counts = np.zeros((size, size))
    for sequence in sequences:
        np.add.at(counts, (sequence[:-1], sequence[1:]), 1)
    rows = counts.sum(axis=1, keepdims=True)
    nats = -np.sum(counts * np.log(np.where(counts > 0, counts, 1) / np.where(rows > 0, rows, 1)))
    return perplexity(nats / counts.sum())


def sample(model, alphabet, length, rng):
    """Return text that the model writes, a character at a time."""
    text, paragraph = "", [0]
    while len(text) < length:
        logits = model.logits(np.array([paragraph[-CONTEXT:]]))[0, -1].astype(np.float64)
        p = np.exp(logits - logits.max())
        token = int(rng.choice(len(p), p=p / p.sum()))
        text += alphabet[token]
        paragraph = [*paragraph, token] if token else [0]
    return text


def main():
    rng = np.random.default_rng(0)
    texts = paragraphs()
    common = [c for c, count in Counter("".join(texts)).most_common() if count >= RARE]
    alphabet = [BOUNDARY, UNKNOWN, *common]
    number = {c: i for i, c in enumerate(alphabet)}
    sequences = [np.array([0, *(number.get(c, 1) for c in text), 0]) for text in texts]
    held_out = set(rng.choice(len(sequences), len(sequences) // 10, replace=False).tolist())
    known = [sequence for i, sequence in enumerate(sequences) if i not in held_out]
    unseen = [sequence for i, sequence in enumerate(sequences) if i in held_out]
    size = len(alphabet)
    padding = np.mean(np.concatenate([y.ravel() for _, y in batches(known, rng)]) == PADDING)
    print(
        f"{sum(map(len, known))} characters in {len(known)} paragraphs, {len(unseen)} more held out; "
        f"{size} different ones; {padding:.0%} of the targets in a batch are padding.\n"
    )
    bigram = Bigram(size).train(known)
    network = Network(size, rng).train(known, rng)
    if sys.stderr.isatty():
        print(file=sys.stderr)
    print(f"{'perplexity per character':32s}{'trained on':>12s}{'held out':>10s}")
    print(f"{'every character equally likely':32s}{size:12.3f}{size:10.3f}")
    print(f"{'bigrams, counted':32s}{counted_optimum(known, size):12.3f}")
    print(f"{'bigrams, gradient descent':32s}{evaluate(bigram, known, rng):12.3f}{evaluate(bigram, unseen, rng):10.3f}")
    print(f"{'network':32s}{evaluate(network, known, rng):12.3f}{evaluate(network, unseen, rng):10.3f}")
    print("\nThe bigram table writes:\n" + sample(bigram, alphabet, 200, rng))
    print("\nThe network writes:\n" + sample(network, alphabet, 400, rng))


if __name__ == "__main__":
    main()

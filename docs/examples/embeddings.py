"""Two encoders that find what belongs together
============================================

Which right half belongs to which left half? Two linear encoders trained with InfoNCE on images of digits.

scikit-learn carries 1797 images of handwritten digits, of 8 × 8 pixels. Each is cut in two: one encoder sees the left
halves, another the right ones, and both map what they see to vectors of 16 numbers. They are trained so that the halves
of one image point in the same direction, and those of different images don't: no label is used. Then each left half of
a held-out image looks for its right half among all of theirs. The gradients of the two encoders follow by the chain
rule from the pair that ``loss.grad`` returns.

Run it with ``python docs/examples/embeddings.py [PICTURE.png]``; it takes some seconds. It needs scikit-learn:
``python -m pip install ".[examples]"``. With Matplotlib it draws what was found.
"""

import os
import sys

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # threads only wait for each other over matrices this small

import numpy as np

from losses import InfoNCE

LOSS = InfoNCE(temperature=0.1, symmetric=True)
WIDTH, BATCH, EPOCHS, RATE = 16, 256, 60, 0.01


def read_halves():
    """Return the left and the right halves of all the images, and what is held out."""
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        sys.exit('This example needs the data that scikit-learn carries: python -m pip install ".[examples]"')
    images = load_digits().images / 16
    halves = [images[:, :, :4].reshape(len(images), -1), images[:, :, 4:].reshape(len(images), -1)]
    held_out = np.random.default_rng(0).permutation(len(images)) < 400
    return halves, held_out


class Encoder:
    """A linear map of centred pixels, trained by Adam (Kingma and Ba 2015, algorithm 1)."""

    def __init__(self, pixels, rng):
        self.center = pixels.mean(axis=0)
        self.matrix = rng.standard_normal((pixels.shape[1], WIDTH)) / np.sqrt(pixels.shape[1])
        self.mean, self.square, self.steps = np.zeros_like(self.matrix), np.zeros_like(self.matrix), 0

    def __call__(self, pixels):
        return (pixels - self.center) @ self.matrix

    def step(self, pixels, slope):
        """Descend, given the gradient of the loss with respect to the embeddings of some pixels."""
        gradient = (pixels - self.center).T @ slope
        self.steps += 1
        self.mean += 0.1 * (gradient - self.mean)
        self.square += 0.01 * (gradient**2 - self.square)
        mean, square = self.mean / (1 - 0.9**self.steps), self.square / (1 - 0.99**self.steps)
        self.matrix -= RATE * mean / (np.sqrt(square) + 1e-8)


def train(halves, rng):
    """Return an encoder for each side."""
    encoders = [Encoder(side, rng) for side in halves]
    for epoch in range(EPOCHS):
        order = rng.permutation(len(halves[0]))
        for start in range(0, len(order), BATCH):
            batch = [side[order[start : start + BATCH]] for side in halves]
            value, slopes = LOSS.value_and_grad(*(e(side) for e, side in zip(encoders, batch, strict=True)))
            for encoder, side, slope in zip(encoders, batch, slopes, strict=True):
                encoder.step(side, slope)
        if sys.stderr.isatty():
            print(f"\repoch {epoch + 1} of {EPOCHS}, loss {value:.3f}", end="", file=sys.stderr, flush=True)
    if sys.stderr.isatty():
        print(file=sys.stderr)
    return encoders


def found(encoders, halves):
    """Return for each left half the right halves in the order in which they resemble it."""
    left, right = (encoder(side) for encoder, side in zip(encoders, halves, strict=True))
    left, right = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True) for vectors in (left, right))
    return np.argsort(-left @ right.T, axis=1)


def show(halves, ranked, path):
    """Draw some left halves, each with its own right half and the three that were found first."""
    try:
        from matplotlib import pyplot
    except ImportError:
        print('No picture is drawn without Matplotlib, which comes with: pip install "losses[plot]"')
        return
    left, right = (side.reshape(-1, 8, 4) for side in halves)
    figure, axes = pyplot.subplots(4, 8, figsize=(8, 4.4), layout="constrained")
    for column, i in enumerate(range(0, 400, 50)):
        choices = [i, *ranked[i, :3]]
        for row, (axis, j) in enumerate(zip(axes[:, column], choices, strict=True)):
            axis.imshow(np.hstack([left[i], right[j]]), cmap="gray_r")
            axis.set(xticks=[], yticks=[])
            if column == 0:
                axis.set_ylabel("the image" if row == 0 else f"found {row}.")
            if row and j == i:
                for side in axis.spines.values():
                    side.set(color="tab:green", linewidth=3)
    figure.suptitle("Left halves with the right halves found for them; framed: its own")
    figure.savefig(path, dpi=120)
    print(f"Some halves are drawn in {path}.")


def main():
    halves, held_out = read_halves()
    known, unseen = ([side[mask] for side in halves] for mask in (~held_out, held_out))
    rng = np.random.default_rng(1)
    untrained = found([Encoder(side, rng) for side in known], unseen)
    ranked = found(train(known, rng), unseen)
    n = len(ranked)
    print(f"{len(known[0])} images to learn from, {n} held out. A left half finds its right half among {n}:\n")
    print(f"{'':12s}{'first':>8s}{'in the first 10':>17s}")
    print(f"{'chance':12s}{1 / n:8.2%}{10 / n:17.2%}")
    for name, order in (("untrained", untrained), ("trained", ranked)):
        own = np.argmax(order == np.arange(n)[:, np.newaxis], axis=1)
        print(f"{name:12s}{np.mean(own == 0):8.2%}{np.mean(own < 10):17.2%}")
    print()
    if len(sys.argv) > 1:
        show(unseen, ranked, sys.argv[1])


if __name__ == "__main__":
    main()

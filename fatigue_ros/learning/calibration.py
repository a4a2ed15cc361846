"""Whether a probability means what it says, and what makes it so.

A network trained on few pictures is too sure of itself. One number mends most of that (Guo et al.
2017, "On Calibration of Modern Neural Networks"): all logits are divided by a temperature, found on
the validation part. Which class is the likeliest does not change.
"""

import numpy as np
import numpy.typing as npt

from fatigue_ros.learning.splits import Indices

Floats = npt.NDArray[np.float64]
COLDEST, HOTTEST = 0.05, 20.0
"""[1] Temperatures beyond mean nothing: all was told wrong, or next to nothing was there."""
BINS = 15
"""[1] Of confidence, as in the paper."""


def softmax(logits: Floats, temperature: float = 1.0) -> Floats:
    """Probabilities, shape (N, C), of logits of the same shape."""
    scaled = logits / temperature
    grown = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return np.asarray(grown / grown.sum(axis=1, keepdims=True), np.float64)


def fit_temperature(labels: Indices, logits: Floats) -> float:
    """The temperature at which the labels are least surprising (negative log likelihood).

    That is convex in its inverse, so its slope is halved until it is nought; the temperature
    stays between COLDEST and HOTTEST. Labels are taken as sure by 1 - 1 / (N + 2) only (Platt 1999,
    after Laplace): of a few pictures all told right nobody is sure that the next one will be.

    Args:
        labels: shape (N,).
        logits: shape (N, C).
    """
    doubt = 1.0 / (len(labels) + 2.0)
    true = (1.0 - doubt) * logits[np.arange(len(labels)), labels] + doubt * logits.mean(axis=1)
    low, high = 1.0 / HOTTEST, 1.0 / COLDEST
    for _ in range(60):
        middle = float(np.sqrt(low * high))
        expected = (softmax(logits, 1.0 / middle) * logits).sum(axis=1)
        if (expected - true).mean() > 0.0:
            high = middle
        else:
            low = middle
    return 1.0 / float(np.sqrt(low * high))


def log_loss(labels: Indices, probabilities: Floats) -> float:
    """Mean negative log likelihood of the labels."""
    true = probabilities[np.arange(len(labels)), labels]
    return float(-np.log(np.maximum(true, np.finfo(float).tiny)).mean())


def reliability(labels: Indices, probabilities: Floats) -> Floats:
    """How often a network is right when it is so sure.

    Returns:
        Shape (K, 3), a row for each bin of confidence with a picture in it: mean confidence, share
        told right, share of all pictures.
    """
    sure = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == labels
    bins = np.minimum((sure * BINS).astype(int), BINS - 1)
    rows = [
        (sure[bins == index].mean(), right[bins == index].mean(), (bins == index).mean())
        for index in range(BINS)
        if (bins == index).any()
    ]
    return np.array(rows, np.float64).reshape(-1, 3)

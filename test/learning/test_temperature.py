"""Probabilities that mean what they say, on made-up logits whose truth is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fatigue_ros.learning.calibration import (
    COLDEST,
    HOTTEST,
    fit_temperature,
    log_loss,
    reliability,
    softmax,
)


def drawn(count: int, heat: float, classes: int = 3) -> tuple[Any, Any]:
    """Labels that follow logits, and those logits made ``heat`` times too sure."""
    generator = np.random.default_rng(4)
    logits = generator.normal(0.0, 2.0, (count, classes))
    shares = softmax(logits).cumsum(axis=1)
    labels = (generator.random((count, 1)) > shares).sum(axis=1).clip(0, classes - 1)
    return labels.astype(np.int64), logits * heat


@pytest.mark.parametrize("heat", [0.5, 1.0, 3.0])
def test_the_temperature_undoes_what_made_the_logits_too_sure(heat: float) -> None:
    labels, logits = drawn(20_000, heat)
    assert fit_temperature(labels, logits) == pytest.approx(heat, rel=0.05)


def test_no_other_temperature_surprises_less() -> None:
    labels, logits = drawn(20_000, 2.0)
    best = fit_temperature(labels, logits)
    least = log_loss(labels, softmax(logits, best))
    for other in (0.9 * best, 0.98 * best, 1.02 * best, 1.1 * best):
        assert log_loss(labels, softmax(logits, other)) > least


@pytest.mark.parametrize(("count", "sure"), [(1, 1.0 - 1.0 / 6.0), (18, 1.0 - 1.0 / 40.0)])
def test_few_pictures_all_told_right_prove_little(count: int, sure: float) -> None:
    """Two classes: 1 - doubt / 2, with doubt 1 / (N + 2)."""
    labels, logits = np.zeros(count, np.int64), np.tile([20.0, 0.0], (count, 1))
    assert softmax(logits, fit_temperature(labels, logits))[0, 0] == pytest.approx(sure, abs=1e-6)


@pytest.mark.parametrize(("said", "temperature"), [(0.01, COLDEST), (-5.0, HOTTEST)])
def test_temperatures_have_bounds(said: float, temperature: float) -> None:
    labels, logits = np.zeros(500, np.int64), np.tile([said, 0.0], (500, 1))
    assert fit_temperature(labels, logits) == pytest.approx(temperature, rel=1e-3)


def test_likeliest_classes_stay_and_shares_sum_to_one() -> None:
    _, logits = drawn(50, 300.0)
    cold, hot = softmax(logits, 0.1), softmax(logits, 10.0)
    assert np.array_equal(cold.argmax(axis=1), hot.argmax(axis=1))
    assert cold.sum(axis=1) == pytest.approx(np.ones(50))
    assert np.isfinite(cold).all()


def test_reliability_by_hand() -> None:
    said = np.array([[0.85, 0.15], [0.86, 0.14], [0.3, 0.7], [1.0, 0.0]])
    rows = reliability(np.array([0, 1, 1, 0]), said)
    assert rows == pytest.approx(np.array([[0.7, 1.0, 0.25], [0.855, 0.5, 0.5], [1.0, 1.0, 0.25]]))
    assert log_loss(np.array([0, 1]), np.array([[0.5, 0.5], [0.0, 1.0]])) == pytest.approx(
        np.log(2.0) / 2.0
    )

"""What face and eyes say together, and that nobody is called awake unseen."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from fatigue_ros.models.face_parts import verdict
from fatigue_ros.models.haar import FacePart

CLASSES = ("closed", "no_yawn", "open", "yawn")


def row(**shares: float) -> npt.NDArray[np.float32]:
    return np.array([shares.get(name, 0.0) for name in CLASSES], np.float32)


NO_YAWN = row(no_yawn=0.8, yawn=0.2)
YAWN = row(no_yawn=0.1, yawn=0.9)
OPEN = row(open=0.9, closed=0.1)
CLOSED = row(open=0.2, closed=0.8)


@pytest.mark.parametrize(
    ("parts", "drowsy"),
    [
        ({FacePart.FACE: NO_YAWN, FacePart.RIGHT_EYE: OPEN, FacePart.LEFT_EYE: OPEN}, False),
        ({FacePart.FACE: NO_YAWN, FacePart.LEFT_EYE: OPEN}, False),
        ({FacePart.FACE: YAWN, FacePart.RIGHT_EYE: OPEN, FacePart.LEFT_EYE: OPEN}, True),
        ({FacePart.FACE: NO_YAWN, FacePart.RIGHT_EYE: CLOSED, FacePart.LEFT_EYE: CLOSED}, True),
        ({FacePart.FACE: YAWN}, True),
        ({FacePart.RIGHT_EYE: CLOSED}, True),
        (
            {FacePart.FACE: NO_YAWN},
            None,
        ),  # the eyes were not found, perhaps because they are closed
        ({FacePart.RIGHT_EYE: OPEN, FacePart.LEFT_EYE: OPEN}, None),
        ({}, None),
    ],
)
def test_drowsy_awake_or_unknown(
    parts: dict[FacePart, npt.NDArray[np.float32]], drowsy: bool | None
) -> None:
    assert verdict(CLASSES, parts).drowsy is drowsy


def test_probabilities_are_those_of_each_kind_and_the_mean_of_both_eyes() -> None:
    found = verdict(
        CLASSES,
        {
            FacePart.FACE: NO_YAWN,
            FacePart.RIGHT_EYE: OPEN,
            FacePart.LEFT_EYE: row(open=0.3, closed=0.5),
        },
    )
    expected = row(no_yawn=0.8, yawn=0.2, open=(0.9 + 0.375) / 2, closed=(0.1 + 0.625) / 2)
    assert found.probabilities == pytest.approx(expected, abs=1e-6)


def test_what_was_not_judged_has_no_probability() -> None:
    found = verdict(CLASSES, {FacePart.FACE: YAWN}).probabilities
    assert np.isnan(found).tolist() == [True, False, True, False]


def test_a_crop_that_looks_like_another_part_is_a_false_find() -> None:
    collar = row(no_yawn=0.7, closed=0.3)
    assert verdict(CLASSES, {FacePart.FACE: NO_YAWN, FacePart.LEFT_EYE: collar}).drowsy is None


def test_the_order_of_the_classes_is_the_networks() -> None:
    turned = CLASSES[::-1]
    parts = {FacePart.FACE: YAWN[::-1], FacePart.RIGHT_EYE: OPEN[::-1]}
    assert verdict(turned, parts).probabilities[turned.index("yawn")] == pytest.approx(0.9)

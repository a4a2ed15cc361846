from __future__ import annotations

import dataclasses
import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fatigue_ros.face import Face
from fatigue_ros.vision.drawing import (
    ALARM,
    CAUTION,
    GOOD,
    POINT,
    Annotation,
    Bar,
    annotate,
)
from fatigue_ros.vision.head_pose import FACE_MODEL

GROUND = 90


def blank(width: int = 640, height: int = 480) -> npt.NDArray[np.uint8]:
    return np.full((height, width, 3), GROUND, np.uint8)


def face(yaw: float = math.nan, pitch: float = math.nan, roll: float = math.nan) -> Face:
    points = (FACE_MODEL[:, :2] * 1.5 + (250, 200)).astype(np.float32)
    return Face(stamp=1.0, points=points, yaw=yaw, pitch=pitch, roll=roll)


def amount(picture: npt.NDArray[np.uint8], colour: tuple[int, int, int]) -> int:
    return int((picture == np.array(colour)).all(axis=2).sum())


def test_the_picture_itself_is_left_alone() -> None:
    picture = blank()
    drawn = annotate(picture, Annotation(face=face(), headline="x", notes=("y",)), 640)
    assert (picture == GROUND).all()
    assert (drawn != GROUND).any()


def test_points_are_where_the_face_is_at_any_size() -> None:
    for width, scale in ((640, 1.0), (320, 0.5)):
        drawn = annotate(blank(), Annotation(face=face()), width)
        assert drawn.shape == (480 * width // 640, width, 3)
        for x, y in face().points[[8, 30, 36, 45, 57]] * scale:  # type: ignore[index]
            np.testing.assert_array_equal(drawn[round(y), round(x)], POINT)


@pytest.mark.parametrize(("severity", "colour"), [(0, GOOD), (1, CAUTION), (2, ALARM)])
def test_the_box_has_the_colour_of_the_warning(severity: int, colour: tuple[int, int, int]) -> None:
    drawn = annotate(blank(), Annotation(face=face(), severity=severity), 640)
    assert amount(drawn, colour) > 500


def test_warnings_differ_in_colour_by_cause_and_by_sound() -> None:
    """The strip over a light picture, where no letters are."""
    grounds = set()
    for severity in (1, 2):
        for cause in ("fatigue_level", "eyes_closed", "cannot_see_driver", "system_fault"):
            warned = Annotation(warning="!", severity=severity, cause=cause)
            grounds.add(tuple(annotate(blank(), warned, 640)[2, -2]))
    assert len(grounds) == 4 + 1  # what sounds is red, and says what it is


def test_the_gaze_goes_where_the_eyes_look_and_is_gone_behind_shut_lids() -> None:
    plain = face(yaw=0.0, pitch=0.0, roll=0.0)
    pupils = plain.points[[37, 44]]  # type: ignore[index]
    off = {}
    for name, yaw, pitch in (("left", 0.5, 0.0), ("down", 0.0, 0.5), ("unknown", math.nan, 0.0)):
        looking = dataclasses.replace(plain, pupils=pupils, gaze_yaw=yaw, gaze_pitch=pitch)
        drawn = annotate(blank(), Annotation(face=looking), 320)
        rows, columns = np.nonzero((drawn != annotate(blank(), Annotation(face=plain), 320)).any(2))
        off[name] = (columns - pupils[:, 0].mean() / 2).mean() if rows.size else math.nan
        if name == "down":
            assert (rows - pupils[:, 1].mean() / 2).mean() > 5
    assert off["left"] > 5  # right in the image
    assert abs(off["down"]) < 2
    assert math.isnan(off["unknown"])


def test_the_nose_axis_goes_where_the_head_turns() -> None:
    middle = round(float(face().points[30, 0]))  # type: ignore[index]
    blue = {}
    for yaw in (-0.5, 0.5):
        drawn = annotate(blank(), Annotation(face=face(yaw=yaw, pitch=0.0, roll=0.0)), 640)
        columns = np.nonzero((drawn == (230, 140, 40)).all(axis=2))[1]
        blue[yaw] = columns.mean() - middle
    assert blue[0.5] > 10  # to the own left is right in the image
    assert blue[-0.5] < -10
    unknown = annotate(blank(), Annotation(face=face()), 640)
    assert amount(unknown, (230, 140, 40)) == 0


def test_bars_grow_with_the_value_and_stay_empty_without() -> None:
    def filled(value: float, alarming: bool = False) -> int:
        bar = Bar(name="EAR", value=value, full=0.4, mark=0.3, alarming=alarming)
        return amount(annotate(blank(), Annotation(bars=(bar,)), 640), ALARM if alarming else GOOD)

    assert filled(math.nan) == 0
    assert 0 < filled(0.1) < filled(0.2) < filled(0.4) == filled(4.0)
    assert filled(0.1, alarming=True) > 0


def test_too_many_notes_are_counted_and_not_drawn_over_all() -> None:
    notes = tuple(f"metric {i}: " + "long reason " * 20 for i in range(30))
    drawn = annotate(blank(), Annotation(notes=notes), 640)
    assert (drawn[:340] == GROUND).all()


@settings(max_examples=30, deadline=None)
@given(
    st.integers(8, 400),
    st.integers(8, 300),
    st.floats(-1e9, 1e9),
    st.text(max_size=200),
    st.integers(0, 2),
)
def test_whatever_comes_it_draws(
    width: int, height: int, where: float, text: str, severity: int
) -> None:
    there = Face(stamp=0.0, points=np.full((68, 2), where, np.float32), yaw=9.0, pitch=9, roll=9)
    annotation = Annotation(
        face=there,
        bars=(Bar(name="A", value=where, full=1.0, mark=where),),
        headline=text,
        warning=text,
        severity=severity,
        notes=(text, text),
    )
    assert annotate(blank(width, height), annotation, 200).shape[1] <= 200

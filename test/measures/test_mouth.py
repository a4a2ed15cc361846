"""The mouth over time."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fatigue_ros.face import Event, EventKind, Face
from fatigue_ros.measures.mouth import MouthMonitor, MouthSettings, lip_distance, mouth_opening
from fatigue_ros.measures.states import MouthState
from fatigue_ros.settings.parameters import specifications

MakeFace = Callable[..., Face]
NoFace = Callable[[float], Face]
SHUT, SPEECH, WIDE = 0.02, 0.3, 0.8
RATE = 30.0
SHORT = MouthSettings(window=20.0)


@pytest.fixture
def watch(make_face: MakeFace, no_face: NoFace) -> Callable[..., list[MouthState]]:
    """Play parts (length [s], opening; NaN: no face) at a rate through a monitor."""

    def play(
        monitor: MouthMonitor, *parts: tuple[float, float], rate: float = RATE, start: float = 0.0
    ) -> list[MouthState]:
        def openings() -> Iterator[float]:
            for length, opening in parts:
                for _ in range(round(length * rate)):
                    yield opening

        return [
            monitor.update(
                no_face(start + i / rate)
                if math.isnan(opening)
                else make_face(start + i / rate, opening=opening)
            )
            for i, opening in enumerate(openings())
        ]

    return play


Watch = Callable[..., list[MouthState]]


def events(states: Iterable[MouthState]) -> list[Event]:
    return [event for state in states for event in state.events]


def test_lip_distance_is_that_between_the_means_of_the_paper() -> None:
    points: Any = np.random.default_rng(1).uniform(0.0, 100.0, (68, 2)).astype(np.float32)
    upper = points[[50, 51, 52, 61, 62, 63]].mean(axis=0)
    lower = points[[65, 66, 67, 56, 57, 58]].mean(axis=0)
    assert lip_distance(points) == pytest.approx(float(np.linalg.norm(upper - lower)), rel=1e-5)


def test_mouth_opening_is_gap_over_width_at_any_scale_and_angle(make_face: MakeFace) -> None:
    points = make_face(0.0, opening=0.6).points
    assert points is not None
    turn = np.array([[1.2, 1.6], [-1.6, 1.2]], np.float32)
    assert mouth_opening(points) == pytest.approx(0.6, abs=1e-4)
    assert mouth_opening(points @ turn) == pytest.approx(0.6, abs=1e-4)
    assert math.isnan(mouth_opening(np.zeros((68, 2), np.float32)))


def test_a_yawn_is_reported_when_it_is_over(watch: Watch) -> None:
    states = watch(MouthMonitor(MouthSettings()), (3.0, SHUT), (4.0, WIDE), (2.0, SHUT))
    (event,) = events(states)
    assert event.kind is EventKind.YAWN
    assert event.start == pytest.approx(3.0)
    assert event.duration == pytest.approx(4.0)
    assert event.amplitude == pytest.approx(WIDE, abs=1e-3)
    assert states[-1].yawn_count == 1
    wide = [s for s in states if 3.0 <= s.stamp < 7.0]
    assert all(s.mouth_open for s in wide)
    assert wide[-1].opening_duration == pytest.approx(4.0 - 1 / RATE)
    assert states[-1].opening_duration == 0.0


def test_speech_is_no_yawn(watch: Watch) -> None:
    syllables = [(0.15, SPEECH), (0.1, SHUT), (0.2, 0.6), (0.15, 0.1)] * 40
    assert not events(watch(MouthMonitor(MouthSettings()), *syllables))


def test_a_mouth_half_open_for_long_is_no_yawn(watch: Watch) -> None:
    assert not events(watch(MouthMonitor(MouthSettings()), (1.0, SHUT), (30.0, 0.35), (1, SHUT)))


def test_a_short_dip_does_not_part_a_yawn(watch: Watch) -> None:
    states = watch(
        MouthMonitor(MouthSettings()), (1, SHUT), (2.5, WIDE), (0.3, 0.3), (1.5, WIDE), (1, SHUT)
    )
    (event,) = events(states)
    assert event.duration == pytest.approx(4.3, abs=0.01)


def test_a_longer_dip_does(watch: Watch) -> None:
    states = watch(
        MouthMonitor(MouthSettings()), (1, SHUT), (2.5, WIDE), (1.0, 0.3), (2.5, WIDE), (1, SHUT)
    )
    # Between them the lips stay apart: the second begins where the first has ended.
    assert [e.duration for e in events(states)] == pytest.approx([2.5, 3.5])


def test_a_yawn_is_told_from_laughs_and_grimaces_by_how_long_it_is_wide(watch: Watch) -> None:
    def yawns(*parts: tuple[float, float]) -> int:
        return len(events(watch(MouthMonitor(MouthSettings()), (1, SHUT), *parts, (1, SHUT))))

    rise, fall = [(0.1, 0.1 * k) for k in range(1, 6)], [(0.1, 0.5 - 0.1 * k) for k in range(5)]
    assert yawns(*rise, (2.1, 0.65), *fall) == 1
    assert yawns(*rise, (2.1, 0.52), *fall) == 1, "not as wide, but without a break"
    shaken = [(0.15, 0.55), (0.1, 0.42)]
    assert yawns(*rise, *shaken * 12, *fall) == 0, "a laugh"
    grimace = [(0.5, 0.7), (0.3, 0.3), (0.3, 0.45)]
    assert yawns(*grimace * 3) == 0


FALL = [(0.2, 0.4), (0.2, 0.2), (1.0, SHUT)]
BEHIND_A_HAND = [(0.1, 0.1), (0.1, 0.2), (0.1, 0.3), (0.1, 0.4), (0.8, 0.55)]


def test_a_yawn_behind_a_hand_is_one_and_hidden_is_not_shut(watch: Watch) -> None:
    states = watch(MouthMonitor(SHORT), (2.0, SHUT), *BEHIND_A_HAND, (5.0, SHUT), (0.8, 0.7), *FALL)
    (yawn,) = events(states)
    assert yawn.start == pytest.approx(2.2, abs=0.05)
    assert yawn.end == pytest.approx(9.2, abs=0.25)
    hidden = [s for s in states if 3.7 < s.stamp < 8.1]
    assert not any(s.judged or s.mouth_open for s in hidden)
    assert "hidden" in hidden[0].reason or "warming up" in hidden[0].reason
    assert states[-1].coverage * 20.0 == pytest.approx(states[-1].stamp - 4.6, abs=0.2)


@pytest.mark.parametrize(
    "after",
    [
        pytest.param([(12.0, SHUT), (0.8, 0.7), *FALL], id="not wide again for long"),
        pytest.param([(3.0, SHUT), (0.1, 0.6), (11.0, SHUT)], id="wide for a moment"),
        pytest.param([(0.9, 0.1), (1.3, 0.7)] * 5 + FALL, id="sings"),
        pytest.param([(0.3, 0.35), (0.2, SHUT)] * 4 + [(0.8, 0.6), *FALL], id="speaks"),
    ],
)
def test_a_mouth_that_shuts_at_once_may_be_shut(
    watch: Watch, after: list[tuple[float, float]]
) -> None:
    states = watch(MouthMonitor(SHORT), (2.0, SHUT), *BEHIND_A_HAND, *after)
    assert not events(states)
    assert states[-1].judged


def test_a_hand_that_never_comes_down_hides_the_mouth_for_ten_seconds(watch: Watch) -> None:
    states = watch(MouthMonitor(SHORT), (2.0, SHUT), *BEHIND_A_HAND, (20.0, SHUT))
    assert sum(not s.judged for s in states) / RATE == pytest.approx(9.6, abs=0.2)


@pytest.mark.parametrize(("before", "after", "expected"), [(3.0, 1.0, 1), (1.5, 1.5, 0)])
def test_a_face_lost_in_a_yawn_ends_it(
    watch: Watch, before: float, after: float, expected: int
) -> None:
    states = watch(
        MouthMonitor(MouthSettings()),
        *((1, SHUT), (before, WIDE), (0.2, math.nan), (after, WIDE), (1, SHUT)),
    )
    found = events(states)
    assert len(found) == expected
    assert all(e.end == pytest.approx(1.0 + before, abs=0.04) for e in found)
    blind = [s for s in states if not s.judged]
    assert blind
    assert not any(s.mouth_open or s.opening_duration for s in blind)
    assert all(math.isnan(s.mouth_opening) and math.isnan(s.lip_distance) for s in blind)


def test_a_gap_between_frames_ends_a_yawn(watch: Watch) -> None:
    monitor = MouthMonitor(MouthSettings())
    states = watch(monitor, (1.0, SHUT), (1.5, WIDE))
    states += watch(monitor, (1.5, WIDE), (1.0, SHUT), start=3.0)
    assert not events(states)


def test_a_head_turned_away_is_not_judged(make_face: MakeFace) -> None:
    monitor = MouthMonitor(MouthSettings())
    states = [monitor.update(make_face(i / RATE, opening=WIDE, yaw=1.0)) for i in range(200)]
    assert not any(s.judged or s.mouth_open for s in states)


def test_a_mouth_without_shape_is_not_judged(make_face: MakeFace) -> None:
    face = make_face(0.0)
    assert face.points is not None
    face.points[48:68] = np.nan
    assert not MouthMonitor(MouthSettings()).update(face).judged


def test_rate_and_validity(watch: Watch) -> None:
    states = watch(MouthMonitor(SHORT), (4.0, SHUT), (3.0, WIDE), (14.0, SHUT))
    assert [s.valid for s in states] == [s.stamp >= 20.0 - 1e-6 for s in states]
    assert states[-1].yawn_rate == pytest.approx(3.0, rel=0.01)
    assert states[-1].coverage == pytest.approx(1.0, abs=0.01)


def test_only_judged_time_counts(watch: Watch) -> None:
    last = watch(MouthMonitor(SHORT), (4, SHUT), (3, WIDE), (5, math.nan), (8.1, SHUT))[-1]
    assert last.valid
    assert last.coverage == pytest.approx(0.75, abs=0.01)
    assert last.yawn_rate == pytest.approx(4.0, rel=0.02)
    last = watch(MouthMonitor(SHORT), (7.0, SHUT), (13.1, math.nan))[-1]
    assert not last.valid
    assert "mouth judged in 34 %" in last.reason
    assert "no face found" in last.reason


def test_repeated_frames_change_nothing_and_a_loop_begins_anew(watch: Watch) -> None:
    monitor = MouthMonitor(SHORT)
    first = watch(monitor, (2.0, SHUT), (3.0, WIDE), (1.0, SHUT))
    again = monitor.update(Face(first[-1].stamp))
    assert (again.events, again.stamp, monitor.ignored_frames) == ((), first[-1].stamp, 1)
    assert repr(watch(monitor, (2.0, SHUT), (3.0, WIDE), (1.0, SHUT))) == repr(first)


@settings(max_examples=30, deadline=None)
@given(rate=st.floats(5.0, 60.0), length=st.floats(2.5, 7.0), start=st.floats(0.0, 1e9))
def test_yawns_do_not_depend_on_the_frame_rate(rate: float, length: float, start: float) -> None:
    """Tolerance: two frames."""
    monitor = MouthMonitor(MouthSettings())
    found: list[Event] = []
    base = np.zeros((68, 2), np.float32)
    base[36], base[45] = (-40.0, -60.0), (40.0, -60.0)
    base[48], base[54] = (-30.0, 0.0), (30.0, 0.0)
    for i in range(int((length + 4.0) * rate)):
        time = i / rate
        points = base.copy()
        if 2.0 <= time < 2.0 + length:
            points[65:68, 1] = 60.0 * WIDE
        found += monitor.update(Face(start + time, points, 0.0, 0.0)).events
    (event,) = found
    assert event.start - start == pytest.approx(2.0, abs=2.0 / rate)
    assert event.duration == pytest.approx(length, abs=2.0 / rate)


def test_every_setting_has_a_range_that_holds_its_default() -> None:
    for spec in specifications(MouthSettings).values():
        assert spec.description
        assert spec.minimum is not None
        assert spec.maximum is not None
        assert spec.minimum <= float(str(spec.default)) <= spec.maximum

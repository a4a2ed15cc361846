"""One eye aspect ratio from two eyes, just below, at and above each limit of the rules."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from fatigue_ros.measures.eye_pair import EyePair, eye_aspect_ratio

OPEN = 0.3
LONE = "one eye looks shut and the other open"


class Pair:
    """Eyes 40 px wide that are seen ten times a second."""

    def __init__(self, face_points: Callable[..., Any], min_width: float = 8.0) -> None:
        self.pair = EyePair(min_width)
        self._points = face_points

    def see(
        self,
        right: float,
        left: float,
        *,
        narrow: tuple[float, float] = (1.0, 1.0),
        times: int = 1,
        seconds: float = 0.1,
    ) -> tuple[float, str]:
        for _ in range(times):
            found = self.pair.combine(self._points(right, left, 0.02, narrow), seconds, OPEN)
        return found

    def ear(self, right: float, left: float, **more: Any) -> float:
        return round(self.see(right, left, **more)[0], 4)


@pytest.fixture
def pair(face_points: Callable[..., Any]) -> Callable[..., Pair]:
    return lambda **more: Pair(face_points, **more)


def test_the_formula_of_soukupova_and_cech() -> None:
    points: Any = np.zeros((68, 2), np.float32)
    points[36:42] = [(0, 0), (3, 4), (7, 5), (10, 0), (7, -3), (3, -2)]
    points[42:48] = [(20, 0), (23, 1), (27, 1), (30, 0), (27, -1), (23, -1)]
    assert eye_aspect_ratio(points) == pytest.approx(((6 + 8) / 20, (2 + 2) / 20))
    points[45] = points[42]
    assert math.isnan(eye_aspect_ratio(points)[1])


def test_the_mean_weighs_by_the_square_of_the_widths(pair: Callable[..., Pair]) -> None:
    assert pair().ear(0.25, 0.35) == 0.3
    assert pair().ear(0.25, 0.35, narrow=(1.0, 0.5)) == 0.27  # 4 to 1
    assert pair().ear(0.25, 0.35, narrow=(0.5, 1.0)) == 0.33


@pytest.mark.parametrize(("least", "seen"), [(39.9, True), (40.1, False)])
def test_eyes_too_small_in_the_picture(pair: Callable[..., Pair], least: float, seen: bool) -> None:
    ear, why = pair(min_width=least).see(OPEN, OPEN)
    assert math.isnan(ear) is not seen
    assert why == ("" if seen else "eyes 40 px wide, need 40")


@pytest.mark.parametrize(
    ("narrow", "ear"),
    [(0.43, 0.3), (0.44, round((0.2 + 0.44**2 * 0.3) / (1 + 0.44**2), 4))],
    ids=["hidden", "seen"],
)
def test_an_eye_2_3_times_narrower_is_hidden(
    pair: Callable[..., Pair], narrow: float, ear: float
) -> None:
    if narrow > 0.435:
        assert pair().ear(0.2, 0.3, narrow=(1.0, narrow)) == ear
        assert pair().ear(0.3, 0.2, narrow=(narrow, 1.0)) == ear
    else:
        assert pair().ear(0.3, 0.2, narrow=(1.0, narrow)) == ear
        assert pair().ear(0.2, 0.3, narrow=(narrow, 1.0)) == ear


def test_an_impossible_eye_is_left_out(pair: Callable[..., Pair]) -> None:
    assert pair().ear(0.5999, 0.4) == 0.5
    assert pair().ear(0.61, 0.4) == 0.4
    assert pair().ear(0.4, 0.61) == 0.4
    ear, why = pair().see(0.61, 0.61)
    assert math.isnan(ear)
    assert why == "neither eye has a possible shape"


def test_the_ratio_between_the_eyes_is_learnt_and_stands_in_for_one(
    pair: Callable[..., Pair],
) -> None:
    eyes = pair()
    eyes.see(0.36, 0.24, times=20)
    assert eyes.ear(0.36, 0.61) == 0.3, "the left one counts as two thirds of it"
    assert eyes.ear(0.61, 0.24) == 0.3
    eyes.see(0.3, 0.3, times=60, seconds=0.5)
    # 2 s of 0.6 and 8 s of 0.5 are averaged; then the memory is of ten seconds
    share = 0.5 + (0.2 * 0.6 + 0.8 * 0.5 - 0.5) * 0.95**44
    alone = 0.3 * (1.0 + (1.0 - share) / share) / 2.0
    assert eyes.see(0.3, 0.61)[0] == pytest.approx(alone, abs=1e-4)
    shut = pair()
    shut.see(0.12, 0.06, times=50)
    assert shut.ear(0.3, 0.61) == 0.3, "shut eyes teach nothing"
    still = pair()
    still.see(0.36, 0.24, times=50, seconds=0.0)
    assert still.ear(0.36, 0.61) == 0.36
    eyes.pair.reset()
    assert eyes.ear(0.36, 0.61) == 0.36


@pytest.mark.parametrize(
    ("lower", "ear"), [(0.17, 0.235), (0.164, 0.3)], ids=["they agree", "they do not"]
)
def test_of_two_that_disagree_the_more_open_one_counts(
    pair: Callable[..., Pair], lower: float, ear: float
) -> None:
    for order in ((lower, 0.3), (0.3, lower)):
        eyes = pair()
        eyes.see(OPEN, OPEN, times=12)
        assert eyes.ear(*order) == ear
        assert eyes.pair.doubt == ""


def test_before_the_ratio_is_known_only_a_shut_eye_disagrees(pair: Callable[..., Pair]) -> None:
    assert pair().ear(0.4, 0.145) == pytest.approx(0.2725)
    assert pair().ear(0.4, 0.13) == 0.4
    for times, ear in ((9, 0.2775), (11, 0.4)):
        eyes = pair()
        eyes.see(OPEN, OPEN, times=times)
        assert eyes.ear(0.4, 0.155) == pytest.approx(ear, abs=0.001)


@pytest.mark.parametrize("side", [0, 1])
def test_the_nearer_eye_is_believed_and_doubted_when_it_is_the_shut_one(
    pair: Callable[..., Pair], side: int
) -> None:
    def see(eyes: Pair, near: float, far: float, width: float) -> float:
        narrow = (1.0, width) if side == 0 else (width, 1.0)
        return eyes.ear(*((near, far) if side == 0 else (far, near)), narrow=narrow)

    near = pair()
    near.see(OPEN, OPEN, times=12)
    assert see(near, 0.1, 0.3, 0.79) == 0.1
    assert near.pair.doubt == LONE
    assert see(near, 0.3, 0.3, 0.79) == 0.3
    assert near.pair.doubt == ""
    assert see(near, 0.3, 0.1, 0.79) == 0.3
    assert near.pair.doubt == ""
    alike = pair()
    alike.see(OPEN, OPEN, times=12)
    assert see(alike, 0.1, 0.3, 0.81) == 0.3, "both are as near"
    assert alike.pair.doubt == ""


def test_an_eye_that_shuts_three_times_alone_is_the_one_that_is_seen(
    pair: Callable[..., Pair],
) -> None:
    for shut in ((0.05, OPEN), (OPEN, 0.05)):
        eyes = pair()
        eyes.see(OPEN, OPEN, times=12)
        for expected in (0.3, 0.3, 0.05, 0.05):
            assert eyes.ear(*shut, times=3) == expected
            eyes.see(OPEN, OPEN)
        eyes.see(0.05, 0.05)
        assert eyes.ear(*shut) == 0.175, "one frame after both were shut is noise"
        assert eyes.ear(*shut) == 0.3, "both shut together: it is counted anew"


def test_a_wink_at_the_limit_of_what_differs_is_one(pair: Callable[..., Pair]) -> None:
    eyes = pair()
    eyes.see(OPEN, OPEN, times=12)
    for _ in range(6):
        assert eyes.ear(0.12, OPEN) > 0.27
        eyes.see(0.15, 0.28)  # alike enough to be one look, but not open


def test_the_other_eye_alone_begins_the_count_anew(pair: Callable[..., Pair]) -> None:
    eyes = pair()
    eyes.see(OPEN, OPEN, times=12)
    for shut in ((0.05, OPEN), (0.05, OPEN), (OPEN, 0.05), (0.05, OPEN), (0.05, OPEN)):
        assert eyes.ear(*shut) == 0.3
        eyes.see(OPEN, OPEN)
    assert eyes.ear(0.05, OPEN) == 0.05


def test_a_near_eye_that_was_never_open_is_no_witness_after_three_blinks_of_the_other(
    pair: Callable[..., Pair],
) -> None:
    eyes = pair()
    for blink in range(4):
        eyes.see(0.06, OPEN, narrow=(1.0, 0.7), times=20)
        assert (eyes.pair.doubt == "") is (blink == 3)
        eyes.see(0.06, 0.06, narrow=(1.0, 0.7), times=2)
        assert eyes.pair.doubt == ""
    assert eyes.ear(0.06, OPEN, narrow=(1.0, 0.7)) == OPEN
    eyes.see(OPEN, OPEN, times=12)
    eyes.see(0.06, OPEN, narrow=(1.0, 0.7))
    assert eyes.pair.doubt == LONE, "it was seen open"


@pytest.mark.parametrize(
    ("right", "left", "ear"),
    [(0.36, 0.15, 0.255), (0.36, 0.12, 0.3), (0.225, 0.24, 0.2325), (0.18, 0.24, 0.3)],
)
def test_eyes_are_compared_by_the_ratio_that_was_learnt(
    pair: Callable[..., Pair], right: float, left: float, ear: float
) -> None:
    eyes = pair()
    eyes.see(0.36, 0.24, times=20)
    assert eyes.ear(right, left) == pytest.approx(ear, abs=0.0005)


@pytest.mark.parametrize(("both", "anew"), [(0.155, False), (0.145, True)])
def test_below_half_of_open_both_are_shut(
    pair: Callable[..., Pair], both: float, anew: bool
) -> None:
    eyes = pair()
    eyes.see(OPEN, OPEN, times=12)
    for _ in range(3):
        eyes.see(0.05, OPEN, times=3)
        eyes.see(OPEN, OPEN)
    eyes.see(both, both)
    assert eyes.ear(0.05, OPEN, times=3) == (0.3 if anew else 0.05)

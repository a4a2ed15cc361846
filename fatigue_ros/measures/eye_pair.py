"""One eye aspect ratio from two eyes, of which one may be hidden."""

import math

from fatigue_ros.face import LEFT_EYE, RIGHT_EYE, Points
from fatigue_ros.measures.open_level import PLAUSIBLE_EAR

_HIGHEST_EAR = 0.6  # [1] beyond it the landmarks describe no eye, or one seen from the side
_WIDTH_RATIO = 2.3  # [1] an eye this much narrower than the other is hidden by the head's turn
_NEARER = 1.25  # [1] width ratio from which the wider eye is clearly the better seen one
_DISAGREE_TIME = 0.1  # [s] before one of two shut eyes is believed to be open; less is noise
_LOOKS_SHUT, _LOOKS_OPEN, _WIDE_OPEN = 0.4, 0.55, 0.75  # [1] of open
_DISAGREE = 0.45  # [1] difference of the eyes, share of the open level
_LONE_CLOSURES = 3  # [1] in a row of one eye before the other counts as covered
_ALWAYS_SHUT = 3  # [1] blinks of the other eye, before one that was never seen open is no witness
UNLIKE = "one eye looks shut and the other open"
_RIGHT, _LEFT, _BOTH = 0, 1, 2
_BALANCE_TIME = 10.0  # [s] over which the ratio between the eyes is learned
_BALANCE_WARM_UP = 1.0  # [s]


def eye_aspect_ratio(points: Points) -> tuple[float, float]:
    """Eye aspect ratio ``(|p2-p6| + |p3-p5|) / (2 |p1-p4|)`` of Soukupova and Cech (2016).

    Args:
        points: shape (68, 2), [px].

    Returns:
        EAR of the right and of the left eye [1]; NaN where the corners of the eye coincide.
    """
    right, left = _measure(points[RIGHT_EYE].tolist()), _measure(points[LEFT_EYE].tolist())
    return right[0], left[0]


def _measure(eye: list[list[float]]) -> tuple[float, float]:
    """EAR and width [px] of one eye."""
    (ax, ay), (bx, by), (cx, cy), (dx, dy), (ex, ey), (fx, fy) = eye
    width = math.hypot(ax - dx, ay - dy)
    if not width > 0.0:
        return math.nan, 0.0
    height = math.hypot(bx - fx, by - fy) + math.hypot(cx - ex, cy - ey)
    return height / (2.0 * width), width


class EyePair:
    """Combines both eyes, or judges by one alone when the other cannot be trusted.

    The EAR is the mean of both, weighted by the square of their widths: equal in a frontal face,
    where this is the mean of Soukupova and Cech; in a turned one the far eye is foreshortened, its
    EAR larger and noisier.

    - An eye with an impossible EAR, or made very narrow by the turn of the head, is left out.
    - When the two disagree strongly (for a tenth of a second, where neither was open) and both are
      as near, the more open one is believed: one open eye sees the road, and a reflection, a strand
      of hair or a wink that shuts the other is no sleep. When one is nearer to the camera, that one
      is, but if it is the shut one, that is in doubt: a smile with a turned head narrows the near
      eye more than the far one. So it is when they disagree less, but the far one is open by half.
    - Unless one eye was never open and the other has blinked several times: a patch, a swollen or
      an artificial eye is no witness.
    - Unless one eye closes several times while the other never moves: landmark engines draw an
      open eye where they see none, so then the moving eye is believed, until both close together.

    Eyes are not equal in an image, so the ratio between them is learned while both are open, and an
    eye that is left out counts as the other one times that ratio: the level does not jump.
    """

    def __init__(self, min_width: float) -> None:
        self._min_width = min_width
        self.reset()

    def reset(self) -> None:
        """Forget the face."""
        self._balance = 0.5  # right / (right + left)
        self._learned = 0.0
        self._lone = [0, 0]
        self._was_open = [True, True]  # since it closed alone
        self._opened = [0, 0]  # how often an eye opened while the other stayed shut
        self._disagreeing = False
        self._unlike_for = math.inf  # [s] that one has been open after neither was
        self._shut = False  # one of them in the last frame, and the other not open
        self.doubt = ""
        """Why eyes that look shut in the last frame may not be; empty when they are."""

    def combine(self, points: Points, seconds: float, open_level: float) -> tuple[float, str]:
        """Judge one frame.

        Args:
            points: shape (68, 2), [px].
            seconds: [s] since the last judged frame, 0 when that is unknown.
            open_level: [1] EAR of this driver's open eyes.

        Returns:
            EAR [1] and an empty text, or NaN and why the eyes cannot be judged.
        """
        self.doubt = ""
        eyes = points[36:48].tolist()
        right, right_width = _measure(eyes[:6])
        left, left_width = _measure(eyes[6:])
        width = max(right_width, left_width)
        if not width >= self._min_width:
            return math.nan, f"eyes {width:.0f} px wide, need {self._min_width:.0f}"
        see_right = right <= _HIGHEST_EAR and right_width * _WIDTH_RATIO > left_width
        see_left = left <= _HIGHEST_EAR and left_width * _WIDTH_RATIO > right_width
        if see_right and see_left:
            self._unlike_for += seconds
            believed = self._believed(right, left, right_width / left_width, open_level)
            if believed == _BOTH and not self._disagreeing:
                self._learn(right, left, seconds, open_level)
            see_right, see_left = believed != _LEFT, believed != _RIGHT
        if not (see_right or see_left):
            return math.nan, "neither eye has a possible shape"
        ratio = self._balance / (1.0 - self._balance)
        if not see_left:
            left = right / ratio
        elif not see_right:
            right = left * ratio
        weight = right_width * right_width
        weight /= weight + left_width * left_width
        return weight * right + (1.0 - weight) * left, ""

    def _believed(self, right: float, left: float, width_ratio: float, open_level: float) -> int:
        """Which eye to judge by, or both."""
        right /= 2.0 * self._balance
        left /= 2.0 * (1.0 - self._balance)
        # Before the ratio is known only an eye that is certainly not open speaks against the other.
        known = self._learned >= _BALANCE_WARM_UP or min(right, left) < PLAUSIBLE_EAR
        for eye, ear in ((_RIGHT, right), (_LEFT, left)):
            self._was_open[eye] = self._was_open[eye] or ear > _LOOKS_OPEN * open_level
        if not known or abs(right - left) <= _DISAGREE * open_level:
            self._disagreeing = False
            low, high = min(right, left), max(right, left)
            self._shut = low < _LOOKS_SHUT * open_level and high < _WIDE_OPEN * open_level
            near, far = (right, left) if width_ratio > 1.0 else (left, right)
            turned = not 1.0 / _NEARER <= width_ratio <= _NEARER
            if turned and near < _LOOKS_SHUT * open_level and far > _LOOKS_OPEN * open_level:
                self.doubt = UNLIKE
            return _BOTH
        lower, higher = (_RIGHT, _LEFT) if right < left else (_LEFT, _RIGHT)
        if not self._disagreeing:
            self._disagreeing = True
            self._unlike_for = 0.0 if self._shut else math.inf
            self._lone[lower] += self._was_open[lower]  # noise makes many closures of one wink
            self._lone[higher] = 0
            self._was_open[lower] = False
            self._opened[higher] += 1
            self._opened[lower] = 0
        if self._lone[lower] >= _LONE_CLOSURES:
            return lower
        # The first opening is only when it was seen first.
        if self._learned < _BALANCE_WARM_UP and self._opened[higher] > _ALWAYS_SHUT:
            return higher
        if self._unlike_for < _DISAGREE_TIME - 1e-6:
            return _BOTH
        nearer = _RIGHT if width_ratio > _NEARER else _LEFT
        if width_ratio > _NEARER or width_ratio < 1.0 / _NEARER:
            if nearer == lower:
                self.doubt = UNLIKE
            return nearer
        return higher

    def _learn(self, right: float, left: float, seconds: float, open_level: float) -> None:
        """Learn from eyes that agree."""
        if 0.5 * (right + left) < 0.5 * open_level:
            self._lone = [0, 0]
        elif min(right, left) >= PLAUSIBLE_EAR and seconds > 0.0:
            self._learned += seconds
            share = seconds / min(self._learned, _BALANCE_TIME)
            self._balance += share * (right / (right + left) - self._balance)

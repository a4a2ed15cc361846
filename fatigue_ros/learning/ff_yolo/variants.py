"""The five networks of the ablation, and what Table 6 says of them."""

from __future__ import annotations

import dataclasses

from fatigue_ros.errors import FatigueError


@dataclasses.dataclass(frozen=True, slots=True)
class Figures:
    """One row of Table 6, or of ours.

    Attributes:
        map50: [1] mean average precision at an intersection over union of 0.5.
        map50_95: [1] its mean over 0.5, 0.55 ... 0.95.
        precision: [1] at the confidence with the best F1.
        recall: [1] at the same.
    """

    map50: float
    map50_95: float
    precision: float
    recall: float


@dataclasses.dataclass(frozen=True, slots=True)
class Variant:
    """Which of the three changes to YOLO11n a network has.

    Attributes:
        name: as in Table 6.
        channel_attention: every C3K2 is a CA-C3K2.
        block_attention: a CBAM stands in front of each detection head.
        point_distance: the box loss is MPDIoU instead of CIoU.
        published: the paper's figures, on its own confidential data.
        published_parameters: [1].
        published_gflops: [1e9 operations] for a picture.
    """

    name: str
    channel_attention: bool
    block_attention: bool
    point_distance: bool
    published: Figures
    published_parameters: int
    published_gflops: float


VARIANTS = (
    Variant("YOLO11n", False, False, False, Figures(0.805, 0.631, 0.832, 0.679), 2_582_347, 6.3),
    Variant("YOLO-CA", True, False, False, Figures(0.909, 0.744, 0.843, 0.741), 3_220_129, 7.6),
    Variant("YOLO-C", False, True, False, Figures(0.924, 0.716, 0.846, 0.718), 2_582_542, 6.3),
    Variant("YOLO-M", False, False, True, Figures(0.827, 0.637, 0.827, 0.683), 2_582_347, 6.3),
    Variant("FF-YOLO", True, True, True, Figures(0.942, 0.747, 0.838, 0.738), 3_220_324, 7.6),
)
"""In the order of Table 6."""


def named(name: str) -> Variant:
    """The variant with this name, whatever its case.

    Raises:
        FatigueError: there is none.
    """
    for variant in VARIANTS:
        if variant.name.lower() == name.lower():
            return variant
    names = ", ".join(variant.name for variant in VARIANTS)
    raise FatigueError(f"variant: {name!r} is unknown, expected one of {names}")

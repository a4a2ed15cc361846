"""The ground truth of a simulated drive as labels."""

import json
from pathlib import Path
from typing import Any

from fatigue_ros.errors import SourceError
from fatigue_ros.evaluation.labels import SPANS, HeartRateReference, Interval, Labels, merged
from fatigue_ros.face import LONG_BLINK
from fatigue_ros.files import LARGEST_PICTURE, read_bytes

ENDING = ".truth.json"
"""`fatigue simulate drive.mp4` writes drive.truth.json beside it."""
_WINDOW = 30
"""[s] heart rate is measured over this window, so the reference is the mean over the same."""
_STEP = 10
"""[s] from one heart rate reference to the next."""


def load_truth(path: Path) -> tuple[str, Labels]:
    """Read a file that `fatigue simulate` wrote.

    Returns:
        Name of the recording without its ending, and its labels.

    Raises:
        SourceError: it cannot be read, or is no ground truth.
    """
    try:
        truth = json.loads(read_bytes(path, LARGEST_PICTURE))
        return path.name.removesuffix(ENDING), _labels(truth)
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror or error})") from error
    except (ValueError, KeyError, TypeError) as error:
        raise SourceError(
            f"{path}: expected the ground truth of a simulated drive "
            f"({type(error).__name__}: {error})"
        ) from error


def _labels(truth: dict[str, Any]) -> Labels:
    lids = [_span(lid, "shut_") for lid in truth["blinks"] + truth["closures"]]
    spans = {
        "blink": [span for span in lids if span[1] - span[0] < LONG_BLINK],
        "closure": [span for span in lids if span[1] - span[0] >= LONG_BLINK],
        "yawn": [_span(yawn) for yawn in truth["yawns"]],
    }
    unseen = merged(_span(interval) for interval in truth["unseen"])
    rates = [float(rate) for rate in truth["every_second"]["heart_rate"]]
    return Labels(
        spans={kind: tuple(sorted(found)) for kind, found in spans.items()},
        heart_rate=tuple(
            HeartRateReference(float(t), float(t), sum(rates[t - _WINDOW : t]) / _WINDOW)
            for t in range(_WINDOW, len(rates), _STEP)
        ),
        ignored=dict.fromkeys(SPANS, unseen),
        unseen=unseen,
    )


def _span(item: dict[str, float], prefix: str = "") -> Interval:
    return float(item[f"{prefix}start_s"]), float(item[f"{prefix}end_s"])

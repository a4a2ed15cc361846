"""What the system said about one recording, from the first frame to the last."""

import dataclasses
import math

from fatigue_ros.evaluation.labels import NO_LABELS
from fatigue_ros.measures.states import EyeState
from fatigue_ros.monitor.log import DriveLog, Series


@dataclasses.dataclass(slots=True)
class WarningSpan:
    """A warning from its first to its last moment [s], in the words of FatigueWarning."""

    start: float
    end: float
    severity: str
    cause: str


class Observation(DriveLog):
    """A log that also knows what an evaluation asks for; its times are [s] from the first frame.

    Attributes:
        valid_perclos: [1] PERCLOS, NaN where its window could not be judged well enough.
        perclos_window: [s] that it looks back over.
        judged: [1] for each frame, 1 where the eyes were judged, else 0.
        warning_spans: every warning, in order of time.
        problem: why the recording could not be read to its end; empty when it could.
        labels: what the recording itself says of its events.
    """

    def __init__(self) -> None:
        super().__init__()
        self.valid_perclos = Series()
        self.perclos_window = 0.0
        self.judged = Series()
        self.warning_spans: list[WarningSpan] = []
        self.problem = ""
        self.labels = NO_LABELS

    def on_eyes(self, state: EyeState) -> None:
        """The eyelids."""
        super().on_eyes(state)
        self.perclos_window = state.perclos_window
        time = self._time(state.stamp)
        self.valid_perclos.add(time, state.perclos if state.valid else math.nan)
        self.judged.add(time, float(state.judged))

    def on_warning(self, stamp: float, severity: str, cause: str, text: str) -> None:
        """A warning, its repetition or its end (severity "none")."""
        super().on_warning(stamp, severity, cause, text)
        time = self._time(stamp)
        if self.warning_spans and (last := self.warning_spans[-1]).end == math.inf:
            if (last.severity, last.cause) == (severity, cause):
                return
            last.end = time
        if severity != "none":
            self.warning_spans.append(WarningSpan(time, math.inf, severity, cause))

    def finish(self) -> None:
        """The recording is over, and so is a warning that was still on."""
        if self.warning_spans:
            self.warning_spans[-1].end = min(self.warning_spans[-1].end, self.duration)

"""Node `vss_output`: the driver's state as signals of COVESA's VSS, to a KUKSA databroker.

It repeats what is said on topics, and judges nothing. What is not known is not available.
"""

import dataclasses
import math
import threading
import time

from fatigue_ros.devices.databroker import Databroker, VssValue
from fatigue_ros.msg import BlinkRate, FatigueLevel, FatigueWarning, HeartRate
from fatigue_ros.ros import base, messages
from fatigue_ros.ros.qos import WARNING_QOS
from fatigue_ros.settings.parameters import parameter

_LEVEL, _HEART = "Vehicle.Driver.FatigueLevel", "Vehicle.Driver.HeartRate"
_EYES = "Vehicle.Driver.IsEyesOnRoad"
_ENABLED, _ERROR = "Vehicle.ADAS.DMS.IsEnabled", "Vehicle.ADAS.DMS.IsError"
_WARNING = "Vehicle.ADAS.DMS.IsWarning"
FRESH = {_LEVEL: 1.0, _HEART: 3.0, _EYES: 1.0, _ENABLED: 1.0, _ERROR: 1.0, _WARNING: 3.0}
"""[s] for which each signal counts after it was said; all that are sent, in this order."""
_SHUT = 0.5  # [s] shut for so long, the eyes are not on the road: longer than a blink
_BEAT = 0.5  # [s] sign of life of the node
_ALIVE = 2.0  # [s] without one, nothing that it said counts any more


@dataclasses.dataclass(frozen=True, kw_only=True)
class VssOutputSettings(base.NodeSettings):
    """Parameters of the vss_output node."""

    broker: str = parameter("localhost:55555", "Host and port of the KUKSA databroker.")
    root_certificates: str = parameter(
        "", "File that the broker's certificate is held against. Empty: a connection without TLS."
    )
    token_file: str = parameter(
        "", "File with the token by which the broker lets us provide these signals."
    )


class VssOutputNode(base.FatigueNode[VssOutputSettings]):
    """Keeps what was said last, with its time; a thread tells the broker."""

    name = "vss_output"
    Settings = VssOutputSettings

    def configure(self) -> None:
        """See that there is an address and a library."""
        settings = self.settings
        self._broker = Databroker(
            settings.broker,
            self._now,
            root_certificates=settings.root_certificates,
            token_file=settings.token_file,
        )

    def activate(self) -> None:
        """Listen, and connect."""
        self._lock = threading.Lock()
        self._said: dict[str, tuple[VssValue, float]] = {}
        self._beat_at = -math.inf
        self.listen(FatigueLevel, "fatigue", self._on_level)
        self.listen(FatigueWarning, "warning", self._on_warning, WARNING_QOS)
        self.listen(HeartRate, "heart_rate", self._on_pulse)
        self.listen(BlinkRate, "blink", self._on_eyes)
        self.every(_BEAT, self._beat, steady=True)
        self._beat()
        self._broker.start()

    def deactivate(self) -> None:
        """Take back what was said."""
        self._broker.close()

    def _beat(self) -> None:
        self._beat_at = time.monotonic()

    def _say(self, values: dict[str, VssValue]) -> None:
        now = time.monotonic()
        with self._lock:
            self._said |= {path: (value, now) for path, value in values.items()}

    def _now(self) -> dict[str, VssValue]:
        """What is known now, from the broker's thread."""
        now = time.monotonic()
        alive = now - self._beat_at <= _ALIVE
        with self._lock:
            said = dict(self._said)

        def known(path: str) -> VssValue:
            value, at = said.get(path, (None, -math.inf))
            return value if alive and now - at <= FRESH[path] else None

        return {path: known(path) for path in FRESH}

    def _on_level(self, message: messages.FatigueLevel) -> None:
        known = message.valid and "fatigue" not in self.rivals and math.isfinite(message.level)
        self._say(
            {
                _LEVEL: float(message.level) if known else None,
                _ENABLED: message.state != FatigueLevel.OFF,
                _ERROR: message.state == FatigueLevel.FAULT or "fatigue" in self.rivals,
            }
        )

    def _on_warning(self, message: messages.FatigueWarning) -> None:
        self._say({_WARNING: message.severity != FatigueWarning.NONE})

    def _on_pulse(self, message: messages.HeartRate) -> None:
        known = message.valid and math.isfinite(message.bpm)
        self._say({_HEART: float(round(message.bpm)) if known else None})

    def _on_eyes(self, message: messages.BlinkRate) -> None:
        """Shut eyes are not on the road; where open ones look is not known."""
        shut = message.judged and message.eyes_closed and message.closure_duration >= _SHUT
        self._say({_EYES: False if shut else None})

    def diagnose(self) -> base.Diagnosis:
        """Whether the broker is told."""
        found = self._broker
        values = found.diagnose()
        if found.problem:
            return base.Diagnosis(base.ERROR, found.problem, values)
        if len(found.missing) == len(FRESH):
            return base.Diagnosis(base.ERROR, "the broker has none of our signals", values)
        return base.Diagnosis(base.OK, "telling the broker", values)

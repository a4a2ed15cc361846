"""Node `vehicle_input`: what the vehicle says on its CAN bus beside its speed, as topics."""

import dataclasses
import math
import threading
import time

from rclpy.qos import qos_profile_sensor_data
from std_msgs.msg import Bool, Float32

from fatigue_ros.devices.bus_input import NUMBERS, QUANTITIES, BusInput
from fatigue_ros.devices.can_settings import CanSettings
from fatigue_ros.ros import base
from fatigue_ros.ros.acknowledgement import AcknowledgeButton
from fatigue_ros.settings.parameters import parameter

_REPEAT = 1.0  # [s] what is so or not is said again this often, for who comes late
_FRESH = 2.0  # [s] what the bus no longer says is not repeated


@dataclasses.dataclass(frozen=True, kw_only=True)
class VehicleInputSettings(CanSettings, base.NodeSettings):
    """Parameters of the vehicle_input node."""

    dbc_file: str = parameter("", "File that describes the messages on the bus.")
    signals: list[str] = parameter(
        ["ignition=Body.Ignition"],
        "What is heard from which signal of that file, each as quantity=Message.Signal. "
        "Quantities: " + ", ".join(QUANTITIES) + ". Angles and places in the file's unit.",
    )


class VehicleInputNode(base.FatigueNode[VehicleInputSettings]):
    """Publishes numbers as they come, and what is so or not on change and every second.

    A button for the acknowledgement counts when it goes from not pressed to pressed.
    """

    name = "vehicle_input"
    Settings = VehicleInputSettings

    def configure(self) -> None:
        """Read the file, so that what cannot work is refused here."""
        settings = self.settings
        self._input = BusInput(
            settings.can_interface,
            settings.can_channel,
            settings.can_bitrate,
            settings.dbc_file,
            settings.signals,
            self._on_value,
        )
        self._numbers = {
            "steering_angle": self.advertise(
                Float32, "vehicle/steering_angle", qos_profile_sensor_data
            ),
            "lateral_position": self.advertise(
                Float32, "vehicle/lateral_position", qos_profile_sensor_data
            ),
        }
        self._flags = {
            "assistance": self.advertise(Bool, "vehicle/assistance"),
            "indicator": self.advertise(Bool, "vehicle/indicator"),
            "wipers": self.advertise(Bool, "vehicle/wipers"),
            "brake": self.advertise(Bool, "vehicle/brake"),
            "accelerator": self.advertise(Bool, "vehicle/accelerator"),
            "driver_door": self.advertise(Bool, "vehicle/driver_door"),
            "ignition": self.advertise(Bool, "ignition"),
        }
        self._button = AcknowledgeButton(self)

    def activate(self) -> None:
        """Open the bus."""
        self._lock = threading.Lock()
        self._said: dict[str, tuple[bool, float]] = {}
        self._button.start()
        self._input.link.start()
        self.every(_REPEAT, self._repeat, steady=True)

    def deactivate(self) -> None:
        """Close the bus."""
        self._input.link.close()

    def _on_value(self, quantity: str, value: float) -> None:
        """From the bus's thread."""
        if quantity in NUMBERS:
            self._numbers[quantity].publish(Float32(data=value))
            return
        now = value != 0.0
        if quantity == "acknowledge":
            self._button.take(pressed=now)
            return
        with self._lock:
            before, _ = self._said.get(quantity, (None, 0.0))
            self._said[quantity] = now, time.monotonic()
        if now is not before:
            self._flags[quantity].publish(Bool(data=now))

    def _repeat(self) -> None:
        with self._lock:
            said = dict(self._said)
        for quantity, publisher in self._flags.items():
            now, came = said.get(quantity, (False, -math.inf))
            if time.monotonic() - came <= _FRESH:
                publisher.publish(Bool(data=now))

    def diagnose(self) -> base.Diagnosis:
        """Whether the bus speaks."""
        found = self._input
        values = {**found.diagnose(), "acknowledged": self._button.answers}
        if found.link.problem:
            return base.Diagnosis(base.ERROR, found.link.problem, values)
        if found.fault:
            return base.Diagnosis(base.WARN, found.fault, values)
        if not found.link.frames:
            return base.Diagnosis(base.WARN, "nothing heard yet", values)
        return base.Diagnosis(base.OK, "listening", values)

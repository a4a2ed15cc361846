"""Node `vehicle_speed`: the vehicle's speed from a topic, CAN, OBD-II or made up, in m/s.

A speed goes out only when one has come in: when the source falls silent so does the topic, and
diagnostics say why.
"""

import dataclasses
import math
import time
from collections.abc import Callable

from geometry_msgs.msg import Twist, TwistStamped
from nav_msgs.msg import Odometry
from rclpy.qos import qos_profile_sensor_data
from std_msgs.msg import Float32

from fatigue_ros.devices.speed import (
    SOURCES,
    SpeedMonitor,
    SpeedSettings,
    to_metres_per_second,
)
from fatigue_ros.errors import FatigueError, first_line
from fatigue_ros.ros import base, messages
from fatigue_ros.ros.conversions import seconds

INPUT = "vehicle/speed_input"


@dataclasses.dataclass(frozen=True, kw_only=True)
class VehicleSpeedSettings(SpeedSettings, base.NodeSettings):
    """Parameters of the vehicle_speed node."""


class VehicleSpeedNode(base.FatigueNode[VehicleSpeedSettings]):
    """Publishes a TwistStamped for each plausible speed; linear.x is negative in reverse."""

    name = "vehicle_speed"
    Settings = VehicleSpeedSettings

    def configure(self) -> None:
        """Make the source, so that what cannot work is refused here."""
        self._source = SOURCES.load(self.settings.source)(self.settings, self._publish)
        self._publisher = self.advertise(TwistStamped, "vehicle/speed", qos_profile_sensor_data)

    def activate(self) -> None:
        """Listen to the source."""
        self._monitor = SpeedMonitor(self.settings.timeout)
        self._source.start()
        if self._source.period > 0.0:
            self.every(self._source.period, self._poll)
        inputs: dict[str, tuple[type[object], Callable[..., None]]] = {
            "twist_stamped": (TwistStamped, self._on_twist_stamped),
            "twist": (Twist, self._on_twist),
            "odometry": (Odometry, self._on_odometry),
            "float32": (Float32, self._on_float32),
        }
        if self.settings.source in inputs:
            kind, take = inputs[self.settings.source]
            self.listen(kind, INPUT, take, qos_profile_sensor_data)

    def deactivate(self) -> None:
        """Close the device; what it says meanwhile would be stale when the flow goes on."""
        self._source.close()

    def settings_changed(self) -> None:
        """Follow a fixed speed that is set by hand."""
        self._source.settings = self.settings

    def _on_float32(self, message: messages.Float32) -> None:
        self._publish(to_metres_per_second(message.data, self.settings.input_unit))

    def _on_twist(self, message: messages.Twist, stamp: messages.Time | None = None) -> None:
        # Both axes, since receivers for satellite navigation give east and north. Such a one says
        # nothing of a reverse gear; a vehicle that goes sideways says nothing at all.
        x, y = message.linear.x, message.linear.y
        self._publish(x if y == 0.0 else math.hypot(x, y), stamp)

    def _on_twist_stamped(self, message: messages.TwistStamped) -> None:
        self._on_twist(message.twist, message.header.stamp)

    def _on_odometry(self, message: messages.Odometry) -> None:
        # By definition in the vehicle's own frame, where only drift goes sideways.
        velocity = message.twist.twist.linear
        speed = math.hypot(velocity.x, velocity.y)
        self._publish(-speed if velocity.x < 0.0 else speed, message.header.stamp)

    def _poll(self) -> None:
        stamp = self.get_clock().now().to_msg()
        try:
            speed = self._source.poll(seconds(stamp))
        except FatigueError as error:
            self._source.fault = str(error)
            return
        except Exception as error:  # noqa: BLE001 - somebody else's source ends no node
            self._source.fault = f"{type(error).__name__}: {first_line(error)}"
            return
        if speed is not None:
            self._source.fault = ""
            self._publish(speed, stamp)

    def _publish(self, speed: float, stamp: messages.Time | None = None) -> None:
        """Hand a speed [m/s] on; from the executor, or from the device's thread."""
        now = self.get_clock().now().to_msg()
        if stamp is None or seconds(stamp) == 0.0:  # a sender that does not stamp
            stamp = now
        # By a clock that never steps: how old the stamp is, and when it came.
        came = time.monotonic()
        reading = self._monitor.update(speed, came - (seconds(now) - seconds(stamp)), came)
        if reading is not None:
            message = TwistStamped()
            message.header.stamp = stamp
            message.header.frame_id = "base_link"
            message.twist.linear.x = reading.metres_per_second
            self._publisher.publish(message)

    def diagnose(self) -> base.Diagnosis:
        """Whether there is a speed, and if not, why."""
        source, monitor, now = self.settings.source, self._monitor, time.monotonic()
        values = {"source": source, **monitor.diagnose(), **self._source.diagnose()}
        if source == "none":
            return base.Diagnosis(base.OK, "no speed source chosen", values)
        trouble = self._source.problem or monitor.refusal or monitor.contradiction(now)
        reading = monitor.current(now)
        if reading is None:
            age = monitor.age(now)
            text = f"no speed for {age:.1f} s" if math.isfinite(age) else "no speed yet"
            level = base.ERROR if trouble else base.WARN
            return base.Diagnosis(level, f"{text}: {trouble}" if trouble else text, values)
        if not trouble and abs(monitor.skew) > self.settings.timeout:
            trouble = f"its stamps are {monitor.skew:.1f} s behind this node's clock"
        text = f"{reading.metres_per_second:.1f} m/s"
        if trouble:
            return base.Diagnosis(base.WARN, f"{text}, but {trouble}", values)
        return base.Diagnosis(base.OK, text, values)

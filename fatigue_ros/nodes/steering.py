"""Node `steering`: the wheel's angle and the place in the lane in, how the driver steers out."""

import dataclasses

from geometry_msgs.msg import TwistStamped
from rclpy.qos import qos_profile_sensor_data
from std_msgs.msg import Bool, Float32, Header

from fatigue_ros.measures.steering import SteeringMonitor, SteeringSettings
from fatigue_ros.msg import DriverReferences, Steering
from fatigue_ros.ros import base, messages
from fatigue_ros.ros.conversions import filled, to_stamp
from fatigue_ros.ros.qos import LATCHED

_PERIOD = 1.0  # [s]


@dataclasses.dataclass(frozen=True, kw_only=True)
class SteeringNodeSettings(SteeringSettings, base.NodeSettings):
    """Parameters of the steering node."""


class SteeringNode(base.FatigueNode[SteeringNodeSettings]):
    """Publishes how the driver steers, once a second.

    What the vehicle says brings no stamps: it counts from when it comes, by a clock that does not
    step.
    """

    name = "steering"
    Settings = SteeringNodeSettings

    def configure(self) -> None:
        """Advertise the topic."""
        self._publisher = self.advertise(Steering, "steering")

    def activate(self) -> None:
        """Begin with nothing seen."""
        self._monitor = SteeringMonitor(self.settings)
        self._last = self._monitor.measure(self.steady())
        do, sensor = self._monitor, qos_profile_sensor_data
        self.listen(TwistStamped, "vehicle/speed", self._on_speed, sensor)
        self.listen(
            Float32, "vehicle/steering_angle", lambda m: do.on_angle(self.steady(), m.data), sensor
        )
        self.listen(
            Float32,
            "vehicle/lateral_position",
            lambda m: do.on_position(self.steady(), m.data),
            sensor,
        )
        self.listen(Bool, "vehicle/assistance", lambda m: do.on_assistance(m.data))
        self.listen(Bool, "vehicle/indicator", lambda m: do.on_indicator(self.steady(), on=m.data))
        self.listen(Bool, "vehicle/brake", lambda m: do.on_brake(m.data))
        self.listen(DriverReferences, "references", lambda m: do.set_driver(m.driver_id), LATCHED)
        self.every(_PERIOD, self._measure)

    def _on_speed(self, message: messages.TwistStamped) -> None:
        self._monitor.on_speed(self.steady(), message.twist.linear.x)

    def _measure(self) -> None:
        self._last = self._monitor.measure(self.steady())
        header = Header(stamp=to_stamp(self._last.stamp))
        self._publisher.publish(filled(Steering, self._last, header=header))

    def diagnose(self) -> base.Diagnosis:
        """Whether there is anything to measure, and what it says."""
        last = self._last
        return base.Diagnosis(
            base.OK if last.valid else base.WARN,
            last.reason or "measuring",
            {
                "steered [s]": last.steered,
                "entropy": last.entropy,
                "the driver's own entropy": last.own_entropy,
                "no numbers": self._monitor.ignored,
            },
        )

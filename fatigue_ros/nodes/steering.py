"""Node `steering`: the wheel's angle and the place in the lane in, how the driver steers out."""

import dataclasses

from geometry_msgs.msg import TwistStamped
from rclpy.qos import qos_profile_sensor_data
from std_msgs.msg import Bool, Float32, Header

from fatigue_ros.errors import FatigueError
from fatigue_ros.fusion.steering_references import Start, SteeringStore
from fatigue_ros.fusion.storage import directory_of
from fatigue_ros.measures.steering import SteeringMonitor, SteeringSettings
from fatigue_ros.msg import DriverReferences, FatigueLevel, Steering
from fatigue_ros.ros import base, messages
from fatigue_ros.ros.conversions import filled, to_stamp
from fatigue_ros.ros.qos import LATCHED
from fatigue_ros.settings.parameters import parameter

_PERIOD = 1.0  # [s]


@dataclasses.dataclass(frozen=True, kw_only=True)
class SteeringNodeSettings(SteeringSettings, base.NodeSettings):
    """Parameters of the steering node."""

    state_directory: str = parameter(
        "",
        "Folder for how drivers steer when they are rested; empty: the user's state directory "
        "($XDG_STATE_HOME/fatigue_ros, else ~/.local/state/fatigue_ros); 'none': nothing is kept",
    )
    rested_level: float = parameter(
        40.0,
        "A drive whose fatigue level was above this while the driver's own steering was learned is "
        "not kept for later ones. Ours",
        unit="%",
        limits=(0.0, 100.0),
    )


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
        self._store = SteeringStore(directory_of(self.settings.state_directory))

    def activate(self) -> None:
        """Begin with nothing seen."""
        self._monitor = SteeringMonitor(self.settings)
        self._last = self._monitor.measure(self.steady())
        self._driver, self._store_problem = "", ""
        self._drives: tuple[Start, ...] = ()
        self._rested, self._kept = False, False
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
        self.listen(DriverReferences, "references", self._on_driver, LATCHED)
        self.listen(FatigueLevel, "fatigue", self._on_level)
        self.every(_PERIOD, self._measure)

    def _on_speed(self, message: messages.TwistStamped) -> None:
        self._monitor.on_speed(self.steady(), message.twist.linear.x)

    def _on_driver(self, message: messages.DriverReferences) -> None:
        if message.driver_id == self._driver:
            return
        self._driver, self._drives, self._kept, self._rested = message.driver_id, (), False, False
        self._store_problem = ""
        try:
            self._drives = self._store.load(self._driver)
        except FatigueError as error:
            self._store_problem = str(error)
        self._monitor.set_driver(self._driver, self._drives)

    def _on_level(self, message: messages.FatigueLevel) -> None:
        """The newest level that could be told, while the driver's own is learned."""
        if message.valid:
            self._rested = message.level <= self.settings.rested_level

    def _keep(self) -> None:
        """Keep the begin of a drive, if the driver was rested as far as anybody knows."""
        if self._kept or self._monitor.learnt is None or not self._driver:
            return
        self._kept = True
        if not self._rested:
            return
        self._drives = (*self._drives, self._monitor.learnt)
        try:
            self._store.save(self._driver, self._drives)
        except FatigueError as error:
            self._store_problem = str(error)

    def _measure(self) -> None:
        self._keep()
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
                "drives it rests on": len(self._drives),
                "store": self._store_problem or "ok",
                "no numbers": self._monitor.ignored,
            },
        )

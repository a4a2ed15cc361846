"""Node `microcontroller`: the board on a serial port; pulse samples out, LEDs and buzzer in."""

import dataclasses
import itertools
import math
import threading
import time

from geometry_msgs.msg import TwistStamped
from rclpy.qos import qos_profile_sensor_data
from std_msgs.msg import Header

from fatigue_ros.devices import protocol
from fatigue_ros.devices.clock_sync import DeviceClock
from fatigue_ros.devices.confirmation import SentCommands
from fatigue_ros.devices.framing import wire_time
from fatigue_ros.devices.heard_commands import HeardCommands
from fatigue_ros.devices.pulse_wish import PulseWish
from fatigue_ros.devices.serial_link import BoardLink
from fatigue_ros.msg import ActuatorCommand, ActuatorStatus, PpgSamples
from fatigue_ros.ros import base, messages
from fatigue_ros.ros.acknowledgement import AcknowledgeButton
from fatigue_ros.ros.conversions import to_stamp
from fatigue_ros.settings.parameters import parameter

HEARTBEAT_PERIOD = 0.25  # [s] the board gives us up after 2 s
STATUS_PERIOD = 1.0  # [s] how often it is said that there is no board
_COMPLAINT_PERIOD = 5.0  # [s] between log lines about tones that the board cannot make
_DEPTH = 100  # messages; two seconds of samples


@dataclasses.dataclass(frozen=True, kw_only=True)
class MicrocontrollerSettings(base.NodeSettings):
    """Parameters of the microcontroller node."""

    port: str = parameter(
        "2341:0043",
        "Serial port of the board: a path like /dev/ttyACM0, or vendor:product[:serial number] of "
        "its USB interface. 2341:0043 is the Arduino UNO R3.",
    )
    frame_id: str = parameter("ppg_sensor", "Frame of the samples' headers.")
    pulse_up_to: float = parameter(
        0.0,
        "Speed up to which the board is to read the pulse, as also where no speed is known; the "
        "paper has 5. 0: at any speed.",
        unit="km/h",
        limits=(0.0, 300.0),
    )
    start_up_time: float = parameter(
        10.0,
        "For so long after the start alert may not have commanded anything yet; afterwards the "
        "board is told nothing, and shows that it is alone.",
        unit="s",
        limits=(1.0, 120.0),
    )


class MicrocontrollerNode(base.FatigueNode[MicrocontrollerSettings]):
    """Publishes what the board says and forwards commands to it; waits for it when it is gone.

    The board's heartbeat is that of `alert`: without new commands there is none, whatever else
    runs here.
    """

    name = "microcontroller"
    Settings = MicrocontrollerSettings

    def configure(self) -> None:
        """Advertise the topics; a port that names none is refused here."""
        self._link = BoardLink(self.settings.port, self._on_message, self._on_lost)
        self._samples = self.advertise(PpgSamples, "ppg", _DEPTH)
        self._statuses = self.advertise(ActuatorStatus, "actuators/status")
        self._button = AcknowledgeButton(self)

    def activate(self) -> None:
        """Open the port, and show the board that we are alive."""
        self._lock = threading.Lock()  # link thread and executor both change what follows
        self._device_clock = DeviceClock()
        self._status = ActuatorStatus()
        self._sampled_at = -math.inf
        self._heartbeats = itertools.count(1)
        self._commands = SentCommands()
        self._heard = HeardCommands(self.settings.start_up_time, time.monotonic())
        self._pulse = PulseWish(self.settings.pulse_up_to)
        self._last_problem = ""
        self._button.start()
        self._link.start()
        self.listen(ActuatorCommand, "actuators/command", self._on_command, numbered=True)
        if self.settings.pulse_up_to > 0.0:
            self.listen(TwistStamped, "vehicle/speed", self._on_speed, qos_profile_sensor_data)
        self.every(STATUS_PERIOD, self._on_status_timer, steady=True)
        # In the executor: the board shall learn when that hangs.
        self.every(HEARTBEAT_PERIOD, self._beat, steady=True)

    def deactivate(self) -> None:
        """Lights and buzzer off, port closed."""
        self._link.send(protocol.Alert(self._commands.newest % 65536, False, False, 0, 0))
        self._link.close()

    # From the link's thread --------------------------------------------------------------------

    def _on_message(self, message: protocol.FromBoard, arrival: float) -> None:
        if isinstance(message, protocol.PulseSamples):
            self._publish_samples(message, arrival)
            return
        self._button.take(pressed=message.button)
        with self._lock:
            status = self._status
            status.connected = True
            status.host_lost = message.host_lost
            status.yellow_led, status.red_led = message.yellow, message.red
            status.buzzer_frequency = message.buzzer
            if isinstance(message, protocol.Status):
                status.firmware = "uno {}.{}".format(*message.firmware)
                status.dropped_samples = message.dropped
                status.crc_errors = message.crc_errors
                self._pulse.hear(message)
                if message.pulse_stopped:
                    self._device_clock.reset()  # without samples it does not follow the board's
            elif isinstance(message, protocol.Acknowledgement):
                self._commands.confirm(message.sequence, arrival)
            self._publish_status()

    def _publish_samples(self, message: protocol.PulseSamples, arrival: float) -> None:
        # Sent when the last sample was there, and arrived when the last byte was.
        sent = message.device_time + round(message.duration * 1e6)
        with self._lock:
            mapped = self._device_clock.update(sent, arrival - wire_time(message.encode()))
        # By the ROS clock as it stands now, which may be set at any time.
        stamp = mapped - message.duration + self.now() - time.monotonic()
        self._samples.publish(
            PpgSamples(
                header=Header(stamp=to_stamp(stamp), frame_id=self.settings.frame_id),
                sequence=message.sequence,
                device_time=message.device_time,
                sample_rate=1.0 / protocol.SAMPLE_PERIOD,
                samples=message.samples,
            )
        )
        self._sampled_at = arrival

    def _on_lost(self) -> None:
        with self._lock:
            self._device_clock.reset()  # an UNO begins anew when its port is opened
            self._button.reset()
            self._pulse.hear(None)
            self._status = ActuatorStatus()
            self._publish_status()

    # From the executor -------------------------------------------------------------------------

    def _on_command(self, message: messages.ActuatorCommand, number: int) -> None:
        now = time.monotonic()
        loudness = int(message.buzzer_frequency > 0), message.red_led + message.yellow_led
        two = "actuators/command" in self.rivals
        if not self._heard.admit(message.sequence, loudness, number, now, two=two):
            return
        alert = protocol.Alert.within_limits(
            message.sequence,
            yellow=message.yellow_led,
            red=message.red_led,
            buzzer=message.buzzer_frequency,
            duration=message.duration,
        )
        if alert.buzzer != message.buzzer_frequency:
            self.get_logger().warning(
                f"actuators/command: a tone of {message.buzzer_frequency} Hz, expected "
                f"{protocol.MIN_BUZZER_FREQUENCY} to {protocol.MAX_BUZZER_FREQUENCY} Hz; "
                f"{alert.buzzer} Hz instead",
                throttle_duration_sec=_COMPLAINT_PERIOD,
            )
        with self._lock:
            self._commands.send(message.sequence, now)
        if not self._link.send(alert):
            self._commands.unsent += 1

    def _on_speed(self, message: messages.TwistStamped) -> None:
        self._pulse.drive(message.twist.linear.x, time.monotonic())

    def _beat(self) -> None:
        now = time.monotonic()
        if not self._heard.silence(now):
            self._link.send(protocol.Heartbeat(next(self._heartbeats) % 65536))
        if order := self._pulse.order(now):
            self._link.send(order)

    def _on_status_timer(self) -> None:
        problem = self._link.problem
        if problem != self._last_problem:
            if problem:
                self.get_logger().error(problem)
            else:
                self.get_logger().info(f"port {self.settings.port}: the board is there")
            self._last_problem = problem
        if not self._link.connected:  # otherwise the board says it
            with self._lock:
                self._publish_status()

    def _publish_status(self) -> None:
        self._status.acknowledged = self._commands.acknowledged
        self._status.header.stamp = self.get_clock().now().to_msg()
        self._statuses.publish(self._status)

    def diagnose(self) -> base.Diagnosis:
        """Whether the board is there and sampling, with the link's figures."""
        now = time.monotonic()
        age = now - self._sampled_at
        values = self._link.diagnose() | self._commands.diagnose()
        values |= {
            "firmware": self._status.firmware,
            "repetitions_refused": self._heard.repetitions,
            "quieter_ones_refused": self._heard.overruled,
            "board_restarts": self._device_clock.restarts,
            "age_of_last_sample": age,
            "clock_drift_ppm": 1e6 * self._device_clock.drift,
            "dropped_by_board": self._status.dropped_samples,
            "crc_errors_of_board": self._status.crc_errors,
        }
        if self._link.problem:
            return base.Diagnosis(base.ERROR, self._link.problem, values)
        if silence := self._heard.silence(now):
            return base.Diagnosis(base.ERROR, silence, values)
        if trouble := self._pulse.trouble(now):
            return base.Diagnosis(base.WARN, trouble, values)
        if not age < STATUS_PERIOD and not self._pulse.stopped:
            return base.Diagnosis(base.ERROR, f"no sample for {age:.1f} s", values)
        if self._status.host_lost:
            return base.Diagnosis(base.WARN, "the board does not hear us", values)
        return base.Diagnosis(base.OK, self._pulse.doing, values)

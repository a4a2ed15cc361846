"""Node `microcontroller`: the board on a serial port; pulse samples out, LEDs and buzzer in."""

from __future__ import annotations

import dataclasses
import math
import sys
import threading
import time
from typing import Any

from rclpy.clock import Clock, ClockType
from std_msgs.msg import Header

from fatigue_ros.devices.clock_sync import DeviceClock
from fatigue_ros.devices.protocol import (
    BAUD_RATE,
    BITS_PER_BYTE,
    MAX_BUZZER_FREQUENCY,
    MAX_DURATION,
    MIN_BUZZER_FREQUENCY,
    SAMPLE_PERIOD,
    Acknowledgement,
    Alert,
    FromBoard,
    Heartbeat,
    Samples,
    Status,
    frame,
)
from fatigue_ros.devices.serial_link import BoardLink
from fatigue_ros.msg import ActuatorCommand, ActuatorStatus, PpgSamples
from fatigue_ros.nodes import base
from fatigue_ros.nodes.conversions import to_stamp
from fatigue_ros.parameters import parameter

HEARTBEAT_PERIOD = 0.25  # [s] the board gives us up after 2 s
STATUS_PERIOD = 1.0  # [s] how often it is said that there is no board
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


class MicrocontrollerNode(base.FatigueNode):
    """Publishes what the board says and forwards commands to it; waits for it when it is gone."""

    name = "microcontroller"
    Settings = MicrocontrollerSettings

    def configure(self) -> None:
        """Advertise the topics; a port that names none is refused here."""
        self._link = BoardLink(self.settings.port, self._on_message, self._on_lost)
        self._samples = self.advertise(PpgSamples, "ppg", _DEPTH)
        self._statuses = self.advertise(ActuatorStatus, "actuators/status")

    def activate(self) -> None:
        """Open the port, and show the board that we are alive."""
        self._lock = threading.Lock()  # link thread and executor both change what follows
        self._device_clock = DeviceClock()
        self._status = ActuatorStatus()
        self._sampled_at = -math.inf
        self._heartbeats = 0
        self._sent: tuple[int, float] = (0, math.nan)  # sequence, time
        self._commands = self._unsent = self._confirmed = 0
        self._delay = math.nan
        self._last_problem = ""
        self._link.start()
        self.listen(ActuatorCommand, "actuators/command", self._on_command)
        self.every(STATUS_PERIOD, self._on_status_timer)
        # By a clock that always runs, in the executor: the board shall learn when that hangs.
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        timer = self.create_timer(HEARTBEAT_PERIOD, self._beat, clock=steady)
        self._while_active.append(lambda: self.destroy_timer(timer))

    def deactivate(self) -> None:
        """Lights and buzzer off, port closed."""
        self._link.send(Alert(self._sent[0] % 65536, False, False, 0, 0))
        self._link.close()

    # From the link's thread --------------------------------------------------------------------

    def _on_message(self, message: FromBoard, arrival: float) -> None:
        if isinstance(message, Samples):
            self._publish_samples(message, arrival)
            return
        with self._lock:
            status = self._status
            status.connected = True
            status.host_lost = message.host_lost
            status.yellow_led, status.red_led = message.yellow, message.red
            status.buzzer_frequency = message.buzzer
            if isinstance(message, Status):
                status.firmware = "uno {}.{}".format(*message.firmware)
                status.dropped_samples = message.dropped
                status.crc_errors = message.crc_errors
            elif isinstance(message, Acknowledgement):
                self._confirm(message.sequence, arrival)
            self._publish_status()

    def _publish_samples(self, message: Samples, arrival: float) -> None:
        # Sent when the last sample was there, and arrived when the last byte was.
        run = (len(message.samples) - 1) * SAMPLE_PERIOD
        wire = len(frame(message.encode())) * BITS_PER_BYTE / BAUD_RATE
        sent = message.device_time + round(run * 1e6)
        with self._lock:
            mapped = self._device_clock.update(sent, arrival - wire) - run
        # By the ROS clock as it stands now, which may be set at any time.
        stamp = mapped + self.now() - time.monotonic()
        self._samples.publish(
            PpgSamples(
                header=Header(stamp=to_stamp(stamp), frame_id=self.settings.frame_id),
                sequence=message.sequence,
                device_time=message.device_time,
                sample_rate=1.0 / SAMPLE_PERIOD,
                samples=message.samples,
            )
        )
        self._sampled_at = arrival

    def _confirm(self, sequence: int, arrival: float) -> None:
        full, sent_at = self._sent
        full -= (full - sequence) % 65536  # the board repeats the lower 16 bits
        self._status.acknowledged = max(0, full)
        if full == self._sent[0]:
            self._confirmed += 1
            self._delay = arrival - sent_at

    def _on_lost(self) -> None:
        with self._lock:
            self._device_clock.reset()  # an UNO begins anew when its port is opened
            self._status = ActuatorStatus(acknowledged=self._status.acknowledged)
            self._publish_status()

    # From the executor -------------------------------------------------------------------------

    def _on_command(self, message: Any) -> None:
        self._commands += 1
        buzzer = message.buzzer_frequency
        if buzzer and not MIN_BUZZER_FREQUENCY <= buzzer <= MAX_BUZZER_FREQUENCY:
            limited = min(MAX_BUZZER_FREQUENCY, max(MIN_BUZZER_FREQUENCY, buzzer))
            self.get_logger().warning(
                f"actuators/command: the board makes no tone of {buzzer} Hz, expected "
                f"{MIN_BUZZER_FREQUENCY} to {MAX_BUZZER_FREQUENCY} Hz; {limited} Hz instead"
            )
            buzzer = limited
        # Not a number is no duration; longer ones are kept up by whoever repeats the command.
        seconds = min(MAX_DURATION, message.duration) if message.duration > 0.0 else 0.0
        alert = Alert(
            message.sequence % 65536,
            message.yellow_led,
            message.red_led,
            buzzer,
            round(1000.0 * seconds),
        )
        with self._lock:
            self._sent = (message.sequence, time.monotonic())
            if message.sequence <= self._status.acknowledged:
                self._status.acknowledged = 0  # a sender that began anew, or asks once more
        if not self._link.send(alert):
            self._unsent += 1

    def _beat(self) -> None:
        self._heartbeats = (self._heartbeats + 1) % 65536
        self._link.send(Heartbeat(self._heartbeats))

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
        self._status.header.stamp = self.get_clock().now().to_msg()
        self._statuses.publish(self._status)

    def diagnose(self) -> base.Diagnosis:
        """Whether the board is there and sampling, with the link's figures."""
        link, age = self._link, time.monotonic() - self._sampled_at
        values = {
            "port": self.settings.port,
            "firmware": self._status.firmware,
            "frames": link.frames,
            "gaps": link.gaps,
            "crc_errors": link.crc_errors,
            "refused": link.refused,
            "reconnects": link.reconnects,
            "board_restarts": self._device_clock.restarts,
            "age_of_last_sample": age,
            "clock_drift_ppm": 1e6 * self._device_clock.drift,
            "dropped_by_board": self._status.dropped_samples,
            "crc_errors_of_board": self._status.crc_errors,
            "commands": self._commands,
            "commands_not_sent": self._unsent,
            "commands_confirmed": self._confirmed,
            "confirmation_delay": self._delay,
        }
        if link.problem:
            return base.Diagnosis(base.ERROR, link.problem, values)
        if not age < STATUS_PERIOD:
            return base.Diagnosis(base.ERROR, f"no sample for {age:.1f} s", values)
        if self._status.host_lost:
            return base.Diagnosis(base.WARN, "the board does not hear us", values)
        return base.Diagnosis(base.OK, "sampling", values)


def main(args: list[str] | None = None) -> int:
    """Run the node."""
    return base.run(MicrocontrollerNode, args)


if __name__ == "__main__":
    sys.exit(main())

"""Node `alert`: warnings in, LEDs and buzzer out. It acts; `fusion` decides."""

import dataclasses
import time

from std_msgs.msg import Header

from fatigue_ros.devices.confirmation import BoardWatch, CommandWatch
from fatigue_ros.devices.light_patterns import Pattern, PatternPlayer
from fatigue_ros.msg import ActuatorCommand, ActuatorStatus, FatigueWarning
from fatigue_ros.ros import base, messages
from fatigue_ros.ros.conversions import seconds
from fatigue_ros.ros.qos import REPEAT, WARNING_QOS
from fatigue_ros.settings.parameters import parameter

SILENCE = 3.0 * REPEAT  # [s] without a word from fusion, it is taken for broken
FAULT_LIGHT = 2.0 * SILENCE  # [s] how long a fault is shown that is not found again
CONFIRMATION = 0.2  # [s] within which the board has to say that it carried out a command
MOST_TRIES = 5  # of one command; a warning that goes on is commanded anew every second
STATUS_SILENCE = 2.5  # [s] the board speaks at least once a second
_TICK = 0.05  # [s]
_BY_CAUSE = {
    FatigueWarning.CAUSE_CANNOT_SEE_DRIVER: Pattern.CANNOT_SEE,
    FatigueWarning.CAUSE_SYSTEM_FAULT: Pattern.FAULT,
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class AlertSettings(base.NodeSettings):
    """Parameters of the alert node."""

    buzzer_frequency: int = parameter(
        2700,
        "Tone of the acoustic warning; small piezo buzzers are loudest near their resonance.",
        unit="Hz",
        limits=(100, 10_000),
        live=True,
    )
    output: str = parameter(
        "auto",
        "board: one must confirm every command. console: desks without a board, the log says what "
        "would be lit. auto: board as soon as there is one in the graph, console until then.",
        choices=("auto", "board", "console"),
    )


class AlertNode(base.FatigueNode[AlertSettings]):
    """Publishes an ActuatorCommand for each change of the lights and sees that it is carried out.

    Light patterns and timeouts run by a steady clock: lamps are real, whatever time the warnings
    are from. Commands end by themselves, so that nothing stays lit when the node is gone.
    """

    name = "alert"
    Settings = AlertSettings

    def configure(self) -> None:
        """Advertise the command."""
        self._publisher = self.advertise(ActuatorCommand, "actuators/command")
        self._sequence = 0

    def activate(self) -> None:
        """Listen for warnings, and for their absence."""
        self._warning: tuple[int, str] | None = None
        self._heard_at = self.now()
        self._silent = False
        self._player = PatternPlayer()
        self._command = ActuatorCommand()
        self._command_ends = 0.0
        commands = CommandWatch(CONFIRMATION, MOST_TRIES)
        self._board = BoardWatch(commands, STATUS_SILENCE, time.monotonic())
        self.listen(FatigueWarning, "warning", self._on_warning, WARNING_QOS)
        self.listen(ActuatorStatus, "actuators/status", self._on_status)
        self.every(SILENCE / 3.0, self._on_timer)
        self.every(_TICK, self._on_tick, steady=True)

    def _on_warning(self, message: messages.FatigueWarning) -> None:
        self._heard_at = self.now()
        if self._silent:
            self._silent = False
            self.get_logger().info("fusion is back")
        key = (message.severity, message.cause)
        before, self._warning = self._warning, key
        none = message.severity == FatigueWarning.NONE
        if none and key == before:
            return
        if key != before and not (none and before is None):
            self._say(message)
        duration = max(0.0, seconds(message.until) - seconds(message.header.stamp))
        self._show(_pattern(*key), duration, message.header)

    def _say(self, message: messages.FatigueWarning) -> None:
        lights = _pattern(message.severity, message.cause).value.steps
        shown = "" if self._expects_board else f" [{', '.join(map(str, lights))}]"
        if message.severity == FatigueWarning.ACOUSTIC:
            self.get_logger().error(f"WARNING, wake up: {message.text}{shown}")
        elif message.severity == FatigueWarning.VISUAL:
            self.get_logger().warning(f"warning: {message.text}{shown}")
        else:
            self.get_logger().info(f"warning over{shown}")

    def _on_timer(self) -> None:
        if self._heard_at == 0.0:  # simulated time had not begun
            self._heard_at = self.now()
        if self.now() - self._heard_at < SILENCE:
            return
        if not self._silent:
            self._silent = True
            self._warning = None
            self.get_logger().error(f"system fault: no word from fusion for {SILENCE:g} s")
        self._show(Pattern.FAULT, FAULT_LIGHT, self._now_header())

    def _show(self, pattern: Pattern, duration: float, header: messages.Header) -> None:
        now = time.monotonic()
        if self._player.show(pattern, duration, now):
            self._send(now, header)

    def _on_tick(self) -> None:
        now = time.monotonic()
        if self._player.moved_on(now):
            self._send(now, self._now_header())
        if self._expects_board:
            self._watch_board(now)

    @property
    def _expects_board(self) -> bool:
        if self.settings.output != "auto":
            return self.settings.output == "board"
        return self._board.heard or self.count_publishers("actuators/status") > 0

    def _send(self, now: float, header: messages.Header) -> None:
        lights, duration = self._player.command(now)
        self._sequence += 1
        self._command = ActuatorCommand(
            header=header,
            sequence=self._sequence,
            yellow_led=lights.yellow,
            red_led=lights.red,
            buzzer_frequency=self.settings.buzzer_frequency if lights.sound else 0,
            duration=duration,
        )
        self._command_ends = now + duration
        self._board.commands.send(self._sequence, now)
        self._publisher.publish(self._command)

    def _on_status(self, message: messages.ActuatorStatus) -> None:
        if self._board.hear(message, time.monotonic()):
            self.get_logger().info("the board confirms again")

    def _watch_board(self, now: float) -> None:
        """Repeat what the board has not confirmed, and say so once."""
        commands = self._board.commands
        trusted = commands.trusted
        if commands.overdue(now):
            self._command.duration = max(0.0, self._command_ends - now)
            self._publisher.publish(self._command)
        if trusted and not commands.trusted:
            self.get_logger().error(f"{commands.unconfirmed}, trying again")

    def _now_header(self) -> Header:
        return Header(stamp=self.get_clock().now().to_msg())

    def diagnose(self) -> base.Diagnosis:
        """Whether fusion is heard, and the board carries out what is commanded."""
        values = {
            "warning": "none" if self._warning is None else self._warning[1] or "none",
            "shown": self._player.pattern.name.lower(),
            "output": "board" if self._expects_board else "console",
            "commands": self._sequence,
            **self._board.commands.diagnose(),
        }
        troubles = [
            "no word from fusion" if self._silent else "",
            self._board.trouble(time.monotonic()) if self._expects_board else "",
        ]
        if any(troubles):
            return base.Diagnosis(base.ERROR, "; ".join(filter(None, troubles)), values)
        return base.Diagnosis(base.OK, "listening", values)


def _pattern(severity: int, cause: str) -> Pattern:
    if severity == FatigueWarning.ACOUSTIC:
        return Pattern.ACOUSTIC
    return Pattern.DARK if severity == FatigueWarning.NONE else _BY_CAUSE.get(cause, Pattern.VISUAL)

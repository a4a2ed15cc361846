"""Node `alert`: warnings in, LEDs and buzzer out. It acts; `fusion` decides."""

import collections
import dataclasses
import math
import time

from std_msgs.msg import Header

from fatigue_ros.devices.confirmation import BoardWatch, CommandWatch
from fatigue_ros.devices.light_patterns import Pattern, PatternPlayer, pattern_of
from fatigue_ros.devices.loudest_warning import LoudestWarning
from fatigue_ros.errors import FatigueError
from fatigue_ros.msg import ActuatorCommand, ActuatorStatus, FatigueWarning
from fatigue_ros.ros import base, messages
from fatigue_ros.ros.loudness import EVERY, PATIENCE, loudness
from fatigue_ros.ros.qos import REPEAT
from fatigue_ros.ros.quiet import Quiet
from fatigue_ros.settings.parameters import parameter

SILENCE = 3.0 * REPEAT  # [s] without a word from fusion, it is taken for broken
COMMAND_PERIOD = 0.5  # [s] the board must hear of us, also when nothing changes
CONFIRMATION = 0.2  # [s] within which the board has to say that it carried out a command
MOST_TRIES = 5  # of one command, should none follow it
STATUS_SILENCE = 2.5  # [s] the board speaks at least once a second
_TICK = 0.05  # [s]
_BEGUN = 20  # warnings that are known not to begin again


@dataclasses.dataclass(frozen=True, kw_only=True)
class AlertSettings(base.NodeSettings):
    """Parameters of the alert node."""

    buzzer_frequency: int = parameter(
        2700,
        "Tone of the alarm for closed eyes; small piezo buzzers are loudest near their resonance. "
        "The other tones are parts of it, see docs/hardware.md.",
        unit="Hz",
        limits=(100, 10_000),
        live=True,
    )
    start_up_time: float = parameter(
        10.0,
        "For so long after the start fusion may not have spoken yet; afterwards that is a fault.",
        unit="s",
        limits=(1.0, 120.0),
    )
    output: str = parameter(
        "auto",
        "board: one must confirm every command. console: desks without a board, the log says what "
        "would be lit. auto: board as soon as there is one in the graph, console until then.",
        choices=("auto", "board", "console"),
    )


class AlertNode(base.FatigueNode[AlertSettings]):
    """Publishes an ActuatorCommand for each change of the lights and sees that it is carried out.

    A warning is shown until fusion says something else or falls silent, whatever its stamps. The
    node commands at least once a second, darkness too: the board takes silence for our end. Light
    patterns and timeouts run by a steady clock: lamps are real, whatever time the warnings are
    from. Commands end by themselves, so that nothing stays lit when the node is gone.
    """

    name = "alert"
    Settings = AlertSettings

    def configure(self) -> None:
        """Advertise the command."""
        self._publisher = self.advertise(ActuatorCommand, "actuators/command")
        self._sequence = 0

    def activate(self) -> None:
        """Listen for warnings, and for their absence."""
        self._warnings: LoudestWarning[messages.FatigueWarning] = LoudestWarning(PATIENCE)
        self._warning: tuple[int, str] | None = None
        self._begun: collections.deque[tuple[str, int, int]] = collections.deque(maxlen=_BEGUN)
        self._heard = False
        self._quiet = Quiet(self.steady, time.monotonic)  # since fusion's last word, or the start
        self._unheard = ""
        self._player = PatternPlayer()
        self._command = ActuatorCommand()
        self._command_ends = 0.0
        self._sent_at = -math.inf
        commands = CommandWatch(CONFIRMATION, MOST_TRIES)
        self._board = BoardWatch(commands, STATUS_SILENCE, time.monotonic())
        self.listen(FatigueWarning, "warning", self._on_warning, EVERY, numbered=True)
        self.listen(ActuatorStatus, "actuators/status", self._on_status)
        self.every(_TICK, self._on_tick, steady=True)

    def _on_warning(self, message: messages.FatigueWarning, number: int) -> None:
        if message.severity > FatigueWarning.ACOUSTIC:
            raise FatigueError(
                f"severity: expected 0 to {FatigueWarning.ACOUSTIC}, got {message.severity}"
            )
        self._heard = True
        self._quiet.hear()
        if self._unheard:
            self._unheard = ""
            self.get_logger().info("fusion is back")
        chosen = self._warnings.hear(message, loudness(message), number, time.monotonic())
        key = (chosen.severity, chosen.cause)
        before, self._warning = self._warning, key
        none = chosen.severity == FatigueWarning.NONE
        if key != before and not (none and before is None):
            self._say(chosen)
        self._show(pattern_of(*key), chosen.header, chime=self._chimes(chosen))

    def _chimes(self, message: messages.FatigueWarning) -> bool:
        """Whether a tone is due: once for each warning, however often it is repeated."""
        if message.severity == FatigueWarning.NONE:
            self._begun.clear()
        warning = (message.cause, message.since.sec, message.since.nanosec)
        if warning in self._begun:
            return False
        self._begun.append(warning)
        return message.chime

    def _say(self, message: messages.FatigueWarning) -> None:
        pattern = pattern_of(message.severity, message.cause).value
        sound = pattern.sound(self.settings.buzzer_frequency)
        shown = "" if self._expects_board else f" [{pattern.leds}; {sound}]"
        if message.severity == FatigueWarning.ACOUSTIC:
            self.get_logger().error(f"WARNING, wake up: {message.text}{shown}")
        elif message.severity == FatigueWarning.VISUAL:
            self.get_logger().warning(f"warning: {message.text}{shown}")
        else:
            self.get_logger().info(f"warning over{shown}")

    def _listen_for_silence(self) -> None:
        """Show a fault while fusion does not speak; before its first word it has more time."""
        limit = SILENCE if self._heard else self.settings.start_up_time
        if self._quiet.seconds() < limit:
            return
        if not self._unheard:
            since = "" if self._heard else " since the start"
            self._unheard = f"no word from fusion for {limit:g} s{since}"
            self._warning = None
            self.get_logger().error(f"system fault: {self._unheard}")
        self._show(Pattern.FAULT, self._now_header())

    def _show(self, pattern: Pattern, header: messages.Header, *, chime: bool = False) -> None:
        now = time.monotonic()
        if self._player.show(pattern, now, chime=chime):
            self._send(now, header)

    def _on_tick(self) -> None:
        now = time.monotonic()
        self._listen_for_silence()
        if self._player.moved_on(now) or now - self._sent_at >= COMMAND_PERIOD:
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
            buzzer_frequency=lights.frequency(self.settings.buzzer_frequency),
            duration=duration,
        )
        self._command_ends, self._sent_at = now + duration, now
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
            base.FAULT: self.rivals.get("actuators/command", ""),
            **self._board.commands.diagnose(),
        }
        several = self._warnings.several(time.monotonic())
        troubles = [
            self._unheard,
            "several publishers of warning speak, the loudest counts" if several else "",
            self._board.trouble(time.monotonic()) if self._expects_board else "",
        ]
        if any(troubles):
            return base.Diagnosis(base.ERROR, "; ".join(filter(None, troubles)), values)
        if not self._heard:
            return base.Diagnosis(base.OK, "waiting for fusion's first word", values)
        return base.Diagnosis(base.OK, "listening", values)

"""Node `alert`: warnings in, LEDs and buzzer out. It acts; `fusion` decides."""

from __future__ import annotations

import dataclasses
import sys
from typing import Any

from fatigue_ros.msg import ActuatorCommand, FatigueWarning
from fatigue_ros.nodes import base
from fatigue_ros.nodes.conversions import seconds
from fatigue_ros.nodes.fusion import REPEAT, WARNING_QOS
from fatigue_ros.parameters import parameter

SILENCE = 3.0 * REPEAT  # [s] without a word from fusion, it is taken for broken
FAULT_LIGHT = 2.0 * SILENCE  # [s] how long one command keeps the yellow LED on during a fault


@dataclasses.dataclass(frozen=True, kw_only=True)
class AlertSettings(base.NodeSettings):
    """Parameters of the alert node."""

    buzzer_frequency: int = parameter(
        2700,
        "Tone of the acoustic warning; small piezo buzzers are loudest near their resonance.",
        unit="Hz",
        minimum=100,
        maximum=10_000,
        live=True,
    )


class AlertNode(base.FatigueNode):
    """Publishes an ActuatorCommand when the warning changes or is repeated, and says it once."""

    name = "alert"
    Settings = AlertSettings

    def configure(self) -> None:
        """Advertise the command."""
        self._publisher = self.advertise(ActuatorCommand, "actuators/command")
        self._sequence = 0

    def activate(self) -> None:
        """Listen for warnings, and for their absence."""
        self._shown: Any = None
        self._heard_at = self.now()
        self._silent = False
        self.listen(FatigueWarning, "warning", self._on_warning, WARNING_QOS)
        self.every(SILENCE / 3.0, self._on_timer)

    def deactivate(self) -> None:
        """Nothing stays lit that nobody watches over: commands end by themselves."""

    def _on_warning(self, message: Any) -> None:
        self._heard_at = self.now()
        if self._silent:
            self._silent = False
            self.get_logger().info("fusion is back")
        key = (message.severity, message.cause)
        if key != self._shown:
            self._shown = key
            if message.severity == FatigueWarning.ACOUSTIC:
                self.get_logger().error(f"WARNING, wake up: {message.text}")
            elif message.severity == FatigueWarning.VISUAL:
                self.get_logger().warning(f"warning: {message.text}")
            else:
                self.get_logger().info("warning over")
        elif message.severity == FatigueWarning.NONE:
            return
        acoustic = message.severity == FatigueWarning.ACOUSTIC
        self._command(
            message.header,
            yellow=message.severity != FatigueWarning.NONE,
            red=acoustic,
            buzzer=self.settings.buzzer_frequency if acoustic else 0,
            duration=max(0.0, seconds(message.until) - seconds(message.header.stamp)),
        )

    def _on_timer(self) -> None:
        if self._heard_at == 0.0:  # simulated time had not begun
            self._heard_at = self.now()
        if self.now() - self._heard_at < SILENCE:
            return
        if not self._silent:
            self._silent = True
            self._shown = None
            self.get_logger().error(f"system fault: no word from fusion for {SILENCE:g} s")
        header = FatigueWarning().header
        header.stamp = self.get_clock().now().to_msg()
        self._command(header, yellow=True, red=False, buzzer=0, duration=FAULT_LIGHT)

    def _command(
        self, header: Any, *, yellow: bool, red: bool, buzzer: int, duration: float
    ) -> None:
        self._sequence += 1
        self._publisher.publish(
            ActuatorCommand(
                header=header,
                sequence=self._sequence,
                yellow_led=yellow,
                red_led=red,
                buzzer_frequency=buzzer,
                duration=duration,
            )
        )

    def diagnose(self) -> base.Diagnosis:
        """Whether fusion is heard."""
        if self._silent:
            return base.Diagnosis(base.ERROR, "no word from fusion")
        shown = "none" if self._shown is None else self._shown[1] or "none"
        return base.Diagnosis(base.OK, "listening", {"warning": shown, "commands": self._sequence})


def main(args: list[str] | None = None) -> int:
    """Run the node."""
    return base.run(AlertNode, args)


if __name__ == "__main__":
    sys.exit(main())

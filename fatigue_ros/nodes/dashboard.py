"""Node `dashboard`: a page in the browser for driver and bench."""

import collections
import concurrent.futures
import dataclasses
import functools
import socket
import time
from collections.abc import Callable

from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import CompressedImage
from std_msgs.msg import Bool

from fatigue_ros.dashboard.commands import Command
from fatigue_ros.dashboard.server import Answer, DashboardServer
from fatigue_ros.dashboard.snapshot import Snapshot, pack
from fatigue_ros.devices.light_patterns import pattern_of
from fatigue_ros.msg import BlinkRate, FatigueLevel, FatigueWarning, HeartRate
from fatigue_ros.ros import base, messages
from fatigue_ros.ros.conversions import plain_values
from fatigue_ros.ros.dashboard_calls import BENCH_SERVICES, DRIVER_SERVICES, Calls
from fatigue_ros.ros.study_questions import StudyQuestions
from fatigue_ros.settings.parameters import parameter
from fatigue_ros.settings.resources import config

_TICK = 0.05  # [s]
_LEFT_OUT = ("header", "events", "until")
PICTURE = "fatigue/annotated/compressed"


@dataclasses.dataclass(frozen=True, kw_only=True)
class DashboardSettings(base.NodeSettings):
    """Parameters of the dashboard node."""

    listen: str = parameter(
        "127.0.0.1",
        "Address to listen at. The default is for this computer alone; 0.0.0.0 is for all that can "
        "reach it, and needs a token. What goes over the network is not encrypted.",
    )
    port: int = parameter(8470, "Port of the page; 0 for any that is free.", limits=(0, 65535))
    port_tries: int = parameter(
        1, "How many ports, from that one on, are tried until one is free.", limits=(1, 100)
    )
    token: str = parameter(
        "",
        "Word that a page has to know, of 16 characters or more: http://ADDRESS:PORT/#token=WORD. "
        "Empty: none, with a loopback address only.",
    )
    bench: bool = parameter(
        False,
        "Let the page pretend to be the vehicle: ignition, speed, scenario of driver_simulator. "
        "Never in a vehicle.",
    )
    ask_kss: float = parameter(
        0.0,
        "For studies: how often the page asks how sleepy the driver is (Karolinska Sleepiness "
        "Scale), while the vehicle stands. 0: never.",
        unit="min",
        limits=(0.0, 60.0),
        live=True,
    )
    ask_kss_driving: bool = parameter(
        False,
        "Ask while driving, too: in a driving simulator or on a test track. Never in traffic.",
        live=True,
    )
    ask_workload: bool = parameter(
        False,
        "For studies: the page asks after a drive how hard it felt, by the six sliders of the "
        "NASA-TLX, while the vehicle stands; after any other task it is a button.",
        live=True,
    )
    rate: float = parameter(
        5.0, "Updates of the page a second at most.", unit="Hz", limits=(0.5, 20.0), live=True
    )


class DashboardNode(base.FatigueNode[DashboardSettings]):
    """Keeps the latest messages and hands them to the server a few times a second.

    It does so by a steady clock: people look at the page, whatever time the messages are from.
    """

    name = "dashboard"
    Settings = DashboardSettings

    def configure(self) -> None:
        """Look for the services that the page's buttons call."""
        self._bench = self.settings.bench
        services = DRIVER_SERVICES | (BENCH_SERVICES if self._bench else {})
        clients = {name: self.client(kind, name) for name, kind in services.items()}
        ignition = self.advertise(Bool, "ignition").publish if self._bench else lambda _: None
        self._calls = Calls(clients, ignition, self._answer)
        self._questions = StudyQuestions(self)
        self._simulator = False
        folder = config("scenarios") if self._bench else None
        self._scenarios = sorted(p.stem for p in folder.glob("*.yaml")) if folder else []

    def activate(self) -> None:
        """Serve the page."""
        self._snapshot = Snapshot()
        self._latest: dict[str, tuple[float, messages.Stamped]] = {}
        self._asked: collections.deque[tuple[Command, concurrent.futures.Future[Answer]]] = (
            collections.deque()
        )
        self._end_picture: Callable[[], None] | None = None
        self._told_at = 0.0
        settings = self.settings
        self._server = DashboardServer(
            listen=settings.listen,
            port=settings.port,
            tries=settings.port_tries,
            token=settings.token,
            bench=self._bench,
            handle=self._ask,
            welcome=self._welcome,
        )
        self._server.start()
        for kind, topic in (
            (FatigueLevel, "fatigue"),
            (HeartRate, "heart_rate"),
            (BlinkRate, "blink"),
            (FatigueWarning, "warning"),
        ):
            self.listen(kind, topic, functools.partial(self._hear, topic))
        self.every(_TICK, self._tick, steady=True)
        self.get_logger().info(f"the page is at {self.address}")

    def deactivate(self) -> None:
        """Close the pages."""
        self._server.close()
        while self._asked:
            self._asked.popleft()[1].set_result((False, "the dashboard ends"))

    @property
    def address(self) -> str:
        """Of the page, without the token."""
        return self._server.address

    @property
    def invitation(self) -> str:
        """The address as another computer can open it, with the token."""
        address = self.address
        for anywhere in ("0.0.0.0", "[::]"):
            address = address.replace(anywhere, socket.gethostname())
        return f"{address}#token={self.settings.token}" if self.settings.token else address

    def _hear(self, topic: str, message: messages.Stamped) -> None:
        self._latest[topic] = (time.monotonic(), message)

    # From the server's thread ------------------------------------------------------------------

    def _ask(self, command: Command) -> concurrent.futures.Future[Answer]:
        answer: concurrent.futures.Future[Answer] = concurrent.futures.Future()
        self._asked.append((command, answer))
        return answer

    def _welcome(self) -> list[str]:
        about = {"bench": self._bench, "scenarios": self._scenarios}
        return [
            pack("hello", about),
            pack("history", {"points": self._snapshot.history()}),
            self._state(),
        ]

    def _state(self) -> str:
        found = self._snapshot.state(time.monotonic())
        asks = {"simulator": self._simulator, **self._questions.due(found.get("fatigue"))}
        return pack("state", {**found, **asks})

    def _answer(self, command: Command) -> Answer:
        found = self._snapshot.state(time.monotonic())
        return self._questions.answer(command, found.get("fatigue"))

    # From the executor -------------------------------------------------------------------------

    def _tick(self) -> None:
        while self._asked:
            self._calls.begin(*self._asked.popleft())
        self._calls.expire()
        self._show_picture(self._server.wants_picture)
        now = time.monotonic()
        if now - self._told_at < 1.0 / self.settings.rate - 0.5 * _TICK:
            return
        self._told_at = now
        for topic in list(self._latest):
            heard, message = self._latest.pop(topic)
            values = plain_values(message, _LEFT_OUT)
            if topic == "warning":  # what the lamps show, by the same table
                pattern = pattern_of(int(values["severity"]), str(values["cause"]))
                values |= {"pattern": pattern.name.lower(), "leds": pattern.value.leds}
            elif topic == "fatigue":
                self._questions.see(values)
            self._snapshot.hear(topic, heard, values)
        self._simulator = self._calls.simulator
        if self._server.pages:
            self._server.publish(self._state())

    def _show_picture(self, wanted: bool) -> None:
        if wanted and self._end_picture is None:
            self._end_picture = self.listen(
                CompressedImage, PICTURE, self._on_picture, qos_profile_sensor_data
            )
        elif self._end_picture is not None and not wanted:
            self._end_picture()
            self._end_picture = None

    def _on_picture(self, message: messages.CompressedImage) -> None:
        self._server.publish_picture(bytes(message.data))

    def diagnose(self) -> base.Diagnosis:
        """Who looks, and what was asked for."""
        figures = self._server.figures()
        if self._server.problem:
            return base.Diagnosis(base.WARN, self._server.problem, figures)
        return base.Diagnosis(base.OK, f"serving {figures['pages']} pages", figures)

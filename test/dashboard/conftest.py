"""A real browser, and the real fusion and dashboard nodes with a driver made of eye messages."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent
_WAIT = 120.0  # [s] patience with a machine that does other things as well
_MOST = 0.1  # [s] between two messages of the driver's eyes, by their stamps
# A browser that keeps to itself: no account, no updates, no look-ups.
_ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--window-size=1024,600",
)


def wait_for(condition: Callable[[], Any], what: str, timeout: float = _WAIT) -> Any:
    """Until the condition holds; returns its value."""
    end = time.monotonic() + timeout
    while not (value := condition()):
        if time.monotonic() > end:
            pytest.fail(f"waited {timeout:g} s in vain for {what}")
        time.sleep(0.03)
    return value


@pytest.fixture
def wait() -> Callable[..., Any]:
    """Waits for a condition: condition, what it is, timeout in [s]."""
    return wait_for


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is given up or hung up on, however slow the machine."""
    from fatigue_ros.dashboard import open_page, server  # noqa: PLC0415
    from fatigue_ros.ros import dashboard_calls  # noqa: PLC0415

    for module in (open_page, server, dashboard_calls):
        monkeypatch.setattr(module, "_PATIENCE", _WAIT)
    monkeypatch.setattr(server, "_ANSWER_PATIENCE", _WAIT)


@pytest.fixture(scope="module")
def chromium(
    tmp_path_factory: pytest.TempPathFactory, end_all: Callable[[Any], None]
) -> Iterator[Any]:
    """Headless Chromium, driven by chromedriver; skips where they are missing.

    All their processes end with the tests of the module.
    """
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    driver = shutil.which("chromedriver")
    if browser is None or driver is None:
        packages = " ".join((HERE / "apt-packages.txt").read_text(encoding="utf-8").split())
        pytest.skip(f"no Chromium with its driver here: sudo apt-get install {packages}")
    from selenium import webdriver  # noqa: PLC0415 - only where there is a browser

    options = webdriver.ChromeOptions()
    options.binary_location = browser
    for argument in (*_ARGUMENTS, f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    service = webdriver.ChromeService(driver, popen_kw={"start_new_session": True})
    try:
        opened = webdriver.Chrome(options=options, service=service)
        yield opened
        opened.quit()
    finally:
        end_all(service.process)


class Page:
    """The page in the browser, by the ids of its elements."""

    def __init__(self, browser: Any, address: str) -> None:
        self.browser = browser
        browser.get("about:blank")
        browser.get(address)

    def text(self, name: str) -> str:
        """What an element says now."""
        found = self.script(f"return document.getElementById('{name}').textContent")
        return str(found)

    def script(self, code: str) -> Any:
        """Run JavaScript in the page."""
        return self.browser.execute_script(code)

    def element(self, name: str) -> Any:
        """An element, to click or type at."""
        return self.browser.find_element("id", name)

    def press(self, key: str) -> None:
        """A key on the keyboard, wherever the focus is."""
        self.browser.find_element("tag name", "body").send_keys(key)

    @property
    def warning(self) -> str:
        """The kind of warning that the page shows."""
        return str(self.script("return document.body.dataset.warning"))


class Drive:
    """Nodes on an executor in a thread, and a driver whose eyes say what ``eyes`` says.

    Their time is that of the eyes' messages. It follows the machine's, but makes no leap when that
    is busy: no node misses the eyes then.
    """

    def __init__(self, state_directory: Path) -> None:
        import rclpy  # noqa: PLC0415
        from rclpy.experimental import EventsExecutor  # noqa: PLC0415
        from rosgraph_msgs.msg import Clock  # noqa: PLC0415

        from fatigue_ros.msg import BlinkRate  # noqa: PLC0415
        from fatigue_ros.ros.composition import create  # noqa: PLC0415

        self._create = create
        self._executor = EventsExecutor()
        self._state_directory = state_directory
        self.node: Any = rclpy.create_node("drive")
        self._clock = self.node.create_publisher(Clock, "/clock", 10)
        self._eyes = self.node.create_publisher(BlinkRate, "blink", 10)
        self._time = time.time()
        self.eyes: dict[str, Any] = {}
        self.nodes: dict[str, Any] = {}
        self._executor.add_node(self.node)
        self._todo: list[Callable[[], None]] = []
        self._ended = False
        fusion = {
            "cannot_see_time": 1.0,
            "see_again_time": 0.5,
            "state_warning_time": 0.5,
            "TIME_FOR_OPTICAL_WARNING": 1.0,
        }
        self.add("fusion", {"state_directory": str(state_directory), **fusion})
        self.add("vehicle_speed", {"source": "fixed", "fixed_speed_kmh": 0.0})
        self.add("dashboard", {"port": 0, "bench": True, "rate": 10.0})
        self._thread = threading.Thread(target=self._spin, daemon=True)
        self._thread.start()

    def add(self, name: str, parameters: dict[str, Any]) -> Any:
        """Start a node."""
        node = self.nodes[name] = self._create(name, {"use_sim_time": True, **parameters})
        self._executor.add_node(node)
        while not node.now():
            self._tell_time()
            self._executor.spin_once(timeout_sec=0.01)
        assert node.start(), node.problem
        return node

    @property
    def address(self) -> str:
        """Of the page."""
        return str(self.nodes["dashboard"].address)

    def do(self, act: Callable[[], None]) -> None:
        """Run something in the executor's thread, and wait for it."""
        done = threading.Event()
        self._todo.append(lambda: (act(), done.set())[0])  # type: ignore[func-returns-value]
        assert done.wait(_WAIT)

    def restart_dashboard(self, between: Callable[[], None]) -> None:
        """End the node, do something, and start another at the same port."""
        old = self.nodes["dashboard"]
        port = int(old.address.rstrip("/").rpartition(":")[2])

        def end() -> None:
            old.stop()
            self._executor.remove_node(old)
            old.destroy_node()

        self.do(end)
        between()
        self.do(lambda: self.add("dashboard", {"port": port, "bench": True}))

    def _spin(self) -> None:
        due = 0.0
        while not self._ended:
            while self._todo:
                self._todo.pop(0)()
            if time.monotonic() >= due:
                due = time.monotonic() + 1.0 / 30.0
                self._look()
            self._executor.spin_once(timeout_sec=0.01)

    def _tell_time(self) -> Any:
        from rosgraph_msgs.msg import Clock  # noqa: PLC0415

        from fatigue_ros.ros.conversions import to_stamp  # noqa: PLC0415

        self._time = min(time.time(), self._time + _MOST)
        stamp = to_stamp(self._time)
        self._clock.publish(Clock(clock=stamp))
        return stamp

    def _look(self) -> None:
        from std_msgs.msg import Header  # noqa: PLC0415

        from fatigue_ros.msg import BlinkRate  # noqa: PLC0415

        values = {
            "valid": True,
            "judged": True,
            "ear": 0.3,
            "ear_open": 0.3,
            "blink_rate": 15.0,
            "blink_duration": 0.2,
            "perclos": 0.02,
            "perclos_long": 0.02,
            "window": 60.0,
            "perclos_window": 60.0,
            "perclos_long_window": 300.0,
            "coverage": 1.0,
            "frame_rate": 30.0,
            **self.eyes,
        }
        header = Header(stamp=self._tell_time(), frame_id="driver_camera")
        self._eyes.publish(BlinkRate(header=header, **values))

    def close(self) -> None:
        """Stop and destroy every node."""
        self._ended = True
        self._thread.join()
        for node in self.nodes.values():
            node.stop()
            self._executor.remove_node(node)
            node.destroy_node()
        self._executor.remove_node(self.node)
        self.node.destroy_node()
        self._executor.shutdown()


@pytest.fixture
def drive(domain: int, tmp_path: Path) -> Iterator[Drive]:
    """Fusion, vehicle_speed and dashboard, running."""
    import rclpy  # noqa: PLC0415
    from rclpy.signals import SignalHandlerOptions  # noqa: PLC0415

    rclpy.init(args=[], signal_handler_options=SignalHandlerOptions.NO)
    instance = Drive(tmp_path)
    yield instance
    instance.close()
    rclpy.shutdown()


@pytest.fixture
def page(chromium: Any, drive: Drive) -> Page:
    """The page of that drive, connected."""
    opened = Page(chromium, drive.address)
    wait_for(lambda: opened.script("return document.body.dataset.link") == "on", "a connection")
    return opened

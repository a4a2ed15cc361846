"""The faults: what is broken and how, what is promised, and within which time.

Each acts on a Rig, and returns what was seen. `quick` ones are tried by `make test`; `make faults`
tries all of them. Where a test elsewhere already does it with the real parts, that test is run.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
import json
import math
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from geometry_msgs.msg import TwistStamped
from rcl_interfaces.msg import Parameter, ParameterValue
from rcl_interfaces.srv import SetParameters
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import Image
from std_msgs.msg import Bool, Header

from fatigue_ros.msg import (
    ActuatorCommand,
    BlinkRate,
    FaceLandmarks,
    FatigueLevel,
    FatigueWarning,
)
from fatigue_ros.ros.conversions import to_stamp
from fatigue_ros.ros.qos import WARNING_QOS
from fatigue_ros.simulator.driver_face import DriverFace, FaceFrame
from fatigue_ros.vision.images import fill
from test.faults.rig import ALL, OPEN, PATIENCE, ROOT, SHUT, Rig, covered, face, twist

HEARD = 1.3  # [s] the promise for shut eyes at 15 frames/s or more
TOLD = 5.0  # [s] the promise for all that cannot be judged
SILENT = 2.0  # [s] `source_timeout`
NEIGHBOUR = 5.0  # [s] a node's silence, in the diagnostics of `fusion`
ALONE = 2.1  # [s] the board without a host
UNCOMMANDED = 4.1  # [s] the board without `alert`: `microcontroller` beats on for 2 s
SOUND = 10.0  # [s] `unseen_sound_time`
SHADE = 0.5  # [s] `shade_time`: dark for so long, it is no shadow
SINKS = 0.6  # [s] until the head has sunk so far that the eyes are not judged any more
HELD = 6.0  # [s] for which an alarm is watched
HOUR = 3600.0  # [s]
NONE = math.inf
"""No time is promised: the rule is that nothing dies, or that the named test passes."""


@dataclasses.dataclass(frozen=True)
class Fault:
    """A row of the campaign.

    Attributes:
        group: of what kind.
        name: what is wrong.
        injected: how it was done.
        expected: what is promised.
        within: [s] the time promised.
        act: does it, and returns what was seen.
        quick: whether `make test` tries it too.
        board: whether it needs the firmware in its simulator.
    """

    group: str
    name: str
    injected: str
    expected: str
    within: float
    act: Callable[..., str]
    quick: bool = False
    board: bool = False


CATALOGUE: list[Fault] = []
_GROUP = [""]


def fault(
    name: str,
    injected: str,
    expected: str,
    within: float,
    *,
    quick: bool = False,
    board: bool = False,
) -> Callable[[Callable[..., str]], Callable[..., str]]:
    """Enter a function into the catalogue."""

    def enter(act: Callable[..., str]) -> Callable[..., str]:
        CATALOGUE.append(
            Fault(_GROUP[0], name, injected, expected, within, act, quick=quick, board=board)
        )
        return act

    return enter


def tested(name: str, injected: str, expected: str, *tests: str) -> None:
    """Enter a fault that a test holds by itself."""
    where = ", ".join(f"`{test}`" for test in tests)
    fault(name, f"{injected}: {where}", expected, NONE)(lambda _: covered(*tests))


ALARM = "alarm for closed eyes, by light and sound"
EITHER = "the alarm, or CANNOT_SEE or FAULT"
BLIND = "CANNOT_SEE on the topic, the LEDs and in the diagnostics"
BROKEN = "FAULT on the topic, the LEDs and in the diagnostics"
STAYS = f"the alarm goes on for the {HELD:g} s that are watched"
LIVES = "refused and counted; afterwards the alarm for closed eyes comes"

# -------------------------------------------------------------------------------------------------
_GROUP[0] = "Eyes shut on a bad stream"


@fault("No fault at all", "eyes shut, 30 frames/s", ALARM, HEARD, quick=True)
def _control(rig: Rig) -> str:
    rig.drive()
    rig.asleep()
    return rig.seen(rig.alarm, "the alarm")


def _every(every: int, *, quick: bool = False) -> None:
    @fault(
        f"One frame in {every} without a face",
        f"eyes shut, every {every}th frame at 30 frames/s has no face",
        ALARM,
        HEARD,
        quick=quick,
    )
    def act(rig: Rig) -> str:
        rig.feed.blind = lambda number: number % every == 0
        rig.drive()
        rig.asleep()
        return rig.seen(rig.alarm, "the alarm")


for _each in (31, 20, 12, 6):
    _every(_each, quick=_each == 12)


def _intervals(
    name: str, make: Callable[[], Iterator[float]], within: float, *, quick: bool = False
) -> None:
    @fault(name, "eyes shut, frames come so", EITHER, within, quick=quick)
    def act(rig: Rig) -> str:
        rig.feed.intervals = make()
        rig.drive()
        rig.asleep()
        return rig.seen(rig.heard_or_told, "the alarm, or word of it")


def _jitter() -> Iterator[float]:
    chance = np.random.default_rng(1)
    while True:
        yield 0.2 * chance.uniform(0.6, 1.4)


_intervals("3.9 frames/s", lambda: itertools.repeat(1.0 / 3.9), TOLD, quick=True)
_intervals("3 frames/s", lambda: itertools.repeat(1.0 / 3.0), TOLD)
_intervals("5 frames/s with 40 % jitter", _jitter, 1.0 + 2 * 0.28)
_intervals(
    "15 frames/s, a gap of 0.4 s at every sixth",
    lambda: itertools.cycle([1.0 / 15.0] * 5 + [0.4]),
    1.0 + 0.8,
)


@fault("Frames 1.5 s late", "every frame comes 1.5 s late, then the eyes shut", ALARM, HEARD + 1.5)
def _late(rig: Rig) -> str:
    rig.feed.late = 1.5
    rig.drive()
    rig.asleep()
    return rig.seen(rig.alarm, "the alarm")


@fault(
    "Frames become late in an alarm",
    "eyes shut; after the alarm every frame comes 1.5 s late, the face turned away",
    STAYS,
    NONE,
    quick=True,
)
def _late_in_alarm(rig: Rig) -> str:
    rig.drive()
    rig.asleep()
    rig.until(rig.alarm, "the alarm")
    rig.begin()
    rig.feed.late = 1.5
    rig.feed.change = _turned(1.2)
    said = rig.seen(rig.alarm, "the alarm, again")
    rig.stays(rig.alarm, HELD)
    return f"{said}, and it stays"


def _flapping(name: str, by: float, *, quick: bool = False) -> None:
    @fault(
        f"Stamps that flap by {name}",
        f"eyes shut, every 15th stamp is {name} ahead",
        EITHER,
        TOLD,
        quick=quick,
    )
    def act(rig: Rig) -> str:
        rig.drive()
        rig.feed.stamp = lambda now, number: now + by * (number % 15 == 0)
        rig.asleep()
        return rig.seen(rig.heard_or_told, "the alarm, or word of it")


_flapping("2 s", 2.0)
_flapping("1 h", HOUR, quick=True)


@fault(
    "Stamps count from the camera's boot",
    "stamps are [s] since the node started; eyes shut",
    f"{ALARM}; the diagnostics of `fusion` say that clocks differ",
    HEARD,
)
def _boot(rig: Rig) -> str:
    origin = time.time() - 40.0
    rig.feed.stamp = lambda now, _: now - origin
    rig.drive()
    rig.asleep()
    said = rig.seen(rig.alarm, "the alarm")
    rig.also("fusion", "clock")
    return said


def _standing(name: str, stamp: Callable[[float], float]) -> None:
    @fault(name, "eyes shut, every frame has the same stamp", BROKEN, SILENT)
    def act(rig: Rig) -> str:
        rig.drive()
        still = stamp(time.time())
        rig.feed.stamp = lambda _now, _number: still
        rig.asleep()
        return _broken(rig)


_standing("The stamp stands still", lambda now: now)
_standing("The stamp is 0", lambda _: 0.0)


def _broken(rig: Rig) -> str:
    said = rig.seen(rig.told, "word of it")
    assert said.startswith("FAULT"), said
    rig.also("fusion", said.partition(": ")[2][:12])
    return said


def _blind(rig: Rig) -> str:
    said = rig.seen(rig.told, "word of it")
    assert said.startswith("CANNOT_SEE"), said
    rig.also("fusion", said.partition(": ")[2][:12])
    return said


# -------------------------------------------------------------------------------------------------
_GROUP[0] = "Eyes out of sight"


def _turned(yaw: float = 0.0, pitch: float = 0.0) -> Callable[[Any, int], None]:
    def change(message: Any, _: int) -> None:
        message.yaw, message.pitch = yaw, pitch

    return change


def _hidden(
    name: str,
    injected: str,
    change: Callable[[Rig], None],
    *,
    quick: bool = False,
    within: float = TOLD,
) -> None:
    @fault(name, injected, BLIND, within, quick=quick)
    def act(rig: Rig) -> str:
        rig.drive()
        rig.begin()
        change(rig)
        return _blind(rig)


def _no_face(rig: Rig) -> None:
    rig.feed.blind = lambda _: True


def _profile(rig: Rig) -> None:
    rig.feed.change = _turned(1.2)


def _glasses(rig: Rig) -> None:
    def change(message: Any, _: int) -> None:
        message.eye_shade = 0.9

    rig.feed.change = change


def _no_numbers(rig: Rig) -> None:
    def change(message: Any, _: int) -> None:
        message.points[:] = np.nan

    rig.feed.change = change


_hidden("Face lost", "frames without a face", _no_face, quick=True)
_hidden("Head in profile", "a yaw of 1.2 rad", _profile, quick=False)
_hidden("Sunglasses", "a shade of the eyes of 0.9", _glasses, within=TOLD + SHADE)
_hidden("Points that are no numbers", "NaN in every point", _no_numbers, quick=False)


@fault(
    "The head sinks, then the eyes shut",
    "pitch to 0.7 rad within 0.7 s, eyes shut at 0.8 s",
    "CANNOT_SEE after 5 s by light, after 10 s by sound",
    SINKS + SOUND,
)
def _sinking(rig: Rig) -> str:
    rig.drive()
    rig.begin()
    begun = time.monotonic()

    def sink(message: Any, _: int) -> None:
        message.pitch = min(0.7, time.monotonic() - begun)

    rig.feed.change = sink
    rig.until(lambda: time.monotonic() - begun > 0.8, "the head to be down")
    rig.feed.ear = SHUT
    light = rig.until(rig.told, "the light")
    assert light.startswith("CANNOT_SEE"), light
    return rig.seen(lambda: rig.warned("cannot_see_driver", sound=True), "the sound")


@fault("Nodding", "the head down for 3.5 s of every 6 s", "CANNOT_SEE by sound within 20 s", 20.0)
def _nodding(rig: Rig) -> str:
    rig.drive()
    rig.begin()
    begun = time.monotonic()

    def nod(message: Any, _: int) -> None:
        message.pitch = 0.7 if (time.monotonic() - begun) % 6.0 < 3.5 else 0.0

    rig.feed.change = nod
    return rig.seen(lambda: rig.warned("cannot_see_driver", sound=True), "the sound")


# -------------------------------------------------------------------------------------------------
_GROUP[0] = "Camera and picture"


@fault("Landmarks silent", "no message any more", BROKEN, SILENT, quick=True)
def _silent(rig: Rig) -> str:
    rig.drive()
    rig.begin()
    rig.feed.frames = False
    return _broken(rig)


@fault(
    "Landmarks frozen",
    "the same points to the last bit, new stamps",
    BROKEN,
    SOUND + 1.0,
)
def _frozen_landmarks(rig: Rig) -> str:
    rig.drive()
    rig.begin()
    points = np.asarray(face(rig.points, 0.0, OPEN).points)

    def still(message: Any, _: int) -> None:
        message.points = points

    rig.feed.change = still
    return _broken(rig)


class _Pictures:
    """A drawn driver's pictures, for `landmarks` to look at."""

    def __init__(self, rig: Rig) -> None:
        self._rig = rig
        self._driver = DriverFace()
        self._publisher = rig.publisher(Image, "camera/image_raw", qos_profile_sensor_data)
        self._again: Any = None
        self._number = 0
        self.lid = 0.0
        self.flat: int | None = None
        self.frozen = self.silent = False
        rig.feed.frames = False
        rig.every(0.1, self._show)

    def _show(self) -> None:
        if self.silent:
            return
        if self._again is None or not self.frozen:
            self._number += 1  # for the noise of a true camera
            picture = self._driver.render(
                FaceFrame(right_lid=self.lid, left_lid=self.lid, grain=self._number)
            )
            if self.flat is not None:
                noise = np.random.default_rng().integers(0, 3, picture.shape)
                picture = np.clip(self.flat + noise, 0, 255).astype(np.uint8)
            self._again = picture
        message = Image(header=Header(stamp=to_stamp(time.time()), frame_id="driver_camera"))
        fill(message, self._again)
        self._publisher.publish(message)


def _pictures(rig: Rig) -> _Pictures:
    pictures = _Pictures(rig)
    rig.drive(*ALL, "landmarks")
    rig.begin()
    return pictures


@fault("Eyes shut in a picture", "a drawn driver at 10 frames/s", ALARM, HEARD)
def _drawn(rig: Rig) -> str:
    pictures = _pictures(rig)
    pictures.lid = 1.0
    return rig.seen(rig.alarm, "the alarm")


@fault("Camera unplugged", "no image any more", BROKEN, SILENT)
def _unplugged(rig: Rig) -> str:
    _pictures(rig).silent = True
    return _broken(rig)


@fault("Picture frozen", "the same picture to the last bit, new stamps", BROKEN, 4.0)
def _frozen(rig: Rig) -> str:
    _pictures(rig).frozen = True
    said = rig.seen(rig.told, "word of it")
    rig.also("landmarks", "")
    return said


@fault("Picture black", "pictures of 0 to 2 of 255", BLIND, TOLD)
def _black(rig: Rig) -> str:
    _pictures(rig).flat = 0
    return _blind(rig)


@fault("Picture white", "pictures of 253 to 255 of 255", BLIND, TOLD)
def _white(rig: Rig) -> str:
    _pictures(rig).flat = 253
    return _blind(rig)


tested(
    "Camera that stops, or is not there yet",
    "a stream that ends; a device that is absent",
    "told by name; opened again by itself",
    "test/integration/test_camera.py",
)
tested(
    "Images that are none; images of 8k",
    "wrong sizes, encodings, bytes; four pictures of 8k",
    "refused by name and counted, no memory kept",
    "test/integration/test_landmarks.py",
    "test/vision/test_images.py",
)

# -------------------------------------------------------------------------------------------------
_GROUP[0] = "A node dies"


def _dies(
    name: str,
    expected: str,
    within: float,
    look: Callable[[Rig], str],
    *,
    quick: bool = False,
    how: signal.Signals = signal.SIGKILL,
    nodes: tuple[str, ...] = (*ALL, "heart_rate", "vehicle_speed"),
) -> None:
    what = "killed" if how is signal.SIGKILL else "stopped"

    @fault(f"`{name}` {what}", f"{how.name}, a process of its own", expected, within, quick=quick)
    def act(rig: Rig) -> str:
        given: dict[str, Any] = {}
        if "vehicle_speed" in nodes:
            rig.feed.speed = None
            given = {"vehicle_speed__source": "fixed", "vehicle_speed__fixed_speed_kmh": 90.0}
        rig.run(name, await_word=False, **given)
        rig.drive(*(node for node in nodes if node != name), **given)
        rig.until(lambda: rig.says(name), f"a word of {name}")
        rig.kill(name, how)
        return look(rig)


def _fault_lights(rig: Rig) -> str:
    """`alert` shows by itself that `fusion` is silent."""

    def lit() -> bool:
        shown = {(c.yellow_led, c.red_led) for c in rig.since("actuators/command")}
        return {(True, False), (False, True)} <= shown

    said = rig.seen(lambda: lit() and "`alert` shows a fault", "the fault's lights")
    rig.also("alert", "no word from fusion")
    return said


def _missed(name: str) -> Callable[[Rig], str]:
    def look(rig: Rig) -> str:
        said = rig.seen(lambda: rig.says("fusion", f"{name}: no word"), f"word of {name}")
        assert rig.level_of("fusion") >= 1
        rig.wakes_up()
        return said

    return look


def _speed_missed(rig: Rig) -> str:
    said = rig.seen(lambda: rig.warned("system_fault"), "the fault light")
    rig.also("fusion", "speed")
    rig.wakes_up()
    return said


for _how in (signal.SIGKILL, signal.SIGSTOP):
    _dies(
        "fusion",
        "`alert` shows the fault by itself, and says so",
        3.5,
        _fault_lights,
        how=_how,
        quick=_how is signal.SIGKILL,
        nodes=ALL,
    )
_dies("blink", BROKEN, SILENT, _broken, nodes=ALL)
for _name in ("yawn", "heart_rate", "alert"):
    _dies(
        _name,
        "the diagnostics of `fusion` say so"
        + ("; the board, where there is one, see below" if _name == "alert" else ""),
        NEIGHBOUR,
        _missed(_name)
        if _name != "alert"
        else lambda rig: rig.seen(lambda: rig.says("fusion", "alert: no word"), "word of alert"),
    )
_dies("vehicle_speed", "fault light; the diagnostics of `fusion` say so", 3.0, _speed_missed)


@fault("`landmarks` killed", "SIGKILL, a process of its own", BROKEN, SILENT)
def _landmarks_killed(rig: Rig) -> str:
    _Pictures(rig)
    rig.run("landmarks")
    rig.drive()
    rig.kill("landmarks")
    return _broken(rig)


tested(
    "A node that hangs",
    "its callback, its start or its end never returns; SIGTERM",
    "the process ends, what was cut off is said",
    "test/integration/test_processes.py::test_told_to_end_it_ends_whatever_hangs",
)
tested(
    "A node that fails again and again",
    "a callback raises",
    "counted, said; the third time in 10 s the node starts anew",
    "test/ros/test_guarded.py",
)

# -------------------------------------------------------------------------------------------------
_GROUP[0] = "The vehicle's bus"


class _Unit:
    """Another unit of the vehicle, a process that knows the DBC file and nothing else of us."""

    def __init__(self, rig: Rig) -> None:
        for package in ("e2e", "msgpack"):
            pytest.importorskip(package, reason=f"{package}: .[bus]")
        # A group of the machine's own network that no other test run has.
        channel = f"239.{os.getpid() % 250}.{os.getpid() // 250 % 250}.{1 + id(rig) % 250}"
        self._said = rig.folder / "unit.jsonl"
        file = ROOT / "config" / "driver_fatigue.dbc"
        script = ROOT / "test" / "integration" / "bus_receiver.py"
        with self._said.open("wb") as log:
            rig.start(sys.executable, script, file, "udp_multicast", channel, stdout=log)
        rig.run(
            "vehicle_output",
            vehicle_output__can_interface="udp_multicast",
            vehicle_output__can_channel=channel,
            vehicle_output__silent_after=2.0,
            await_word=False,
        )
        rig.until(lambda: self.life("Starting"), "a sign of life on the bus")
        rig.drive()
        rig.until(lambda: self.hears(WarningSeverity="None"), "the drive, as the bus has it")

    def _last(self) -> Any:
        lines = self._said.read_text(encoding="utf-8").splitlines()
        whole = [line for line in lines if line.endswith("}")]
        return json.loads(whole[-1]) if whole else {"said": {}, "verdict": {}}

    def hears(self, **signals: str) -> str:
        """What it took from the bus, where it is this."""
        said = self._last()["said"].get("DriverFatigue", {})
        found = all(said.get(name) == value for name, value in signals.items())
        return "the unit hears " + ", ".join(signals.values()) if found else ""

    def life(self, operation: str) -> bool:
        said = self._last()["said"].get("DriverMonitorLife", {})
        return bool(said.get("Operation") == operation)

    def verdict(self, message: str) -> str:
        """What the unit makes of the newest frame of a message."""
        return str(self._last()["verdict"].get(message, ""))


@fault(
    "A unit of the vehicle, with the DBC file alone",
    "eyes shut, then no landmarks, then `fusion` killed",
    "it hears the alarm; fault; no level, then silence with a lifesign that says so",
    HEARD + 0.3,
    quick=True,
)
def _unit(rig: Rig) -> str:
    unit = _Unit(rig)
    rig.asleep()
    alarm = functools.partial(unit.hears, WarningSeverity="Acoustic", WarningCause="EyesClosed")
    said = rig.seen(alarm, "the alarm, on the bus")
    rig.feed.frames = False
    rig.until(lambda: unit.hears(MonitorState="Fault", LevelValid="No"), "the fault, on the bus")
    rig.kill(",".join(ALL), begin=False)
    rig.until(lambda: unit.hears(MonitorState="SNA", WarningCause="SNA"), "no level, on the bus")
    silent = {"DriverFatigue": "timeout", "DriverMonitorLife": "ok"}
    rig.until(
        lambda: {name: unit.verdict(name) for name in silent} == silent,
        "silence but for the lifesign",
    )
    rig.until(lambda: unit.life("LevelLost"), "the reason, on the bus")
    return f"{said}; fault; no level; silence"


@fault(
    "A unit of the vehicle while the driver cannot be seen",
    "frames without a face",
    "it hears that the driver cannot be seen",
    TOLD + 0.3,
)
def _unit_unseen(rig: Rig) -> str:
    unit = _Unit(rig)
    rig.begin()
    rig.feed.blind = lambda _: True
    return rig.seen(
        lambda: unit.hears(MonitorState="CannotSee", WarningCause="CannotSeeDriver"), "the state"
    )


@fault(
    "`vehicle_output` killed",
    "SIGKILL, a process of its own",
    "silence on the bus; the diagnostics of `fusion` say so",
    NEIGHBOUR,
)
def _output_killed(rig: Rig) -> str:
    unit = _Unit(rig)
    rig.kill("vehicle_output")
    rig.until(lambda: unit.verdict("DriverMonitorLife") == "timeout", "silence on the bus")
    return rig.seen(lambda: rig.says("fusion", "vehicle_output: no word"), "word of it")


tested(
    "Frames lost, changed, or of somebody else",
    "a frame dropped; each byte changed; a second sender",
    "gap and checksum are seen by the receiver, the sender by the node",
    "test/integration/test_vehicle_output.py",
    "test/integration/test_drive_on_the_bus.py",
    "test/devices/test_end_to_end.py",
)

# -------------------------------------------------------------------------------------------------
_GROUP[0] = "Speed and ignition"


@fault(
    "Speed lost",
    "nobody publishes it any more; then the eyes shut",
    "fault light; the diagnostics of `fusion` say so; the alarm comes",
    3.0,
    quick=True,
)
def _speed_lost(rig: Rig) -> str:
    rig.drive()
    rig.begin()
    rig.feed.speed = None
    return _speed_missed(rig)


def _odd_speed(speed: float) -> None:
    @fault(
        f"A speed of {speed:g} m/s",
        "published on `vehicle/speed`; then the eyes shut",
        "taken for no speed: fault light, diagnostics; the alarm comes",
        3.0,
    )
    def act(rig: Rig) -> str:
        rig.drive()
        rig.begin()
        rig.feed.speed = speed
        return _speed_missed(rig)


for _speed in (math.nan, math.inf, 1e9, -1e9):
    _odd_speed(_speed)


@fault(
    "Two sources of speed disagree",
    "eyes shut; a second publisher says 0 m/s, ten times a second",
    f"{EITHER}; the alarm is not quieted by standing",
    TOLD,
    quick=True,
)
def _two_speeds(rig: Rig) -> str:
    rig.drive()
    second = rig.publisher(TwistStamped, "vehicle/speed", qos_profile_sensor_data)
    rig.every(0.1, lambda: second.publish(twist(0.0)))
    rig.asleep()
    said = rig.seen(rig.alarm, "the alarm")
    rig.stays(rig.alarm, HELD)
    rig.also("fusion", "vehicle/speed")
    return said


tested(
    "Two control units answer for the speed",
    "OBD answers of 50 and 0 by turns",
    "the faster counts, and it is said",
    "test/devices/test_obd.py::test_of_two_control_units_the_faster_counts_and_it_is_said",
)


@fault(
    "Ignition off at speed",
    "eyes shut, the alarm sounds; `ignition` says false",
    f"{STAYS}; the diagnostics of `fusion` say so",
    NONE,
    quick=True,
)
def _ignition(rig: Rig) -> str:
    rig.drive()
    rig.asleep()
    rig.until(rig.alarm, "the alarm")
    rig.begin()
    key = rig.publisher(Bool, "ignition")
    rig.every(0.2, lambda: key.publish(Bool(data=False)))
    rig.seen(rig.alarm, "the alarm, again")
    rig.stays(rig.alarm, HELD)
    rig.also("fusion", "ignition is off")
    return "the alarm stays; fusion: the ignition is off at 90 km/h"


# -------------------------------------------------------------------------------------------------
_GROUP[0] = "Somebody else publishes"


def _foreign(
    topic: str,
    what: str,
    make: Callable[[Rig], Any],
    who: str,
    *,
    qos: Any = 10,
    quick: bool = False,
) -> None:
    @fault(
        f"A second publisher of `{topic}`",
        f"eyes shut; {what}, 20 times a second",
        f"{EITHER}; it goes on sounding, or is told; `{who}` is ERROR and names both",
        TOLD,
        quick=quick,
    )
    def act(rig: Rig) -> str:
        rig.drive()
        stranger = rig.publisher(type(make(rig)), topic, qos)
        rig.every(0.05, lambda: stranger.publish(make(rig)))
        rig.asleep()
        said = rig.seen(rig.heard_or_told, "the alarm, or word of it")
        rig.also(who, f"{topic}: several publishers speak")  # that there are two is said before
        assert rig.level_of(who) == 2, rig.says(who)
        _goes_on(rig)
        return said


def _goes_on(rig: Rig) -> None:
    """Sound goes on to be commanded, or the fault to be told."""
    begun = time.monotonic()
    rig.until(lambda: time.monotonic() - begun > HELD, "some time")
    loud = [c for c in rig.since("actuators/command", begun) if c.buzzer_frequency]
    assert loud or rig.told(), f"neither heard nor told; {rig.last('warning')}"


def _header() -> Any:
    return Header(stamp=to_stamp(time.time()), frame_id="driver_camera")


_foreign(
    "warning",
    "it says NONE",
    lambda _: FatigueWarning(header=_header(), severity=FatigueWarning.NONE),
    "alert",
    qos=WARNING_QOS,
    quick=True,
)
_foreign(
    "fatigue",
    "it says ACTIVE, level 0",
    lambda _: FatigueLevel(header=_header(), valid=True, state=FatigueLevel.ACTIVE),
    "fusion",
)
_foreign(
    "actuators/command",
    "it says dark",
    lambda _: ActuatorCommand(header=_header(), sequence=1, duration=2.0),
    "alert",
)
_foreign(
    "face/landmarks",
    "it says that the eyes are open",
    lambda rig: face(rig.points, time.time(), OPEN),
    "blink",
    quick=True,
)
_foreign(
    "blink",
    "it says that the eyes are open",
    lambda _: BlinkRate(
        header=_header(), valid=True, judged=True, ear=0.3, ear_open=0.3, frame_rate=20.0
    ),
    "fusion",
)


@fault(
    "Two publishers of `ignition`",
    "eyes shut; one says on, one off, 20 times a second",
    f"{EITHER}; the diagnostics of `fusion` name both",
    TOLD,
)
def _two_keys(rig: Rig) -> str:
    rig.drive()
    for on in (True, False):
        key = rig.publisher(Bool, "ignition")
        rig.every(0.05, functools.partial(key.publish, Bool(data=on)))
    rig.asleep()
    said = rig.seen(rig.heard_or_told, "the alarm, or word of it")
    rig.also("fusion", "ignition")
    _goes_on(rig)
    return said


@fault(
    "A second graph in the same domain",
    "a second `fusion`, `blink` and `alert`; eyes shut",
    f"{EITHER}; ERROR in the diagnostics",
    TOLD,
)
def _second_graph(rig: Rig) -> str:
    rig.drive()
    rig.run("alert", "fusion", "blink", await_word=False)
    heard = len(rig.since("fatigue", 0.0))
    rig.until(lambda: rig.says("alert", "several publishers"), "word of the second")
    assert len(rig.since("fatigue", 0.0)) > heard
    rig.asleep()
    said = rig.seen(rig.heard_or_told, "the alarm, or word of it")
    rig.until(
        lambda: rig.says("alert", "speak") and rig.level_of("alert") == 2, "the error in alert"
    )
    return said


# -------------------------------------------------------------------------------------------------
_GROUP[0] = "What a wire or a service brings"


@fault(
    "An odd service call",
    "`set_parameters` with a value of type 10, at `blink`, `yawn`, `fusion` and `alert`",
    LIVES,
    NONE,
    quick=True,
)
def _odd_call(rig: Rig) -> str:
    rig.drive()
    rig.begin()
    odd = Parameter(name="max_yaw", value=ParameterValue(type=10))
    for node in ALL:
        done = rig.bench.call(
            SetParameters,
            f"{rig.namespace}/{node}/set_parameters",
            SetParameters.Request(parameters=[odd]),
        )
        assert not done.results[0].successful
    rig.until(
        lambda: rig.says("blink") and rig.figure("blink", "set_parameters: messages refused") >= 1,
        "the count",
    )
    rig.asleep()
    return f"refused, counted; {rig.seen(rig.alarm, 'the alarm')}"


def _nowhere(message: Any, worse: float) -> Any:
    message.points[:] = worse
    message.yaw = message.pitch = message.roll = worse
    return message


@fault(
    "Malformed messages",
    "NaN, infinities, impossible sizes and times on every topic, 200 each; then the eyes shut",
    LIVES,
    NONE,
)
def _malformed(rig: Rig) -> str:
    rig.drive()
    rig.begin()
    worst = itertools.cycle((math.nan, math.inf, -math.inf, 1e30))
    made: dict[str, Callable[[], Any]] = {
        "blink": lambda: BlinkRate(header=_header(), valid=True, judged=True, ear=next(worst)),
        "warning": lambda: FatigueWarning(header=_header(), severity=255, cause="\x07"),
        "vehicle/speed": lambda: twist(next(worst)),
        "face/landmarks": lambda: _nowhere(face(rig.points, time.time(), OPEN), next(worst)),
    }
    for topic, make in made.items():
        publisher = rig.publisher(type(make()), topic, WARNING_QOS if topic == "warning" else 10)
        rig.until(publisher.get_subscription_count, f"a listener on {topic}")
        for _ in range(200):
            publisher.publish(make())
            rig.bench.executor.spin_once(timeout_sec=0.001)
        rig.bench.node.destroy_publisher(publisher)
    rig.asleep()
    return f"alive; {rig.seen(rig.alarm, 'the alarm')}"


@fault(
    "`use_sim_time` without `/clock`",
    "all nodes started so",
    "ERROR in the diagnostics, by name",
    3.0,
    quick=True,
)
def _no_clock(rig: Rig) -> str:
    rig.run("alert", "fusion", "blink", await_word=False, alert__use_sim_time=True,
            fusion__use_sim_time=True, blink__use_sim_time=True)  # fmt: skip
    rig.until(lambda: rig.says("fusion"), "the first word")
    rig.begin()
    said = rig.seen(lambda: rig.says("fusion", "no /clock came"), "word of it")
    assert rig.level_of("fusion") == 2
    return said


def _clock(step: float) -> None:
    @fault(
        f"The clock is set {'back' if step < 0 else 'forward'} by an hour",
        "libfaketime, stamps included; eyes shut a moment later, then the landmarks stop",
        f"{ALARM}; without landmarks the alarm goes on, and the diagnostics say so",
        HEARD,
    )
    def act(rig: Rig) -> str:
        (library,) = Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")
        offset = rig.folder / "offset"
        offset.write_text("+0", encoding="utf-8")
        faked = {
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(offset),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
        rig.drive(environment=faked)
        offset.write_text(f"{step:+g}", encoding="utf-8")
        rig.feed.stamp = lambda now, _: now + step
        rig.even()
        rig.asleep()
        said = rig.seen(rig.alarm, "the alarm")
        silent = time.monotonic()
        rig.feed.frames = False
        rig.until(
            lambda: (
                rig.since("fatigue", silent)
                and rig.since("fatigue", silent)[-1].state == FatigueLevel.FAULT
            ),
            "FAULT without landmarks",
        )
        assert time.monotonic() - silent < PATIENCE / 4.0
        rig.stays(rig.alarm, 2.0)
        return said


_clock(-HOUR)
_clock(HOUR)


@fault(
    "Overload",
    "eyes shut; 120 frames/s, and 2,000 more of a second publisher at once",
    f"{EITHER}; the diagnostics count the messages lost",
    TOLD,
)
def _overload(rig: Rig) -> str:
    rig.feed.intervals = itertools.repeat(1.0 / 120.0)
    rig.drive()
    rig.asleep()
    flood = rig.publisher(FaceLandmarks, "face/landmarks")
    rig.until(flood.get_subscription_count, "a listener")
    for _ in range(2_000):
        flood.publish(face(rig.points, time.time(), SHUT))
    said = rig.seen(rig.heard_or_told, "the alarm, or word of it")
    rig.until(
        lambda: rig.says("blink") and rig.figure("blink", "face/landmarks: messages lost") > 0,
        "the count of the lost ones",
    )
    return f"{said}; {rig.figure('blink', 'face/landmarks: messages lost'):.0f} lost, counted"


# -------------------------------------------------------------------------------------------------
_GROUP[0] = "Board (the real firmware in simavr)"


def _with_board(rig: Rig, live_board: Callable[..., Any], *others: str) -> Any:
    board = live_board()
    port = {"microcontroller__port": board.port}
    rig.run("alert", alert__output="board")
    if "microcontroller" in others:
        rig.run("microcontroller", **port)
        rig.drive("fusion", "yawn", "blink")
    else:
        rig.drive("fusion", "yawn", "blink", "microcontroller", **port)
    rig.until(
        lambda: rig.last("actuators/status") and not rig.last("actuators/status").host_lost,
        "the board to hear us",
    )
    return board


@fault("Eyes shut", "the whole chain to the pins", f"{ALARM}, at the pins", HEARD, board=True)
def _pins(rig: Rig, live_board: Callable[..., Any]) -> str:
    board = _with_board(rig, live_board)
    rig.asleep()
    begun = time.monotonic()

    def lit() -> str:
        names = ("yellow", "red", "buzzer")
        changed = [name for name in names if any(v for _, v in board.changes(name, begun))]
        return "both LEDs and the buzzer" if len(changed) == 3 else ""

    return rig.seen(lit, "the pins")


@fault(
    "A second publisher of `actuators/command`",
    "eyes shut, the alarm sounds; it says dark and silent, 20 times a second, each a new command",
    f"the buzzer goes on for the {HELD:g} s that are watched; `microcontroller` is ERROR; FAULT",
    TOLD,
    board=True,
)
def _dark_commands(rig: Rig, live_board: Callable[..., Any]) -> str:
    board = _with_board(rig, live_board)
    rig.asleep()
    rig.until(rig.alarm, "the alarm")
    stranger = rig.publisher(ActuatorCommand, "actuators/command")
    numbers = itertools.count(1_000_000)

    def speak() -> None:
        stranger.publish(ActuatorCommand(header=_header(), sequence=next(numbers), duration=2.0))

    rig.every(0.05, speak)
    rig.begin()
    said = rig.seen(
        lambda: rig.says("microcontroller", "actuators/command: several publishers speak"),
        "word of it",
    )
    begun = time.monotonic()
    rig.until(lambda: time.monotonic() - begun > HELD, "some time")
    on, sounding, last = 0.0, 0, 0.0
    for at, value in [*board.changes("buzzer"), (begun + HELD, 0)]:
        on += sounding * max(0.0, min(at, begun + HELD) - max(last, begun))
        sounding, last = int(value > 0), at
    assert on > 0.8 * HELD, f"the buzzer was on for {on:.1f} s of {HELD:g} s"
    rig.until(rig.fault, "the fault")
    return f"{said}; the buzzer on for {on:.1f} s of {HELD:g} s"


def _alone(rig: Rig, board: Any, node: str) -> str:
    begun = time.monotonic()

    def shown() -> str:
        lit = [value for _, value in board.changes("yellow", begun + 1.0) if value]
        return "the board blinks alone: host lost" if lit else ""

    rig.kill(node)
    return rig.seen(shown, "the board's own pattern")


@fault(
    "`alert` killed",
    "SIGKILL; `microcontroller` lives on",
    "the board shows within 4 s that it is alone; `microcontroller` is ERROR",
    UNCOMMANDED,
    board=True,
)
def _alert_killed(rig: Rig, live_board: Callable[..., Any]) -> str:
    board = _with_board(rig, live_board)
    said = _alone(rig, board, "alert")
    rig.also("microcontroller", "no command from alert")
    rig.also("fusion", "alert: no word")
    return said


@fault(
    "Host silent: `microcontroller` killed",
    "SIGKILL",
    "the board shows within 2 s that it is alone; `alert` is ERROR",
    ALONE,
    board=True,
)
def _host_silent(rig: Rig, live_board: Callable[..., Any]) -> str:
    board = _with_board(rig, live_board, "microcontroller")
    said = _alone(rig, board, "microcontroller")
    rig.until(lambda: rig.says("alert", "board") and rig.level_of("alert") == 2, "word of alert")
    return said


@fault(
    "Serial line unplugged",
    "the port is gone, the board without supply",
    "`microcontroller` and `alert` are ERROR; `fusion` passes it on",
    4.0,
    board=True,
)
def _serial_unplugged(rig: Rig, live_board: Callable[..., Any]) -> str:
    board = _with_board(rig, live_board)
    rig.begin()
    board.power_off()
    said = rig.seen(
        lambda: rig.level_of("microcontroller") == 2 and rig.says("microcontroller"), "word of it"
    )
    rig.also("fusion", "microcontroller: ")
    rig.wakes_up()
    return said.partition(" " + board.port)[0] + ": no such file"


@fault(
    "Board resets",
    "its firmware hangs, its watchdog starts it anew, the port stays open",
    "counted; the board hears us again and shows the alarm",
    NONE,
    board=True,
)
def _board_resets(rig: Rig, live_board: Callable[..., Any]) -> str:
    board = _with_board(rig, live_board)
    rig.begin()
    board.command("hang")
    rig.until(
        lambda: (
            rig.says("microcontroller") and rig.figure("microcontroller", "board_restarts") == 1
        ),
        "the count",
    )
    begun = time.monotonic()
    rig.asleep()
    said = rig.seen(lambda: bool(board.changes("buzzer", begun)) and rig.alarm(), "the alarm")
    return f"board_restarts 1; {said}"


tested(
    "Serial line silent; garbage on it; a port that takes nothing",
    "a pty that says nothing, a million random bytes, a full buffer",
    "told by name; opened anew; damage counted",
    "test/devices/test_serial_link.py",
    "test/devices/test_protocol.py::test_a_million_bytes",
)
tested(
    "Garbage at the board",
    "20,000 bytes, corrupt commands, the firmware simulated",
    "counted, never acted on; alone after 2 s",
    "test/firmware/test_firmware.py::test_twenty_thousand_bytes_of_garbage",
    "test/firmware/test_firmware.py::test_a_corrupt_command_is_counted_and_never_acted_on",
    "test/firmware/test_firmware.py::test_only_what_a_host_says_holds_off_the_safe_state",
)

# -------------------------------------------------------------------------------------------------
_GROUP[0] = "Page"


@fault(
    "Slow HTTP clients",
    "600 half-sent requests are held open; then the eyes shut",
    f"{ALARM}; no file handles taken from the rest",
    HEARD,
)
def _slow_clients(rig: Rig) -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    rig.drive(*ALL, "dashboard", dashboard__port=port)
    crowd = []
    try:
        for _ in range(600):
            one = socket.create_connection(("127.0.0.1", port), PATIENCE)
            one.sendall(b"GET / HTTP/1.1\r\nHost: ")
            crowd.append(one)
        rig.asleep()
        said = rig.seen(rig.alarm, "the alarm")
        process = next(iter(rig.processes.values()))
        held = len(list(Path(f"/proc/{process.pid}/fd").iterdir()))
        assert held < 512, f"{held} files are open"
    finally:
        for one in crowd:
            one.close()
    return f"{said}; {held} files open"


tested(
    "Garbage, floods, foreign pages, odd hosts and tokens",
    "at the real server",
    "refused; the page and the warnings go on",
    "test/dashboard/test_server.py",
)

# -------------------------------------------------------------------------------------------------
_GROUP[0] = "Files and settings"


def _ended(process: Any) -> bool:
    return process.poll() is not None


@fault(
    "Parameter file wrong",
    "an unknown name, a value out of range, an empty list of sources, at start",
    "refused by name, exit code 2",
    NONE,
)
def _parameters(rig: Rig) -> str:
    for name, value, word in (
        ("blink__max_yow", 1.0, "max_yow"),
        ("blink__max_yaw", 99.0, "max_yaw"),
        ("fusion__required_sources", "[]", "empty list"),
    ):
        process = rig.run("fusion", "blink", await_word=False, **{name: value})
        rig.until(functools.partial(_ended, process), "its end")
        log = rig.log("fusion,blink").read_text(encoding="utf-8")
        assert process.returncode == 2, log
        assert word in log.strip().splitlines()[-1]
        assert "Traceback" not in log
    rig.processes.clear()
    return "refused by name, exit code 2"


def _store(name: str, injected: str, make: Callable[[Path], None], *, quick: bool) -> None:
    @fault(name, f"{injected}; then the eyes shut", f"set aside, and said; {ALARM}", HEARD,
           quick=quick)  # fmt: skip
    def act(rig: Rig) -> str:
        folder = rig.folder / "store"
        folder.mkdir()
        for kind in ("calibration", "sleep"):
            make(folder / f"{kind}-driver.json")
        rig.drive(fusion__state_directory=folder)
        rig.asleep()
        said = rig.seen(rig.alarm, "the alarm")
        rig.also("fusion", "set aside")
        assert len(list(folder.glob("*.set-aside"))) == 2
        return f"set aside; {said}"


def _half_an_object(path: Path) -> None:
    path.write_text('{"a": [', "utf-8")


_store("Store corrupt", "half a JSON object", _half_an_object, quick=True)
_store("Store is a pipe", "a FIFO that nobody writes to", os.mkfifo, quick=False)
_store("Store is endless", "a link to /dev/zero", lambda p: p.symlink_to("/dev/zero"), quick=False)
tested(
    "Disk full or read-only",
    "a store that cannot be written",
    "WARN in the diagnostics of `fusion`",
    "test/integration/test_session.py::test_a_store_that_cannot_be_written_is_in_the_diagnostics",
)
tested(
    "Bag truncated, damaged, or its writer killed",
    "cut anywhere, bits flipped",
    "read as far as it goes; a second at most is lost",
    "test/bags/test_reader.py",
    "test/cli/test_bags.py::test_damaged_bags_are_read_as_far_as_they_go",
)
tested(
    "A file that is none",
    "pipes, devices, endless files; foreign weights in a model; a pickle in a checkpoint",
    "refused by name, nothing is read or run",
    "test/test_files.py",
    "test/models/test_onnx_bytes.py",
)
tested(
    "Start on a slow machine",
    "`alert` waits for `fusion`",
    "no fault before its time",
    "test/integration/test_alert.py::test_the_start_is_no_fault_before_its_time",
)
tested(
    "10 s without frames, as bag, video, table and live",
    "one drive played in five ways",
    "the same states and warnings",
    "test/integration/test_one_chain.py",
)

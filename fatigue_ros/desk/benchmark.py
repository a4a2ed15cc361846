"""The measurements of `fatigue bench`, each by itself; `fatigue_ros.cli.bench` runs them."""

import dataclasses
import importlib.util
import math
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sensor_msgs.msg import Image

from fatigue_ros.desk.graph import Desk
from fatigue_ros.errors import FatigueError, SourceError
from fatigue_ros.face import EventKind, Face
from fatigue_ros.monitor.log import DriveLog
from fatigue_ros.monitor.monitor import Monitor
from fatigue_ros.monitor.settings import MonitorSettings
from fatigue_ros.msg import FatigueWarning
from fatigue_ros.ros.conversions import seconds
from fatigue_ros.settings.parameter_files import ParameterFile
from fatigue_ros.simulator.long_drive import SPEED, write_long_drive
from fatigue_ros.simulator.simulate import VideoDrive
from fatigue_ros.vision.engine import LandmarkSettings, create_engine
from fatigue_ros.vision.face_mesh import face_mesh
from fatigue_ros.vision.images import Picture, fill, to_rgb
from fatigue_ros.vision.litert_engine import load_networks
from fatigue_ros.vision.mesh.tracker import Tracker
from fatigue_ros.vision.sources import open_source

_MICROSLEEP = 1.0  # [s] eyes closed for this long are warned of
_LATEST = 2.0  # [s] a warning that comes later belongs to another closure
# The command, and in a last line how much memory and processor time it took.
_REPLAY = """
import sys, time
from fatigue_ros.cli.main import main
from fatigue_ros.desk.processes import peak_memory
code = main(sys.argv[1:])
print(peak_memory(), time.process_time(), file=sys.stderr)
sys.exit(code)
"""


@dataclasses.dataclass(frozen=True)
class Offline:
    """The video through engine and measures, frame by frame.

    Attributes:
        engine: that our chain runs on.
        bare: what it is compared with.
        bare_ms, pipeline_ms: time [ms] of the bare engine and of our chain, shape (frames,).
        bare_cpu_ms, pipeline_cpu_ms: the same in processor time of all threads.
        closures: [s] from the first frame, begins of closures that must be warned of.
        faces: one for each frame.
        frame_rate: [Hz].
    """

    engine: str
    bare: str
    bare_ms: Sequence[float]
    bare_cpu_ms: Sequence[float]
    pipeline_ms: Sequence[float]
    pipeline_cpu_ms: Sequence[float]
    closures: Sequence[float]
    faces: Sequence[Face]
    frame_rate: float

    def figures(self) -> dict[str, Any]:
        """Medians over the frames: the ratio of both, and each [ms]; processor time as means.

        On a machine that now and then does something else, the ratio of a frame's two times holds
        better than the ratio of their medians. Processor time is told in steps of several frames
        at times, hence the mean.
        """
        bare, ours = np.array(self.bare_ms), np.array(self.pipeline_ms)
        return {
            "ratio": round(float(np.median(ours / bare)), 4),
            "bare_ms": round(float(np.median(bare)), 3),
            "bare_cpu_ms": round(float(np.mean(self.bare_cpu_ms)), 3),
            "pipeline_ms": round(float(np.median(ours)), 3),
            "pipeline_cpu_ms": round(float(np.mean(self.pipeline_cpu_ms)), 3),
            "engine": self.engine,
            "bare": self.bare,
            "frames": len(self.bare_ms),
        }


def faster(video: str, path: Path, rate: float) -> None:
    """Write the video with each frame so often that about ``rate`` of them come in a second.

    What happens in it takes as long as before.
    """
    with open_source(video) as source:
        before = source.frame_rate or 30.0
        times = max(1, round(rate / before))
        with VideoDrive(path, times * before, source.size) as writer:
            while (frame := source.read()) is not None:
                for _ in range(times):
                    writer.frame(0.0, frame.image)


def yardstick(settings: LandmarkSettings) -> tuple[str, Callable[[Picture], object]]:
    """What a frame's cost is compared with: MediaPipe's FaceMesh where it is installed.

    Returns:
        Its name, and what looks at one frame.
    """
    if importlib.util.find_spec("mediapipe") is not None:
        return "mediapipe", face_mesh(settings).process
    detector, mesh = load_networks(settings)
    return "networks", Tracker(detector, mesh, settings.min_tracking_confidence).find


def per_frame(video: str, params: ParameterFile) -> Offline:
    """Bare engine and our whole chain, in turn on each frame.

    Args:
        video: a file.
        params: what the nodes would be given.

    Raises:
        SourceError: the video cannot be opened or is empty.
    """
    settings = params.settings("landmarks", LandmarkSettings)
    name, bare = yardstick(settings)
    log, room = DriveLog(), None
    monitor = Monitor(MonitorSettings.read(params).for_a_recording(), log=log)
    took: dict[bool, list[tuple[float, float]]] = {True: [], False: []}
    faces: list[Face] = []
    with create_engine(settings) as engine, open_source(video) as source:
        while (frame := source.read()) is not None:
            message = Image()
            fill(message, frame.image)
            rgb = to_rgb(message)
            stamp = frame.time or 0.0

            # Each goes first half of the time: the second finds the frame in the cache.
            for ours in (True, False) if frame.index % 2 else (False, True):
                began = time.perf_counter(), time.process_time()
                if ours:
                    room = to_rgb(message, room)  # as the landmarks node does
                    faces.append(engine.detect(room, stamp))
                    monitor.advance(stamp)
                    monitor.on_speed(stamp, SPEED)
                    monitor.on_face(faces[-1])
                else:
                    bare(rgb)
                ended = time.perf_counter(), time.process_time()
                took[ours].append((1e3 * (ended[0] - began[0]), 1e3 * (ended[1] - began[1])))
        rate = source.frame_rate or 30.0
    if not faces:
        raise SourceError(f"{video}: expected frames, found none")
    closures = [s for s, end in log.spans(EventKind.CLOSURE) if end - s >= _MICROSLEEP]
    (bare_ms, bare_cpu), (ours_ms, ours_cpu) = (zip(*took[o], strict=True) for o in (False, True))
    return Offline(
        engine=settings.engine,
        bare=name,
        bare_ms=bare_ms,
        bare_cpu_ms=bare_cpu,
        pipeline_ms=ours_ms,
        pipeline_cpu_ms=ours_cpu,
        closures=closures,
        faces=faces,
        frame_rate=rate,
    )


class _Alarms:
    """Notes when warnings of closed eyes begin, as they arrive."""

    def __init__(self, desk: Desk) -> None:
        self._now = desk.observer.now
        self._begins: list[tuple[float, float]] = []  # [s] stamp of the frame, time of arrival
        self._on = False
        desk.observer.create_subscription(FatigueWarning, "warning", self._take, 10)

    def _take(self, message: Any) -> None:
        on = message.cause == "eyes_closed"
        if on and not self._on:
            self._begins.append((seconds(message.header.stamp), self._now()))
        self._on = on

    def delay(self, begin: float) -> float:
        """[s] from the begin of a closure to the arrival of its warning, NaN without one."""
        return next(
            (arrival - begin for stamp, arrival in self._begins if 0.0 <= stamp - begin < _LATEST),
            math.nan,
        )


def graph(
    video: str, closures: Sequence[float], *, params: Path | None, separate: bool
) -> dict[str, Any]:
    """The video in real time through all nodes; raw figures that can be put together.

    Args:
        video: a file.
        closures: [s] from its first frame, where closures begin.
        params: ROS parameter file for the nodes.
        separate: a process for each node.

    Returns:
        latencies and alarms [s], frames by what became of them, processor time [s], memory [bytes].
    """
    overrides = {"vehicle_speed": {"source": "fixed"}}
    with Desk(video, overrides=overrides, params=params, quiet=True, separate=separate) as desk:
        alarms = _Alarms(desk)
        desk.start()
        # What the processes spent on starting is not the cost of a frame.
        desk.spin(lambda: desk.log.frames)
        before, already = desk.cpu(), desk.log.frames
        desk.spin(lambda: False)
        cpu = desk.cpu() - before
        log, face = desk.log, desk.observer.latest.get("face")
        origin = log.origin or 0.0
        return {
            "latencies": list(log.latencies),
            "alarms": [
                delay for begin in closures if math.isfinite(delay := alarms.delay(origin + begin))
            ],
            "sent": desk.images("sent"),
            "left_out": desk.images("dropped"),
            "overtaken": int(face.skipped) if face is not None else 0,
            "processed": len(log.latencies),
            "cpu": cpu,
            "cpu_frames": log.frames - already,
            "memory": desk.peak_memory(),
        }


def replay(offline: Offline, minutes: float, params: Path | None) -> dict[str, float]:
    """`fatigue replay` of a bag in which the video's landmarks come over and over.

    Returns:
        Wall time [s] with start-up, how many times real time that is, processor time [s], peak of
        the memory [MB].

    Raises:
        FatigueError: the replay failed.
    """
    with tempfile.TemporaryDirectory() as folder:
        bag = Path(folder) / "bag"
        write_long_drive(offline.faces, offline.frame_rate, 60.0 * minutes, bag)
        command = [sys.executable, "-c", _REPLAY, "replay", str(bag), "--json"]
        command += [] if params is None else ["--params", str(params)]
        began = time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        took = time.perf_counter() - began
    said = done.stderr.splitlines()
    if done.returncode:
        raise FatigueError(f"replay of {minutes:g} min failed: {' '.join(said[-2:])}")
    memory, processor = said[-1].split()
    return {
        "minutes": minutes,
        "wall_s": round(took, 2),
        "times_real_time": round(60.0 * minutes / took, 1),
        "cpu_s": round(float(processor), 2),
        "memory_mb": round(int(memory) / 2**20, 1),
    }

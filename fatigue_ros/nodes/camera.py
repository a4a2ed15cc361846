"""Node `camera`: a device, file, folder of images or stream in; images out."""

from __future__ import annotations

import collections
import dataclasses
import math
import sys
import threading
import time
from typing import Any, ClassVar

from rclpy.qos import qos_profile_sensor_data
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import Image
from std_msgs.msg import Bool, Header

from fatigue_ros.backoff import Backoff
from fatigue_ros.errors import FatigueError, SourceError
from fatigue_ros.msg import FaceLandmarks
from fatigue_ros.ros import base
from fatigue_ros.ros.conversions import seconds, to_stamp
from fatigue_ros.settings.parameters import parameter
from fatigue_ros.vision.images import fill
from fatigue_ros.vision.playback import Lockstep, Playback
from fatigue_ros.vision.sources import (
    CameraSettings,
    FrameSource,
    is_live,
    open_source,
    without_password,
)

ENDED = "the recording has ended"
LISTENER_PATIENCE = 10.0  # [s] a recording waits this long for its first listener
JOIN_PATIENCE = 2.0  # [s] a read on a dead stream may hang for longer; the thread is then left


@dataclasses.dataclass(frozen=True, kw_only=True)
class CameraNodeSettings(CameraSettings, base.NodeSettings):
    """Parameters of the camera node."""

    frame_id: str = parameter("driver_camera", "Frame of the images' headers.")
    pace: str = parameter(
        "real_time",
        "How a recording is played: by its own clock, leaving out what comes too late, or each "
        "frame once the landmarks node has answered the one before. The second loses nothing, "
        "gives the same figures on any machine, and publishes /clock, for nodes with use_sim_time.",
        choices=("real_time", "as_consumed"),
    )
    max_rate: float = parameter(
        0.0,
        "With pace as_consumed: at most so many times real time; 0 for no limit.",
        unit="1",
        minimum=0.0,
        maximum=100.0,
    )


class CameraNode(base.FatigueNode):
    """Publishes images from a thread of its own.

    Attributes:
        ended: whether a recording has come to its end.
        ended_at: [s] monotonic time of that.
        last_stamp: [s] stamp of the newest image.
        sent: [1] images published since activation.
    """

    name = "camera"
    Settings: ClassVar[type[base.NodeSettings]] = CameraNodeSettings
    last_stamp = -math.inf

    def configure(self) -> None:
        """Open the source; a device that is not there yet is tried again while active."""
        self._images = self.advertise(Image, "camera/image_raw", qos_profile_sensor_data)
        self._name = without_password(self.settings.source)
        if self.settings.pace == "as_consumed":
            if is_live(self.settings.source):
                raise SourceError(f"pace: 'as_consumed' is for recordings, {self._name!r} is live")
            self._clocks = self.advertise(Clock, "/clock")
        self._source: FrameSource | None = None
        self._trouble = ""
        self.sent = 0
        self.ended = False
        self.ended_at = math.inf
        try:
            self._source = self._open()
        except SourceError as error:
            if not is_live(self.settings.source):
                raise
            self._lose(str(error))

    def activate(self) -> None:
        """Start the thread; a recording starts from its beginning."""
        self._stopping = threading.Event()
        self._lockstep = Lockstep() if self.settings.pace == "as_consumed" else None
        self._published_at: collections.OrderedDict[float, float] = collections.OrderedDict()
        self._dropped = self._reopened = 0
        self.ended, self.sent = False, 0
        if self._lockstep is not None:
            step = self._lockstep
            self.listen(FaceLandmarks, "face/landmarks", lambda m: step.answered(m.header.stamp))
            self.listen(Bool, "ignition", lambda m: step.look_away(not m.data))
        self._thread = threading.Thread(target=self._run, name="camera", daemon=True)
        self._thread.start()

    def deactivate(self) -> None:
        """Stop the thread, which closes the source."""
        self._stopping.set()
        if self._lockstep is not None:
            self._lockstep.stop()
        self._thread.join(JOIN_PATIENCE)

    def cleanup(self) -> None:
        """Close what was opened and never played."""
        source, self._source = getattr(self, "_source", None), None
        if source is not None:
            source.close()

    def age(self, stamp: float) -> float:
        """[s] since the image with this stamp was published; NaN when not of the last images."""
        published = self._published_at.get(stamp)
        return math.nan if published is None else time.monotonic() - published

    def _open(self) -> FrameSource:
        return open_source(self.settings.source, self.settings)

    # The thread --------------------------------------------------------------------------------

    def _run(self) -> None:
        # A stopped thread may outlive its activation by one hanging read, and must not touch
        # what the next activation uses.
        stopping, (source, self._source) = self._stopping, (self._source, None)
        backoff = Backoff()
        try:
            while not stopping.is_set():
                try:
                    if source is None:
                        source = self._open()
                        if is_live(self.settings.source) and self._trouble:
                            self._reopened += 1
                            self._trouble = ""
                            self.get_logger().info(f"{source.name}: open again")
                    backoff.reset()
                    self._play(source, stopping)
                except FatigueError as error:
                    self._lose(str(error))
                if source is not None:
                    source.close()
                    source = None
                if stopping.is_set() or self.ended:
                    return
                stopping.wait(backoff.next())
        except Exception as error:  # noqa: BLE001 - a thread would end without a word
            self._lose(f"{type(error).__name__}: {error}")
        finally:
            if source is not None:
                source.close()

    def _play(self, source: FrameSource, stopping: threading.Event) -> None:
        """Publish until the source ends or is lost (SourceError)."""
        recording = not source.live
        if recording:
            self._await_listener(stopping)
        step = self._lockstep
        rate = 1.0 if step is None else self.settings.max_rate
        pace = Playback(source.frame_rate, rate, lossy=step is None)
        started: float | None = None
        while not stopping.is_set():
            frame = source.read()
            if frame is None:
                if not recording:
                    raise SourceError(f"{source.name}: gives no more images")
                if step is not None:
                    step.wait(stopping)
                self._end(source.problem)
                return
            if frame.time is None:
                self._publish(frame.image, self.now(), stopping)
                continue
            if started is None:
                started = self._start_stamp() - frame.time
            wait = pace.due(frame.time, time.monotonic())
            if wait is None:
                self._leave_out(started + frame.time)
            elif not stopping.wait(wait):
                self._publish(frame.image, started + frame.time, stopping)

    def _start_stamp(self) -> float:
        """[s] stamp of a recording's first frame."""
        if self._lockstep is None:
            return self.now()
        # The same fractions, and figures, every time; and no /clock that goes back.
        return float(math.floor(max(self.now(), self.last_stamp + 1.0)))

    def _leave_out(self, stamp: float) -> None:  # noqa: ARG002 - for cameras that say more
        """A frame comes too late to be published."""
        self._dropped += 1

    def _publish(self, image: Any, stamp: float, stopping: threading.Event) -> None:
        time_message = to_stamp(stamp)
        message = fill(
            Image(header=Header(stamp=time_message, frame_id=self.settings.frame_id)), image
        )
        if self._lockstep is not None:
            # Only now: this frame was decoded while the one before was looked at.
            self._lockstep.wait(stopping)
            if stopping.is_set():
                return
            self._clocks.publish(Clock(clock=time_message))
            self._lockstep.sent(time_message)
        # The stamp as others read it from the message, to the last bit.
        self.last_stamp = seconds(time_message)
        self._published_at[self.last_stamp] = time.monotonic()
        if len(self._published_at) > 100:  # three seconds' worth
            self._published_at.popitem(last=False)
        self._images.publish(message)
        self.sent += 1

    def _await_listener(self, stopping: threading.Event) -> None:
        end = time.monotonic() + LISTENER_PATIENCE
        while self._images.get_subscription_count() == 0 and time.monotonic() < end:
            if stopping.wait(0.01):
                return

    def _lose(self, trouble: str) -> None:
        if trouble != self._trouble:
            self._trouble = trouble
            self.get_logger().error(trouble)

    def _end(self, problem: str) -> None:
        if problem:
            self.get_logger().warning(problem)
        self.ended_at = time.monotonic()
        self.ended = True
        self.get_logger().info(f"{self._name}: ended after {self.sent} images")

    def diagnose(self) -> base.Diagnosis:
        """Whether images flow."""
        level, text = base.OK, "streaming"
        if self._trouble:
            level, text = base.ERROR, self._trouble
        elif self.ended:
            level, text = base.WARN, ENDED
        return base.Diagnosis(
            level,
            text,
            {
                "source": self._name,
                "sent": self.sent,
                "dropped": self._dropped,
                "unanswered": 0 if self._lockstep is None else self._lockstep.unanswered,
                "reopened": self._reopened,
            },
        )


def main(args: list[str] | None = None) -> int:
    """Run the node."""
    return base.run(CameraNode, args)


if __name__ == "__main__":
    sys.exit(main())

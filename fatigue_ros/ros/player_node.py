"""What the nodes have in common that publish the camera's images, from a thread of their own."""

import abc
import collections
import dataclasses
import math
import threading
import time
from collections.abc import Mapping
from typing import Generic, TypeVar

from rclpy.qos import qos_profile_sensor_data
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import Bool, Header

from fatigue_ros.errors import SourceError
from fatigue_ros.msg import FaceLandmarks
from fatigue_ros.ros import base, messages
from fatigue_ros.ros.conversions import camera_info, seconds, to_stamp
from fatigue_ros.settings.parameters import Value, parameter
from fatigue_ros.vision.camera_model import CameraModel, load
from fatigue_ros.vision.frames import FrameSource
from fatigue_ros.vision.images import LocalImage, Picture, fill
from fatigue_ros.vision.player import Player

ENDED = "the recording has ended"
_TELL_AGAIN = 0.5  # [s]
_KEPT = 100  # stamps of images that went out; three seconds' worth


@dataclasses.dataclass(frozen=True, kw_only=True)
class PlayerSettings(base.NodeSettings):
    """Parameters of every node that publishes images."""

    frame_id: str = parameter(
        "driver_camera_optical_frame",
        "Frame of the images' headers: x right in the image, y down, z away from the camera.",
    )
    camera_info_file: str = parameter(
        "",
        "Calibration file of the camera, as ROS's camera_calibration writes it. With it "
        "camera/camera_info is published, and landmarks knows where the head is.",
    )
    field_of_view: float = parameter(
        0.0,
        "Without such a file: how much the camera sees from the left to the right border, as its "
        "data sheet says, without distortion. 0: not known, no camera/camera_info.",
        unit="deg",
        limits=(0.0, 170.0),
    )
    pace: str = parameter(
        "real_time",
        "How a recording or scenario is played: by its own clock, leaving out what comes too late, "
        "or each frame once the landmarks node has answered the one before. The second loses "
        "nothing, gives the same figures on any machine, and publishes /clock, for nodes with "
        "use_sim_time.",
        choices=("real_time", "as_consumed"),
    )
    max_rate: float = parameter(
        0.0,
        "With pace as_consumed: at most so many times real time; 0 for no limit.",
        unit="1",
        limits=(0.0, 100.0),
    )


S = TypeVar("S", bound=PlayerSettings)


class PlayerNode(base.FatigueNode[S], abc.ABC, Generic[S]):
    """Base of nodes that publish images: the audience of a player.

    Attributes:
        player: reads the source.
        last_stamp: [s] stamp of the newest image.
    """

    def __init__(
        self, overrides: Mapping[str, Value] | None = None, namespace: str | None = None
    ) -> None:
        super().__init__(overrides, namespace)
        self.player = Player(self.open, self, self.get_logger())
        self.last_stamp = -math.inf

    @property
    @abc.abstractmethod
    def source(self) -> str:
        """What is played, as it may stand in logs."""

    @property
    def live(self) -> bool:
        """Whether it happens as it is played, and may come back when it is lost."""
        return False

    @abc.abstractmethod
    def open(self) -> FrameSource:
        """Open it.

        Raises:
            SourceError: it is missing or unusable.
        """

    def configure(self) -> None:
        """Open the source; a device that is not there yet is tried again while active."""
        self._images = self.advertise(
            Image, "camera/image_raw", qos_profile_sensor_data, shared=True
        )
        self._infos = self.advertise(CameraInfo, "camera/camera_info", qos_profile_sensor_data)
        file = self.settings.camera_info_file
        self._model = load(file) if file else None
        self._misfit = ""
        self._as_consumed = self.settings.pace == "as_consumed"
        if self._as_consumed:
            if self.live:
                raise SourceError(f"pace: 'as_consumed' is for recordings, {self.source!r} is live")
            self._clocks = self.advertise(Clock, "/clock")
            self._told: Clock | None = None
            self._telling = threading.Lock()
        self.player.open(later=self.live)

    def activate(self) -> None:
        """Play; a recording starts from its beginning."""
        self._published_at: collections.OrderedDict[float, float] = collections.OrderedDict()
        if self._as_consumed:
            self.every(_TELL_AGAIN, self._tell_again, steady=True)
            self.listen(FaceLandmarks, "face/landmarks", self._on_face)
            self.listen(Bool, "ignition", self._on_ignition)
        self.player.start(self.settings.max_rate if self._as_consumed else None)

    def deactivate(self) -> None:
        """Stop playing."""
        self.player.stop()

    def cleanup(self) -> None:
        """Close what was never played."""
        self.player.close()

    def _tell_again(self) -> None:
        """While an answer is awaited time stands; that it does not run is something else."""
        with self._telling:
            if self._told is not None:
                self._clocks.publish(self._told)

    def _on_face(self, message: messages.FaceLandmarks) -> None:
        self.player.lockstep.answered(message.header.stamp)

    def _on_ignition(self, message: messages.Bool) -> None:
        self.player.lockstep.look_away(not message.data)

    def age(self, stamp: float) -> float:
        """[s] since the image with this stamp was published; NaN when not of the last images."""
        return time.monotonic() - self._published_at.get(stamp, math.nan)

    def diagnose(self) -> base.Diagnosis:
        """Whether images flow."""
        player = self.player
        level, text = base.OK, "streaming"
        if player.trouble:
            level, text = base.ERROR, player.trouble
        elif player.ended:
            level, text = base.WARN, ENDED
        elif self._misfit:
            level, text = base.WARN, self._misfit
        values = {
            "source": self.source,
            "sent": player.shown,
            "dropped": player.dropped,
            "unanswered": player.lockstep.unanswered,
            "reopened": player.reopened,
        }
        return base.Diagnosis(level, text, values)

    # From the player's thread ------------------------------------------------------------------

    def begin(self) -> float:
        """[s] stamp of a recording's first frame."""
        if not self._as_consumed:
            return self.now()
        # The same fractions, and figures, every time; and no /clock that goes back.
        return float(math.floor(max(self.now(), self.last_stamp + 1.0)))

    def looks(self) -> bool:
        """Whether somebody listens."""
        return self._images.get_subscription_count() > 0

    def show(self, image: Picture, stamp: float) -> None:
        """Publish an image, and the time first of all: who hears the rest has to know it."""
        time_message = to_stamp(stamp)
        if self._as_consumed:
            with self._telling:
                self._told = Clock(clock=time_message)
                self._clocks.publish(self._told)
        self.go_on(stamp)
        if not image.size:
            return
        header = Header(stamp=time_message, frame_id=self.settings.frame_id)
        local = LocalImage.of(header, image)
        # The stamp as others read it from the message, to the last bit.
        self.last_stamp = seconds(time_message)
        self._published_at[self.last_stamp] = time.monotonic()
        if len(self._published_at) > _KEPT:
            self._published_at.popitem(last=False)
        self.player.lockstep.sent(time_message)
        self._images.share(local, lambda: fill(Image(header=header), image))
        if self._infos.get_subscription_count():
            model = self._camera(image.shape[1], image.shape[0])
            if model is not None:
                self._infos.publish(camera_info(model, header))

    def _camera(self, width: int, height: int) -> CameraModel | None:
        """What is known of the camera, for pictures of this size."""
        if self._model is None and self.settings.field_of_view > 0.0:
            self._model = CameraModel.of_field_of_view(self.settings.field_of_view, width, height)
        found = self._model and self._model.fitted(width, height)
        self._misfit = ""
        if self._model is not None and found is None:
            self._misfit = (
                f"camera_info_file is for pictures of {self._model.width}x{self._model.height}, "
                f"these have {width}x{height}"
            )
        return found

    def leave_out(self, stamp: float) -> None:
        """A frame comes too late to be published."""
        self.go_on(stamp)

    def go_on(self, stamp: float) -> None:
        """The time [s] of the next image has come, before it is published or left out."""

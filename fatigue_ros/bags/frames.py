"""The camera's pictures in a bag, one after another."""

from pathlib import Path
from typing import Any

from fatigue_ros.bags.reader import Bag
from fatigue_ros.bags.replay import STAGES
from fatigue_ros.bags.topics import COMPRESSED, BagError
from fatigue_ros.errors import FatigueError
from fatigue_ros.monitor.messages import seconds
from fatigue_ros.vision.frames import Frame, FrameSource
from fatigue_ros.vision.images import compressed_to_bgr, to_bgr

_RATE = 30.0  # [Hz] nominal: each frame has its own time


class BagFrames(FrameSource):
    """Reads one bag; times are those of the images' stamps.

    Args:
        path: of the bag.

    Raises:
        BagError: it cannot be read, or was recorded without images.
    """

    live = False
    frame_rate = _RATE

    def __init__(self, path: Path) -> None:
        self.name = str(path)
        self._bag = Bag(path)
        names = [name for name in STAGES["images"] if name in self._bag.topics]
        if not names:
            self._bag.close()
            raise BagError(f"{path}: expected images (`fatigue record --with-images`), found none")
        decode: Any = compressed_to_bgr if names[0] == COMPRESSED else to_bgr
        self._decode, self._unreadable = decode, ""
        self._messages = self._bag.messages(names[:1])
        self._index, self._began = 0, 0.0
        self._first: Frame | None = None
        first = self._first = self.read()
        if first is None:
            self.close()
            raise BagError(f"{path}: {self.problem or 'expected images, found none'}")
        self.size = first.image.shape[1], first.image.shape[0]

    def read(self) -> Frame | None:
        """The next frame; what is none is left out and told of by `problem`."""
        if self._first is not None:
            first, self._first = self._first, None
            return first
        for _, _, message in self._messages:
            try:
                image = self._decode(message)
            except FatigueError as error:
                self._unreadable = str(error)
                continue
            stamp = seconds(message.header.stamp)
            if not self._index:
                self._began = stamp
            frame = Frame(image, stamp - self._began, self._index)
            self._index += 1
            return frame
        return None

    def close(self) -> None:
        """Close the bag."""
        self._messages = iter(())
        self._bag.close()

    @property
    def problem(self) -> str:
        """What could not be read."""
        return self._bag.problem or self._unreadable

"""Image messages to arrays and back, without ROS: any object with the right fields will do.

The encodings cameras commonly send are decoded here with NumPy and OpenCV, copying no more than
the change of colours needs; the rest goes through cv_bridge where that is installed.
"""

import array
import dataclasses
import functools
import importlib
from typing import Any, Protocol, TypeVar

import cv2
import numpy as np
import numpy.typing as npt

from fatigue_ros.errors import ImageError

# There is too little to do in a frame for a second thread: it takes half as much processor time
# again, from the other nodes, to be hardly sooner (drawing the scripted driver: 9.5 to 13.5 ms).
cv2.setNumThreads(1)

Picture = npt.NDArray[np.uint8]
"""Shape (H, W, 3), or (H, W) for a grey one."""


MOST_PIXELS = 4096 * 3072
"""[px] Larger pictures are refused: each is held several times on its way, a face needs none."""


class ImageMessage(Protocol):
    """The fields of sensor_msgs/Image that matter here."""

    height: int
    width: int
    encoding: str
    is_bigendian: int
    step: int
    data: Any


class CompressedImageMessage(Protocol):
    """The fields of sensor_msgs/CompressedImage that matter here."""

    format: str
    data: Any


@dataclasses.dataclass(slots=True)
class LocalImage:
    """A picture that stays in its process, with the fields of an Image message.

    Who gets it shares the memory with others: treat it as read-only.
    """

    header: Any
    height: int
    width: int
    encoding: str
    is_bigendian: int
    step: int
    data: Any

    @classmethod
    def of(cls, header: Any, frame: Picture) -> "LocalImage":
        """A frame, which nobody changes any more.

        Args:
            header: of the message that it stands for.
            frame: shape (H, W, 3) in blue, green, red, or (H, W).

        Raises:
            ImageError: the array is not such a picture.
        """
        image = cls(header, 0, 0, "", 0, 0, None)
        image.data = _describe(image, frame)
        return image


Message = TypeVar("Message", bound=ImageMessage)

# Encoding: channels, OpenCV's conversion to BGR, the one to RGB; None where nothing is to be done.
# 8UC1 and 8UC3 name no colours; they are read the way OpenCV, where they come from, means them.
_ENCODINGS: dict[str, tuple[int, int | None, int | None]] = {
    "bgr8": (3, None, cv2.COLOR_BGR2RGB),
    "8UC3": (3, None, cv2.COLOR_BGR2RGB),
    "rgb8": (3, cv2.COLOR_RGB2BGR, None),
    "mono8": (1, cv2.COLOR_GRAY2BGR, cv2.COLOR_GRAY2RGB),
    "8UC1": (1, cv2.COLOR_GRAY2BGR, cv2.COLOR_GRAY2RGB),
    "bgra8": (4, cv2.COLOR_BGRA2BGR, cv2.COLOR_BGRA2RGB),
    "rgba8": (4, cv2.COLOR_RGBA2BGR, cv2.COLOR_RGBA2RGB),
    "yuyv": (2, cv2.COLOR_YUV2BGR_YUY2, cv2.COLOR_YUV2RGB_YUY2),
    "yuv422_yuy2": (2, cv2.COLOR_YUV2BGR_YUY2, cv2.COLOR_YUV2RGB_YUY2),
    "uyvy": (2, cv2.COLOR_YUV2BGR_UYVY, cv2.COLOR_YUV2RGB_UYVY),
    "yuv422": (2, cv2.COLOR_YUV2BGR_UYVY, cv2.COLOR_YUV2RGB_UYVY),
}
ENCODINGS = tuple(_ENCODINGS)
"""The encodings that need no cv_bridge."""


def to_bgr(message: ImageMessage) -> Picture:
    """The picture in an Image message, as blue, green, red.

    Args:
        message: a sensor_msgs/Image or anything with its fields.

    Returns:
        Shape (height, width, 3). It shares the message's memory where no conversion is needed
        (bgr8); treat it as read-only.

    Raises:
        ImageError: the sizes do not fit the data, or the encoding is not known.
    """
    return _decode(message, "bgr8")


def to_rgb(message: ImageMessage, room: Picture | None = None) -> Picture:
    """The same as `to_bgr` in red, green, blue, which the landmark engines want.

    Args:
        message: as in `to_bgr`.
        room: an earlier result that nobody needs any more. Where its shape fits, the picture is
            put there: fresh memory costs more than the change of colours.
    """
    return _decode(message, "rgb8", room)


def compressed_to_bgr(message: CompressedImageMessage) -> Picture:
    """The picture in a CompressedImage message (JPEG, PNG), shape (height, width, 3).

    Raises:
        ImageError: the data is not a picture that OpenCV can read.
    """
    try:
        data = np.frombuffer(message.data, np.uint8)
        picture = cv2.imdecode(data, cv2.IMREAD_COLOR) if data.size else None
    except (TypeError, cv2.error):
        picture = None
    if picture is None:
        raise ImageError(
            f"compressed image: expected a JPEG or PNG picture, got {len(message.data)} bytes"
            f" marked {message.format!r} that are none"
        )
    check_size(picture.shape[1], picture.shape[0], "compressed image")
    return _bytes(picture)


def compressed_to_rgb(message: CompressedImageMessage) -> Picture:
    """The same as `compressed_to_bgr` in red, green, blue."""
    return _bytes(cv2.cvtColor(compressed_to_bgr(message), cv2.COLOR_BGR2RGB))


def check_size(width: int, height: int, what: str = "image") -> None:
    """Refuse a picture that nobody should hold.

    Raises:
        ImageError: it has more than MOST_PIXELS.
    """
    if width * height > MOST_PIXELS:
        raise ImageError(
            f"{what} {width}x{height}: expected at most {MOST_PIXELS / 1e6:.1f} million pixels, "
            f"got {width * height / 1e6:.1f}: have the camera send smaller ones"
        )


def to_jpeg(picture: Picture, quality: int) -> bytes:
    """The picture as a JPEG file, quality 0 to 100.

    Raises:
        ImageError: it cannot be encoded.
    """
    try:
        _, content = cv2.imencode(".jpg", picture, (cv2.IMWRITE_JPEG_QUALITY, quality))
    except cv2.error as error:
        shape = picture.shape
        raise ImageError(f"image: shape {shape} and type {picture.dtype} make no JPEG") from error
    return content.tobytes()


def fill(message: Message, frame: Picture) -> Message:
    """Put a picture into an Image message: bgr8, or mono8 for a grey one.

    The header is left alone. The data becomes an `array.array`, which rclpy takes over as it is;
    bytes it would check element by element.

    Args:
        message: a sensor_msgs/Image or anything with its fields.
        frame: shape (H, W, 3) in blue, green, red, or (H, W).

    Returns:
        The message.

    Raises:
        ImageError: the array is not such a picture.
    """
    data = array.array("B")
    data.frombytes(_describe(message, frame).data.cast("B"))
    message.data = data
    return message


def _describe(message: ImageMessage, frame: Picture) -> Picture:
    """Fill all fields but the data, which is returned, row after row."""
    if frame.dtype != np.uint8 or not frame.size or (frame.shape[2:] != (3,) and frame.ndim != 2):
        raise ImageError(
            "image to send: expected (height, width, 3) or (height, width) of uint8,"
            f" got {frame.shape} of {frame.dtype}"
        )
    message.height, message.width = int(frame.shape[0]), int(frame.shape[1])
    message.encoding = "bgr8" if frame.ndim == 3 else "mono8"
    message.is_bigendian = 0
    message.step = frame.shape[1] * (3 if frame.ndim == 3 else 1)
    return np.ascontiguousarray(frame)


def _decode(message: ImageMessage, wanted: str, room: Picture | None = None) -> Picture:
    check_size(message.width, message.height)
    if message.encoding not in _ENCODINGS:
        return _through_cv_bridge(message, wanted)
    channels, bgr, rgb = _ENCODINGS[message.encoding]
    stored = _pixels(message, channels)
    conversion = bgr if wanted == "bgr8" else rgb
    if conversion is None:
        return stored
    fits = room is not None and room.shape == (*stored.shape[:2], 3) and room.flags.writeable
    return _bytes(cv2.cvtColor(stored, conversion, dst=room if fits else None))


def _pixels(message: ImageMessage, channels: int) -> Picture:
    """The data as (height, width, channels), without a copy and without the padding of rows."""
    height, width, step = message.height, message.width, message.step
    what = f"image {width}x{height} {message.encoding}"
    if height < 1 or width < 1:
        raise ImageError(f"{what}: expected at least one pixel")
    if channels == 2 and width % 2:
        raise ImageError(f"{what}: expected an even width, as two pixels share their colour")
    row = width * channels
    if step < row:
        raise ImageError(f"{what}: expected a step of at least {row} bytes, got {step}")
    try:
        data = np.frombuffer(message.data, np.uint8)
    except (TypeError, ValueError):
        raise ImageError(
            f"{what}: expected data as bytes, got {type(message.data).__name__}"
        ) from None
    if data.size != step * height:
        raise ImageError(
            f"{what}: expected {step * height} bytes ({height} rows of {step}), got {data.size}"
        )
    return data.reshape(height, step)[:, :row].reshape(height, width, channels)


@functools.cache
def _cv_bridge() -> Any:
    """A CvBridge, or None where cv_bridge is not installed or does not fit the NumPy here."""
    try:
        return importlib.import_module("cv_bridge").CvBridge()
    except (ImportError, AttributeError):
        return None


def _through_cv_bridge(message: ImageMessage, wanted: str) -> Picture:
    bridge = _cv_bridge()
    if bridge is None:
        raise ImageError(
            f"image encoding {message.encoding!r}: expected one of {', '.join(ENCODINGS)}"
            " (others need cv_bridge, which is not installed)"
        )
    try:
        return _bytes(bridge.imgmsg_to_cv2(message, desired_encoding=wanted))
    except Exception as error:  # CvBridgeError is a plain Exception, and others leak through
        raise ImageError(
            f"image encoding {message.encoding!r}: cv_bridge cannot make {wanted} of it: "
            + " ".join(str(error).split())
        ) from error


def _bytes(picture: Any) -> Picture:
    """Tell the type checker what OpenCV's stubs leave open; no copy."""
    return np.asarray(picture, np.uint8)

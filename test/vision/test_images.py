from __future__ import annotations

import array
import dataclasses
import importlib.util
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from skimage import data

from fatigue_ros.errors import FatigueError, ImageError
from fatigue_ros.vision import images

Picture = npt.NDArray[np.uint8]


@dataclasses.dataclass
class Message:
    """The fields of sensor_msgs/Image, in a package that needs no ROS."""

    height: int = 0
    width: int = 0
    encoding: str = ""
    is_bigendian: int = 0
    step: int = 0
    data: Any = b""


@dataclasses.dataclass
class Compressed:
    format: str
    data: Any


PORTRAIT = data.astronaut()  # type: ignore[no-untyped-call]
BGR: Picture = np.ascontiguousarray(PORTRAIT[:120, 150:310, ::-1])
GREY: Picture = np.asarray(cv2.cvtColor(BGR, cv2.COLOR_BGR2GRAY), np.uint8)


def encoded(encoding: str, stored: npt.NDArray[Any], padding: int = 0) -> Message:
    """A message of these pixels, each row followed by padding bytes that must not be seen."""
    rows: npt.NDArray[Any] = stored.reshape(stored.shape[0], -1)
    rows = np.pad(rows, ((0, 0), (0, padding)), constant_values=171)
    return Message(
        stored.shape[0],
        stored.shape[1],
        encoding,
        0,
        rows.shape[1],
        array.array("B", rows.tobytes()),
    )


STORED = {
    "bgr8": BGR,
    "8UC3": BGR,
    "rgb8": BGR[..., ::-1],
    "bgra8": cv2.cvtColor(BGR, cv2.COLOR_BGR2BGRA),
    "rgba8": cv2.cvtColor(BGR, cv2.COLOR_BGR2RGBA),
}


@pytest.mark.parametrize("padding", [0, 5])
@pytest.mark.parametrize("encoding", STORED)
def test_colour_encodings_give_the_same_picture(encoding: str, padding: int) -> None:
    message = encoded(encoding, np.ascontiguousarray(STORED[encoding]), padding)
    np.testing.assert_array_equal(images.to_bgr(message), BGR)
    np.testing.assert_array_equal(images.to_rgb(message), BGR[..., ::-1])


@pytest.mark.parametrize("padding", [0, 7])
@pytest.mark.parametrize("encoding", ["mono8", "8UC1"])
def test_grey_becomes_three_equal_channels(encoding: str, padding: int) -> None:
    message = encoded(encoding, GREY, padding)
    for picture in (images.to_bgr(message), images.to_rgb(message)):
        np.testing.assert_array_equal(picture, np.dstack([GREY] * 3))


@pytest.mark.parametrize(
    ("encoding", "code"),
    [
        ("yuyv", cv2.COLOR_BGR2YUV_YUY2),
        ("yuv422_yuy2", cv2.COLOR_BGR2YUV_YUY2),
        ("uyvy", cv2.COLOR_BGR2YUV_UYVY),
        ("yuv422", cv2.COLOR_BGR2YUV_UYVY),
    ],
)
def test_webcam_encodings_lose_little(encoding: str, code: int) -> None:
    # Only brightness survives in full; colour is halved sideways, so compare smooth pictures.
    smooth = np.asarray(cv2.GaussianBlur(BGR, (0, 0), 4), np.uint8)
    message = encoded(encoding, np.asarray(cv2.cvtColor(smooth, code), np.uint8), 4)
    for picture, expected in (
        (images.to_bgr(message), smooth),
        (images.to_rgb(message), smooth[..., ::-1]),
    ):
        assert np.abs(picture.astype(int) - expected).mean() < 3


def test_every_known_encoding_is_tested_above() -> None:
    tested = {*STORED, "mono8", "8UC1", "yuyv", "yuv422_yuy2", "uyvy", "yuv422"}
    assert set(images.ENCODINGS) == tested


def test_bgr8_is_not_copied() -> None:
    message = encoded("bgr8", BGR)
    assert np.shares_memory(images.to_bgr(message), np.frombuffer(message.data, np.uint8))


@given(
    hnp.arrays(
        np.uint8,
        st.tuples(st.integers(1, 8), st.integers(1, 8))
        | st.tuples(st.integers(1, 8), st.integers(1, 8), st.just(3)),
    ),
    st.booleans(),
)
def test_what_is_filled_in_comes_back(frame: Picture, strided: bool) -> None:
    if strided:
        frame = np.repeat(frame, 2, axis=1)[:, ::2]
    message = Message()
    images.fill(message, frame)
    assert isinstance(message.data, array.array)
    assert len(message.data) == message.step * message.height
    expected = frame if frame.ndim == 3 else np.dstack([frame] * 3)
    np.testing.assert_array_equal(images.to_bgr(message), expected)


@pytest.mark.parametrize(
    "frame",
    [
        np.zeros((0, 4, 3), np.uint8),
        np.zeros((4, 4, 4), np.uint8),
        np.zeros(12, np.uint8),
        np.zeros((2, 2, 3, 1), np.uint8),
        np.zeros((4, 4, 3), np.float32),
    ],
)
def test_fill_refuses_what_is_no_picture(frame: Any) -> None:
    with pytest.raises(ImageError, match=r"expected \(height, width, 3\)"):
        images.fill(Message(), frame)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"height": 0}, "160x0 bgr8: expected at least one pixel"),
        ({"width": 0}, "0x120 bgr8: expected at least one pixel"),
        ({"step": 479}, "expected a step of at least 480 bytes, got 479"),
        ({"step": 481}, r"expected 57720 bytes \(120 rows of 481\), got 57600"),
        ({"data": BGR.tobytes()[:-1]}, r"expected 57600 bytes \(120 rows of 480\), got 57599"),
        ({"data": BGR.tobytes() + b"x"}, "expected 57600 bytes .* got 57601"),
        ({"data": b""}, "got 0"),
        ({"data": [1, 2, 3]}, "expected data as bytes, got list"),
        ({"encoding": "yuyv", "width": 159}, "expected an even width"),
        (
            {"width": 7680, "height": 4320},
            "image 7680x4320: expected at most 12.6 million pixels, got 33.2: have the camera",
        ),
    ],
)
def test_sizes_that_do_not_fit_are_refused_in_one_line(change: dict[str, Any], text: str) -> None:
    message = dataclasses.replace(encoded("bgr8", BGR), **change)
    for decode in (images.to_bgr, images.to_rgb):
        with pytest.raises(ImageError, match=text) as caught:
            decode(message)
        assert "\n" not in str(caught.value)
        assert isinstance(caught.value, FatigueError)


@given(
    st.integers(0, 6),
    st.integers(0, 6),
    st.integers(0, 30),
    st.binary(max_size=80),
    st.sampled_from(images.ENCODINGS),
)
def test_any_message_gives_a_picture_or_an_image_error(
    height: int, width: int, step: int, content: bytes, encoding: str
) -> None:
    message = Message(height, width, encoding, 0, step, content)
    try:
        picture = images.to_bgr(message)
    except ImageError:
        return
    assert picture.shape == (height, width, 3)


no_cv_bridge = pytest.mark.skipif(
    importlib.util.find_spec("cv_bridge") is not None, reason="cv_bridge is installed here"
)


@no_cv_bridge
@pytest.mark.parametrize("encoding", ["bayer_rggb8", "32FC1", "", "nonsense"])
def test_unknown_encodings_are_refused_by_name_without_cv_bridge(encoding: str) -> None:
    with pytest.raises(ImageError, match=r"expected one of bgr8, .*cv_bridge") as caught:
        images.to_bgr(encoded(encoding, BGR))
    assert repr(encoding) in str(caught.value)


def test_other_encodings_go_through_cv_bridge() -> None:
    pytest.importorskip("cv_bridge", reason="cv_bridge is not installed")
    sensor_msgs = pytest.importorskip("sensor_msgs.msg")
    wide = np.full((4, 6), 256 * 200, np.uint16)
    message = sensor_msgs.Image(height=4, width=6, encoding="mono16", step=12)
    message.data = array.array("B", wide.tobytes())
    picture = images.to_bgr(message)
    assert picture.shape == (4, 6, 3)
    assert abs(int(picture[0, 0, 0]) - 200) <= 1


@pytest.mark.parametrize("ending", [".png", ".jpg"])
def test_compressed_pictures(ending: str) -> None:
    written, content = cv2.imencode(ending, BGR)
    assert written
    message = Compressed(ending[1:], array.array("B", content.tobytes()))
    difference = np.abs(images.compressed_to_bgr(message).astype(int) - BGR)
    assert difference.mean() < (0.1 if ending == ".png" else 6)
    np.testing.assert_array_equal(
        images.compressed_to_rgb(message), images.compressed_to_bgr(message)[..., ::-1]
    )


def test_to_jpeg_and_back() -> None:
    content = images.to_jpeg(np.full((48, 64, 3), 90, np.uint8), 80)
    assert content[:2] == b"\xff\xd8"
    back = images.compressed_to_bgr(SimpleNamespace(format="jpeg", data=content))
    assert back.shape == (48, 64, 3)
    assert np.abs(back.astype(int) - 90).max() <= 2
    with pytest.raises(ImageError, match="0, 0, 3"):
        images.to_jpeg(np.zeros((0, 0, 3), np.uint8), 80)


@pytest.mark.parametrize("content", [b"", b"\xff\xd8garbage", b"not a picture" * 50, [1, 2]])
def test_compressed_garbage_is_refused(content: Any) -> None:
    with pytest.raises(ImageError, match=f"got {len(content)} bytes marked 'jpeg'") as caught:
        images.compressed_to_bgr(Compressed("jpeg", content))
    assert "\n" not in str(caught.value)


def test_a_compressed_picture_that_is_too_large_is_refused() -> None:
    content = cv2.imencode(".png", np.zeros((3073, 4096), np.uint8))[1].tobytes()
    with pytest.raises(ImageError, match=r"compressed image 4096x3073: expected at most 12\.6"):
        images.compressed_to_rgb(Compressed("png", content))


def test_real_messages_work() -> None:
    sensor_msgs = pytest.importorskip("sensor_msgs.msg", reason="ROS 2 is not installed")
    message = sensor_msgs.Image()
    images.fill(message, BGR)
    np.testing.assert_array_equal(images.to_rgb(message), BGR[..., ::-1])


def test_rgb_into_room_that_fits_and_past_room_that_does_not() -> None:
    frame = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3)
    message: Any = images.fill(SimpleNamespace(), frame)
    expected = frame[..., ::-1]
    room = np.zeros((4, 6, 3), np.uint8)
    assert np.shares_memory(images.to_rgb(message, room), room)
    assert np.array_equal(room, expected)
    locked = np.zeros((4, 6, 3), np.uint8)
    locked.flags.writeable = False
    for other in (np.zeros((5, 6, 3), np.uint8), locked):
        assert np.array_equal(images.to_rgb(message, other), expected)
        assert not other.any()

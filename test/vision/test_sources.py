from __future__ import annotations

import dataclasses
import itertools
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from fatigue_ros.backoff import Backoff
from fatigue_ros.errors import ParameterError, SourceError
from fatigue_ros.settings.parameters import from_mapping
from fatigue_ros.vision.frames import prepared
from fatigue_ros.vision.sources import (
    CameraSettings,
    Frame,
    FrameSource,
    is_live,
    open_source,
)

Picture = npt.NDArray[np.uint8]
RATE = 25.0


def picture(number: int) -> Picture:
    """A dark picture 160x120 with a bright bar that tells its number, 0 to 59."""
    image = np.full((120, 160, 3), 30, np.uint8)
    image[60:, 2 * number : 2 * number + 40] = 220
    return image


def number_in(image: Picture) -> int:
    bright = np.flatnonzero(image[90, :, 1] > 125)
    return round(float(bright[0] + bright[-1] - 39) / 4)


def write_video(path: Path, count: int = 20, code: str = "MJPG", rate: float = RATE) -> Path:
    four = cv2.VideoWriter.fourcc(*code)
    writer = cv2.VideoWriter(str(path), four, rate, (160, 120))
    assert writer.isOpened()
    for number in range(count):
        writer.write(picture(number))
    writer.release()
    return path


@pytest.fixture
def video(tmp_path: Path) -> Path:
    return write_video(tmp_path / "drive.avi")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number in (1, 2, 9, 10, 11):
        cv2.imwrite(str(tmp_path / f"frame{number}.png"), picture(number))
    (tmp_path / "notes.txt").write_text("not a picture")
    return tmp_path


def all_frames(source: FrameSource, at_most: int = 1000) -> list[Frame]:
    return list(itertools.islice(iter(source.read, None), at_most))


def times_of(frames: list[Frame]) -> list[float]:
    times = [frame.time for frame in frames if frame.time is not None]
    assert len(times) == len(frames)
    return times


# Video files


@pytest.mark.parametrize(("ending", "code"), [("avi", "MJPG"), ("mp4", "mp4v"), ("mkv", "MJPG")])
def test_a_video_comes_frame_by_frame_with_its_own_times(
    tmp_path: Path, ending: str, code: str
) -> None:
    with open_source(str(write_video(tmp_path / f"drive.{ending}", code=code))) as source:
        assert not source.live
        assert source.frame_rate == RATE
        assert source.size == (160, 120)
        frames = all_frames(source)
        assert source.read() is None
        assert source.problem == ""
    assert [number_in(frame.image) for frame in frames] == list(range(20))
    assert [frame.index for frame in frames] == list(range(20))
    assert times_of(frames) == pytest.approx([i / RATE for i in range(20)])
    assert {frame.image.dtype for frame in frames} == {np.dtype(np.uint8)}


def test_frames_stay_what_they_were_while_others_are_read(video: Path) -> None:
    with open_source(str(video)) as source:
        first, *_ = all_frames(source)
    assert number_in(first.image) == 0


def test_looping_starts_over_and_time_goes_on(video: Path) -> None:
    with open_source(str(video), CameraSettings(loop=True)) as source:
        frames = all_frames(source, 50)
    assert [number_in(frame.image) for frame in frames] == [i % 20 for i in range(50)]
    assert [frame.index for frame in frames] == list(range(50))
    assert times_of(frames) == pytest.approx([i / RATE for i in range(50)])


def test_a_loop_over_a_file_that_vanished_says_so(video: Path) -> None:
    with open_source(str(video), CameraSettings(loop=True)) as source:
        all_frames(source, 20)
        video.unlink()
        with pytest.raises(SourceError, match=r"drive\.avi: expected a video file"):
            source.read()


def test_a_variable_frame_rate_is_kept(shared_data: Path) -> None:
    with open_source(str(shared_data / "driver_clips" / "blinks_rotated.mp4")) as source:
        times = times_of(all_frames(source))
    steps = np.diff(times)
    assert len(times) == 80
    assert steps[0] == pytest.approx(0.068, abs=0.001)
    assert np.median(steps) == pytest.approx(0.0417, abs=0.001)


def test_a_cut_short_video_ends_there_and_is_reported(tmp_path: Path) -> None:
    whole = write_video(tmp_path / "whole.avi", 50)
    content = whole.read_bytes()
    cut = tmp_path / "cut.avi"
    cut.write_bytes(content[: len(content) // 2])
    with open_source(str(cut)) as source:
        frames = all_frames(source)
        assert 10 < len(frames) < 40
        assert "cut.avi: ended after" in source.problem
        assert "of 2.0 s, cut short or damaged" in source.problem


@pytest.mark.parametrize(
    ("name", "code", "rate"),
    [("fast.webm", "VP80", 1000.0), ("fast.avi", "MJPG", 300.0), ("slow.avi", "MJPG", 0.5)],
)
def test_a_whole_video_is_not_called_damaged_whatever_rate_it_claims(
    tmp_path: Path, name: str, code: str, rate: float
) -> None:
    with open_source(str(write_video(tmp_path / name, 20, code, rate))) as source:
        frames = all_frames(source)
        assert len(frames) == 20
        assert frames[-1].time == pytest.approx(19.0 / rate, abs=0.002)
        assert not source.problem


def test_a_loop_over_a_cut_video_still_reports_it(tmp_path: Path) -> None:
    content = write_video(tmp_path / "whole.avi", 50).read_bytes()
    cut = tmp_path / "cut.avi"
    cut.write_bytes(content[: len(content) // 2])
    with open_source(str(cut), CameraSettings(loop=True)) as source:
        all_frames(source, 60)
        assert "cut short or damaged" in source.problem


NO_VIDEOS = {"text.avi": b"hello\n" * 500, "empty.mp4": b"", "noise.mkv": bytes(range(256)) * 9}


def test_a_loop_over_a_folder_that_vanished_says_so(folder: Path) -> None:
    with open_source(str(folder), CameraSettings(loop=True)) as source:
        all_frames(source, 5)
        folder.rename(folder.with_name("elsewhere"))
        with pytest.raises(SourceError, match="the folder cannot be read"):
            source.read()


def test_a_pipe_is_no_source(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(SourceError, match="pipe: expected a file, a folder or a camera"):
        open_source(str(tmp_path / "pipe"))


@pytest.mark.parametrize("name", NO_VIDEOS)
def test_files_that_are_no_video_are_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(NO_VIDEOS[name])
    with pytest.raises(SourceError, match="expected a video file, but no video") as caught:
        open_source(str(tmp_path / name))
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)


def test_opencv_adds_nothing_to_the_error(tmp_path: Path) -> None:
    # In a process of its own, as FFmpeg asks for its log level once.
    content = write_video(tmp_path / "whole.mp4", code="mp4v").read_bytes()
    (tmp_path / "cut.mp4").write_bytes(content[: len(content) // 2])
    (tmp_path / "picture.png").write_bytes(b"damaged")
    program = (
        "import sys\n"
        "from fatigue_ros.errors import SourceError\n"
        "from fatigue_ros.vision.sources import open_source\n"
        "for source in sys.argv[1:]:\n"
        "    try: open_source(source)\n"
        "    except SourceError: print('refused')\n"
    )
    sources = [str(tmp_path / "cut.mp4"), str(tmp_path), "/dev/null"]
    done = subprocess.run(
        [sys.executable, "-c", program, *sources],
        capture_output=True,
        text=True,
        check=True,
        timeout=600,
    )
    assert done.stdout.split() == ["refused"] * 3
    assert done.stderr == ""


def test_a_video_without_frames_is_refused(tmp_path: Path) -> None:
    empty = write_video(tmp_path / "nothing.avi", 0)
    with pytest.raises(SourceError, match=r"nothing\.avi: the video holds no frame"):
        open_source(str(empty))


def test_what_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"gone\.mp4: no such file or folder"):
        open_source(str(tmp_path / "gone.mp4"))
    for odd in ("x" * 5000, "a\0b"):
        with pytest.raises(SourceError, match="cannot be looked at") as caught:
            open_source(odd)
        assert len(str(caught.value)) < 150
        assert not is_live(odd)
    with pytest.raises(SourceError, match="source: is empty"):
        open_source("  ")
    with pytest.raises(SourceError, match="gopher:// is unknown, expected one of http, "):
        open_source("gopher://host/video")
    with pytest.raises(SourceError, match=r"sim:demo.*driver_simulator, expected a camera"):
        open_source("sim:demo")


def test_reading_after_closing_gives_nothing(video: Path) -> None:
    source = open_source(str(video), CameraSettings(loop=True))
    source.read()
    source.close()
    assert source.read() is None


# Folders of pictures


def test_a_folder_comes_in_natural_order_at_the_given_rate(folder: Path) -> None:
    with open_source(str(folder), CameraSettings(frame_rate=10.0)) as source:
        assert (source.live, source.frame_rate, source.size) == (False, 10.0, (160, 120))
        frames = all_frames(source)
        assert source.problem == ""
    assert [number_in(frame.image) for frame in frames] == [1, 2, 9, 10, 11]
    assert times_of(frames) == pytest.approx([0, 0.1, 0.2, 0.3, 0.4])


def test_an_unreadable_picture_leaves_a_gap_and_is_counted(folder: Path) -> None:
    (folder / "frame9.png").write_bytes(b"damaged")
    with open_source(str(folder), CameraSettings(frame_rate=10.0)) as source:
        frames = all_frames(source)
        assert "1 of 5 pictures cannot be read, the last of them frame9.png" in source.problem
    assert [number_in(frame.image) for frame in frames] == [1, 2, 10, 11]
    assert times_of(frames) == pytest.approx([0, 0.1, 0.3, 0.4])


def test_a_folder_loops_too(folder: Path) -> None:
    with open_source(str(folder), CameraSettings(frame_rate=10.0, loop=True)) as source:
        frames = all_frames(source, 7)
    assert [number_in(frame.image) for frame in frames] == [1, 2, 9, 10, 11, 1, 2]
    assert times_of(frames) == pytest.approx([i / 10 for i in range(7)])


def test_folders_without_a_readable_picture_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"expected pictures \(\.bmp .*found none"):
        open_source(str(tmp_path))
    for name in ("a.png", "b.JPG"):
        (tmp_path / name).write_bytes(b"damaged")
    with pytest.raises(SourceError, match="none of the 2 pictures in the folder can be read"):
        open_source(str(tmp_path), CameraSettings(loop=True))


# What is done to every frame


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_pictures_turn_clockwise(video: Path, rotation: int) -> None:
    with open_source(str(video), CameraSettings(rotation=rotation)) as source:
        frame = source.read()
        assert frame is not None
        size = source.size
    turned = np.rot90(picture(0), -rotation // 90)
    assert size == (turned.shape[1], turned.shape[0])
    assert np.abs(frame.image.astype(int) - turned).mean() < 6


@pytest.mark.parametrize(
    ("width", "height", "expected"),
    [
        (0, 0, (160, 120)),
        (80, 0, (80, 60)),
        (0, 60, (80, 60)),
        (80, 30, (40, 30)),
        (640, 480, (160, 120)),
        (1, 1, (1, 1)),
    ],
)
def test_files_are_scaled_down_to_fit_and_never_up(
    video: Path, width: int, height: int, expected: tuple[int, int]
) -> None:
    with open_source(str(video), CameraSettings(width=width, height=height)) as source:
        assert source.size == expected


def test_a_frame_that_needs_nothing_is_not_copied() -> None:
    image = picture(3)
    assert prepared(image, CameraSettings()) is image


@pytest.mark.parametrize("rotation", [45, 1, 269])
def test_only_quarter_turns_are_accepted(rotation: int) -> None:
    with pytest.raises(ParameterError, match=f"rotation: {rotation} deg is not one of"):
        from_mapping(CameraSettings, {"rotation": rotation})


# Cameras and streams


def test_a_camera_that_is_not_there_is_refused() -> None:
    for device in (97, "97", "/dev/video97"):
        with pytest.raises(SourceError, match="/dev/video97 does not exist; cameras here: "):
            open_source(device)


@pytest.mark.skipif(not Path("/dev/null").is_char_device(), reason="no device to try")
def test_a_device_that_is_no_camera_is_refused() -> None:
    with pytest.raises(SourceError, match="/dev/null cannot be opened; is it a camera"):
        open_source("/dev/null")


@pytest.fixture
def stream(network_camera: Callable[[list[bytes]], str]) -> str:
    """Address of a network camera that goes away after 40 frames."""
    return network_camera([cv2.imencode(".jpg", picture(n))[1].tobytes() for n in range(40)])


def test_a_network_stream_is_live_and_can_be_lost(stream: str) -> None:
    with open_source(f"{stream}/live", CameraSettings(rotation=180)) as source:
        assert source.live
        assert source.size == (160, 120)
        frames = all_frames(source)
        assert source.read() is None
    # The first frame only proves that there are any.
    numbers = [number_in(np.ascontiguousarray(np.rot90(f.image, 2))) for f in frames]
    assert numbers == list(range(1, 40))
    assert {frame.time for frame in frames} == {None}
    assert [frame.index for frame in frames] == list(range(39))


def test_a_stream_that_does_not_answer_is_refused_without_its_password(
    stream: str,
) -> None:
    for address in (
        stream.replace("//", "//user:secret@") + "/other",
        "rtsp://user:secret@127.0.0.1:1/live",
    ):
        with pytest.raises(SourceError, match=r"stream .*: no video to be had") as caught:
            open_source(address, CameraSettings(stream_timeout=1.0))
        assert "secret" not in str(caught.value)


def test_what_is_live() -> None:
    for live in (0, "0", "/dev/video7", "rtsp://host/x", "HTTP://host/x"):
        assert is_live(live)
    for recorded in ("drive.mp4", "folder", "./0.avi", ""):
        assert not is_live(recorded)


# Trying again


def test_waiting_doubles_up_to_a_limit_and_starts_over() -> None:
    backoff = Backoff(initial=0.5, maximum=3.0)
    assert [backoff.next() for _ in range(5)] == [0.5, 1.0, 2.0, 3.0, 3.0]
    backoff.reset()
    assert backoff.next() == 0.5


def test_settings_are_parameters() -> None:
    settings = from_mapping(CameraSettings, {"source": "drive.avi", "rotation": 90, "loop": True})
    assert dataclasses.asdict(settings)["rotation"] == 90


@pytest.mark.parametrize(("rate", "expected"), [(30.0, 1 / 30), (10.0, 0.1)])
def test_a_stream_without_a_container_has_the_rate_of_the_settings(
    tmp_path: Path, rate: float, expected: float, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "raw.mjpeg"
    pictures = [np.full((48, 64, 3), 20 * number, np.uint8) for number in range(6)]
    path.write_bytes(b"".join(cv2.imencode(".jpg", picture)[1].tobytes() for picture in pictures))
    with open_source(str(path), CameraSettings(frame_rate=rate)) as source:
        times = [frame.time for frame in iter(source.read, None)]
        assert not source.problem
    assert times == pytest.approx([expected * number for number in range(6)])
    said = capsys.readouterr().err
    assert f"raw.mjpeg: a stream without times, taken as {rate:g} frames/s" in said

"""`fatigue ask`: what models say of a picture, in a real Chromium and over HTTP."""

from __future__ import annotations

import contextlib
import http.client
import re
import socket
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import cv2
import numpy as np
import pytest

from fatigue_ros.cli.main import main
from fatigue_ros.desk.model_page import MOST_BYTES

RED, GREEN = (0, 0, 255), (0, 255, 0)


def picture(path: Path, colour: tuple[int, int, int], size: tuple[int, int] = (64, 48)) -> Path:
    """A picture of one colour; the models of `model_file` call red awake and green tired."""
    path.parent.mkdir(exist_ok=True)
    cv2.imwrite(str(path), np.full((size[1], size[0], 3), colour, np.uint8))
    return path


@pytest.fixture
def address(tmp_path: Path, model_file: Callable[..., Path], started: Callable[..., Any]) -> str:
    """Of a page with two models and a file that is none, and a camera that sees green."""
    models = tmp_path / "models"
    for folder in ("one", "two"):
        (models / folder).mkdir(parents=True)
        model_file(name=f"net {folder}").rename(models / folder / "net.onnx")
    (models / "broken.onnx").write_bytes(b"no model")
    picture(tmp_path / "camera" / "1.png", GREEN)
    process = started(
        *(sys.executable, "-m", "fatigue_ros.cli.main", "ask", str(models), "--port", "0"),
        *("--camera", str(tmp_path / "camera")),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    for line in process.stdout:
        if found := re.search(r"the page is at (\S+)", line):
            return found.group(1)
    pytest.fail(process.stderr.read())


def post(address: str, content: bytes, path: str = "/picture", **headers: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=120)
    with contextlib.closing(connection):
        with contextlib.suppress(ConnectionError):  # it need not read all that is too much
            connection.request("POST", path, content, headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


def test_each_model_shows_what_it_says_of_a_picture(
    chromium: Any, wait: Any, address: str, tmp_path: Path
) -> None:
    chromium.get(address)
    chromium.get_log("browser")

    def text(name: str) -> str:
        return str(chromium.execute_script(f"return document.getElementById('{name}').innerText"))

    wait(lambda: chromium.execute_script("return document.body.dataset.ready"), "the models")
    assert text("verdicts").count("no picture yet") == 2
    assert "broken.onnx: expected a model file" in text("refused")
    upload = chromium.find_element("id", "file")
    upload.send_keys(str(picture(tmp_path / "red.png", RED)))
    wait(lambda: text("verdicts").count("awake  awake 1.00  tired 0.00") == 2, "the verdicts")
    assert text("status") == "red.png"
    assert {"net one", "net two"} <= set(text("verdicts").splitlines())
    wait(
        lambda: chromium.execute_script(
            "return [...document.querySelectorAll('article.awake img')].every(i => i.naturalWidth)"
        ),
        "the pictures",
    )
    chromium.find_element("id", "camera").click()
    wait(lambda: text("verdicts").count("tired  awake 0.00  tired 1.00") == 2, "the camera's")
    assert len(chromium.find_elements("css selector", "article.drowsy")) == 2
    meter = chromium.find_element("css selector", "meter")
    assert float(meter.get_property("value")) > 0.99
    assert not [e for e in chromium.get_log("browser") if e["level"] == "SEVERE"]
    whole = picture(tmp_path / "half.jpg", RED, (640, 480)).read_bytes()
    (tmp_path / "half.jpg").write_bytes(whole[: len(whole) // 2])
    upload.send_keys(str(tmp_path / "half.jpg"))
    wait(lambda: "half.jpg: the file ends in the middle" in text("status"), "the refusal")


def test_what_is_no_picture_of_a_face_is_refused_before_it_is_judged(
    address: str, tmp_path: Path
) -> None:
    good = picture(tmp_path / "good.png", RED).read_bytes()
    huge = good[:16] + struct.pack(">II", 40_000, 40_000) + good[24:]
    for content, status, said in (
        (b"", 422, "expected a JPEG or PNG picture"),
        (b"GIF89a", 422, "expected a JPEG or PNG picture"),
        (good[:20], 422, "the file ends in the middle of the picture"),
        (good[:-20], 422, "the file ends in the middle of the picture"),
        (huge, 422, "40000x40000: expected at most 12.6 million pixels"),
        (picture(tmp_path / "strip.png", RED, (500, 100)).read_bytes(), 422, "over 4 times"),
        (picture(tmp_path / "dot.png", RED, (15, 15)).read_bytes(), 422, "too few, expected 16"),
        (bytes(MOST_BYTES + 1), 413, "larger than 20 MB"),
    ):
        found = post(address, content)
        assert (found[0], said in found[1]) == (status, True), found
    assert post(address, good, Origin="http://elsewhere.example")[0] == 403
    assert post(address, good, Host="elsewhere.example")[0] == 403
    assert post(address, good)[0] == 200
    assert post(address, b"", "/camera")[0] == 200
    assert "camera: is over" in post(address, b"", "/camera")[1]  # one picture was all


def test_the_command_refuses_what_it_cannot_show(
    tmp_path: Path, model_file: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "none").mkdir()
    assert main(["ask", str(tmp_path / "none")]) == 2
    assert "none: expected model files (*.onnx), found none" in capsys.readouterr().err
    broken = tmp_path / "none" / "broken.onnx"
    broken.write_bytes(b"no model")
    assert main(["ask", str(tmp_path / "none")]) == 2
    assert f"found {broken}: expected a model file" in capsys.readouterr().err
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["ask", str(model_file()), "--port", str(port)]) == 2
    assert f"--port {port}: is taken" in capsys.readouterr().err

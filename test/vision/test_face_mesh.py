"""The short way through FaceMesh finds what MediaPipe's own way finds, to the last bit."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from fatigue_ros.errors import EngineError
from fatigue_ros.vision.engine import LandmarkSettings
from fatigue_ros.vision.face_mesh import MeshPoints, face_mesh

pytest.importorskip("mediapipe", reason="MediaPipe is not installed")

Picture = npt.NDArray[np.uint8]


@pytest.mark.parametrize(("refined", "count"), [(True, 478), (False, 468)])
def test_the_same_points_as_from_mediapipe_itself(
    portrait: Picture, refined: bool, count: int
) -> None:
    settings = LandmarkSettings(refine_landmarks=refined)
    ours, theirs = MeshPoints(settings), face_mesh(settings)
    nobody = np.zeros_like(portrait)
    faces = 0
    # Found, followed, lost, found again.
    for shift in (0, 3, 6, None, 6, 2):
        picture = nobody if shift is None else np.roll(portrait, shift, axis=1).copy()
        before = picture.copy()
        points, found = ours.find(picture), theirs.process(picture).multi_face_landmarks
        assert np.array_equal(picture, before)
        assert picture.flags.writeable
        assert (points is None) == (not found) == (shift is None)
        if points is not None:
            faces += 1
            expected = np.array([(mark.x, mark.y) for mark in found[0].landmark], np.float32)
            assert points.shape == (count, 2)
            assert np.array_equal(points, expected)
    assert faces == 5
    ours.close()
    theirs.close()


def test_points_outlive_the_next_picture(portrait: Picture) -> None:
    mesh = MeshPoints(LandmarkSettings())
    picture = portrait.copy()
    first = mesh.find(picture)
    assert first is not None
    kept = first.copy()
    picture[:] = np.roll(portrait, 20, axis=1)
    second = mesh.find(picture)
    assert second is not None
    assert np.array_equal(first, kept)
    assert not np.array_equal(first, second)
    mesh.close()


def test_an_answer_in_another_form_is_refused(
    portrait: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    mesh = MeshPoints(LandmarkSettings())
    monkeypatch.setattr(mesh, "_serialized", lambda _: [b"\n\x0f" * 40])
    with pytest.raises(EngineError, match=r"468 or 478 points.*found 80 bytes.*0\.10\.18"):
        mesh.find(portrait)
    mesh.close()

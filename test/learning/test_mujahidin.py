"""The eight-convolution network, and the comparison with and without the Haar stage."""

from __future__ import annotations

import dataclasses
import functools
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import skimage.data

torch = pytest.importorskip("torch", reason="learned models are an extra: pip install .[learning]")

from torch import nn  # noqa: E402

from fatigue_ros.cli.main import main  # noqa: E402
from fatigue_ros.learning import haar_comparison as comparison  # noqa: E402
from fatigue_ros.learning import recipe as recipes  # noqa: E402
from fatigue_ros.learning.haar_comparison import Result  # noqa: E402
from fatigue_ros.learning.image_folders import Images  # noqa: E402
from fatigue_ros.learning.mujahidin import modified_vgg16  # noqa: E402
from fatigue_ros.learning.recipe import Recipe  # noqa: E402
from fatigue_ros.learning.run import Run, TrainingError  # noqa: E402
from fatigue_ros.learning.scores import Figure, score  # noqa: E402
from fatigue_ros.learning.splits import Subset  # noqa: E402
from fatigue_ros.settings.resources import config  # noqa: E402

DRIVERS = 12


@pytest.fixture(scope="module")
def recipe() -> Recipe:
    return recipes.load(config("learning") / "mujahidin.yaml")


# The network ------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [32, 48, 224])
def test_number_of_parameters_is_that_of_the_papers_layers(size: int) -> None:
    # Two 3 x 3 convolutions of 32, 64, 128 and 256 filters, then 128, 128 and 4 units.
    edges = [(3, 32), (32, 32), (32, 64), (64, 64), (64, 128), (128, 128), (128, 256), (256, 256)]
    convolutions = sum((9 * inputs + 1) * filters for inputs, filters in edges)
    assert convolutions == 1_172_256
    flat = 256 * (size // 8) ** 2  # three poolings, none after the last block
    dense = (flat + 1) * 128 + (128 + 1) * 128 + (128 + 1) * 4
    network = modified_vgg16(4, size, None)
    assert sum(p.numel() for p in network.parameters()) == convolutions + dense


def test_layers_are_in_the_papers_order() -> None:
    letters = {nn.Conv2d: "c", nn.MaxPool2d: "p", nn.Flatten: "f", nn.Linear: "d", nn.ReLU: ""}
    layers = modified_vgg16(4, 32, None)
    assert "".join(letters[type(layer)] for layer in layers) == "ccpccpccpccfddd"
    # Every layer but the last is followed by a ReLU, whose output a softmax would follow.
    assert sum(isinstance(layer, nn.ReLU) for layer in layers) == 8 + 2
    assert isinstance(layers[-1], nn.Linear)


@pytest.mark.parametrize("size", [32, 50])
def test_output_and_gradients_reach_every_layer(size: int) -> None:
    torch.manual_seed(0)
    network = modified_vgg16(4, size, None)
    logits = network(torch.randn(3, 3, size, size))
    assert logits.shape == (3, 4)
    nn.functional.cross_entropy(logits, torch.tensor([0, 1, 2])).backward()
    assert all(p.grad is not None and p.grad.abs().max() > 0 for p in network.parameters())


def test_recipe_is_the_papers(recipe: Recipe) -> None:
    assert list(recipe.classes) == ["closed", "no_yawn", "open", "yawn"]
    assert recipe.drowsy == ["closed", "yawn"]
    assert (recipe.optimiser, recipe.batch_size, recipe.region) == ("adam", 30, "haar")
    assert recipe.epochs == comparison.EPOCHS[-1] == 100


# The comparison ---------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def few_resamples(monkeypatch: pytest.MonkeyPatch) -> None:
    """Intervals cost seconds, and are tested elsewhere."""
    monkeypatch.setattr(comparison, "score", functools.partial(score, resamples=5))


@pytest.fixture(scope="module")
def drivers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A portrait with its mouth painted open or shut, and its eye with the lid up or down."""
    root = tmp_path_factory.mktemp("drivers")
    portrait = cv2.cvtColor(
        skimage.data.astronaut(),  # type: ignore[no-untyped-call]
        cv2.COLOR_RGB2BGR,
    )
    generator = np.random.default_rng(0)
    for folder in ("closed", "no_yawn", "open", "yawn"):
        (root / folder).mkdir()
        for number in range(DRIVERS + 2):
            picture = portrait.copy()
            if folder == "yawn":
                cv2.ellipse(picture, (224, 158), (15, 18), 0, 0, 360, (20, 20, 60), cv2.FILLED)
            if folder == "closed":
                picture[100:118, 190:218] = picture[92, 204]
            if folder in {"closed", "open"}:
                picture = picture[88:130, 182:224]
            if folder == "yawn" and number == 0:
                picture[:] = 90  # nobody there
            noisy = picture + generator.normal(4.0 * number - 20.0, 4.0, picture.shape)
            cv2.imwrite(str(root / folder / f"{number}.png"), np.clip(noisy, 0, 255))
    return root


@pytest.fixture(scope="module")
def small(recipe: Recipe) -> Recipe:
    return dataclasses.replace(
        recipe, image_size=16, groups="", block=1, split=[0.5, 0.2, 0.3], rotation=0.0, zoom=0.0
    )


@pytest.fixture(scope="module")
def pictures(drivers: Path, small: Recipe) -> dict[str, Images]:
    return comparison.read(drivers, small)


def test_both_regions_have_the_same_people_for_the_same_purpose(
    pictures: dict[str, Images],
) -> None:
    haar, whole = pictures["haar"], pictures["whole"]
    assert haar.skipped == [("yawn/0.png", "no face is found in it")]
    assert set(whole.files) - set(haar.files) == {"yawn/0.png"}
    purpose = dict(zip(whole.files, whole.parts, strict=True))
    assert [purpose[file] for file in haar.files] == haar.parts
    # Faces are cut out, eyes are as they were.
    one, other = haar.files.index("no_yawn/5.png"), whole.files.index("no_yawn/5.png")
    assert not np.array_equal(haar.pixels[one], whole.pixels[other])
    one, other = haar.files.index("open/5.png"), whole.files.index("open/5.png")
    assert np.array_equal(haar.pixels[one], whole.pixels[other])


def test_a_comparison_goes_on_where_it_was(
    pictures: dict[str, Images], small: Recipe, tmp_path: Path
) -> None:
    def compare(*epochs: int) -> list[Result]:
        return comparison.compare(
            pictures, small, "modified_vgg16", tmp_path, epochs=epochs, progress=False
        )

    first = compare(1)
    both = compare(2, 1, 2)
    assert [(r.region, r.epochs) for r in both] == [
        ("haar", 1), ("haar", 2), ("whole", 1), ("whole", 2)
    ]  # fmt: skip
    assert [both[0], both[2]] == first
    for region in comparison.REGIONS:
        history = (tmp_path / region / "modified_vgg16" / "history.csv").read_text()
        assert [row.split(",")[0] for row in history.splitlines()] == ["epoch", "1", "2"]
    tested = {name: len(found.indices(Subset.TEST)) for name, found in pictures.items()}
    for result in both:
        assert (result.judged, result.pictures) == (tested[result.region], tested["whole"])


def test_results_of_another_recipe_or_split_are_not_taken_for_these(
    pictures: dict[str, Images], small: Recipe, tmp_path: Path
) -> None:
    def compare(recipe: Recipe, *, random_split: bool = False) -> None:
        comparison.compare(
            pictures,
            recipe,
            "modified_vgg16",
            tmp_path,
            epochs=[1],
            random_split=random_split,
            progress=False,
        )

    compare(small)
    with pytest.raises(TrainingError, match="found one by others; give another --out"):
        compare(dataclasses.replace(small, learning_rate=0.1))
    with pytest.raises(TrainingError, match="found one by others; give another --out"):
        compare(small, random_split=True)


def test_table_has_the_papers_figures_and_counts_what_was_not_found_as_wrong() -> None:
    def result(region: str, epochs: int, judged: int, share: float) -> Result:
        return Result(
            region=region,
            epochs=epochs,
            pictures=200,
            judged=judged,
            accuracy=Figure(share, share - 0.05, share + 0.05),
            kinds={"face": share, "eye": share},
            found_by_stage=0.75,
        )

    lines = comparison.table(
        [result(region, epochs, judged, 0.9)
         for epochs in (35, 60) for region, judged in (("haar", 150), ("whole", 200))]
    )  # fmt: skip
    assert lines[2] == (
        "| 35 | 93.11 | 90.0 (85.0 to 95.0) | 67.5 | 85.x | 90.0 (85.0 to 95.0) | 75.0 |"
    )
    assert lines[3].startswith("| 60 | - | 90.0")
    assert len({line.count("|") for line in lines}) == 1


@pytest.mark.parametrize("given", ["0", "-3", "many"])
def test_epochs_that_are_none_are_refused(given: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["learn", "haar", "--recipe", "mujahidin", "--data", ".", f"--epochs={given}"])
    assert "--epochs: expected a whole number from 1" in capsys.readouterr().err


def test_command_trains_and_prints_the_table(
    drivers: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    changes = ["image_size=16", "groups=''", "block=1", "split=[0.5, 0.2, 0.3]", "epochs=1"]
    code = main(
        ["learn", "haar", "--recipe", "mujahidin", "--data", str(drivers), "--out", str(out)]
        + [f"--set={change}" for change in changes]
        + ["--epochs", "1"]
    )
    printed = capsys.readouterr()
    assert code == 0, printed.err
    assert printed.out.splitlines()[2].startswith("| 1 | - | ")
    assert "pictures judged; right of those that show a face " in printed.err
    for region in comparison.REGIONS:
        assert Run(out / region / "modified_vgg16").recipe.region == region
        result = json.loads((out / region / "modified_vgg16" / "after_1.json").read_text())
        assert (result["region"], result["epochs"]) == (region, 1)

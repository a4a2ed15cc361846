"""The five networks on ultralytics' YOLO11n: what they are made of, that they learn, that nothing
leaves the machine.
"""

from __future__ import annotations

import contextlib
import dataclasses
import importlib.util
import io
import json
import re
import shutil
import socket
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import yaml

torch = pytest.importorskip("torch", reason="learning extra not installed")
if (
    importlib.util.find_spec("ultralytics") is None
):  # not imported: only ultralytics_library may, with care
    pytest.skip("ff_yolo extra (AGPL-3.0) not installed", allow_module_level=True)

from fatigue_ros.cli.main import main  # noqa: E402
from fatigue_ros.errors import FatigueError  # noqa: E402
from fatigue_ros.learning.ff_yolo import ablation, network, ultralytics_library  # noqa: E402
from fatigue_ros.learning.ff_yolo.blocks import CAC3K2, CBAM  # noqa: E402
from fatigue_ros.learning.ff_yolo.dataset import (  # noqa: E402
    CLASSES,
    PictureFolder,
    Sample,
    YoloBox,
)
from fatigue_ros.learning.ff_yolo.network import VARIANTS, Variant, named  # noqa: E402
from fatigue_ros.learning.ff_yolo.training import kept, train  # noqa: E402

PLAIN, CHANNEL, BLOCK, POINT, FULL = VARIANTS
TINY = {
    "epochs": 4,
    "batch": 2,
    "nbs": 2,
    "lr0": 0.05,
    "imgsz": 64,
    "optimizer": "SGD",
    "warmup_epochs": 0,
    **dict.fromkeys(
        ("mosaic", "scale", "translate", "fliplr", "hsv_h", "hsv_s", "hsv_v", "erasing"), 0.0
    ),
}


def test_the_papers_counts_are_those_of_plain_yolo11n_with_one_and_with_two_classes() -> None:
    plain = ablation.measure(PLAIN)
    assert plain.one_class == PLAIN.published_parameters == 2_582_347
    assert plain.two_classes == BLOCK.published_parameters == 2_582_542
    assert plain.gflops[0] == pytest.approx(PLAIN.published_gflops, abs=0.1)


def test_ff_yolo_has_the_papers_size_and_cbams_own_parameters_beside() -> None:
    channel, full = ablation.measure(CHANNEL), ablation.measure(FULL)
    cbams = sum(ablation.parameters(CBAM(channels)) for channels in (64, 128, 256))
    assert channel.one_class == pytest.approx(CHANNEL.published_parameters, rel=0.001)
    assert full.one_class - channel.one_class == cbams == 11_046
    assert full.gflops[0] == pytest.approx(FULL.published_gflops, abs=0.1)
    assert "195 parameters" in ablation.size_table([(CHANNEL, channel), (FULL, full)])


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
def test_what_each_network_is_made_of(variant: Variant) -> None:
    model: Any = network.build(variant, CLASSES)
    kinds = [type(module).__name__ for module in model.modules()]
    assert kinds.count("CAC3K2") == (8 if variant.channel_attention else 0)
    assert kinds.count("C3k2") == (0 if variant.channel_attention else 8)
    assert kinds.count("CBAM") == (3 if variant.block_attention else 0)
    *_, detect = model.model
    feeding = {type(model.model[source]) for source in detect.f}
    expected = CAC3K2 if variant.channel_attention else ultralytics_library.module("nn.tasks").C3k2
    assert feeding == {CBAM if variant.block_attention else expected}
    assert model.names == {0: "Drowsy", 1: "Non-Drowsy"}


def test_the_parser_knows_its_own_modules_again_afterwards() -> None:
    tasks = ultralytics_library.module("nn.tasks")
    before = tasks.C3k2
    network.build(FULL, CLASSES)
    assert tasks.C3k2 is before
    assert not hasattr(tasks, "CBAM")


def test_the_box_loss_is_mpdiou_in_pixels_and_the_distribution_loss_stays() -> None:
    given = ultralytics_library.module("utils.loss").BboxLoss(16)
    spread, boxes = torch.zeros(1, 2, 64), torch.tensor([[[0.0, 0, 2, 2], [9, 9, 9, 9]]])
    rest = (
        torch.tensor([[1.0, 1.0], [9.0, 9.0]]),  # anchors
        torch.tensor([[[1.0, 1, 3, 3], [0, 0, 0, 0]]]),  # targets, in strides
        torch.tensor([[[0.5, 0.0], [0.0, 0.0]]]),  # scores
        torch.tensor(0.25),  # their sum, as it may be over several pictures
        torch.tensor([[True, False]]),
        torch.tensor([32.0, 64.0]),  # height and width of the input
        torch.tensor([[8.0], [8.0]]),
    )
    loss, distribution = network._PointDistance(given)(spread, boxes, *rest)
    expected = 1 - 64 / (256 + 256 - 64) + 2 * 128 / (32**2 + 64**2)
    assert float(loss) == pytest.approx(expected * 0.5 / 0.25)
    torch.testing.assert_close(distribution, given(spread, boxes, *rest)[1])


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
def test_each_network_learns_a_picture(variant: Variant) -> None:
    torch.manual_seed(0)
    model: Any = network.build(variant, CLASSES)
    model.args = ultralytics_library.module("cfg").get_cfg()
    batch = {
        "img": torch.rand(2, 3, 64, 64),
        "batch_idx": torch.tensor([0.0, 1.0]),
        "cls": torch.tensor([[0.0], [1.0]]),
        "bboxes": torch.tensor([[0.4, 0.5, 0.5, 0.6], [0.6, 0.5, 0.4, 0.5]]),
    }
    optimiser = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    losses: list[float] = []
    # How many steps it takes differs from one processor's arithmetic to the next.
    while len(losses) < 60 and not (losses and losses[-1] < 0.8 * losses[0]):
        loss = model.loss(batch)[0].sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.8 * losses[0]
    boxed = type(model.criterion.bbox_loss) is network._PointDistance
    assert boxed is variant.point_distance


def test_fusing_a_copy_changes_no_result() -> None:
    model = network.build(FULL, CLASSES)
    model.train()
    with torch.no_grad():
        model(torch.rand(4, 3, 64, 64))  # statistics to fold in
        model.eval()
        picture = torch.rand(1, 3, 64, 96)
        before = model(picture)[0]
        torch.testing.assert_close(network.fused(model)(picture)[0], before, atol=1e-3, rtol=1e-4)
        assert ablation.parameters(model) > ablation.parameters(network.fused(model))


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Bright and dark squares on grey, labelled Drowsy and Non-Drowsy."""
    folder = PictureFolder(tmp_path_factory.mktemp("data") / "squares")
    random = np.random.default_rng(0)
    parts: dict[str, list[Sample]] = {}
    for part, count in (("train", 12), ("val", 4), ("test", 4)):
        parts[part] = []
        for number in range(count):
            picture = random.integers(90, 160, (64, 64, 3), np.uint8)
            left, top = random.integers(4, 28, 2)
            picture[top : top + 32, left : left + 32] = 250 if number % 2 else 5
            sample = Sample(
                f"{part}{number}",
                "nobody",
                bool(number % 2),
                YoloBox((left + 16) / 64, (top + 16) / 64, 0.5, 0.5),
            )
            folder.write(sample.name, picture)
            parts[part].append(sample)
    return folder.sort(parts)


@pytest.fixture(scope="module")
def made(pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Folder that `learn ablate` has filled without calling anybody, and what it printed."""

    def refuse(*args: Any, **_: Any) -> Any:
        raise AssertionError(f"somebody is called over the network: {args}")

    out, printed = tmp_path_factory.mktemp("out"), io.StringIO()
    settings = {**network.settings(), "training": {"tiny": TINY}}
    before = sorted(pictures.parent.rglob("*"))
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(printed):
        patch.setattr(network, "settings", lambda: settings)
        patch.setattr(socket, "getaddrinfo", refuse)
        patch.setattr(socket.socket, "connect", refuse)
        seen = out.parent / "conditions.csv"
        rows = [f"test{n}.jpg,{'night' if n < 3 else 'day'}" for n in range(4)]
        seen.write_text("\n".join(["picture,condition", *rows]))
        told = ["--settings", "tiny", "--variants", "FF-YOLO", "--out", str(out)]
        told += ["--conditions", str(seen)]
        assert main(["learn", "ablate", "--data", str(pictures), *told]) == 0
    assert sorted(pictures.parent.rglob("*")) == before
    return out, printed.getvalue()


def test_loss_falls_in_training(made: tuple[Path, str]) -> None:
    losses = np.array(json.loads((made[0] / "ablation.json").read_text())["FF-YOLO"]["losses"])
    assert losses.shape == (4, 6)
    assert np.isfinite(losses).all()
    assert losses[-1, :3].sum() < 0.7 * losses[0, :3].sum()


def test_what_the_command_leaves_and_says(made: tuple[Path, str], pictures: Path) -> None:
    out, printed = made
    kept = json.loads((out / "ablation.json").read_text())["FF-YOLO"]
    assert kept["two_classes"] == 3_232_892
    assert "3,232,892" in printed
    [row] = [line for line in printed.splitlines() if line.startswith("FF-YOLO  ") and " s" in line]
    assert row.split()[1:9] == [
        *(f"{100 * kept[name]:.1f}" for name in ("map50", "map50_95", "precision", "recall")),
        *("94.2", "74.7", "83.8", "73.8"),
    ]
    recall, precision = np.array(kept["curve"])
    assert np.all(np.diff(recall) > 0)
    assert np.all((precision >= 0) & (precision <= 1))
    assert np.mean([kept["ap50"][name] for name in CLASSES]) == pytest.approx(kept["map50"])
    card = (out / "model_card.md").read_text()
    assert f"Drowsy {kept['ap50']['Drowsy']:.3f}, Non-Drowsy" in card
    assert "AGPL-3.0" in card
    assert f"Data: {pictures}" in card
    figures = ("figure_12_FF-YOLO", "figure_13", "figure_14", "figure_15")
    for name in ("losses", "precision_recall", *figures):
        picture = np.asarray(cv2.imread(str(out / f"{name}.png")))
        assert min(picture.shape[:2]) > 200, name
        assert picture.std() > 5, name
    by_class = np.array([kept["curve_by_class"][name] for name in CLASSES])
    assert by_class.mean(axis=0) == pytest.approx(precision)
    metrics = np.array(kept["metrics"])
    assert metrics.shape == (4, 4)
    assert ((metrics >= 0.0) & (metrics <= 1.0)).all()
    assert re.search(r"\| night \| 3 \| [0-3] \| [0-3] \|", printed)
    assert re.search(r"\| day \| 1 \| [01] \| [01] \|", printed)


def test_what_is_trained_is_not_trained_again(made: tuple[Path, str], pictures: Path) -> None:
    out, _ = made
    again = kept(FULL, pictures, TINY, out)
    assert again is not None
    before = json.loads((out / "ablation.json").read_text())["FF-YOLO"]
    assert dataclasses.asdict(again.figures).items() <= before.items()
    assert again.losses.tolist() == before["losses"]
    assert [again.recall.tolist(), again.precision.tolist()] == before["curve"]
    assert ablation.parameters(network.fused(again.model)) == before["two_classes"]
    assert kept(PLAIN, pictures, TINY, out) is None
    with pytest.raises(FatigueError, match=r"trained\.json: trained with .*: give another --out"):
        kept(FULL, pictures, TINY, out, seed=1)


class Code:
    """Opened as a whole object, it leaves a file behind."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.mark,)


def test_code_in_a_checkpoint_is_not_run(
    made: tuple[Path, str], pictures: Path, tmp_path: Path
) -> None:
    out, mark = tmp_path / "foreign", tmp_path / "mark"
    shutil.copytree(made[0], out)
    files = list(out.rglob("*.pt"))
    assert len(files) > 1
    for file in files:
        torch.save({"model": Code(mark), "ema": Code(mark)}, file)
    with pytest.raises(FatigueError, match=r"weights\.pt: expected a file that torch wrote"):
        kept(FULL, pictures, TINY, out)
    (out / "FF-YOLO" / "trained.json").unlink()
    train(FULL, pictures, {**TINY, "epochs": 1}, out)
    assert not mark.exists()


def test_the_exported_file_gives_what_torch_gives(made: tuple[Path, str], pictures: Path) -> None:
    onnxruntime = pytest.importorskip("onnxruntime", reason="learning extra not installed")
    from fatigue_ros.models.inference import FaceModel  # noqa: PLC0415

    out, _ = made
    path = out / "ff_yolo.onnx"
    trained = kept(FULL, pictures, TINY, out)
    assert trained is not None
    model = network.fused(trained.model)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    for count in (1, 3):
        noise = torch.rand(count, 3, 64, 64)
        [boxes] = session.run(["boxes"], {"image": noise.numpy()})
        assert boxes.shape == (count, 4 + 2, 8 * 8 + 4 * 4 + 2 * 2)
        with torch.no_grad():
            np.testing.assert_allclose(boxes, model(noise)[0].numpy(), atol=1e-3)
    about = FaceModel(path, min_score=0.0).description
    assert (about.kind, about.drowsy, about.image_size) == ("detector", ("Drowsy",), 64)


def test_nothing_is_reported_installed_or_kept_elsewhere() -> None:
    utils: Any = ultralytics_library.module("utils")
    assert not utils.SETTINGS["sync"]
    assert not any(utils.SETTINGS[name] for name in ultralytics_library.INTEGRATIONS)
    assert not utils.ONLINE
    assert not utils.AUTOINSTALL
    assert not ultralytics_library.module("utils.events").events.enabled
    assert utils.USER_CONFIG_DIR.parent.name.startswith("ff_yolo-")
    assert (
        ultralytics_library.module("utils.checks").check_font("Arial.ttf").parent
        == utils.USER_CONFIG_DIR
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--data", "x.yaml"], "--out: expected a folder for what is trained"),
        (["--data", "x.yaml", "--out", "x"], "x.yaml: expected the YAML of a data set, found no"),
        (["--settings", "huge"], "--settings: 'huge' is unknown, expected one of paper, small"),
        (["--imgsz", "100"], "--imgsz: expected a multiple of 32, got 100"),
        (["--variants", "YOLO9"], "'YOLO9' is unknown"),
    ],
)
def test_refusals_of_the_command(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["learn", "ablate", *arguments]) == 2
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    ("data", "training", "words"),
    [
        ("absent.yaml", TINY, "absent.yaml"),
        (None, {**TINY, "optimiser": "SGD"}, "optimiser"),
        (None, {**TINY, "epochs": "many"}, "epochs"),
    ],
)
def test_data_and_settings_that_cannot_be_used_are_refused_in_a_line(
    pictures: Path, tmp_path: Path, data: str | None, training: dict[str, Any], words: str
) -> None:
    with pytest.raises(FatigueError, match=words) as refusal:
        train(PLAIN, tmp_path / data if data else pictures, training, tmp_path)
    assert "\n" not in str(refusal.value)


def test_other_classes_and_no_part_to_score_on_are_refused(pictures: Path, tmp_path: Path) -> None:
    described = yaml.safe_load(pictures.read_text()) | {"path": str(pictures.parent)}
    other = tmp_path / "other.yaml"
    other.write_text(yaml.safe_dump(described | {"names": {0: "cat", 1: "dog"}}))
    with pytest.raises(FatigueError, match="names: expected Drowsy, Non-Drowsy, got"):
        train(PLAIN, other, TINY, tmp_path)
    other.write_text(yaml.safe_dump({k: v for k, v in described.items() if k != "test"}))
    with pytest.raises(FatigueError, match="test: expected a folder of pictures to score on"):
        train(PLAIN, other, TINY, tmp_path)


def test_settings_of_the_paper() -> None:
    paper = network.settings()["training"]["paper"]
    assert paper == {
        "epochs": 100,
        "warmup_epochs": 3,
        "batch": 2,
        "optimizer": "SGD",
        "imgsz": 928,
        "lr0": 0.01,
        "momentum": 0.937,
    }


def test_a_variant_is_found_by_its_name() -> None:
    assert named("ff-yolo") is FULL
    with pytest.raises(FatigueError, match="'YOLO12' is unknown, expected one of YOLO11n, YOLO-CA"):
        named("YOLO12")

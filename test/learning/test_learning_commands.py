"""fatigue learn train, test, explain, export; classify: from drawn mouths to a verdict on one."""

from __future__ import annotations

import csv
import dataclasses
import json
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import skimage.data

pytest.importorskip("torch", reason="learned models are an extra: pip install .[learning]")

from fatigue_ros.cli.main import main
from fatigue_ros.learning import export, foreign, image_folders
from fatigue_ros.learning.networks import builder
from fatigue_ros.learning.recipe import RecipeError
from fatigue_ros.models.inference import FaceModel
from fatigue_ros.models.model_file import ModelDescription
from fatigue_ros.vision.drawing import CAUTION

NETWORK = "custom_cnn"
Make = Callable[..., Path]


@pytest.fixture(scope="module")
def out(mouths: Path, recipe_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a training was written."""
    folder = tmp_path_factory.mktemp("models")
    assert main(["learn", "train", *shared(mouths, recipe_file, folder), "--device", "cpu"]) == 0
    return folder


def shared(mouths: Path, recipe_file: Path, out: Path) -> list[str]:
    return ["--recipe", str(recipe_file), "--data", str(mouths), "--out", str(out)]


def refusal(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> str:
    capsys.readouterr()
    assert main(arguments) == 2
    said = capsys.readouterr().err.strip().splitlines()
    return said[-1]


def test_training_leaves_a_model_its_card_and_its_figures(out: Path) -> None:
    assert {path.name for path in (out / NETWORK).iterdir()} >= {
        f"{NETWORK}.onnx",
        "model_card.md",
        "scores.json",
        "confusion.png",
        "roc.png",
        "precision_recall.png",
        "reliability.png",
        "learning.png",
        "samples.png",
    }
    for name in ("learning.png", "samples.png"):
        assert np.asarray(cv2.imread(str(out / NETWORK / name))).std() > 10
    assert {path.name for path in out.iterdir()} == {NETWORK}
    about = FaceModel(out / NETWORK / f"{NETWORK}.onnx").description
    assert about.classes == ("fatigue", "non_fatigue")
    assert about.drowsy == ("fatigue",)
    assert (about.image_size, about.region, about.name) == (24, "whole", NETWORK)
    assert "96 pictures of folders open, shut" in about.trained_on
    assert "by blocks of 4 file numbers" in about.trained_on


def test_card_says_what_it_is_and_how_it_does(out: Path) -> None:
    card = (out / NETWORK / "model_card.md").read_text(encoding="utf-8")
    scores = json.loads((out / NETWORK / "scores.json").read_text(encoding="utf-8"))
    accuracy = scores["accuracy"]
    assert f"Accuracy {accuracy['value']:.2f} ({accuracy['low']:.2f} to" in card
    assert accuracy["value"] > 0.9
    assert "random weights, nothing frozen" in card
    assert "Means a tired driver: fatigue" in card
    assert "blocks of file numbers are few" in card
    assert "AT RANDOM" not in card
    for _, link in re.findall(r"!\[([^]]*)\]\(([^)]*)\)", card):
        assert (out / NETWORK / link).is_file()
    difference = re.search(r"differs from torch by at most (\S+) on", card)
    assert difference is not None
    assert float(difference[1]) < 1e-5


def test_test_prints_report_and_table(
    out: Path, mouths: Path, recipe_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["learn", "test", *shared(mouths, recipe_file, out)]) == 0
    said = capsys.readouterr().out
    assert re.search(r"\| fatigue \|( [01]\.\d\d \([01]\.\d\d to [01]\.\d\d\) \|){5} \d+ \|", said)
    # The paper's row of its own network.
    assert re.search(r"\| custom_cnn \|.*\| 0\.84 \|.*\| 0\.87 \|.*\| 0\.85 \|.*\| 0\.83 \|", said)


def test_probabilities_are_calibrated_on_the_validation_part(out: Path) -> None:
    scores = json.loads((out / NETWORK / "scores.json").read_text(encoding="utf-8"))
    about = FaceModel(out / NETWORK / f"{NETWORK}.onnx").description
    assert about.temperature == scores["temperature"] != 1.0
    card = (out / NETWORK / "model_card.md").read_text(encoding="utf-8")
    assert f"at temperature {about.temperature:.2f} ({scores['raw_ece']:.3f} before)" in card


def test_any_model_is_tested_on_any_pictures(
    out: Path, mouths: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Folders of other names, half a picture among them, and persons whom the training has seen."""
    data = Path(shutil.copytree(mouths, tmp_path / "others"))
    (data / "open").rename(data / "Tired")
    (data / "shut" / "3.png").write_bytes(b"no picture")
    model = str(out / NETWORK / f"{NETWORK}.onnx")
    given = ["learn", "test", "--model", model, "--data", str(data), "--out", str(tmp_path)]
    assert "expected folders of pictures fatigue, non_fatigue" in refusal(capsys, given)
    folders = ["--folders", "fatigue=tired", "non_fatigue=shut"]
    assert main([*given, *folders]) == 0
    said = capsys.readouterr().out
    folder = tmp_path / f"{NETWORK}_on_others"
    assert f"{folder / 'report.md'}" in said
    written = (folder / "report.md").read_text(encoding="utf-8")
    assert "95 pictures of" in written
    assert "| 1 | cannot be read as a picture | shut/3.png |" in written
    names = ("confusion", "roc", "precision_recall", "reliability")
    assert all((folder / f"{name}.png").stat().st_size > 1000 for name in names)
    with (folder / "predictions.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    right = sum(row["shows"] == row["says"] for row in rows) / len(rows)
    scores = json.loads((folder / "scores.json").read_text(encoding="utf-8"))
    assert len(rows) == 95
    assert scores["accuracy"]["value"] == pytest.approx(right)
    assert right > 0.9
    assert "got neither" in refusal(capsys, ["learn", "test", "--data", str(data)])


def test_persons_whom_a_training_has_seen_are_left_out_of_a_test(out: Path, mouths: Path) -> None:
    model = FaceModel(out / NETWORK / f"{NETWORK}.onnx")
    folders = ["fatigue=open", "non_fatigue=shut"]
    wanted = dataclasses.replace(foreign.recipe_for(model.description, None, folders), block=4)
    found = image_folders.listed(mouths, wanted)
    rest, unseen = foreign.without_seen(found, out / NETWORK)
    with (out / NETWORK / "split.csv").open(newline="", encoding="utf-8") as file:
        kept = [row["file"] for row in csv.DictReader(file) if row["part"] == "test"]
    assert (rest.files, len(rest.groups), len(rest.labels)) == (kept, len(kept), len(kept))
    assert unseen == 96 - len(kept)
    with pytest.raises(
        RecipeError, match="--folders awake=shut: expected CLASS=FOLDER with a class"
    ):
        foreign.recipe_for(model.description, None, ["awake=shut"])


def test_a_class_without_pictures_has_no_figures(
    out: Path, mouths: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nor need names of files say whom they show."""
    (tmp_path / "mine" / "fatigue").mkdir(parents=True)
    for name in "abc":
        shutil.copy(mouths / "open" / "1.png", tmp_path / "mine" / "fatigue" / f"{name}.png")
    model = str(out / NETWORK / f"{NETWORK}.onnx")
    given = ["--model", model, "--data", str(tmp_path / "mine"), "--out", str(tmp_path)]
    assert main(["learn", "test", *given]) == 0
    said = capsys.readouterr().out
    assert "3 pictures of 3 pictures, told apart not at all" in said
    assert re.search(r"\| non_fatigue \| - \|.*\| 0 \|", said)


def test_what_cannot_be_written_is_named(
    out: Path,
    mouths: Path,
    recipe_file: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    kept = Path(shutil.copytree(out, tmp_path / "kept"))
    sheets = kept / NETWORK / "explain"
    shutil.rmtree(sheets, ignore_errors=True)
    sheets.touch()
    said = refusal(capsys, ["learn", "explain", *shared(mouths, recipe_file, kept)])
    assert said == f"fatigue learn explain: {sheets}: File exists"


def test_explain_writes_a_sheet_for_each_picture(
    out: Path, mouths: Path, recipe_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["learn", "explain", *shared(mouths, recipe_file, out)]
    assert main(arguments) == 0
    assert len(capsys.readouterr().out.splitlines()) == 8
    assert main([*arguments, "--pictures", str(mouths / "open" / "1.png")]) == 0
    [sheet] = capsys.readouterr().out.splitlines()
    assert np.asarray(cv2.imread(sheet)).shape == (248, 896, 3)
    assert "expected a picture" in refusal(capsys, [*arguments, "--pictures", str(recipe_file)])


def test_export_writes_the_same_again(
    out: Path, mouths: Path, recipe_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = out / NETWORK / f"{NETWORK}.onnx"
    picture = np.full((24, 24, 3), 60, np.uint8)
    before = FaceModel(file).judge(picture).probabilities
    file.unlink()
    assert main(["learn", "export", *shared(mouths, recipe_file, out)]) == 0
    assert re.search(
        r"custom_cnn\.onnx: differs from torch by \d\.\de-\d\d", capsys.readouterr().out
    )
    assert np.array_equal(FaceModel(file).judge(picture).probabilities, before)


def test_classify_tells_open_from_shut_and_draws_it(
    out: Path, mouths: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = ["--model", str(out / NETWORK / f"{NETWORK}.onnx")]
    capsys.readouterr()
    for folder, label in (("open", "fatigue"), ("shut", "non_fatigue")):
        arguments = ["classify", str(mouths / folder), *model, "--count", "20"]
        assert main([*arguments, "--out", str(tmp_path / folder)]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert len(lines) == 20
        right = [re.match(rf"\d+: {label}  fatigue [01]\.\d\d  non", line) for line in lines]
        assert sum(found is not None for found in right) >= 18
        assert len(list((tmp_path / folder).iterdir())) == 20
    one = mouths / "open" / "1.png"
    assert main(["classify", str(one), *model, "--out", str(tmp_path / "one")]) == 0
    assert capsys.readouterr().out.startswith("1: fatigue  ")
    drawn = np.asarray(cv2.imread(str(tmp_path / "one" / "1.jpg")), int)
    plain = np.asarray(cv2.imread(str(one)), int)
    assert drawn.shape == plain.shape
    assert np.abs(drawn - plain).mean() > 5


def test_classify_finds_the_face_for_models_of_the_face(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    about = ModelDescription(
        kind="classifier",
        classes=("tired", "awake"),
        drowsy=("tired",),
        region="face",
        image_size=32,
        name="net",
        trained_on="nothing",
    )
    network = export.Probabilities(builder(NETWORK)(2, 32, None)).eval()
    export.write(network, about, tmp_path / "net.onnx")
    portrait = np.asarray(skimage.data.astronaut(), np.uint8)  # type: ignore[no-untyped-call]
    cv2.imwrite(str(tmp_path / "portrait.png"), portrait[..., ::-1])
    cv2.imwrite(str(tmp_path / "wall.png"), np.full((240, 320, 3), 128, np.uint8))
    for name, said in (
        ("portrait", r"(tired|awake)  tired [01]\.\d\d"),
        ("wall", "not judged: no face"),
    ):
        capsys.readouterr()
        source = str(tmp_path / f"{name}.png")
        assert main(["classify", source, "--model", str(tmp_path / "net.onnx")]) == 0
        assert re.match(rf"{name}: {said}", capsys.readouterr().out)


def test_classify_frames_what_a_detector_has_found(tmp_path: Path, model_file: Make) -> None:
    model = model_file(boxes=[[8, 8, 8, 4, 0.2, 0.6]])  # of 16 px: the middle, twice as wide
    grey = tmp_path / "grey.png"
    cv2.imwrite(str(grey), np.full((512, 512, 3), 128, np.uint8))
    seen = tmp_path / "seen"
    assert main(["classify", str(grey), "--model", str(model), "--out", str(seen)]) == 0
    drawn = np.asarray(cv2.imread(str(seen / "grey.jpg")), int)
    for row, column in ((192, 250), (320, 250), (256, 128)):
        assert drawn[row, column].tolist() == pytest.approx(CAUTION, abs=25)
    assert drawn[256, 250].tolist() == pytest.approx([128] * 3, abs=3)


def test_classify_refuses_what_it_cannot_use(
    out: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = out / NETWORK / f"{NETWORK}.onnx"
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no picture")
    classify = ["classify", str(broken), "--model"]
    assert "broken.png: expected a picture" in refusal(capsys, [*classify, str(model)])
    assert "expected a model file" in refusal(capsys, [*classify, str(broken)])
    cv2.imwrite(str(tmp_path / "grey.png"), np.full((1, 1, 3), 128, np.uint8))
    assert main(["classify", str(tmp_path), "--model", str(model)]) == 1
    said = capsys.readouterr()
    assert re.match("grey: (non_)?fatigue  ", said.out)
    assert "cannot be decoded: broken.png" in said.err
    nowhere = refusal(capsys, ["classify", str(tmp_path / "none"), "--model", str(model)])
    assert "no such file or folder" in nowhere


def test_forced_random_split_is_stamped(
    mouths: Path, recipe_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    leaking = ["learn", "train", *shared(mouths, recipe_file, tmp_path)]
    assert main([*leaking, "--random-split-leaks-people", "--set", "epochs=1"]) == 0
    card = (tmp_path / NETWORK / "model_card.md").read_text(encoding="utf-8")
    assert "The split was forced to be random" in card
    about = FaceModel(tmp_path / NETWORK / f"{NETWORK}.onnx").description
    assert "at random, which leaks persons" in about.trained_on
    # Going on must not make it look honest.
    again = refusal(capsys, [*leaking, "--resume", "--set", "epochs=2"])
    assert "divided" in again


def test_what_cannot_be_done_is_refused(
    mouths: Path,
    recipe_file: Path,
    out: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    given = shared(mouths, recipe_file, tmp_path)
    assert "--set epoch=3: expected" in refusal(
        capsys, ["learn", "train", *given, "--set", "epoch=3"]
    )
    assert "network 'lenet': expected one of" in refusal(
        capsys, ["learn", "train", *given, "--set", "networks=[lenet]"]
    )
    assert "--network vgg16: expected one of custom_cnn" in refusal(
        capsys, ["learn", "train", *given, "--network", "vgg16"]
    )
    assert "expected a finished training" in refusal(capsys, ["learn", "test", *given])
    assert "already" in refusal(capsys, ["learn", "train", *shared(mouths, recipe_file, out)])
    nowhere = ["learn", "train", *shared(tmp_path / "none", recipe_file, tmp_path), "--resume"]
    assert "expected a checkpoint to go on from" in refusal(capsys, nowhere), "before the pictures"
    unknown = refusal(capsys, ["learn", "train", "--recipe", "lenet", *given[2:]])
    assert "--recipe lenet: expected a YAML file or one of shrestha, mujahidin" in unknown
    elsewhere = refusal(capsys, ["learn", "train", *shared(tmp_path, recipe_file, tmp_path)])
    assert "expected a folder of class fatigue" in elsewhere


def test_without_the_extra_the_commands_say_so(
    mouths: Path,
    recipe_file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    for command in ("train", "test", "explain", "export", "haar"):
        said = refusal(capsys, ["learn", command, *shared(mouths, recipe_file, tmp_path)])
        assert "torch, not found: pip install .[learning]" in said


def test_one_module_alone_imports_torchvision() -> None:
    package = Path(__file__).resolve().parents[2] / "fatigue_ros"
    imports = re.compile(r'^\s*(import|from) torchvision|import_module\("torchvision', re.MULTILINE)
    importing = [path.name for path in package.rglob("*.py") if imports.search(path.read_text())]
    assert importing == ["vision_library.py"]

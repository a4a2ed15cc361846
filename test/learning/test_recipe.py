"""Recipes: what is in the file arrives, and what is wrong is refused with its line."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fatigue_ros.learning.recipe import RecipeError, load
from fatigue_ros.settings.resources import config

HEAD = """\
classes:
  tired: [yawn, closed]
  fine: open
drowsy: [tired]
networks: [custom_cnn]
"""


def read(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "r.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_values_arrive(tmp_path: Path) -> None:
    recipe = load(read(tmp_path, HEAD + "epochs: 7\nsplit: [0.5, 0.2, 0.3]\ngroups: who.csv\n"))
    assert recipe.classes == {"tired": ["yawn", "closed"], "fine": ["open"]}
    assert (recipe.epochs, recipe.split) == (7, [0.5, 0.2, 0.3])
    assert Path(recipe.groups) == tmp_path.resolve() / "who.csv"


def test_shrestha_is_the_papers() -> None:
    recipe = load(config("learning") / "shrestha.yaml")
    assert recipe.networks == ["resnet50", "vgg16", "mobilenet_v2", "custom_cnn"]
    assert (recipe.image_size, recipe.epochs, recipe.learning_rate) == (224, 5, 1e-4)
    assert (recipe.optimiser, recipe.flip, recipe.pretrained) == ("adam", True, True)
    assert recipe.split == [0.7, 0.15, 0.15]
    assert Path(recipe.groups).is_file()


BAD = {
    "no number": (HEAD + "epochs: many\n", 6, "epochs: expected int, got 'many'"),
    "out of range": (HEAD + "\nimage_size: 8\n", 7, "image_size: 8 px is out of range"),
    "unknown key": (HEAD + "epoch: 5\n", 6, "unknown word 'epoch', did you mean epochs?"),
    "unknown choice": (HEAD + "optimiser: lion\n", 6, "'lion' is not one of 'adam', 'sgd'"),
    "a list wanted": (HEAD + "split: 0.7\n", 6, "split: expected a list, got a single value"),
    "shares that do not sum": (HEAD + "split: [0.7, 0.2, 0.2]\n", 6, "shares that sum to 1"),
    "one class": ("classes: {a: b}\ndrowsy: [a]\n", 1, "classes: expected two or more, got 1"),
    "a folder twice": ("classes:\n  a: x\n  b: [y, x]\n", 2, "each folder once"),
    "a class without folders": ("classes:\n  a: x\n  b: []\n", 2, "expected folders"),
    "a folder that is a number": ("classes:\n  a: x\n  b: 3\n", 3, "expected a folder, got 3"),
    "all drowsy": (HEAD.replace("[tired]", "[tired, fine]"), 4, "drowsy: expected some of"),
    "no network": (HEAD.replace("[custom_cnn]", "[]"), 5, "networks: expected at least one"),
    "no expression": (HEAD + "person: '(s'\n", 6, "person: expected a regular expression, but"),
    "no group in it": (HEAD + "person: s[0-9]+\n", 6, "person: expected a group in the expr"),
    "given twice": (HEAD + "seed: 1\nseed: 2\n", 7, "seed is given twice"),
    "no mapping": ("- epochs\n", 1, "expected names with values, got a list"),
    "empty": ("", 1, "the file is empty, expected a recipe"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_wrong_is_refused_with_its_line(tmp_path: Path, case: str) -> None:
    text, line, reason = BAD[case]
    path = read(tmp_path, text)
    with pytest.raises(RecipeError) as refused:
        load(path)
    message = str(refused.value)
    assert message.startswith(f"{path}:{line}: ")
    assert reason in message
    assert "\n" not in message


def test_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"none\.yaml: cannot be read: No such file"):
        load(tmp_path / "none.yaml")


def test_changed_from_the_command_line(tmp_path: Path) -> None:
    recipe = load(read(tmp_path, HEAD))
    changed = recipe.replaced(["epochs=9", "split=[0.6, 0.2, 0.2]", "flip=true"])
    assert changed == dataclasses.replace(recipe, epochs=9, split=[0.6, 0.2, 0.2], flip=True)
    assert recipe.replaced(["learning_rate=1e-3", "groups="]).learning_rate == 1.0e-3


@pytest.mark.parametrize(
    ("assignment", "reason"),
    [
        ("epochs", "expected KEY=VALUE"),
        ("epoch=5", "did you mean epochs"),
        ("epochs=0", "epochs: 0 is out of range, expected 1 to 10000"),
        ("epochs=[", "while parsing"),
        ("drowsy=[nobody]", "drowsy: expected some of tired, fine"),
    ],
)
def test_what_cannot_be_set_is_refused(tmp_path: Path, assignment: str, reason: str) -> None:
    recipe = load(read(tmp_path, HEAD))
    with pytest.raises(RecipeError, match=r"^--set.*" + reason.replace("[", r"\[")) as refused:
        recipe.replaced([assignment])
    assert "\n" not in str(refused.value)


@example(name="a", folder="two\x85lines", epochs=1, rate=1.0)  # a line break in YAML
@given(
    name=st.text(min_size=1, max_size=20).filter(str.strip),
    folder=st.text(min_size=1, max_size=20).filter(str.strip),
    epochs=st.integers(1, 10_000),
    rate=st.floats(1e-8, 10.0),
)
def test_what_is_written_is_what_is_read(
    tmp_path_factory: pytest.TempPathFactory, name: str, folder: str, epochs: int, rate: float
) -> None:
    path = tmp_path_factory.getbasetemp() / "written.yaml"
    path.write_text(HEAD, encoding="utf-8")
    recipe = dataclasses.replace(
        load(path),
        classes={f"{name} ": [folder], "other": ["elsewhere", "and there"]},
        drowsy=["other"],
        epochs=epochs,
        learning_rate=rate,
    )
    path.write_text(recipe.to_yaml(), encoding="utf-8")
    assert load(path) == recipe

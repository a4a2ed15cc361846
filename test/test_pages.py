"""What the pages say: links lead somewhere, commands are as typed, examples in docstrings hold."""

from __future__ import annotations

import argparse
import doctest
import importlib
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from fatigue_ros.cli import main

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^```(?:bash|sh)?\n(.*?)^```", re.DOTALL | re.MULTILINE)
PAGES = [page for page in PAGES if "_generated" not in page.parts]


def anchors(page: Path) -> set[str]:
    """Headings as the anchors that links name."""
    heads = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
        if "://" in target:
            continue
        file, _, anchor = target.partition("#")
        path = (page.parent / file).resolve() if file else page
        assert path.exists(), target
        if anchor:
            assert anchor in anchors(path), target


def commands() -> Iterator[tuple[str, list[str]]]:
    """Page, and the words of each command in its blocks, without comments."""
    for page in PAGES:
        for block in BLOCK.findall(page.read_text("utf-8")):
            for line in block.replace("\\\n", " ").splitlines():
                try:
                    words = shlex.split(line, comments=True)
                except ValueError:
                    continue  # no command: a drawing
                while words and re.fullmatch(r"\w+=\S*", words[0]):
                    del words[0]
                for end in ("&&", "|", ">", "&", ";"):
                    words = words[: words.index(end)] if end in words else words
                if words:
                    yield page.stem, words


def called(name: str) -> list[tuple[str, list[str]]]:
    found = [
        (page, words[1:]) for page, words in commands() if words[0] in (name, f".venv/bin/{name}")
    ]
    assert found
    return found


@pytest.mark.parametrize(("page", "words"), called("fatigue"))
def test_commands_of_fatigue_are_understood(
    page: str, words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As far as the parser goes: what they do is tested where they live."""
    if "..." in " ".join(words) or words in (["--help"], ["learn", "--help"]):
        return
    learns = words[0] == "learn"
    name = words[1 if learns else 0]
    assert name in (main.LEARN if learns else main.COMMANDS), words
    pytest.importorskip("torch") if learns else None
    module = importlib.import_module(f"fatigue_ros.cli.{'learn.' if learns else ''}{name}")
    parser = argparse.ArgumentParser(exit_on_error=False)
    module.add_arguments(parser)
    given = words[2 if learns else 1 :]
    if not {"-h", "--help"} & set(given):
        parser.parse_args(given)


def test_targets_of_make_exist() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    variables = set(re.findall(r"^(?:override )?([A-Z_]+) [?:]?=", makefile, re.MULTILINE))
    variables |= set(re.findall(r"\$\(([A-Z_]+)\)", makefile))
    asked = [words[1:] for _, words in commands() if words[0] == "make"]
    assert len(asked) > 5
    for words in asked:
        for word in words:
            name, assigned, _ = word.partition("=")
            assert name in (variables if assigned else targets), words


def test_launch_arguments_exist() -> None:
    asked = [words[3:] for _, words in commands() if words[:3] == ["ros2", "launch", "fatigue_ros"]]
    assert asked
    for file, *words in asked:
        text = (ROOT / "launch" / file).read_text("utf-8")
        known = set(re.findall(r'DeclareLaunchArgument\(\s*"(\w+)"', text))
        for word in words:
            name, assigned, _ = word.partition(":=")
            assert not assigned or name in known, (file, word)


@pytest.mark.parametrize(
    "name",
    [
        str(path.relative_to(ROOT).with_suffix("")).replace("/", ".")
        for path in sorted((ROOT / "fatigue_ros").rglob("*.py"))
        if ">>> " in path.read_text("utf-8")
    ],
)
def test_examples_in_docstrings_hold(name: str) -> None:
    failed, tried = doctest.testmod(importlib.import_module(name))
    assert (failed, tried > 0) == (0, True)

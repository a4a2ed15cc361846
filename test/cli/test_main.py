"""What all sub-commands of `fatigue` have in common."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fatigue_ros.cli.main import COMMANDS, LEARN, main

EVERY = [*((name,) for name in COMMANDS if name != "learn"), *(("learn", name) for name in LEARN)]
TABLE = "time_s,ear,blink\n" + "".join(f"{n / 30:.3f},0.3,0\n" for n in range(90))
HEAVY = {"numpy", "cv2", "scipy", "rclpy", "yaml", "rich", "matplotlib", "rosbags", "torch"}

Python = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def python(tmp_path: Path) -> Python:
    """Run `fatigue` as it starts in a fresh interpreter, after one statement and before another."""

    def run(before: str, *arguments: str, after: str = "pass") -> subprocess.CompletedProcess[str]:
        program = (
            f"import sys\nsys.path.insert(0, {str(Path(__file__).parents[2])!r})\n{before}\n"
            "from fatigue_ros.cli.main import main\n"
            f"try:\n    sys.exit(main(sys.argv[1:]))\nfinally:\n    {after}\n"
        )
        return subprocess.run(
            [sys.executable, "-c", program, *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.mark.parametrize("command", EVERY, ids=" ".join)
def test_help_has_an_example(command: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    if command[0] == "learn" and command != ("learn", "label"):
        pytest.importorskip("torch", reason="learned models are an extra: pip install .[learning]")
    with pytest.raises(SystemExit) as ended:
        main([*command, "--help"])
    assert ended.value.code == 0
    assert f"example: fatigue {' '.join(command)} " in capsys.readouterr().out


@pytest.mark.parametrize(("group", "commands"), [((), COMMANDS), (("learn",), LEARN)])
def test_help_lists_the_commands_and_loads_none(
    group: tuple[str, ...], commands: dict[str, str], python: Python
) -> None:
    loaded = f"print(sorted({HEAVY} & sys.modules.keys()), file=sys.stderr)"
    done = python("", *group, "--help", after=loaded)
    assert done.returncode == 0
    assert done.stderr == "[]\n"
    assert re.findall(r"^    (\w+) ", done.stdout, re.MULTILINE) == list(commands)


@pytest.mark.parametrize(
    ("words", "refused"),
    [
        (["wotch"], "fatigue: error: argument COMMAND: invalid choice: 'wotch'"),
        (["learn", "wotch"], "fatigue learn: error: argument COMMAND: invalid choice: 'wotch'"),
        (["--", "watch"], "fatigue: error: "),
        ([], "fatigue: error: the following arguments are required: COMMAND"),
        (["learn"], "fatigue learn: error: the following arguments are required: COMMAND"),
    ],
)
def test_no_such_command(
    words: list[str], refused: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert refused in capsys.readouterr().err


@pytest.mark.parametrize("name", LEARN)
def test_old_names_say_the_new_one(name: str, refused: Callable[..., str]) -> None:
    assert refused(name, "--recipe", "shrestha") == (
        f"fatigue {name}: is called `fatigue learn {name}` now"
    )


def test_what_texts_name_is_a_command() -> None:
    root = Path(__file__).parents[2]
    texts = [root / "README.md", root / "CHANGELOG.rst", *(root / "docs").glob("*.md")]
    texts += [*(root / "fatigue_ros").rglob("*.py"), *(root / "config").rglob("*.yaml")]
    named = re.compile(r"(?:`|^ {0,4}|bin/)fatigue ((?:learn )?[a-z]+)\b", re.MULTILINE)
    found = [(text.name, name) for text in texts for name in named.findall(text.read_text("utf-8"))]
    assert len(found) > 30
    known = {"learn", *(" ".join(command) for command in EVERY)}
    assert [(file, name) for file, name in found if name not in known] == []


@pytest.mark.parametrize(
    ("command", "package", "extra"),
    [
        ("watch --help", "rich", "desk"),
        ("watch --help", "matplotlib", "desk"),
        ("record --help", "rosbags", "desk"),
        ("replay nowhere", "rosbags", "desk"),
        ("evaluate table.csv --out report", "jinja2", "desk"),
        ("simulate rested -o rested.mp4", "skimage", "desk"),
        ("evaluate table.csv --out report --scheduler tcp://x:1", "distributed", "cluster"),
        ("classify picture.png --model x.onnx", "onnxruntime", "models"),
        ("ask models", "onnxruntime", "models"),
        ("learn train --recipe shrestha --data .", "torch", "learning"),
        ("learn ablate", "torch", "learning"),
    ],
)
def test_a_missing_package_is_one_line_that_names_the_extra(
    command: str, package: str, extra: str, python: Python, tmp_path: Path
) -> None:
    (tmp_path / "table.csv").write_text(TABLE, encoding="utf-8")
    done = python(f"sys.modules[{package!r}] = None", *command.split())
    program = re.match(r"(learn )?\w+", command)
    assert program is not None
    assert done.stderr == (
        f"fatigue {program[0]}: expected the package {package}, not found: pip install .[{extra}]\n"
    )
    assert done.returncode == 2
    assert {path.name for path in tmp_path.iterdir()} == {"table.csv"}


def test_a_missing_package_of_no_extra_is_a_fault_of_ours(python: Python) -> None:
    done = python("sys.modules['scipy'] = None", "evaluate", "table.csv", "--out", "report")
    assert done.returncode == 1
    assert "ModuleNotFoundError" in done.stderr
    assert ".[" not in done.stderr.splitlines()[-1]


def test_a_reader_who_has_gone_is_no_error(tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_text(TABLE, encoding="utf-8")
    command = [sys.executable, "-m", "fatigue_ros.cli.main", "blinks", str(table)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 0


def test_interrupted_it_says_so_in_a_line(started: Callable[..., Any], tmp_path: Path) -> None:
    out = tmp_path / "drive"
    words = (sys.executable, "-m", "fatigue_ros.cli.main", "simulate", "demo", "-o", out)
    process = started(*words, stderr=subprocess.PIPE)
    while not out.exists() and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    *_, last = process.stderr.read().splitlines()
    assert last.endswith("fatigue simulate: interrupted")
    assert process.wait() == 130

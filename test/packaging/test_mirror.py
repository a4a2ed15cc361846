"""What is deleted or renamed in the source leaves the installation too, and make notices."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PATH = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])


def write(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("# nothing\n", encoding="utf-8")


def files(folder: Path) -> set[str]:
    return {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}


def run(*command: str | Path, folder: Path) -> str:
    # Nothing of the make that may have called these tests: its flags are for its own targets.
    env = {
        key: value for key, value in os.environ.items() if not key.startswith(("MAKE", "MFLAGS"))
    }
    done = subprocess.run(
        command,
        cwd=folder,
        env={**env, "PATH": PATH},
        text=True,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.skipif(not shutil.which("cmake", path=PATH), reason="CMake is not installed")
def test_installed_folder_mirrors_the_source(tmp_path: Path) -> None:
    project, installed = tmp_path / "project", tmp_path / "installed"
    write(project, "house/__init__.py", "house/old.py", "house/room/kept.py", "house/gone/it.py")
    (project / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.21)\nproject(house NONE)\n"
        f"include({ROOT}/cmake/mirror.cmake)\nmirror(house python/house)\n",
        encoding="utf-8",
    )
    run("cmake", "-S", ".", "-B", "build", folder=project)
    install = ("cmake", "--install", "build", "--component", "sources", "--prefix", installed)
    run(*install, folder=project)
    assert files(installed / "python/house") == files(project / "house")

    generated = {"msg/_level.py", "srv/__init__.py", "house_s__c.so", "_house_s.c"}
    write(installed / "python/house", *generated, "gone/__pycache__/it.pyc")
    shutil.rmtree(project / "house/gone")
    (project / "house/old.py").rename(project / "house/new.py")
    (project / "house/room/kept.py").rename(project / "house/room/renamed.py")
    run(*install, folder=project)
    assert files(installed / "python/house") == files(project / "house") | generated
    assert not (installed / "python/house/gone").exists()  # else it could still be imported


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What make looks at, with a set-up that only counts how often it was called."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    for folder in ("requirements", "cmake", "msg", "srv"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    for name in ("CMakeLists.txt", "package.xml", "setup.py", "pyproject.toml", "scripts/run_node"):
        write(tmp_path, name)
    write(tmp_path, "fatigue_ros/nodes/alert.py", "fatigue_ros/nodes/blink.py")
    script = tmp_path / "scripts" / "make_environment"
    script.write_text(
        "#!/bin/sh\necho x >>calls\nmkdir -p $1/bin\n"
        f'echo "#!$PWD/$1/bin/python" >$1/bin/pip\nln -sf {sys.executable} $1/bin/python\n',
        encoding="utf-8",
    )
    script.chmod(0o755)
    return tmp_path


def test_make_follows_what_comes_and_goes(checkout: Path) -> None:
    def calls() -> int:
        run("make", "build", "ROS_DISTRO=jazzy", folder=checkout)
        return len((checkout / "calls").read_text("utf-8").splitlines())

    assert [calls(), calls()] == [1, 1]
    message, node = checkout / "msg" / "BlinkRate.msg", checkout / "fatigue_ros/nodes/blink.py"
    text = message.read_text("utf-8")
    message.unlink()
    assert [calls(), calls()] == [2, 2]
    message.write_text(text, "utf-8")
    os.utime(message, (0, 0))  # as old as it was, as a stash or a move brings it back
    assert [calls(), calls()] == [3, 3]
    node.rename(node.with_name("wink.py"))
    assert [calls(), calls()] == [4, 4]
    write(checkout, "fatigue_ros/nodes/alert.py")  # modules run from the checkout
    assert calls() == 4
    (checkout / ".venv/bin/python").unlink()
    assert [calls(), calls()] == [5, 5]


NAMES = ("", "0", "a b.mp4", 'it\'s "so".mp4', "$HOME/$$a;#.mp4", "*.toml")


@pytest.mark.parametrize("name", NAMES)
def test_names_of_files_reach_the_program_whole(checkout: Path, name: str) -> None:
    """Whatever is in them; of one that is not given there is no word."""
    run("make", "build", "ROS_DISTRO=jazzy", folder=checkout)
    say = '#!/bin/sh\nfor word; do printf "<%s>" "$word"; done\n'
    for program in (checkout / ".venv/bin/fatigue", checkout / "scripts/train_models"):
        program.write_text(say, encoding="utf-8")
        program.chmod(0o755)
    write(checkout, "scripts/install_extras")
    (checkout / "scripts/install_extras").chmod(0o755)
    told = f"<{name}>" if name else ""
    for target, variable, expected in (
        ("demo", "SOURCE", f"<watch>{told}"),
        ("bench", "VIDEO", f"<bench>{told}"),
        ("models", "DATA", f"<.venv/bin><{name}><build/models>"),
    ):
        said = run("make", target, f"{variable}={name}", "ROS_DISTRO=jazzy", folder=checkout)
        assert said.endswith(expected), (target, said)


def test_modules_run_from_the_checkout(tmp_path: Path) -> None:
    program = "import fatigue_ros, fatigue_ros.msg as m\nprint(fatigue_ros.__file__, m.__file__)"
    ours, generated = map(Path, run(sys.executable, "-c", program, folder=tmp_path).split())
    if not generated.is_relative_to(sys.prefix):
        pytest.skip("not the environment that make makes")
    assert ours == ROOT / "fatigue_ros" / "__init__.py"
    left = {p.name for p in generated.parents[1].iterdir() if p.suffix not in (".c", ".so")}
    assert left == {"msg", "srv"}

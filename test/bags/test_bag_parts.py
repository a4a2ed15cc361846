"""Bags as recorders leave them: split, packed, killed, in files of either storage."""

from __future__ import annotations

import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import yaml
from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin, Writer

from fatigue_ros.bags.inside_rosbags import zstd
from fatigue_ros.bags.reader import Bag
from fatigue_ros.bags.topics import BagError, header, typestore

KIND = "geometry_msgs/msg/TwistStamped"
Make = Callable[..., Path]


STORE = typestore()


def content(number: int) -> bytes:
    vector = STORE.types["geometry_msgs/msg/Vector3"](x=float(number), y=0.0, z=0.0)
    twist = STORE.types["geometry_msgs/msg/Twist"](linear=vector, angular=vector)
    return bytes(STORE.serialize_cdr(STORE.types[KIND](header=header(1.0), twist=twist), KIND))


def write(
    path: Path,
    numbers: list[int],
    storage: StoragePlugin = StoragePlugin.MCAP,
    compression: CompressionMode = CompressionMode.NONE,
) -> Path:
    """A bag of speeds: message n says n m/s and was recorded n seconds after 1970."""
    writer = Writer(path, version=9, storage_plugin=storage)
    writer.set_compression(compression, CompressionFormat.ZSTD)
    with writer:
        connection = writer.add_connection("/vehicle/speed", KIND, typestore=STORE)
        for number in numbers:
            writer.write(connection, number * 10**9, content(number))
    return path


def read(path: Path) -> tuple[list[int], str]:
    """The speeds in the order in which they come, each at its time, and what is wrong."""
    with Bag(path) as bag:
        found = [(time, m.twist.linear.x) for _, time, m in bag.messages(["vehicle/speed"])]
        assert [time / 1e9 for time, _ in found] == [speed for _, speed in found]
        return [round(speed) for _, speed in found], bag.problem


@pytest.fixture(scope="module", params=[StoragePlugin.MCAP, StoragePlugin.SQLITE3])
def twelve(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve files of ten messages each, whose names sort otherwise than their times."""
    folder = tmp_path_factory.mktemp("split")
    names = []
    for part in range(12):
        numbers = list(range(1 + 10 * part, 11 + 10 * part))
        whole = write(folder / f"split_{part}", numbers, request.param)
        [file] = [f for f in whole.iterdir() if f.suffix in (".mcap", ".db3")]
        shutil.move(file, folder)
        names.append(file.name)
        listed = yaml.safe_load((whole / "metadata.yaml").read_text())
        shutil.rmtree(whole)
    listed["rosbag2_bagfile_information"]["relative_file_paths"] = names
    (folder / "metadata.yaml").write_text(yaml.safe_dump(listed))
    return folder


@pytest.fixture
def split(twelve: Path, tmp_path: Path) -> Path:
    return shutil.copytree(twelve, tmp_path / "split")


def test_in_many_files(split: Path) -> None:
    assert read(split) == (list(range(1, 121)), "")


def test_in_many_files_without_metadata(split: Path) -> None:
    (split / "metadata.yaml").unlink()
    found, problem = read(split)
    assert found == list(range(1, 121))
    assert problem.endswith("not complete (no metadata.yaml); read as far as it goes: 120 messages")


def test_a_file_that_is_gone_and_one_that_is_not_listed(split: Path) -> None:
    [gone] = [f for f in split.iterdir() if f.stem == "split_3"]
    gone.rename(split / f"another{gone.suffix}")
    found, problem = read(split)
    assert found == [*range(1, 31), *range(41, 121)]
    assert f"{gone.name} missing" in problem
    assert f"another{gone.suffix} not listed in metadata.yaml, left out" in problem


def test_a_file_that_cannot_be_read_takes_no_other_with_it(split: Path) -> None:
    [file] = [f for f in split.iterdir() if f.stem == "split_3"]
    file.write_bytes(b"nothing of the sort" * 100)
    found, problem = read(split)
    assert found == [*range(1, 31), *range(41, 121)]
    assert str(file) in problem


@pytest.mark.parametrize(
    "text", ["", "a: [", "a: 1", "rosbag2_bagfile_information: 3", "- " * 2000 + "x", "\x00"]
)
def test_metadata_that_says_nothing(split: Path, text: str) -> None:
    (split / "metadata.yaml").write_text(text)
    found, problem = read(split)
    assert found == list(range(1, 121))
    assert "metadata.yaml" in problem


def test_qualities_of_service_in_metadata_are_not_those_of_the_file(split: Path) -> None:
    """`ros2 bag reindex` writes what it makes up."""
    path = split / "metadata.yaml"
    listed = yaml.safe_load(path.read_text())
    for topic in listed["rosbag2_bagfile_information"]["topics_with_message_count"]:
        topic["topic_metadata"]["offered_qos_profiles"] = "- history: 1\n  depth: 7"
        topic["message_count"] = 7
    path.write_text(yaml.safe_dump(listed))
    assert read(split) == (list(range(1, 121)), "")


@pytest.mark.parametrize("storage", [StoragePlugin.MCAP, StoragePlugin.SQLITE3])
def test_one_database_or_file_alone(tmp_path: Path, storage: StoragePlugin) -> None:
    whole = write(tmp_path / "bag", [1, 2, 3], storage)
    [file] = [f for f in whole.iterdir() if f.suffix in (".mcap", ".db3")]
    assert read(file) == ([1, 2, 3], "")
    (whole / "metadata.yaml").unlink()
    assert read(whole)[0] == [1, 2, 3]


@pytest.mark.parametrize("storage", [StoragePlugin.MCAP, StoragePlugin.SQLITE3])
def test_each_message_packed(tmp_path: Path, storage: StoragePlugin) -> None:
    whole = write(tmp_path / "bag", [1, 2, 3], storage, CompressionMode.MESSAGE)
    assert read(whole) == ([1, 2, 3], "")
    [file] = [f for f in whole.iterdir() if f.suffix in (".mcap", ".db3")]
    assert read(file) == ([1, 2, 3], "")  # nothing says that they are


@pytest.mark.parametrize("storage", [StoragePlugin.MCAP, StoragePlugin.SQLITE3])
def test_files_packed(tmp_path: Path, storage: StoragePlugin) -> None:
    whole = write(tmp_path / "bag", [1, 2, 3], storage, CompressionMode.FILE)
    [file] = [f for f in whole.iterdir() if f.suffix == ".zstd"]
    assert read(whole) == ([1, 2, 3], "")
    assert read(file) == ([1, 2, 3], "")
    # Killed while it was packed: the packed one is not whole, the other is still there.
    file.with_suffix("").write_bytes(zstd.decompress(file.read_bytes()))
    file.write_bytes(file.read_bytes()[:50])
    assert read(whole) == ([1, 2, 3], "")


def test_a_packed_file_that_was_cut(tmp_path: Path) -> None:
    numbers = list(range(1, 24_000))
    whole = write(tmp_path / "bag", numbers, compression=CompressionMode.FILE)
    [file] = [f for f in whole.iterdir() if f.suffix == ".zstd"]
    file.write_bytes(file.read_bytes()[: -file.stat().st_size // 4])
    found, problem = read(whole)
    assert 0 < len(found) < len(numbers)
    assert found == numbers[: len(found)]
    assert f"{file.name}: its end is missing" in problem


@pytest.mark.parametrize("mode", ["WAL", "DELETE"])
def test_the_journal_of_a_killed_recorder(tmp_path: Path, mode: str) -> None:
    whole = write(tmp_path / "bag", [1, 2, 3], StoragePlugin.SQLITE3)
    [file] = whole.glob("*.db3")
    killed = tmp_path / "killed"
    killed.mkdir()
    with closing(sqlite3.connect(file, isolation_level=None)) as database:
        database.execute(f"PRAGMA journal_mode={mode}")
        database.execute("PRAGMA cache_size=1")  # or all stays in memory until the end
        if mode == "WAL":
            rows = [(1, n * 10**9, content(n)) for n in range(4, 200)]
            database.executemany(
                "INSERT INTO messages (topic_id, timestamp, data) VALUES (?, ?, ?)", rows
            )
        else:  # in the middle of a change, which is to be taken back
            database.execute("BEGIN")
            database.execute("UPDATE messages SET data = zeroblob(5000)")
        for left in whole.glob("*.db3*"):
            if not left.name.endswith("-shm"):
                shutil.copy(left, killed)
    before = {f.name: f.read_bytes() for f in killed.iterdir()}
    assert len(before) == 2
    found, problem = read(killed)
    assert found == (list(range(1, 200)) if mode == "WAL" else [1, 2, 3])
    assert "no metadata.yaml" in problem
    assert {f.name: f.read_bytes() for f in killed.iterdir()} == before  # only read


def test_a_damaged_database_is_refused_with_a_way_out(tmp_path: Path) -> None:
    whole = write(tmp_path / "bag", list(range(1, 500)), StoragePlugin.SQLITE3)
    [file] = whole.glob("*.db3")
    file.write_bytes(file.read_bytes()[:9000])
    with pytest.raises(BagError, match=r"sqlite3 .*\.recover"):
        read(whole)


def test_messages_that_lie_the_other_way_round(tmp_path: Path) -> None:
    """Two threads of a recorder; the index, which would tell, is missing."""
    chance = random.Random(2)
    times = [n + chance.choice((0, 0, 0, -1)) for n in range(2, 200)]
    whole = write(tmp_path / "bag", times)
    [file] = whole.glob("*.mcap")
    assert read(file) == (sorted(times), "")
    file.write_bytes(file.read_bytes()[:-200])
    found, problem = read(file)
    assert found == sorted(times)
    assert "the end is missing" in problem


@pytest.mark.parametrize("storage", [StoragePlugin.MCAP, StoragePlugin.SQLITE3])
def test_a_definition_that_the_recorder_did_not_find(
    tmp_path: Path, storage: StoragePlugin
) -> None:
    path = tmp_path / "bag"
    with Writer(path, version=9, storage_plugin=storage) as writer:
        connection = writer.add_connection("/vehicle/speed", KIND, msgdef=" ", rihs01="x")
        writer.write(connection, 10**9, content(1))
    assert read(path) == ([1], "")


def test_no_bag(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing")
    with pytest.raises(BagError, match=r"expected a bag .*no metadata\.yaml"):
        Bag(tmp_path)
    with pytest.raises(BagError, match="expected a bag"):
        Bag(tmp_path / "notes.txt")


def test_a_full_disk_is_told_in_a_line_and_what_was_written_stays(tmp_path: Path) -> None:
    """A process whose files may have 200 kB meets what a full disk says."""
    code = """
import os, pathlib, resource, sys
from fatigue_ros.bags.topics import BagError
from fatigue_ros.bags.writer import BagWriter
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
try:
    with BagWriter(pathlib.Path(sys.argv[1])) as bag:
        for number in range(1, 1000):
            bag.write_serialized("face_state", number * 10**8, bytes(4) + os.urandom(2000))
except BagError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "bag"], capture_output=True, text=True, check=False
    )
    assert done.stdout == f"{tmp_path / 'bag'}: cannot be written: File too large\n"
    assert done.stderr == ""
    with Bag(tmp_path / "bag") as left:
        assert "the end is missing" in left.problem
        assert "face_state" in left.topics

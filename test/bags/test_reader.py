"""Bags that are whole, interrupted, truncated, damaged, empty or somebody else's."""

from __future__ import annotations

import random
import re
import shutil
from pathlib import Path

import pytest
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import Stores, get_typestore

from fatigue_ros.bags.reader import Bag
from fatigue_ros.bags.topics import TOPICS, BagError, header, typestore
from fatigue_ros.bags.writer import BagWriter


def frames(path: Path) -> tuple[int, str]:
    """How many landmarks can be read, and what is wrong."""
    with Bag(path) as bag:
        count = sum(1 for _ in bag.messages(["face/landmarks"]))
        return count, bag.problem


@pytest.fixture
def copy(landmark_bag: Path, tmp_path: Path) -> Path:
    return shutil.copytree(landmark_bag, tmp_path / "copy")


def speeds(path: Path, count: int, namespace: str = "") -> None:
    """A bag of our speeds, a chunk for each ten."""
    store = typestore()
    vector = store.types["geometry_msgs/msg/Vector3"](x=1.0, y=0.0, z=0.0)
    twist = store.types["geometry_msgs/msg/Twist"](linear=vector, angular=vector)
    kind = "geometry_msgs/msg/TwistStamped"
    with BagWriter(path) as bag:
        for number in range(count):
            message = store.types[kind](header=header(1.0 + number), twist=twist)
            data = store.serialize_cdr(message, kind)
            bag.write_serialized("vehicle/speed", (1 + number) * 10**9, data, namespace)
            if number % 10 == 9:
                bag.flush()


def test_a_whole_bag(landmark_bag: Path) -> None:
    assert frames(landmark_bag) == (330, "")
    assert frames(next(landmark_bag.glob("*.mcap"))) == (330, "")


def test_without_metadata(copy: Path) -> None:
    (copy / "metadata.yaml").unlink()
    count, problem = frames(copy)
    assert count == 330
    assert "metadata" in problem


def test_an_interrupted_recording(tmp_path: Path) -> None:
    """The process was killed: what was flushed is there, index and metadata are not."""
    path = tmp_path / "whole"
    speeds(path, 95)
    data = (path / "whole.mcap").read_bytes()
    (tmp_path / "killed").mkdir()
    with Bag(path) as bag:
        assert len(list(bag.messages(["vehicle/speed"]))) == 95
    for share, least in ((0.9, 60), (0.5, 30), (0.25, 10)):
        cut = tmp_path / "killed" / "killed.mcap"
        cut.write_bytes(data[: int(share * len(data))])
        with Bag(tmp_path / "killed") as bag:
            times = [time for _, time, _ in bag.messages(["vehicle/speed"])]
            assert "killed" in bag.problem
        assert least <= len(times) <= 95
        assert times == [(1 + n) * 10**9 for n in range(len(times))]  # nothing but what was before


def test_truncated_though_metadata_says_it_is_whole(copy: Path) -> None:
    file = copy / "landmarks.mcap"
    file.write_bytes(file.read_bytes()[:-30])
    count, problem = frames(copy)
    assert count == 330  # only the end of the index is gone
    assert "copy" in problem


def test_nothing_left_to_read(copy: Path) -> None:
    file = copy / "landmarks.mcap"
    for size in (0, 4, 20, 300):
        file.write_bytes(file.read_bytes()[:size])
        with pytest.raises(BagError, match="copy"):
            frames(copy)


def test_damaged_in_any_place(tmp_path: Path) -> None:
    """Whatever is in the file: all messages, fewer and a word about it, or a refusal."""
    speeds(tmp_path / "bag", 50)
    written = {(1 + number) * 10**9 for number in range(50)}
    file = tmp_path / "bag" / "bag.mcap"
    whole = file.read_bytes()
    chance = random.Random(3)
    refused = []
    for _ in range(150):
        data = bytearray(whole)
        for _ in range(chance.choice((1, 1, 4))):
            data[chance.randrange(len(data))] = chance.randrange(256)
        file.write_bytes(data)
        try:
            with Bag(tmp_path / "bag") as bag:
                times = [time for _, time, _ in bag.messages(["vehicle/speed"])]
                assert written.issuperset(times)
                assert len(times) == 50 or bag.problem
        except BagError as error:
            refused.append(str(error))
    assert 0 < len(refused) < 150
    assert all(str(tmp_path / "bag") in line and "\n" not in line for line in refused)


def test_cut_off_anywhere_all_but_the_last_second_is_there(
    landmark_bag: Path, tmp_path: Path
) -> None:
    """Of a bag that was written in one go, as `extract` and `simulate` do."""
    data = next(landmark_bag.glob("*.mcap")).read_bytes()
    with Bag(landmark_bag) as bag:
        whole = [time for _, time, _ in bag.messages(["face/landmarks"])]
    cut = tmp_path / "cut.mcap"
    seconds = []
    for percent in range(20, 100, 10):
        cut.write_bytes(data[: len(data) * percent // 100])
        with Bag(cut) as bag:
            times = [time for _, time, _ in bag.messages(["face/landmarks"])]
            said = r"the end is missing.*read as far as it goes: [0-9]+ messages"
            assert re.search(said, bag.problem)
        assert times == whole[: len(times)]
        seconds.append((times[-1] - times[0]) / 1e9)
    share = seconds[-1] / 0.9  # of the file, its index at the end included
    assert all(
        found > share * percent / 100 - 1.5
        for found, percent in zip(seconds, range(20, 100, 10), strict=True)
    ), seconds


@pytest.mark.parametrize("complete", [True, False])
def test_a_flipped_bit_takes_a_second_at_most(
    landmark_bag: Path, tmp_path: Path, complete: bool
) -> None:
    data = next(landmark_bag.glob("*.mcap")).read_bytes()
    with Bag(landmark_bag) as bag:
        whole = [time for _, time, _ in bag.messages(["face/landmarks"])]
    if not complete:  # a recording that was killed; its first chunk is needed
        data = data[: int(len(data) * 0.8)]
    first = data.index(b"zstd", data.index(b"zstd") + 4) - 50
    file = tmp_path / "flipped.mcap"
    chance = random.Random(5)
    told = 0
    for _ in range(40):
        place = chance.randrange(first, int(len(data) * 0.75))
        flipped = bytearray(data)
        flipped[place] ^= 1 << chance.randrange(8)
        file.write_bytes(flipped)
        with Bag(file) as bag:
            times = [time for _, time, _ in bag.messages(["face/landmarks"])]
            problem = bag.problem
        assert set(times) <= set(whole)
        last = len(whole) if complete else whole.index(times[-1]) + 1
        lost = sorted(set(whole[:last]) - set(times))
        assert not lost or lost[-1] - lost[0] < 1.1e9
        assert problem or not lost
        told += bool(lost)
    assert told > 20


def test_damaged_within_a_chunk(copy: Path) -> None:
    """Zeros in the midst of what is compressed, where a decoder alone notices nothing."""
    file = copy / "landmarks.mcap"
    data = bytearray(file.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 200] = bytes(200)
    file.write_bytes(data)
    with Bag(copy) as bag:
        count = len(list(bag.messages(["face/landmarks"])))
        assert 330 - 2 * 31 <= count < 330
        assert f"damaged: {count} of 330 messages read" in bag.problem


def test_empty(tmp_path: Path) -> None:
    speeds(tmp_path / "none", 0)
    with pytest.raises(BagError, match="empty"):
        Bag(tmp_path / "none")
    (tmp_path / "folder").mkdir()
    with pytest.raises(BagError, match="expected a bag"):
        Bag(tmp_path / "folder")
    with pytest.raises(BagError, match="found nothing"):
        Bag(tmp_path / "nowhere")


def test_foreign(tmp_path: Path) -> None:
    store = get_typestore(Stores.ROS2_JAZZY)
    with Writer(tmp_path / "talk", version=9, storage_plugin=StoragePlugin.MCAP) as writer:
        kind = "std_msgs/msg/String"
        connection = writer.add_connection("/chatter", kind, typestore=store)
        message = store.types[kind](data="hello")
        writer.write(connection, 1, store.serialize_cdr(message, kind))
    with pytest.raises(BagError, match=r"face/landmarks.*/chatter"):
        Bag(tmp_path / "talk")
    for name, content in (("a.bag", b"#ROSBAG V2.0\n"), ("a.mcap", b"hello"), ("a.txt", b"hello")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(BagError, match=name):
            Bag(tmp_path / name)


def test_namespaces(tmp_path: Path) -> None:
    speeds(tmp_path / "one", 3, "/left")
    with Bag(tmp_path / "one") as bag:
        assert bag.topics["vehicle/speed"].topic == "/left/vehicle/speed"
    with pytest.raises(BagError, match="namespace right"):
        Bag(tmp_path / "one", "right")
    with Bag(tmp_path / "one", "left") as bag:
        assert len(list(bag.messages(["vehicle/speed"]))) == 3


def test_two_drivers_in_one_bag(tmp_path: Path) -> None:
    store = typestore()
    kind = "std_msgs/msg/Bool"
    with Writer(tmp_path / "two", version=9, storage_plugin=StoragePlugin.MCAP) as writer:
        for name in ("/a/ignition", "/b/ignition"):
            connection = writer.add_connection(name, kind, typestore=store)
            writer.write(connection, 1, store.serialize_cdr(store.types[kind](data=True), kind))
    with pytest.raises(BagError, match="--namespace"):
        Bag(tmp_path / "two")
    with Bag(tmp_path / "two", "/b") as bag:
        assert bag.topics["ignition"].topic == "/b/ignition"


def test_writing_over_something_is_refused(landmark_bag: Path) -> None:
    with pytest.raises(BagError, match="exists"):
        BagWriter(landmark_bag)


def test_no_definition_and_messages_of_another_version(tmp_path: Path) -> None:
    """As recorders leave a bag that could not find it: ours is tried, and says what it is not."""
    path = tmp_path / "bare"
    kind = TOPICS["blink"].kind
    with Writer(path, version=9, storage_plugin=StoragePlugin.MCAP) as writer:
        connection = writer.add_connection("/blink", kind, msgdef="", rihs01="RIHS01_none")
        writer.write(connection, 1, bytes(20))
    with Bag(path) as bag:
        assert list(bag.messages(["blink"])) == []
        assert "/blink: its definition is not in the bag" in bag.problem
